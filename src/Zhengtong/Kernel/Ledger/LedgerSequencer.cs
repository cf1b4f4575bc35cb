using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Kernel.Ledger;

/// <summary>The checkpoint file says more than the database, or something else: the database is not the one that was signed.</summary>
internal sealed class LedgerRolledBackException(string message) : Exception(message);

/// <summary>Gives entries their place in the tree: index, tiles and a signed checkpoint in one transaction, so that a kill leaves the tree before or the tree after.
/// A checkpoint MUST NOT be visible before its tiles, and MUST NOT exist twice for one size.</summary>
internal sealed class LedgerSequencer(ZhengtongDb db, LedgerKeys keys, LedgerTree tree, CheckpointFile file, Deployment deployment) : IReconciler
{
    /// <summary>Entries in one transaction.</summary>
    internal const int Batch = 5000;

    private const string Lock = "zhengtong/ledger-sequencer";

    public string Name => "kernel.ledger";

    public TimeSpan Every => TimeSpan.FromMilliseconds(500);

    /// <summary>Sequences one batch.</summary>
    /// <exception cref="LedgerRolledBackException">The database does not continue what was signed; nothing is signed then.</exception>
    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var entries = await db.Ledger.AsNoTracking().Where(e => e.Index == null).OrderBy(e => e.Id).Take(Batch).ToListAsync(ct);
        if (entries.Count == 0 && await db.LedgerCheckpoints.AnyAsync(ct)) { return Pass.Settled(); }

        var key = await keys.CurrentAsync(ct);
        var leaves = entries.ConvertAll(LedgerLeaf.HashOf);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // One sequencer at a time, whatever became of the job's lease. SQLite's transaction is exclusive by itself.
        if (deployment.IsPostgres) { await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({Lock}, 0))", ct); }
        var head = await tree.HeadAsync(ct);
        await RefuseRollbackAsync(head?.Size ?? 0, ct);
        var first = head?.Size ?? 0;
        if (await PlaceAsync(entries, first, ct) != entries.Count || (head is not null && entries.Count == 0)) { return Pass.Unfinished(0); }

        var builder = await TreeBuilder.LoadAsync(db, first, ct);
        foreach (var leaf in leaves) { builder.Append(leaf); }
        await SaveAsync(builder.Changed, first, ct);
        var checkpoint = keys.Sign(key, builder.Size, builder.Root);
        db.LedgerCheckpoints.Add(checkpoint);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);

        using var verifier = new LedgerVerifier(key.PublicKey);
        file.Write(checkpoint.Note, verifier);
        return entries.Count == Batch ? Pass.Unfinished(entries.Count) : Pass.Settled(entries.Count);
    }

    /// <summary>Signing on a database that was rolled back would give one size two roots.</summary>
    private async Task RefuseRollbackAsync(long size, CancellationToken ct)
    {
        if (file.Read() is not { } note) { return; }
        if (!CheckpointNote.TryParse(note, out var last)) { throw new LedgerRolledBackException("The checkpoint file is no checkpoint"); }
        if (last.Size > size) { throw new LedgerRolledBackException($"The checkpoint file knows {last.Size} entries, the database {size}"); }
        var kept = await db.LedgerCheckpoints.AsNoTracking().SingleOrDefaultAsync(c => c.Size == last.Size, ct);
        if (kept is null || !kept.Root.AsSpan().SequenceEqual(last.Root)) { throw new LedgerRolledBackException($"The database holds another tree of {last.Size} entries than the checkpoint file"); }
    }

    /// <summary>Writes the indexes in one statement; returns how many rows were still without one.</summary>
    private Task<int> PlaceAsync(List<LedgerEntry> entries, long first, CancellationToken ct)
    {
        if (entries.Count == 0) { return Task.FromResult(0); }
        if (deployment.IsPostgres)
        {
            var ids = entries.Select(e => e.Id).ToArray();
            return db.Database.ExecuteSqlAsync($"""
                UPDATE kernel.ledger_entries AS e SET "index" = {first} + v.n - 1
                FROM unnest({ids}) WITH ORDINALITY AS v(id, n) WHERE e.id = v.id AND e."index" IS NULL
                """, ct);
        }

        var texts = JsonSerializer.Serialize(entries.Select(e => e.Id.ToString().ToUpperInvariant()));
        // The plus keeps SQLite from walking all waiting rows for each id: it must look up each id instead.
        return db.Database.ExecuteSqlAsync($"""
            UPDATE ledger_entries SET "index" = {first} + v.key FROM json_each({texts}) AS v WHERE ledger_entries.id = v.value AND +"index" IS NULL
            """, ct);
    }

    private async Task SaveAsync(IReadOnlyDictionary<long, byte[]> changed, long before, CancellationToken ct)
    {
        var growing = TreeBuilder.EdgeOf(before).Select(e => e.Place).ToHashSet();
        foreach (var (place, hashes) in changed)
        {
            if (growing.Contains(place)) { await db.LedgerTiles.Where(t => t.Place == place).ExecuteUpdateAsync(t => t.SetProperty(x => x.Hashes, hashes), ct); }
            else { db.LedgerTiles.Add(new Tile { Place = place, Hashes = hashes }); }
        }
    }
}
