using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Regions;

/// <summary>What regions are called in full, and which region somebody means.</summary>
internal static class RegionNames
{
    private const int MostCandidates = 5;

    /// <summary>The municipalities: GB/T 2260 lists their districts under the collective codes 01 and 02.</summary>
    private static readonly string[] Municipalities = ["11", "12", "31", "50"];

    /// <summary>True for a city's place in the tree that is no city: GB/T 2260 groups there the districts of a municipality, or what a province governs directly (90).</summary>
    internal static bool IsCollective(RegionCode code) =>
        code.Level == RegionLevel.City && (code.Value[2..4] == "90" || (code.Value[2..4] is "01" or "02" && Municipalities.Contains(code.Value[..2])));

    /// <summary>The region and those above it, from the province.</summary>
    internal static IReadOnlyList<RegionCode> PathOf(RegionCode code)
    {
        var path = new List<RegionCode> { code };
        while (path[^1].Parent is { } parent) { path.Add(parent); }
        path.Reverse();
        return path;
    }

    /// <summary>The full names, without the collective places: province, city, county and so on in one word.</summary>
    internal static async Task<Dictionary<RegionCode, string>> FullAsync(ZhengtongDb db, IEnumerable<RegionCode> codes, CancellationToken ct)
    {
        var asked = codes.Distinct().ToList();
        var names = (await RegionTable.FindAsync(db, asked.SelectMany(PathOf).Distinct(), ct)).ToDictionary(r => r.Key, r => r.Value.Name);
        return asked.ToDictionary(code => code, code => Full(code, names));
    }

    /// <summary>The region that somebody means by its code or by a name that only one region has; else what to say, with the closest candidates.</summary>
    /// <param name="db">The database.</param>
    /// <param name="typed">A code of 2, 4, 6, 9 or 12 digits, or a name with as many of the names above it as make it unique.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<(RegionCode? Code, string? Fault)> FindAsync(ZhengtongDb db, string typed, CancellationToken ct)
    {
        if (RegionCode.TryParse(typed, null, out var code))
        {
            return await db.Regions.AnyAsync(r => r.Code == code, ct) ? (code, null) : (null, await UnknownAsync(db, typed, ct));
        }

        var endings = Enumerable.Range(0, typed.Length).Select(n => typed[n..]).Where(e => e.Length <= 100).ToList();
        var called = await db.Regions.Where(r => endings.Contains(r.Name)).OrderBy(r => r.Code).Select(r => r.Code).Take(1000).ToListAsync(ct);
        var names = (await RegionTable.FindAsync(db, called.SelectMany(PathOf).Distinct(), ct)).ToDictionary(r => r.Key, r => r.Value.Name);
        var meant = called.Where(c => IsMeant(typed, [.. PathOf(c).Select(p => names.GetValueOrDefault(p, ""))])).Order().ToList();
        return meant.Count switch
        {
            1 => (meant[0], null),
            0 => (null, await UnknownAsync(db, typed, ct, [.. called.OrderByDescending(c => names[c].Length).ThenBy(c => c.Level).Take(2)])),
            _ => (null, Text.Of("kernel.region.ambiguous", typed, Candidates(meant, names))),
        };
    }

    /// <summary>What to say of a region that is not there: the closest ones of the upper three levels.</summary>
    /// <param name="db">The database.</param>
    /// <param name="typed">What was typed.</param>
    /// <param name="ct">Stops it.</param>
    /// <param name="called">Regions to name first: they are called so and lie elsewhere.</param>
    internal static async Task<string> UnknownAsync(ZhengtongDb db, string typed, CancellationToken ct, IReadOnlyList<RegionCode>? called = null)
    {
        var names = await db.Regions.Where(r => r.Level == RegionLevel.Province || r.Level == RegionLevel.City || r.Level == RegionLevel.County).ToDictionaryAsync(r => r.Code, r => r.Name, ct);
        foreach (var (code, found) in await RegionTable.FindAsync(db, (called ?? []).SelectMany(PathOf).Distinct(), ct)) { names[code] = found.Name; }
        var byCode = typed.All(char.IsAsciiDigit);
        var near = names.Keys.Where(c => !IsCollective(c))
            .OrderBy(c => byCode ? Distance(typed.Length > 6 ? typed[..6] : typed.PadRight(6, '0'), c.Value[..6]) : Math.Min(Distance(typed, names[c]), Distance(typed, Full(c, names))))
            .ThenBy(c => c).Take(MostCandidates);
        return Text.Of("kernel.region.unknown", typed, Candidates((called ?? []).Concat(near).Distinct(), names));
    }

    /// <summary>True when the text is the region's name behind some of the names above it, in their order.</summary>
    /// <param name="typed">The text.</param>
    /// <param name="path">Names from the province to the region.</param>
    internal static bool IsMeant(string typed, IReadOnlyList<string> path)
    {
        return path[^1].Length > 0 && typed.EndsWith(path[^1], StringComparison.Ordinal) && Rest(typed[..^path[^1].Length], path.Count - 2);

        bool Rest(string text, int level) =>
            text.Length == 0 || (level >= 0 && ((path[level].Length > 0 && text.EndsWith(path[level], StringComparison.Ordinal) && Rest(text[..^path[level].Length], level - 1)) || Rest(text, level - 1)));
    }

    private static string Full(RegionCode code, Dictionary<RegionCode, string> names) =>
        string.Concat(PathOf(code).Where(c => c == code || !IsCollective(c)).Select(c => names.GetValueOrDefault(c)));

    private static string Candidates(IEnumerable<RegionCode> codes, Dictionary<RegionCode, string> names) =>
        string.Join(" · ", codes.Take(MostCandidates).Select(c => $"{Full(c, names)} {c}"));

    /// <summary>Levenshtein's: how many characters to add, take away or change.</summary>
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0]++;
            for (var j = 1; j <= to.Length; j++)
            {
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1)));
            }
        }

        return row[^1];
    }
}
