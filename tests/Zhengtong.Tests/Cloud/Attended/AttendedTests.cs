using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Cloud.Orders;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Attended;

/// <summary>Services of people, from the order to the end.</summary>
[OnDatabase]
public sealed class AttendedTests(PlatformFixture platform)
{
    private const string Attended = "/api/v1/cloud/attended-services";

    [Fact]
    public async Task Granted_WaitsForItsProvider_RunsAndIsBilledFromTheAnswer_EndsWhenGivenBack()
    {
        var (world, provider, id) = await GrantedAsync();
        var waiting = await ReadAsync(id);
        (waiting.State, waiting.Problem, waiting.DeliveredAt).ShouldBe((CloudResourceState.Changing, "attended-asked", null));
        (await world.Held("instance")).ShouldBe((0, 0));
        var asked = (await provider.GetFromJsonAsync<JsonElement>($"{Attended}?state=asked")).GetProperty("items").EnumerateArray().Single();
        (asked.GetProperty("resourceId").GetGuid(), asked.GetProperty("service").GetString(), asked.GetProperty("system").GetString()).ShouldBe((id, "等级保护测评", "业务系统"));
        (await provider.GetPage("/work")).ShouldContain($"/work/cloud/attended/{id}");
        (await platform.WithDb(db => db.Notices.CountAsync(n => n.OrganisationId == world.Provider.Id && n.TextKey == "cloud.notice.attended-asked"))).ShouldBe(1);
        // Asked again by a delivery that died, it is told once.
        await DriveAsync(id);
        (await platform.WithDb(db => db.Notices.CountAsync(n => n.OrganisationId == world.Provider.Id && n.TextKey == "cloud.notice.attended-asked"))).ShouldBe(1);

        var stranger = await platform.SignedIn(await platform.Department(), Role.PlatformOperator);
        (await (await stranger.GetAsync($"{Attended}/{id}")).ReadProblemCode()).ShouldBe("cloud.attended-not-found");
        (await (await AnswerAsync(stranger, id, true, "已完成测评", 1)).ReadProblemCode()).ShouldBe("cloud.attended-not-found");
        (await (await world.Officer.GetAsync(Attended)).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await (await AnswerAsync(provider, id, true, "x", 1)).ReadProblemCode()).ShouldBe("kernel.invalid");
        (await (await AnswerAsync(provider, id, true, "已完成测评", 2)).ReadProblemCode()).ShouldBe("cloud.changed-meanwhile");
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => AnswerAsync(provider, id, true, "报告编号 2026-17，联系安全科", 1)));
        answers.Count(a => a.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        (await (await AnswerAsync(provider, id, false, "不能提供", 2)).ReadProblemCode()).ShouldBe("cloud.attended-answered");

        await DriveAsync(id);
        var running = await ReadAsync(id);
        (running.State, running.Problem, running.NextAt).ShouldBe((CloudResourceState.Running, null, null));
        (await platform.WithDb(db => db.ResourceSpans.CountAsync(s => s.ResourceId == id && s.Until == null && s.IsRunning))).ShouldBe(1);
        (await platform.WithDb(db => db.Holds.Where(h => h.ConsumerId == id).Select(h => h.State).SingleAsync())).ShouldBe(HoldState.Active);
        (await world.Officer.GetPage($"/work/cloud/resources/{id}")).ShouldContain("报告编号 2026-17");
        (await (await world.Officer.PostAsJsonAsync($"/api/v1/cloud/resources/{id}/power", new { isOn = false, revision = running.Revision })).ReadProblemCode()).ShouldBe("cloud.act-not-offered");

        await OrderWorld.Done(world.Officer.PostAsJsonAsync($"/api/v1/cloud/resources/{id}/return", new { reason = "不再需要" }));
        await DriveAsync(id);
        (await ReadAsync(id)).State.ShouldBe(CloudResourceState.Removed);
        (await provider.GetFromJsonAsync<JsonElement>($"{Attended}/{id}")).GetProperty("service").GetProperty("state").GetString().ShouldBe("ended");
        (await platform.WithDb(db => db.Notices.CountAsync(n => n.OrganisationId == world.Provider.Id && n.TextKey == "cloud.notice.attended-ended"))).ShouldBe(1);
        (await world.Differences()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Declined_FailsWithTheReason_AskedAgainItIsProvided()
    {
        var (world, provider, id) = await GrantedAsync();
        await OrderWorld.Done(AnswerAsync(provider, id, false, "本季度名额已满", 1));
        await DriveAsync(id);
        var failed = await ReadAsync(id);
        (failed.State, failed.Problem, failed.NextAt).ShouldBe((CloudResourceState.Failed, "attended-declined", null));
        var page = await world.Officer.GetPage($"/work/cloud/resources/{id}");
        page.ShouldContain("本季度名额已满");
        page.ShouldContain("id=\"retry-form\"");
        await OrderWorld.Done(world.Officer.PostAsJsonAsync($"/api/v1/cloud/resources/{id}/retries", new { anew = false, reason = "下季度再测", revision = failed.Revision }));
        await DriveAsync(id);
        (await ReadAsync(id)).Problem.ShouldBe("attended-asked");
        await OrderWorld.Done(AnswerAsync(provider, id, true, "下月初进场", 3));
        await DriveAsync(id);
        (await ReadAsync(id)).State.ShouldBe(CloudResourceState.Running);
    }

    [Fact]
    public async Task Pages_ListDetailAndAnswerWithoutScript()
    {
        var (_, provider, id) = await GrantedAsync();
        (await provider.GetPage("/work/cloud/attended?state=Asked")).ShouldContain($"/work/cloud/attended/{id}");
        (await (await provider.GetAsync("/work/cloud/attended/export.csv")).Content.ReadAsStringAsync()).ShouldContain("等级保护测评");
        var page = await provider.GetPage($"/work/cloud/attended/{id}");
        page.ShouldContain("省政府工作要点");
        var bad = await provider.Submit($"/work/cloud/attended/{id}", "answer", ("revision", "1"), ("note", ""), ("provided", "true"));
        bad.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var done = await provider.Submit($"/work/cloud/attended/{id}", "answer", ("revision", "1"), ("note", "已安排"), ("provided", "true"));
        done.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        done.Headers.Location!.ToString().ShouldEndWith("?done=provided");
    }

    /// <summary>A service of people, published, ordered and granted; the delivery came by once.</summary>
    private async Task<(OrderWorld World, HttpClient Provider, Guid Resource)> GrantedAsync()
    {
        var world = await OrderWorld.MakeAsync(platform);
        var provider = await platform.SignedIn(world.Provider, Role.PlatformOperator);
        var code = OrderWorld.NewCode();
        await OrderWorld.Done(provider.PostAsJsonAsync("/api/v1/cloud-services", new
        {
            code, service = new
            {
                name = "等级保护测评", category = "informationSecurity", layer = "saaS", summary = "按等级保护要求测评", level = new { availability = 0, answerHours = 24, recoveryHours = 72, supportTimes = "工作日" }, form = "attended",
                plans = new object[] { new { code = "level-3", name = "三级", amounts = Array.Empty<object>(), images = Array.Empty<string>(), meters = new[] { "one-time" } } },
            },
        }));
        await OrderWorld.Done(world.Authority.PostAsJsonAsync($"/api/v1/cloud-services/{code}/publication", new { revision = 1 }));
        await OrderWorld.Done(world.Authority.PostAsJsonAsync($"/api/v1/cloud-services/{code}/prices", new { plan = "level-3", meter = "one-time", amount = 60_000m, validFrom = TimeProvider.System.GetUtcNow(), source = "省价格〔2026〕1号" }));
        var order = await world.Submitted(new { name = "三级测评", service = code, plan = "level-3", amounts = (object?)null, image = (string?)null, count = 1, isApart = false, userData = (string?)null });
        await OrderWorld.Done(world.Grant(order));
        var id = (await world.Resources(order)).Single().Id;
        await DriveAsync(id);
        return (world, provider, id);
    }

    private static Task<HttpResponseMessage> AnswerAsync(HttpClient client, Guid id, bool isProvided, string note, int revision) => client.PostAsJsonAsync($"{Attended}/{id}/answer", new { isProvided, note, revision });

    private Task DriveAsync(Guid id) => platform.App.Services.GetRequiredService<Delivering>().DriveAsync(id, default);

    private Task<CloudResource> ReadAsync(Guid id) => platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == id));
}
