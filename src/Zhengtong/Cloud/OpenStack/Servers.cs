using System.Globalization;
using System.Linq.Expressions;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Resources;

namespace Zhengtong.Cloud.OpenStack;

/// <summary>A server: an instance of a business system, or the order of a single one that is not decided yet.</summary>
/// <param name="Id">That of the order, where the order was for this one alone, so that a server keeps its id from the order on; else the resource's.</param>
/// <param name="ResourceId">The resource; null while there is none.</param>
/// <param name="OrderId">The order.</param>
/// <param name="Name">What its department calls it.</param>
/// <param name="Flavor">Id of its flavor.</param>
/// <param name="Image">What it is made from.</param>
/// <param name="Zone">The network.</param>
/// <param name="By">Who drafted the order.</param>
/// <param name="Wish">What it is to be.</param>
/// <param name="State">What it is; null before its order is granted.</param>
/// <param name="Problem">Why it is not as it is to be.</param>
/// <param name="Address">What it answers on.</param>
/// <param name="Host">Where it stands.</param>
/// <param name="CreatedAt">When it was ordered or granted.</param>
/// <param name="DeliveredAt">When it was first there.</param>
/// <param name="SeenAt">When it was last seen.</param>
/// <param name="Revision">Of the resource, or of the order.</param>
/// <param name="Refusal">Why the order was refused; null when it was not.</param>
/// <param name="IsInReview">True while a change of it, such as another size, waits to be decided.</param>
internal sealed record Server(
    Guid Id, Guid? ResourceId, Guid OrderId, string Name, string Flavor, string? Image, NetworkZone Zone, Guid By, ResourceWish Wish, CloudResourceState? State, string? Problem, string? Address, Guid? Host,
    DateTimeOffset CreatedAt, DateTimeOffset? DeliveredAt, DateTimeOffset? SeenAt, int Revision, string? Refusal, bool IsInReview = false)
{
    /// <summary>As OpenStack says it.</summary>
    internal string Status => (State, Wish, Refusal) switch
    {
        (null, _, null) => "BUILD",
        (null, _, _) or (CloudResourceState.Lost or CloudResourceState.Failed, _, _) => "ERROR",
        (CloudResourceState.Running, _, _) => "ACTIVE",
        (CloudResourceState.Stopped, _, _) => "SHUTOFF",
        _ when DeliveredAt is null => "BUILD",
        // On its way: it is still what it was.
        (_, ResourceWish.Running, _) => "SHUTOFF",
        _ => "ACTIVE",
    };

    /// <summary>What is being done; <c>review</c> while its order, or a change of it, waits to be decided.</summary>
    internal string? Task => (State, Wish) switch
    {
        (null, _) => Refusal is null ? "review" : null,
        (CloudResourceState.Lost or CloudResourceState.Failed, _) => null,
        (_, ResourceWish.Removed) => "deleting",
        (CloudResourceState.Waiting, _) when DeliveredAt is null => Host is null ? "scheduling" : "spawning",
        (CloudResourceState.Changing, _) when DeliveredAt is null => "spawning",
        (CloudResourceState.Running, ResourceWish.Stopped) or (CloudResourceState.Changing, ResourceWish.Stopped) => "powering-off",
        (CloudResourceState.Stopped, ResourceWish.Running) or (CloudResourceState.Changing, ResourceWish.Running) => "powering-on",
        _ => IsInReview ? "review" : null,
    };
}

/// <summary>Which servers are wanted; null for any.</summary>
/// <param name="Name">Part of the name, in either case.</param>
/// <param name="Status">In upper case.</param>
/// <param name="Flavor">Its id.</param>
/// <param name="Image">Its id.</param>
internal sealed record ServerFilter(string? Name, string? Status, string? Flavor, string? Image)
{
    internal bool Fits(Server s) => (Name is null || s.Name.Contains(Name, StringComparison.OrdinalIgnoreCase)) && (Flavor is null || s.Flavor == Flavor)
        && (Image is null || (s.Image is { } made && string.Equals($"{Images.IdOf(made)}", Image, StringComparison.OrdinalIgnoreCase)));
}

/// <summary>Servers as they are read and shown.</summary>
internal static class Servers
{
    internal static int Cores(IReadOnlyList<ResourceAmount> amounts) => (int)((amounts.Get("vcpu") + 999) / 1000);

    internal static JsonArray Links(string self) => new(new JsonObject { ["rel"] = "self", ["href"] = self }, new JsonObject { ["rel"] = "bookmark", ["href"] = self });

