using System.Net;

namespace Zhengtong.Cloud.Engines;

/// <summary>How large an instance is.</summary>
/// <param name="Cpus">Processors, 1 to 1024.</param>
/// <param name="MemoryMiB">Memory, 16 to 16,777,216 MiB.</param>
/// <param name="DiskGiB">Its root disk, 1 to 1,048,576 GiB.</param>
/// <param name="Processes">Most processes at once, 10 to 1,000,000.</param>
internal sealed record EngineSize(int Cpus, int MemoryMiB, int DiskGiB, int Processes);

/// <summary>A project at the engine: a fence around the instances of one tenant. It is the second wall only; engines are known to let more through when many ask at once.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Marks">Our ids.</param>
internal sealed record EngineProject(EngineName Name, IReadOnlyDictionary<string, string> Marks)
{
    /// <summary>Most instances, from 0; null for no limit.</summary>
    internal int? Instances { get; init; }

    /// <summary>Most processors, summed over the instances; null for no limit.</summary>
    internal int? Cpus { get; init; }

    /// <summary>Most memory, MiB, summed; null for no limit.</summary>
    internal long? MemoryMiB { get; init; }

    /// <summary>Most disk, GiB, summed over root disks and volumes; null for no limit.</summary>
    internal long? DiskGiB { get; init; }

    /// <summary>The networks that its instances may be in; with none they have no network.</summary>
    internal IReadOnlyList<EngineName> Networks { get; init; } = [];
}

/// <summary>The network of a zone. Instances of one zone reach each other; nothing leads from one zone into another but what rules allow.</summary>
/// <param name="Name">At most 15 characters: it is the name of an interface.</param>
/// <param name="Range">IPv4, from /8 to /29; its first address is the network's own.</param>
/// <param name="Marks">Our ids.</param>
internal sealed record EngineNetwork(EngineName Name, IPNetwork Range, IReadOnlyDictionary<string, string> Marks)
{
    /// <summary>True when there is a way to what lies outside the engine, behind the member's own address, for what rules allow; false for none.</summary>
    internal bool Outside { get; init; }

    /// <summary>The rules of its border; whatever they do not allow is refused. Null for a closed border.</summary>
    internal EngineName? Rules { get; init; }
}

/// <summary>Rules at the border of networks. What no rule allows is refused.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Ingress">What may come in.</param>
/// <param name="Egress">What may go out.</param>
/// <param name="Marks">Our ids.</param>
internal sealed record EngineRules(EngineName Name, IReadOnlyList<EngineRule> Ingress, IReadOnlyList<EngineRule> Egress, IReadOnlyDictionary<string, string> Marks);

/// <summary>One rule.</summary>
/// <param name="Action">What happens to it.</param>
/// <param name="Protocol">Which protocol.</param>
/// <param name="Source">Where from; null for anywhere.</param>
/// <param name="Destination">Where to; null for anywhere.</param>
/// <param name="Ports">Ports of the destination, for TCP and UDP only; null for all.</param>
internal sealed record EngineRule(RuleAction Action, RuleProtocol Protocol = RuleProtocol.Any, IPNetwork? Source = null, IPNetwork? Destination = null, PortRange? Ports = null);

/// <summary>What a rule does.</summary>
internal enum RuleAction
{
    /// <summary>Lets it through.</summary>
    Allow,
    /// <summary>Answers that it may not.</summary>
    Reject,
    /// <summary>Answers nothing.</summary>
    Drop,
}

/// <summary>Which protocol a rule is about.</summary>
internal enum RuleProtocol
{
    /// <summary>All.</summary>
    Any,
    /// <summary>TCP.</summary>
    Tcp,
    /// <summary>UDP.</summary>
    Udp,
    /// <summary>ICMP of IPv4.</summary>
    Icmp,
}

/// <summary>Ports, 1 to 65,535, both ends included.</summary>
internal readonly record struct PortRange(int From, int To);

/// <summary>A disk beside the root disk of an instance; it outlives the instance.</summary>
/// <param name="Project">Its project.</param>
/// <param name="Name">Its name.</param>
/// <param name="DiskGiB">Its size, 1 to 1,048,576 GiB; it only grows.</param>
/// <param name="Marks">Our ids.</param>
/// <param name="Member">The member it lies on; null to leave that to the engine.</param>
internal sealed record EngineVolume(EngineName Project, EngineName Name, int DiskGiB, IReadOnlyDictionary<string, string> Marks, string? Member = null);

/// <summary>What an instance is made of. The same order given twice makes one instance: the name comes from the order's own record.</summary>
/// <param name="Id">Project and name.</param>
/// <param name="Image">Alias or fingerprint.</param>
/// <param name="Size">How large.</param>
/// <param name="Marks">Our ids: 1 to 20 keys of lower-case letters, digits and hyphens; values of letters, digits and <c>. _ : -</c>, at most 100.</param>
internal sealed record InstanceOrder(InstanceId Id, string Image, EngineSize Size, IReadOnlyDictionary<string, string> Marks)
{
    /// <summary>cloud-init user data, at most 131,072 bytes in UTF-8, no NUL; null for none. It is handed through, never read.</summary>
    internal string? UserData { get; init; }

    /// <summary>The zone's network; null for no network at all.</summary>
    internal EngineName? Network { get; init; }

    /// <summary>The member it is to run on; null to leave that to the engine.</summary>
    internal string? Member { get; init; }

    /// <summary>The group of members it is to run on; not together with a member.</summary>
    internal string? Group { get; init; }
}

/// <summary>A program to be run inside an instance.</summary>
/// <param name="Command">The program and its words; no shell in between. 1 to 100 words, together at most 65,536 characters, no NUL.</param>
internal sealed record ExecOrder(params IReadOnlyList<string> Command)
{
    /// <summary>Its environment, beside what the engine sets.</summary>
    internal IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>What it reads; then its input ends.</summary>
    internal ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>Most bytes taken of each of its two outputs, 1 to 67,108,864; when there are more it is killed.</summary>
    internal int MostBytes { get; init; } = 1024 * 1024;

    /// <summary>It is killed when it runs longer.</summary>
    internal TimeSpan Time { get; init; } = TimeSpan.FromMinutes(1);
}

/// <summary>Why a program came to its end.</summary>
internal enum ExecEnd
{
    /// <summary>By itself.</summary>
    Exited,
    /// <summary>It said more than was asked for.</summary>
    SaidTooMuch,
    /// <summary>It ran too long.</summary>
    RanTooLong,
}

/// <summary>What became of a program.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="ExitCode">0 to 255: 127 when there is no such program, 128 + n when signal n ended it. Null when it was killed by us.</param>
/// <param name="Output">What it said, cut at <see cref="ExecOrder.MostBytes"/>.</param>
/// <param name="Errors">What it said on its second output, cut likewise.</param>
internal sealed record ExecResult(ExecEnd End, int? ExitCode, byte[] Output, byte[] Errors);
