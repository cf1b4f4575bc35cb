using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Zhengtong.Kernel.Identity;

/// <summary>Makes the officer's session: who, and the security stamp. Organisation and posts are not kept in it but read anew at each request.</summary>
internal sealed class OfficerClaims(UserManager<Officer> users, IOptions<IdentityOptions> options) : UserClaimsPrincipalFactory<Officer>(users, options)
{
    protected override async Task<ClaimsIdentity> GenerateClaimsAsync(Officer user)
    {
        var identity = new ClaimsIdentity("officer", ClaimTypes.Name, Actor.RoleClaim);
        identity.AddClaim(new Claim(ClaimTypes.NameIdentifier, user.Id.ToString()));
        identity.AddClaim(new Claim(ClaimTypes.Name, user.DisplayName));
        identity.AddClaim(new Claim(StampClaim, await UserManager.GetSecurityStampAsync(user)));
        return identity;
    }

    internal const string StampClaim = "zt:stamp";
}

/// <summary>Looks at the account behind a session at every request, so that a lock, a new password or a withdrawn post holds at once.</summary>
internal static class LiveSession
{
    /// <summary>In the session when it was opened with a second factor or a passkey.</summary>
    internal const string SecondFactorClaim = "zt:second-factor";

    /// <summary>In the request when an administrator's posts rest because the session has no second factor.</summary>
    internal const string SecondFactorNeededClaim = "zt:second-factor-needed";

    internal static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var services = context.HttpContext.RequestServices;
        var db = services.GetRequiredService<ZhengtongDb>();
        var session = context.Principal!;
        var live = !Guid.TryParse(session.FindFirstValue(ClaimTypes.NameIdentifier), out var id) ? null : await ReadAsync(
            db, services.GetRequiredService<IdentityPolicy>(), id, session.FindFirstValue(OfficerClaims.StampClaim), session.HasClaim(c => c.Type == SecondFactorClaim), context.HttpContext.RequestAborted);
        if (live is null)
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(IdentityConstants.ApplicationScheme);
            return;
        }

        context.ReplacePrincipal(new ClaimsPrincipal(live));
    }

    /// <summary>For what stays open after its request: who acts in the session as it is now. Null when the session is over since, as at its next request, and when the officer signed out, wherever that was.</summary>
    /// <param name="db">The database.</param>
    /// <param name="policy">How sessions are guarded.</param>
    /// <param name="session">Who asked then.</param>
    /// <param name="since">Id of a ledger entry of then.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<Actor?> StillAsync(ZhengtongDb db, IdentityPolicy policy, ClaimsPrincipal session, Guid since, CancellationToken ct)
    {
        var id = Actor.Of(session).Id;
        // Signing out ends a cookie, which only its browser has: the ledger tells the others.
        if (await db.Ledger.AnyAsync(e => e.Event == "kernel.signed-out" && e.Id > since && e.ActorId == id, ct)) { return null; }
        return await ReadAsync(db, policy, id, session.FindFirstValue(OfficerClaims.StampClaim), session.HasClaim(c => c.Type == SecondFactorClaim), ct) is { } live ? Actor.Of(new ClaimsPrincipal(live)) : null;
    }

    /// <summary>The officer as it is now; null when the account is gone or locked, or has another security stamp than when it signed in.</summary>
    internal static async Task<ClaimsIdentity?> ReadAsync(ZhengtongDb db, IdentityPolicy policy, Guid id, string? stamp, bool hasSecondFactor, CancellationToken ct)
    {
        var officer = await db.Users.Where(o => o.Id == id)
            .Select(o => new
            {
                o.DisplayName,
                o.SecurityStamp,
                o.LockedAt,
                o.OrganisationId,
                Region = db.Organisations.Where(g => g.Id == o.OrganisationId).Select(g => g.Region).Single(),
                Roles = o.Posts.Select(p => p.Role).ToList(),
            })
            .SingleOrDefaultAsync(ct);
        if (officer is null || officer.LockedAt is not null || officer.SecurityStamp != stamp) { return null; }

        var resting = !hasSecondFactor && officer.Roles.Any(Rights.Administrators.Contains) && policy.SecondFactorForAdministrators;
        var live = new ClaimsIdentity("officer", ClaimTypes.Name, Actor.RoleClaim);
        live.AddClaim(new Claim(ClaimTypes.NameIdentifier, id.ToString()));
        live.AddClaim(new Claim(ClaimTypes.Name, officer.DisplayName));
        live.AddClaim(new Claim(OfficerClaims.StampClaim, officer.SecurityStamp!));
        live.AddClaim(new Claim(Actor.OrganisationClaim, officer.OrganisationId.ToString()));
        live.AddClaim(new Claim(Actor.RegionClaim, officer.Region.Value));
        if (hasSecondFactor) { live.AddClaim(new Claim(SecondFactorClaim, "true")); }
        if (resting) { live.AddClaim(new Claim(SecondFactorNeededClaim, "true")); }
        else { live.AddClaims(officer.Roles.Select(r => new Claim(Actor.RoleClaim, r.ToString()))); }
        return live;
    }
}
