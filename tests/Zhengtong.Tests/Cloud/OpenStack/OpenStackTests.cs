using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using Zhengtong.Cloud.OpenStack;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Cloud.Orders;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.OpenStack;

/// <summary>OpenStack's shapes over HTTP: who gets a token for what, and a server from its order to its end.</summary>
[OnDatabase]
public sealed class OpenStackTests(PlatformFixture platform)
{
    private const string Tokens = "/openstack/identity/v3/auth/tokens";
    private const string Compute = "/openstack/compute/v2.1";

    [Fact]
    public async Task Token_OfPasswordAndProject_OpensTheServicesItNames()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var answer = await Sign(world.OfficerName, PlatformFixture.Password, new { project = new { name = "业务系统", domain = new { id = "default" } } });
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var token = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token");
        token.GetProperty("project").GetProperty("id").GetString().ShouldBe($"{world.System:N}");
        token.GetProperty("roles").EnumerateArray().Select(r => r.GetProperty("name").GetString()).ShouldBe(["member", "reader"]);
        token.GetProperty("catalog").EnumerateArray().Select(s => s.GetProperty("type").GetString()).ShouldBe(["identity", "compute", "image"]);
        (token.GetProperty("expires_at").GetDateTimeOffset() - TimeProvider.System.GetUtcNow()).ShouldBeInRange(TimeSpan.FromMinutes(25), TimeSpan.FromMinutes(31));
        var url = token.GetProperty("catalog")[1].GetProperty("endpoints")[0].GetProperty("url").GetString();
        var client = With(answer.Headers.GetValues("X-Subject-Token").Single());
        (await client.GetAsync($"{url}/servers/detail")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.GetFromJsonAsync<JsonElement>("/openstack/identity/v3/projects")).GetProperty("projects").GetArrayLength().ShouldBe(1);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "kernel.signed-in" && e.Subject == world.OfficerId.ToString()))).ShouldBe(2);

        // Another for no project opens none of it, and ends with the first.
        var unscoped = await platform.Visitor().PostAsJsonAsync(Tokens, new { auth = new { identity = new { methods = new[] { "token" }, token = new { id = answer.Headers.GetValues("X-Subject-Token").Single() } } } });
        (await unscoped.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetProperty("expires_at").GetString().ShouldBe(token.GetProperty("expires_at").GetString());
        await Refused(await With(unscoped.Headers.GetValues("X-Subject-Token").Single()).GetAsync($"{Compute}/servers"), 403, "forbidden");
    }

    [Fact]
    public async Task Token_WrongOrOutside_Is401AsIdentitySaysIt_AndWrongPasswordsLock()
    {
        var (world, other) = (await OrderWorld.MakeAsync(platform), await OrderWorld.MakeAsync(platform));
        foreach (var scope in new object[] { new { project = new { id = $"{other.System:N}" } }, new { project = new { name = "没有的", domain = new { id = "default" } } }, new { project = new { name = "业务系统", domain = new { id = "elsewhere" } } } })
        {
            (await Error(await Sign(world.OfficerName, PlatformFixture.Password, scope))).ShouldBe((401, "Unauthorized"));
        }

        (await Error(await Sign("nobody\0", "x", "unscoped"))).ShouldBe((401, "Unauthorized"));
        (await Error(await platform.Visitor().PostAsync(Tokens, new StringContent("{nonsense")))).ShouldBe((400, "Bad Request"));
        for (var attempt = 0; attempt < 5; attempt++) { (await Error(await Sign(world.OfficerName, "wrong", "unscoped"))).Item1.ShouldBe(401); }
        // Locked at both doors.
        (await Error(await Sign(world.OfficerName, PlatformFixture.Password, "unscoped"))).Item1.ShouldBe(401);
        (await (await platform.Visitor().PostAsJsonAsync("/api/v1/session", new { userName = world.OfficerName, PlatformFixture.Password })).ReadProblemCode()).ShouldBe("kernel.locked-out");
    }

    [Fact]
    public async Task Token_NoneStrangeOrOutlived_OpensNothing()
    {
        var world = await OrderWorld.MakeAsync(platform);
        // A session in a cookie is no token, nor is a token a session.
        await Refused(await world.Officer.GetAsync($"{Compute}/servers"), 401, "unauthorized");
        await Refused(await With("nonsense").GetAsync($"{Compute}/servers"), 401, "unauthorized");
        var token = await TokenOf(world);
        (await (await With(token).GetAsync("/api/v1/me")).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        (await With(token).GetAsync($"{Compute}/servers")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var tokens = platform.App.Services.GetRequiredService<ProjectTokens>();
        await Refused(await With(tokens.Write(tokens.Read(token)! with { ExpiresAt = TimeProvider.System.GetUtcNow().AddSeconds(-1) })).GetAsync($"{Compute}/servers"), 401, "unauthorized");

        await platform.WithDb(db => db.Users.Where(o => o.Id == world.OfficerId).ExecuteUpdateAsync(s => s.SetProperty(o => o.LockedAt, TimeProvider.System.GetUtcNow())));
        await Refused(await With(token).GetAsync($"{Compute}/servers"), 401, "unauthorized");
    }

    [Fact]
    public async Task ApplicationCredential_IsAProgram_ForOneProject_WithItsScopes()
    {
        var world = await OrderWorld.MakeAsync(platform);
        await using var scope = platform.App.Services.CreateAsyncScope();
        var (program, secret) = await ApiClients.CreateAsync(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>(),
            Actor.Platform, world.Department.Id, "部署程序", ["work"], TimeProvider.System.GetUtcNow(), default);
        async Task<HttpResponseMessage> Credential(string id, string with) =>
            await platform.Visitor().PostAsJsonAsync(Tokens, new { auth = new { identity = new { methods = new[] { "application_credential" }, application_credential = new { id, secret = with } } } });

        (await Error(await Credential(program.ClientId, "wrong"))).Item1.ShouldBe(401);
        var answer = await Credential(program.ClientId, secret);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var client = With(answer.Headers.GetValues("X-Subject-Token").Single());
        (await client.GetAsync($"{Compute}/servers")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await Refused(await client.PostAsJsonAsync($"{Compute}/servers", Wanted(world)), 403, "forbidden");

        // With a second system it must say which.
        await OrderWorld.Done(world.Officer.PostAsJsonAsync("/api/v1/cloud/systems", OrderWorld.SystemOf("第二个", "governmentExtranet", 2)));
        (await Error(await Credential(program.ClientId, secret))).Item1.ShouldBe(401);
        (await Credential($"{program.ClientId}@{world.System:N}", secret)).StatusCode.ShouldBe(HttpStatusCode.Created);
        await platform.WithDb(db => db.ApiClients.Where(c => c.Id == program.Id).ExecuteUpdateAsync(s => s.SetProperty(c => c.RevokedAt, TimeProvider.System.GetUtcNow())));
        await Refused(await client.GetAsync($"{Compute}/servers"), 401, "unauthorized");
    }

    [Fact]
    public async Task Offers_ArePlansAndTheirImages()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var client = With(await TokenOf(world));
        var flavor = (await client.GetFromJsonAsync<JsonElement>($"{Compute}/flavors/{world.Code}.small")).GetProperty("flavor");
        (flavor.GetProperty("vcpus").GetInt32(), flavor.GetProperty("ram").GetInt32()).ShouldBe((1, 1024));
        (await client.GetFromJsonAsync<JsonElement>($"{Compute}/flavors/detail?is_public=None")).GetProperty("flavors").EnumerateArray().Select(f => f.GetProperty("id").GetString()).ShouldContain($"{world.Code}.free");
        (await client.GetFromJsonAsync<JsonElement>($"{Compute}/flavors/{world.Code}.free/os-extra_specs")).GetProperty("extra_specs").GetProperty("zhengtong:vcpu").GetString().ShouldBe("1000-8000/1000");
        await Refused(await client.GetAsync($"{Compute}/flavors/none"), 404, "itemNotFound");
        var image = (await client.GetFromJsonAsync<JsonElement>("/openstack/image/v2/images?name=busybox")).GetProperty("images").EnumerateArray().Single();
        (await client.GetFromJsonAsync<JsonElement>($"/openstack/image/v2/images/{image.GetProperty("id").GetString()}")).GetProperty("name").GetString().ShouldBe("busybox");
        await Refused(await client.GetAsync("/openstack/image/v2/images/debian%2F12"), 404, "itemNotFound");
    }

    [Fact]
    public async Task Server_FromItsOrderToItsRemoval_KeepsItsId()
    {
        await using var own = new OwnFixture();
        var (on, world, pool) = await own.StartAsync();
        var client = own.With(await TokenOf(world, on));
        var created = await client.PostAsJsonAsync($"{Compute}/servers", Wanted(world));
        created.StatusCode.ShouldBe(HttpStatusCode.Accepted, await created.Content.ReadAsStringAsync());
        var id = (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("server").GetProperty("id").GetGuid();
        (await Server(client, id)).ShouldBe(("BUILD", "review"));
        (await client.GetFromJsonAsync<JsonElement>($"{Compute}/servers?name=web")).GetProperty("servers").EnumerateArray().Single().GetProperty("id").GetGuid().ShouldBe(id);
        (await on.WithDb(db => db.CloudOrders.AsNoTracking().SingleAsync(o => o.Id == id))).ShouldSatisfyAllConditions(o => o.Ground.ShouldBe("压力测试"), o => o.ConsumerSeal.ShouldNotBeNull());
        await Refused(await client.PostAsJsonAsync($"{Compute}/servers/{id}/action", new Dictionary<string, object?> { ["os-stop"] = null }), 409, "conflictingRequest");

        await OrderWorld.Done(world.Grant(id));
        await Waiting.UntilAsync(async () => (await Server(client, id)).Item1 == "ACTIVE");
        var shown = (await client.GetFromJsonAsync<JsonElement>($"{Compute}/servers/{id}")).GetProperty("server");
        shown.GetProperty("addresses").GetProperty("government-extranet")[0].GetProperty("version").GetInt32().ShouldBe(4);
        (await Quota(client, world, "cores")).ShouldBe((100, 1, 0));

        // Another department knows nothing of it.
        var other = await OrderWorld.MakeAsync(on);
        var stranger = own.With(await TokenOf(other, on));
        await Refused(await stranger.GetAsync($"{Compute}/servers/{id}"), 404, "itemNotFound");
        await Refused(await stranger.DeleteAsync($"{Compute}/servers/{id}"), 404, "itemNotFound");
        await Refused(await stranger.GetAsync($"{Compute}/os-quota-sets/{world.System:N}"), 404, "itemNotFound");
        await Refused(await stranger.GetAsync($"{Compute}/os-simple-tenant-usage/{world.System:N}"), 404, "itemNotFound");
        (await stranger.GetFromJsonAsync<JsonElement>($"{Compute}/servers/detail")).GetProperty("servers").GetArrayLength().ShouldBe(0);

        await Act(client, id, "os-stop", null);
        await Waiting.UntilAsync(async () => (await Server(client, id)).Item1 == "SHUTOFF");
        await Act(client, id, "os-start", null);
        await Waiting.UntilAsync(async () => (await Server(client, id)).Item1 == "ACTIVE");
        await Act(client, id, "reboot", new { type = "SOFT" });
        await Refused(await client.PostAsJsonAsync($"{Compute}/servers/{id}/action", new { resize = new { flavorRef = "x" } }), 400, "badRequest");
        await Refused(await client.PostAsJsonAsync($"{Compute}/servers/{id}/action", new Dictionary<string, object?> { ["confirmResize"] = null }), 409, "conflictingRequest");

        // Another size waits for whoever decides; meanwhile it is what it was, and there is no second wish.
        await Act(client, id, "resize", new { flavorRef = $"{world.Code}.free" });
        (await Server(client, id)).ShouldBe(("ACTIVE", "review"));
        await Refused(await client.PostAsJsonAsync($"{Compute}/servers/{id}/action", new { resize = new { flavorRef = $"{world.Code}.free" } }), 409, "conflictingRequest");
        var change = await on.WithDb(db => db.CloudOrders.AsNoTracking().SingleAsync(o => o.SystemId == world.System && o.ResourceId != null));
        change.ConsumerSeal.ShouldNotBeNull();
        await OrderWorld.Done(world.Grant(change.Id));
        await Waiting.UntilAsync(async () => (await Server(client, id)) == ("ACTIVE", null));
        (await client.GetFromJsonAsync<JsonElement>($"{Compute}/servers/{id}")).GetProperty("server").GetProperty("flavor").GetProperty("id").GetString().ShouldBe($"{world.Code}.free");
        var resized = await on.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == change.ResourceId));
        resized.PlanCode.ShouldBe("free");
        // What the change gives up is held until it is carried out.
        await Waiting.UntilAsync(async () => (await on.WithDb(db => db.Holds.AsNoTracking().SingleAsync(h => h.ConsumerId == resized.Id))).Amounts.SequenceEqual(resized.Amounts));
        var usage = (await client.GetFromJsonAsync<JsonElement>($"{Compute}/os-simple-tenant-usage/{world.System:N}?start=2026-01-01T00:00:00&end={TimeProvider.System.GetUtcNow().AddDays(1):yyyy-MM-ddTHH:mm:ss}")).GetProperty("tenant_usage");
        usage.GetProperty("total_vcpus_usage").GetDouble().ShouldBeGreaterThan(0);
        usage.GetProperty("server_usages").GetArrayLength().ShouldBe(1);

        (await client.DeleteAsync($"{Compute}/servers/{id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Waiting.UntilAsync(async () => (await client.GetAsync($"{Compute}/servers/{id}")).StatusCode == HttpStatusCode.NotFound);
        (await Quota(client, world, "cores")).ShouldBe((100, 0, 0));
        pool.ShouldNotBe(Guid.Empty);
    }

    [Fact]
    public async Task Server_RefusedOrTakenBack_IsErrorOrGone()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var client = With(await TokenOf(world));
        async Task<Guid> Create() => (await (await OrderWorld.Done(client.PostAsJsonAsync($"{Compute}/servers", Wanted(world)))).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("server").GetProperty("id").GetGuid();
        var (refused, back) = (await Create(), await Create());
        await OrderWorld.Done(world.Authority.PostAsJsonAsync($"{OrderWorld.Orders}/{refused}/refusal", new { code = "quota", reason = "配额不足", revision = await world.Revision(refused) }));
        (await Server(client, refused)).ShouldBe(("ERROR", null));
        (await client.DeleteAsync($"{Compute}/servers/{back}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Refused(await client.GetAsync($"{Compute}/servers/{back}"), 404, "itemNotFound");
    }

    [Fact]
    public async Task Several_AreOrdersOfTheirOwn_ListedInPartsThatFollowEachOther()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var client = With(await TokenOf(world));
        var made = await OrderWorld.Done(client.PostAsJsonAsync($"{Compute}/servers", new { server = new { name = "web", flavorRef = $"{world.Code}.small", imageRef = Images.IdOf("busybox"), min_count = "2", max_count = 5 } }));
        var first = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("server").GetProperty("id").GetGuid();
        (await Server(client, first)).ShouldBe(("BUILD", "review"));
        // Some are granted: a list goes over resources and orders.
        foreach (var order in await platform.WithDb(db => db.CloudOrders.Where(o => o.SystemId == world.System).OrderBy(o => o.CreatedAt).Select(o => o.Id).Take(2).ToListAsync())) { await OrderWorld.Done(world.Grant(order)); }
        async Task<List<string>> Names(string query) => [.. (await client.GetFromJsonAsync<JsonElement>($"{Compute}/servers{query}")).GetProperty("servers").EnumerateArray().Select(s => s.GetProperty("name").GetString()!)];
        var all = await Names("");
        all.Order(StringComparer.Ordinal).ShouldBe(["web-1", "web-2", "web-3", "web-4", "web-5"]);
        var (parts, marker) = (new List<string>(), "");
        for (var part = 0; part < 3; part++)
        {
            var page = (await client.GetFromJsonAsync<JsonElement>($"{Compute}/servers?limit=2{marker}")).GetProperty("servers").EnumerateArray().ToList();
            parts.AddRange(page.Select(s => s.GetProperty("name").GetString()!));
            marker = $"&marker={page[^1].GetProperty("id").GetString()}";
        }

        parts.ShouldBe(all);
        (await Names($"?limit=2{marker}")).ShouldBeEmpty();
        (await Names("?name=WEB-3")).ShouldBe(["web-3"]);
        (await Names("?name=web_3")).ShouldBeEmpty();
        (await Names("?status=build")).Count.ShouldBe(5);
        (await Names("?status=ACTIVE")).ShouldBeEmpty();
        (await Names($"?flavor={world.Code}.free")).ShouldBeEmpty();
        (await Names($"?image={Images.IdOf("busybox")}")).Count.ShouldBe(5);
        await Refused(await client.GetAsync($"{Compute}/servers?marker={CloudWorld.NewId()}"), 400, "badRequest");
        // A name that fits no order: none of several is left.
        await Refused(await client.PostAsJsonAsync($"{Compute}/servers", new { server = new { name = new string('x', 70), flavorRef = $"{world.Code}.small", imageRef = Images.IdOf("busybox"), min_count = 2 } }), 400, "badRequest");
        (await Names("")).Count.ShouldBe(5);
    }

    [Fact]
    public async Task Create_WhatIsNotOffered_IsRefusedAndLeavesNothing()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var client = With(await TokenOf(world));
        var image = Images.IdOf("busybox");
        foreach (var server in new object[]
        {
            new { name = "web", flavorRef = "none", imageRef = image }, new { name = "web", flavorRef = $"{world.Code}.small", imageRef = "none" }, new { name = "!", flavorRef = $"{world.Code}.small", imageRef = image },
            new { name = "web", flavorRef = $"{world.Code}.small", imageRef = image, min_count = 0 }, new { name = "web", flavorRef = $"{world.Code}.small", imageRef = image, min_count = 3, max_count = 2 },
            new { name = "web", flavorRef = $"{world.Code}.small", imageRef = image, max_count = 21 }, new { name = "web", flavorRef = $"{world.Code}.small", imageRef = image, networks = new[] { new { uuid = "x" } } },
            new { name = "web", flavorRef = $"{world.Code}.small", imageRef = image, user_data = "%%%" }, new { name = "web", flavorRef = $"{world.Code}.small", imageRef = image, metadata = new { until = "2020-01-01" } },
        })
        {
            await Refused(await client.PostAsJsonAsync($"{Compute}/servers", new { server }), 400, "badRequest");
        }

        await Refused(await client.PostAsync($"{Compute}/servers", new StringContent("[]")), 400, "badRequest");
        (await platform.WithDb(db => db.CloudOrders.CountAsync(o => o.SystemId == world.System))).ShouldBe(0);
    }

    [Fact]
    public async Task Roots_AreOpen_AndWhatIsNotThereIsSaidInTheirShape()
    {
        var visitor = platform.Visitor();
        (await visitor.GetFromJsonAsync<JsonElement>("/openstack/identity/v3")).GetProperty("version").GetProperty("id").GetString().ShouldBe("v3.14");
        (await visitor.GetFromJsonAsync<JsonElement>("/openstack/compute/v2.1/")).GetProperty("version").GetProperty("version").GetString().ShouldBe(Microversions.Newest);
        (await visitor.GetAsync("/openstack/image")).StatusCode.ShouldBe(HttpStatusCode.MultipleChoices);
        await Refused(await visitor.GetAsync("/openstack/compute/v2.1/os-hypervisors"), 404, "itemNotFound");
        (await Error(await visitor.GetAsync("/openstack/identity/v3/users"))).Item1.ShouldBe(404);
        var client = With(await TokenOf(await OrderWorld.MakeAsync(platform)));
        client.DefaultRequestHeaders.Add("OpenStack-API-Version", "compute 2.47");
        await Refused(await client.GetAsync($"{Compute}/servers"), 406, "notAcceptable");
    }

    internal static object Wanted(OrderWorld world) => new
    {
        server = new { name = "web", flavorRef = $"{world.Code}.small", imageRef = Images.IdOf("busybox"), networks = "none", min_count = 1, max_count = 1, metadata = new { ground = "压力测试" }, user_data = Convert.ToBase64String("#cloud-config"u8) },
    };

    private Task<HttpResponseMessage> Sign(string user, string password, object scope) => Sign(platform, user, password, scope);

    private static Task<HttpResponseMessage> Sign(PlatformFixture on, string user, string password, object scope) => on.Visitor().PostAsJsonAsync(Tokens, new
    {
        auth = new { identity = new { methods = new[] { "password" }, password = new { user = new { name = user, domain = new { id = "default" }, password } } }, scope },
    });

    private Task<string> TokenOf(OrderWorld world) => TokenOf(world, platform);

    private static async Task<string> TokenOf(OrderWorld world, PlatformFixture on) =>
        (await OrderWorld.Done(Sign(on, world.OfficerName, PlatformFixture.Password, new { project = new { id = $"{world.System:N}" } }))).Headers.GetValues("X-Subject-Token").Single();

    private HttpClient With(string token)
    {
        var client = platform.Visitor();
        client.DefaultRequestHeaders.Add("X-Auth-Token", token);
        return client;
    }

    private static Task<HttpResponseMessage> Act(HttpClient client, Guid id, string act, object? with) => OrderWorld.Done(client.PostAsJsonAsync($"{Compute}/servers/{id}/action", new Dictionary<string, object?> { [act] = with }));

    private static async Task<(string?, string?)> Server(HttpClient client, Guid id)
    {
        var server = (await client.GetFromJsonAsync<JsonElement>($"{Compute}/servers/{id}")).GetProperty("server");
        return (server.GetProperty("status").GetString(), server.GetProperty("OS-EXT-STS:task_state").GetString());
    }

    private static async Task<(long, long, long)> Quota(HttpClient client, OrderWorld world, string kind)
    {
        var set = (await client.GetFromJsonAsync<JsonElement>($"{Compute}/os-quota-sets/{world.System:N}/detail")).GetProperty("quota_set").GetProperty(kind);
        return (set.GetProperty("limit").GetInt64(), set.GetProperty("in_use").GetInt64(), set.GetProperty("reserved").GetInt64());
    }

    private static async Task Refused(HttpResponseMessage answer, int status, string name)
    {
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(status, text);
        var said = JsonSerializer.Deserialize<JsonElement>(text).GetProperty(name);
        said.GetProperty("code").GetInt32().ShouldBe(status);
        said.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
    }

    private static async Task<(int, string?)> Error(HttpResponseMessage answer)
    {
        var error = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        error.GetProperty("code").GetInt32().ShouldBe((int)answer.StatusCode);
        return ((int)answer.StatusCode, error.GetProperty("title").GetString());
    }
}
