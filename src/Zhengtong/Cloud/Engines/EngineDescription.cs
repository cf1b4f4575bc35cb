namespace Zhengtong.Cloud.Engines;

/// <summary>What an engine can do beyond making and ending instances.</summary>
internal enum EngineAbility
{
    /// <summary>Limits of a running instance can be changed.</summary>
    LiveResize,
    /// <summary>An instance can be set back to an earlier state.</summary>
    Snapshots,
    /// <summary>An instance can leave as a file and come back.</summary>
    Backups,
    /// <summary>Programs can be run inside, with a terminal too.</summary>
    Exec,
    /// <summary>The console of an instance can be opened.</summary>
    Console,
    /// <summary>Rules between networks hold.</summary>
    Rules,
    /// <summary>What instances use is told in one call a member.</summary>
    Metrics,
    /// <summary>Changes are told as they happen.</summary>
    Events,
    /// <summary>It has several members.</summary>
    Cluster,
    /// <summary>Members have groups that can be asked for.</summary>
    Groups,
    /// <summary>A member can be emptied and filled again.</summary>
    Evacuation,
    /// <summary>Virtual machines, not only containers.</summary>
    VirtualMachines,
    /// <summary>The size of a disk is enforced, not only written down.</summary>
    DiskQuota,
}

/// <summary>What an engine is and has.</summary>
/// <param name="Product">Such as <c>lxd</c> or <c>incus</c>.</param>
/// <param name="Version">As it says itself; nothing is decided by it.</param>
/// <param name="Abilities">What it can do.</param>
/// <param name="Members">Its hosts, at least one, by name.</param>
internal sealed record EngineDescription(string Product, string Version, IReadOnlySet<EngineAbility> Abilities, IReadOnlyList<EngineMember> Members);

/// <summary>A host of an engine.</summary>
/// <param name="Name">Unique in the engine.</param>
/// <param name="Status">Whether it takes instances.</param>
/// <param name="Groups">Groups it is in; empty where there are none.</param>
/// <param name="Capacity">Null when it does not answer.</param>
internal sealed record EngineMember(string Name, MemberStatus Status, IReadOnlyList<string> Groups, MemberCapacity? Capacity);

/// <summary>Whether a member takes instances.</summary>
internal enum MemberStatus
{
    /// <summary>It does.</summary>
    Online,
    /// <summary>It is not heard of. Its instances may run on.</summary>
    Offline,
    /// <summary>It was emptied on purpose.</summary>
    Evacuated,
    /// <summary>It is there, but waits for the others: an upgrade.</summary>
    Blocked,
}

/// <summary>What a member has, physically, and what of it is in use by whatever runs there.</summary>
/// <param name="Cpus">Logical processors.</param>
/// <param name="MemoryBytes">Memory.</param>
/// <param name="MemoryUsedBytes">Of it in use.</param>
/// <param name="DiskBytes">The storage pool's size, 0 when it is not told.</param>
/// <param name="DiskUsedBytes">Of it in use.</param>
internal sealed record MemberCapacity(int Cpus, long MemoryBytes, long MemoryUsedBytes, long DiskBytes, long DiskUsedBytes);

/// <summary>Something an instance can be made from.</summary>
/// <param name="Fingerprint">SHA-256 of its content, in hex.</param>
/// <param name="Aliases">Names it can be asked for by.</param>
/// <param name="Kind"><c>container</c> or <c>virtual-machine</c>.</param>
/// <param name="Architecture">Such as <c>x86_64</c>.</param>
/// <param name="Text">What it is, in its maker's words.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record EngineImage(string Fingerprint, IReadOnlyList<string> Aliases, string Kind, string Architecture, string Text, long Bytes);
