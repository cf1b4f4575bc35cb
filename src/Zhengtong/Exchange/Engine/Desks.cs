using Zhengtong.Exchange.BackFills;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Exchange.Timetables;

namespace Zhengtong.Exchange.Engine;

/// <summary>The agreement allows no delivery any more: the run ends before its next batch.</summary>
internal sealed class AgreementEndedException(Agreements.AgreementTerms? terms) : Exception($"Agreement {terms?.Number} is {terms?.State}");

/// <summary>The run is to end before its next batch, for its hours are closed, its limits were changed, or a back-fill was taken back. The next run goes on where it was.</summary>
internal sealed class RunPausedException() : Exception("The run is paused");

/// <summary>Up to where the provider's half has come.</summary>
/// <param name="Phase">Snapshot or changes.</param>
/// <param name="Sequence">Of the last sealed batch; 0 before the first.</param>
/// <param name="ManifestDigest">Of the last sealed batch; null before the first.</param>
/// <param name="Position">Behind which row reading goes on, sealed by the half's own vault.</param>
/// <param name="ChangesFrom">Where changes begin, sealed likewise; null until it was noted.</param>
/// <param name="Clears">True when all is copied anew: the next batch empties the target first.</param>
internal sealed record Place(DeliveryPhase Phase, long Sequence, string? ManifestDigest, byte[]? Position, byte[]? ChangesFrom, bool Clears = false)
{
    internal static Place Of(Delivery delivery) => new(delivery.Phase, delivery.Sequence, delivery.ManifestDigest, delivery.Position, delivery.ChangesFrom, delivery.Clears);
}

/// <summary>A batch as the provider's half hands it in.</summary>
/// <param name="Sequence">The one behind the last.</param>
/// <param name="Phase">Snapshot, changes or repair.</param>
/// <param name="Rows">How many rows; 0 only when the batch empties the target.</param>
/// <param name="SealedAt">As the manifest says.</param>
/// <param name="Sealed">Manifest, signature and ciphertext.</param>
/// <param name="Position">Behind its last row, sealed; null when the batch goes beside the order of reading and the position stays.</param>
/// <param name="Aside">What stays behind in quarantine, and what the batch settles there.</param>
/// <param name="Step">The back-fill it belongs to; null for every other batch.</param>
internal sealed record PublishedBatch(
    long Sequence, DeliveryPhase Phase, int Rows, DateTimeOffset SealedAt, SealedBatch Sealed, byte[]? Position, SetAside Aside, BackFillStep? Step = null);

/// <summary>A batch on its way.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="Manifest">As signed.</param>
/// <param name="Signature">The provider's, base64 DER.</param>
/// <param name="CiphertextDigest">By which the ciphertext is fetched.</param>
internal sealed record WaitingBatch(long Sequence, string Manifest, string Signature, string CiphertextDigest)
{
    internal static WaitingBatch Of(Batch batch) => new(batch.Sequence, batch.Manifest, batch.Signature, batch.CiphertextDigest);
}

/// <summary>A batch that the consumer gave its receipt for.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="ManifestDigest">Of the manifest that was receipted.</param>
internal sealed record ReceiptedBatch(long Sequence, string ManifestDigest);

/// <summary>What the platform knows and records about one delivery, as the provider's half asks for it. The half itself touches nothing of the platform.</summary>
internal abstract class ProviderDesk
{
    /// <summary>Where the half left off.</summary>
    internal abstract Task<Place> FindPlaceAsync(CancellationToken ct);

    /// <summary>Asked before each batch.</summary>
    /// <exception cref="AgreementEndedException">The agreement was revoked, suspended or has expired.</exception>
    internal abstract Task GuardAsync(CancellationToken ct);

    /// <summary>When and how fast the source may be read, as it is now.</summary>
    internal abstract Task<Pace> FindPaceAsync(CancellationToken ct);

    /// <summary>True when something waits until the run is over: an order, or a reconciliation of the two tables.</summary>
    internal abstract Task<bool> IsWaitedForAsync(CancellationToken ct);

    /// <summary>The run that was ordered at this moment is over: nothing goes ahead of the hours any more.</summary>
    internal abstract Task AnswerAskedAsync(DateTimeOffset asked, CancellationToken ct);

    /// <summary>Notes where changes will begin, before the first row is read.</summary>
    internal abstract Task BeginSnapshotAsync(byte[] changesFrom, long estimatedRows, CancellationToken ct);

