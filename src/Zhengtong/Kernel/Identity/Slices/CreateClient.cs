using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>A new program of an organisation.</summary>
/// <param name="OrganisationId">The organisation it acts for; it must lie in the caller's reach.</param>
/// <param name="Name">What the program is, 2 to 100 characters, unique within the organisation.</param>
public sealed record CreateClientRequest(Guid OrganisationId, [Required, StringLength(100, MinimumLength = 2)] string Name);

/// <summary>The client with its secret.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ClientId">The <c>client_id</c> for /connect/token.</param>
/// <param name="ClientSecret">The <c>client_secret</c>: 43 characters, shown this once.</param>
public sealed record ClientSecretResponse(Guid Id, string ClientId, string ClientSecret);

internal static class CreateClient
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/clients", Handle).Requires(Right.ManageAccounts).ProducesProblem(403).ProducesProblem(409);

    /// <summary>Register a program of an organisation. It can do nothing until the security administrator grants it scopes.</summary>
    /// <response code="201">Made; ledger event kernel.client-created.</response>
    /// <response code="400">kernel.invalid</response>
    /// <response code="403">kernel.out-of-reach</response>
    /// <response code="409">kernel.client-name-taken</response>
    internal static async Task<Results<Created<ClientSecretResponse>, ProblemHttpResult>> Handle(
        CreateClientRequest request, Actor actor, ZhengtongDb db, IOpenIddictApplicationManager applications, TimeProvider clock, CancellationToken ct)
    {
        var organisation = await db.Organisations.AsNoTracking().SingleOrDefaultAsync(o => o.Id == request.OrganisationId, ct);
        if (organisation is null) { return KernelProblems.Invalid.For(new Dictionary<string, string[]> { ["organisationId"] = [Text.Of("kernel.account.organisation-unknown")] }); }
        if (!actor.Reaches(organisation.Region)) { return KernelProblems.OutOfReach.Because(organisation.Name); }
        if (await db.ApiClients.AnyAsync(c => c.OrganisationId == organisation.Id && c.Name == request.Name, ct)) { return KernelProblems.ClientNameTaken.Because(request.Name); }

        try
        {
            var (client, secret) = await ApiClients.CreateAsync(db, applications, actor, organisation.Id, request.Name, [], clock.GetUtcNow(), ct);
            return TypedResults.Created($"/api/v1/clients/{client.Id}", new ClientSecretResponse(client.Id, client.ClientId, secret));
        }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return KernelProblems.ClientNameTaken.Because(request.Name); }
    }
}
