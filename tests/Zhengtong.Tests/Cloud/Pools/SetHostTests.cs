using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Pools;

[OnDatabase]
public sealed class SetHostTests(PlatformFixture platform)
{
    private const string Pools = "/api/v1/cloud/pools";

    [Fact]
    public async Task Pool_WithHosts_IsRegisteredReadRevised_AndNeverShrunkBelowWhatIsAllocated()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        var name = $"pool {CloudWorld.NewId()}";
        (await (await (await platform.SignedIn(await platform.Department(), Role.Authority)).PostAsJsonAsync(Pools, Pool(name, 2000))).ReadProblemCode()).ShouldBe("kernel.forbidden");
        var answer = await client.PostAsJsonAsync(Pools, Pool(name, 2000));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        var id = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        (await (await client.PostAsJsonAsync(Pools, Pool(name, 2000))).ReadProblemCode()).ShouldBe("cloud.pool-taken");

        // 10 cores, 2 for itself, a tenth kept back, twice overcommitted.
        (await Set(client, id, "host-1", 10_000, 2_000, 0)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var read = await client.GetAsync($"{Pools}/{id}");
        var text = await read.Content.ReadAsStringAsync();
        text.ShouldNotContain("very secret");
        var pool = JsonSerializer.Deserialize<JsonElement>(text);
        pool.GetProperty("hasSecret").GetBoolean().ShouldBeTrue();
        pool.GetProperty("hosts").GetProperty("items")[0].GetProperty("inventory")[0].GetProperty("capacity").GetInt64().ShouldBe(14_400);
        (await platform.WithDb(db => db.Ledger.SingleAsync(e => e.Event == "cloud.pool-registered" && e.Subject == id.ToString()))).Data.ShouldNotContain("very secret");
        (await platform.WithDb(db => db.ResourcePools.Where(p => p.Id == id).Select(p => p.Secret).SingleAsync())).ShouldNotBeNull();

        var world = await CloudWorld.MakeAsync(platform, 100_000, 100_000, 100_000);
        var placing = platform.App.Services.GetRequiredService<Placing>();
        var need = new PlacementNeed([new("vcpu", 9_000)], NetworkZone.GovernmentExtranet, 3, null, id, [], [], null);
        (await placing.ClaimAsync(new ClaimRequest(CloudWorld.NewId(), world.First.Id, need), Actor.Platform, default)).Result.ShouldBe(ClaimResult.Placed);

        var refused = await (await Set(client, id, "host-1", 5_000, 2_000, 1)).ReadProblem();
        refused.GetProperty("code").GetString().ShouldBe("cloud.inventory-held");
        refused.GetProperty("errors").GetProperty("inventory.vcpu")[0].GetString()!.ShouldContain("3600");
        (await (await Set(client, id, "host-1", 10_000, 2_000, 0)).ReadProblemCode()).ShouldBe("cloud.changed-meanwhile");
        refused = await (await Revise(client, id, name, 1000, "\"1\"")).ReadProblem();
        refused.GetProperty("code").GetString().ShouldBe("cloud.inventory-held");
        (await Revise(client, id, name, 1300, "\"1\"")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Revise(client, id, name, 1300, "\"1\"")).StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        // 7,200 and three tenths more: 360 free, less than what is asked.
        var full = await placing.ClaimAsync(new ClaimRequest(CloudWorld.NewId(), world.First.Id, need with { Amounts = [new("vcpu", 361)] }), Actor.Platform, default);
        full.Result.ShouldBe(ClaimResult.NoHost);
        full.Explanation!.Refused.Single(r => r.Obstacle == PlacementObstacle.Capacity).MostFree.ShouldBe(360);

        (await Set(client, id, "host-1", 10_000, 2_000, 1, "evacuating")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await placing.ClaimAsync(new ClaimRequest(CloudWorld.NewId(), world.First.Id, need with { Amounts = [new("vcpu", 1)] }), Actor.Platform, default))
            .Explanation!.Refused.ShouldContain(r => r.Obstacle == PlacementObstacle.HostClosed && r.Examples.Contains("host-1"));
        var row = (await client.GetFromJsonAsync<JsonElement>($"{Pools}?limit=200")).GetProperty("items").EnumerateArray().Single(p => p.GetProperty("id").GetGuid() == id);
        (row.GetProperty("hosts").GetInt32(), row.GetProperty("openHosts").GetInt32()).ShouldBe((1, 0));
    }

    [Fact]
    public async Task Post_ManyFaults_AreAllNamedAtOnce()
    {
        var client = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        var id = (await (await client.PostAsJsonAsync(Pools, Pool($"pool {CloudWorld.NewId()}", 1000))).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        var problem = await (await client.PostAsJsonAsync($"{Pools}/{id}/hosts", new
        {
            name = "h", state = "online", group = "", traits = new[] { "Upper" }, load = 0, revision = 0,
            inventory = new[] { new { kind = "vcpu", total = 1, reserved = 2 }, new { kind = "address", total = 1, reserved = 0 }, new { kind = "none", total = 1, reserved = 0 } },
        })).ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("cloud.invalid");
        problem.GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["inventory[0].reserved", "inventory[1].kind", "inventory[2].kind", "traits[0]"], ignoreOrder: true);
        (await (await Set(client, Guid.AllBitsSet, "h", 1, 0, 0)).ReadProblemCode()).ShouldBe("cloud.pool-not-found");
    }

    private static object Pool(string name, int overcommit) => new
    {
        name, zone = "governmentExtranet", region = "610000", engine = "pretend", address = "pretend:gone", secret = "very secret", protection = 3, strategy = "spread", kinds = new[] { new { kind = "vcpu", overcommit, reserved = 100 } },
    };

    private static Task<HttpResponseMessage> Set(HttpClient client, Guid pool, string name, long cores, long reserved, int revision, string state = "online") => client.PostAsJsonAsync($"{Pools}/{pool}/hosts", new
    {
        name, state, group = "rack-1", traits = new[] { "ssd" }, load = 100, revision, inventory = new[] { new { kind = "vcpu", total = cores, reserved } },
    });

    private static Task<HttpResponseMessage> Revise(HttpClient client, Guid pool, string name, int overcommit, string seen)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, $"{Pools}/{pool}")
        {
            Content = JsonContent.Create(new { name, engine = "pretend", address = "pretend:gone", protection = 3, strategy = "spread", kinds = new[] { new { kind = "vcpu", overcommit, reserved = 100 } }, isOpen = true, reason = "调整超配" }),
        };
        request.Headers.TryAddWithoutValidation("If-Match", seen);
        return client.SendAsync(request);
    }
}
