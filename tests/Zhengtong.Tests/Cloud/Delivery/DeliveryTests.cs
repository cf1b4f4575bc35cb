using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Delivery;

/// <summary>From a granted resource to a running one and back, whatever the engine does meanwhile.</summary>
[OnDatabase]
public sealed class DeliveryTests(DeliveryScene scene) : IClassFixture<DeliveryScene>
{
    [Fact]
    public async Task Granted_IsPlacedMadeStartedActiveAndBilled_ThenStoppedChangedAndGone()
    {
        var (pool, engine) = await scene.PoolAsync();
        var id = await scene.GrantAsync(pool, cores: 1500);
        var there = await scene.DriveAsync(id);
        (there.State, there.Problem, there.NextAt).ShouldBe((CloudResourceState.Running, null, null));
        there.Address.ShouldNotBeNull();
        there.HostId.ShouldNotBeNull();
        (await scene.HoldAsync(id)).State.ShouldBe(HoldState.Active);
        var instance = await scene.InstanceAsync(id);
        // Whole processors, rounded up.
        (await engine.FindAsync(instance, default)).Value!.Size.Cpus.ShouldBe(2);
        (await scene.SpansAsync(id)).Single().ShouldSatisfyAllConditions(s => s.IsRunning.ShouldBeTrue(), s => s.Until.ShouldBeNull());

        await scene.WishAsync(id, ResourceWish.Stopped);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Stopped);
        (await engine.FindAsync(instance, default)).Value!.Status.ShouldBe(InstanceStatus.Stopped);

