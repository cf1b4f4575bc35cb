using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Links;

/// <summary>The links of a department.</summary>
/// <param name="OrganisationId">The department.</param>
/// <param name="Organisation">Its name.</param>
/// <param name="Links">How many links its public datasets have.</param>
/// <param name="Good">Of them good.</param>
/// <param name="Failing">Of them failing, not yet dead.</param>
/// <param name="Dead">Of them dead.</param>
/// <param name="Datasets">Datasets with a dead link.</param>
public sealed record DepartmentLinks(Guid OrganisationId, string Organisation, int Links, int Good, int Failing, int Dead, int Datasets);

/// <summary>Links by department.</summary>
/// <param name="Items">The most dead first; at most 1,000.</param>
public sealed record ReportLinksResponse(IReadOnlyList<DepartmentLinks> Items);

internal static class ReportLinks
{
    private const int Most = 1000;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/open-data/links/departments", Handle).Requires(Right.ReadWork).ProducesProblem(403);

    /// <summary>Count links by department: the caller's own, and for those who look after the portal all.</summary>
    /// <response code="200">The departments that have links.</response>
    internal static async Task<Ok<ReportLinksResponse>> Handle(Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var counted = await ListLinks.Seen(db, actor).GroupBy(l => l.OrganisationId).Select(g => new
        {
            g.Key,
            Links = g.Count(),
            Good = g.Count(l => l.State == LinkState.Good),
            Failing = g.Count(l => l.State == LinkState.Failing),
            Dead = g.Count(l => l.State == LinkState.Dead),
            Datasets = g.Where(l => l.State == LinkState.Dead).Select(l => l.OwnerId).Distinct().Count(),
        }).OrderByDescending(g => g.Dead).ThenByDescending(g => g.Failing).ThenBy(g => g.Key).Take(Most).ToListAsync(ct);
        var ids = counted.Select(c => c.Key).ToList();
        var names = await db.Organisations.Where(o => ids.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => o.Name, ct);
        return TypedResults.Ok(new ReportLinksResponse([.. counted.Select(c => new DepartmentLinks(c.Key, names[c.Key], c.Links, c.Good, c.Failing, c.Dead, c.Datasets))]));
    }
}
