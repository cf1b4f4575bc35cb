using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.Cloud.Backups;

/// <summary>Backs an instance up with its data volumes: its engine makes an archive of each, which is fetched, encrypted and kept, and then removed at the engine; they are one backup once all are there. An archive is called by
/// its task, so that whatever an attempt left that was killed is found by the next one; whether such a one is whole nobody can tell, so it is removed and made again.</summary>
internal sealed class BackUpInstance(ZhengtongDb db, BackupStore store, TimeProvider clock)
{
    /// <summary>So often an engine is asked to remove what was fetched already; then it does so by itself, within a day.</summary>
    private const int MostRemovals = 10;

    /// <summary>What was fetched first must still be there when the last is.</summary>
    private static readonly TimeSpan Longest = ObjectCollector.Grace / 2;

    internal async Task<TaskStep> DoAsync(CloudResource resource, ResourceTask task, ResourcePool pool, CloudEngine engine, CancellationToken ct)
    {
        var (id, archive, name, began) = (InstanceFulfilment.IdOf(resource), ArchiveOf(task), task.Subject ?? $"{task.Id:N}", clock.GetTimestamp());
        var instance = new Original(engine, id, null, archive);
        var disks = resource.Volumes.Where(v => !v.IsLeaving).Select(v => (Volume: v, Original: new Original(engine, id, InstanceVolumes.NameOf(resource, v), archive))).ToList();
        IReadOnlyList<Original> all = [instance, .. disks.Select(d => d.Original)];
        if (await db.ResourceBackups.AnyAsync(b => b.Id == task.Id, ct)) { return await TidyAsync(all, task, ct); }
        if (await db.ResourceBackups.AnyAsync(b => b.ResourceId == resource.Id && b.Name == name, ct)) { return await GiveUpAsync(all, TaskStep.Never("backup-name-taken"), ct); }

        var (whole, refused) = await TakeAsync(instance, task.Id, ct);
        if (whole is null) { return refused; }
        var volumes = new List<BackupVolume>();
        foreach (var (volume, original) in disks)
        {
            var own = Guid.CreateVersion7(clock.GetUtcNow());
            var (part, none) = await TakeAsync(original, own, ct);
            // One that is only to be made yet, or is just being taken away: the next attempt reads anew which there are.
            if (part is null) { return none.Problem == "gone" ? TaskStep.NotNow("volume") : none; }
            volumes.Add(new BackupVolume(own, volume.Name, volume.Size, volume.Path, part.Digest, part.Length, part.Key));
            // Not asked whether it is gone: that is looked at when all is kept.
            await original.DeleteAsync(ct);
        }

        if (clock.GetElapsedTime(began) > Longest) { return TaskStep.NotNow("too-slow"); }
        var isKept = await store.KeepAsync(db, task, name, await SourceAsync(pool, ct), whole, volumes, ct);
        return isKept ? await TidyAsync(all, task, ct) : await GiveUpAsync(all, TaskStep.Never("backup-name-taken"), ct);
    }

    /// <summary>What the archives are called at the engine: b and the 32 digits of their task's id.</summary>
    internal static EngineName ArchiveOf(ResourceTask task) => EngineName.Parse($"b{task.Id:N}");

    /// <summary>Has an archive made and fetches it; null and why not.</summary>
    private async Task<(KeptArchive? Taken, TaskStep Refused)> TakeAsync(Original of, Guid id, CancellationToken ct)
    {
        var made = await of.MakeAsync(ct);
        if (made.Outcome == EngineOutcome.AlreadyExists)
        {
            var old = await of.DeleteAsync(ct);
            if (!old.IsDone && old.Outcome != EngineOutcome.NotFound) { return (null, StepOf(old)); }
            made = await of.MakeAsync(ct);
        }

        if (!made.IsDone) { return (null, made.Outcome == EngineOutcome.NotFound ? TaskStep.Never("gone") : StepOf(made)); }
        var fetched = await of.ExportAsync(ct);
        if (!fetched.IsDone) { return (null, StepOf(fetched)); }
        // A line that breaks off is an exception of the stream: half an archive never counts as one.
        try { return (await store.TakeAsync(id, fetched.Value, () => Task.CompletedTask, ct), default); }
        catch (IOException e) when (!Kernel.DatabaseErrors.IsOutOfSpace(e)) { return (null, TaskStep.NotNow("line-lost")); }
    }

    private async Task<string> SourceAsync(ResourcePool pool, CancellationToken ct) =>
        await db.PoolSights.AsNoTracking().Where(s => s.PoolId == pool.Id).Select(s => new { s.Product, s.Version }).SingleOrDefaultAsync(ct) is { } seen ? $"{seen.Product} {seen.Version}".Trim() : "";

    /// <summary>They are kept; what the engine still has of them goes.</summary>
    private static async Task<TaskStep> TidyAsync(IReadOnlyList<Original> all, ResourceTask task, CancellationToken ct)
    {
        foreach (var one in all)
        {
            var gone = await one.DeleteAsync(ct);
            if (!gone.IsDone && gone.Outcome is not (EngineOutcome.NotFound or EngineOutcome.Refused) && task.Attempts < MostRemovals) { return StepOf(gone); }
        }

        return TaskStep.Done;
    }

    private static async Task<TaskStep> GiveUpAsync(IReadOnlyList<Original> all, TaskStep step, CancellationToken ct)
    {
        foreach (var one in all)
        {
            var gone = await one.DeleteAsync(ct);
            if (gone.MayRepeat || gone.Outcome == EngineOutcome.Unknown) { return StepOf(gone); }
        }

        return step;
    }

    private static TaskStep StepOf(EngineAnswer answer) => answer.Outcome == EngineOutcome.Refused ? TaskStep.Never(answer.Code) : TaskStep.NotNow(answer.Code.Length > 0 ? answer.Code : "engine-error");

    /// <summary>What an archive is made of: the instance, or a volume of it.</summary>
    private sealed record Original(CloudEngine Engine, InstanceId Id, EngineName? Volume, EngineName Archive)
    {
        internal Task<EngineAnswer> MakeAsync(CancellationToken ct) => Volume is { } volume ? Engine.BackUpVolumeAsync(Id.Project, volume, Archive, ct) : Engine.BackUpAsync(Id, Archive, ct);

        internal Task<EngineAnswer<Stream>> ExportAsync(CancellationToken ct) => Volume is { } volume ? Engine.ExportVolumeAsync(Id.Project, volume, Archive, ct) : Engine.ExportAsync(Id, Archive, ct);

        internal Task<EngineAnswer> DeleteAsync(CancellationToken ct) => Volume is { } volume ? Engine.DeleteVolumeBackupAsync(Id.Project, volume, Archive, ct) : Engine.DeleteBackupAsync(Id, Archive, ct);
    }
}
