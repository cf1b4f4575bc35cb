using System.Net;
using System.Text.RegularExpressions;
using CsCheck;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Engines.Lxd;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Engines;

/// <summary>Names, marks, orders and errors, without an engine.</summary>
public sealed partial class EngineNameTests
{
    private static readonly Dictionary<string, string> None = [];

    [Theory]
    [InlineData("a")]
    [InlineData("Zt-019a-1")]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890123")]
    public void Parse_Good_IsItself(string text) => EngineName.Parse(text).ToString().ShouldBe(text);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1a")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a.b")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("政通")]
    [InlineData("a?project=b")]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234")]
    public void Parse_Bad_IsNone(string? text)
    {
        EngineName.TryParse(text, out var name).ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => name.ToString());
    }

    [Fact]
    public void Parse_AnyText_IsSafeInAnAddressOrNone() => Gen.String.Sample(text =>
    {
        if (EngineName.TryParse(text, out var name)) { Uri.EscapeDataString(name.ToString()).ShouldBe(text); }
    });

    [Fact]
    public void Fault_OfNetworksRulesAndVolumes_IsFound()
    {
        var range = IPNetwork.Parse("10.1.0.0/24");
        EngineChecks.Fault(new EngineNetwork(EngineName.Parse("zone"), range, None)).ShouldBeNull();
        EngineChecks.Fault(new EngineNetwork(EngineName.Parse("longerthan15chars"), range, None))!.Code.ShouldBe("network-name");
        EngineChecks.Fault(new EngineNetwork(EngineName.Parse("zone"), IPNetwork.Parse("fd00::/64"), None))!.Code.ShouldBe("range");
        EngineChecks.Fault(new EngineNetwork(EngineName.Parse("zone"), IPNetwork.Parse("10.1.0.0/30"), None))!.Code.ShouldBe("range");
        EngineRules Of(EngineRule rule) => new(EngineName.Parse("r"), [rule], [], None);
        EngineChecks.Fault(Of(new EngineRule(RuleAction.Allow, RuleProtocol.Tcp, range, null, new PortRange(80, 443)))).ShouldBeNull();
        EngineChecks.Fault(Of(new EngineRule(RuleAction.Allow, RuleProtocol.Any, null, null, new PortRange(80, 80))))!.Code.ShouldBe("rule");
        EngineChecks.Fault(Of(new EngineRule(RuleAction.Allow, RuleProtocol.Tcp, null, null, new PortRange(443, 80))))!.Code.ShouldBe("rule");
        EngineChecks.Fault(Of(new EngineRule(RuleAction.Allow, RuleProtocol.Any, IPNetwork.Parse("fd00::/64"))))!.Code.ShouldBe("rule");
        foreach (var bad in new[] { "", "/", "data", "/a//b", "/a/", "/a/./b", "/a/../b", "/a b", "/" + new string('a', 300) }) { EngineChecks.FaultOfPath(bad)!.Code.ShouldBe("path", bad); }
        EngineChecks.FaultOfPath("/srv/data_1.d").ShouldBeNull();
    }

    [Theory]
    [InlineData(404, "Image alias not found", nameof(EngineOutcome.NotFound), "image")]
    [InlineData(404, "Instance not found", nameof(EngineOutcome.NotFound), "object")]
    [InlineData(404, "Cluster member not found", nameof(EngineOutcome.NotFound), "member")]
    [InlineData(404, "Not Found", nameof(EngineOutcome.NotFound), "object")]
    [InlineData(409, "Certificate already in trust store", nameof(EngineOutcome.AlreadyExists), "exists")]
    [InlineData(400, "Failed creating instance record: Add instance info to the database: This \"instances\" entry already exists", nameof(EngineOutcome.AlreadyExists), "exists")]
    [InlineData(400, "Instance is busy running a \"create\" operation", nameof(EngineOutcome.Busy), "busy")]
    [InlineData(400, "The instance is already running", nameof(EngineOutcome.Refused), "already-running")]
    [InlineData(400, "Instance is running", nameof(EngineOutcome.Busy), "running")]
    [InlineData(400, "Failed shutting down instance, status is \"Running\": context deadline exceeded", nameof(EngineOutcome.Busy), "still-running")]
    [InlineData(400, "Invalid instance name: Name can only contain alphanumeric and hyphen characters", nameof(EngineOutcome.Refused), "invalid")]
    [InlineData(400, "Failed creating instance record: Instance type \"virtual-machine\" is not supported on this server: vhost_vsock kernel module not loaded", nameof(EngineOutcome.Refused), "not-supported")]
    [InlineData(500, "Invalid config: Unknown configuration key", nameof(EngineOutcome.Refused), "invalid")]
    [InlineData(500, "setting cgroup item for the container failed", nameof(EngineOutcome.Refused), "invalid")]
    [InlineData(500, "Reached maximum number of instances in project \"dept-a\"", nameof(EngineOutcome.LimitReached), "count")]
    [InlineData(500, "Failed checking if instance creation allowed: Reached maximum aggregate value \"3\" for \"limits.cpu\" in project \"dept-a\"", nameof(EngineOutcome.LimitReached), "sum")]
    [InlineData(500, "\"limits.memory\" is too low: current total is \"128.0MiB\"", nameof(EngineOutcome.LimitReached), "in-use")]
    [InlineData(500, "Failed checking if instance creation allowed: Invalid device \"eth0\" on container \"a1\" of project \"p1\": Network not allowed in project", nameof(EngineOutcome.Refused), "not-allowed")]
    [InlineData(500, "Unsupported compression", nameof(EngineOutcome.Refused), "invalid")]
    [InlineData(404, "Failed to fetch snapshot \"s9\" of instance \"a1\" in project \"p1\": InstanceSnapshot not found", nameof(EngineOutcome.NotFound), "object")]
    [InlineData(500, "Cannot delete an ACL that is in use", nameof(EngineOutcome.Busy), "in-use")]
    [InlineData(400, "The storage volume is still in use", nameof(EngineOutcome.Busy), "in-use")]
    [InlineData(400, "The network is currently in use", nameof(EngineOutcome.Busy), "in-use")]
    [InlineData(500, "Only empty projects can be removed", nameof(EngineOutcome.Busy), "not-empty")]
    [InlineData(500, "write /var/lib/lxd/x: no space left on device", nameof(EngineOutcome.Full), "disk")]
    [InlineData(403, "Cluster member is evacuated", nameof(EngineOutcome.Full), "member-evacuated")]
    [InlineData(403, "not authorized", nameof(EngineOutcome.Refused), "not-authorized")]
    [InlineData(412, "ETag doesn't match: a vs b", nameof(EngineOutcome.Busy), "changed-meanwhile")]
    [InlineData(500, "Missing event connection with target cluster member", nameof(EngineOutcome.Unknown), "member-lost")]
    [InlineData(503, "LXD daemon is shutting down", nameof(EngineOutcome.Unreachable), "not-ready")]
    [InlineData(500, "something that nobody has seen", nameof(EngineOutcome.Unknown), "engine-error")]
    [InlineData(400, "something that nobody has seen", nameof(EngineOutcome.Refused), "failed")]
    public void Of_ErrorsSeen_AreOutcomes(int status, string text, string outcome, string code)
    {
        var answer = LxdErrors.Of(status, text);
        ($"{answer.Outcome}", answer.Code).ShouldBe((outcome, code));
    }

    [Fact]
    public void Codes_InTheSource_StandInTheDocument()
    {
        var sources = string.Join('\n', Repository.Files("src/Zhengtong/Cloud/Engines", "*.cs").Select(File.ReadAllText));
        var codes = Code().Matches(sources).SelectMany(m => m.Groups.Values.Skip(1)).Select(g => g.Value).Where(c => c.Length > 0).Distinct().ToList();
        codes.Count.ShouldBeGreaterThan(40);
        var written = Repository.Read("docs", "engines.md");
        codes.Where(c => !written.Contains($"`{c}`", StringComparison.Ordinal)).ShouldBeEmpty("docs/engines.md says of each code what it means");
    }

    [Fact]
    public void Of_HostileWords_AreShortAndPlain()
    {
        var text = LxdErrors.Of(500, "a\r\nb\u001b[31m" + new string('x', 10_000)).Text;
        text.Length.ShouldBeLessThanOrEqualTo(500);
        text.ShouldStartWith("a  b [31m");
    }

    [Theory]
    [InlineData("128MiB", 128L << 20)]
    [InlineData("1GB", 1_000_000_000)]
    [InlineData("1073741824", 1L << 30)]
    [InlineData("2 GiB", 2L << 30)]
    [InlineData("50%", 0)]
    [InlineData("", 0)]
    [InlineData("99999999999PiB", long.MaxValue)]
    [InlineData("99999999999999999999999", 0)]
    public void Bytes_AsTheEngineWritesThem_AreNumbers(string text, long bytes) => LxdFields.Bytes(text).ShouldBe(bytes);

    [GeneratedRegex("""(?:EngineOutcome\.\w+, |Refused\(|NotFound\()"([a-z-]+)"|OursAsync\([^\n]*, "([a-z]+)", ct\)|RemoveAsync\([^\n]*, "([a-z]+)", ct\)|Code = "([a-z-]+)["]""")]
    private static partial Regex Code();
}
