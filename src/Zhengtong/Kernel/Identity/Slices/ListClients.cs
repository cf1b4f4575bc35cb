using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Http;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>An API client as lists show it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ClientId">The <c>client_id</c> for /connect/token.</param>
/// <param name="Name">What the program is.</param>
/// <param name="OrganisationId">The organisation it acts for.</param>
/// <param name="Organisation">The organisation's name.</param>
/// <param name="Scopes">What it may do, separated by spaces; empty while nothing is granted.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="RevokedAt">When it was revoked; null while it works.</param>
public sealed record ClientSummary(
    Guid Id, string ClientId, string Name, Guid OrganisationId, string Organisation, string Scopes, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt);

internal static class ListClients
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/clients", Handle).Requires(Right.ReadAccounts).ProducesProblem(403);

    /// <summary>List the API clients of the organisations in reach, the newest first.</summary>
    /// <param name="organisation">Only this organisation.</param>
    /// <param name="page">Which part of the list.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="paging">Reads by cursor.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">A page of clients.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<ClientSummary>>, ProblemHttpResult>> Handle(
        Guid? organisation, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct) =>
        await paging.ReadAsync(Rows(db, actor, organisation), page, c => c.CreatedAt, c => c.Id, Shown(db), descending: true, ct) is { } read
            ? TypedResults.Ok(read) : KernelProblems.CursorUnknown.Because();

    internal static IQueryable<ApiClient> Rows(ZhengtongDb db, Actor actor, Guid? organisation)
    {
        var reach = Regions.RegionQueries.Within(db.Organisations, actor.Region);
        var rows = db.ApiClients.Where(c => reach.Any(g => g.Id == c.OrganisationId));
        return organisation is { } one ? rows.Where(c => c.OrganisationId == one) : rows;
    }

    // A client_id is the id without hyphens; databases write a Guid differently, so it is made here.
    internal static System.Linq.Expressions.Expression<Func<ApiClient, ClientSummary>> Shown(ZhengtongDb db) => c => new ClientSummary(
        c.Id, c.Id.ToString("N"), c.Name, c.OrganisationId, db.Organisations.Where(g => g.Id == c.OrganisationId).Select(g => g.Name).Single(), c.Granted, c.CreatedAt, c.RevokedAt);
}
