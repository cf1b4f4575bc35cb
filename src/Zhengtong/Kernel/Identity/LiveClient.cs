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
        var generation = principal.GetClaim(IssueToken.GenerationClaim);
        var live = Guid.TryParse(principal.GetClaim(Claims.Subject), out var id) ? await ReadAsync(db, id, generation, principal.GetScopes(), context.CancellationToken) : null;
        if (live is null)
        {
            context.Reject(Errors.InvalidToken, "The client was revoked or has a new secret");
            return;
        }

        token.AddClaims(live);
    }

    /// <summary>Whom the program acts for and what it may now, of the scopes that its token carries (null: of all it has); null when it was revoked or has another secret than when the token was made.</summary>
    internal static async Task<IReadOnlyList<Claim>?> ReadAsync(ZhengtongDb db, Guid id, string? generation, IEnumerable<string>? scopes, CancellationToken ct)
    {
        var client = await db.ApiClients.AsNoTracking().Where(c => c.Id == id && c.RevokedAt == null)
            .Select(c => new
            {
                c.Granted,
                c.SecretGeneration,
                c.OrganisationId,
                Region = db.Organisations.Where(o => o.Id == c.OrganisationId).Select(o => o.Region).Single(),
            })
            .SingleOrDefaultAsync(ct);
        if (client is null || generation != client.SecretGeneration.ToString(System.Globalization.CultureInfo.InvariantCulture)) { return null; }

        var granted = client.Granted.Split(' ');
        return
        [
            new Claim(Actor.OrganisationClaim, client.OrganisationId.ToString()), new Claim(Actor.RegionClaim, client.Region.Value),
            .. (scopes?.Intersect(granted) ?? granted).Where(Scopes.Of.ContainsKey).Select(s => new Claim(Actor.RightClaim, Scopes.Of[s].ToString())),
        ];
    }
}
