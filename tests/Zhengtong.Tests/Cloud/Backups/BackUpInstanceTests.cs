using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Backups;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Cloud.Reclaim;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Cloud.Delivery;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Backups;

/// <summary>Instances backed up and made from backups, whatever the engine does meanwhile and wherever the platform dies.</summary>
[OnDatabase]
public sealed class BackUpInstanceTests(DeliveryScene scene) : IClassFixture<DeliveryScene>
{
    [Fact]
    public async Task Backup_OfAnInstance_IsKeptEncryptedOnce_AndNothingOfItStaysAtTheEngine()
    {
        var (engine, resource) = await DeliveredAsync();
        var task = await TaskAsync(resource, "first");
        await scene.RunAsync<DoTasks>();
        (await StateAsync(task)).ShouldBe((ResourceTaskState.Done, null));
        var backup = await scene.WithDb(db => db.ResourceBackups.AsNoTracking().SingleAsync(b => b.ResourceId == resource.Id));
        (backup.Id, backup.Name, backup.IsScheduled, backup.ExpiresAt).ShouldBe((task, "first", false, null));
        engine.BackupsOf(InstanceFulfilment.IdOf(resource)).ShouldBeEmpty();
        await using (var raw = (await scene.App.Services.GetRequiredService<ObjectStore>().OpenAsync(backup.Digest, default))!)
        {
            var sealed_ = new byte[14];
            await raw.ReadExactlyAsync(sealed_);
            sealed_.ShouldNotBe("pretend backup"u8.ToArray());
        }

        await using (var open = (await Store.OpenAsync(backup, default))!)
        {
            var bytes = new byte[backup.Length];
            await open.ReadExactlyAsync(bytes);
            bytes[..14].ShouldBe("pretend backup"u8.ToArray());
            (await open.ReadAsync(new byte[1])).ShouldBe(0);
        }

        var second = await TaskAsync(resource, "first");
        await scene.RunAsync<DoTasks>();
        (await StateAsync(second)).ShouldBe((ResourceTaskState.Failed, "backup-name-taken"));
        (await scene.WithDb(db => db.ResourceBackups.CountAsync(b => b.ResourceId == resource.Id))).ShouldBe(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Backup_DiedAtAnyCallOfTheEngine_IsThereOnceAfterTheNextAttempt_AndLeavesNothingAtTheEngine(bool afterIt)
    {
        var (engine, resource) = await DeliveredAsync();
        var id = InstanceFulfilment.IdOf(resource);
        var died = true;
        var at = 0;
        for (at = 1; died; at++)
        {
            var task = await TaskAsync(resource, $"t{at}");
            died = await DieAsync(engine, at, afterIt, () => DoAsync(resource, task));
            TaskStep step;
            do { step = await DoAsync(resource, task); } while (step is { IsDone: false, IsFinal: false });
            step.ShouldBe(TaskStep.Done, $"died at call {at}");
            engine.BackupsOf(id).ShouldBeEmpty($"died at call {at}");
            (await scene.WithDb(db => db.ResourceBackups.CountAsync(b => b.Id == task))).ShouldBe(1);
            (await scene.WithDb(db => db.ObjectReferences.CountAsync(r => r.Owner == $"cloud:backup:{task}"))).ShouldBe(1);
        }

        // Before and after: backup, export, removal; changes alone tell of their end.
        at.ShouldBeGreaterThan(afterIt ? 3 : 4);
    }

    [Fact]
    public async Task Backup_OfAnEngineThatIsGoneLosesAnswersOrBreaksOff_IsTriedAgain_AndHalfAnArchiveNeverCounts()
    {
        var (engine, resource) = await DeliveredAsync();
        var task = await TaskAsync(resource, "b");
        engine.IsGone = true;
        (await DoAsync(resource, task)).ShouldBe(TaskStep.NotNow("no-connection"));
        (engine.IsGone, engine.LosesAnswers) = (false, true);
        (await DoAsync(resource, task)).ShouldBe(TaskStep.NotNow("line-lost"));
        (engine.LosesAnswers, engine.BreaksExports) = (false, true);
        (await DoAsync(resource, task)).ShouldBe(TaskStep.NotNow("line-lost"));
        (await scene.WithDb(db => db.ResourceBackups.AnyAsync(b => b.Id == task))).ShouldBeFalse();
        engine.BreaksExports = false;
        (await DoAsync(resource, task)).ShouldBe(TaskStep.Done);
        engine.BackupsOf(InstanceFulfilment.IdOf(resource)).ShouldBeEmpty();

        task = await TaskAsync(resource, "c");
        engine.LoseBehindOurBack(InstanceFulfilment.IdOf(resource));
        (await DoAsync(resource, task)).ShouldBe(TaskStep.Never("gone"));
        engine.MakeForeign(InstanceFulfilment.IdOf(resource));
        (await DoAsync(resource, task)).ShouldBe(TaskStep.Never("not-ours"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Restored_DiedAtAnyCallOfTheEngine_IsOneInstanceWithWhatWasInTheBackup(bool afterIt)
    {
        var (engine, resource) = await DeliveredAsync();
        var first = InstanceFulfilment.IdOf(resource);
        (await engine.PutFileAsync(first, "/root/kept", new MemoryStream("秦"u8.ToArray()), default)).IsDone.ShouldBeTrue();
        var task = await TaskAsync(resource, "b");
        (await DoAsync(resource, task)).ShouldBe(TaskStep.Done);
        var died = true;
        for (var at = 1; died; at++)
        {
            var made = await FromBackupAsync(resource, task);
            died = await DieAsync(engine, at, afterIt, async () => { await scene.App.Services.GetRequiredService<Delivering>().DriveAsync(made, default); return TaskStep.Done; });
            // The round that compares takes nothing away from one that is half made.
            await scene.RunAsync<WatchResources>();
            var there = await scene.DriveAsync(made);
            (there.State, there.Problem).ShouldBe((CloudResourceState.Running, null), $"died at call {at}");
            var instance = InstanceFulfilment.IdOf(there);
            var found = (await engine.FindAsync(instance, default)).Value!;
            found.Marks["resource"].ShouldBe($"{made}");
            (await engine.ExecAsync(instance, new ExecOrder("cat", "/root/kept"), default)).Value!.Output.ShouldBe("秦"u8.ToArray());
            there.Address.ShouldNotBe(resource.Address);
            await scene.WishAsync(made, ResourceWish.Removed);
            (await scene.DriveAsync(made)).State.ShouldBe(CloudResourceState.Removed);
            engine.IsThere(instance).ShouldBeFalse();
            engine.IsThere(first).ShouldBeTrue();
        }

        (await scene.WithDb(db => Recounting.DifferencesAsync(db, default))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BackupWithVolumes_DiedAtAnyCallOfTheEngine_HoldsEachOnce_AndLeavesNothingAtTheEngine(bool afterIt)
    {
        var (engine, resource) = await WithVolumesAsync();
        var died = true;
        for (var at = 1; died; at++)
        {
            var task = await TaskAsync(resource, $"t{at}");
            died = await DieAsync(engine, at, afterIt, () => DoAsync(resource, task));
            TaskStep step;
            do { step = await DoAsync(resource, task); } while (step is { IsDone: false, IsFinal: false });
            step.ShouldBe(TaskStep.Done, $"died at call {at}");
            (engine.BackupsOf(InstanceFulfilment.IdOf(resource)).Count, engine.VolumeBackups).ShouldBe((0, 0), $"died at call {at}");
            var backup = await scene.WithDb(db => db.ResourceBackups.AsNoTracking().SingleAsync(b => b.Id == task));
            backup.Volumes.Select(v => (v.Name, v.Size, v.Path)).ShouldBe([("data", 10, "/data"), ("logs", 5, "/logs")]);
            (await scene.WithDb(db => db.ObjectReferences.CountAsync(r => r.Owner == backup.Owner))).ShouldBe(3);
            await using var open = (await Store.OpenAsync(backup.Volumes[0], default))!;
            var bytes = new byte[backup.Volumes[0].Length];
            await open.ReadExactlyAsync(bytes);
            bytes[..14].ShouldBe("pretend volume"u8.ToArray());
            await scene.WithDb(async db => { await BackupStore.ForgetAsync(db, [await db.ResourceBackups.SingleAsync(b => b.Id == task)], default); return 0; });
            (await scene.WithDb(db => db.ObjectReferences.AnyAsync(r => r.Owner == backup.Owner))).ShouldBeFalse();
        }

        // A line that breaks off in the midst of a volume leaves no backup, and the next attempt makes a whole one.
        var broken = await TaskAsync(resource, "broken");
        engine.BreaksExports = true;
        (await DoAsync(resource, broken)).ShouldBe(TaskStep.NotNow("line-lost"));
        engine.BreaksExports = false;
        (await DoAsync(resource, broken)).ShouldBe(TaskStep.Done);
        engine.VolumeBackups.ShouldBe(0);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    public async Task RestoredWithVolumes_DiedAtAnyCall_HasOnesOfItsOwnWithWhatWasOnThem_WhetherTheOriginalsStandOrAreGone(bool afterIt, bool stands)
    {
        var (engine, resource) = await WithVolumesAsync();
        var first = InstanceFulfilment.IdOf(resource);
        var task = await TaskAsync(resource, "b");
        (await DoAsync(resource, task)).ShouldBe(TaskStep.Done);
        if (!stands)
        {
            await scene.WishAsync(resource.Id, ResourceWish.Removed);
            (await scene.DriveAsync(resource.Id)).State.ShouldBe(CloudResourceState.Removed);
            engine.AllVolumes.ShouldBeEmpty();
        }

        var died = true;
        for (var at = 1; died; at++)
        {
            foreach (var givesUp in new[] { false, true })
            {
                var made = await FromBackupAsync(resource, task);
                await VolumeTests.ChangeAsync(scene, made, new DataVolume("data", 10, "/data"), new DataVolume("logs", 5, "/logs"));
                died = await DieAsync(engine, at, afterIt, async () => { await scene.App.Services.GetRequiredService<Delivering>().DriveAsync(made, default); return TaskStep.Done; });
                await scene.RunAsync<WatchResources>();
                var instance = await scene.InstanceAsync(made);
                if (!givesUp)
                {
                    var there = await scene.DriveAsync(made);
                    (there.State, there.Problem).ShouldBe((CloudResourceState.Running, null), $"died at call {at}");
                    (engine.ReadOn(instance, "data"), engine.ReadOn(instance, "logs")).ShouldBe(("秦", "log"), $"died at call {at}");
                    var (volumes, inside) = engine.VolumesOf(instance);
                    volumes.ShouldAllBe(v => v.Marks["resource"] == $"{made}");
                    inside.ShouldBe(volumes.Select(v => v.Name), ignoreOrder: true);
                    volumes.Select(v => v.DiskGiB).Order().ShouldBe([5, 10]);
                }

                if (stands) { (engine.ReadOn(first, "data"), engine.VolumesOf(first).In.Count).ShouldBe(("秦", 2)); }
                await scene.WishAsync(made, ResourceWish.Removed);
                (await scene.DriveAsync(made)).State.ShouldBe(CloudResourceState.Removed);
                await scene.RunAsync<WatchResources>();
                // Nothing is left, of its own or in the place of others.
                engine.AllVolumes.Select(v => v.Marks.GetValueOrDefault("resource")).ShouldBe(stands ? [$"{resource.Id}", $"{resource.Id}"] : [], $"died at call {at}, gave up: {givesUp}");
            }
        }

        (await scene.WithDb(db => Recounting.DifferencesAsync(db, default))).ShouldBeEmpty();
    }

    [Fact]
    public async Task VolumesLeftOfWhatIsGone_AreRemoved_OthersAreNot()
    {
        var (engine, resource) = await WithVolumesAsync();
        var (gone, id) = (await WithVolumesAsync(resource.PoolId), InstanceFulfilment.IdOf(resource));
        // A call that came late, and one that nobody knows.
        await scene.WithDb(db => db.CloudResources.Where(r => r.Id == gone.Resource.Id).ExecuteUpdateAsync(s => s.SetProperty(r => r.State, CloudResourceState.Removed)));
        engine.LoseBehindOurBack(InstanceFulfilment.IdOf(gone.Resource));
        var stranger = new EngineVolume(id.Project, EngineName.Parse($"r{DeliveryScene.Id():N}-data"), 1, new Dictionary<string, string>());
        (await engine.EnsureVolumeAsync(stranger, default)).ShouldBeDone();
        await scene.RunAsync<WatchResources>();
        engine.AllVolumes.Select(v => v.Name).ShouldBe([.. engine.VolumesOf(id).There.Select(v => v.Name), stranger.Name], ignoreOrder: true);
        engine.VolumesOf(id).There.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Restored_FromWhatIsDamagedOrGone_IsRefusedAndNothingIsMade()
    {
        var (engine, resource) = await DeliveredAsync();
        var (objects, vault) = (scene.App.Services.GetRequiredService<ObjectStore>(), scene.App.Services.GetRequiredService<Vault>());
        var task = await TaskAsync(resource, "b");
        (await DoAsync(resource, task)).ShouldBe(TaskStep.Done);
        var backup = await scene.WithDb(db => db.ResourceBackups.AsNoTracking().SingleAsync(b => b.Id == task));

        // A key that is not its own: nothing of it opens.
        await scene.WithDb(db => db.ResourceBackups.Where(b => b.Id == task).ExecuteUpdateAsync(s => s.SetProperty(b => b.Key, vault.Seal(RandomNumberGenerator.GetBytes(32), ResourceBackup.PurposeOf(task)))));
        await RefusedAsync("backup-damaged");
        await scene.WithDb(db => db.ResourceBackups.Where(b => b.Id == task).ExecuteUpdateAsync(s => s.SetProperty(b => b.Key, [1, 2, 3])));
        await RefusedAsync("secret-lost");

        // Other bytes in its place, and none.
        await scene.WithDb(db => db.ResourceBackups.Where(b => b.Id == task).ExecuteUpdateAsync(s => s.SetProperty(b => b.Key, backup.Key)));
        var other = await objects.PutAsync(new byte[2_000_000], default);
        await scene.WithDb(db => db.ResourceBackups.Where(b => b.Id == task).ExecuteUpdateAsync(s => s.SetProperty(b => b.Digest, other.Digest)));
        await RefusedAsync("backup-damaged");
        await scene.WithDb(db => db.ResourceBackups.Where(b => b.Id == task).ExecuteUpdateAsync(s => s.SetProperty(b => b.Digest, Digest.Of("nobody has this"u8.ToArray()))));
        await RefusedAsync("backup-damaged");
        await scene.WithDb(db => db.ResourceBackups.Where(b => b.Id == task).ExecuteDeleteAsync());
        await RefusedAsync("backup-unknown");

        // A volume whose bytes are not its own: it does not start without it, and nothing of it stays.
        var (second, kept) = await WithVolumesAsync();
        var whole = await TaskAsync(kept, "whole");
        (await DoAsync(kept, whole)).ShouldBe(TaskStep.Done);
        var volumes = (await scene.WithDb(db => db.ResourceBackups.AsNoTracking().SingleAsync(b => b.Id == whole))).Volumes;
        IReadOnlyList<BackupVolume> altered = [volumes[0], volumes[1] with { Digest = other.Digest }];
        await scene.WithDb(db => db.ResourceBackups.Where(b => b.Id == whole).ExecuteUpdateAsync(s => s.SetProperty(b => b.Volumes, altered)));
        var late = await FromBackupAsync(kept, whole);
        await VolumeTests.ChangeAsync(scene, late, new DataVolume("data", 10, "/data"), new DataVolume("logs", 5, "/logs"));
        var stuck = await scene.DriveAsync(late);
        (stuck.State, stuck.Problem, stuck.DeliveredAt).ShouldBe((CloudResourceState.Failed, "backup-damaged", null));
        (await second.FindAsync(InstanceFulfilment.IdOf(stuck), default)).Value!.Status.ShouldBe(InstanceStatus.Stopped);
        await scene.WishAsync(late, ResourceWish.Removed);
        (await scene.DriveAsync(late)).State.ShouldBe(CloudResourceState.Removed);
        second.AllVolumes.Count.ShouldBe(2);

        async Task RefusedAsync(string why)
        {
            var made = await FromBackupAsync(resource, task);
            var there = await scene.DriveAsync(made);
            (there.State, there.Problem).ShouldBe((CloudResourceState.Failed, why));
            engine.IsThere(InstanceFulfilment.IdOf(there)).ShouldBeFalse();
            await scene.WishAsync(made, ResourceWish.Removed);
            (await scene.DriveAsync(made)).State.ShouldBe(CloudResourceState.Removed);
        }
    }

    [Fact]
    public async Task Plan_AsksEachDay_KeepsTheNewestHoweverOld_AndTheRestForItsDays()
    {
        var (engine, resource) = await DeliveredAsync();
        var now = TimeProvider.System.GetUtcNow();
        await scene.WithDb(db =>
        {
            db.BackupPlans.Add(new BackupPlan { ResourceId = resource.Id, Hour = 2, Days = 3, NextAt = now.AddMinutes(-1) });
            return db.SaveChangesAsync();
        });
        await scene.RunAsync<KeepBackups>();
        await scene.RunAsync<DoTasks>();
        await scene.RunAsync<KeepBackups>();
        await scene.RunAsync<DoTasks>();
        var made = await scene.WithDb(db => db.ResourceBackups.AsNoTracking().SingleAsync(b => b.ResourceId == resource.Id));
        made.IsScheduled.ShouldBeTrue();
        made.ExpiresAt.ShouldBe(made.At.AddDays(3));
        var next = (await scene.WithDb(db => db.BackupPlans.AsNoTracking().SingleAsync(p => p.ResourceId == resource.Id))).NextAt;
        next.ShouldBeInRange(now, now.AddDays(1));
        next.ToOffset(TimeSpan.FromHours(8)).Hour.ShouldBe(2);

        // Over its time and alone it stays; with a newer one beside it it goes, and its bytes are needed by nobody.
        await scene.WithDb(db => db.ResourceBackups.Where(b => b.Id == made.Id).ExecuteUpdateAsync(s => s.SetProperty(b => b.ExpiresAt, now.AddDays(-1)).SetProperty(b => b.At, now.AddDays(-4))));
        await scene.RunAsync<KeepBackups>();
        (await scene.WithDb(db => db.ResourceBackups.AnyAsync(b => b.Id == made.Id))).ShouldBeTrue();
        await scene.WithDb(db => db.BackupPlans.Where(p => p.ResourceId == resource.Id).ExecuteUpdateAsync(s => s.SetProperty(p => p.NextAt, now)));
        await scene.RunAsync<KeepBackups>();
        await scene.RunAsync<DoTasks>();
        // One that is to be made from it keeps it until it is there.
        var waits = await FromBackupAsync(resource, made.Id);
        await scene.RunAsync<KeepBackups>();
        (await scene.WithDb(db => db.ResourceBackups.AnyAsync(b => b.Id == made.Id))).ShouldBeTrue();
        (await scene.DriveAsync(waits)).State.ShouldBe(CloudResourceState.Running);
        await scene.RunAsync<KeepBackups>();
        (await scene.WithDb(db => db.ResourceBackups.AnyAsync(b => b.Id == made.Id))).ShouldBeFalse();
        (await scene.WithDb(db => db.ObjectReferences.AnyAsync(r => r.Owner == made.Owner))).ShouldBeFalse();
        var newest = await scene.WithDb(db => db.ResourceBackups.AsNoTracking().SingleAsync(b => b.ResourceId == resource.Id));

        // One that does not come through is told: nobody waits for it.
        engine.MakeForeign(InstanceFulfilment.IdOf(resource));
        await scene.WithDb(db => db.BackupPlans.Where(p => p.ResourceId == resource.Id).ExecuteUpdateAsync(s => s.SetProperty(p => p.NextAt, now)));
        await scene.RunAsync<KeepBackups>();
        await scene.RunAsync<DoTasks>();
        (await scene.WithDb(db => db.Notices.CountAsync(n => n.TextKey == "cloud.notice.backup-failed" && n.Href == $"/work/cloud/resources/{resource.Id}"))).ShouldBe(1);
        engine.MakeOurs(InstanceFulfilment.IdOf(resource));

        // With the resource the plan ends; what is kept outlives it by thirty days.
        await scene.WishAsync(resource.Id, ResourceWish.Removed);
        (await scene.DriveAsync(resource.Id)).State.ShouldBe(CloudResourceState.Removed);
        (await scene.WithDb(db => db.BackupPlans.AnyAsync(p => p.ResourceId == resource.Id))).ShouldBeFalse();
        (await scene.WithDb(db => db.ResourceBackups.AsNoTracking().SingleAsync(b => b.Id == newest.Id))).ExpiresAt!.Value.ShouldBeInRange(now.AddDays(30), now.AddDays(31));
        await scene.WithDb(db => db.ResourceBackups.Where(b => b.Id == newest.Id).ExecuteUpdateAsync(s => s.SetProperty(b => b.ExpiresAt, now)));
        await scene.RunAsync<KeepBackups>();
        (await scene.WithDb(db => db.ResourceBackups.AnyAsync(b => b.Id == newest.Id))).ShouldBeFalse();
    }

    [Fact]
    public async Task Backup_FinishedAfterItsResourceWent_ExpiresToo()
    {
        var (_, resource) = await DeliveredAsync();
        var task = await TaskAsync(resource, "late");
        (await DoAsync(resource, task)).ShouldBe(TaskStep.Done);
        await scene.WishAsync(resource.Id, ResourceWish.Removed);
        await scene.DriveAsync(resource.Id);
        await scene.WithDb(db => db.ResourceBackups.Where(b => b.Id == task).ExecuteUpdateAsync(s => s.SetProperty(b => b.ExpiresAt, (DateTimeOffset?)null)));
        await scene.RunAsync<KeepBackups>();
        (await scene.WithDb(db => db.ResourceBackups.AsNoTracking().SingleAsync(b => b.Id == task))).ExpiresAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task Reclaim_GoesToItsEnd_StoppedCopiedRemoved_HoldGivenBack_BackupStillReadable()
    {
        var (engine, resource) = await DeliveredAsync();
        var now = TimeProvider.System.GetUtcNow();
        var reclaim = new ReclaimCase { Id = DeliveryScene.Id(), ResourceId = resource.Id, OrganisationId = scene.Department, Rules = 0, FoundAt = now, CpuMean = 1, CpuPeak = 2, Days = 30, Coverage = 1000 };
        reclaim.Notice(now, now.AddDays(5));
        // The second look was taken: it is idle still.
        reclaim.Advance(new ReclaimSight(true, false, true, false, false), now.AddDays(5), TimeSpan.FromDays(10)).ShouldBe(ReclaimAct.Stop);
        await scene.WithDb(async db =>
        {
            db.Reclaims.Add(reclaim);
            ReclaimIdle.Do(ReclaimAct.Stop, await db.CloudResources.SingleAsync(r => r.Id == resource.Id), now);
            return await db.SaveChangesAsync();
        });
        (await scene.DriveAsync(resource.Id)).State.ShouldBe(CloudResourceState.Stopped);
        var due = reclaim.RemoveAfter!.Value;

        // No copies yet: it is not removed, and they are asked for. While they fail they are asked for anew.
        engine.MakeForeign(InstanceFulfilment.IdOf(resource));
        (await AdvanceAsync(due)).ShouldBeFalse();
        await scene.RunAsync<DoTasks>();
        (await TasksAsync()).ShouldAllBe(t => t.State == ResourceTaskState.Failed);
        (await AdvanceAsync(due)).ShouldBeFalse();
        engine.MakeOurs(InstanceFulfilment.IdOf(resource));
        await scene.RunAsync<DoTasks>();
        (await TasksAsync()).Count(t => t.State == ResourceTaskState.Done).ShouldBe(2);
        await scene.DriveAsync(resource.Id);
        (await AdvanceAsync(due.AddSeconds(-1))).ShouldBeFalse();
        (await AdvanceAsync(due)).ShouldBeTrue();
        (await scene.DriveAsync(resource.Id)).State.ShouldBe(CloudResourceState.Removed);
        (await AdvanceAsync(due.AddHours(1))).ShouldBeTrue();
        (await scene.WithDb(db => db.Reclaims.AsNoTracking().SingleAsync(r => r.Id == reclaim.Id))).State.ShouldBe(ReclaimState.Reclaimed);
        engine.IsThere(InstanceFulfilment.IdOf(resource)).ShouldBeFalse();
        (await scene.HoldAsync(resource.Id)).State.ShouldBe(HoldState.Released);
        var backup = await scene.WithDb(db => db.ResourceBackups.AsNoTracking().SingleAsync(b => b.ResourceId == resource.Id));
        backup.ExpiresAt!.Value.ShouldBeGreaterThan(now.AddDays(29));
        await using (var open = (await Store.OpenAsync(backup, default))!)
        {
            using var bytes = new MemoryStream();
            await open.CopyToAsync(bytes);
            bytes.Length.ShouldBe(backup.Length);
        }

        // What was taken back is had again by an order only.
        (await scene.WithDb(async db => await RestoreBackup.NeedsOrderAsync(db, await db.CloudResources.SingleAsync(r => r.Id == resource.Id), now, default))).ShouldBeTrue();

        async Task<bool> AdvanceAsync(DateTimeOffset at)
        {
            var moved = await scene.WithDb(db => ReclaimIdle.AdvanceAsync(db, reclaim.Id, at, default));
            // Asked for then is due now: the jobs go by another clock.
            await scene.WithDb(db => db.ResourceTasks.Where(t => t.ResourceId == resource.Id && t.NextAt > TimeProvider.System.GetUtcNow()).ExecuteUpdateAsync(s => s.SetProperty(t => t.NextAt, now)));
            return moved;
        }

        Task<List<ResourceTask>> TasksAsync() => scene.WithDb(db => db.ResourceTasks.AsNoTracking().Where(t => t.ResourceId == resource.Id && t.AskedBy == reclaim.Id).ToListAsync());
    }

    private BackupStore Store => scene.App.Services.GetRequiredService<BackupStore>();

    private async Task<(PretendEngine Engine, CloudResource Resource)> DeliveredAsync()
    {
        var (pool, engine) = await scene.PoolAsync();
        return (engine, await scene.DriveAsync(await scene.GrantAsync(pool)));
    }

    /// <summary>One with two data volumes on which something is written.</summary>
    private async Task<(PretendEngine Engine, CloudResource Resource)> WithVolumesAsync(Guid? pool = null)
    {
        var (at, engine) = pool is { } given ? (given, PretendDriver.Of(scene.App).At((await scene.WithDb(db => db.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == given))).Address)) : await scene.PoolAsync();
        var id = await scene.GrantAsync(at);
        await VolumeTests.ChangeAsync(scene, id, new DataVolume("data", 10, "/data"), new DataVolume("logs", 5, "/logs"));
        var resource = await scene.DriveAsync(id);
        (resource.State, resource.Problem).ShouldBe((CloudResourceState.Running, null));
        engine.WriteOn(InstanceFulfilment.IdOf(resource), "data", "秦");
        engine.WriteOn(InstanceFulfilment.IdOf(resource), "logs", "log");
        return (engine, resource);
    }

    /// <summary>A resource as a restoration leaves it.</summary>
    private async Task<Guid> FromBackupAsync(CloudResource of, Guid backup)
    {
        var made = await scene.GrantAsync(of.PoolId!.Value);
        await scene.WithDb(db => db.CloudResources.Where(r => r.Id == made).ExecuteUpdateAsync(s => s.SetProperty(r => r.BackupId, backup)));
        return made;
    }

    private async Task<Guid> TaskAsync(CloudResource resource, string name) => await scene.WithDb(async db =>
    {
        var now = TimeProvider.System.GetUtcNow();
        var task = new ResourceTask { Id = DeliveryScene.Id(), ResourceId = resource.Id, Kind = ResourceTaskKind.BackUp, Subject = name, AskedBy = DeliveryScene.Id(), AskedAt = now, NextAt = now };
        db.ResourceTasks.Add(task);
        await db.SaveChangesAsync();
        return task.Id;
    });

    private async Task<TaskStep> DoAsync(CloudResource resource, Guid task)
    {
        await using var scope = scene.App.Services.CreateAsyncScope();
        var row = await scene.WithDb(db => db.ResourceTasks.AsNoTracking().SingleAsync(t => t.Id == task));
        return await scope.ServiceProvider.GetRequiredService<InstanceFulfilment>().DoAsync(await scene.ReadAsync(resource.Id), row, default);
    }

    private Task<(ResourceTaskState, string?)> StateAsync(Guid task) => scene.WithDb(async db =>
    {
        var row = await db.ResourceTasks.AsNoTracking().SingleAsync(t => t.Id == task);
        return (row.State, row.Problem);
    });

    /// <summary>Does it until the given call, at which everything ends; false when there were fewer calls.</summary>
    private static async Task<bool> DieAsync(PretendEngine engine, int at, bool afterIt, Func<Task<TaskStep>> act)
    {
        var (count, died) = (0, false);
        engine.Watch = over =>
        {
            if (over == afterIt && ++count == at) { died = true; throw new DiedException(); }
        };
        try { await act(); }
        catch (DiedException) { }
        finally { engine.Watch = null; }
        return died;
    }

    private sealed class DiedException : Exception;
}
