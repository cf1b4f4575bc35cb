using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.BackFills;

/// <summary>A back-fill as the provider's half works on it.</summary>
/// <param name="Id">The back-fill.</param>
/// <param name="Column">Column of the range.</param>
/// <param name="Range">From where to where.</param>
/// <param name="Position">Behind which row it goes on, sealed by the half; null at the beginning.</param>
internal sealed record BackFillOrder(Guid Id, string Column, BackFillRange Range, byte[]? Position)
{
    /// <summary>The reading narrowed to the range: of the agreed rows those between the values. The database looks for them, in the order of the key.</summary>
    internal Reading Narrow(Reading reading) => reading with
    {
        Rows = [.. reading.Rows, new RowCondition(Column, RowOperator.AtLeast, [Range.From]), new RowCondition(Column, RowOperator.AtMost, [Range.Until])],
    };
}

/// <summary>That a batch belongs to a back-fill.</summary>
/// <param name="BackFill">Which.</param>
/// <param name="Position">Behind its last row, sealed by the half.</param>
internal sealed record BackFillStep(Guid BackFill, byte[] Position);

/// <summary>What the platform knows and records about back-fills while a delivery runs. What belongs to a batch is added to the save of that batch.</summary>
internal sealed class BackFilling(ZhengtongDb db, Vault vault, TimeProvider clock)
{
    /// <summary>The back-fill that was ordered and is not over; null when there is none.</summary>
    internal async Task<BackFillOrder?> FindAsync(Guid delivery, CancellationToken ct) =>
        await db.BackFills.AsNoTracking().SingleOrDefaultAsync(b => b.ActiveDeliveryId == delivery, ct) is { } found ? new BackFillOrder(found.Id, found.Column, Open(vault, found), found.Position) : null;

    internal async Task<bool> BeginAsync(Guid id, long estimatedRows, CancellationToken ct)
    {
        if (await db.BackFills.SingleAsync(b => b.Id == id, ct) is not { IsActive: true } backFill) { return false; }
        backFill.Begin(estimatedRows);
        await db.SaveChangesAsync(ct);
        return true;
    }

    /// <summary>Adds the step to the coming save.</summary>
    /// <exception cref="DbUpdateConcurrencyException">It was taken back meanwhile: the batch does not happen.</exception>
    internal async Task AdvanceAsync(BackFillStep step, long sequence, int rows, CancellationToken ct)
    {
        var backFill = await db.BackFills.SingleAsync(b => b.Id == step.BackFill, ct);
        if (!backFill.IsActive) { throw new DbUpdateConcurrencyException($"Back-fill {backFill.Id} was taken back"); }
        backFill.Advance(sequence, rows, step.Position);
    }

    /// <summary>A front-end node has handed in a batch of it; where it goes on, the node keeps. One that was taken back meanwhile counts on: what was sealed before the node heard of it arrives. Safe to repeat.</summary>
    internal async Task<bool> CountAsync(Guid id, long sequence, CancellationToken ct)
    {
        var backFill = await db.BackFills.SingleAsync(b => b.Id == id, ct);
        var batch = await db.Batches.AsNoTracking().SingleOrDefaultAsync(b => b.DeliveryId == backFill.DeliveryId && b.Sequence == sequence && b.Phase == DeliveryPhase.Repair, ct);
        if (batch is null || sequence <= backFill.LastBatch) { return false; }
        backFill.Advance(sequence, batch.Rows, null);
        await db.SaveChangesAsync(ct);
        return true;
    }

    /// <summary>Every row is sealed, or, with a problem, the source refuses it.</summary>
    internal async Task<bool> EndAsync(Guid id, string? problem, CancellationToken ct)
    {
        if (await db.BackFills.SingleAsync(b => b.Id == id, ct) is not { IsActive: true } backFill) { return false; }
        var now = clock.GetUtcNow();
        if (problem is null) { backFill.Finish(now); } else { backFill.Fail(problem, now); }
        db.Ledger.Add(problem is null
            ? LedgerEntry.Of("exchange.back-fill-finished", id, Actor.Platform, now, after: new { delivery = backFill.DeliveryId, backFill.Rows, first = backFill.FirstBatch, last = backFill.LastBatch })
            : LedgerEntry.Of("exchange.back-fill-failed", id, Actor.Platform, now, after: new { delivery = backFill.DeliveryId, backFill.Rows, code = problem }));
        await db.SaveChangesAsync(ct);
        return true;
    }

    internal static byte[] Seal(Vault vault, Guid id, BackFillRange range) => vault.Seal(JsonSerializer.SerializeToUtf8Bytes(range, CanonicalJson.Options), BackFill.PurposeOf(id));

    internal static BackFillRange Open(Vault vault, BackFill backFill) => JsonSerializer.Deserialize<BackFillRange>(vault.Open(backFill.Range, backFill.Purpose), CanonicalJson.Options)!;
}
