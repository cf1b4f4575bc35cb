using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Resources;

internal static class GetSecurityRules
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/rules", Handle).Requires(Right.ReadWork).ProducesProblem(403);

    /// <summary>Read who may reach the own organisation's instances, by pool; a pool appears with the first instance in it.</summary>
    /// <response code="200">The rules of each pool, by name.</response>
    internal static async Task<Ok<IReadOnlyList<SecurityRulesRow>>> Handle(Actor actor, ZhengtongDb db, IOptions<CloudOptions> options, CancellationToken ct)
    {
        var space = options.Value.Networks;
        var found = await db.TenantNetworks.AsNoTracking().Where(n => n.OrganisationId == actor.Organisation).Join(db.ResourcePools, n => n.PoolId, p => p.Id, (n, p) => new { Network = n, p.Name }).OrderBy(n => n.Name).ToListAsync(ct);
        return TypedResults.Ok<IReadOnlyList<SecurityRulesRow>>([.. found.Select(f => new SecurityRulesRow(f.Network.PoolId, f.Name, $"{f.Network.RangeIn(space)}", f.Network.Rules, f.Network.Revision))]);
    }
}
