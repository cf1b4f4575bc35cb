using System.Net;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Resources;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Resources;

/// <summary>Drift on its pages, decided as a browser without script does it.</summary>
[OnDatabase]
public sealed class DriftPagesTests(PlatformFixture platform)
{
    private const string List = "/work/cloud/drifts";

    [Theory]
    [InlineData("size", "Another size", "规格不同")]
    [InlineData("power", "Another power state", "开关状态不同")]
    [InlineData("gone", "Gone at the engine", "云引擎上没有了")]
    [InlineData("lost", "Its host is lost", "所在宿主机失联")]
    [InlineData("back", "Back again", "失而复得")]
    public async Task Difference_StandsOnBothPages_AdoptedOnlyWhereItCanBe(string difference, string english, string chinese)
    {
        var (owner, id) = await FoundAsync(difference);
        var keeper = await OperatorAsync();
        var row = RowOf(await keeper.GetPage($"{List}?open=true&size=100"), id);
        row.ShouldContain(english);
        row.ShouldContain(owner.Name);
        keeper.DefaultRequestHeaders.AcceptLanguage.Clear();
        keeper.DefaultRequestHeaders.AcceptLanguage.ParseAdd("zh-CN");
        RowOf(await keeper.GetPage($"{List}?size=100"), id).ShouldContain(chinese);
        var page = await keeper.GetPage(PageOf(id));
        page.ShouldContain(chinese);
        page.ShouldContain("待决定");
        page.Contains("value=\"Adopt\"", StringComparison.Ordinal).ShouldBe(difference is "size" or "power");
        if (difference is "size" or "power") { page.ShouldContain("2 核、128 MiB 内存、1 GiB 磁盘 · 停止"); }

        // Its department sees it and is told who decides; others do not.
        var officer = await platform.SignedIn(owner, Role.DepartmentOfficer);
        (await officer.GetPage($"/work/cloud/resources/{id}")).ShouldContain("the operator is to decide");
        var seen = await officer.GetPage(PageOf(id));
        seen.ShouldContain(english);
        seen.ShouldNotContain("drift-form");
        (await officer.GetAsync(List)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).GetAsync(PageOf(id))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Form_FilledWrong_SaysWhat_AndALateOneDecidesNothing()
    {
        var (_, id) = await FoundAsync("size");
        var keeper = await OperatorAsync();
        var wrong = await keeper.Submit(PageOf(id), "drift", ("decision", "Forget"), ("reason", "x"));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var text = await wrong.Content.ReadAsStringAsync();
        text.ShouldContain("#f-decision");
        text.ShouldContain("#f-reason");
        (await keeper.Submit(PageOf(id), "drift", ("decision", "Mend"), ("reason", "运维核对"), ("revision", "99"))).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await DriftAsync(id)).IsOpen.ShouldBeTrue();
    }

    [Theory]
    [InlineData(DriftDecision.Mend)]
    [InlineData(DriftDecision.Ask)]
    public async Task Decision_ByForm_IsWrittenDownAndSaid(DriftDecision decision)
    {
        var (_, id) = await FoundAsync("power");
        var keeper = await OperatorAsync();
        await DecideAsync(keeper, id, decision);
        (await DriftAsync(id)).ShouldSatisfyAllConditions(d => d.IsOpen.ShouldBe(decision == DriftDecision.Ask), d => d.Rule.ShouldBe(decision == DriftDecision.Ask ? DriftRule.Ask : DriftRule.Mend));
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString() && e.Event == "cloud.drift-decided").Select(e => e.Reason).ToListAsync())).ShouldBe(["运维核对"]);
        RowOf(await keeper.GetPage($"{List}?size=100"), id).ShouldContain(decision == DriftDecision.Ask ? "To be decided" : "Mended");
    }

    [Fact]
    public async Task Size_ChangedAtTheEngine_IsAskedForAndAdopted_AllByForm()
    {
        var (owner, address) = (await platform.Department(), $"pretend:{CloudWorld.NewId()}");
        var id = await RunningInstance.DeliverAsync(platform.App, owner.Id, "pretend", address);
        var (keeper, engine) = (await OperatorAsync(), PretendDriver.Of(platform.App).At(address));
        (await keeper.GetPage(PageOf(id))).ShouldContain("None");
        (await keeper.GetPage($"/work/cloud/resources/{id}")).ShouldContain(PageOf(id));
        await DecideAsync(keeper, id, DriftDecision.Ask);
        var instance = InstanceFulfilment.IdOf(await ReadAsync(id));
        var size = (await engine.FindAsync(instance, default)).Value!.Size;
        (await engine.ResizeAsync(instance, size with { MemoryMiB = 128 }, default)).ShouldBeDone();
        await platform.App.Services.GetRequiredService<Reconcilers>().SettleAsync<WatchResources>(default);
        (await keeper.GetPage(PageOf(id))).ShouldContain("1 vCPU, 128 MiB of memory, 1 GiB of disk · Running");
        await DecideAsync(keeper, id, DriftDecision.Adopt);
        (await ReadAsync(id)).Amounts.Get("memory").ShouldBe(128);
        (await keeper.GetPage(PageOf(id))).ShouldNotContain("Another size");
        (await platform.WithDb(db => db.Notices.CountAsync(n => n.Href == $"/work/cloud/resources/{id}"))).ShouldBeGreaterThan(0);
    }

    private Task<HttpClient> OperatorAsync() => SignedInAsync(Role.PlatformOperator);

    private async Task<HttpClient> SignedInAsync(Role role) => await platform.SignedIn(await platform.Department(), role);

    private static async Task DecideAsync(HttpClient keeper, Guid id, DriftDecision decision)
    {
        var sent = await keeper.Submit(PageOf(id), "drift", ("decision", decision.ToString()), ("reason", "运维核对"));
        sent.StatusCode.ShouldBe(HttpStatusCode.Redirect, await sent.Content.ReadAsStringAsync());
        (await keeper.GetPage($"{PageOf(id)}?done=decided")).ShouldContain("Decided.");
    }

    private static string PageOf(Guid id) => $"/work/cloud/resources/{id}/drift";

    private static string RowOf(string page, Guid id) => page.Split("<tr").Single(r => r.Contains(PageOf(id), StringComparison.Ordinal));

    private Task<CloudResource> ReadAsync(Guid id) => platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == id));

    private Task<ResourceDrift> DriftAsync(Guid id) => platform.WithDb(db => db.ResourceDrifts.AsNoTracking().SingleAsync(d => d.ResourceId == id));

    /// <summary>A resource that runs where no engine is asked, with a difference that waits for a decision.</summary>
    private async Task<(Organisation Owner, Guid Id)> FoundAsync(string difference)
    {
        var owner = await platform.Department();
        return (owner, await platform.WithDb(async db =>
        {
            var resource = await RunningInstance.GrantAsync(db, owner.Id, "none", "-", runsAt: "10.0.0.2");
            var isThere = difference is "size" or "power";
            db.ResourceDrifts.Add(new ResourceDrift
            {
                ResourceId = resource.Id, Rule = DriftRule.Ask, Difference = difference, FoundAt = TimeProvider.System.GetUtcNow(), IsOpen = true, Wanted = resource.Amounts,
                Cpus = isThere ? 2 : 0, MemoryMiB = isThere ? 128 : 0, DiskGiB = isThere ? 1 : 0,
            });
            await db.SaveChangesAsync();
            return resource.Id;
        }));
    }
}