        await scene.WithDb(async db =>
        {
            var resource = await db.CloudResources.SingleAsync(r => r.Id == id);
            (resource.Amounts, resource.Wish, resource.NextAt) = ([new("disk", 1), new("instance", 1), new("memory", 128), new("vcpu", 3000)], ResourceWish.Running, TimeProvider.System.GetUtcNow());
            resource.Touch();
            return await db.SaveChangesAsync();
        });
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Running);
        (await engine.FindAsync(instance, default)).Value!.Size.ShouldSatisfyAllConditions(s => s.Cpus.ShouldBe(3), s => s.MemoryMiB.ShouldBe(128));

        await scene.WishAsync(id, ResourceWish.Removed);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Removed);
        engine.IsThere(instance).ShouldBeFalse();
        (await scene.HoldAsync(id)).State.ShouldBe(HoldState.Released);
        (await scene.WithDb(db => db.HostClaims.CountAsync(c => c.ConsumerId == id && c.ReleasedAt == null))).ShouldBe(0);
        // Without gaps: each begins where the one before ended.
        var spans = await scene.SpansAsync(id);
        spans.Select(s => s.IsRunning).ShouldBe([true, false, true]);
        spans.Skip(1).Select(s => s.From).ShouldBe(spans.SkipLast(1).Select(s => s.Until!.Value));
        spans[^1].Until.ShouldNotBeNull();
        (await scene.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString() && e.Event.StartsWith("cloud.resource-")).OrderBy(e => e.At).Select(e => e.Event).ToListAsync()))
            .ShouldBe(["cloud.resource-running", "cloud.resource-stopped", "cloud.resource-running", "cloud.resource-removed"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DiedAtAnyCallOfTheEngine_NextAttemptEndsTheSame_OneInstanceHeldOnce(bool afterIt)
    {
        for (var at = 1; ; at++)
        {
            // A pool of its own each time, so that project, network and rules are made anew too.
            var (pool, engine) = await scene.PoolAsync();
            var id = await scene.GrantAsync(pool);
            var died = await DieAsync(engine, id, at, afterIt);
            var there = await scene.DriveAsync(id);
            (there.State, there.Problem).ShouldBe((CloudResourceState.Running, null), $"died at call {at}");
            await scene.WishAsync(id, ResourceWish.Removed);
            await DieAsync(engine, id, at, afterIt);
            (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Removed, $"died at call {at}");
            engine.IsThere(await scene.InstanceAsync(id)).ShouldBeFalse();
            (await scene.HoldAsync(id)).State.ShouldBe(HoldState.Released);
            if (!died)
            {
                at.ShouldBeGreaterThan(5);
                break;
            }
        }

        (await scene.WithDb(db => Recounting.DifferencesAsync(db, default))).ShouldBeEmpty();
    }

    /// <summary>Drives it until the given call, at which everything ends; false when there were fewer calls.</summary>
    private async Task<bool> DieAsync(Engines.PretendEngine engine, Guid id, int at, bool afterIt)
    {
        var (count, died) = (0, false);
        engine.Watch = over =>
        {
            if (over == afterIt && ++count == at) { died = true; throw new DiedException(); }
        };
        try { await scene.App.Services.GetRequiredService<Delivering>().DriveAsync(id, default); }
        catch (DiedException) { }
        finally { engine.Watch = null; }
        return died;
    }

    [Fact]
    public async Task Engine_GoneFullLyingOrLosingAnswers_IsWaitedForAndNothingIsTwice()
    {
        var (pool, engine) = await scene.PoolAsync();
        var id = await scene.GrantAsync(pool);
        engine.IsGone = true;
        await scene.RunAsync<DeliverResources>();
        (await scene.ReadAsync(id)).ShouldSatisfyAllConditions(r => r.Problem.ShouldBe("no-connection"), r => r.NextAt.ShouldNotBeNull(), r => r.State.ShouldNotBe(CloudResourceState.Running));
        (await scene.HoldAsync(id)).State.ShouldBe(HoldState.Reserved);

        (engine.IsGone, engine.IsFull) = (false, true);
        await scene.DueAsync(id);
        await scene.RunAsync<DeliverResources>();
        (await scene.ReadAsync(id)).Problem.ShouldBe("memory");

        (engine.IsFull, engine.Lies) = (false, true);
        await scene.DriveAsync(id, most: 3);
        (await scene.ReadAsync(id)).State.ShouldNotBe(CloudResourceState.Running);

        (engine.Lies, engine.LosesAnswers) = (false, true);
        await scene.DriveAsync(id, most: 10);
        engine.LosesAnswers = false;
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Running);
        (await scene.SpansAsync(id)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task BehindOurBack_GoneResizedStopped_IsFoundAndMendedButNeverMadeAnewInSilence()
    {
        var (pool, engine) = await scene.PoolAsync();
        var (kept, lost) = (await scene.GrantAsync(pool), await scene.GrantAsync(pool));
        await scene.DriveAsync(kept);
        await scene.DriveAsync(lost);
        var instance = await scene.InstanceAsync(kept);
        (await engine.StopAsync(instance, force: true, default)).IsDone.ShouldBeTrue();
        engine.LoseBehindOurBack(await scene.InstanceAsync(lost));
        await scene.RunAsync<WatchResources>();
        (await scene.DriveAsync(kept)).State.ShouldBe(CloudResourceState.Running);
        (await scene.DriveAsync(lost)).ShouldSatisfyAllConditions(r => r.State.ShouldBe(CloudResourceState.Lost), r => r.Problem.ShouldBe("gone"), r => r.NextAt.ShouldBeNull());
        (await scene.HoldAsync(lost)).State.ShouldBe(HoldState.Active);
        (await scene.WithDb(db => db.Ledger.CountAsync(e => e.Event == "cloud.drift-found" && (e.Subject == kept.ToString() || e.Subject == lost.ToString())))).ShouldBe(2);

        // Said once, not each minute.
        await scene.RunAsync<WatchResources>();
        (await scene.WithDb(db => db.Ledger.CountAsync(e => e.Event == "cloud.drift-found" && e.Subject == lost.ToString()))).ShouldBe(1);
        var size = (await engine.FindAsync(instance, default)).Value!.Size;
        (await engine.ResizeAsync(instance, size with { Cpus = 1, MemoryMiB = 32 }, default)).IsDone.ShouldBeTrue();
        await scene.RunAsync<WatchResources>();
        await scene.DriveAsync(kept);
        (await engine.FindAsync(instance, default)).Value!.Size.ShouldBe(size);
    }

    [Fact]
    public async Task UnknownInstance_IsShownAsOrphanAndRemovedOnlyByDecision_OursGivenUpIsRemoved_ForeignIsLeft()
    {
        var (pool, engine) = await scene.PoolAsync();
        var id = await scene.GrantAsync(pool);
        await scene.DriveAsync(id);
        var instance = await scene.InstanceAsync(id);
        var foreign = new InstanceId(instance.Project, EngineName.Parse("foreign"));
        engine.MakeForeign(foreign);
        // Its record says removed, but it is there: a call that came late.
        await scene.WithDb(db => db.CloudResources.Where(r => r.Id == id).ExecuteUpdateAsync(s => s.SetProperty(r => r.State, CloudResourceState.Removed)));
        await scene.RunAsync<WatchResources>();
        engine.IsThere(instance).ShouldBeFalse();
        engine.IsThere(foreign).ShouldBeTrue();
        (await scene.WithDb(db => db.EngineOrphans.CountAsync(o => o.PoolId == pool))).ShouldBe(0);

        var other = new InstanceId(instance.Project, EngineName.Parse("stray"));
        engine.MakeStray(other);
        await scene.RunAsync<WatchResources>();
        var orphan = await scene.WithDb(db => db.EngineOrphans.SingleAsync(o => o.PoolId == pool));
        await scene.RunAsync<WatchResources>();
        engine.IsThere(other).ShouldBeTrue();
        await scene.WithDb(db => db.EngineOrphans.Where(o => o.Id == orphan.Id).ExecuteUpdateAsync(s => s.SetProperty(o => o.Decision, OrphanDecision.Remove)));
        await scene.RunAsync<WatchResources>();
        engine.IsThere(other).ShouldBeFalse();
    }

    [Fact]
    public async Task Tasks_SnapshotRestoreRestart_AreDoneOnceInOrder_AndRestoredLimitsAreCorrected()
    {
        var (pool, engine) = await scene.PoolAsync();
        var id = await scene.GrantAsync(pool);
        await scene.DriveAsync(id);
        var instance = await scene.InstanceAsync(id);
        await AskAsync(id, ResourceTaskKind.Snapshot, "before");
        await scene.RunAsync<DoTasks>();
        await scene.WithDb(async db =>
        {
            var resource = await db.CloudResources.SingleAsync(r => r.Id == id);
            (resource.Amounts, resource.NextAt) = (Amounts.Of([new("vcpu", 4000), new("memory", 256), new("disk", 1), new("instance", 1)]), TimeProvider.System.GetUtcNow());
            resource.Touch();
            return await db.SaveChangesAsync();
        });
        await scene.DriveAsync(id);
        await AskAsync(id, ResourceTaskKind.Restore, "before");
        await AskAsync(id, ResourceTaskKind.Restart, null);
        await AskAsync(id, ResourceTaskKind.Restore, "unknown");
        await scene.RunAsync<DoTasks>();
        (await scene.WithDb(db => db.ResourceTasks.Where(t => t.ResourceId == id).OrderBy(t => t.AskedAt).Select(t => t.State).ToListAsync()))
            .ShouldBe([ResourceTaskState.Done, ResourceTaskState.Done, ResourceTaskState.Done, ResourceTaskState.Failed]);
        await scene.DriveAsync(id);
        (await engine.FindAsync(instance, default)).Value!.Size.Cpus.ShouldBe(4);
    }

    [Fact]
    public async Task NoHost_WaitsWithASign_UntilThereIsRoom()
    {
        var (pool, _) = await scene.PoolAsync(cores: 1000);
        var (first, second) = (await scene.GrantAsync(pool), await scene.GrantAsync(pool));
        await scene.DriveAsync(first);
        await scene.RunAsync<DeliverResources>();
        (await scene.ReadAsync(second)).ShouldSatisfyAllConditions(r => r.Problem.ShouldBe("no-host"), r => r.NextAt.ShouldNotBeNull());
        await scene.WishAsync(first, ResourceWish.Removed);
        await scene.DriveAsync(first);
        (await scene.DriveAsync(second)).State.ShouldBe(CloudResourceState.Running);
    }

    [Fact]
    public async Task UnknownImage_FailsAtOnceAndSaysSo_GivenBackItHoldsNothing()
    {
        var (pool, _) = await scene.PoolAsync();
        var id = await scene.GrantAsync(pool, image: "no-such-image");
        (await scene.DriveAsync(id)).ShouldSatisfyAllConditions(r => r.State.ShouldBe(CloudResourceState.Failed), r => r.Problem.ShouldBe("image"), r => r.NextAt.ShouldBeNull());
        await scene.WishAsync(id, ResourceWish.Removed);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Removed);
        (await scene.HoldAsync(id)).State.ShouldBe(HoldState.Released);
    }

    [Fact]
    public async Task StartThatFailsWithoutAReason_IsTriedAgain_ButNotForEver()
    {
        var (pool, engine) = await scene.PoolAsync();
        engine.FailingStarts = 3;
        (await scene.DriveAsync(await scene.GrantAsync(pool))).ShouldSatisfyAllConditions(r => r.State.ShouldBe(CloudResourceState.Running), r => r.Problem.ShouldBeNull());
        engine.FailingStarts = 1000;
        (await scene.DriveAsync(await scene.GrantAsync(pool))).ShouldSatisfyAllConditions(r => r.State.ShouldBe(CloudResourceState.Failed), r => r.Problem.ShouldBe("failed"), r => r.NextAt.ShouldBeNull());
        engine.FailingStarts.ShouldBeInRange(980, 997);
    }

    [Fact]
    public async Task StartThatFailsAfterALongOutage_IsStillTriedAgain()
    {
        var (pool, engine) = await scene.PoolAsync();
        var id = await scene.GrantAsync(pool);
        await scene.DriveAsync(id);
        await scene.WishAsync(id, ResourceWish.Stopped);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Stopped);
        engine.IsGone = true;
        await scene.WishAsync(id, ResourceWish.Running);
        for (var n = 0; n < 12; n++)
        {
            await scene.DueAsync(id);
            await scene.App.Services.GetRequiredService<Delivering>().DriveAsync(id, default);
        }

        (await scene.ReadAsync(id)).Attempts.ShouldBeGreaterThan(10);
        (engine.IsGone, engine.FailingStarts) = (false, 1);
        (await scene.DriveAsync(id)).ShouldSatisfyAllConditions(r => r.State.ShouldBe(CloudResourceState.Running), r => r.Problem.ShouldBeNull());
    }

    private Task<int> AskAsync(Guid resource, ResourceTaskKind kind, string? subject) => scene.WithDb(db =>
    {
        var now = TimeProvider.System.GetUtcNow();
        db.ResourceTasks.Add(new ResourceTask { Id = DeliveryScene.Id(), ResourceId = resource, Kind = kind, Subject = subject, AskedBy = Guid.Empty, AskedAt = now, NextAt = now });
        return db.SaveChangesAsync();
    });

    private sealed class DiedException : Exception;
}
