using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using OpenIddict.Validation;
using Zhengtong.Kernel.Identity.Slices;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Validation.OpenIddictValidationEvents;

namespace Zhengtong.Kernel.Identity;

/// <summary>Looks at the program behind an access token at every request, so that a revoked client, a new secret or a withdrawn scope holds at once.</summary>
internal sealed class LiveClient(ZhengtongDb db) : IOpenIddictValidationHandler<ProcessAuthenticationContext>
{
    public async ValueTask HandleAsync(ProcessAuthenticationContext context)
    {
        if (context.AccessTokenPrincipal is not { Identity: ClaimsIdentity token } principal) { return; }
        var client = !Guid.TryParse(principal.GetClaim(Claims.Subject), out var id) ? null : await db.ApiClients.AsNoTracking().Where(c => c.Id == id && c.RevokedAt == null)
            .Select(c => new
            {
                c.Granted,
                c.SecretGeneration,
                c.OrganisationId,
                Region = db.Organisations.Where(o => o.Id == c.OrganisationId).Select(o => o.Region).Single(),
            })
            .SingleOrDefaultAsync(context.CancellationToken);
        if (client is null || principal.GetClaim(IssueToken.GenerationClaim) != client.SecretGeneration.ToString(System.Globalization.CultureInfo.InvariantCulture))
        {
            context.Reject(Errors.InvalidToken, "The client was revoked or has a new secret");
            return;
        }

        token.AddClaim(new Claim(Actor.OrganisationClaim, client.OrganisationId.ToString()));
        token.AddClaim(new Claim(Actor.RegionClaim, client.Region.Value));
        foreach (var scope in principal.GetScopes().Intersect(client.Granted.Split(' ')).Where(Scopes.Of.ContainsKey))
        {
            token.AddClaim(new Claim(Actor.RightClaim, Scopes.Of[scope].ToString()));
        }
    }
}
