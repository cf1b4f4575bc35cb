namespace Zhengtong.Exchange.Reconciliations;

/// <summary>Where a reconciliation stands.</summary>
public enum ReconciliationState
{
    /// <summary>Waits until the delivery rests and nothing is on its way.</summary>
    Queued,
    /// <summary>Both tables are being read.</summary>
    Running,
    /// <summary>Compared to the end; there is a statement.</summary>
    Finished,
    /// <summary>Broken off; nothing is said about the tables. A new one may be asked for.</summary>
    Failed,
}

/// <summary>How a row differs between the two sides.</summary>
public enum DifferenceKind
{
    /// <summary>At the provider, not at the consumer.</summary>
    Missing,
    /// <summary>At the consumer, not among the provider's agreed rows: deleted there, no longer agreed, or never from there.</summary>
    Extra,
    /// <summary>On both sides with other values.</summary>
    Different,
}

/// <summary>One comparison 对账 of what was delivered with what the provider has.</summary>
internal sealed class Reconciliation
{
    internal required Guid Id { get; init; }

    internal required Guid DeliveryId { get; init; }

    /// <summary>The delivery while this one is queued or running, null afterwards; unique, so that of two requests at once one succeeds.</summary>
    internal Guid? ActiveDeliveryId { get; private set; }

    /// <summary>The day in China whose scheduled reconciliation this is; null for one that was asked for.</summary>
    internal DateOnly? Day { get; init; }

    internal ReconciliationState State { get; private set; } = ReconciliationState.Queued;

    internal required DateTimeOffset RequestedAt { get; init; }

    internal DateTimeOffset? StartedAt { get; private set; }

    internal DateTimeOffset? FinishedAt { get; private set; }

    /// <summary>Rows read so far on both sides. Counted beside the comparison, not by this class.</summary>
    internal long RowsRead { get; private set; }

    /// <summary>Rows that will be read when the tables are equal, as the databases estimate; null before it began.</summary>
    internal long? RowsExpected { get; private set; }

    /// <summary>Sequence of the last batch that both sides hold.</summary>
    internal long LastBatch { get; private set; }

    /// <summary>Rows compared at the provider.</summary>
    internal long ProviderRows { get; private set; }

    /// <summary>Rows compared at the consumer.</summary>
    internal long ConsumerRows { get; private set; }

    /// <summary>Rows the provider changed since the last delivery: they are no differences and were left out on both sides.</summary>
    internal long NotCompared { get; private set; }

    /// <summary>Rows that waited in quarantine: they are no differences and were left out on both sides.</summary>
    internal long Quarantined { get; private set; }

    internal long Missing { get; private set; }

    internal long Extra { get; private set; }

    internal long Different { get; private set; }

    /// <summary>Ranges of keys whose digests were compared, from 1.</summary>
    internal int Ranges { get; private set; }

    /// <summary>Lower-case hex root digest over the provider's rows; null until finished.</summary>
    internal string? ProviderDigest { get; private set; }

    /// <summary>Lower-case hex root digest over the consumer's rows; null until finished.</summary>
    internal string? ConsumerDigest { get; private set; }

    /// <summary>A <see cref="DifferenceList"/>, sealed in the vault: keys are payload.</summary>
    internal byte[]? Differences { get; private set; }

    /// <summary>Problem code of why it was broken off.</summary>
    internal string? Problem { get; private set; }

    internal DateTimeOffset? RepairOrderedAt { get; private set; }

    /// <summary>When every row of the repair was sealed.</summary>
    internal DateTimeOffset? RepairedAt { get; private set; }

    /// <summary>Sequence of the repair's first batch; null when no row was left to repair.</summary>
    internal long? RepairFirst { get; private set; }

    /// <summary>Sequence of the repair's last batch.</summary>
    internal long? RepairLast { get; private set; }

    /// <summary>From 1; of two processes, one loses here.</summary>
    internal int Revision { get; private set; } = 1;

    internal bool IsEqual => Missing + Extra + Different == 0;

    /// <summary>What the vault binds the sealed differences to.</summary>
    internal string Purpose => $"reconciliation:{Id}";

    internal static Reconciliation Of(Guid delivery, DateTimeOffset now, DateOnly? day = null) =>
        new() { Id = Guid.CreateVersion7(now), DeliveryId = delivery, ActiveDeliveryId = delivery, RequestedAt = now, Day = day };

    /// <summary>Begins, or begins again after a crash.</summary>
    internal void Begin(long lastBatch, long rowsExpected, DateTimeOffset now)
    {
        State = ReconciliationState.Running;
        StartedAt = now;
        LastBatch = lastBatch;
        RowsExpected = rowsExpected;
        RowsRead = 0;
        Revision++;
    }

    /// <summary>Where the sides are not in one place, only the provider's answer says which batch both hold.</summary>
    internal void Bound(long lastBatch)
    {
        LastBatch = lastBatch;
        Revision++;
    }

    internal void Finish(Comparison found, byte[] differences, DateTimeOffset now)
    {
        State = ReconciliationState.Finished;
        ActiveDeliveryId = null;
        FinishedAt = now;
        (ProviderRows, ConsumerRows, NotCompared, Quarantined) = (found.ProviderRows, found.ConsumerRows, found.NotCompared, found.Quarantined);
        (Missing, Extra, Different) = (found.Missing, found.Extra, found.Different);
        (ProviderDigest, ConsumerDigest, Ranges) = (found.ProviderDigest, found.ConsumerDigest, found.Ranges);
        Differences = differences;
        Revision++;
    }

    internal void Fail(string problem, DateTimeOffset now)
    {
        State = ReconciliationState.Failed;
        ActiveDeliveryId = null;
        FinishedAt = now;
        Problem = problem;
        Revision++;
    }

    internal void OrderRepair(DateTimeOffset now)
    {
        RepairOrderedAt = now;
        Revision++;
    }

    internal void Repaired(long? first, long? last, DateTimeOffset now)
    {
        (RepairFirst, RepairLast, RepairedAt) = (first, last, now);
        Revision++;
    }
}

/// <summary>A row that differs.</summary>
/// <param name="Kind">How.</param>
/// <param name="Key">The values of its key, in the order of the agreed items; empty where only a front-end node knows them.</param>
/// <param name="Digest">There the digest of its key instead, 32 hex digits; <c>zhengtong node differences</c> on the node shows the key.</param>
public sealed record Difference(DifferenceKind Kind, IReadOnlyList<string> Key, string? Digest = null);

/// <summary>What is kept sealed about the differences.</summary>
/// <param name="Salt">Base64; with it either side can compute its digest again. Empty where only the two sides' nodes know it.</param>
/// <param name="Listed">The first differing rows, at most <see cref="MostListed"/>.</param>
/// <param name="Repairable">Digests of the keys of missing and different rows, 16 bytes each, at most <see cref="MostRepaired"/>; base64.</param>
internal sealed record DifferenceList(string Salt, IReadOnlyList<Difference> Listed, string Repairable)
{
    internal const int MostListed = 1_000;
    internal const int MostRepaired = 100_000;
}
