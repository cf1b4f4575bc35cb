using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Zhengtong.Cloud.Databases;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Databases;

/// <summary>Database servers of the operator and databases of a department, over HTTP and on the pages, with a real server behind them.</summary>
[OnDatabase(Once = true)]
public sealed class DatabaseSlicesTests(PlatformFixture platform)
{
    private const string Servers = "/api/v1/cloud/database-servers";
    private const string Hostile = "<script>alert(1)</script>'; DROP TABLE x; --";
    private const string Secret = "sehr-geheim-9";

    [Fact]
    public async Task Servers_AreTheOperators_AreAskedAtOnce_AndTellNoSecret()
    {
        var at = Server();
        var (officer, @operator, authority) = (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer), await platform.SignedIn(await platform.Department(), Role.PlatformOperator), await platform.SignedIn(await platform.Department(), Role.Authority));
        var valid = new ServerBody($"{Hostile} {CloudWorld.NewId()}", at.Host!, at.Port, at.Username!, at.Password ?? Secret, at.Database ?? "postgres", "none", null, "internet", 1, 1, 5);
        (await platform.Visitor().PostAsJsonAsync(Servers, valid)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        foreach (var other in new[] { officer, authority }) { (await (await other.PostAsJsonAsync(Servers, valid)).ReadProblemCode()).ShouldBe("kernel.forbidden"); }
        (await (await officer.GetAsync(Servers)).ReadProblemCode()).ShouldBe("kernel.forbidden");
        var wrong = await (await @operator.PostAsJsonAsync(Servers, new ServerBody("x", "a b;Password=1", 0, "", new string('p', 1001), "", "none", null, "internet", 6, 0, 1001))).ReadProblem();
        wrong.GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["name", "host", "port", "account", "password", "database", "protection", "mostDatabases", "connections"], ignoreOrder: true);
        (await (await @operator.PostAsJsonAsync(Servers, valid with { PoolId = CloudWorld.NewId() })).ReadProblem()).GetProperty("errors").EnumerateObject().Single().Name.ShouldBe("poolId");
        (await (await @operator.PostAsJsonAsync(Servers, valid with { Port = 1 })).ReadProblemCode()).ShouldBe("cloud.database-server-unreachable");
        // What looks like settings of a connection is a name.
        (await (await @operator.PostAsJsonAsync(Servers, valid with { Database = "postgres;Host=example.org" })).ReadProblemCode()).ShouldBe("cloud.database-server-unreachable");
        (await (await @operator.PostAsJsonAsync(Servers, valid with { Account = "nobody' OR '1'='1" })).ReadProblemCode()).ShouldBe("cloud.database-server-unreachable");

