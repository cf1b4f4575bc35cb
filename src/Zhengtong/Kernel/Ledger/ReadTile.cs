using System.Buffers.Binary;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Ledger;

internal static class ReadTile
{
    internal static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/tile/{level:int:range(0,63)}/{**path}", HandleHashes).Produces(200, contentType: "application/octet-stream").ProducesProblem(404);
        group.MapGet("/tile/entries/{**path}", HandleEntries).Requires(Right.ReadLedger).ProducesProblem(401).Produces(200, contentType: "application/octet-stream").ProducesProblem(403).ProducesProblem(404);
    }

    /// <summary>A tile of hashes (C2SP tlog-tiles). Hashes tell nothing of the entries, so anybody may read them.</summary>
    /// <remarks><c>level</c>: Level of the tile: its hashes are those of complete subtrees of 256^level leaves. <c>path</c>: Number of the tile in groups of three digits, all but the last with an x; <c>.p/W</c> after it for its first W hashes.</remarks>
    /// <response code="200">32 bytes a hash.</response>
    /// <response code="404">kernel.ledger-no-tile</response>
    internal static async Task<Results<FileContentHttpResult, ProblemHttpResult>> HandleHashes(int level, string path, ZhengtongDb db, HttpResponse response, CancellationToken ct)
    {
        if (!TilePath.TryParse(path, out var wanted)) { return KernelProblems.LedgerNoTile.Because(path); }
        var place = Tile.PlaceOf(level, wanted.Number);
        var hashes = await db.LedgerTiles.AsNoTracking().Where(t => t.Place == place).Select(t => t.Hashes).SingleOrDefaultAsync(ct);
        if (hashes is null || hashes.Length < wanted.Width * MerkleTree.HashSize) { return KernelProblems.LedgerNoTile.Because(path); }
        response.Headers.CacheControl = LedgerCaching.Forever;
        return TypedResults.Bytes(hashes.AsMemory(0, wanted.Width * MerkleTree.HashSize));
    }

    /// <summary>The entries below a tile of level 0: each after its length in two bytes, the highest first.</summary>
    /// <remarks><c>path</c>: Number of the bundle in groups of three digits, all but the last with an x; <c>.p/W</c> after it for its first W entries.</remarks>
    /// <response code="200">The entries, as they were hashed.</response>
    /// <response code="404">kernel.ledger-no-tile</response>
    internal static async Task<Results<FileContentHttpResult, ProblemHttpResult>> HandleEntries(string path, ZhengtongDb db, CancellationToken ct)
    {
        if (!TilePath.TryParse(path, out var wanted)) { return KernelProblems.LedgerNoTile.Because(path); }
        var first = wanted.Number * Tile.Width;
        var rows = await db.Ledger.AsNoTracking().Where(e => e.Index >= first && e.Index < first + wanted.Width).OrderBy(e => e.Index).ToListAsync(ct);
        if (rows.Count < wanted.Width) { return KernelProblems.LedgerNoTile.Because(path); }

        using var bundle = new MemoryStream();
        Span<byte> length = stackalloc byte[2];
        foreach (var leaf in rows.Select(LedgerLeaf.Of))
        {
            BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)leaf.Length));
            bundle.Write(length);
            bundle.Write(leaf);
        }

        return TypedResults.Bytes(bundle.ToArray());
    }
}

/// <summary>The tail of a tile's address: <c>x001/x234/067</c>, or <c>x001/x234/067.p/12</c>.</summary>
/// <param name="Number">From 0.</param>
/// <param name="Width">Hashes wanted, 1 to 256.</param>
internal readonly record struct TilePath(long Number, int Width)
{
    /// <summary>Parses the one spelling that is allowed; false for any other.</summary>
    internal static bool TryParse(string path, out TilePath result)
    {
        result = default;
        var width = Tile.Width;
        if (path.Split(".p/") is [var head, var tail])
        {
            if (!int.TryParse(tail, NumberStyles.None, CultureInfo.InvariantCulture, out width) || width is < 1 or >= Tile.Width || tail[0] == '0') { return false; }
            path = head;
        }

        var groups = path.Split('/');
        if (groups.Length > 4) { return false; }
        long number = 0;
        for (var i = 0; i < groups.Length; i++)
        {
            var digits = i < groups.Length - 1 ? groups[i] is ['x', .. var rest] ? rest : "" : groups[i];
            if (digits.Length != 3 || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var group)) { return false; }
            number = (number * 1000) + group;
        }

        // x000/001 would be a second name for 001.
        if (groups.Length > 1 && groups[0] == "x000") { return false; }
        result = new TilePath(number, width);
        return true;
    }

    /// <summary>The address's tail.</summary>
    public override string ToString()
    {
        var text = (Number % 1000).ToString("D3", CultureInfo.InvariantCulture);
        for (var rest = Number / 1000; rest > 0; rest /= 1000) { text = $"x{(rest % 1000).ToString("D3", CultureInfo.InvariantCulture)}/{text}"; }
        return Width == Tile.Width ? text : string.Create(CultureInfo.InvariantCulture, $"{text}.p/{Width}");
    }
}
