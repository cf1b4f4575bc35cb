namespace Zhengtong.Exchange.Model;

/// <summary>Where a delivery stands.</summary>
public enum DeliveryState
{
    /// <summary>Waits for its next run.</summary>
    Waiting,
    /// <summary>Rows are on their way.</summary>
    Running,
    /// <summary>The last run failed; it is tried again and continues where it was.</summary>
    Failed,
    /// <summary>The agreement allows no delivery now.</summary>
    Stopped,
}

/// <summary>What a delivery reads.</summary>
public enum DeliveryPhase
{
    /// <summary>The whole table once, in the order of its key.</summary>
    Snapshot,
    /// <summary>Changed rows, in the order of the watermark.</summary>
    Changes,
    /// <summary>Rows sent again by order: what a reconciliation found missing or different, what an officer let out of quarantine, a back-fill. A phase of batches, never of the delivery itself.</summary>
    Repair,
}

/// <summary>A delivery 交付 of rows under one agreement: a desired state that the reconciler keeps true.</summary>
internal sealed class Delivery
{
    /// <summary>Longest wait after a failed run.</summary>
    internal const int MostBackOffSeconds = 300;

    /// <summary>How long is waited after so many failures in a row, of a delivery or a file: 2, 4, 8 ... at most 300 seconds.</summary>
    internal static TimeSpan BackOff(int failures) => TimeSpan.FromSeconds(Math.Min(MostBackOffSeconds, Math.Pow(2, Math.Min(failures, 10))));

    internal required Guid Id { get; init; }

    /// <summary>One delivery an agreement.</summary>
    internal required Guid AgreementId { get; init; }

    internal required Guid ResourceId { get; init; }

    internal required Guid ProviderId { get; init; }

    internal required Guid ConsumerId { get; init; }

    internal DeliveryState State { get; private set; } = DeliveryState.Waiting;

    internal DeliveryPhase Phase { get; private set; } = DeliveryPhase.Snapshot;

    /// <summary>Sequence of the last sealed batch; 0 before the first.</summary>
    internal long Sequence { get; private set; }

    /// <summary>Digest of the last sealed manifest; null before the first.</summary>
    internal string? ManifestDigest { get; private set; }

    /// <summary>Behind which row reading goes on, sealed in the vault: keys and watermarks are payload. Null before the first row.</summary>
    internal byte[]? Position { get; private set; }

    /// <summary>Where changes begin, noted before the snapshot's first row; sealed in the vault.</summary>
    internal byte[]? ChangesFrom { get; private set; }

    /// <summary>Rows the snapshot will have, as the provider's database estimates; null before it began.</summary>
    internal long? EstimatedRows { get; private set; }

    /// <summary>Rows the consumer gave its receipt for. Counted beside the receipt, not by this class.</summary>
    internal long RowsReceived { get; private set; }

    /// <summary>Batches the consumer gave its receipt for. Counted beside the receipt, not by this class.</summary>
    internal long BatchesReceived { get; private set; }

    /// <summary>Ciphertext bytes of these batches. Counted beside the receipt, not by this class.</summary>
    internal long BytesReceived { get; private set; }

    internal DateTimeOffset? LastReceivedAt { get; private set; }

    internal required DateTimeOffset CreatedAt { get; init; }

    internal DateTimeOffset? SnapshotFinishedAt { get; private set; }

    /// <summary>When a run last ended with everything delivered: so fresh is what the consumer has. Null before the first.</summary>
    internal DateTimeOffset? CaughtUpAt { get; private set; }

    /// <summary>True while something may be kept at the source (a replication slot, an index of what was delivered) that has to be given back in the end. Set before it is made.</summary>
    internal bool Keeps { get; private set; }

    /// <summary>True when all rows are copied anew: the next batch empties the target first.</summary>
    internal bool Clears { get; private set; }

    /// <summary>Why all rows are being copied anew: a text key with its arguments as JSON; null when this is the first copy, or when it is done.</summary>
    internal string? CopyReason { get; private set; }

    /// <summary>Bytes of log that the source keeps for this delivery; null when it keeps none.</summary>
    internal long? LogBytes { get; private set; }

    /// <summary>How sure the source is to keep them, in its own word: reserved, extended, unreserved, lost.</summary>
    internal string? LogStatus { get; private set; }

    /// <summary>Since when it is too much, or not sure any more; null while all is well.</summary>
    internal DateTimeOffset? LogAlarmAt { get; private set; }

    /// <summary>When the reconciler looks again.</summary>
    internal required DateTimeOffset NextRunAt { get; set; }

    /// <summary>Runs ordered so far, by whoever wants one now: counted beside the revision (<see cref="RunOrders"/>), not by this class.</summary>
    internal int Orders { get; private set; }

    /// <summary>Of these, those given before the last run began.</summary>
    internal int OrdersBegun { get; private set; }

    /// <summary>True while an order waits for a run: one given during a run wants another.</summary>
    internal bool IsOrdered => Orders != OrdersBegun;

    /// <summary>When somebody ordered a run; until it is over it goes ahead of the timetable's hours. Null when nobody did. Set beside the revision, not by this class.</summary>
    internal DateTimeOffset? AskedAt { get; private set; }

    /// <summary>Problem code of the last failure; null when the last run succeeded.</summary>
    internal string? Problem { get; private set; }

    /// <summary>What exactly was wrong: a JSON list of text keys with their arguments, no payload.</summary>
    internal string? ProblemDetail { get; private set; }

    /// <summary>Failed runs since the last one that got on: that sealed a batch, took one in, or ended well. Taking in is counted beside the receipt, not by this class.</summary>
    internal int Failures { get; private set; }