    /// <summary>Servers of a business system, the newest first, without those that are gone and orders that were refused: what the database finds, however many there are.</summary>
    /// <param name="db">The database.</param>
    /// <param name="system">The business system.</param>
    /// <param name="wanted">Which of them.</param>
    /// <param name="marker">Those alone that follow this one; null for the first.</param>
    /// <param name="most">At most so many.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<IReadOnlyList<Server>> ReadAsync(ZhengtongDb db, Guid system, ServerFilter wanted, Server? marker, int most, CancellationToken ct)
    {
        var there = await Asked(db, system, wanted, ct);
        var orders = db.CloudOrders.AsNoTracking().Where(o => o.SystemId == system && o.Kind == OrderKind.New && o.State == OrderState.Submitted);
        if (marker is { CreatedAt: var at, ResourceId: { } resource })
        {
            // Of one moment resources come before orders.
            there = there.Where(r => r.CreatedAt < at || (r.CreatedAt == at && r.Id.CompareTo(resource) < 0));
            orders = orders.Where(o => o.CreatedAt <= at);
        }
        else if (marker is { CreatedAt: var when, OrderId: var order })
        {
            there = there.Where(r => r.CreatedAt < when);
            orders = orders.Where(o => o.CreatedAt < when || (o.CreatedAt == when && o.Id.CompareTo(order) < 0));
        }

        var found = await there.OrderByDescending(r => r.CreatedAt).ThenByDescending(r => r.Id).Take(most).Select(Seen(db)).ToListAsync(ct);
        var waiting = new List<Server>();
        if (wanted.Status is null or "BUILD")
        {
            // What an order is for stands in its document: they are read one by one, until there are enough.
            await foreach (var one in orders.OrderByDescending(o => o.CreatedAt).ThenByDescending(o => o.Id).AsAsyncEnumerable().WithCancellation(ct))
            {
                if (Ordered(one) is not { } server || !wanted.Fits(server)) { continue; }
                waiting.Add(server);
                if (waiting.Count == most) { break; }
            }
        }

        // Both are in order already; sorting by time keeps that.
        return [.. found.Concat(waiting).OrderByDescending(s => s.CreatedAt).Take(most)];
    }

    private static async Task<IQueryable<CloudResource>> Asked(ZhengtongDb db, Guid system, ServerFilter wanted, CancellationToken ct)
    {
        var there = Resources(db, system);
        if (wanted.Name is { } name)
        {
            var text = name.ToLowerInvariant();
            there = there.Where(r => r.Name.ToLower().Contains(text));
        }

        if (wanted.Flavor is { } flavor) { there = there.Where(r => r.ServiceCode + "." + r.PlanCode == flavor); }
        if (wanted.Image is { } image)
        {
            var made = await Resources(db, system).Where(r => r.Image != null).Select(r => r.Image!).Distinct().ToListAsync(ct);
            var named = made.Where(i => string.Equals($"{Images.IdOf(i)}", image, StringComparison.OrdinalIgnoreCase)).ToList();
            there = there.Where(r => named.Contains(r.Image!));
        }

        return wanted.Status switch
        {
            null => there,
            // As Server.Status says it.
            "ACTIVE" => there.Where(r => r.State == CloudResourceState.Running || ((r.State == CloudResourceState.Waiting || r.State == CloudResourceState.Changing) && r.DeliveredAt != null && r.Wish != ResourceWish.Running)),
            "SHUTOFF" => there.Where(r => r.State == CloudResourceState.Stopped || ((r.State == CloudResourceState.Waiting || r.State == CloudResourceState.Changing) && r.DeliveredAt != null && r.Wish == ResourceWish.Running)),
            "ERROR" => there.Where(r => r.State == CloudResourceState.Lost || r.State == CloudResourceState.Failed),
            "BUILD" => there.Where(r => (r.State == CloudResourceState.Waiting || r.State == CloudResourceState.Changing) && r.DeliveredAt == null),
            _ => there.Where(r => false),
        };
    }

    /// <summary>One server of a business system by its id, or by its resource's; null when there is none.</summary>
    internal static async Task<Server?> FindAsync(ZhengtongDb db, Guid system, string id, CancellationToken ct)
    {
        if (!Guid.TryParse(id, out var key)) { return null; }
        var found = await Resources(db, system).Where(r => r.Id == key || r.OrderId == key).Select(Seen(db)).Take(2).ToListAsync(ct);
        if (found.FirstOrDefault(s => s.ResourceId == key || s.Id == key) is { } server) { return server; }
        // What was granted is a resource, and gone when that is.
        return await db.CloudOrders.AsNoTracking().SingleOrDefaultAsync(
            o => o.Id == key && o.SystemId == system && o.Kind == OrderKind.New && (o.State == OrderState.Submitted || o.State == OrderState.Refused), ct) is { } order ? Ordered(order) : null;
    }

