using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Metering;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Reclaim;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Cloud.Metering;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Reclaim;

/// <summary>An idle resource from its finding to its removal, over HTTP and by the rounds.</summary>
[OnDatabase]
public sealed class ReclaimIdleTests(PlatformFixture platform)
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task Idle_Resource_IsNoticedStoppedKeptAndRemoved()
    {
        var (world, @operator) = (await MeteredWorld.MakeAsync(platform), await platform.SignedIn(await platform.Department(), Role.PlatformOperator));
        var (idle, busy, known) = (await Resource(world, 20, 1440), await Resource(world, 900, 1440), await Resource(world, 20, 1000));
        var officer = await platform.SignedIn(world.Department, Role.DepartmentOfficer);
        await world.PriceAsync("vcpu-hour", 0.1m, Now.AddYears(-1));
        var advice = (await officer.GetFromJsonAsync<JsonElement>("/api/v1/cloud/size-advice")).GetProperty("items").EnumerateArray().ToDictionary(a => a.GetProperty("resourceId").GetGuid());
        advice[known.Id].GetProperty("verdict").GetString().ShouldBe("unknown");
        advice[busy.Id].GetProperty("verdict").GetString().ShouldBe("fit");
        advice[idle.Id].GetProperty("verdict").GetString().ShouldBe("idle");
        // One of two cores would do: a tenth of a yuan an hour.
        advice[idle.Id].GetProperty("advice").EnumerateArray().Select(a => (a.GetProperty("cores").GetInt64(), a.GetProperty("savingPerMonth").GetDecimal())).ShouldBe([(1000L, 73m), (1000L, 73m), (1000L, 73m)]);
        await platform.WithDb(db => ReclaimIdle.FindAsync(db, Now, default));
        var found = await platform.WithDb(db => db.Reclaims.AsNoTracking().Where(r => r.OrganisationId == world.Department.Id).ToListAsync());
        var reclaim = found.ShouldHaveSingleItem();
        (reclaim.ResourceId, reclaim.CpuMean, reclaim.Days, reclaim.Coverage).ShouldBe((idle.Id, 10, 30, 1000));
        (await platform.WithDb(db => db.Reclaims.AnyAsync(r => r.ResourceId == busy.Id || r.ResourceId == known.Id))).ShouldBeFalse();
        await platform.WithDb(db => ReclaimIdle.FindAsync(db, Now, default));
        (await platform.WithDb(db => db.Reclaims.CountAsync(r => r.ResourceId == idle.Id))).ShouldBe(1);

        (await officer.GetFromJsonAsync<JsonElement>("/api/v1/cloud/reclaims")).GetProperty("total").GetInt64().ShouldBe(0);
        (await (await officer.PostAsync($"/api/v1/cloud/reclaims/{reclaim.Id}/notice", null)).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await @operator.PostAsync($"/api/v1/cloud/reclaims/{reclaim.Id}/notice", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await @operator.PostAsync($"/api/v1/cloud/reclaims/{reclaim.Id}/notice", null)).ReadProblemCode()).ShouldBe("cloud.reclaim-moved-on");
        (await officer.GetFromJsonAsync<JsonElement>("/api/v1/cloud/reclaims")).GetProperty("items")[0].GetProperty("state").GetString().ShouldBe("noticed");

        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await stranger.PostAsJsonAsync($"/api/v1/cloud/reclaims/{reclaim.Id}/objection", new { reason = "要用" })).ReadProblemCode()).ShouldBe("cloud.reclaim-not-found");
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => officer.PostAsJsonAsync($"/api/v1/cloud/reclaims/{reclaim.Id}/objection", new { reason = "年底还要用" })));
        answers.Count(a => a.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        // While it is open nothing moves on.
        (await Advance(reclaim.Id, Now.AddDays(20))).ShouldBeFalse();
        (await @operator.PostAsJsonAsync($"/api/v1/cloud/reclaims/{reclaim.Id}/decision", new { uphold = false, answer = "可重新申请" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        // The second look: the evidence of the 30 days before it.
        var second = (await Read(reclaim.Id)).ObjectUntil!.Value;
        await Days(idle, second, 20, 1440);
        (await Advance(reclaim.Id, second)).ShouldBeTrue();
        (await Wish(idle.Id)).ShouldBe(ResourceWish.Stopped);
        var tasks = await platform.WithDb(db => db.ResourceTasks.Where(t => t.ResourceId == idle.Id).ToListAsync());
        tasks.Select(t => t.Kind).ShouldBe([ResourceTaskKind.Snapshot, ResourceTaskKind.BackUp], ignoreOrder: true);
        var due = (await Read(reclaim.Id)).RemoveAfter!.Value;
        (await Advance(reclaim.Id, due)).ShouldBeFalse();
        await platform.WithDb(async db =>
        {
            await db.ResourceTasks.Where(t => t.ResourceId == idle.Id).ExecuteUpdateAsync(s => s.SetProperty(t => t.State, ResourceTaskState.Done));
            return await db.CloudResources.Where(r => r.Id == idle.Id).ExecuteUpdateAsync(s => s.SetProperty(r => r.State, CloudResourceState.Stopped));
        });
        (await Advance(reclaim.Id, due.AddSeconds(-1))).ShouldBeFalse();
        (await Advance(reclaim.Id, due)).ShouldBeTrue();
        (await Wish(idle.Id)).ShouldBe(ResourceWish.Removed);
        await platform.WithDb(db => db.CloudResources.Where(r => r.Id == idle.Id).ExecuteUpdateAsync(s => s.SetProperty(r => r.State, CloudResourceState.Removed)));
        (await Advance(reclaim.Id, due.AddHours(1))).ShouldBeTrue();
        (await Read(reclaim.Id)).State.ShouldBe(ReclaimState.Reclaimed);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "cloud.reclaim-moved" && e.Subject == reclaim.Id.ToString()))).ShouldBe(6);
        (await platform.WithDb(db => db.Ledger.AnyAsync(e => e.Event == "cloud.idle-found" && e.Subject == reclaim.Id.ToString()))).ShouldBeTrue();
    }

    [Fact]
    public async Task Excluded_OrSmallerBefore_IsNotFound()
    {
        var (world, @operator) = (await MeteredWorld.MakeAsync(platform), await platform.SignedIn(await platform.Department(), Role.PlatformOperator));
        var (excluded, resized) = (await Resource(world, 20, 1440), await Resource(world, 20, 1440));
        (await (await @operator.PostAsJsonAsync("/api/v1/cloud/reclaim-exclusions", new { resourceId = excluded.Id, until = ChinaTime.DateOf(Now).AddYears(2), reason = "灾备" })).ReadProblemCode()).ShouldBe("cloud.invalid");
        (await @operator.PostAsJsonAsync("/api/v1/cloud/reclaim-exclusions", new { resourceId = excluded.Id, until = ChinaTime.DateOf(Now).AddDays(30), reason = "灾备" })).StatusCode.ShouldBe(HttpStatusCode.Created);
        await platform.WithDb(async db =>
        {
            // It was of another size until five days ago.
            await db.ResourceSpans.Where(s => s.ResourceId == resized.Id).ExecuteUpdateAsync(s => s.SetProperty(x => x.Until, Now.AddDays(-5)));
            var bigger = Amounts.Of([new("vcpu", 4000), new("memory", 4096), new("disk", 40), new("instance", 1)]);
            db.ResourceSpans.Add(MeteredWorld.Span(resized, Now.AddDays(-5), null, amounts: bigger));
            (await db.CloudResources.SingleAsync(r => r.Id == resized.Id)).Amounts = bigger;
            return await db.SaveChangesAsync();
        });
        await platform.WithDb(db => ReclaimIdle.FindAsync(db, Now, default));
        (await platform.WithDb(db => db.Reclaims.CountAsync(r => r.OrganisationId == world.Department.Id))).ShouldBe(0);
        var authority = await platform.SignedIn(await platform.Department(), Role.Authority);
        (await (await authority.PostAsJsonAsync("/api/v1/cloud/reclaim-rules", new { idleCpu = 100, underusedCpu = 50, days = 30, coverage = 950, objectionDays = 5, keptDays = 10, reason = "x" })).ReadProblemCode()).ShouldBe("kernel.invalid");
        (await (await authority.PostAsJsonAsync("/api/v1/cloud/reclaim-rules", new { idleCpu = 100, underusedCpu = 50, days = 30, coverage = 950, objectionDays = 5, keptDays = 10, reason = "按年度通知" })).ReadProblemCode()).ShouldBe("cloud.invalid");
        (await authority.PostAsJsonAsync("/api/v1/cloud/reclaim-rules", new { idleCpu = 50, underusedCpu = 400, days = 30, coverage = 950, objectionDays = 5, keptDays = 10, reason = "按年度通知" })).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    private async Task<CloudResource> Resource(MeteredWorld world, int cpu, int covered)
    {
        var resource = await world.ResourceAsync(Now.AddDays(-60));
        await Days(resource, Now, cpu, covered);
        return resource;
    }

    /// <summary>Thirty closed days before a moment.</summary>
    private Task<int> Days(CloudResource resource, DateTimeOffset before, int cpu, int covered) => platform.WithDb(async db =>
    {
        var there = (await db.MeterDays.Where(d => d.ResourceId == resource.Id).Select(d => d.Day).ToListAsync()).ToHashSet();
        db.MeterDays.AddRange(Enumerable.Range(1, 30).Select(n => ChinaTime.DateOf(before).AddDays(-n)).Where(d => !there.Contains(d)).Select(d => new MeterDay
        {
            ResourceId = resource.Id, Day = d, IsClosed = true, Figures = new MeterFigures { Covered = covered, Gauged = covered, CpuMean = cpu, CpuMax = cpu * 2, CpuPeak = cpu * 2, MemoryMean = 500, MemoryMax = 900 },
        }));
        return await db.SaveChangesAsync();
    });

    private Task<bool> Advance(Guid reclaim, DateTimeOffset now) => platform.WithDb(db => ReclaimIdle.AdvanceAsync(db, reclaim, now, default));

    private Task<ReclaimCase> Read(Guid reclaim) => platform.WithDb(db => db.Reclaims.AsNoTracking().SingleAsync(r => r.Id == reclaim));

    private Task<ResourceWish> Wish(Guid resource) => platform.WithDb(db => db.CloudResources.Where(r => r.Id == resource).Select(r => r.Wish).SingleAsync());
}
