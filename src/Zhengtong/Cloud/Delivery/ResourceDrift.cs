using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.Delivery;

/// <summary>What becomes of it when an engine has a resource otherwise than it is to be.</summary>
public enum DriftRule
{
    /// <summary>It is brought back at once.</summary>
    Mend,
    /// <summary>Another size or power state is left as it is and shown, until the operator decides.</summary>
    Ask,
}

/// <summary>The rule of a resource, and the difference that was last found. A resource without a row is mended and never differed.</summary>
internal sealed class ResourceDrift
{
    internal required Guid ResourceId { get; init; }

    internal DriftRule Rule { get; set; }

    /// <summary>What differed: <c>size</c>, <c>power</c>, <c>gone</c>, <c>lost</c> or <c>back</c>; null when nothing did since the last decision.</summary>
    internal string? Difference { get; set; }

    internal DateTimeOffset? FoundAt { get; set; }

    /// <summary>True while it is left as it is and waits for a decision.</summary>
    internal bool IsOpen { get; set; }

    /// <summary>What the engine had; 0 where it had nothing.</summary>
    internal int Cpus { get; set; }

    internal int MemoryMiB { get; set; }

    internal int DiskGiB { get; set; }

    internal bool IsRunning { get; set; }

    /// <summary>What the resource was to have then.</summary>
    internal required IReadOnlyList<ResourceAmount> Wanted { get; set; }

    /// <summary>From 1; of two decisions at once one acts.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Touch() => Revision++;

    /// <summary>True when this very size is left as it is: no other was granted since, and nobody changed it again.</summary>
    internal bool Keeps(EngineSize size, IReadOnlyList<ResourceAmount> wanted) => Rule == DriftRule.Ask && IsOpen && Difference == "size" && (Cpus, MemoryMiB, DiskGiB) == (size.Cpus, size.MemoryMiB, size.DiskGiB) && Wanted.SequenceEqual(wanted);

    /// <summary>Writes down what was found.</summary>
    internal void Find(string difference, EngineInstance? seen, IReadOnlyList<ResourceAmount> wanted, bool isOpen, DateTimeOffset now)
    {
        (Difference, FoundAt, IsOpen, Wanted) = (difference, now, isOpen, wanted);
        (Cpus, MemoryMiB, DiskGiB, IsRunning) = (seen?.Size.Cpus ?? 0, seen?.Size.MemoryMiB ?? 0, seen?.Size.DiskGiB ?? 0, seen?.Status == InstanceStatus.Running);
        Touch();
    }

    /// <summary>What the resource would have if the size that was found were granted; kinds that an engine does not know stay.</summary>
    internal IReadOnlyList<ResourceAmount> Adopted(IReadOnlyList<ResourceAmount> now) => Amounts.Of(now.Select(a => a.Kind switch
    {
        // An engine gives whole processors: a part of one that it rounded up is no difference.
        "vcpu" when (a.Amount + 999) / 1000 != Cpus => a with { Amount = Cpus * 1000L },
        "memory" => a with { Amount = MemoryMiB },
        "disk" => a with { Amount = DiskGiB },
        _ => a,
    }));
}
