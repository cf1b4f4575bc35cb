using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>A repair that was ordered.</summary>
/// <param name="Reconciliation">Whose differences are repaired.</param>
/// <param name="Digests">By which rows are recognised.</param>
/// <param name="Keys">Digests of the keys of missing and different rows.</param>
internal sealed record Repair(Guid Reconciliation, RowDigests Digests, IReadOnlySet<UInt128> Keys);

/// <summary>对账修复: what a delivery sends again. The rows are read as the provider has them now and travel as sealed, receipted batches of their own phase; the
/// delivery's position stays where it is. Broken off, a repair is sent again from its beginning: applying a row twice changes nothing.</summary>
internal sealed class Repairing(ZhengtongDb db, Vault vault, TimeProvider clock)
{
    /// <summary>The repair that was ordered and not sealed yet; null when there is none.</summary>
    internal async Task<Repair?> FindAsync(Guid delivery, AgreementTerms terms, CancellationToken ct)
    {
        var ordered = await db.Reconciliations.AsNoTracking().Where(r => r.DeliveryId == delivery && r.RepairOrderedAt != null && r.RepairedAt == null)
            .OrderBy(r => r.RepairOrderedAt).FirstOrDefaultAsync(ct);
        if (ordered?.Differences is null) { return null; }
        var list = Open(vault, ordered);
        var keys = Convert.FromBase64String(list.Repairable).Chunk(16).Select(b => BinaryPrimitives.ReadUInt128BigEndian(b)).ToHashSet();
        return new Repair(ordered.Id, new RowDigests(terms.Items, Convert.FromBase64String(list.Salt)), keys);
    }

    /// <summary>The repair's rows as read, in groups as large as a batch. Which they are, is known by their masked keys.</summary>
    internal static async IAsyncEnumerable<RowGroup> RowsAsync(Repair repair, ProvidingRoute route, Source source, [EnumeratorCancellation] CancellationToken ct)
    {
        if (repair.Keys.Count == 0) { yield break; }
        ColumnBuffer[] chosen = [.. route.Terms.Items.Select(i => new ColumnBuffer(i.Type))];
        var masking = new Masking(route.Terms.Items, route.Secrets.Mask);
        await foreach (var group in source.AllAsync(null, ct))
        {
            var masked = masking.Mask(group.Columns, group.Rows);
            for (var row = 0; row < group.Rows; row++)
            {
                if (!repair.Keys.Contains(repair.Digests.KeyOf(masked, row))) { continue; }
                foreach (var (n, column) in chosen.Index()) { column.AppendFrom(group.Columns[n], row); }
                if (chosen[0].Count < route.Reading.BatchRows && chosen.Sum(c => (long)c.Bytes) < route.Reading.BatchBytes) { continue; }
                yield return new RowGroup(chosen, chosen[0].Count, new Position([]));
                foreach (var column in chosen) { column.Clear(); }
            }
        }

        if (chosen[0].Count > 0) { yield return new RowGroup(chosen, chosen[0].Count, new Position([])); }
    }

    /// <summary>Every row of the repair is sealed.</summary>
    /// <param name="repair">Whose differences were repaired.</param>
    /// <param name="before">Sequence before its first batch.</param>
    /// <param name="last">Sequence of its last batch; the same as <paramref name="before"/> when no row was left.</param>
    /// <param name="ct">Stops the save.</param>
    internal async Task FinishAsync(Guid repair, long before, long last, CancellationToken ct)
    {
        var reconciliation = await db.Reconciliations.SingleAsync(r => r.Id == repair, ct);
        var now = clock.GetUtcNow();
        reconciliation.Repaired(last > before ? before + 1 : null, last > before ? last : null, now);
        db.Ledger.Add(LedgerEntry.Of("exchange.repair-sealed", reconciliation.Id, Actor.Platform, now,
            after: new { delivery = reconciliation.DeliveryId, first = reconciliation.RepairFirst, last = reconciliation.RepairLast }));
        await db.SaveChangesAsync(ct);
    }

    /// <summary>What was found, unsealed.</summary>
    internal static DifferenceList Open(Vault vault, Reconciliation reconciliation) =>
        JsonSerializer.Deserialize<DifferenceList>(vault.Open(reconciliation.Differences!, reconciliation.Purpose), CanonicalJson.Options)!;
}
