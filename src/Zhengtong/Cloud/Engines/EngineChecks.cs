using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Zhengtong.Cloud.Engines;

/// <summary>What an engine is never even asked for. Each check gives null when all is well.</summary>
internal static partial class EngineChecks
{
    /// <summary>Most bytes of user data, in UTF-8.</summary>
    internal const int MostUserData = 128 * 1024;

    /// <summary>Rules of this name are a network's own.</summary>
    internal const string BorderPrefix = "border-";

    internal static EngineAnswer? Fault(EngineSize size) => size is { Cpus: >= 1 and <= 1024, MemoryMiB: >= 16 and <= 16 * 1024 * 1024, DiskGiB: >= 1 and <= 1024 * 1024, Processes: >= 10 and <= 1_000_000 }
        ? null : EngineAnswer.Refused("size", $"{size}");

    internal static EngineAnswer? Fault(InstanceOrder order) => Fault(order.Size) ?? EngineMarks.Fault(order.Marks) ?? FaultOfUserData(order.UserData)
        ?? (ImageName().IsMatch(order.Image) ? null : EngineAnswer.Refused("image-name"))
        ?? (order.Member is not null && order.Group is not null ? EngineAnswer.Refused("target", "A member or a group, not both") : FaultOfMember(order.Member) ?? FaultOfMember(order.Group));

    internal static EngineAnswer? Fault(EngineProject project) => EngineMarks.Fault(project.Marks)
        ?? (project is { Instances: null or >= 0, Cpus: null or >= 0, MemoryMiB: null or >= 0, DiskGiB: null or >= 0 } ? null : EngineAnswer.Refused("limit"));

    internal static EngineAnswer? Fault(EngineNetwork network) => EngineMarks.Fault(network.Marks)
        ?? (network.Name.ToString().Length <= 15 ? null : EngineAnswer.Refused("network-name", "At most 15 characters"))
        ?? (network.Range is { BaseAddress.AddressFamily: AddressFamily.InterNetwork, PrefixLength: >= 8 and <= 29 } ? null : EngineAnswer.Refused("range", "IPv4, from /8 to /29"));

    internal static EngineAnswer? Fault(EngineRules rules) => EngineMarks.Fault(rules.Marks)
        ?? (rules.Name.ToString().StartsWith(BorderPrefix, StringComparison.Ordinal) ? EngineAnswer.Refused("rule", "The name is a network's own") : null)
        ?? (rules.Ingress.Count + rules.Egress.Count <= 1000 ? null : EngineAnswer.Refused("rule", "At most 1000"))
        ?? rules.Ingress.Concat(rules.Egress).Select(Fault).FirstOrDefault(f => f is not null);

    internal static EngineAnswer? Fault(EngineVolume volume) => EngineMarks.Fault(volume.Marks) ?? FaultOfMember(volume.Member)
        ?? (volume.DiskGiB is >= 1 and <= 1024 * 1024 ? null : EngineAnswer.Refused("size", $"{volume.DiskGiB} GiB"));

    internal static EngineAnswer? Fault(ExecOrder order) => FaultOfCommand(order.Command)
        ?? (order.Environment.Count <= 100 && order.Environment.All(e => Variable().IsMatch(e.Key) && e.Value.Length <= 32_768 && !e.Value.Contains('\0')) ? null : EngineAnswer.Refused("environment"))
        ?? (order.MostBytes is >= 1 and <= 64 * 1024 * 1024 && order.Time > TimeSpan.Zero && order.Time <= TimeSpan.FromDays(1) ? null : EngineAnswer.Refused("exec-limit"));

    internal static EngineAnswer? FaultOfCommand(IReadOnlyList<string> command) =>
        command.Count is >= 1 and <= 100 && command[0].Length > 0 && command.Sum(w => (long)w.Length) <= 65_536 && !command.Any(w => w.Contains('\0')) ? null : EngineAnswer.Refused("command");

    internal static EngineAnswer? FaultOfWindow(int columns, int rows) => columns is >= 1 and <= 1000 && rows is >= 1 and <= 1000 ? null : EngineAnswer.Refused("window");

    internal static EngineAnswer? FaultOfPath(string path) =>
        path.Length is > 1 and <= 255 && MountPath().IsMatch(path) && !path.Split('/').Any(p => p is "." or "..") ? null : EngineAnswer.Refused("path", "Absolute, of letters, digits and . _ -");

    /// <summary>Members and groups are named by the engine's own operators, so a dot is allowed.</summary>
    internal static EngineAnswer? FaultOfMember(string? member) => member is null || MemberName().IsMatch(member) ? null : EngineAnswer.Refused("member-name");

    private static EngineAnswer? FaultOfUserData(string? data) =>
        data is null || (data.Length <= MostUserData && Encoding.UTF8.GetByteCount(data) <= MostUserData && !data.Contains('\0') && IsWhole(data)) ? null
        : EngineAnswer.Refused("user-data", $"At most {MostUserData} bytes of text without NUL");

    private static EngineAnswer? Fault(EngineRule rule) =>
        rule.Ports is { } ports && (rule.Protocol is not (RuleProtocol.Tcp or RuleProtocol.Udp) || ports.From < 1 || ports.To > 65_535 || ports.From > ports.To) ? EngineAnswer.Refused("rule", "Ports")
        : IsIPv4(rule.Source) && IsIPv4(rule.Destination) ? null : EngineAnswer.Refused("rule", "IPv4 only");

    private static bool IsIPv4(IPNetwork? network) => network is not { } given || given.BaseAddress.AddressFamily == AddressFamily.InterNetwork;

    /// <summary>Half a character would come back as another one.</summary>
    private static bool IsWhole(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) { continue; }
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) { return false; }
            i++;
        }

        return true;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._/:-]{0,127}\z")]
    private static partial Regex ImageName();

    [GeneratedRegex(@"\A[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?\z")]
    private static partial Regex MemberName();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]{0,127}\z")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\A(?:/[A-Za-z0-9._-]+)+\z")]
    private static partial Regex MountPath();
}
