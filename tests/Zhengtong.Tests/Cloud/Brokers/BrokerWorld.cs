using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Cloud.Orders;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Brokers;

/// <summary>A department with a quota and a system, and a published service that brokers deliver, in two plans.</summary>
internal sealed record BrokerWorld(PlatformFixture Platform, Organisation Department, HttpClient Officer, HttpClient Operator, HttpClient Authority, string Code, Guid System)
{
    internal const string Brokers = "/api/v1/cloud/brokers";

    /// <summary>Two plans, the first of which may change to another.</summary>
    internal const string Catalogue = """
        {"services":[{"id":"mq","name":"queue","description":"消息队列","bindable":true,"plans":[
        {"id":"mq-s","name":"small","description":"small","plan_updateable":true},{"id":"mq-l","name":"large","description":"large","plan_updateable":false}]}]}
        """;

    internal static async Task<BrokerWorld> MakeAsync(PlatformFixture platform)
    {
        var (department, provider, above) = (await platform.Department(), await platform.Department(), await platform.Department());
        var (officer, operating, authority) = (await platform.SignedIn(department, Role.DepartmentOfficer), await platform.SignedIn(provider, Role.PlatformOperator), await platform.SignedIn(above, Role.Authority));
        var code = $"mq-{CloudWorld.NewId():N}"[..35];
        object Plan(string plan, long least) => new { code = plan, name = plan, amounts = new object[] { new { kind = "instance", least = 1, most = 1, step = 1 }, new { kind = "disk", least, most = 20, step = 1 }, new { kind = "memory", least = 1, most = 20, step = 1 } }, images = Array.Empty<string>(), meters = Array.Empty<string>() };
        await OrderWorld.Done(operating.PostAsJsonAsync("/api/v1/cloud-services", new
        {
            code,
            service = new
            {
                name = "消息队列", category = "supportSoftware", layer = "paaS", summary = "由服务代理提供", level = new { availability = 99_900, answerHours = 1, recoveryHours = 4, supportTimes = "7×24" }, form = "brokered",
                plans = new[] { Plan("small", 1), Plan("large", 5) },
            },
        }));
        await OrderWorld.Done(authority.PostAsJsonAsync($"/api/v1/cloud-services/{code}/publication", new { revision = 1 }));
        var system = (await (await OrderWorld.Done(officer.PostAsJsonAsync("/api/v1/cloud/systems", OrderWorld.SystemOf("业务系统", "governmentExtranet", 3)))).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        var node = QuotaNode.Below(null, QuotaLevel.Department, QuotaNode.KeyOf(department.Id), RegionCode.Parse("610000"), department.Id, null, TimeProvider.System.GetUtcNow());
        await platform.WithDb(db =>
        {
            db.QuotaNodes.Add(node);
            db.QuotaCounters.AddRange(new[] { "instance", "disk", "memory" }.Select(k => new QuotaCounter { NodeId = node.Id, Kind = k, Limit = 1000 }));
            return db.SaveChangesAsync();
        });
        return new BrokerWorld(platform, department, officer, operating, authority, code, system);
    }

    /// <summary>Registers the broker, accepts its catalogue and lets both plans be delivered from it.</summary>
    internal async Task<Guid> PlaceAsync(ScriptedBroker broker, string name)
    {
        var id = (await (await OrderWorld.Done(Operator.PostAsJsonAsync(Brokers, new { name, address = broker.Address, account = "platform", password = "geheim" }))).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        var read = await (await OrderWorld.Done(Operator.PostAsync($"{Brokers}/{id}/catalogue-readings", null))).Content.ReadFromJsonAsync<JsonElement>();
        await OrderWorld.Done(Operator.PostAsJsonAsync($"{Brokers}/{id}/catalogue", new { digest = read.GetProperty("digest").GetString() }));
        await OrderWorld.Done(SetAsync(id, "small", "mq-s", """{"disk":"$disk"}"""));
        await OrderWorld.Done(SetAsync(id, "large", "mq-l", """{"disk":"$disk"}"""));
        return id;
    }

    internal Task<HttpResponseMessage> SetAsync(Guid broker, string plan, string remote, string? parameters) =>
        Operator.PutAsJsonAsync($"/api/v1/cloud/brokered-plans/{Code}/{plan}", new { brokerId = broker, offeringId = "mq", planId = remote, parameters });

    /// <summary>Orders one under the small plan and waits until it is there.</summary>
    internal async Task<Guid> DeliveredAsync()
    {
        var drafted = await OrderWorld.Done(Officer.PostAsJsonAsync(OrderWorld.Orders, new
        {
            order = new { systemId = System, zone = "governmentExtranet", projectId = (Guid?)null, items = new[] { new { name = "queue", service = Code, plan = "small", amounts = (object?)null, image = (string?)null, count = 1, isApart = false, userData = (string?)null } }, until = OrderWorld.Day(365), ground = "省政府工作要点" },
        }));
        var order = (await drafted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        await DecideAsync(order);
        var id = await Platform.WithDb(db => db.CloudResources.Where(r => r.OrderId == order).Select(r => r.Id).SingleAsync());
        await UntilAsync(id, r => r is { State: CloudResourceState.Running, NextAt: null });
        return id;
    }

    /// <summary>Submits and grants.</summary>
    internal async Task DecideAsync(Guid order)
    {
        await OrderWorld.Done(Officer.PostAsJsonAsync($"{OrderWorld.Orders}/{order}/submission", new { revision = await RevisionAsync(order) }));
        await OrderWorld.Done(Authority.PostAsJsonAsync($"{OrderWorld.Orders}/{order}/grant", new { revision = await RevisionAsync(order) }));
    }

    internal async Task<CloudResource> UntilAsync(Guid id, Func<CloudResource, bool> holds)
    {
        for (var attempt = 0; attempt < 300; attempt++)
        {
            var resource = await Platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == id));
            if (holds(resource)) { return resource; }
            await Task.Delay(100);
        }

        var last = await Platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == id));
        throw new TimeoutException($"{last.State} {last.Problem} {last.NextAt}");
    }

    private async Task<int> RevisionAsync(Guid order) => (await Officer.GetFromJsonAsync<JsonElement>($"{OrderWorld.Orders}/{order}")).GetProperty("revision").GetInt32();
}
