using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Cloud.Orders;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Brokers;

/// <summary>What the operator does with brokers and a department with what they deliver, over HTTP and on the pages, while the jobs run.</summary>
[OnDatabase]
public sealed class BrokerSlicesTests(PlatformFixture platform) : IAsyncLifetime
{
    private const string Hostile = "<script>alert(1)</script>'; DROP TABLE x; --";
    private const string Secret = "sehr-geheim-7";
    private ScriptedBroker broker = null!;
    private string catalogue = BrokerWorld.Catalogue;

    public async ValueTask InitializeAsync()
    {
        broker = await ScriptedBroker.StartAsync();
        broker.Answer = (method, what) => what switch
        {
            "GET catalog" => new(200, catalogue),
            "PUT instance" => new(201),
            "PUT binding" => new(201, """{"credentials":{"password":"sehr-geheim-7","note":"<b>"}}"""),
            _ => new(200),
        };
    }

    public ValueTask DisposeAsync() => broker.DisposeAsync();

    [Fact]
    public async Task Brokers_AreTheOperators_AndTellNoSecret()
    {
        var world = await BrokerWorld.MakeAsync(platform);
        var name = $"{Hostile} {CloudWorld.NewId()}";
        var valid = new { name, address = broker.Address, account = "platform", password = Secret };
        (await platform.Visitor().PostAsJsonAsync(BrokerWorld.Brokers, valid)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await (await world.Officer.PostAsJsonAsync(BrokerWorld.Brokers, valid)).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await (await world.Authority.PostAsJsonAsync(BrokerWorld.Brokers, valid)).ReadProblemCode()).ShouldBe("kernel.forbidden");
        var wrong = await (await world.Operator.PostAsJsonAsync(BrokerWorld.Brokers, new { name = "x", address = "", account = "a:b", password = "a\nb" })).ReadProblem();
        wrong.GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["name", "address", "account", "password"], ignoreOrder: true);
        foreach (var address in new[] { "ftp://example.org", "http://a:b@example.org", "https://example.org/?a=1", "example.org", "https://example.org/#a" })
        {
            (await (await world.Operator.PostAsJsonAsync(BrokerWorld.Brokers, valid with { address = address })).ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["address"], address);
        }

