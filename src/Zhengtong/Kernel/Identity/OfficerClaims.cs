using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Zhengtong.Kernel.Identity;

/// <summary>Puts organisation, region and roles into the officer's session; read back by <see cref="Actor.Of"/>.</summary>
internal sealed class OfficerClaims(UserManager<Officer> users, IOptions<IdentityOptions> options, ZhengtongDb db) : UserClaimsPrincipalFactory<Officer>(users, options)
{
    protected override async Task<ClaimsIdentity> GenerateClaimsAsync(Officer user)
    {
        var identity = await base.GenerateClaimsAsync(user);
        var region = await db.Organisations.Where(o => o.Id == user.OrganisationId).Select(o => o.Region).SingleAsync();
        identity.AddClaim(new Claim(Actor.OrganisationClaim, user.OrganisationId.ToString()));
        identity.AddClaim(new Claim(Actor.RegionClaim, region.Value));
        foreach (var role in await db.Posts.Where(p => p.OfficerId == user.Id).Select(p => p.Role).ToListAsync())
        {
            identity.AddClaim(new Claim(Actor.RoleClaim, role.ToString()));
        }

        return identity;
    }
}
