namespace Zhengtong.OpenData.Reuse;

/// <summary>Where a comment stands.</summary>
public enum CommentState
{
    /// <summary>Nobody of the department has read it; only the department sees it.</summary>
    Waiting,
    /// <summary>Everybody sees it.</summary>
    Shown,
    /// <summary>Not shown, on a ground; only the department sees it.</summary>
    Hidden,
}

/// <summary>A comment 评论 on a dataset: plain text, shown when the publishing department has read it.</summary>
internal sealed class DatasetComment
{
    internal required Guid Id { get; init; }

    internal required Guid DatasetId { get; init; }

    /// <summary>Who wrote it, as <see cref="Voice.Mark"/>; never shown.</summary>
    internal required string Voice { get; init; }

    /// <summary>As what the author spoke.</summary>
    internal required VoiceKind By { get; init; }

    /// <summary>What the author wants to be called; null for none. At most 50 characters.</summary>
    internal string? Name { get; init; }

    /// <summary>2 to 2,000 characters, plain text.</summary>
    internal required string Words { get; init; }

    internal CommentState State { get; private set; } = CommentState.Waiting;

    internal required DateTimeOffset At { get; init; }

    /// <summary>The officer who decided last; null while it waits.</summary>
    internal Guid? DecidedBy { get; private set; }

    internal DateTimeOffset? DecidedAt { get; private set; }

    /// <summary>Why it is not shown; null while it is. At most 500 characters.</summary>
    internal string? HiddenBecause { get; private set; }

    /// <summary>What the department says to it, for everybody; null for nothing. At most 2,000 characters.</summary>
    internal string? Answer { get; private set; }

    /// <summary>From 1; grows with each change.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>Shows it to everybody, with the department's answer where there is one.</summary>
    internal void Show(Guid officer, string? answer, DateTimeOffset now) => Decide(CommentState.Shown, officer, null, answer, now);

    /// <summary>Keeps it from the public.</summary>
    internal void Hide(Guid officer, string because, DateTimeOffset now) => Decide(CommentState.Hidden, officer, because, null, now);

    private void Decide(CommentState state, Guid officer, string? because, string? answer, DateTimeOffset now)
    {
        (State, DecidedBy, DecidedAt, HiddenBecause, Answer) = (state, officer, now, because, answer);
        Revision++;
    }
}
