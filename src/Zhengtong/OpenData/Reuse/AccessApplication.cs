namespace Zhengtong.OpenData.Reuse;

/// <summary>Where an application for a conditionally open dataset stands.</summary>
public enum AccessState
{
    /// <summary>The department has not decided.</summary>
    Waiting,
    /// <summary>The key reads the rows until the last day.</summary>
    Granted,
    /// <summary>Refused on a ground.</summary>
    Refused,
    /// <summary>Taken back by the department on a ground.</summary>
    Revoked,
    /// <summary>Its last day has passed.</summary>
    Expired,
}

/// <summary>An application for a conditionally open dataset 有条件开放申请: who, what for, until when. Granted, it lets one developer's key read the rows.</summary>
internal sealed class AccessApplication
{
    internal required Guid Id { get; init; }

    internal required Guid DatasetId { get; init; }

    /// <summary>The developer's key that will read.</summary>
    internal required Guid KeyId { get; init; }

    /// <summary>Person or body that applies, 2 to 200 characters; only the department reads it.</summary>
    internal required string Applicant { get; init; }

    /// <summary>Where it is reached, 2 to 200 characters; only the department reads it.</summary>
    internal required string Contact { get; init; }

    /// <summary>What for, 10 to 2,000 characters.</summary>
    internal required string Purpose { get; init; }

    /// <summary>How the rows are kept safe, 2 to 2,000 characters.</summary>
    internal required string Safety { get; init; }

    /// <summary>The last day, in China: asked for, then as granted.</summary>
    internal required DateOnly Until { get; set; }

    internal required DateTimeOffset At { get; init; }

    /// <summary>The last day on which the decision is in time.</summary>
    internal required DateOnly DueOn { get; init; }

    /// <summary>The rule of that day; null when none was in force. At most 400 characters.</summary>
    internal string? DueBy { get; init; }

    internal AccessState State { get; private set; } = AccessState.Waiting;

    internal Guid? DecidedBy { get; private set; }

    internal DateTimeOffset? DecidedAt { get; private set; }

    /// <summary>Why it was refused or taken back; null otherwise. At most 500 characters.</summary>
    internal string? Ground { get; private set; }

    /// <summary>From 1; grows with each change; of two decisions at once one is refused.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>Lets the key read until that day.</summary>
    internal void Grant(Guid officer, DateOnly until, DateTimeOffset now)
    {
        Until = until;
        Decide(AccessState.Granted, officer, null, now);
    }

    /// <summary>Does not let the key read.</summary>
    internal void Refuse(Guid officer, string ground, DateTimeOffset now) => Decide(AccessState.Refused, officer, ground, now);

    /// <summary>Takes a grant back.</summary>
    internal void Revoke(Guid officer, string ground, DateTimeOffset now) => Decide(AccessState.Revoked, officer, ground, now);

    /// <summary>The last day has passed.</summary>
    internal void Expire()
    {
        State = AccessState.Expired;
        Revision++;
    }

    private void Decide(AccessState state, Guid officer, string? ground, DateTimeOffset now)
    {
        (State, DecidedBy, DecidedAt, Ground) = (state, officer, now, ground);
        Revision++;
    }
}
