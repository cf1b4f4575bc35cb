using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Engines.Lxd;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Delivery;

/// <summary>An order's whole life at a real LXD that is killed at every step and started again by <c>tools/lxd up</c>, as an operator would.</summary>
[OnDatabase(Once = true)]
[Collection(typeof(LxdTests))]
public sealed class LxdKilledTests(LxdFixture lxd, DeliveryScene scene, ITestOutputHelper output) : IClassFixture<DeliveryScene>
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(6);
    private static readonly SemaphoreSlim Door = new(1);
    private readonly List<string> kills = [];
    private readonly List<Task> underWay = [];
    private LxdDaemon daemon = null!;

    /// <param name="isMidst">False: before the request reaches it, and once it has answered but nobody heard it. True: while it is at work.</param>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LxdKilledAtEveryStep_OrderEndsWithOneInstanceHeldOnce_AndGivenBackWithNone(bool isMidst)
    {
        _ = lxd.Engine;
        await using var own = new LxdDaemon(isBare: false);
        (await own.TryStartAsync()).ShouldBeNull();
        daemon = own;
        var path = Path.Combine(own.Folder, "gate.socket");
        var pool = await scene.PoolAsync("lxd", $"unix:{path}", 1_000_000);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        await using var gate = new EngineGate(path, own.Socket, async step =>
        {
            int times;
            lock (seen) { times = seen[step] = seen.GetValueOrDefault(step) + 1; }
            if (!isMidst) { return times == 1 && await KillAsync(step, TimeSpan.Zero); }
            // How long its work takes differs; so once early and once late.
            if (times <= 2 && step.StartsWith("before ", StringComparison.Ordinal)) { lock (underWay) { underWay.Add(KillAsync(step.Replace("before", "during", StringComparison.Ordinal), TimeSpan.FromMilliseconds(times == 1 ? 40 : 200))); } }
            return false;
        });

        var id = await scene.GrantAsync(pool.Id, memory: 32);
        await SettleAsync(id);
        (await scene.ReadAsync(id)).ShouldSatisfyAllConditions(r => r.State.ShouldBe(CloudResourceState.Running), r => r.Problem.ShouldBeNull());
        (await InstancesAsync()).Count.ShouldBe(1);
        (await scene.HoldAsync(id)).State.ShouldBe(HoldState.Active);

        ResourceAmount[] more = [new("vcpu", 1000), new("memory", 48), new("disk", 1), new("instance", 1)];
        await scene.WithDb(async db =>
        {
            var (resource, now) = (await db.CloudResources.SingleAsync(r => r.Id == id), TimeProvider.System.GetUtcNow());
            await using var transaction = await db.Database.BeginTransactionAsync();
            (await Holds.ResizeAsync(db, id, more, Actor.Platform, now, default)).Result.ShouldBe(HoldResult.Done);
            (resource.Amounts, resource.NextAt) = (Amounts.Of(more), now);
            resource.Touch();
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
            return true;
        });
        await SettleAsync(id);
        (await InstancesAsync()).ShouldHaveSingleItem().Size.MemoryMiB.ShouldBe(48);

        var task = new ResourceTask { Id = DeliveryScene.Id(), ResourceId = id, Kind = ResourceTaskKind.Snapshot, Subject = "s1", AskedBy = id, AskedAt = TimeProvider.System.GetUtcNow(), NextAt = TimeProvider.System.GetUtcNow() };
        await scene.WithDb(async db =>
        {
            db.ResourceTasks.Add(task);
            return await db.SaveChangesAsync();
        });
        await SettleAsync(id);
        (await scene.WithDb(db => db.ResourceTasks.AsNoTracking().SingleAsync(t => t.Id == task.Id))).ShouldSatisfyAllConditions(t => t.State.ShouldBe(ResourceTaskState.Done), t => t.Problem.ShouldBeNull());
        using (var engine = Past())
        {
            var instance = await scene.InstanceAsync(id);
            (await engine.ListSnapshotsAsync(instance, default)).Given().ShouldHaveSingleItem();
            // It is whole: set back to it, it runs.
            (await engine.RestoreAsync(instance, EngineName.Parse("s1"), default)).ShouldBeDone();
            (await engine.ExecAsync(instance, new ExecOrder("true"), default)).Given().ExitCode.ShouldBe(0);
        }

        await scene.WishAsync(id, ResourceWish.Stopped);
        await SettleAsync(id);
        (await InstancesAsync()).ShouldHaveSingleItem().Status.ShouldBe(InstanceStatus.Stopped);
        await scene.WishAsync(id, ResourceWish.Running);
        await SettleAsync(id);
        await scene.WishAsync(id, ResourceWish.Removed);
        await SettleAsync(id);
        output.WriteLine(string.Join('\n', kills));
        (await scene.ReadAsync(id)).State.ShouldBe(CloudResourceState.Removed);
        (await InstancesAsync()).ShouldBeEmpty();
        (await scene.HoldAsync(id)).State.ShouldBe(HoldState.Released);
        await scene.RunAsync<WatchResources>();
        (await scene.WithDb(db => db.EngineOrphans.CountAsync(o => o.PoolId == pool.Id))).ShouldBe(0);
        (await scene.WithDb(db => Recounting.DifferencesAsync(db, default))).ShouldBeEmpty();
        (await scene.WithDb(db => db.HostInventories.Where(i => db.CloudHosts.Any(h => h.Id == i.HostId && h.PoolId == pool.Id)).SumAsync(i => i.Used))).ShouldBe(0);
        // Of a retried start or stop the span may be cut; what is billed has no gap and no overlap.
        var spans = await scene.SpansAsync(id);
        spans.Zip(spans.Skip(1)).ShouldAllBe(s => s.First.Until == s.Second.From);
        foreach (var step in new[] { "/projects", "/networks", "/instances", "/instances/*/state", "/instances/*/snapshots" }) { kills.ShouldContain(k => k.EndsWith(step, StringComparison.Ordinal), $"nothing was killed at {step}"); }
        kills.ShouldContain(k => k.Contains("PATCH", StringComparison.Ordinal));
        kills.ShouldContain(k => k.Contains("DELETE", StringComparison.Ordinal));
    }

    /// <summary>True once it was killed and is back.</summary>
    private async Task<bool> KillAsync(string step, TimeSpan after)
    {
        await Task.Delay(after);
        await Door.WaitAsync();
        try
        {
            var began = TimeProvider.System.GetTimestamp();
            await daemon.KillAsync();
            await Task.Delay(500);
            (await daemon.TryStartAsync()).ShouldBeNull(step);
            output.WriteLine(step);
            lock (kills) { kills.Add($"{TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s {step}"); }
            return true;
        }
        finally { Door.Release(); }
    }

    /// <summary>The jobs' passes until nothing is due, and it runs again whatever was done to it.</summary>
    private async Task SettleAsync(Guid id)
    {
        var until = TimeProvider.System.GetUtcNow() + Longest;
        while (await scene.WithDb(db => db.CloudResources.AnyAsync(r => r.Id == id && r.NextAt != null)) || await scene.WithDb(db => db.ResourceTasks.AnyAsync(t => t.ResourceId == id && t.NextAt != null)))
        {
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, $"{(await scene.ReadAsync(id)).Problem} does not settle; {string.Join(", ", kills)}");
            await scene.DueAsync(id);
            await scene.WithDb(db => db.ResourceTasks.Where(t => t.ResourceId == id && t.NextAt != null).ExecuteUpdateAsync(s => s.SetProperty(t => t.NextAt, DateTimeOffset.UnixEpoch).SetProperty(t => t.Attempts, 0)));
            await scene.RunAsync<DeliverResources>();
            await scene.RunAsync<DoTasks>();
            await Task.Delay(100);
        }

        Task[] open;
        lock (underWay) { open = [.. underWay]; }
        await Task.WhenAll(open);
    }

    /// <summary>What the engine has of ours, asked past the gate.</summary>
    private async Task<IReadOnlyList<EngineInstance>> InstancesAsync()
    {
        using var engine = Past();
        var found = new List<EngineInstance>();
        (await engine.ReadInstancesAsync(new InstanceFilter(), found.Add, default)).ShouldBeDone();
        return found;
    }

    private LxdEngine Past() => new(new LxdOptions(scene.App.Services.GetRequiredService<PoolEngines>().Owner) { Socket = daemon.Socket }, TimeProvider.System);
}
