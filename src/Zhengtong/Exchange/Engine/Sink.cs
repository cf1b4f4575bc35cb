using Zhengtong.Exchange.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>The consumer's side of a delivery: puts rows into the target table and says, in the same transaction, which batch they came from.</summary>
internal abstract class Sink : IAsyncDisposable
{
    /// <summary>Table in the consumer's own database: one row for each applied batch, with the receipt that was given for it.</summary>
    internal const string WatermarkTable = "zhengtong_watermark";

    /// <summary>An applied batch; null when this one was never applied.</summary>
    internal abstract Task<AppliedBatch?> FindAsync(Guid delivery, long sequence, CancellationToken ct);

    /// <summary>The last applied batch of a delivery; null when there is none.</summary>
    internal abstract Task<AppliedBatch?> FindLastAsync(Guid delivery, CancellationToken ct);

    /// <summary>Applies the rows and adds the watermark row in one transaction: after a crash at any moment both are there or neither is.
    /// The watermark's key (delivery, sequence) MUST be unique, so that of two processes applying one batch only one succeeds.</summary>
    internal abstract Task ApplyAsync(DeliveryPhase phase, BatchRows rows, AppliedBatch watermark, CancellationToken ct);

    public abstract ValueTask DisposeAsync();
}

/// <summary>A row of the watermark table.</summary>
/// <param name="Delivery">The delivery.</param>
/// <param name="Sequence">Which batch.</param>
/// <param name="ManifestDigest">Of the manifest that came with it.</param>
/// <param name="CounterReceipt">What was answered; a replayed batch gets the same answer again.</param>
/// <param name="Signature">The consumer's signature over the answer.</param>
internal sealed record AppliedBatch(Guid Delivery, long Sequence, string ManifestDigest, string CounterReceipt, string Signature);