    private static IQueryable<CloudResource> Resources(ZhengtongDb db, Guid system) =>
        db.CloudResources.AsNoTracking().Where(r => r.SystemId == system && r.Form == ResourceForm.Instance && r.State != CloudResourceState.Removed);

    private static Expression<Func<CloudResource, Server>> Seen(ZhengtongDb db) => r => new Server(
        db.CloudResources.Any(x => x.OrderId == r.OrderId && x.Id != r.Id && x.RootId == null) || r.RootId != null ? r.Id : r.OrderId, r.Id, r.OrderId, r.Name, r.ServiceCode + "." + r.PlanCode, r.Image, r.Zone,
        db.CloudOrders.Where(o => o.Id == r.OrderId).Select(o => o.CreatedBy).FirstOrDefault(), r.Wish, r.State, r.Problem, r.Address, r.HostId, r.CreatedAt, r.DeliveredAt, r.SeenAt, r.Revision, null,
        db.CloudOrders.Any(o => o.ResourceId == r.Id && o.State == OrderState.Submitted));

    private static Server? Ordered(CloudOrder order) => order.Items is [{ Count: 1, Form: ServiceForm.Instance } item]
        ? new Server(order.Id, null, order.Id, item.Name, OpenStack.Flavor.IdOf(item.Service, item.Plan), item.Image, order.Zone, order.CreatedBy, ResourceWish.Running, null, null, null, null, order.CreatedAt, null, null,
            order.Revision, order.State == OrderState.Refused ? order.Reason ?? order.Number : null)
        : null;

    internal static JsonObject Named(Server s, string root) => new() { ["id"] = $"{s.Id}", ["name"] = s.Name, ["links"] = Links($"{root}/compute/v2.1/servers/{s.Id}") };

    internal static JsonObject Shown(Server s, Guid project, string root)
    {
        var shown = Named(s, root);
        var zone = Web.Show.Kebab(s.Zone.ToString());
        (shown["status"], shown["tenant_id"], shown["user_id"]) = (s.Status, $"{project:N}", $"{s.By:N}");
        (shown["created"], shown["updated"]) = (At(s.CreatedAt), At(s.SeenAt ?? s.CreatedAt));
        shown["flavor"] = new JsonObject { ["id"] = s.Flavor, ["links"] = Links($"{root}/compute/v2.1/flavors/{s.Flavor}") };
        shown["image"] = s.Image is { } image ? new JsonObject { ["id"] = $"{Images.IdOf(image)}", ["links"] = Links($"{root}/image/v2/images/{Images.IdOf(image)}") } : "";
        shown["addresses"] = s.Address is { } address && System.Net.IPAddress.TryParse(address, out var ip) ? new JsonObject
        {
            [zone] = new JsonArray(new JsonObject { ["addr"] = $"{ip}", ["version"] = ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? 6 : 4, ["OS-EXT-IPS:type"] = "fixed" }),
        } : new JsonObject();
        (shown["accessIPv4"], shown["accessIPv6"], shown["metadata"], shown["key_name"], shown["config_drive"], shown["OS-DCF:diskConfig"]) = ("", "", new JsonObject(), null, "", "AUTO");
        // Tells two of a project whether they share a host, and nobody which it is.
        shown["hostId"] = s.Host is { } host ? Convert.ToHexStringLower(HostTag($"{project:N}{host:N}")) : "";
        shown["progress"] = s.Status == "BUILD" ? 0 : 100;
        shown["OS-EXT-STS:power_state"] = s.Status switch { "ACTIVE" => 1, "SHUTOFF" => 4, _ => 0 };
        shown["OS-EXT-STS:task_state"] = s.Task;
        shown["OS-EXT-STS:vm_state"] = s.Status switch { "ACTIVE" => "active", "SHUTOFF" => "stopped", "ERROR" => "error", _ => "building" };
        shown["OS-EXT-AZ:availability_zone"] = zone;
        (shown["OS-SRV-USG:launched_at"], shown["OS-SRV-USG:terminated_at"]) = (s.DeliveredAt is { } launched ? launched.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture) : null, null);
        shown["security_groups"] = new JsonArray(new JsonObject { ["name"] = "default" });
        shown["os-extended-volumes:volumes_attached"] = new JsonArray();
        if (s.Status == "ERROR") { shown["fault"] = new JsonObject { ["code"] = s.Refusal is null ? 500 : 403, ["created"] = At(s.SeenAt ?? s.CreatedAt), ["message"] = s.Refusal ?? ResourceRows.SentenceOf(s.Problem) ?? "" }; }
        return shown;
    }

    private static byte[] HostTag(string text) => SHA256.HashData(Encoding.ASCII.GetBytes(text))[..28];

    private static string At(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
