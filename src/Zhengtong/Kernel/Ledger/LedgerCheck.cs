using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Ledger;

/// <summary>What a check of the ledger found.</summary>
public enum LedgerFault
{
    /// <summary>A row no longer says what was sequenced.</summary>
    EntryEdited,
    /// <summary>The row of an index is gone, or lost its index.</summary>
    EntryMissing,
    /// <summary>A row stands at an index that is not its own; it belongs to another.</summary>
    EntryMoved,
    /// <summary>A row claims an index that was never given.</summary>
    EntryInserted,
    /// <summary>A tile of hashes was altered.</summary>
    TileAltered,
    /// <summary>A tile of hashes is gone or too short.</summary>
    TileMissing,
    /// <summary>The tree's root is not the signed one.</summary>
    RootDiffers,
    /// <summary>A checkpoint carries no valid signature of the log's key.</summary>
    SignatureInvalid,
    /// <summary>The log's key is not the one seen first.</summary>
    KeyExchanged,
    /// <summary>The database holds less than, or something else than, the checkpoint file.</summary>
    RolledBack,
}

/// <summary>One thing found.</summary>
/// <param name="Fault">What is wrong.</param>
/// <param name="Index">The entry's index, or the tile's first leaf; null where no single place is meant.</param>
/// <param name="EntryId">The row, where one stands.</param>
/// <param name="Detail">Data that helps to look: a tile's place, sizes, neighbours. No sentence.</param>
public sealed record LedgerFinding(LedgerFault Fault, long? Index, Guid? EntryId, string Detail);

/// <summary>A check that ran. The latest decides the platform's health.</summary>
internal sealed class LedgerCheckRun
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    internal required Guid Id { get; init; }

    internal required DateTimeOffset StartedAt { get; init; }

    internal required DateTimeOffset FinishedAt { get; init; }

    /// <summary>First index looked at.</summary>
    internal required long From { get; init; }

    /// <summary>First index not looked at.</summary>
    internal required long To { get; init; }

    /// <summary>Size of the checkpoint it was held against.</summary>
    internal required long Size { get; init; }

    /// <summary>How much was found; more than <see cref="Findings"/> keeps when it is very much.</summary>
    internal required int FindingCount { get; init; }

    /// <summary>JSON, at most <see cref="LedgerCheck.MostFindings"/>.</summary>
    internal required string Findings { get; init; }

    internal bool IsFull => From == 0 && To == Size;

    internal static string Write(IEnumerable<LedgerFinding> findings) => JsonSerializer.Serialize(findings, Json);

    internal IReadOnlyList<LedgerFinding> ReadFindings() => JsonSerializer.Deserialize<List<LedgerFinding>>(Findings, Json)!;
}

/// <summary>Holds live rows against the tiles, the tiles against the root, the root against the signed checkpoint and that against the checkpoint file, and names what does not fit.
/// Reads the ledger from the beginning to the end in constant memory.</summary>
internal sealed class LedgerCheck(ZhengtongDb db, LedgerTree tree, LedgerKeys keys, CheckpointFile file, TimeProvider clock)
{
    /// <summary>Findings kept of one run, so that a ruined ledger does not fill the database.</summary>
    internal const int MostFindings = 200;

    private readonly List<LedgerFinding> findings = [];
    private readonly Dictionary<long, bool> trusted = [];
    private bool rootHolds;
    private long size;

    /// <summary>Checks the entries from <paramref name="from"/> to <paramref name="to"/> (exclusive; null for all), rounded outwards to whole tiles, and records the run.</summary>
    internal async Task<LedgerCheckRun> RunAsync(long from, long? to, CancellationToken ct)
    {
        var started = clock.GetUtcNow();
        // One state of the database for the whole check: the sequencer goes on beside it.
        await using var transaction = await SnapshotAsync(ct);
        if (await tree.HeadAsync(ct) is { } head)
        {
            size = head.Size;
            await CheckHeadAsync(head, ct);
        }
        else if (file.Read() is not null)
        {
            Found(LedgerFault.RolledBack, null, null, "file, no checkpoint in the database");
        }

        var first = Math.Clamp(from / Tile.Width * Tile.Width, 0, size);
        var end = Math.Min(size, ((to ?? size) + Tile.Width - 1) / Tile.Width * Tile.Width);
        for (var number = first / Tile.Width; number * Tile.Width < end; number++) { await CheckTileAsync(number, ct); }
        await CheckBeyondAsync(ct);
        if (!rootHolds && findings.Count == 0 && size > 0) { await NarrowAsync(ct); }
        await db.Database.CommitTransactionAsync(ct);

        var run = new LedgerCheckRun
        {
            Id = Guid.CreateVersion7(started),
            StartedAt = started,
            FinishedAt = clock.GetUtcNow(),
            From = first,
            To = end,
            Size = size,
            FindingCount = findings.Count,
            Findings = LedgerCheckRun.Write(findings.Take(MostFindings)),
        };
        db.LedgerChecks.Add(run);
        await db.SaveChangesAsync(ct);
        return run;
    }

