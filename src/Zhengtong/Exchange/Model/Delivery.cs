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
}

/// <summary>A delivery 交付 of rows under one agreement: a desired state that the reconciler keeps true.</summary>
internal sealed class Delivery
{
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

    /// <summary>When the reconciler looks again.</summary>
    internal required DateTimeOffset NextRunAt { get; set; }

    /// <summary>Problem code of the last failure; null when the last run succeeded.</summary>
    internal string? Problem { get; private set; }

    /// <summary>What exactly was wrong: a JSON list of text keys with their arguments, no payload.</summary>
    internal string? ProblemDetail { get; private set; }

    /// <summary>Failed runs since the last success.</summary>
    internal int Failures { get; private set; }

    /// <summary>From 1; of two processes that run one delivery, one loses here.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Begin()
    {
        State = DeliveryState.Running;
        Revision++;
    }

    /// <summary>Notes where changes will begin; once, before the first row is read.</summary>
    internal void BeginSnapshot(byte[] changesFrom, long estimatedRows)
    {
        ChangesFrom = changesFrom;
        EstimatedRows = estimatedRows;
        Revision++;
    }

    /// <summary>The next batch is sealed; reading goes on behind its last row.</summary>
    internal void Sealed(long sequence, string manifestDigest, byte[] position)
    {
        Sequence = sequence;
        ManifestDigest = manifestDigest;
        Position = position;
        Revision++;
    }

    /// <summary>Every row of the snapshot is sealed; changes follow from where they were noted.</summary>
    internal void FinishSnapshot(DateTimeOffset now)
    {
        Phase = DeliveryPhase.Changes;
        Position = ChangesFrom;
        SnapshotFinishedAt = now;
        Revision++;
    }

    /// <summary>The run is over and all is delivered.</summary>
    internal void Rest(DateTimeOffset next)
    {
        State = DeliveryState.Waiting;
        NextRunAt = next;
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
        NextRunAt = now + TimeSpan.FromSeconds(Math.Min(300, Math.Pow(2, Math.Min(Failures, 10))));
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

    internal void Receive(string counterReceipt, string counterSignature, DateTimeOffset now)
    {
        CounterReceipt = counterReceipt;
        CounterSignature = counterSignature;
        ReceivedAt = now;
    }
}
