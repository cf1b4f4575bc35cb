using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.Backups;

/// <summary>Backs an instance up: its engine makes an archive, which is fetched, encrypted and kept, and then removed at the engine. The archive is called by its task, so that whatever an attempt left that was killed is
/// found by the next one; whether such a one is whole nobody can tell, so it is removed and made again.</summary>
internal sealed class BackUpInstance(ZhengtongDb db, BackupStore store)
{
    /// <summary>So often an engine is asked to remove what was fetched already; then it does so by itself, within a day.</summary>
    private const int MostRemovals = 10;

    internal async Task<TaskStep> DoAsync(CloudResource resource, ResourceTask task, ResourcePool pool, CloudEngine engine, CancellationToken ct)
    {
        var (id, archive, name) = (InstanceFulfilment.IdOf(resource), ArchiveOf(task), task.Subject ?? $"{task.Id:N}");
        if (await db.ResourceBackups.AnyAsync(b => b.Id == task.Id, ct)) { return await TidyAsync(engine, id, archive, task, ct); }
        if (await db.ResourceBackups.AnyAsync(b => b.ResourceId == resource.Id && b.Name == name, ct)) { return await GiveUpAsync(engine, id, archive, TaskStep.Never("backup-name-taken"), ct); }

        var made = await engine.BackUpAsync(id, archive, ct);
        if (made.Outcome == EngineOutcome.AlreadyExists)
        {
            var old = await engine.DeleteBackupAsync(id, archive, ct);
            if (!old.IsDone && old.Outcome != EngineOutcome.NotFound) { return StepOf(old); }
            made = await engine.BackUpAsync(id, archive, ct);
        }

        if (!made.IsDone) { return made.Outcome == EngineOutcome.NotFound ? TaskStep.Never("gone") : StepOf(made); }
        var fetched = await engine.ExportAsync(id, archive, ct);
        if (!fetched.IsDone) { return StepOf(fetched); }
        bool isKept;
        // A line that breaks off is an exception of the stream: half an archive never counts as one.
        try { isKept = await store.KeepAsync(db, task, name, await SourceAsync(pool, ct), fetched.Value, () => Task.CompletedTask, ct); }
        catch (IOException e) when (!Kernel.DatabaseErrors.IsOutOfSpace(e)) { return TaskStep.NotNow("line-lost"); }
        return isKept ? await TidyAsync(engine, id, archive, task, ct) : await GiveUpAsync(engine, id, archive, TaskStep.Never("backup-name-taken"), ct);
    }

    /// <summary>What the archive is called at the engine: b and the 32 digits of its task's id.</summary>
    internal static EngineName ArchiveOf(ResourceTask task) => EngineName.Parse($"b{task.Id:N}");

    private async Task<string> SourceAsync(ResourcePool pool, CancellationToken ct) =>
        await db.PoolSights.AsNoTracking().Where(s => s.PoolId == pool.Id).Select(s => new { s.Product, s.Version }).SingleOrDefaultAsync(ct) is { } seen ? $"{seen.Product} {seen.Version}".Trim() : "";

    /// <summary>It is kept; what the engine still has of it goes.</summary>
    private static async Task<TaskStep> TidyAsync(CloudEngine engine, InstanceId id, EngineName archive, ResourceTask task, CancellationToken ct)
    {
        var gone = await engine.DeleteBackupAsync(id, archive, ct);
        return gone.IsDone || gone.Outcome is EngineOutcome.NotFound or EngineOutcome.Refused || task.Attempts >= MostRemovals ? TaskStep.Done : StepOf(gone);
    }

    private static async Task<TaskStep> GiveUpAsync(CloudEngine engine, InstanceId id, EngineName archive, TaskStep step, CancellationToken ct)
    {
        var gone = await engine.DeleteBackupAsync(id, archive, ct);
        return gone.MayRepeat || gone.Outcome == EngineOutcome.Unknown ? StepOf(gone) : step;
    }

    private static TaskStep StepOf(EngineAnswer answer) => answer.Outcome == EngineOutcome.Refused ? TaskStep.Never(answer.Code) : TaskStep.NotNow(answer.Code.Length > 0 ? answer.Code : "engine-error");
}
