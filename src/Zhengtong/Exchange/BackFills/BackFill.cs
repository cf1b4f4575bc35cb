namespace Zhengtong.Exchange.BackFills;

/// <summary>Where a back-fill stands.</summary>
public enum BackFillState
{
    /// <summary>Waits for the delivery's next run.</summary>
    Ordered,
    /// <summary>Rows are on their way.</summary>
    Running,
    /// <summary>Every row of the range is sealed.</summary>
    Finished,
    /// <summary>The source refused it; the delivery itself goes on.</summary>
    Failed,
    /// <summary>A party took it back; what was sealed before arrives.</summary>
    Withdrawn,
}

/// <summary>A back-fill 补传: rows whose value of one column lies in a range, delivered again by order.</summary>
internal sealed class BackFill
{
    internal required Guid Id { get; init; }

    internal required Guid DeliveryId { get; init; }

    /// <summary>The delivery while this one is ordered or running, null afterwards; unique, so that of two orders at once one succeeds.</summary>
    internal Guid? ActiveDeliveryId { get; private set; }

    /// <summary>Which party ordered it.</summary>
    internal required Guid OrderedBy { get; init; }

    internal required DateTimeOffset OrderedAt { get; init; }

    /// <summary>Column of the provider's table.</summary>
    internal required string Column { get; init; }

    /// <summary>A <see cref="BackFillRange"/>, sealed in the vault: its values are payload.</summary>
    internal required byte[] Range { get; init; }

    internal BackFillState State { get; private set; } = BackFillState.Ordered;

    /// <summary>Rows it will be, as the provider's database estimates; null before it began.</summary>
    internal long? EstimatedRows { get; private set; }

    /// <summary>Rows sealed so far.</summary>
    internal long Rows { get; private set; }

    /// <summary>Sequence of the first batch; null before it, and when there was no row.</summary>
    internal long? FirstBatch { get; private set; }

    /// <summary>Sequence of the last batch so far. Batches of other phases may lie between.</summary>
    internal long? LastBatch { get; private set; }

    /// <summary>Behind which row it goes on, sealed by the provider's half; null before the first, and where a front-end node keeps it.</summary>
    internal byte[]? Position { get; private set; }

    /// <summary>Problem code of why it failed.</summary>
    internal string? Problem { get; private set; }

    internal DateTimeOffset? EndedAt { get; private set; }

    /// <summary>From 1; of two changes at once one loses here.</summary>
    internal int Revision { get; private set; } = 1;

    internal bool IsActive => ActiveDeliveryId is not null;

    /// <summary>What the vault binds the sealed range to.</summary>
    internal string Purpose => PurposeOf(Id);

    internal static string PurposeOf(Guid id) => $"back-fill:{id}";

    internal static BackFill Of(Guid id, Guid delivery, Guid by, string column, byte[] range, DateTimeOffset now) =>
        new() { Id = id, DeliveryId = delivery, ActiveDeliveryId = delivery, OrderedBy = by, OrderedAt = now, Column = column, Range = range };

    internal void Begin(long estimatedRows)
    {
        State = BackFillState.Running;
        EstimatedRows = estimatedRows;
        Revision++;
    }

    /// <summary>A batch of it is sealed; reading goes on behind its last row.</summary>
    internal void Advance(long sequence, int rows, byte[]? position)
    {
        FirstBatch ??= sequence;
        (LastBatch, Rows, Position) = (sequence, Rows + rows, position);
        Revision++;
    }

    internal void Finish(DateTimeOffset now) => End(BackFillState.Finished, now);

    internal void Fail(string problem, DateTimeOffset now)
    {
        Problem = problem;
        End(BackFillState.Failed, now);
    }

    internal void Withdraw(DateTimeOffset now) => End(BackFillState.Withdrawn, now);

    private void End(BackFillState state, DateTimeOffset now)
    {
        (State, ActiveDeliveryId, EndedAt, Position) = (state, null, now, null);
        Revision++;
    }
}

/// <summary>From where to where, both included, in invariant text form.</summary>
internal sealed record BackFillRange(string From, string Until);