    private async Task<IAsyncDisposable> SnapshotAsync(CancellationToken ct)
    {
        if (!db.Database.IsSqlite()) { return await db.Database.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, ct); }
        // Deferred: a reader of SQLite's log keeps nobody from writing.
        await db.Database.OpenConnectionAsync(ct);
        var reading = ((SqliteConnection)db.Database.GetDbConnection()).BeginTransaction(deferred: true);
        return (await db.Database.UseTransactionAsync(reading, ct))!;
    }

    private async Task CheckHeadAsync(Checkpoint head, CancellationToken ct)
    {
        var key = await keys.FindAsync(ct);
        using var verifier = key is null ? null : new LedgerVerifier(key.PublicKey);
        if (verifier is null || (file.ReadKey() is { } seen && seen != verifier.Pem)) { Found(LedgerFault.KeyExchanged, null, null, verifier is null ? "missing" : Convert.ToHexStringLower(verifier.KeyId)); }
        if (verifier is null || !CheckpointNote.TryParse(head.Note, out var note) || !note.IsSignedBy(verifier) || note.Size != head.Size || !note.Root.AsSpan().SequenceEqual(head.Root))
        {
            Found(LedgerFault.SignatureInvalid, null, null, $"{head.Size}");
        }

        if (file.Read() is { } text && CheckpointNote.TryParse(text, out var last))
        {
            var kept = await db.LedgerCheckpoints.AsNoTracking().SingleOrDefaultAsync(c => c.Size == last.Size, ct);
            if (last.Size > head.Size || kept is null || !kept.Root.AsSpan().SequenceEqual(last.Root)) { Found(LedgerFault.RolledBack, null, null, $"{head.Size} < {last.Size}"); }
        }

        rootHolds = await RootOrNullAsync(head.Size, ct) is { } root && root.AsSpan().SequenceEqual(head.Root);
        if (!rootHolds) { await CheckEdgeAsync(ct); }
    }

    /// <summary>The root does not come out: which tile of the right edge above the leaves holds a hash that its children do not give?</summary>
    private async Task CheckEdgeAsync(CancellationToken ct)
    {
        foreach (var (place, width) in TreeBuilder.EdgeOf(size))
        {
            var (level, number) = Tile.Parts(place);
            var tile = await FindTileAsync(place, ct);
            if (tile is null || tile.Count < width)
            {
                Found(LedgerFault.TileMissing, FirstLeafOf(level, number), null, $"{level}/{number}");
                continue;
            }

            for (var position = 0; level > 0 && position < width; position++)
            {
                if (await FindTileAsync(Tile.PlaceOf(level - 1, (number * Tile.Width) + position), ct) is { Count: Tile.Width } child
                    && !MerkleTree.HashComplete(child.Hashes.AsSpan().ToArray()).AsSpan().SequenceEqual(tile[position])
                    && await RowsGiveAsync(child, level - 1, (number * Tile.Width) + position, ct))
                {
                    Found(LedgerFault.TileAltered, FirstLeafOf(level, number), null, $"{level}/{number} #{position}");
                }
            }
        }
    }

    /// <summary>True when a tile is what its rows (level 0) or its children say it is.</summary>
    private async Task<bool> RowsGiveAsync(Tile tile, int level, long number, CancellationToken ct)
    {
        for (var position = 0; level > 0 && position < tile.Count; position++)
        {
            var child = await FindTileAsync(Tile.PlaceOf(level - 1, (number * Tile.Width) + position), ct);
            if (child is not { Count: Tile.Width } || !MerkleTree.HashComplete(child.Hashes.AsSpan().ToArray()).AsSpan().SequenceEqual(tile[position])) { return false; }
        }

        if (level > 0) { return true; }
        var rows = await RowsAsync(number, Tile.Width, ct);
        return rows.Count == Tile.Width && rows.All(r => LedgerLeaf.HashOf(r).AsSpan().SequenceEqual(tile[(int)(r.Index!.Value % Tile.Width)]));
    }

    /// <summary>Holds up to 256 rows against their tile.</summary>
    private async Task CheckTileAsync(long number, CancellationToken ct)
    {
        var width = (int)Math.Min(Tile.Width, size - (number * Tile.Width));
        var tile = await FindTileAsync(Tile.PlaceOf(0, number), ct);
        var rows = await RowsAsync(number, width, ct);
        if (tile is null || tile.Count < width)
        {
            // The edge's own tile was named with the root.
            if (width == Tile.Width || rootHolds) { Found(LedgerFault.TileMissing, number * Tile.Width, null, $"0/{number}"); }
            return;
        }

        var hashes = rows.ToDictionary(r => r.Index!.Value, LedgerLeaf.HashOf);
        var wrong = Enumerable.Range(0, width).Select(p => (number * Tile.Width) + p)
            .Where(index => !hashes.TryGetValue(index, out var hash) || !hash.AsSpan().SequenceEqual(tile[(int)(index % Tile.Width)])).ToList();
        var holds = await IsTrustedAsync(0, number, width, ct);
        if (wrong.Count == 0)
        {
            if (!holds && rootHolds) { Found(LedgerFault.TileAltered, number * Tile.Width, null, $"above 0/{number}"); }
            return;
        }

        if (!holds && await RowsFitAboveAsync(number, width, hashes, ct))
        {
            Found(LedgerFault.TileAltered, number * Tile.Width, null, $"0/{number}");
            return;
        }

        foreach (var index in wrong) { await NameAsync(index, tile, rows.Find(r => r.Index == index), hashes, ct); }
    }

    private async Task NameAsync(long index, Tile tile, LedgerEntry? row, Dictionary<long, byte[]> hashes, CancellationToken ct)
    {
        if (row is null)
        {
            var before = await db.Ledger.AsNoTracking().Where(e => e.Index < index).OrderByDescending(e => e.Index).Select(e => (Guid?)e.Id).FirstOrDefaultAsync(ct);
            var after = await db.Ledger.AsNoTracking().Where(e => e.Index > index).OrderBy(e => e.Index).Select(e => (Guid?)e.Id).FirstOrDefaultAsync(ct);
            Found(LedgerFault.EntryMissing, index, null, $"{before} < ? < {after}");
            return;
        }

        // Where would this row be right? Within its tile and the whole tree, by the hash.
        var home = await HomeOfAsync(hashes[index], index, tile, ct);
        if (home is { } other) { Found(LedgerFault.EntryMoved, index, row.Id, $"{index} <- {other}"); }
        else { Found(LedgerFault.EntryEdited, index, row.Id, $"{row.Event} {row.Subject}"); }
    }

    private async Task<long?> HomeOfAsync(byte[] hash, long index, Tile tile, CancellationToken ct)
    {
        if (PositionIn(tile, hash) is { } near) { return (index / Tile.Width * Tile.Width) + near; }
        await foreach (var other in db.LedgerTiles.AsNoTracking().Where(t => t.Place < Tile.PlaceOf(1, 0)).AsAsyncEnumerable().WithCancellation(ct))
        {
            if (PositionIn(other, hash) is { } far) { return (other.Number * Tile.Width) + far; }
        }

        return null;
    }

    private static int? PositionIn(Tile tile, byte[] hash)
    {
        for (var position = 0; position < tile.Count; position++)
        {
            if (tile[position].SequenceEqual(hash)) { return position; }
        }

        return null;
    }

    /// <summary>True when the tiles lead from this one up to the signed root.</summary>
    private async Task<bool> IsTrustedAsync(int level, long number, int width, CancellationToken ct)
    {
        if (width < Tile.Width) { return rootHolds; }
        var place = Tile.PlaceOf(level, number);
        if (trusted.TryGetValue(place, out var known)) { return known; }
        var tile = await FindTileAsync(place, ct);
        var (above, position) = (number / Tile.Width, (int)(number % Tile.Width));
        var parent = await FindTileAsync(Tile.PlaceOf(level + 1, above), ct);
        var parentWidth = (int)Math.Min(Tile.Width, (size >> (8 * (level + 1))) - (above * Tile.Width));
        var holds = tile is { Count: Tile.Width } && parent is not null && parent.Count >= parentWidth && position < parentWidth
            && MerkleTree.HashComplete(tile.Hashes.AsSpan().ToArray()).AsSpan().SequenceEqual(parent[position])
            && await IsTrustedAsync(level + 1, above, parentWidth, ct);
        if (level > 0) { trusted[place] = holds; }
        return holds;
    }

    /// <summary>True when the rows, all there, give the hash that the level above (or the signed root) asks for: then it is the tile that was altered.</summary>
    private async Task<bool> RowsFitAboveAsync(long number, int width, Dictionary<long, byte[]> hashes, CancellationToken ct)
    {
        if (hashes.Count < width) { return false; }
        var fromRows = Enumerable.Range(0, width).SelectMany(p => hashes[(number * Tile.Width) + p]).ToArray();
        if (width == Tile.Width)
        {
            return await FindTileAsync(Tile.PlaceOf(1, number / Tile.Width), ct) is { } parent && parent.Count > number % Tile.Width
                && MerkleTree.HashComplete(fromRows).AsSpan().SequenceEqual(parent[(int)(number % Tile.Width)]);
        }

        var head = (await tree.HeadAsync(ct))!;
        var repaired = new Tile { Place = Tile.PlaceOf(0, number), Hashes = fromRows };
        var tiles = new Dictionary<long, Tile> { [repaired.Place] = repaired };
        foreach (var (place, _) in TreeBuilder.EdgeOf(size).Where(e => e.Place != repaired.Place))
        {
            if (await FindTileAsync(place, ct) is not { } edge) { return false; }
            tiles[place] = edge;
        }

        return MerkleTree.Fold([.. MerkleTree.Cover(0, size).Select(n => tiles[Tile.PlaceOf(n)].HashOf(n))]).AsSpan().SequenceEqual(head.Root);
    }

    /// <summary>Rows that claim an index nobody gave.</summary>
    private async Task CheckBeyondAsync(CancellationToken ct)
    {
        foreach (var row in await db.Ledger.AsNoTracking().Where(e => e.Index >= size || e.Index < 0).OrderBy(e => e.Index).Take(MostFindings).Select(e => new { e.Id, e.Index }).ToListAsync(ct))
        {
            Found(LedgerFault.EntryInserted, row.Index, row.Id, $"{row.Index} >= {size}");
        }
    }

    /// <summary>Rows and tiles agree and yet the root is not the signed one: both were altered. Older checkpoints tell between which sizes.</summary>
    private async Task NarrowAsync(CancellationToken ct)
    {
        var sizes = await db.LedgerCheckpoints.AsNoTracking().OrderBy(c => c.Size).Select(c => c.Size).ToListAsync(ct);
        var (good, bad) = (-1, sizes.Count - 1);
        while (bad - good > 1)
        {
            var middle = (good + bad) / 2;
            var kept = await db.LedgerCheckpoints.AsNoTracking().SingleAsync(c => c.Size == sizes[middle], ct);
            if (await RootOrNullAsync(kept.Size, ct) is { } root && root.AsSpan().SequenceEqual(kept.Root)) { good = middle; }
            else { bad = middle; }
        }

        var from = good < 0 ? 0 : sizes[good];
        Found(LedgerFault.RootDiffers, from, null, $"[{from}, {sizes[bad]})");
    }

    private async Task<byte[]?> RootOrNullAsync(long of, CancellationToken ct)
    {
        try { return await tree.RootAsync(of, ct); }
        catch (Exception e) when (e is KeyNotFoundException or ArgumentOutOfRangeException) { return null; }
    }

    private Task<List<LedgerEntry>> RowsAsync(long number, int width, CancellationToken ct)
    {
        var first = number * Tile.Width;
        return db.Ledger.AsNoTracking().Where(e => e.Index >= first && e.Index < first + width).ToListAsync(ct);
    }

    private Task<Tile?> FindTileAsync(long place, CancellationToken ct) => db.LedgerTiles.AsNoTracking().SingleOrDefaultAsync(t => t.Place == place, ct);

    private static long FirstLeafOf(int level, long number) => (number * Tile.Width) << (8 * level);

    private void Found(LedgerFault fault, long? index, Guid? entry, string detail) => findings.Add(new LedgerFinding(fault, index, entry, detail));
}
