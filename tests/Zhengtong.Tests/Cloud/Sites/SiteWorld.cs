using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Cloud.Resources;

namespace Zhengtong.Tests.Cloud.Sites;

/// <summary>A site as a granted order leaves it.</summary>
internal static class SiteWorld
{
    /// <summary>A site that is due, in a world of its own.</summary>
    internal static Task<CloudResource> GrantAsync(ZhengtongDb db, Organisation owner, string engine, string address, ResourceForm form = ResourceForm.Site) => RunningInstance.GrantAsync(db, owner.Id, engine, address, form);

    /// <summary>A site that runs at an address, in a network of its department; nobody made it.</summary>
    internal static async Task<CloudResource> RunningAsync(ZhengtongDb db, Organisation owner, int network, string address)
    {
        var resource = await RunningInstance.GrantAsync(db, owner.Id, "pretend", $"pretend:{CloudWorld.NewId()}", ResourceForm.Site, runsAt: address);
        db.TenantNetworks.Add(new TenantNetwork { PoolId = resource.PoolId!.Value, OrganisationId = owner.Id, Number = network, Rules = [] });
        await db.SaveChangesAsync();
        return resource;
    }
}
