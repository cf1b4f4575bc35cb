using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Kernel.Organisations;

/// <summary>An organisation with its place and its people in numbers.</summary>
/// <param name="Id">Its id.</param>
/// <param name="CreditCode">统一社会信用代码.</param>
/// <param name="Name">Full name.</param>
/// <param name="ShortName">Short name.</param>
/// <param name="Region">Code of its division.</param>
/// <param name="RegionName">The division's full name.</param>
/// <param name="Kind">What it is to the platform.</param>
/// <param name="Parent">The organisation above it; null for none.</param>
/// <param name="Children">The organisations directly below it, by name; at most 200, the rest by the list.</param>
/// <param name="Accounts">How many accounts it has that are not locked.</param>
/// <param name="Posts">How many of those hold each post; posts without holders are left out.</param>
/// <param name="Revision">To be sent with a change.</param>
public sealed record OrganisationDetail(
    Guid Id, string CreditCode, string Name, string ShortName, string Region, string RegionName, OrganisationKind Kind, OrganisationLink? Parent,
    IReadOnlyList<OrganisationLink> Children, int Accounts, IReadOnlyList<PostCount> Posts, int Revision) : IRevisioned;

/// <summary>Another organisation.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its full name.</param>
/// <param name="CreditCode">统一社会信用代码.</param>
public sealed record OrganisationLink(Guid Id, string Name, string CreditCode);

/// <summary>How many hold a post.</summary>
/// <param name="Role">The post's role.</param>
/// <param name="Count">How many, at least 1.</param>
public sealed record PostCount(Role Role, int Count);

internal static class GetOrganisation
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/organisations/{id:guid}", Handle).RequiresSignIn().ProducesProblem(404);

    /// <summary>Read an organisation.</summary>
    /// <response code="200">The organisation.</response>
    /// <response code="404">kernel.organisation-not-found</response>
    internal static async Task<Results<Ok<OrganisationDetail>, ProblemHttpResult>> Handle(Guid id, ZhengtongDb db, CancellationToken ct)
    {
        var found = await db.Organisations.AsNoTracking().SingleOrDefaultAsync(o => o.Id == id, ct);
        if (found is null) { return KernelProblems.OrganisationNotFound.Because($"{id}"); }

        var parent = await db.Organisations.Where(o => o.Id == found.ParentId).Select(o => new OrganisationLink(o.Id, o.Name, o.CreditCode.Value)).SingleOrDefaultAsync(ct);
        var children = await db.Organisations.Where(o => o.ParentId == id).OrderBy(o => o.Name).ThenBy(o => o.Id).Take(200).Select(o => new OrganisationLink(o.Id, o.Name, o.CreditCode.Value)).ToListAsync(ct);
        var open = db.Users.Where(o => o.OrganisationId == id && o.LockedAt == null);
        var posts = await open.SelectMany(o => o.Posts).GroupBy(p => p.Role).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(ct);
        return TypedResults.Ok(new OrganisationDetail(
            found.Id, found.CreditCode.Value, found.Name, found.ShortName, found.Region.ToString(), (await RegionNames.FullAsync(db, [found.Region], ct))[found.Region], found.Kind, parent,
            children, await open.CountAsync(ct), [.. posts.OrderBy(p => p.Key).Select(p => new PostCount(p.Key, p.Count))], found.Revision));
    }
}
