using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Delivery;

/// <summary>Orders delivered by a real LXD, while the platform is killed at every step.</summary>
[OnDatabase(Once = true)]
[Collection(typeof(LxdTests))]
public sealed class LxdDeliveryTests(LxdFixture lxd, DeliveryScene scene, ITestOutputHelper output) : IClassFixture<DeliveryScene>
{
    [Fact]
    public async Task Granted_RunsOnItsAddress_WithItsUserData_TwentyAtOnceHaveTheirOwn()
    {
        _ = lxd.Engine;
        var pool = await scene.PoolAsync("lxd", $"unix:{lxd.Daemon.Socket}", 1_000_000);
        var ids = new List<Guid>();
        for (var n = 0; n < 20; n++) { ids.Add(await scene.GrantAsync(pool.Id, memory: 32, userData: n == 0 ? "#cloud-config\nhostname: 云" : null)); }
        await SettleAsync(ids);
        var made = await scene.WithDb(db => db.CloudResources.AsNoTracking().Where(r => ids.Contains(r.Id)).ToListAsync());
        made.ShouldAllBe(r => r.State == CloudResourceState.Running && r.Problem == null);
        made.Select(r => r.Address).Distinct().Count().ShouldBe(20);
        (await scene.WithDb(db => Recounting.DifferencesAsync(db, default))).ShouldBeEmpty();
        foreach (var id in ids) { await scene.WishAsync(id, ResourceWish.Removed); }
        await SettleAsync(ids);
        (await scene.WithDb(db => db.CloudResources.CountAsync(r => ids.Contains(r.Id) && r.State == CloudResourceState.Removed))).ShouldBe(20);
        (await InstancesAsync(pool)).ShouldBeEmpty();
    }

    [Fact]
    public async Task PlatformKilledAtEveryStep_OrderEndsWithOneInstanceHeldOnce_AndGivenBackWithNone()
    {
        _ = lxd.Engine;
        var path = Path.Combine(lxd.Daemon.Folder, "gate.socket");
        var pool = await scene.PoolAsync("lxd", $"unix:{path}", 1_000_000);
        var deployment = scene.App.Services.GetRequiredService<Deployment>();
        var died = new ConcurrentDictionary<string, bool>();
        ServedProcess? program = null;
        await using var gate = new EngineGate(path, lxd.Daemon.Socket, async step =>
        {
            if (!died.TryAdd(step, true)) { return false; }
            await program!.KillAsync();
            return true;
        });
        var id = await scene.GrantAsync(pool.Id, memory: 32);
        try
        {
            await UntilAsync(r => r is { State: CloudResourceState.Running, NextAt: null });
            (await InstancesAsync(pool)).Count.ShouldBe(1);
            (await scene.HoldAsync(id)).State.ShouldBe(HoldState.Active);
            (await scene.SpansAsync(id)).Count.ShouldBe(1);
            await scene.WishAsync(id, ResourceWish.Removed);
            await UntilAsync(r => r.State == CloudResourceState.Removed);
            (await InstancesAsync(pool)).ShouldBeEmpty();
            (await scene.HoldAsync(id)).State.ShouldBe(HoldState.Released);
            (await scene.WithDb(db => Recounting.DifferencesAsync(db, default))).ShouldBeEmpty();
            output.WriteLine(string.Join('\n', died.Keys.Order(StringComparer.Ordinal)));
            // Project, network and its rules, the instance, its start, its stop, its end; each before and after.
            died.Count.ShouldBeGreaterThanOrEqualTo(12);
        }
        finally { program?.Dispose(); }

        async Task UntilAsync(Func<CloudResource, bool> isSo)
        {
            var until = TimeProvider.System.GetUtcNow().AddMinutes(8);
            while (!isSo(await scene.ReadAsync(id)))
            {
                TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, $"still {(await scene.ReadAsync(id)).Problem}");
                if (program is null || program.HasEnded)
                {
                    program?.Dispose();
                    program = ServedProcess.Start(deployment);
                }

                // What waits for its next attempt need not wait here.
                await scene.DueAsync(id);
                await Task.Delay(100);
            }

            await program!.KillAsync();
            program.Dispose();
            program = null;
        }
    }

    /// <summary>The job's passes until these are as they are to be, or somebody must decide.</summary>
    private async Task SettleAsync(IReadOnlyList<Guid> ids)
    {
        var until = TimeProvider.System.GetUtcNow().AddMinutes(8);
        while (await scene.WithDb(db => db.CloudResources.AnyAsync(r => ids.Contains(r.Id) && r.NextAt != null)))
        {
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, $"{(await scene.ReadAsync(ids[0])).Problem} does not settle");
            foreach (var id in ids) { await scene.DueAsync(id); }
            await scene.RunAsync<DeliverResources>();
            await Task.Delay(100);
        }
    }

    /// <summary>What the engine has of a pool, whoever knows of it; asked past the gate.</summary>
    private async Task<IReadOnlyList<EngineInstance>> InstancesAsync(ResourcePool pool)
    {
        var engine = scene.App.Services.GetServices<IEngineDriver>().Single(d => d.Name == "lxd").Open(scene.App.Services.GetRequiredService<PoolEngines>().Owner, $"unix:{lxd.Daemon.Socket}", null);
        var found = new List<EngineInstance>();
        (await engine.ReadInstancesAsync(new InstanceFilter(null, "pool", pool.Id.ToString()), found.Add, default)).ShouldBeDone();
        return found;
    }
}