    /// <summary>From 1; of two processes that run one delivery, one loses here.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Begin()
    {
        State = DeliveryState.Running;
        OrdersBegun = Orders;
        Revision++;
    }

    /// <summary>Notes where changes will begin; once, before the first row is read.</summary>
    internal void BeginSnapshot(byte[] changesFrom, long estimatedRows)
    {
        ChangesFrom = changesFrom;
        EstimatedRows = estimatedRows;
        Revision++;
    }

    internal void Keep()
    {
        if (Keeps) { return; }
        Keeps = true;
        Revision++;
    }

    /// <summary>Nothing is kept at the source any more.</summary>
    internal void Release()
    {
        Keeps = false;
        (LogBytes, LogStatus, LogAlarmAt) = (null, null, null);
        Revision++;
    }

    /// <summary>Everything up to here was looked at, and there was nothing to seal.</summary>
    internal void Reach(byte[] position)
    {
        Position = position;
        Revision++;
    }

    internal void Watch(long bytes, string status, bool isAlarm, DateTimeOffset now)
    {
        (LogBytes, LogStatus, LogAlarmAt) = (bytes, status, isAlarm ? LogAlarmAt ?? now : null);
        Revision++;
    }

    /// <summary>Notes how many rows a snapshot will have that a front-end node reads; where its changes begin only the node knows.</summary>
    internal void Estimate(long rows)
    {
        EstimatedRows = rows;
        Revision++;
    }

    /// <summary>Nobody can say what changed: all rows are copied anew.</summary>
    internal void StartOver(string reason)
    {
        Phase = DeliveryPhase.Snapshot;
        Position = ChangesFrom = null;
        EstimatedRows = null;
        SnapshotFinishedAt = null;
        Clears = true;
        CopyReason = reason;
        Revision++;
    }

    /// <summary>The next batch is sealed; reading goes on behind its last row.</summary>
    internal void Sealed(long sequence, string manifestDigest, byte[]? position)
    {
        Sequence = sequence;
        ManifestDigest = manifestDigest;
        Position = position;
        Clears = false;
        Failures = 0;
        Revision++;
    }

    /// <summary>Every row of the snapshot is sealed; changes follow from where they were noted.</summary>
    internal void FinishSnapshot(DateTimeOffset now)
    {
        Phase = DeliveryPhase.Changes;
        Position = ChangesFrom;
        SnapshotFinishedAt = now;
        CopyReason = null;
        Revision++;
    }

    /// <summary>The run is over and all is delivered.</summary>
    internal void Rest(DateTimeOffset next, DateTimeOffset now)
    {
        State = DeliveryState.Waiting;
        if (Phase == DeliveryPhase.Changes) { CaughtUpAt = now; }
        NextRunAt = next;
        Problem = ProblemDetail = null;
        Failures = 0;
        Revision++;
    }

    /// <summary>The run ended before all was delivered, because its timetable wants it so; the next one comes as soon as that allows it.</summary>
    internal void Pause(DateTimeOffset now)
    {
        State = DeliveryState.Waiting;
        NextRunAt = now;
        Problem = ProblemDetail = null;
        Failures = 0;
        Revision++;
    }

    /// <summary>The run broke off; the next one comes after 2, 4, 8 ... at most 300 seconds.</summary>
    internal void Fail(string problem, string detail, DateTimeOffset now)
    {
        State = DeliveryState.Failed;
        Problem = problem;
        ProblemDetail = detail;
        Failures++;
        NextRunAt = now + BackOff(Failures);
        Revision++;
    }

    internal void Stop()
    {
        State = DeliveryState.Stopped;
        Revision++;
    }

    /// <summary>The agreement allows delivery again.</summary>
    internal void Resume(DateTimeOffset now)
    {
        State = DeliveryState.Waiting;
        NextRunAt = now;
        Revision++;
    }
}

/// <summary>A signed, encrypted set of rows on its way from provider to consumer, and the proofs of both.</summary>
internal sealed class Batch
{
    internal required Guid DeliveryId { get; init; }

    /// <summary>From 1, without gaps.</summary>
    internal required long Sequence { get; init; }

    internal required DeliveryPhase Phase { get; init; }

    internal required int Rows { get; init; }

    /// <summary>Canonical JSON that the provider signed.</summary>
    internal required string Manifest { get; init; }

    /// <summary>Digest of the manifest, by the suite: lower-case hex.</summary>
    internal required string ManifestDigest { get; init; }

    /// <summary>The provider's signature over the manifest, base64 DER.</summary>
    internal required string Signature { get; init; }

    /// <summary>Digest of the ciphertext in the relay, by the suite: lower-case hex.</summary>
    internal required string CiphertextDigest { get; init; }

    /// <summary>Bytes of the ciphertext.</summary>
    internal required long Bytes { get; init; }

    internal required DateTimeOffset SealedAt { get; init; }

    /// <summary>Canonical JSON that the consumer signed after it applied the rows; null until then.</summary>
    internal string? CounterReceipt { get; private set; }

    /// <summary>The consumer's signature over the counter-receipt, base64 DER.</summary>
    internal string? CounterSignature { get; private set; }

    internal DateTimeOffset? ReceivedAt { get; private set; }

    /// <summary>When it was given up, because the consumer can never take it: all rows are copied anew instead. Null for every other batch.</summary>
    internal DateTimeOffset? VoidedAt { get; private set; }

    /// <summary>Time stamp over the provider's signature, DER of RFC 3161; null until stamped.</summary>
    internal byte[]? Stamp { get; private set; }

    /// <summary>When the stamp was fetched; null until stamped.</summary>
    internal DateTimeOffset? StampedAt { get; private set; }

    internal void Void(DateTimeOffset now) => VoidedAt = now;
}
