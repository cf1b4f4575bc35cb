namespace Zhengtong.Cloud.Attended;

/// <summary>How far a service of people is.</summary>
public enum AttendedState
{
    /// <summary>待提供: its provider was told.</summary>
    Asked,
    /// <summary>已提供: its provider says so.</summary>
    Provided,
    /// <summary>不能提供: its provider said why; the department gives it back or asks again.</summary>
    Declined,
    /// <summary>已结束: given back.</summary>
    Ended,
}

/// <summary>A service of people 人工服务 that was granted: what its provider is to do, and has said of it. One a resource.</summary>
internal sealed class AttendedService
{
    internal const int LongestNote = 1000;

    internal required Guid ResourceId { get; init; }

    /// <summary>Whose officers attend to it.</summary>
    internal required Guid ProviderId { get; init; }

    internal AttendedState State { get; private set; } = AttendedState.Asked;

    internal required DateTimeOffset AskedAt { get; init; }

    /// <summary>What was provided and how to use it, or why it cannot be: what the provider said last, 2 to 1,000 characters; null before.</summary>
    internal string? Note { get; private set; }

    /// <summary>When the provider said so.</summary>
    internal DateTimeOffset? AnsweredAt { get; private set; }

    internal DateTimeOffset? EndedAt { get; private set; }

    /// <summary>From 1; of two answers at once one counts.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Provide(string note, DateTimeOffset now) => (State, Note, AnsweredAt, Revision) = (AttendedState.Provided, note, now, Revision + 1);

    internal void Decline(string reason, DateTimeOffset now) => (State, Note, AnsweredAt, Revision) = (AttendedState.Declined, reason, now, Revision + 1);

    internal void AskAgain() => (State, Revision) = (AttendedState.Asked, Revision + 1);

    internal void End(DateTimeOffset now) => (State, EndedAt, Revision) = (AttendedState.Ended, now, Revision + 1);
}
