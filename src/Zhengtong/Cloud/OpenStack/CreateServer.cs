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
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/servers", Handle);

    /// <summary>Order one instance for the token's business system and submit the order, as the page and the platform's own interface do. Where nobody need agree it is delivered at once; else it is BUILD with the task
    /// <c>review</c> until the order is decided. <c>metadata</c> may say <c>ground</c> and <c>until</c>, the last day; without them the description is the ground and a year the time.</summary>
    internal static async Task<Results<JsonHttpResult<JsonObject>, OpenStackRefusal>> Handle(
        HttpContext http, Actor actor, ZhengtongDb db, CloudServiceLookup services, OrganisationKeys keys, WorkingCalendar calendar, OrderGrant grant, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        if (!actor.May(Right.Apply)) { return OpenStackRefusal.Of(KernelProblems.Forbidden.Because()); }
        var (project, outside) = await Projects.ScopedAsync(http, actor, db, ct);
        if (project is null) { return outside!; }
        if (await OpenStackBody.ReadAsync(http, ct) is not { } body || body.At("server") is not { ValueKind: JsonValueKind.Object } server) { return OpenStackRefusal.BadRequest(Text.Of("cloud.openstack.body")); }
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
        var draft = new DraftCloudOrderRequest(new CloudOrderText(
            project.Id, project.Zone, null, [new CloudOrderItem(server.TextAt("name") ?? "", flavor.Service.Code, flavor.Plan.Code, null, image, 1, IsApart: false, data)], until, ground));
        if (Typed.FaultsOf(draft, new Dictionary<string, string[]>()) is { } faults) { return OpenStackRefusal.Of(faults); }
        var drafted = await DraftCloudOrder.Handle(draft, actor, db, services, vault, clock, ct);
        if (drafted.Result is not Created<CloudOrderDrafted> { Value: { } order }) { return OpenStackRefusal.Of((ProblemHttpResult)drafted.Result); }
        var submitted = await SubmitCloudOrder.Handle(order.Id, new SubmitCloudOrderRequest(order.Revision), actor, db, services, keys, calendar, grant, clock, ct);
        if (submitted.Result is ProblemHttpResult refusal)
        {
            // Who orders by program finds no drafts again.
            await WithdrawCloudOrder.Handle(order.Id, new WithdrawCloudOrderRequest(refusal.ProblemDetails.Title!, order.Revision), actor, db, clock, ct);
            return OpenStackRefusal.Of(refusal);
        }

        var root = OpenStackBody.RootOf(http);
        http.Response.Headers.Location = $"{root}/compute/v2.1/servers/{order.Id}";
        return TypedResults.Json(new JsonObject
        {
            ["server"] = new JsonObject
            {
                ["id"] = $"{order.Id}", ["links"] = Servers.Links($"{root}/compute/v2.1/servers/{order.Id}"), ["OS-DCF:diskConfig"] = "AUTO", ["adminPass"] = "", ["security_groups"] = new JsonArray(new JsonObject { ["name"] = "default" }),
            },
        }, statusCode: 202);
    }

    /// <summary>What is asked that would not be done: better refused than passed over in silence.</summary>
    private static string? Unoffered(JsonElement server)
    {
        if (server.At("networks") is { ValueKind: JsonValueKind.Array } networks && networks.GetArrayLength() > 0) { return "networks"; }
        if (server.At("min_count") is { } least && !IsOne(least)) { return "min_count"; }
        if (server.At("max_count") is { } most && !IsOne(most)) { return "max_count"; }
        if (server.TextAt("key_name") is not null) { return "key_name"; }
        if (server.At("personality") is { ValueKind: JsonValueKind.Array } files && files.GetArrayLength() > 0) { return "personality"; }
        // A volume to boot from; the image itself is often named there once more.
        return server.At("block_device_mapping_v2") is { ValueKind: JsonValueKind.Array } devices && devices.EnumerateArray().Any(d => d.TextAt("destination_type") != "local") ? "block_device_mapping_v2" : null;
    }

    private static bool IsOne(JsonElement count) => count.ValueKind switch { JsonValueKind.Number => count.TryGetInt32(out var one) && one == 1, JsonValueKind.String => count.GetString() == "1", _ => false };

    private static (string? Data, bool IsText) UserDataOf(JsonElement server)
    {
        if (server.TextAt("user_data") is not { Length: > 0 } encoded) { return (null, true); }
        try { return (new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Convert.FromBase64String(encoded)), true); }
        catch (Exception e) when (e is FormatException or ArgumentException) { return (null, false); }
    }
}