        var made = await OrderWorld.Done(world.Operator.PostAsJsonAsync(BrokerWorld.Brokers, valid));
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        (await (await world.Operator.PostAsJsonAsync(BrokerWorld.Brokers, valid)).ReadProblemCode()).ShouldBe("cloud.broker-taken");
        var other = (await (await OrderWorld.Done(world.Operator.PostAsJsonAsync(BrokerWorld.Brokers, valid with { name = $"b {CloudWorld.NewId()}" }))).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();

        var change = new { name, address = broker.Address, account = (string?)null, password = (string?)null, isOpen = false, reason = "维护" };
        (await (await world.Operator.PutAsJsonAsync($"{BrokerWorld.Brokers}/{id}", change)).ReadProblemCode()).ShouldBe("kernel.precondition-needed");
        (await (await PutAsync(world.Operator, id, 7, change)).ReadProblemCode()).ShouldBe("kernel.changed-meanwhile");
        (await (await PutAsync(world.Operator, other, 1, change)).ReadProblemCode()).ShouldBe("cloud.broker-taken");
        (await (await PutAsync(world.Operator, CloudWorld.NewId(), 1, change)).ReadProblemCode()).ShouldBe("cloud.broker-not-found");
        var both = await (await PutAsync(world.Operator, id, 1, change with { address = "no", account = "new" })).ReadProblem();
        both.GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["address", "password"], ignoreOrder: true);
        (await PutAsync(world.Operator, id, 1, change with { account = "new", password = $"{Secret}b" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await (await world.Officer.GetAsync($"{BrokerWorld.Brokers}/{id}")).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await (await world.Operator.GetAsync($"{BrokerWorld.Brokers}/{CloudWorld.NewId()}")).ReadProblemCode()).ShouldBe("cloud.broker-not-found");
        var seen = await world.Operator.GetFromJsonAsync<JsonElement>($"{BrokerWorld.Brokers}/{id}");
        (seen.GetProperty("account").GetString(), seen.GetProperty("broker").GetProperty("isOpen").GetBoolean()).ShouldBe(("new", false));
        var page = await world.Operator.GetPage($"/work/cloud/brokers/{id}");
        page.ShouldNotContain("<script>alert(1)");
        page.ShouldContain("&lt;script&gt;alert(1)");
        (await world.Operator.GetPage("/work/cloud/brokers?size=100")).ShouldNotContain("<script>alert(1)");
        var ledger = await platform.WithDb(db => db.Ledger.AsNoTracking().Where(l => l.Subject == id.ToString()).Select(l => l.Data).ToListAsync());
        ledger.Count.ShouldBe(2);
        foreach (var text in (string[])[seen.ToString(), page, await world.Operator.GetStringAsync($"{BrokerWorld.Brokers}?limit=200"), .. ledger]) { text.ShouldNotContain(Secret); }
        foreach (var path in new[] { "/work/cloud/brokers", $"/work/cloud/brokers/{id}" }) { (await world.Officer.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.Forbidden, path); }
    }

    [Fact]
    public async Task Catalogue_ReadAcceptedAndPlaced_IsWhatWasShown()
    {
        var world = await BrokerWorld.MakeAsync(platform);
        var id = await world.PlaceAsync(broker, $"broker {CloudWorld.NewId()}");
        (await (await world.SetAsync(id, "small", "none", null)).ReadProblemCode()).ShouldBe("cloud.broker-plan-not-found");
        (await (await world.SetAsync(CloudWorld.NewId(), "small", "mq-s", null)).ReadProblemCode()).ShouldBe("cloud.broker-not-found");
        foreach (var parameters in new[] { "[]", "{", """{"a":1,"a":2}""", """{"a":"$none"}""" }) { (await (await world.SetAsync(id, "small", "mq-s", parameters)).ReadProblemCode()).ShouldBe("cloud.invalid", parameters); }
        (await (await world.Officer.PutAsJsonAsync($"/api/v1/cloud/brokered-plans/{world.Code}/small", new { brokerId = id, offeringId = "mq", planId = "mq-s" })).ReadProblemCode()).ShouldBe("kernel.forbidden");

        await world.DeliveredAsync();
        // The plan that is used is gone from the next catalogue.
        catalogue = BrokerWorld.Catalogue.Replace("mq-s", "mq-new", StringComparison.Ordinal);
        var read = await (await OrderWorld.Done(world.Operator.PostAsync($"{BrokerWorld.Brokers}/{id}/catalogue-readings", null))).Content.ReadFromJsonAsync<JsonElement>();
        read.GetProperty("changes").EnumerateArray().Select(c => (c.GetProperty("change").GetString(), c.GetProperty("inUse").GetInt32())).ShouldBe([("removed", 1), ("added", 0)], ignoreOrder: true);
        (await (await world.Operator.PostAsJsonAsync($"{BrokerWorld.Brokers}/{id}/catalogue", new { digest = new string('0', 64) })).ReadProblemCode()).ShouldBe("cloud.broker-catalogue-changed");
        (await (await world.Operator.PostAsJsonAsync($"{BrokerWorld.Brokers}/{id}/catalogue", new { digest = read.GetProperty("digest").GetString() })).ReadProblemCode()).ShouldBe("cloud.broker-plan-used");
        catalogue = "{}";
        (await (await world.Operator.PostAsync($"{BrokerWorld.Brokers}/{id}/catalogue-readings", null)).ReadProblemCode()).ShouldBe("cloud.invalid");
        broker.Answer = (_, _) => new(503);
        (await (await world.Operator.PostAsync($"{BrokerWorld.Brokers}/{id}/catalogue-readings", null)).ReadProblemCode()).ShouldBe("cloud.broker-unreachable");
    }

    [Fact]
    public async Task Resource_IsNeverStopped_AndChangesAsItsBrokerAllows()
    {
        var world = await BrokerWorld.MakeAsync(platform);
        await world.PlaceAsync(broker, $"broker {CloudWorld.NewId()}");
        var id = await world.DeliveredAsync();
        var at = $"/api/v1/cloud/resources/{id}";
        var revision = (await platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == id))).Revision;
        (await (await world.Officer.PostAsJsonAsync($"{at}/power", new { isOn = false, revision })).ReadProblemCode()).ShouldBe("cloud.act-not-offered");
        (await (await world.Officer.PostAsJsonAsync($"{at}/tasks", new { kind = "restart" })).ReadProblemCode()).ShouldBe("cloud.act-not-offered");
        var page = await world.Officer.GetPage($"/work/cloud/resources/{id}");
        page.ShouldNotContain("name=\"on\"");
        page.ShouldNotContain("name=\"kind\"");
        (await platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == id))).Wish.ShouldBe(ResourceWish.Running);

        // The broker is not told how much memory: on paper alone it is not changed.
        (await (await ChangeAsync(new { amounts = new[] { new { kind = "memory", amount = 2 } }, ground = "业务增长" })).ReadProblemCode()).ShouldBe("cloud.change-not-offered");
        (await (await ChangeAsync(new { plan = "none", ground = "业务增长" })).ReadProblemCode()).ShouldBe("cloud.service-gone");
        await world.DecideAsync(await DraftedAsync(new { amounts = new[] { new { kind = "disk", amount = 3 } }, ground = "业务增长" }));
        await world.UntilAsync(id, r => r is { NextAt: null, Problem: null });
        Patched().GetProperty("parameters").GetProperty("disk").GetInt64().ShouldBe(3);

        // Another plan, which cannot be left again.
        await world.DecideAsync(await DraftedAsync(new { plan = "large", amounts = new[] { new { kind = "disk", amount = 7 } }, ground = "业务增长" }));
        var large = await world.UntilAsync(id, r => r is { NextAt: null, Problem: null });
        (large.PlanCode, large.Amounts.Get("disk")).ShouldBe(("large", 7L));
        var sent = Patched();
        (sent.GetProperty("plan_id").GetString(), sent.GetProperty("previous_values").GetProperty("plan_id").GetString()).ShouldBe(("mq-l", "mq-s"));
        (await (await ChangeAsync(new { plan = "small", ground = "缩减规模" })).ReadProblemCode()).ShouldBe("cloud.change-not-offered");
        broker.Count("PATCH").ShouldBe(2);

        Task<HttpResponseMessage> ChangeAsync(object change) => world.Officer.PostAsJsonAsync($"{at}/changes", change);

        async Task<Guid> DraftedAsync(object change) => (await (await OrderWorld.Done(ChangeAsync(change))).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();

        JsonElement Patched() => JsonSerializer.Deserialize<JsonElement>(broker.Bodies.Last(b => b.Method == "PATCH").Body);
    }

    [Fact]
    public async Task Change_ThatTheBrokerRefusesForGood_IsTakenBack_AndItsOrderSaysSo()
    {
        var world = await BrokerWorld.MakeAsync(platform);
        await world.PlaceAsync(broker, $"broker {CloudWorld.NewId()}");
        var id = await world.DeliveredAsync();
        var (usual, answer, state) = (broker.Answer, new Scripted(400), "in progress");
        broker.Answer = (method, what) => method == "PATCH" ? answer : what == "GET instance/last_operation" ? new Scripted(200, $$"""{"state":"{{state}}"}""") : usual(method, what);
        var before = await world.UntilAsync(id, r => r is { NextAt: null, Problem: null });
        var spans = await SpansAsync();

        var larger = await ChangeAsync(new { amounts = new[] { new { kind = "disk", amount = 9 } }, ground = "业务增长" });
        await AsBeforeAsync(larger);
        var page = await world.Officer.GetPage($"/work/cloud/orders/{larger}");
        page.ShouldContain("are as before it");
        (await platform.WithDb(db => db.Notices.CountAsync(n => n.TextKey == "cloud.notice.change-undone" && n.Href == $"/work/cloud/orders/{larger}"))).ShouldBe(2);

        // Another plan with more, awaited and then failed: until it is over the larger of both is held, and what it has is billed.
        answer = new Scripted(202, """{"operation":"grow"}""");
        var plan = await ChangeAsync(new { plan = "large", amounts = new[] { new { kind = "disk", amount = 7 } }, ground = "业务增长" });
        await world.UntilAsync(id, r => r.Problem == "broker-under-way");
        (await HeldAsync()).Get("disk").ShouldBe(7);
        (await SpansAsync()).ShouldBe(spans);
        state = "failed";
        await platform.WithDb(db => db.CloudResources.Where(r => r.Id == id).ExecuteUpdateAsync(s => s.SetProperty(r => r.NextAt, DateTimeOffset.UnixEpoch)));
        await AsBeforeAsync(plan);

        // What is asked for next is asked of the broker, from what it has.
        answer = new Scripted(200);
        await world.DecideAsync(await DraftedAsync(new { amounts = new[] { new { kind = "disk", amount = 3 } }, ground = "业务增长" }));
        var after = await world.UntilAsync(id, r => r is { NextAt: null, Problem: null, Former: null } && r.Amounts.Get("disk") == 3);
        (await HeldAsync()).ShouldBe(after.Amounts);
        (await SpansAsync()).Count.ShouldBe(spans.Count + 1);
        var last = JsonSerializer.Deserialize<JsonElement>(broker.Bodies.Last(b => b.Method == "PATCH").Body);
        (last.GetProperty("plan_id").GetString(), last.GetProperty("parameters").GetProperty("disk").GetInt64()).ShouldBe(("mq-s", 3L));

        async Task AsBeforeAsync(Guid order)
        {
            var undone = await world.UntilAsync(id, r => r is { NextAt: null, Problem: null, Former: null });
            (undone.State, undone.PlanCode).ShouldBe((CloudResourceState.Running, before.PlanCode));
            undone.Amounts.ShouldBe(before.Amounts);
            (await HeldAsync()).ShouldBe(before.Amounts);
            (await SpansAsync()).ShouldBe(spans);
            var seen = await world.Officer.GetFromJsonAsync<JsonElement>($"{OrderWorld.Orders}/{order}");
            (seen.GetProperty("state").GetString(), seen.GetProperty("undoneCode").GetString()).ShouldBe(("granted", "broker-refused-change"));
            seen.GetProperty("undoneAt").ValueKind.ShouldBe(JsonValueKind.String);
            (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "cloud.change-undone" && e.Subject == order.ToString()))).ShouldBe(1);
            (await platform.WithDb(db => Zhengtong.Cloud.Quotas.Recounting.DifferencesAsync(db, default))).Where(d => d.Node == before.NodeId).ShouldBeEmpty();
        }

        async Task<IReadOnlyList<ResourceAmount>> HeldAsync() => (await platform.WithDb(db => db.Holds.AsNoTracking().SingleAsync(h => h.ConsumerId == id))).Amounts;

        Task<List<Guid>> SpansAsync() => platform.WithDb(db => db.ResourceSpans.Where(s => s.ResourceId == id).OrderBy(s => s.From).Select(s => s.Id).ToListAsync());

        async Task<Guid> DraftedAsync(object change) => (await (await OrderWorld.Done(world.Officer.PostAsJsonAsync($"/api/v1/cloud/resources/{id}/changes", change))).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();

        async Task<Guid> ChangeAsync(object change)
        {
            var order = await DraftedAsync(change);
            await world.DecideAsync(order);
            return order;
        }
    }

    /// <summary>As a browser without script goes it.</summary>
    [Fact]
    public async Task Pages_RegisterReadAcceptPlace_ThenBindShowAndEnd()
    {
        var world = await BrokerWorld.MakeAsync(platform);
        var wrong = await world.Operator.Submit("/work/cloud/brokers", "register", ("name", Hostile), ("address", "nowhere"), ("account", ""), ("password", ""));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var text = await wrong.Content.ReadAsStringAsync();
        text.ShouldNotContain("<script>alert(1)");
        text.ShouldContain("f-account-fault");
        var name = $"broker {CloudWorld.NewId()}";
        var sent = await world.Operator.Submit("/work/cloud/brokers", "register", ("name", name), ("address", broker.Address), ("account", "platform"), ("password", Secret));
        sent.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var page = Regex.Match(sent.Headers.Location!.ToString(), "/work/cloud/brokers/[0-9a-f-]{36}").Value;
        (await world.Operator.GetPage("/work/cloud/brokers?size=100")).ShouldContain(page);
        (await world.Operator.Submit(page, "read")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await world.Operator.GetPage(page)).ShouldContain("queue / small");
        (await world.Operator.Submit(page, "accept")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        // Two officers had the same page open.
        var late = await world.Operator.PostAsync(page, new FormUrlEncodedContent(Page.Filled(await world.Operator.GetPage(page), "read").Where(f => f.Key != "_handler").Append(new("_handler", "accept")).Append(new("digest", new string('0', 64)))));
        late.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await world.Operator.Submit(page, "plan", ("target", "none"), ("planId", ""), ("parameters", "{"))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await world.Operator.Submit(page, "plan", ("target", $"{world.Code}/small"), ("planId", "mq-s"), ("parameters", """{"disk":"$disk"}"""))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var placed = await world.Operator.GetPage(page);
        placed.ShouldContain($"/work/cloud/services/{world.Code}");
        placed.ShouldContain("No price");
        placed.ShouldNotContain(Secret);
        (await world.Operator.Submit(page, "revise", ("name", name), ("address", broker.Address), ("account", "a"), ("password", ""), ("isOpen", "true"), ("reason", "")))
            .StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await world.Operator.Submit(page, "revise", ("name", name), ("address", broker.Address), ("account", ""), ("password", ""), ("isOpen", "true"), ("reason", "改名"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);

        var id = await world.DeliveredAsync();
        var own = $"/work/cloud/resources/{id}";
        (await world.Officer.Submit(own, "binding", ("open", "true"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        await world.UntilAsync(id, r => r.NextAt is null);
        var bound = await world.Officer.GetPage(own);
        bound.ShouldNotContain(Secret);
        var binding = Regex.Match(bound, "name=\"show\" value=\"([0-9a-f-]{36})\"").Groups[1].Value;
        var shown = await world.Officer.Submit(own, "binding", ("show", binding));
        shown.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var credentials = await shown.Content.ReadAsStringAsync();
        credentials.ShouldContain(Secret);
        credentials.ShouldNotContain("<b>\"");
        var ledger = await platform.WithDb(db => db.Ledger.AsNoTracking().Where(l => l.Subject == id.ToString()).Select(l => new { l.Event, l.Data }).ToListAsync());
        ledger.Select(l => l.Event).ShouldContain("cloud.binding-shown");
        ledger.ShouldAllBe(l => !l.Data.Contains(Secret));
        (await world.Officer.Submit(own, "binding", ("end", binding))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        await world.UntilAsync(id, r => r.NextAt is null);
        (await world.Officer.GetPage(own)).ShouldNotContain(binding);
        (await world.Officer.Submit(own, "binding", ("show", binding))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        // The operator sees the resource, not what binds to it.
        (await world.Operator.GetPage(own)).ShouldNotContain("name=\"open\"");
        (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).GetAsync(own)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private static async Task<HttpResponseMessage> PutAsync(HttpClient client, Guid id, int revision, object change)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{BrokerWorld.Brokers}/{id}") { Content = JsonContent.Create(change, change.GetType()) };
        request.Headers.TryAddWithoutValidation("If-Match", $"\"{revision}\"");
        return await client.SendAsync(request);
    }
}