        var made = await @operator.PostAsJsonAsync(Servers, valid);
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        (await (await @operator.PostAsJsonAsync(Servers, valid)).ReadProblemCode()).ShouldBe("cloud.database-server-taken");
        var change = new { valid.Name, valid.Host, valid.Port, valid.Account, password = (string?)null, valid.Database, valid.Encryption, protection = 1, mostDatabases = 2, connections = 6, isOpen = false, reason = "维护" };
        (await (await @operator.PutAsJsonAsync($"{Servers}/{id}", change)).ReadProblemCode()).ShouldBe("kernel.precondition-needed");
        (await (await PutAsync(@operator, id, 9, change)).ReadProblemCode()).ShouldBe("kernel.changed-meanwhile");
        (await (await PutAsync(@operator, CloudWorld.NewId(), 1, change)).ReadProblemCode()).ShouldBe("cloud.database-server-not-found");
        (await (await PutAsync(@operator, id, 1, change with { Port = 1 })).ReadProblemCode()).ShouldBe("cloud.database-server-unreachable");
        (await PutAsync(@operator, id, 1, change)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        await platform.App.Services.GetRequiredService<Reconcilers>().SettleAsync<WatchDatabases>(default);
        var list = await @operator.GetStringAsync($"{Servers}?limit=200");
        var row = JsonSerializer.Deserialize<JsonElement>(list).GetProperty("items").EnumerateArray().Single(s => s.GetProperty("id").GetGuid() == id);
        (row.GetProperty("isOpen").GetBoolean(), row.GetProperty("answeredAt").ValueKind, row.GetProperty("problem").ValueKind).ShouldBe((false, JsonValueKind.String, JsonValueKind.Null));
        (await authority.GetAsync(Servers)).StatusCode.ShouldBe(HttpStatusCode.OK);
        // The server moves away behind everybody's back.
        await platform.WithDb(db => db.DatabaseServers.Where(s => s.Id == id).ExecuteUpdateAsync(set => set.SetProperty(s => s.Connection, new byte[40])));
        await platform.App.Services.GetRequiredService<Reconcilers>().SettleAsync<WatchDatabases>(default);
        (await platform.WithDb(db => db.DatabaseServers.AsNoTracking().SingleAsync(s => s.Id == id))).Problem.ShouldBe("secret-lost");

        var page = await @operator.GetPage($"/work/cloud/database-servers?server={id}&size=100");
        page.ShouldNotContain("<script>alert(1)");
        page.ShouldContain("&lt;script&gt;alert(1)");
        (await officer.GetAsync("/work/cloud/database-servers")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        var ledger = await platform.WithDb(db => db.Ledger.AsNoTracking().Where(l => l.Subject == id.ToString()).OrderBy(l => l.Id).Select(l => l.Data).ToListAsync());
        ledger.Count.ShouldBe(2);
        foreach (var text in (string[])[list, page, .. ledger]) { text.ShouldNotContain(valid.Password!); }
    }

    /// <summary>As a browser without script goes it.</summary>
    [Fact]
    public async Task ServersPage_RegistersAndRevises_AndKeepsWhatWasTyped()
    {
        var at = Server();
        var @operator = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        const string Address = "/work/cloud/database-servers";
        var name = $"server {CloudWorld.NewId()}";
        (string, string)[] fields =
        [
            ("name", name), ("host", at.Host!), ("port", $"{at.Port}"), ("account", at.Username!), ("password", at.Password ?? Secret), ("database", at.Database ?? "postgres"), ("encryption", "None"), ("protection", "1"), ("mostDatabases", "3"),
            ("connections", "many"), ("zone", "Internet"), ("poolId", ""),
        ];
        var wrong = await @operator.Submit(Address, "register", fields);
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var text = await wrong.Content.ReadAsStringAsync();
        text.ShouldContain("f-connections-fault");
        text.ShouldContain(name);
        text.ShouldNotContain(at.Password ?? Secret);
        (await @operator.Submit(Address, "register", [.. fields.Where(f => f.Item1 != "connections"), ("connections", "5")])).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var server = await platform.WithDb(db => db.DatabaseServers.AsNoTracking().SingleAsync(s => s.Name == name));
        (await @operator.GetPage($"{Address}?size=100")).ShouldContain($"?server={server.Id}");
        var revise = $"{Address}?server={server.Id}";
        (await @operator.GetPage(revise)).ShouldContain($"value=\"{at.Username}\"");
        (string, string)[] change = [.. fields.Where(f => f.Item1 is not ("connections" or "zone" or "poolId" or "password")), ("connections", "6"), ("password", ""), ("reason", "扩容")];
        (await @operator.Submit(revise, "revise", [.. change, ("revision", "7")])).StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        (await @operator.Submit(revise, "revise", change)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await platform.WithDb(db => db.DatabaseServers.AsNoTracking().SingleAsync(s => s.Id == server.Id))).ShouldSatisfyAllConditions(s => s.Connections.ShouldBe(6), s => s.IsOpen.ShouldBeFalse());
    }

    [Fact]
    public async Task Credentials_AreShownOnDemandToTheDepartmentAlone_AndRotated()
    {
        var at = Server();
        var (department, stranger) = (await platform.Department(), await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer));
        var (officer, @operator) = (await platform.SignedIn(department, Role.DepartmentOfficer), await platform.SignedIn(await platform.Department(), Role.PlatformOperator));
        var server = (await (await @operator.PostAsJsonAsync(Servers, new ServerBody($"server {CloudWorld.NewId()}", at.Host!, at.Port, at.Username!, at.Password, at.Database ?? "postgres", "none", null, "governmentIntranet", 5, 10, 5)))
            .Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        var id = await GrantAsync(department.Id);
        await UntilAsync(id, r => r.State == CloudResourceState.Running);
        var path = $"/api/v1/cloud/resources/{id}";
        foreach (var what in new[] { "database-credentials", "database-password" })
        {
            (await platform.Visitor().PostAsync($"{path}/{what}", null)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await (await stranger.PostAsync($"{path}/{what}", null)).ReadProblemCode()).ShouldBe("cloud.database-not-found");
            (await (await @operator.PostAsync($"{path}/{what}", null)).ReadProblemCode()).ShouldBe("kernel.forbidden");
        }

        var own = $"/work/cloud/resources/{id}";
        var closed = await officer.GetPage(own);
        var shown = await officer.PostAsync($"{path}/database-credentials", null);
        shown.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var password = (await shown.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("password").GetString()!;
        closed.ShouldNotContain(password);
        var page = await officer.Submit(own, "database", ("act", "show"));
        page.Headers.CacheControl!.NoStore.ShouldBeTrue();
        (await page.Content.ReadAsStringAsync()).ShouldContain(password);
        (await @operator.GetPage(own)).ShouldNotContain("name=\"act\"");

        var rotated = await (await officer.Submit(own, "database", ("act", "rotate"))).Content.ReadAsStringAsync();
        rotated.ShouldNotContain(password);
        await UntilAsync(id, r => r.NextAt is null);
        var second = (await (await officer.PostAsync($"{path}/database-credentials", null)).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("password").GetString()!;
        rotated.ShouldContain(second);
        var ledger = await platform.WithDb(db => db.Ledger.AsNoTracking().Where(l => l.Subject == id.ToString()).Select(l => new { l.Event, l.Data }).ToListAsync());
        ledger.Count(l => l.Event == "cloud.database-credentials-shown").ShouldBe(3);
        ledger.Count(l => l.Event == "cloud.database-password-rotated").ShouldBe(1);
        ledger.ShouldAllBe(l => !l.Data.Contains(password) && !l.Data.Contains(second));

        await platform.WithDb(db => db.CloudResources.Where(r => r.Id == id).ExecuteUpdateAsync(s => s.SetProperty(r => r.Wish, ResourceWish.Removed).SetProperty(r => r.NextAt, DateTimeOffset.UnixEpoch)));
        await UntilAsync(id, r => r.State == CloudResourceState.Removed);
        (await (await officer.PostAsync($"{path}/database-credentials", null)).ReadProblemCode()).ShouldBe("cloud.database-not-found");
        await platform.WithDb(db => db.DatabaseServers.Where(s => s.Id == server).ExecuteUpdateAsync(set => set.SetProperty(s => s.IsOpen, false)));
    }

    private static NpgsqlConnectionStringBuilder Server()
    {
        Assert.SkipWhen(DepartmentTable.PostgresServer is null, "Needs a PostgreSQL server: ZHENGTONG_POSTGRES is not set");
        return new NpgsqlConnectionStringBuilder(DepartmentTable.PostgresServer);
    }

    /// <summary>A database as a granted order leaves it: held, and due.</summary>
    private async Task<Guid> GrantAsync(Guid department) => await platform.WithDb(async db =>
    {
        var (id, now, region) = (CloudWorld.NewId(), TimeProvider.System.GetUtcNow(), RegionCode.Parse("610000"));
        var node = QuotaNode.Below(null, QuotaLevel.Department, QuotaNode.KeyOf(department), region, department, null, now);
        var system = new BusinessSystem { Id = CloudWorld.NewId(), OrganisationId = department, Name = "婚姻登记", Purpose = "婚姻登记", Protection = 5, Zone = NetworkZone.GovernmentIntranet, CreatedAt = now };
        ResourceAmount[] amounts = [new("database", 1), new("disk", 1)];
        db.AddRange(node, system);
        db.QuotaCounters.AddRange(amounts.Select(a => new QuotaCounter { NodeId = node.Id, Kind = a.Kind, Limit = 10 }));
        await db.SaveChangesAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        (await Holds.TakeAsync(db, new HoldRequest(id, node.Id, amounts), Actor.Platform, now, default)).Result.ShouldBe(HoldResult.Done);
        db.CloudResources.Add(new CloudResource
        {
            Id = id, Number = $"T-{id}"[..20], Name = "data", Form = ResourceForm.Database, OrderId = id, Item = 1, OrganisationId = department, Region = region, NodeId = node.Id, SystemId = system.Id, ServiceCode = "postgres",
            PlanCode = "small", Zone = NetworkZone.GovernmentIntranet, Protection = 5, Amounts = Amounts.Of(amounts), Wish = ResourceWish.Running, NextAt = now, Until = now.AddYears(1), CreatedAt = now,
        });
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        return id;
    });

    private async Task UntilAsync(Guid id, Func<CloudResource, bool> holds)
    {
        for (var attempt = 0; attempt < 300; attempt++)
        {
            if (holds(await platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == id)))) { return; }
            await Task.Delay(100);
        }

        var last = await platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == id));
        throw new TimeoutException($"{last.State} {last.Problem} {last.NextAt}");
    }

    private static async Task<HttpResponseMessage> PutAsync(HttpClient client, Guid id, int revision, object change)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{Servers}/{id}") { Content = JsonContent.Create(change, change.GetType()) };
        request.Headers.TryAddWithoutValidation("If-Match", $"\"{revision}\"");
        return await client.SendAsync(request);
    }

    private sealed record ServerBody(string Name, string Host, int Port, string Account, string? Password, string Database, string Encryption, Guid? PoolId, string Zone, int Protection, int MostDatabases, int Connections);
}
