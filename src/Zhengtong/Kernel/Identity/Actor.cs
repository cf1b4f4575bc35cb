using System.Security.Claims;
using Zhengtong.Kernel.Identity.Slices;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Kernel.Identity;

/// <summary>Who acts: an officer, a program of an organisation, or the platform itself. Comes in as an argument, from the signed request.</summary>
/// <param name="Id">The officer's or the program's id; empty for the platform and for visitors.</param>
/// <param name="Name">Shown to people and kept in the ledger.</param>
/// <param name="Organisation">The organisation it acts for; empty for the platform and for visitors.</param>
/// <param name="Region">The organisation's region: rights over others reach down from here.</param>
/// <param name="Roles">The roles of the posts held.</param>
internal sealed record Actor(Guid Id, string Name, Guid Organisation, RegionCode Region, IReadOnlySet<Role> Roles)
{
    internal const string OrganisationClaim = "zt:organisation";
    internal const string RegionClaim = "zt:region";
    internal const string RoleClaim = "zt:role";
    internal const string RightClaim = "zt:right";

    /// <summary>The platform's own reconcilers and jobs.</summary>
    internal static readonly Actor Platform = new(Guid.Empty, "platform", Guid.Empty, default, new HashSet<Role>());

    /// <summary>Somebody who has not signed in.</summary>
    internal static readonly Actor Visitor = new(Guid.Empty, "visitor", Guid.Empty, default, new HashSet<Role>());

    internal bool IsSignedIn => Id != Guid.Empty;

    /// <summary>For a program: the rights that its token's scopes carry. Null for an officer, whose rights come from the posts.</summary>
    internal IReadOnlySet<Right>? Scopes { get; init; }

    internal bool IsProgram => Scopes is not null;

    internal bool May(Right right) => Scopes?.Contains(right) ?? Roles.Any(role => Rights.Of[role].Contains(right));

    /// <summary>True when the organisation's region lies at or below the actor's: an authority's reach.</summary>
    internal bool Reaches(RegionCode region) => Region.Covers(region);

    /// <summary>Reads the claims that sign-in or a token put there.</summary>
    internal static Actor Of(ClaimsPrincipal user) =>
        user.Identity is { IsAuthenticated: true }
        && Guid.TryParse(user.FindFirstValue(ClaimTypes.NameIdentifier) ?? user.FindFirstValue("sub"), out var id)
        && Guid.TryParse(user.FindFirstValue(OrganisationClaim), out var organisation)
        && RegionCode.TryParse(user.FindFirstValue(RegionClaim), null, out var region)
            ? new Actor(id, user.FindFirstValue(ClaimTypes.Name) ?? user.FindFirstValue("name") ?? "", organisation, region,
                user.FindAll(RoleClaim).Select(c => Enum.Parse<Role>(c.Value)).ToHashSet())
            {
                Scopes = user.HasClaim(c => c.Type == IssueToken.GenerationClaim) ? user.FindAll(RightClaim).Select(c => Enum.Parse<Right>(c.Value)).ToHashSet() : null,
            }
            : Visitor;
}
