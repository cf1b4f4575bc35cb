using System.Net;

namespace Zhengtong.Cloud.Engines;

/// <summary>An instance as the engine has it.</summary>
/// <param name="Id">Project and name.</param>
/// <param name="Status">What it does.</param>
/// <param name="Size">The limits in force. 0 where the engine says nothing.</param>
/// <param name="Marks">Our ids, without the owner.</param>
/// <param name="Member">Where it is; null when the engine has but one place.</param>
/// <param name="CreatedAt">When it was made, by the engine's clock.</param>
/// <param name="State">What it uses now; null when that was not asked for.</param>
internal sealed record EngineInstance(
    InstanceId Id, InstanceStatus Status, EngineSize Size, IReadOnlyDictionary<string, string> Marks, string? Member, DateTimeOffset? CreatedAt, InstanceState? State = null);

/// <summary>What an instance does.</summary>
internal enum InstanceStatus
{
    /// <summary>It is stopped.</summary>
    Stopped,
    /// <summary>It runs.</summary>
    Running,
    /// <summary>It is held still in mid-run.</summary>
    Frozen,
    /// <summary>On its way from one to another.</summary>
    Changing,
    /// <summary>The engine cannot tell: its member is lost, or it is broken. It may run on.</summary>
    Lost,
}

/// <summary>What an instance uses now. Counters grow from its start.</summary>
/// <param name="CpuNanoseconds">Processor time.</param>
/// <param name="MemoryBytes">Memory in use.</param>
/// <param name="MemoryPeakBytes">The most it was; 0 when the engine does not tell.</param>
/// <param name="DiskBytes">Its root disk in use; null where the storage cannot tell.</param>
/// <param name="Processes">Processes.</param>
/// <param name="BytesReceived">Over all its interfaces but its own loopback.</param>
/// <param name="BytesSent">Likewise.</param>
/// <param name="Addresses">Addresses that others can reach it by.</param>
internal sealed record InstanceState(
    long CpuNanoseconds, long MemoryBytes, long MemoryPeakBytes, long? DiskBytes, int Processes, long BytesReceived, long BytesSent, IReadOnlyList<IPAddress> Addresses);

/// <summary>Which instances are read; only ever those with our owner's mark.</summary>
/// <param name="Project">Of one project; null for all.</param>
/// <param name="Mark">Key of a mark they must have; null for any.</param>
/// <param name="Value">The mark's value.</param>
/// <param name="WithState">True to be told what they use, at some milliseconds an instance.</param>
internal sealed record InstanceFilter(EngineName? Project = null, string? Mark = null, string? Value = null, bool WithState = false);

/// <summary>What one running instance has used since its start, as all instances of a member are told in one call.</summary>
/// <param name="Id">Which.</param>
/// <param name="CpuSeconds">Processor time.</param>
/// <param name="MemoryBytes">Memory in use.</param>
/// <param name="MemoryLimitBytes">Most memory it may use.</param>
/// <param name="DiskBytes">Its root file system in use; 0 where the storage cannot tell.</param>
/// <param name="BytesReceived">Over all its interfaces but its own loopback.</param>
/// <param name="BytesSent">Likewise.</param>
/// <param name="Processes">Processes.</param>
internal sealed record InstanceUse(InstanceId Id, double CpuSeconds, long MemoryBytes, long MemoryLimitBytes, long DiskBytes, long BytesReceived, long BytesSent, int Processes);

/// <summary>An earlier state of an instance.</summary>
/// <param name="Name">Unique in the instance.</param>
/// <param name="CreatedAt">When it was taken.</param>
/// <param name="ExpiresAt">When the engine removes it; null for never.</param>
/// <param name="Size">The limits as they were then: a restore brings them back.</param>
internal sealed record EngineSnapshot(EngineName Name, DateTimeOffset? CreatedAt, DateTimeOffset? ExpiresAt, EngineSize Size);

/// <summary>What an engine tells while it is listened to.</summary>
/// <param name="Action">What happened, in the engine's word, such as <c>instance-started</c>; <see cref="ReadAgain"/> after each connection, the first too: what happened before it was not heard.</param>
/// <param name="Instance">Whom it is about; null for anything but an instance.</param>
/// <param name="Member">Where; null when the engine has but one place.</param>
/// <param name="At">When, by the engine's clock; null with <see cref="ReadAgain"/>.</param>
internal sealed record EngineEvent(string Action, InstanceId? Instance = null, string? Member = null, DateTimeOffset? At = null)
{
    /// <summary>Read all instances anew and write down the difference: events may have been missed, and none is ever sent again.</summary>
    internal const string ReadAgain = "read-again";

    internal bool IsReadAgain => Action == ReadAgain;
}
