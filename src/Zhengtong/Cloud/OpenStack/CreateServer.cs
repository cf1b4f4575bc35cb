using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Catalogue;
using Zhengtong.Cloud.Orders;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Web;

namespace Zhengtong.Cloud.OpenStack;

internal static class CreateServer
{
    /// <summary>Each is an order of its own, with its document and its seal.</summary>
    private const int MostAtOnce = 20;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/servers", Handle);

    /// <summary>Order an instance for the token's business system and submit the order, as the page and the platform's own interface do. Where nobody need agree it is delivered at once; else it is BUILD with the task
    /// <c>review</c> until the order is decided. <c>min_count</c> and <c>max_count</c> order several, each by an order of its own: as many as may be had, and none when those are fewer than the least. <c>metadata</c> may say <c>ground</c> and <c>until</c>, the last day; without them the description is the ground and a year the time.</summary>
    internal static async Task<Results<JsonHttpResult<JsonObject>, OpenStackRefusal>> Handle(
        HttpContext http, Actor actor, ZhengtongDb db, CloudServiceLookup services, OrganisationKeys keys, WorkingCalendar calendar, OrderGrant grant, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        if (!actor.May(Right.Apply)) { return OpenStackRefusal.Of(KernelProblems.Forbidden.Because()); }
        var (project, outside) = await Projects.ScopedAsync(http, actor, db, ct);
        if (project is null) { return outside!; }
        if (await OpenStackBody.ReadAsync(http, ct) is not { } body || body.At("server") is not { ValueKind: JsonValueKind.Object } server) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.body")); }
        if (CountsOf(server) is not var (least, most)) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.count", MostAtOnce)); }
        if (Unoffered(server) is { } wish) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.unoffered", wish)); }

        var flavors = await Offers.FlavorsAsync(services, ct);
        if (flavors.FirstOrDefault(f => f.Id == server.TextAt("flavorRef")?.Split('/')[^1]) is not { } flavor) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.flavor")); }
        var image = flavor.Plan.Images.FirstOrDefault(i => string.Equals($"{Images.IdOf(i)}", server.TextAt("imageRef")?.Split('/')[^1], StringComparison.OrdinalIgnoreCase));
        if (image is null) { return OpenStackRefusal.BadRequest(Text.Of("cloud.order.image-unknown", string.Join(", ", flavor.Plan.Images))); }
        var (data, isText) = UserDataOf(server);
        if (!isText) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.user-data")); }
        var until = ChinaTime.DateOf(clock.GetUtcNow()).AddYears(1);
        if (server.TextAt("metadata", "until") is { } day && !DateOnly.TryParseExact(day, "yyyy-MM-dd", out until)) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.until")); }

        var ground = server.TextAt("metadata", "ground") ?? server.TextAt("description") ?? Text.Of("cloud.openstack.ground");
        var ids = new List<Guid>();
        var missing = default(OpenStackRefusal);
        for (var n = 1; n <= most && missing is null; n++)
        {
            var name = most == 1 ? server.TextAt("name") ?? "" : $"{server.TextAt("name")}-{n}";
            var draft = new DraftCloudOrderRequest(new CloudOrderText(project.Id, project.Zone, null, [new CloudOrderItem(name, flavor.Service.Code, flavor.Plan.Code, null, image, 1, IsApart: false, data)], until, ground));
            (var made, missing) = await OrderAsync(draft);
            if (made is { } id) { ids.Add(id); }
        }

        if (missing is not null && ids.Count < least)
        {
            // Fewer than were wanted are none.
            foreach (var id in ids) { await DeleteServer.Handle($"{id}", http, actor, db, clock, ct); }
            return missing;
        }

        var root = OpenStackBody.RootOf(http);
        http.Response.Headers.Location = $"{root}/compute/v2.1/servers/{ids[0]}";
        return TypedResults.Json(new JsonObject
        {
            ["server"] = new JsonObject
            {
                ["id"] = $"{ids[0]}", ["links"] = Servers.Links($"{root}/compute/v2.1/servers/{ids[0]}"), ["OS-DCF:diskConfig"] = "AUTO", ["adminPass"] = "", ["security_groups"] = new JsonArray(new JsonObject { ["name"] = "default" }),
            },
        }, statusCode: 202);

        async Task<(Guid? Id, OpenStackRefusal? Refusal)> OrderAsync(DraftCloudOrderRequest draft)
        {
            if (Typed.FaultsOf(draft, new Dictionary<string, string[]>()) is { } faults) { return (null, OpenStackRefusal.Of(faults)); }
            var drafted = await DraftCloudOrder.Handle(draft, actor, db, services, vault, clock, ct);
            if (drafted.Result is not Created<CloudOrderDrafted> { Value: { } order }) { return (null, OpenStackRefusal.Of((ProblemHttpResult)drafted.Result)); }
            var submitted = await SubmitCloudOrder.Handle(order.Id, new SubmitCloudOrderRequest(order.Revision), actor, db, services, keys, calendar, grant, clock, ct);
            if (submitted.Result is not ProblemHttpResult refusal) { return (order.Id, null); }
            // Who orders by program finds no drafts again.
            await WithdrawCloudOrder.Handle(order.Id, new WithdrawCloudOrderRequest(refusal.ProblemDetails.Title!, order.Revision), actor, db, clock, ct);
            return (null, OpenStackRefusal.Of(refusal));
        }
    }

    /// <summary>What is asked that would not be done: better refused than passed over in silence.</summary>
    private static string? Unoffered(JsonElement server)
    {
        if (server.At("networks") is { ValueKind: JsonValueKind.Array } networks && networks.GetArrayLength() > 0) { return "networks"; }
        if (server.TextAt("key_name") is not null) { return "key_name"; }
        if (server.At("personality") is { ValueKind: JsonValueKind.Array } files && files.GetArrayLength() > 0) { return "personality"; }
        // A volume to boot from; the image itself is often named there once more.
        return server.At("block_device_mapping_v2") is { ValueKind: JsonValueKind.Array } devices && devices.EnumerateArray().Any(d => d.TextAt("destination_type") != "local") ? "block_device_mapping_v2" : null;
    }

    /// <summary>How many are wanted: at least and at most, 1 to <see cref="MostAtOnce"/>; null for what is no such number. One that is not said follows the other.</summary>
    private static (int Least, int Most)? CountsOf(JsonElement server)
    {
        var (least, most) = (server.At("min_count"), server.At("max_count"));
        int? Number(JsonElement? count) => count switch
        {
            { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var some) => some,
            { ValueKind: JsonValueKind.String } text when int.TryParse(text.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var some) => some,
            null => null,
            _ => 0,
        };
        var atLeast = Number(least) ?? 1;
        var atMost = Number(most) ?? atLeast;
        return atLeast >= 1 && atMost >= atLeast && atMost <= MostAtOnce ? (atLeast, atMost) : null;
    }

    private static (string? Data, bool IsText) UserDataOf(JsonElement server)
    {
        if (server.TextAt("user_data") is not { Length: > 0 } encoded) { return (null, true); }
        try { return (new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Convert.FromBase64String(encoded)), true); }
        catch (Exception e) when (e is FormatException or ArgumentException) { return (null, false); }
    }
}
