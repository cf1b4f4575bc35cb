using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Views;

/// <summary>A business system in the department's topology.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Zone">Its network.</param>
/// <param name="Protection">等保 level.</param>
public sealed record TopologySystem(Guid Id, string Name, NetworkZone Zone, int Protection);

/// <summary>A network that the department's resources stand in.</summary>
/// <param name="PoolId">The pool; null for what has no place yet, or needs none.</param>
/// <param name="Pool">The pool's name; empty likewise.</param>
/// <param name="Zone">The zone.</param>
/// <param name="Range">The department's own range there, in CIDR form; null while it has none.</param>
public sealed record TopologyNetwork(Guid? PoolId, string Pool, NetworkZone Zone, string? Range);

/// <summary>A resource in the topology.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">As people name it.</param>
/// <param name="Name">What its department calls it.</param>
/// <param name="Form">By what it is delivered.</param>
/// <param name="State">What it is.</param>
/// <param name="SystemId">The system that it is for.</param>
/// <param name="Network">Which of the networks, from 0.</param>
/// <param name="Address">What it answers on.</param>
public sealed record TopologyResource(Guid Id, string Number, string Name, ResourceForm Form, CloudResourceState State, Guid SystemId, int Network, string? Address);

/// <summary>What the department runs, for what, and where.</summary>
/// <param name="Systems">Those in use, by name.</param>
/// <param name="Networks">By zone and pool.</param>
/// <param name="Resources">By system and number, at most 500.</param>
/// <param name="Total">How many resources there are.</param>
public sealed record CloudTopology(IReadOnlyList<TopologySystem> Systems, IReadOnlyList<TopologyNetwork> Networks, IReadOnlyList<TopologyResource> Resources, int Total);

internal static class ReadTopology
{
    private const int MostResources = 500;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/topology", Handle).Requires(Right.ReadWork).ProducesProblem(403);

    /// <summary>Read what the own department runs in the common cloud: its business systems, their resources, and the networks these stand in.</summary>
    /// <response code="200">The topology.</response>
    internal static async Task<Ok<CloudTopology>> Handle(Actor actor, ZhengtongDb db, IOptions<CloudOptions> options, CancellationToken ct)
    {
        var space = options.Value.Networks;
        var systems = await db.BusinessSystems.AsNoTracking().Where(s => s.OrganisationId == actor.Organisation && s.RetiredAt == null).OrderBy(s => s.Name)
            .Select(s => new TopologySystem(s.Id, s.Name, s.Zone, s.Protection)).ToListAsync(ct);
        var own = db.CloudResources.AsNoTracking().Where(r => r.OrganisationId == actor.Organisation && r.State != CloudResourceState.Removed);
        var found = await own.OrderBy(r => r.SystemId).ThenBy(r => r.Number).Take(MostResources)
            .Select(r => new { r.Id, r.Number, r.Name, r.Form, r.State, r.SystemId, r.Zone, r.PoolId, r.Address }).ToListAsync(ct);
        var pools = found.Select(r => r.PoolId).OfType<Guid>().Distinct().ToList();
        var names = await db.ResourcePools.AsNoTracking().Where(p => pools.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.Name, ct);
        var ranges = await db.TenantNetworks.AsNoTracking().Where(n => n.OrganisationId == actor.Organisation && pools.Contains(n.PoolId)).ToDictionaryAsync(n => n.PoolId, n => $"{n.RangeIn(space)}", ct);
        var networks = found.Select(r => (r.Zone, r.PoolId)).Distinct().OrderBy(n => n.Zone).ThenBy(n => n.PoolId is { } pool ? names[pool] : "", StringComparer.Ordinal).ToList();
        return TypedResults.Ok(new CloudTopology(systems,
            [.. networks.Select(n => new TopologyNetwork(n.PoolId, n.PoolId is { } pool ? names[pool] : "", n.Zone, n.PoolId is { } at ? ranges.GetValueOrDefault(at) : null))],
            [.. found.Select(r => new TopologyResource(r.Id, r.Number, r.Name, r.Form, r.State, r.SystemId, networks.IndexOf((r.Zone, r.PoolId)), r.Address))],
            found.Count < MostResources ? found.Count : await own.CountAsync(ct)));
    }
}
