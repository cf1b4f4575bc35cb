using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Metering;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Cloud.Savings;

/// <summary>What a department saved in a year.</summary>
/// <param name="OrganisationId">The department.</param>
/// <param name="Organisation">Its name.</param>
/// <param name="Region">Code of its region.</param>
/// <param name="Figures">Each with what it was counted from.</param>
public sealed record DepartmentSavings(Guid OrganisationId, string Organisation, string Region, IReadOnlyList<SavingsFigure> Figures);

/// <summary>What a sum of departments comes to.</summary>
/// <param name="Region">Code of the region; empty for all in sight.</param>
/// <param name="Departments">How many departments have resources.</param>
/// <param name="Servers">Servers that were not bought.</param>
/// <param name="Room">Square metres that were not needed.</param>
/// <param name="Power">Kilowatt hours.</param>
/// <param name="Avoided">Yuan that were not spent.</param>
/// <param name="PlatformCost">Yuan that the platform charged.</param>
/// <param name="Saved">The difference; negative where the platform is dearer.</param>
public sealed record SavingsSum(string Region, int Departments, decimal Servers, decimal Room, decimal Power, decimal Avoided, decimal PlatformCost, decimal Saved);

/// <summary>Savings of a year 集约化效益.</summary>
/// <param name="Year">The year.</param>
/// <param name="Method">Version of the method.</param>
/// <param name="PartOfYear">How much of the year has passed, 0 to 1.</param>
/// <param name="Total">All in sight.</param>
/// <param name="Regions">By region.</param>
/// <param name="Departments">By department, by name.</param>
public sealed record YearSavings(int Year, int Method, decimal PartOfYear, SavingsSum Total, IReadOnlyList<SavingsSum> Regions, IReadOnlyList<DepartmentSavings> Departments);

internal static class ReadSavings
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/savings/{year:int}", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403).ProducesProblem(409);

    /// <summary>Read what departments saved in a year by using the common cloud: servers, rooms, power and lines that were not needed, against what the platform charged. The own organisation; of the region and below for the authority, all for the operator.</summary>
    /// <param name="year">The year, 2000 to 2200.</param>
    /// <param name="organisation">Only this department.</param>
    /// <param name="region">Only this region and those below.</param>
    /// <response code="200">The savings.</response>
    /// <response code="409">cloud.no-savings-method: none was set for that year.</response>
    internal static async Task<Results<Ok<YearSavings>, ProblemHttpResult>> Handle([Range(2000, 2200)] int year, Guid? organisation, RegionCode? region, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var owners = ResourceReach.Organisations(db, actor);
        if (organisation is { } one) { owners = owners.Where(o => o.Id == one); }
        if (region is { } top) { owners = owners.Within(top); }
        return await CountAsync(db, year, owners.Select(o => o.Id), clock.GetUtcNow(), ct) is { } counted ? TypedResults.Ok(counted) : CloudProblems.NoSavingsMethod.Because($"{year}");
    }

    /// <summary>Counts a year for these departments; null when no method was set for it.</summary>
    internal static async Task<YearSavings?> CountAsync(ZhengtongDb db, int year, IQueryable<Guid> owners, DateTimeOffset now, CancellationToken ct)
    {
        var method = await db.SavingsMethods.AsNoTracking().Where(m => m.FromYear <= year).OrderByDescending(m => m.FromYear).ThenByDescending(m => m.Version).FirstOrDefaultAsync(ct);
        if (method is null) { return null; }
        var (from, end) = (ChinaTime.StartOf(new DateOnly(year, 1, 1)), ChinaTime.StartOf(new DateOnly(year + 1, 1, 1)));
        var until = now < end ? now : end;
        var length = (decimal)(end - from).Ticks;
        var part = until <= from ? 0 : decimal.Round((until - from).Ticks / length, 6);
        var resources = await db.CloudResources.AsNoTracking().Where(r => owners.Contains(r.OrganisationId) && r.DeliveredAt != null && r.DeliveredAt < until && (r.RemovedAt == null || r.RemovedAt > from)).Select(r => new { r.Id, r.OrganisationId, r.Zone }).ToListAsync(ct);
        var held = new Dictionary<Guid, (decimal Cores, decimal Memory)>();
        foreach (var some in resources.Select(r => r.Id).Chunk(500))
        {
            foreach (var span in await db.ResourceSpans.AsNoTracking().Where(s => some.Contains(s.ResourceId) && s.From < until && (s.Until == null || s.Until > from)).ToListAsync(ct))
            {
                var (begins, ends) = (span.From > from ? span.From : from, span.Until is { } at && at < until ? at : until);
                var (share, sum) = ((ends - begins).Ticks / length, held.GetValueOrDefault(span.ResourceId));
                held[span.ResourceId] = (sum.Cores + (span.Amounts.Get("vcpu") / 1000m * share), sum.Memory + (span.Amounts.Get("memory") / 1024m * share));
            }
        }

        var (first, last) = (new DateOnly(year, 1, 1), new DateOnly(year, 12, 1));
        var bills = (await db.Bills.AsNoTracking().Where(b => owners.Contains(b.OrganisationId) && b.Month >= first && b.Month <= last).ToListAsync(ct)).ToLookup(b => b.OrganisationId);
        var ids = resources.Select(r => r.OrganisationId).Distinct().ToList();
        var named = await db.Organisations.AsNoTracking().Where(o => ids.Contains(o.Id)).ToDictionaryAsync(o => o.Id, ct);
        var departments = resources.GroupBy(r => r.OrganisationId).Select(g => new DepartmentSavings(g.Key, named[g.Key].Name, named[g.Key].Region.ToString(), SavingsCounting.Of(method,
            [.. g.Where(r => held.ContainsKey(r.Id)).OrderBy(r => r.Id).Select(r => new HeldInYear(r.Id, held[r.Id].Cores, held[r.Id].Memory, r.Zone))],
            [.. bills[g.Key].OrderBy(b => b.Month).Select(b => (b.Id, b.Number, b.Total))], part))).OrderBy(d => d.Organisation, StringComparer.Ordinal).ToList();
        return new YearSavings(year, method.Version, part, Sum("", departments), [.. departments.GroupBy(d => d.Region, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => Sum(g.Key, [.. g]))], departments);
    }

    private static SavingsSum Sum(string region, List<DepartmentSavings> of)
    {
        decimal All(string figure) => of.Sum(d => d.Figures.Single(f => f.Name == figure).Value);
        return new SavingsSum(region, of.Count, All("servers"), All("room"), All("power"), All("avoided"), All("platform-cost"), All("saved"));
    }
}
