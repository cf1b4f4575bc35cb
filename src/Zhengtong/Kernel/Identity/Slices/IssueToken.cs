using System.Security.Claims;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>OAuth 2 client credentials (RFC 6749, 4.4): a program's id and secret against an access token. OpenIddict has checked the secret before this runs,
/// and answers its own refusals in OAuth's shape.</summary>
internal static class IssueToken
{
    internal const string GenerationClaim = "zt:generation";

    internal static void Map(IEndpointRouteBuilder app) => app.MapPost("/connect/token", Handle).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();

    internal static async Task<Results<SignInHttpResult, ForbidHttpResult>> Handle(HttpContext http, ZhengtongDb db, CancellationToken ct)
    {
        var request = http.GetOpenIddictServerRequest()!;
        if (!request.IsClientCredentialsGrantType()) { return Refuse(Errors.UnsupportedGrantType, "Only client_credentials is offered"); }
        var client = Guid.TryParse(request.ClientId, out var id) ? await db.ApiClients.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, ct) : null;
        if (client is null || client.RevokedAt is not null) { return Refuse(Errors.InvalidClient, "The client is unknown or revoked"); }
        var asked = request.GetScopes();
        if (asked.Except(client.Scopes).FirstOrDefault() is { } foreign) { return Refuse(Errors.InvalidScope, $"Scope '{foreign}' is not granted to this client"); }

        var identity = new ClaimsIdentity("program", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, client.Id.ToString()).SetClaim(Claims.Name, client.Name).SetClaim(GenerationClaim, client.SecretGeneration);
        identity.SetScopes(asked.IsEmpty ? client.Scopes : asked);
        identity.SetDestinations(_ => [Destinations.AccessToken]);
        return TypedResults.SignIn(new ClaimsPrincipal(identity), authenticationScheme: OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
    }

    private static ForbidHttpResult Refuse(string error, string description) => TypedResults.Forbid(
        new(new Dictionary<string, string?>
        {
            [OpenIddictServerAspNetCoreConstants.Properties.Error] = error,
            [OpenIddictServerAspNetCoreConstants.Properties.ErrorDescription] = description,
        }),
        [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme]);
}
