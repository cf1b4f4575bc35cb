using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Cloud.Backups;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Delivery;

/// <summary>Instances at the engine of their pool. An instance is called by its resource's id in its department's project; that, and the platform's mark, is how it is known again.</summary>
internal sealed class InstanceFulfilment(ZhengtongDb db, PoolEngines engines, InstanceSurroundings surroundings, BackUpInstance backUp, BackupStore backups, Vault vault, IOptions<CloudOptions> options) : IFulfilment
{
    private const int MostStarts = 5;
    private const int MostImports = 12;
    private const int MostAsksForAddress = 60;

    public ResourceForm Form => ResourceForm.Instance;

    public async Task<DeliveryStep> StepAsync(CloudResource resource, CancellationToken ct)
    {
        if (resource.PoolId is not { } poolId) { return resource.Wish == ResourceWish.Removed ? new DeliveryStep(Sight.Absent) : DeliveryStep.NotNow("no-host"); }
        var pool = await db.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == poolId, ct);
        if (engines.Of(pool) is not { IsDone: true, Value: { } engine }) { return DeliveryStep.NotNow("no-engine"); }
        var id = IdOf(resource);
        var found = await engine.FindAsync(id, ct);
        if (found.Outcome == EngineOutcome.NotFound)
        {
            // Gone, or not yet there; a project that is not there has no instances.
            if (resource.Wish == ResourceWish.Removed && await InstanceVolumes.RemoveAllAsync(engine, resource, ct) is { IsDone: false } kept) { return DeliveryStep.NotNow(kept.Code); }
            if (resource.Wish == ResourceWish.Removed || resource.DeliveredAt is not null) { return new DeliveryStep(Sight.Absent); }
            return resource.BackupId is { } backup ? await ImportAsync(resource, backup, pool, engine, ct) : await CreateAsync(resource, pool, engine, ct);
        }

