using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Zhengtong.Cloud;

/// <summary>Settings of the cloud, section <c>Cloud</c>.</summary>
internal sealed class CloudOptions
{
    internal const string Section = "Cloud";

    /// <summary>Where departments' networks are taken from, each a /24: an IPv4 network in CIDR form, /8 to /24.</summary>
    [Required]
    public string TenantNetworks { get; set; } = "10.128.0.0/9";

    /// <summary>Most processes of an instance for each of its processors, 10 to 100,000.</summary>
    [Range(10, 100_000)]
    public int ProcessesPerCore { get; set; } = 1000;

    /// <summary>From which share allocated a host is an alarm, in thousandths of what may be allocated, 1 to 1,000.</summary>
    [Range(1, 1000)]
    public int HostLimit { get; set; } = 900;

    /// <summary>Most terminals that an account has open at once, 1 to 100.</summary>
    [Range(1, 100)]
    public int TerminalsEach { get; set; } = 4;

    /// <summary>A terminal in which nobody types is closed after so many seconds, 10 to 14,400.</summary>
    [Range(10, 14_400)]
    public int TerminalIdleSeconds { get; set; } = 900;

    internal IPNetwork Networks => IPNetwork.Parse(TenantNetworks);
}
