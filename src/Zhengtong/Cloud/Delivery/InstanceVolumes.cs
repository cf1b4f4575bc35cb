using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.Delivery;

/// <summary>Data volumes of instances. A volume is called by its resource's name at the engine and its own; each step may be repeated, and what carries no mark of ours is not touched.</summary>
internal static class InstanceVolumes
{
    /// <summary>Makes and attaches what is to be, detaches and removes what is to go.</summary>
    /// <returns>Done, or why not yet; and the names of those that are gone.</returns>
    internal static async Task<(EngineAnswer Answer, IReadOnlyList<string> Gone)> BringAsync(CloudEngine engine, CloudResource resource, string? member, IReadOnlyDictionary<string, string> marks, CancellationToken ct)
    {
        var (id, gone) = (InstanceFulfilment.IdOf(resource), new List<string>());
        // First what goes: its place, and its path, may be what another needs.
        foreach (var volume in resource.Volumes.Where(v => v.IsLeaving))
        {
            var detached = await engine.DetachVolumeAsync(id, NameOf(resource, volume), ct);
            if (!detached.IsDone) { return (detached, gone); }
            var removed = await RemoveAsync(engine, resource, volume, ct);
            if (!removed.IsDone) { return (removed, gone); }
            gone.Add(volume.Name);
        }

        foreach (var volume in resource.Volumes.Where(v => !v.IsLeaving))
        {
            var name = NameOf(resource, volume);
            var made = await engine.EnsureVolumeAsync(new EngineVolume(id.Project, name, volume.Size, MarksOf(marks, volume), member), ct);
            if (!made.IsDone) { return (made, gone); }
            var attached = await engine.AttachVolumeAsync(id, name, volume.Path, ct);
            if (!attached.IsDone) { return (attached, gone); }
        }

        return (EngineAnswer.Done, gone);
    }

    /// <summary>Removes all volumes of an instance that is gone.</summary>
    internal static async Task<EngineAnswer> RemoveAllAsync(CloudEngine engine, CloudResource resource, CancellationToken ct)
    {
        foreach (var volume in resource.Volumes)
        {
            var removed = await RemoveAsync(engine, resource, volume, ct);
            if (!removed.IsDone) { return removed; }
        }

        return EngineAnswer.Done;
    }

    /// <summary>What an earlier attempt removed is gone.</summary>
    private static async Task<EngineAnswer> RemoveAsync(CloudEngine engine, CloudResource resource, KeptVolume volume, CancellationToken ct) =>
        await engine.RemoveVolumeAsync(InstanceFulfilment.IdOf(resource).Project, NameOf(resource, volume), ct) is { Outcome: not EngineOutcome.NotFound } answer ? answer : EngineAnswer.Done;

    /// <summary>The marks of a volume: its instance's, and its name.</summary>
    internal static IReadOnlyDictionary<string, string> MarksOf(IReadOnlyDictionary<string, string> marks, KeptVolume volume) => new Dictionary<string, string>(marks) { ["volume"] = volume.Name };

    /// <summary>At most 54 characters.</summary>
    internal static EngineName NameOf(CloudResource resource, KeptVolume volume) => EngineName.Parse($"{resource.EngineName}-{volume.Name}");
}