        if (!found.IsDone) { return Failed(found, Sight.Unknown); }
        var instance = found.Value;
        if (resource.Wish == ResourceWish.Removed) { return await RemoveAsync(instance, engine, ct); }
        // An import that broke off: it still bears the marks of what the backup was taken from. It never ran, and is made again.
        if (resource is { BackupId: not null, DeliveredAt: null } && instance.Marks.GetValueOrDefault("resource") != resource.Id.ToString()) { return await RemoveAsync(instance, engine, ct); }
        if (SizeOf(resource) is var size && instance.Size != size && !await IsKeptAsync(resource, instance.Size, ct) && await ResizeAsync(resource, instance, size, pool, engine, ct) is { } refused) { return refused; }
        if (resource is { BackupId: { } origin, DeliveredAt: null, Volumes.Count: > 0 } && await FillVolumesAsync(resource, origin, engine, ct) is { } unfilled) { return unfilled; }
        var (disks, gone) = resource.Volumes.Count == 0 ? (EngineAnswer.Done, []) : await InstanceVolumes.BringAsync(engine, resource, await MemberAsync(resource, engine, ct), MarksOf(resource), ct);
        if (!disks.IsDone) { return await RefusedAsync(resource, engine, disks, SightOf(instance), ct) with { GoneVolumes = gone }; }
        var step = (instance.Status, resource.Wish) switch
        {
            (InstanceStatus.Running, ResourceWish.Running) => Running(resource, instance),
            (InstanceStatus.Stopped, ResourceWish.Stopped) => new DeliveryStep(Sight.Stopped),
            // Made but never started is not there yet.
            (InstanceStatus.Stopped or InstanceStatus.Frozen, ResourceWish.Running) => await StartAsync(resource, instance, engine, ct),
            (InstanceStatus.Running or InstanceStatus.Frozen, ResourceWish.Stopped) => Then(await StopAsync(engine, id, ct), Sight.Running),
            (InstanceStatus.Lost, _) => DeliveryStep.NotNow("member-lost", Sight.Lost),
            _ => new DeliveryStep(Sight.Changing, "busy", After: TimeSpan.FromMilliseconds(500)),
        };
        return step with { GoneVolumes = gone };
    }

    public async Task<TaskStep> DoAsync(CloudResource resource, ResourceTask task, CancellationToken ct)
    {
        if (resource.PoolId is not { } poolId) { return TaskStep.NotNow("no-host"); }
        var pool = await db.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == poolId, ct);
        if (engines.Of(pool) is not { IsDone: true, Value: { } engine }) { return TaskStep.NotNow("no-engine"); }
        var id = IdOf(resource);
        if (task.Kind == ResourceTaskKind.BackUp) { return await backUp.DoAsync(resource, task, pool, engine, ct); }
        EngineName? snapshot = task.Subject is { } subject && EngineName.TryParse(subject, out var name) ? name : null;
        EngineAnswer answer = task.Kind switch
        {
            ResourceTaskKind.Restart => await engine.RestartAsync(id, force: false, ct) is { Code: "still-running" } ? await engine.RestartAsync(id, force: true, ct) : EngineAnswer.Done,
            ResourceTaskKind.Snapshot when snapshot is { } made => await SnapshotAsync(engine, id, made, task, ct),
            // Limits go back with it; the next step of the delivery compares them and corrects them.
            ResourceTaskKind.Restore when snapshot is { } back => await engine.RestoreAsync(id, back, ct),
            ResourceTaskKind.DeleteSnapshot when snapshot is { } old => Repeated(await engine.DeleteSnapshotAsync(id, old, ct), EngineOutcome.NotFound),
            _ => EngineAnswer.Refused("not-supported"),
        };
        return answer.IsDone ? TaskStep.Done
            : answer.Outcome is EngineOutcome.Busy or EngineOutcome.Unreachable or EngineOutcome.Unknown or EngineOutcome.Full ? TaskStep.NotNow(answer.Code) : TaskStep.Never(answer.Code);
    }

    /// <summary>A snapshot that is there already and was begun after it was asked for is an earlier attempt's: an engine that was killed meanwhile keeps its name, but perhaps not all of it. So it is taken anew.</summary>
    private static async Task<EngineAnswer> SnapshotAsync(CloudEngine engine, InstanceId id, EngineName name, ResourceTask task, CancellationToken ct)
    {
        var taken = await engine.SnapshotAsync(id, name, null, ct);
        if (taken.Outcome != EngineOutcome.AlreadyExists) { return taken; }
        if (await engine.ListSnapshotsAsync(id, ct) is not { IsDone: true, Value: { } there }) { return EngineAnswer.Done; }
        if (there.FirstOrDefault(s => s.Name == name)?.CreatedAt is not { } at || at < task.AskedAt) { return EngineAnswer.Done; }
        var removed = Repeated(await engine.DeleteSnapshotAsync(id, name, ct), EngineOutcome.NotFound);
        return removed.IsDone ? await engine.SnapshotAsync(id, name, null, ct) : removed;
    }

    /// <summary>What an earlier attempt did already is done.</summary>
    private static EngineAnswer Repeated(EngineAnswer answer, EngineOutcome before) => answer.Outcome == before ? EngineAnswer.Done : answer;

    private async Task<DeliveryStep> CreateAsync(CloudResource resource, ResourcePool pool, CloudEngine engine, CancellationToken ct)
    {
        var network = await surroundings.EnsureAsync(db, engine, pool, resource.OrganisationId, ct);
        if (!network.Answer.IsDone) { return Failed(network.Answer, Sight.Absent); }
        var order = new InstanceOrder(IdOf(resource), resource.Image ?? "", SizeOf(resource), MarksOf(resource))
        {
            UserData = resource.UserData is { } sealedData ? Encoding.UTF8.GetString(vault.Open(sealedData, CloudResource.PurposeOf(resource.Id))) : null,
            Network = network.Name,
            Member = await MemberAsync(resource, engine, ct),
        };
        var answer = await engine.CreateAsync(order, ct);
        switch (answer.Outcome)
        {
            case EngineOutcome.NotFound when answer.Code is "project" or "network":
                // Somebody took it away; made again with the next step.
                surroundings.Forget(pool.Id, resource.OrganisationId);
                return DeliveryStep.NotNow(answer.Code, Sight.Absent);
            case EngineOutcome.AlreadyExists or EngineOutcome.Unknown:
                return new DeliveryStep(Sight.Changing, answer.Outcome == EngineOutcome.Unknown ? answer.Code : null);
            case EngineOutcome.LimitReached:
                surroundings.Forget(pool.Id, resource.OrganisationId);
                return DeliveryStep.NotNow("engine-limit", Sight.Absent);
            case EngineOutcome.Done when resource.Wish == ResourceWish.Running:
                return Started(resource, await engine.StartAsync(order.Id, ct), Sight.Changing);
            case EngineOutcome.Done:
                return new DeliveryStep(Sight.Changing);
            default:
                return Failed(answer, Sight.Absent);
        }
    }

    /// <summary>Made from a backup, in the pool that it was taken in: the department's network there is in it.</summary>
    private async Task<DeliveryStep> ImportAsync(CloudResource resource, Guid backupId, ResourcePool pool, CloudEngine engine, CancellationToken ct)
    {
        if (await db.ResourceBackups.AsNoTracking().SingleOrDefaultAsync(b => b.Id == backupId, ct) is not { } backup) { return DeliveryStep.Never("backup-unknown", Sight.Absent); }
        var network = await surroundings.EnsureAsync(db, engine, pool, resource.OrganisationId, ct);
        if (!network.Answer.IsDone) { return Failed(network.Answer, Sight.Absent); }
        var host = await db.CloudHosts.AsNoTracking().SingleAsync(h => h.Id == resource.HostId, ct);
        var taken = await db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == backup.ResourceId, ct);
        IReadOnlyCollection<EngineName> volumes = [.. backup.Volumes.Select(v => v.Again).Concat(taken.Volumes).Select(v => InstanceVolumes.NameOf(taken, v)).Distinct()];
        BackupStream? content;
        try { content = await backups.OpenAsync(backup, ct); }
        catch (CryptographicException) { return DeliveryStep.Never("secret-lost", Sight.Absent); }
        if (content is null) { return DeliveryStep.Never("backup-damaged", Sight.Absent); }
        await using (content)
        {
            EngineAnswer answer;
            try { answer = await engine.ImportAsync(IdOf(resource), content, SizeOf(resource), MarksOf(resource), await surroundings.IsClusterAsync(engine, ct) ? host.Name : null, volumes, ct); }
            catch (Exception) when (content.IsDamaged) { return DeliveryStep.Never("backup-damaged", Sight.Absent); }
            // The engine was cut off before it had the whole, and made nothing of it.
            if (content.IsDamaged) { return DeliveryStep.Never("backup-damaged", Sight.Absent); }
            switch (answer.Outcome)
            {
                case EngineOutcome.Done:
                    return new DeliveryStep(Sight.Changing);
                case EngineOutcome.NotFound:
                    surroundings.Forget(pool.Id, resource.OrganisationId);
                    return DeliveryStep.NotNow(answer.Code, Sight.Absent);
                case EngineOutcome.LimitReached:
                    surroundings.Forget(pool.Id, resource.OrganisationId);
                    return DeliveryStep.NotNow("engine-limit", Sight.Absent);
                case EngineOutcome.AlreadyExists or EngineOutcome.Unknown:
                    return DeliveryStep.NotNow(answer.Code, Sight.Changing);
                // What an attempt that was killed had sent whole may still be being unpacked.
                case EngineOutcome.Refused when MayFailAgain(resource, answer, MostImports):
                    return DeliveryStep.NotNow(answer.Code, Sight.Absent);
                default:
                    return Failed(answer, Sight.Absent);
            }
        }
    }

    /// <summary>Makes the volumes of one that is restored from their archives, before anything is put into it; null when all are there. One that still bears the marks of another is not whole, and is made again.</summary>
    private async Task<DeliveryStep?> FillVolumesAsync(CloudResource resource, Guid backupId, CloudEngine engine, CancellationToken ct)
    {
        if (await db.ResourceBackups.AsNoTracking().SingleOrDefaultAsync(b => b.Id == backupId, ct) is not { } backup) { return DeliveryStep.Never("backup-unknown", Sight.Changing); }
        foreach (var volume in resource.Volumes.Where(v => !v.IsLeaving))
        {
            if (backup.Volumes.FirstOrDefault(v => v.Name == volume.Name) is not { } part) { continue; }
            var (project, name) = (IdOf(resource).Project, InstanceVolumes.NameOf(resource, volume));
            var found = await engine.FindVolumeAsync(project, name, ct);
            if (found.IsDone && found.Value.Marks.GetValueOrDefault("resource") == resource.Id.ToString()) { continue; }
            if (found.IsDone && await engine.RemoveVolumeAsync(project, name, ct) is { IsDone: false } kept) { return Failed(kept, Sight.Changing); }
            if (!found.IsDone && found.Outcome != EngineOutcome.NotFound) { return Failed(found, Sight.Changing); }
            BackupStream? content;
            try { content = await backups.OpenAsync(part, ct); }
            catch (CryptographicException) { return DeliveryStep.Never("secret-lost", Sight.Changing); }
            if (content is null) { return DeliveryStep.Never("backup-damaged", Sight.Changing); }
            await using (content)
            {
                EngineAnswer answer;
                try { answer = await engine.ImportVolumeAsync(new EngineVolume(project, name, volume.Size, InstanceVolumes.MarksOf(MarksOf(resource), volume), await MemberAsync(resource, engine, ct)), content, ct); }
                catch (Exception) when (content.IsDamaged) { return DeliveryStep.Never("backup-damaged", Sight.Changing); }
                if (content.IsDamaged) { return DeliveryStep.Never("backup-damaged", Sight.Changing); }
                // As with the instance: what an attempt that was killed had sent whole may still be being unpacked.
                if (MayFailAgain(resource, answer, MostImports)) { return DeliveryStep.NotNow(answer.Code, Sight.Changing); }
                return answer.IsDone ? new DeliveryStep(Sight.Changing) : Failed(answer, Sight.Changing);
            }
        }

        return null;
    }

    /// <summary>The member of a cluster that it is placed on; null where there is but one.</summary>
    private async Task<string?> MemberAsync(CloudResource resource, CloudEngine engine, CancellationToken ct) =>
        await surroundings.IsClusterAsync(engine, ct) ? (await db.CloudHosts.AsNoTracking().SingleAsync(h => h.Id == resource.HostId, ct)).Name : null;

    private async Task<DeliveryStep?> ResizeAsync(CloudResource resource, EngineInstance instance, EngineSize size, ResourcePool pool, CloudEngine engine, CancellationToken ct)
    {
        // The second wall first lets through what was granted.
        var wall = await surroundings.EnsureAsync(db, engine, pool, resource.OrganisationId, ct);
        if (!wall.Answer.IsDone) { return Failed(wall.Answer, SightOf(instance)); }
        // Disks only grow: a smaller one was held but cannot be had, and what is there stays.
        var wanted = size with { DiskGiB = Math.Max(size.DiskGiB, instance.Size.DiskGiB) };
        if (wanted == instance.Size) { return null; }
        var answer = await engine.ResizeAsync(instance.Id, wanted, ct);
        return answer.IsDone ? null : await RefusedAsync(resource, engine, answer, SightOf(instance), ct);
    }

    /// <summary>A change that the engine will not carry out, now or later, is taken back; what failed otherwise is tried again.</summary>
    private static async Task<DeliveryStep> RefusedAsync(CloudResource resource, CloudEngine engine, EngineAnswer answer, Sight sight, CancellationToken ct)
    {
        var step = Failed(answer, sight);
        // What is not ours any more cannot be set back either.
        if (!step.IsFinal || resource.Former is not { } former || answer.Code == "not-ours") { return step; }
        var grown = new Dictionary<string, int>();
        foreach (var volume in resource.Volumes.Where(v => former.Volumes.Any(f => f.Name == v.Name && f.Size < v.Size)))
        {
            if (await engine.FindVolumeAsync(IdOf(resource).Project, InstanceVolumes.NameOf(resource, volume), ct) is { IsDone: true, Value: { } found }) { grown[volume.Name] = Math.Min(found.DiskGiB, volume.Size); }
        }

        return step with { RefusedChange = answer.Code, GrownVolumes = grown };
    }

    private async Task<DeliveryStep> RemoveAsync(EngineInstance instance, CloudEngine engine, CancellationToken ct)
    {
        if (instance.Status is not InstanceStatus.Stopped)
        {
            var stopped = await engine.StopAsync(instance.Id, force: true, ct);
            if (!stopped.IsDone && stopped.Outcome != EngineOutcome.NotFound) { return Failed(stopped, SightOf(instance)); }
        }

        var deleted = await engine.DeleteAsync(instance.Id, ct);
        return deleted.IsDone || deleted.Outcome == EngineOutcome.NotFound ? new DeliveryStep(Sight.Changing) : Failed(deleted, SightOf(instance));
    }

    /// <summary>Whether the operator wants to decide about this size before it is mended.</summary>
    private async Task<bool> IsKeptAsync(CloudResource resource, EngineSize size, CancellationToken ct) =>
        await db.ResourceDrifts.AsNoTracking().SingleOrDefaultAsync(d => d.ResourceId == resource.Id && d.IsOpen, ct) is { } drift && drift.Keeps(size, resource.Amounts);

    private static async Task<EngineAnswer> StopAsync(CloudEngine engine, InstanceId id, CancellationToken ct)
    {
        var asked = await engine.StopAsync(id, force: false, ct);
        return asked is { Outcome: EngineOutcome.Busy, Code: "still-running" } ? await engine.StopAsync(id, force: true, ct) : asked;
    }

    /// <summary>It runs; its address follows within a second or two, or never: asked for ever less often, at most so many times.</summary>
    private static DeliveryStep Running(CloudResource resource, EngineInstance instance)
    {
        var address = instance.State?.Addresses.FirstOrDefault(a => a.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)?.ToString();
        return address is null && resource.Address is null && resource.Attempts < MostAsksForAddress
            ? new DeliveryStep(Sight.Running, "no-address", After: TimeSpan.FromMilliseconds(Math.Min(50 * (resource.Attempts + 1), 1000)), IsNear: true) : new DeliveryStep(Sight.Running, Address: address);
    }

    /// <summary>After a call that was done the next step looks.</summary>
    private static DeliveryStep Then(EngineAnswer answer, Sight sight) => answer.IsDone ? new DeliveryStep(Sight.Changing) : Failed(answer, sight);

    /// <summary>What was never there holds nothing of anybody. An engine that was killed in the midst of making leaves a shell without a disk, or one that never starts: when it does not twice, it is taken away and made anew.</summary>
    private static async Task<DeliveryStep> StartAsync(CloudResource resource, EngineInstance instance, CloudEngine engine, CancellationToken ct)
    {
        var answer = await engine.StartAsync(instance.Id, ct);
        var isShell = answer is { Outcome: EngineOutcome.NotFound, Code: "pool" } || MayFailAgain(resource, answer, MostStarts);
        if (isShell && resource is { DeliveredAt: null, Attempts: > 0 }) { await engine.DeleteAsync(instance.Id, ct); }
        return Started(resource, answer, resource.DeliveredAt is null ? Sight.Changing : Sight.Stopped);
    }

    /// <summary>A start that fails without a known reason may succeed later: on a busy machine LXC's own helpers run out of time.</summary>
    private static DeliveryStep Started(CloudResource resource, EngineAnswer answer, Sight sight) =>
        MayFailAgain(resource, answer, MostStarts) ? DeliveryStep.NotNow(answer.Code, sight) : Then(answer, sight);

    /// <summary>Failed without a known reason, and not so often in a row yet: attempts that nobody answered, such as while the engine was away, tell nothing of it.</summary>
    private static bool MayFailAgain(CloudResource resource, EngineAnswer answer, int most) =>
        answer is { Outcome: EngineOutcome.Refused, Code: DeliveryStep.FailedWithoutReason } && (resource.Problem == DeliveryStep.FailedWithoutReason ? resource.Attempts : 0) < most;

    private static DeliveryStep Failed(EngineAnswer answer, Sight sight) => answer.Outcome switch
    {
        EngineOutcome.Refused => DeliveryStep.Never(answer.Code, sight),
        EngineOutcome.NotFound when answer.Code is "image" => DeliveryStep.Never(answer.Code, sight),
        _ => DeliveryStep.NotNow(answer.Code.Length > 0 ? answer.Code : "engine-error", sight),
    };

    private static Sight SightOf(EngineInstance instance) => instance.Status switch
    {
        InstanceStatus.Running => Sight.Running,
        InstanceStatus.Stopped => Sight.Stopped,
        InstanceStatus.Lost => Sight.Lost,
        _ => Sight.Changing,
    };

    /// <summary>Which instance it is.</summary>
    internal static InstanceId IdOf(CloudResource resource) => new(InstanceSurroundings.ProjectOf(resource.OrganisationId), EngineName.Parse(resource.EngineName));

    /// <summary>Whole processors, rounded up: engines give no parts of one.</summary>
    internal EngineSize SizeOf(CloudResource resource)
    {
        var cpus = (int)Math.Max(1, (resource.Amounts.Get("vcpu") + 999) / 1000);
        return new EngineSize(cpus, (int)Math.Max(16, resource.Amounts.Get("memory")), (int)Math.Max(1, resource.OwnAmounts.Get("disk")), cpus * options.Value.ProcessesPerCore);
    }

    private static Dictionary<string, string> MarksOf(CloudResource resource) => new()
    {
        ["resource"] = resource.Id.ToString(), ["pool"] = $"{resource.PoolId}", ["number"] = resource.Number, ["organisation"] = resource.OrganisationId.ToString(), ["system"] = resource.SystemId.ToString(),
    };
}
