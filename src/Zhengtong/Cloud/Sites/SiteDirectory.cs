using System.Collections.Concurrent;
using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.Sites;

/// <summary>Where a site is.</summary>
/// <param name="Resource">Its resource.</param>
/// <param name="Door">Address that its paths are put behind, such as <c>http://10.128.0.7:80/www</c>; null while it is not to be reached.</param>
internal sealed record SiteTarget(Guid Resource, string? Door);

/// <summary>Finds sites by the name in their address; what was found is remembered for a second.</summary>
internal sealed class SiteDirectory(IServiceScopeFactory scopes, IOptions<CloudOptions> options, TimeProvider clock)
{
    private const int Most = 10_000;
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, (SiteTarget? Target, DateTimeOffset Until)> memory = new(StringComparer.Ordinal);

    /// <summary>The site of a name, or null when there is none.</summary>
    internal async ValueTask<SiteTarget?> FindAsync(string name, CancellationToken ct)
    {
        if (name.Length is 0 or > CloudSite.LongestName) { return null; }
        var now = clock.GetUtcNow();
        if (memory.TryGetValue(name, out var known) && now < known.Until) { return known.Target; }
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var site = await db.CloudSites.AsNoTracking().SingleOrDefaultAsync(s => s.Name == name, ct);
        var number = name.ToUpperInvariant();
        var resource = site is not null ? await db.CloudResources.AsNoTracking().SingleOrDefaultAsync(r => r.Id == site.ResourceId && r.State != CloudResourceState.Removed, ct)
            : name.Any(char.IsAsciiLetterUpper) ? null
            : await db.CloudResources.AsNoTracking().SingleOrDefaultAsync(r => r.Number == number && r.Form == ResourceForm.Site && r.State != CloudResourceState.Removed && !db.CloudSites.Any(s => s.ResourceId == r.Id), ct);
        var target = resource is null ? null : new SiteTarget(resource.Id, await DoorAsync(db, resource, site, ct));
        // Names that do not exist are as many as somebody likes to ask for.
        if (memory.Count >= Most) { memory.Clear(); }
        memory[name] = (target, now + Remembered);
        return target;
    }

    /// <summary>Where a resource's site answers, or null while it does not run.</summary>
    internal async Task<string?> DoorAsync(ZhengtongDb db, CloudResource resource, CloudSite? site, CancellationToken ct)
    {
        if (resource is not { State: CloudResourceState.Running, Address: { } said, PoolId: { } pool } || !IPAddress.TryParse(said, out var address)) { return null; }
        // An instance says itself what its address is. Only one of its department's own network is believed, and not the gateway's: nobody leads the platform into another's network, or to itself.
        var network = await db.TenantNetworks.AsNoTracking().SingleOrDefaultAsync(n => n.PoolId == pool && n.OrganisationId == resource.OrganisationId, ct);
        if (network?.RangeIn(options.Value.Networks) is not { } range || !range.Contains(address) || address.Equals(TenantNetworks.GatewayOf(range))) { return null; }
        return $"http://{address}:{site?.Port ?? CloudSite.DefaultPort}{(site is { Server: SiteServer.Own } ? "" : SiteFulfilment.Served)}";
    }
}
