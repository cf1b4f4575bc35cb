using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Orders;

/// <summary>A department with a quota, a business system, and a published service of somebody else to order.</summary>
internal sealed class OrderWorld
{
    internal const string Orders = "/api/v1/cloud/orders";

    internal required PlatformFixture Platform { get; init; }

    internal required Organisation Department { get; init; }

    internal required Organisation Provider { get; init; }

    internal required HttpClient Officer { get; init; }

    internal required Guid OfficerId { get; init; }

    internal required string OfficerName { get; init; }

    internal required HttpClient Authority { get; init; }

    internal required string Code { get; init; }

    internal required Guid System { get; init; }

    internal required Guid Node { get; init; }

    internal static string NewCode() => $"ecs-{CloudWorld.NewId():N}"[..36];

    internal static object Service(string code) => new { code, service = Text("弹性云主机") };

    internal static object Text(string name) => new
    {
        name, category = "infrastructure", layer = "iaaS", summary = "按需使用的虚拟机", level = new { availability = 99_950, answerHours = 1, recoveryHours = 4, supportTimes = "7×24" }, form = "instance",
        plans = new object[]
        {
            new { code = "small", name = "小型", amounts = new object[] { Amount("vcpu", 1000, 1000, 1), Amount("memory", 1024, 1024, 1), Amount("instance", 1, 1, 1) }, images = new[] { "busybox" }, meters = new[] { "vcpu-hour", "instance-month" } },
            new { code = "free", name = "自选", amounts = new object[] { Amount("vcpu", 1000, 8000, 1000), Amount("memory", 512, 16384, 512) }, images = new[] { "busybox", "debian/12" }, meters = Array.Empty<string>() },
        },
    };

    private static object Amount(string kind, long least, long most, long step) => new { kind, least, most, step };

    /// <summary>Cores are the department's limit; memory and instances are plenty. No pool stands in the chosen network at this level: what is granted waits.</summary>
    internal static async Task<OrderWorld> MakeAsync(PlatformFixture platform, long cores = 100_000, string zone = "governmentExtranet", int protection = 5)
    {
        var (department, provider, above) = (await platform.Department(), await platform.Department(), await platform.Department());
        var (officer, account) = await platform.SignedInAs(department, Role.DepartmentOfficer);
        var authority = await platform.SignedIn(above, Role.Authority);
        var drafts = await platform.SignedIn(provider, Role.PlatformOperator);
        var code = NewCode();
        await Done(drafts.PostAsJsonAsync("/api/v1/cloud-services", Service(code)));
        await Done(authority.PostAsJsonAsync($"/api/v1/cloud-services/{code}/publication", new { revision = 1 }));
        foreach (var (meter, amount) in new[] { ("vcpu-hour", 0.12m), ("instance-month", 10m) })
        {
            await Done(authority.PostAsJsonAsync($"/api/v1/cloud-services/{code}/prices", new { plan = "small", meter, amount, validFrom = TimeProvider.System.GetUtcNow(), source = "省价格〔2026〕1号" }));
        }

        var system = (await (await Done(officer.PostAsJsonAsync("/api/v1/cloud/systems", SystemOf("业务系统", zone, protection)))).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        // A root of its own: tests do not share a quota.
        var node = QuotaNode.Below(null, QuotaLevel.Department, QuotaNode.KeyOf(department.Id), RegionCode.Parse("610000"), department.Id, null, TimeProvider.System.GetUtcNow());
        await platform.WithDb(async db =>
        {
            db.QuotaNodes.Add(node);
            db.QuotaCounters.AddRange(new[] { ("vcpu", cores), ("memory", 10_000_000), ("instance", 10_000) }.Select(l => new QuotaCounter { NodeId = node.Id, Kind = l.Item1, Limit = l.Item2 }));
            return await db.SaveChangesAsync();
        });
        return new OrderWorld { Platform = platform, Department = department, Provider = provider, Officer = officer, OfficerId = account.Id, OfficerName = account.UserName!, Authority = authority, Code = code, System = system, Node = node.Id };
    }

    internal static object SystemOf(string name, string zone, int protection) => new { name, purpose = "办理业务", protection, protectionRecord = "61000-26001", zone };

    internal static string Day(int days) => ChinaTime.DateOf(TimeProvider.System.GetUtcNow()).AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    internal object Item(string name = "web", string plan = "small", int count = 1, object? amounts = null, string? userData = null, bool isApart = false) => new { name, service = Code, plan, amounts, image = (string?)null, count, isApart, userData };

    internal object Order(params object[] items) => Order("governmentExtranet", items);

    internal object Order(string zone, object[] items) => new { order = new { systemId = System, zone, projectId = (Guid?)null, items = items.Length == 0 ? [Item()] : items, until = Day(365), ground = "省政府工作要点" } };

    internal async Task<Guid> Draft(params object[] items) => (await (await Done(Officer.PostAsJsonAsync(Orders, Order(items)))).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();

    internal async Task<Guid> Submitted(params object[] items)
    {
        var id = await Draft(items);
        await Done(Submit(id));
        return id;
    }

    internal async Task<HttpResponseMessage> Submit(Guid id) => await Officer.PostAsJsonAsync($"{Orders}/{id}/submission", new { revision = await Revision(id) });

    internal async Task<HttpResponseMessage> Grant(Guid id, HttpClient? by = null) => await (by ?? Authority).PostAsJsonAsync($"{Orders}/{id}/grant", new { revision = await Revision(id) });

    internal Task<JsonElement> Seen(Guid id) => Officer.GetFromJsonAsync<JsonElement>($"{Orders}/{id}");

    internal async Task<int> Revision(Guid id) => (await Seen(id)).GetProperty("revision").GetInt32();

    internal Task<List<CloudResource>> Resources(Guid id) => Platform.WithDb(db => db.CloudResources.AsNoTracking().Where(r => r.OrderId == id).OrderBy(r => r.Number).ToListAsync());

    internal async Task<(long Reserved, long Active)> Held(string kind = "vcpu") => await Platform.WithDb(async db =>
        await db.QuotaCounters.AsNoTracking().SingleAsync(c => c.NodeId == Node && c.Kind == kind) is var c ? (c.Reserved, c.Active) : default);

    internal Task<List<CounterDifference>> Differences() => Platform.WithDb(async db => (await Recounting.DifferencesAsync(db, CancellationToken.None)).Where(d => d.Node == Node).ToList());

    internal static async Task<HttpResponseMessage> Done(Task<HttpResponseMessage> act)
    {
        var answer = await act;
        ((int)answer.StatusCode).ShouldBeLessThan(300, await answer.Content.ReadAsStringAsync());
        return answer;
    }
}
