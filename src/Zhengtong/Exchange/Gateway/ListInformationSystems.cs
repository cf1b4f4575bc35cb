using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Gateway;

/// <summary>An information system of the caller's department.</summary>
/// <param name="Code">Subsystem code.</param>
/// <param name="Name">What it is.</param>
/// <param name="ClientId">Its API client, if any.</param>
/// <param name="ClientName">The client's name, if any.</param>
/// <param name="Certificates">SHA-256 fingerprints of its certificates.</param>
/// <param name="Addresses">Networks it calls from.</param>
public sealed record InformationSystemSummary(string Code, string Name, Guid? ClientId, string? ClientName, IReadOnlyList<string> Certificates, IReadOnlyList<string> Addresses);

/// <summary>The information systems of the caller's department.</summary>
/// <param name="Items">In the order of their codes.</param>
public sealed record ListInformationSystemsResponse(IReadOnlyList<InformationSystemSummary> Items);

internal static class ListInformationSystems
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/information-systems", Handle).Requires(Right.OperateExchange).ProducesProblem(403);

    /// <summary>List the information systems of the caller's department and by what each is known.</summary>
    /// <response code="200">All of them.</response>
    internal static async Task<Ok<ListInformationSystemsResponse>> Handle(Actor actor, ZhengtongDb db, CancellationToken ct) =>
        TypedResults.Ok(new ListInformationSystemsResponse(await db.InformationSystems.AsNoTracking().Where(s => s.OrganisationId == actor.Organisation).OrderBy(s => s.SubsystemCode)
            .Select(s => new InformationSystemSummary(
                s.SubsystemCode, s.Name, s.ClientId, db.ApiClients.Where(c => c.Id == s.ClientId).Select(c => c.Name).SingleOrDefault(), s.Certificates, s.Addresses))
            .ToListAsync(ct)));
}
