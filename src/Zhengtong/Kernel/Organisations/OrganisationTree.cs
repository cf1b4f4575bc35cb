using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Kernel.Organisations;

/// <summary>Organisations stand in a tree: an organisation's region lies in its parent's, and nobody stands above himself.</summary>
internal static class OrganisationTree
{
    /// <summary>The parent and those above it, the nearest first, tracked; empty without a parent, or when it is not there.</summary>
    internal static async Task<IReadOnlyList<Organisation>> AboveAsync(ZhengtongDb db, Guid? parent, CancellationToken ct)
    {
        var above = new List<Organisation>();
        for (var id = parent; id is { } next && above.All(o => o.Id != next);)
        {
            if (await db.Organisations.SingleOrDefaultAsync(o => o.Id == next, ct) is not { } found) { break; }
            above.Add(found);
            id = found.ParentId;
        }

        return above;
    }

    /// <summary>Null when an organisation may have this place; else every field that is not right.</summary>
    /// <param name="db">The database.</param>
    /// <param name="region">The region's code as sent.</param>
    /// <param name="parent">The parent's id as sent.</param>
    /// <param name="above">From <see cref="AboveAsync"/>.</param>
    /// <param name="self">The organisation that moves; null for a new one.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<ProblemHttpResult?> RefusalAsync(ZhengtongDb db, string region, Guid? parent, IReadOnlyList<Organisation> above, Organisation? self, CancellationToken ct)
    {
        var code = RegionCode.Parse(region);
        var faults = new Dictionary<string, string[]>();
        var there = await db.Regions.AnyAsync(r => r.Code == code, ct);
        if (!there) { faults["region"] = [await RegionNames.UnknownAsync(db, region, ct)]; }
        else if (self is not null && (await BelowAsync(db, self.Id, ct)).FirstOrDefault(o => !code.Covers(o.Region)) is { } left) { faults["region"] = [Text.Of("kernel.organisation.leaves-behind", left.Name)]; }

        if (parent is not null && above.Count == 0) { faults["parentId"] = [Text.Of("kernel.organisation.parent-unknown")]; }
        else if (self is not null && above.FirstOrDefault(o => o.Id == self.Id) is not null) { faults["parentId"] = [Text.Of("kernel.organisation.parent-below", above[0].Name)]; }
        else if (there && parent is not null && !above[0].Region.Covers(code)) { faults["parentId"] = [Text.Of("kernel.organisation.parent-apart", above[0].Name)]; }
        return faults.Count == 0 ? null : (there ? KernelProblems.ParentUnfit : KernelProblems.RegionUnknown).For(faults);
    }

    /// <summary>Lets the save fail when one of those above changed since it was read: of two moves that together would close a circle one is refused.</summary>
    internal static void Hold(ZhengtongDb db, IEnumerable<Organisation> above)
    {
        foreach (var organisation in above) { db.Entry(organisation).Property(o => o.Revision).IsModified = true; }
    }

    /// <summary>The organisation that somebody means by its credit code or by a name that only one has; else what to say, with the closest candidates.</summary>
    internal static async Task<(Guid? Id, string? Fault)> FindAsync(ZhengtongDb db, string typed, CancellationToken ct)
    {
        var meant = CreditCode.TryParse(typed, null, out var credit)
            ? await db.Organisations.Where(o => o.CreditCode == credit).Select(o => o.Id).ToListAsync(ct)
            : await db.Organisations.Where(o => o.Name == typed || o.ShortName == typed).OrderBy(o => o.Id).Select(o => o.Id).Take(2).ToListAsync(ct);
        if (meant.Count == 1) { return (meant[0], null); }

        var begin = typed[..Math.Min(2, typed.Length)];
        var near = await db.Organisations.Where(o => o.Name.Contains(typed) || typed.Contains(o.ShortName) || o.Name.StartsWith(begin)).OrderByDescending(o => o.Name == typed || o.ShortName == typed)
            .ThenByDescending(o => o.Name.Contains(typed)).ThenBy(o => o.Name).Take(5).Select(o => new { o.Name, o.CreditCode }).ToListAsync(ct);
        var candidates = string.Join(" · ", near.Select(o => $"{o.Name} {o.CreditCode}"));
        return (null, near.Count == 0 ? Text.Of("kernel.organisation.parent-unknown") : Text.Of("kernel.organisation.parent-near", candidates));
    }

    private static Task<List<Organisation>> BelowAsync(ZhengtongDb db, Guid id, CancellationToken ct) => db.Organisations.AsNoTracking().Where(o => o.ParentId == id).ToListAsync(ct);
}