    /// <summary>Notes, before it happens, that something will be kept at the source which has to be given back when the delivery ends for good.</summary>
    internal abstract Task KeepAsync(CancellationToken ct);

    /// <summary>Notes how far the half has come though there was nothing to hand in.</summary>
    internal abstract Task ReachAsync(byte[] position, CancellationToken ct);

    /// <summary>Notes what the source keeps for the delivery.</summary>
    internal abstract Task WatchAsync(LogWatch watch, CancellationToken ct);

    /// <summary>All rows are to be copied anew, for the reason told; the first batch will empty the target.</summary>
    internal abstract Task StartOverAsync(Fault reason, CancellationToken ct);

    /// <summary>Every row of the snapshot is handed in.</summary>
    internal abstract Task FinishSnapshotAsync(CancellationToken ct);

    /// <summary>Takes a batch, the position behind it, and what stays behind in quarantine. Before it returns the batch may never have been; afterwards it MUST arrive, whatever crashes.</summary>
    internal abstract Task PublishAsync(PublishedBatch batch, CancellationToken ct);

    /// <summary>What the delivery has in quarantine.</summary>
    internal abstract Task<Quarantined> FindQuarantineAsync(CancellationToken ct);

    /// <summary>Takes rows for quarantine where no row of a group is left to hand in, and, unless null, the position behind them, in one save.</summary>
    internal abstract Task SetAsideAsync(SetAside aside, byte[]? position, CancellationToken ct);

    /// <summary>Rows that officers released from quarantine and that were not handed in yet, the first first.</summary>
    internal abstract Task<IReadOnlyList<ReleasedRow>> FindReleasedAsync(int most, CancellationToken ct);

    /// <summary>The repair that was ordered and not handed in yet; null when there is none.</summary>
    internal abstract Task<Repair?> FindRepairAsync(CancellationToken ct);

    /// <summary>Every row of the repair is handed in.</summary>
    /// <param name="repair">The repair.</param>
    /// <param name="before">Sequence before its first batch.</param>
    /// <param name="last">Sequence of its last batch; the same as <paramref name="before"/> when no row was left.</param>
    /// <param name="ct">Stops the save.</param>
    internal abstract Task FinishRepairAsync(Repair repair, long before, long last, CancellationToken ct);

    /// <summary>The back-fill that was ordered and is not over; null when there is none.</summary>
    internal abstract Task<BackFillOrder?> FindBackFillAsync(CancellationToken ct);

    /// <summary>Notes how many rows a back-fill will have, about.</summary>
    internal abstract Task BeginBackFillAsync(Guid backFill, long estimatedRows, CancellationToken ct);

    /// <summary>Every row of the back-fill is handed in; or, with the code of a problem, the source refuses it.</summary>
    internal abstract Task EndBackFillAsync(Guid backFill, string? problem, CancellationToken ct);
}

/// <summary>What the platform knows and records about one delivery, as the consumer's half asks for it.</summary>
internal abstract class ConsumerDesk
{
    /// <inheritdoc cref="ProviderDesk.GuardAsync"/>
    internal abstract Task GuardAsync(CancellationToken ct);

    /// <summary>The last batch that the consumer gave its receipt for; null before the first, and while all rows are to be copied anew.</summary>
    internal abstract Task<ReceiptedBatch?> FindReceiptedAsync(CancellationToken ct);

    /// <summary>The consumer can never take what waits: those batches are given up, and all rows are copied anew.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="held">Sequence of the last batch that the consumer's database holds; 0 for none.</param>
    /// <param name="ct">Stops the save.</param>
    internal abstract Task StartOverAsync(Fault reason, long held, CancellationToken ct);

    /// <summary>Batches that still are to get a counter-receipt, in order.</summary>
    internal abstract Task<IReadOnlyList<WaitingBatch>> ListWaitingAsync(CancellationToken ct);

    /// <summary>One batch.</summary>
    internal abstract Task<WaitingBatch> FindAsync(long sequence, CancellationToken ct);

    /// <summary>Its ciphertext, read into the buffer; null when it is lost.</summary>
    internal abstract Task<ReadOnlyMemory<byte>?> FetchAsync(WaitingBatch batch, Growing into, CancellationToken ct);

    /// <summary>Records that the batch was applied. MUST be safe to repeat.</summary>
    internal abstract Task RecordAsync(AppliedBatch applied, CancellationToken ct);
}
