using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Engines.Lxd;

namespace Zhengtong.Tests.Cloud.Engines;

/// <summary>A real LXD keeps to the contract, and what only it can show.</summary>
[Collection<LxdTests>]
public sealed class LxdEngineTests(LxdFixture lxd) : EngineContract
{
    internal override CloudEngine Engine => lxd.Engine;

    internal override EngineName Project => lxd.Project;

    internal override EngineName Network => lxd.Network;

    [Fact]
    public async Task Create_HostileUserData_ComesBackByteForByte()
    {
        var data = "#cloud-config\nwrite_files:\n- path: /etc/motd\n  content: \"'; rm -rf / #\"\n  user.zt.owner: nobody\n...\n---\n\t政通 \U0001F600 ${HOME} `id`\r\n" + new string('x', 100_000);
        var id = NewId();
        await using var guest = new Guest(Engine, id);
        (await Engine.CreateAsync(Order(id) with { UserData = data }, Ct)).ShouldBeDone();
        var kept = (await lxd.Raw.GetAsync(LxdPath.Of(id), Ct)).Metadata.Get("config");
        kept.Text("cloud-init.user-data").ShouldBe(data);
        kept.Text("user.zt.owner").ShouldBe(LxdFixture.Owner);
        Said(await Engine.CreateAsync(Order(NewId()) with { UserData = new string('政', 50_000) }, Ct)).ShouldBe((EngineOutcome.Refused, "user-data"));
    }

    [Fact]
    public async Task Networks_OfTwoZones_DoNotReachEachOther()
    {
        await using var here = await MakeAsync(start: true);
        await using var beside = await MakeAsync(start: true);
        await using var there = new Guest(Engine, NewId());
        (await Engine.CreateAsync(Order(there.Id) with { Network = lxd.OtherNetwork }, Ct)).ShouldBeDone();
        (await Engine.StartAsync(there.Id, Ct)).ShouldBeDone();
        var (near, far) = (await AddressAsync(beside.Id), await AddressAsync(there.Id));
        await AddressAsync(here.Id);
        LxdFixture.Range(1).Contains(near).ShouldBeTrue();
        LxdFixture.Range(2).Contains(far).ShouldBeTrue();
        (await PingAsync(here.Id, near.ToString())).ShouldBeTrue();
        (await PingAsync(here.Id, far.ToString())).ShouldBeFalse();
        (await PingAsync(there.Id, near.ToString())).ShouldBeFalse();
        (await Engine.RemoveNetworkAsync(lxd.OtherNetwork, Ct)).Outcome.ShouldBe(EngineOutcome.Busy);
        Said(await Engine.EnsureRulesAsync(new EngineRules(EngineName.Parse($"border-{Network}"), [], [], new Dictionary<string, string>()), Ct)).ShouldBe((EngineOutcome.Refused, "rule"));
        Said(await Engine.EnsureNetworkAsync(new EngineNetwork(Network, IPNetwork.Parse("10.99.0.0/24"), new Dictionary<string, string>()), Ct)).ShouldBe((EngineOutcome.Refused, "range"));
    }

    [Fact]
    public async Task Rules_OfANetwork_CloseAndOpenItsBorder()
    {
        var marks = new Dictionary<string, string> { ["zone"] = "walled" };
        var rules = new EngineRules(EngineName.Parse("walled"), [], [], marks);
        var network = new EngineNetwork(EngineName.Parse($"ztw{Environment.ProcessId}"), LxdFixture.Range(3), marks);
        var gateway = LxdFixture.Range(3).ToString().Replace(".0/24", ".1", StringComparison.Ordinal);
        (await Engine.EnsureNetworkAsync(network, Ct)).ShouldBeDone();
        await using (var guest = new Guest(Engine, NewId(EngineName.Default)))
        {
            (await Engine.CreateAsync(Order(guest.Id) with { Network = network.Name }, Ct)).ShouldBeDone();
            (await Engine.StartAsync(guest.Id, Ct)).ShouldBeDone();
            await AddressAsync(guest.Id);
            (await PingAsync(guest.Id, gateway)).ShouldBeFalse();
            (await Engine.EnsureRulesAsync(rules, Ct)).ShouldBeDone();
            (await Engine.EnsureNetworkAsync(network with { Rules = rules.Name }, Ct)).ShouldBeDone();
            (await Engine.EnsureNetworkAsync(network with { Rules = rules.Name }, Ct)).ShouldBeDone();
            (await PingAsync(guest.Id, gateway)).ShouldBeFalse();
            (await Engine.EnsureRulesAsync(rules with { Egress = [new EngineRule(RuleAction.Allow, RuleProtocol.Icmp, null, LxdFixture.Range(3))] }, Ct)).ShouldBeDone();
            (await PingAsync(guest.Id, gateway)).ShouldBeTrue();
            (await Engine.EnsureRulesAsync(rules, Ct)).ShouldBeDone();
            (await PingAsync(guest.Id, gateway)).ShouldBeFalse();
            (await Engine.RemoveRulesAsync(rules.Name, Ct)).Outcome.ShouldBe(EngineOutcome.Busy);
        }

        (await Engine.RemoveNetworkAsync(network.Name, Ct)).ShouldBeDone();
        (await Engine.RemoveRulesAsync(rules.Name, Ct)).ShouldBeDone();
    }

    /// <summary>Behind the member stands another machine (a network namespace) that knows no way to the engine's networks: only behind the member's own address does anybody get an answer from it.</summary>
    [Fact]
    public async Task Networks_WithAWayOutside_GetAnswersFromBehindTheMember_AndWithoutOneGetNone()
    {
        _ = Engine;
        var number = Environment.ProcessId % 250 + 1;
        var (space, near, far) = ($"zto{Environment.ProcessId}", $"ztn{Environment.ProcessId}", $"ztf{Environment.ProcessId}");
        var (gateway, outside) = ($"10.99.{number}.1", $"10.99.{number}.2");
        var marks = new Dictionary<string, string>();
        var rules = new EngineRules(EngineName.Parse("outside"), [], [new EngineRule(RuleAction.Allow, RuleProtocol.Tcp, null, IPNetwork.Parse($"10.99.{number}.0/24"))], marks);
        var network = new EngineNetwork(EngineName.Parse($"ztx{Environment.ProcessId}"), LxdFixture.Range(5), marks) { Outside = true, Rules = rules.Name };
        System.Diagnostics.Process? listener = null;
        try
        {
            await IpAsync("netns", "add", space);
            await IpAsync("link", "add", near, "type", "veth", "peer", "name", far, "netns", space);
            await IpAsync("addr", "add", $"{gateway}/24", "dev", near);
            await IpAsync("link", "set", near, "up");
            await IpAsync("-n", space, "addr", "add", $"{outside}/24", "dev", far);
            await IpAsync("-n", space, "link", "set", far, "up");
            listener = System.Diagnostics.Process.Start("ip", ["netns", "exec", space, "busybox", "nc", "-ll", "-p", "7000", "-e", "/bin/echo", "from-outside"]);
            (await Engine.EnsureRulesAsync(rules, Ct)).ShouldBeDone();
            (await Engine.EnsureNetworkAsync(network, Ct)).ShouldBeDone();
            await using (var guest = new Guest(Engine, NewId(EngineName.Default)))
            {
                (await Engine.CreateAsync(Order(guest.Id) with { Network = network.Name }, Ct)).ShouldBeDone();
                (await Engine.StartAsync(guest.Id, Ct)).ShouldBeDone();
                await AddressAsync(guest.Id);
                (await AskedAsync(guest.Id)).ShouldBe("from-outside");
                (await Engine.EnsureNetworkAsync(network with { Outside = false }, Ct)).ShouldBeDone();
                (await AskedAsync(guest.Id)).ShouldBe("");
                (await Engine.EnsureNetworkAsync(network, Ct)).ShouldBeDone();
                (await AskedAsync(guest.Id)).ShouldBe("from-outside");
                // The way alone is no permission.
                (await Engine.EnsureRulesAsync(rules with { Egress = [] }, Ct)).ShouldBeDone();
                (await AskedAsync(guest.Id)).ShouldBe("");
            }

            (await Engine.RemoveNetworkAsync(network.Name, Ct)).ShouldBeDone();
            (await Engine.RemoveRulesAsync(rules.Name, Ct)).ShouldBeDone();
        }
        finally
        {
            listener?.Kill(entireProcessTree: true);
            listener?.Dispose();
            await IpAsync("link", "delete", near);
            await IpAsync("netns", "delete", space);
        }

        async Task<string> AskedAsync(InstanceId from) =>
            Encoding.UTF8.GetString((await Engine.ExecAsync(from, new ExecOrder("sh", "-c", $"echo | timeout 4 nc -w 3 {outside} 7000"), Ct)).Given().Output).Trim();

        static async Task IpAsync(params string[] words)
        {
            using var process = System.Diagnostics.Process.Start("ip", words);
            await process.WaitForExitAsync(Ct);
            process.ExitCode.ShouldBe(0, string.Join(' ', words));
        }
    }

    [Fact]
    public async Task Foreign_ProjectNetworkRulesVolume_AreNeverRemoved()
    {
        var name = EngineName.Parse("foreign");
        await RawAsync(HttpMethod.Post, "/1.0/projects", new JsonObject { ["name"] = "foreign", ["config"] = new JsonObject { ["features.images"] = "false" } });
        await RawAsync(HttpMethod.Post, "/1.0/networks", new JsonObject { ["name"] = "foreign", ["type"] = "bridge", ["config"] = new JsonObject { ["ipv4.address"] = LxdFixture.Range(4).ToString().Replace(".0/24", ".1/24", StringComparison.Ordinal), ["ipv6.address"] = "none" } });
        await RawAsync(HttpMethod.Post, "/1.0/network-acls", new JsonObject { ["name"] = "foreign" });
        await RawAsync(HttpMethod.Post, "/1.0/storage-pools/default/volumes/custom", new JsonObject { ["name"] = "foreign" });
        // Another platform's on the same engine is as foreign.
        await RawAsync(HttpMethod.Post, "/1.0/projects", new JsonObject { ["name"] = "others", ["config"] = new JsonObject { ["features.images"] = "false", ["user.zt.owner"] = "another-platform" } });
        EngineAnswer[] answers =
        [
            await Engine.RemoveProjectAsync(name, Ct), await Engine.RemoveNetworkAsync(name, Ct), await Engine.RemoveRulesAsync(name, Ct), await Engine.RemoveVolumeAsync(EngineName.Default, name, Ct),
            await Engine.RemoveProjectAsync(EngineName.Parse("others"), Ct), await Engine.RemoveProjectAsync(EngineName.Default, Ct),
            await Engine.EnsureProjectAsync(new EngineProject(name, new Dictionary<string, string>()), Ct), await Engine.EnsureRulesAsync(new EngineRules(name, [], [], new Dictionary<string, string>()), Ct),
        ];
        answers.ShouldAllBe(a => a.Outcome == EngineOutcome.Refused && a.Code == "not-ours");
        foreach (var path in new[] { "/1.0/projects/foreign", "/1.0/networks/foreign", "/1.0/network-acls/foreign", "/1.0/storage-pools/default/volumes/custom/foreign", "/1.0/projects/others" })
        {
            (await lxd.Raw.GetAsync(path, Ct)).Answer.ShouldBeDone();
            await RawAsync(HttpMethod.Delete, path, null);
        }
    }

    [Fact]
    public async Task Exec_EndlessOrTooLong_IsKilled()
    {
        await using var guest = await MakeAsync(start: true);
        var much = (await Engine.ExecAsync(guest.Id, new ExecOrder("yes") { MostBytes = 100_000 }, Ct)).Given();
        (much.End, much.Output.Length).ShouldBe((ExecEnd.SaidTooMuch, 100_000));
        (await Engine.ExecAsync(guest.Id, new ExecOrder("sleep", "600") { Time = TimeSpan.FromMilliseconds(700) }, Ct)).Given().End.ShouldBe(ExecEnd.RanTooLong);
        await UntilAsync(async () => !Encoding.UTF8.GetString((await Engine.ExecAsync(guest.Id, new ExecOrder("ps"), Ct)).Given().Output).Split('\n').Any(l => l.Contains("sleep 600") || l.TrimEnd().EndsWith(" yes", StringComparison.Ordinal)), seconds: 20);
        var both = (await Engine.ExecAsync(guest.Id, new ExecOrder("sh", "-c", "echo $WORD; echo bad >&2; exit 7") { Environment = new Dictionary<string, string> { ["WORD"] = "a b" } }, Ct)).Given();
        (both.ExitCode, Encoding.UTF8.GetString(both.Output), Encoding.UTF8.GetString(both.Errors)).ShouldBe((7, "a b\n", "bad\n"));
        // Nothing of it stays on the member.
        (await lxd.Raw.GetAsync(LxdPath.Of(guest.Id, "logs"), Ct)).Metadata.Items().ShouldAllBe(l => !l.Said().Contains("exec_"));
    }

    [Fact]
    public async Task Terminal_Interactive_TakesTypingResizesAndEnds()
    {
        await using var guest = await MakeAsync(start: true);
        await using (var terminal = (await Engine.OpenTerminalAsync(guest.Id, ["sh"], 80, 24, Ct)).Given())
        {
            var screen = new Screen(terminal);
            await terminal.WriteAsync("echo $((40+2)); stty size\n"u8.ToArray(), Ct);
            await screen.UntilAsync("24 80");
            screen.Text.ShouldContain("42");
            await terminal.ResizeAsync(132, 43, Ct);
            await terminal.WriteAsync("sleep 0.2; stty size; echo $TERM\n"u8.ToArray(), Ct);
            await screen.UntilAsync("43 132");
            await screen.UntilAsync("xterm-256color");
            await terminal.WriteAsync("exit 5\n"u8.ToArray(), Ct);
            await screen.UntilEndAsync();
            (await terminal.Ended.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe(5);
        }

        // Who goes away without a word leaves no program behind.
        await using (var left = (await Engine.OpenTerminalAsync(guest.Id, ["sleep", "777"], 80, 24, Ct)).Given()) { left.Ended.IsCompleted.ShouldBeFalse(); }
        await UntilAsync(async () => !Encoding.UTF8.GetString((await Engine.ExecAsync(guest.Id, new ExecOrder("ps"), Ct)).Given().Output).Contains("sleep 777", StringComparison.Ordinal), seconds: 20);
        Said(await Engine.OpenTerminalAsync(guest.Id, ["sh"], 0, 24, Ct)).ShouldBe((EngineOutcome.Refused, "window"));
    }

    [Fact]
    public async Task Console_Opened_ShowsWhatIsWrittenToItAndTakesTyping()
    {
        await using var guest = await MakeAsync(start: true);
        await using (var console = (await Engine.OpenConsoleAsync(guest.Id, 80, 24, Ct)).Given())
        {
            // It is attached a moment after it was opened; what was written before is not shown again.
            var saying = Engine.ExecAsync(guest.Id, new ExecOrder("sh", "-c", "until [ -e /tmp/seen ]; do echo to-the-console >/dev/console; sleep 0.1; done; head -n1 /dev/console"), Ct);
            await new Screen(console).UntilAsync("to-the-console");
            Said(await Engine.OpenConsoleAsync(guest.Id, 80, 24, Ct)).ShouldBe((EngineOutcome.Busy, "in-use"));
            (await Engine.ExecAsync(guest.Id, new ExecOrder("touch", "/tmp/seen"), Ct)).Given().ExitCode.ShouldBe(0);
            await console.WriteAsync("typed\n"u8.ToArray(), Ct);
            (await saying).Given().Output.ShouldBe("typed\n"u8.ToArray());
        }

        // Who closes it lets go; the next one has it.
        await using var next = (await Engine.OpenConsoleAsync(guest.Id, 80, 24, Ct)).Given();
        next.Ended.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Stop_SystemThatDoesNotEnd_IsStillRunningUntilForced()
    {
        using var hasty = new LxdEngine(lxd.Options with { StopTime = TimeSpan.FromSeconds(1) }, TimeProvider.System);
        await using var guest = await MakeAsync(start: true);
        // Its first process takes no notice any more.
        (await Engine.ExecAsync(guest.Id, new ExecOrder("sh", "-c", "printf '::shutdown:/bin/sleep 60\\n' >/etc/inittab; kill -HUP 1; sleep 0.5"), Ct)).Given().ExitCode.ShouldBe(0);
        Said(await hasty.StopAsync(guest.Id, force: false, Ct)).ShouldBe((EngineOutcome.Busy, "still-running"));
        (await Engine.StopAsync(guest.Id, force: true, Ct)).ShouldBeDone();
    }

    [Fact]
    public async Task Stop_Asked_EndsByItselfAndRestartRunsAgain()
    {
        await using var guest = await MakeAsync(start: true);
        (await Engine.RestartAsync(guest.Id, force: true, Ct)).ShouldBeDone();
        (await Engine.FindAsync(guest.Id, Ct)).Given().Status.ShouldBe(InstanceStatus.Running);
        await AddressAsync(guest.Id);
        (await Engine.StopAsync(guest.Id, force: false, Ct)).ShouldBeDone();
        (await Engine.FindAsync(guest.Id, Ct)).Given().Status.ShouldBe(InstanceStatus.Stopped);
    }

    [Fact]
    public async Task Resize_Running_IsInForceInTheKernel()
    {
        await using var guest = await MakeAsync(start: true, size: Small with { MemoryMiB = 128 });
        (await Engine.ResizeAsync(guest.Id, Small with { MemoryMiB = 24, Processes = 20 }, Ct)).ShouldBeDone();
        var eats = (await Engine.ExecAsync(guest.Id, new ExecOrder("dd", "if=/dev/zero", "of=/dev/null", "bs=40M", "count=1"), Ct)).Given();
        eats.ExitCode.ShouldBe(137);
    }

    [Fact]
    public async Task Tls_PinnedServerAndTrustedClient_SpeaksElseNot()
    {
        Assert.SkipWhen(lxd.Missing is not null, lxd.Missing ?? "");
        using var certificate = Certificate();
        var pin = (await lxd.Raw.GetAsync("/1.0", Ct)).Metadata.Get("environment").Text("certificate_fingerprint");
        var options = new LxdOptions(LxdFixture.Owner) { Address = new Uri($"https://{lxd.Daemon.Address}"), ServerFingerprint = pin, ClientCertificate = certificate };
        using (var stranger = new LxdEngine(options, TimeProvider.System))
        {
            Said(await stranger.DescribeAsync(Ct)).ShouldBe((EngineOutcome.Refused, "not-trusted"));
            (await stranger.FindAsync(NewId(), Ct)).Outcome.ShouldBe(EngineOutcome.Refused);
        }

        await TrustAsync(certificate, []);
        using (var other = new LxdEngine(options with { ServerFingerprint = new string('a', 64) }, TimeProvider.System)) { Said(await other.DescribeAsync(Ct)).ShouldBe((EngineOutcome.Unreachable, "strange-server")); }
        using (var known = new LxdEngine(options, TimeProvider.System))
        {
            (await known.DescribeAsync(Ct)).Given().Members.ShouldHaveSingleItem();
            await using var guest = await MakeAsync(start: true);
            (await known.ExecAsync(guest.Id, new ExecOrder("echo", "over TLS"), Ct)).Given().Output.ShouldBe("over TLS\n"u8.ToArray());
            await using var listening = known.ListenAsync(Ct).GetAsyncEnumerator(Ct);
            (await listening.MoveNextAsync()).ShouldBeTrue();
            listening.Current.IsReadAgain.ShouldBeTrue();
        }

        await RawAsync(HttpMethod.Delete, $"/1.0/certificates/{certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant()}", null);
        using var gone = new LxdEngine(options, TimeProvider.System);
        Said(await gone.DescribeAsync(Ct)).ShouldBe((EngineOutcome.Refused, "not-trusted"));
    }

    [Fact]
    public async Task Tls_RestrictedCertificate_WorksInItsProjectOnly()
    {
        Assert.SkipWhen(lxd.Missing is not null, lxd.Missing ?? "");
        using var certificate = Certificate();
        await TrustAsync(certificate, [Project.ToString()]);
        var pin = (await lxd.Raw.GetAsync("/1.0", Ct)).Metadata.Get("environment").Text("certificate_fingerprint");
        using var restricted = new LxdEngine(
            new LxdOptions(LxdFixture.Owner) { Address = new Uri($"https://{lxd.Daemon.Address}"), ServerFingerprint = pin, ClientCertificate = certificate }, TimeProvider.System);
        await using var guest = new Guest(Engine, NewId());
        (await restricted.CreateAsync(Order(guest.Id), Ct)).ShouldBeDone();
        (await restricted.StartAsync(guest.Id, Ct)).ShouldBeDone();
        (await restricted.FindAsync(guest.Id, Ct)).Given().Status.ShouldBe(InstanceStatus.Running);
        (await restricted.CreateAsync(Order(NewId(EngineName.Default)), Ct)).Outcome.ShouldBe(EngineOutcome.Refused);
        (await restricted.EnsureProjectAsync(new EngineProject(EngineName.Parse("escape"), new Dictionary<string, string>()), Ct)).IsDone.ShouldBeFalse();
        (await restricted.ReadInstancesAsync(new InstanceFilter(), _ => { }, Ct)).Outcome.ShouldBe(EngineOutcome.Refused);
        (await restricted.ReadInstancesAsync(new InstanceFilter(Project), _ => { }, Ct)).ShouldBeDone();
    }

    [Fact]
    public async Task Kill_OfTheDaemon_InstancesRunOnAndListenersReadAgain()
    {
        await using var guest = await MakeAsync(start: true);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(100));
        await using var listening = Engine.ListenAsync(stop.Token).GetAsyncEnumerator(stop.Token);
        (await listening.MoveNextAsync()).ShouldBeTrue();
        listening.Current.IsReadAgain.ShouldBeTrue();
        var running = Engine.ExecAsync(guest.Id, new ExecOrder("sleep", "600"), Ct);
        await UntilAsync(async () => Encoding.UTF8.GetString((await Engine.ExecAsync(guest.Id, new ExecOrder("ps"), Ct)).Given().Output).Contains("sleep 600", StringComparison.Ordinal), seconds: 20);
        await lxd.Daemon.KillAsync();
        (await running).Outcome.ShouldBe(EngineOutcome.Unknown);
        Said(await Engine.FindAsync(guest.Id, Ct)).ShouldBe((EngineOutcome.Unreachable, "no-connection"));
        Said(await Engine.CreateAsync(Order(NewId()), Ct)).ShouldBe((EngineOutcome.Unreachable, "no-connection"));

        (await lxd.Daemon.TryStartAsync()).ShouldBeNull();
        do { (await listening.MoveNextAsync()).ShouldBeTrue(); } while (!listening.Current.IsReadAgain);
        (await Engine.FindAsync(guest.Id, Ct)).Given().Status.ShouldBe(InstanceStatus.Running);
        (await Engine.StopAsync(guest.Id, force: true, Ct)).ShouldBeDone();
        while (listening.Current.Action is not "instance-stopped") { (await listening.MoveNextAsync()).ShouldBeTrue(); }
        listening.Current.Instance.ShouldBe(guest.Id);
    }

    [Fact]
    public async Task Listen_QuietLine_IsNotTakenForLost()
    {
        Assert.SkipWhen(lxd.Missing is not null, lxd.Missing ?? "");
        using var engine = new LxdEngine(lxd.Options with { Silence = TimeSpan.FromMilliseconds(500) }, TimeProvider.System);
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var again = 0;
        try
        {
            await foreach (var told in engine.ListenAsync(stop.Token))
            {
                if (!told.IsReadAgain) { continue; }
                // From the first on: on a loaded machine the line itself takes its time.
                if (again++ == 0) { stop.CancelAfter(TimeSpan.FromSeconds(3)); }
            }
        }
        catch (OperationCanceledException) { /* Time is up. */ }
        again.ShouldBe(1);
    }

    internal override async Task MakeForeignAsync(InstanceId id) => await RawAsync(HttpMethod.Post, LxdPath.Of(["instances"], ("project", id.Project.ToString())), new JsonObject
    {
        ["name"] = id.Name.ToString(), ["source"] = new JsonObject { ["type"] = "image", ["alias"] = "busybox" }, ["profiles"] = new JsonArray(),
        ["devices"] = new JsonObject { ["root"] = new JsonObject { ["type"] = "disk", ["path"] = "/", ["pool"] = "default" } },
    });

    internal override async Task<bool> IsThereAsync(InstanceId id) => (await lxd.Raw.GetAsync(LxdPath.Of(id), Ct)).IsDone;

    private async Task RawAsync(HttpMethod method, string path, JsonObject? body) => (await lxd.Raw.DoAsync(method, path, body, Ct)).Answer.ShouldBeDone();

    private async Task<IPAddress> AddressAsync(InstanceId id)
    {
        await UntilAsync(async () => (await Engine.FindAsync(id, Ct)).Given().State!.Addresses.Count > 0, seconds: 30);
        return (await Engine.FindAsync(id, Ct)).Given().State!.Addresses[0];
    }

    private async Task<bool> PingAsync(InstanceId from, string to) => (await Engine.ExecAsync(from, new ExecOrder("ping", "-c", "1", "-W", "1", to), Ct)).Given().ExitCode == 0;

    private Task TrustAsync(X509Certificate2 certificate, string[] projects) => RawAsync(HttpMethod.Post, "/1.0/certificates", new JsonObject
    {
        ["type"] = "client", ["name"] = "tests", ["certificate"] = Convert.ToBase64String(certificate.RawData), ["restricted"] = projects.Length > 0, ["projects"] = new JsonArray([.. projects.Select(p => (JsonNode)p)]),
    });

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest("CN=tests", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddMinutes(-5), now.AddDays(1));
    }

    /// <summary>What a terminal has shown.</summary>
    private sealed class Screen(EngineTerminal terminal)
    {
        private readonly StringBuilder text = new();
        private readonly byte[] buffer = new byte[4096];

        internal string Text => text.ToString();

        internal async Task UntilAsync(string shown)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            while (!Text.Contains(shown, StringComparison.Ordinal))
            {
                int read;
                try { read = await terminal.ReadAsync(buffer, limit.Token); }
                catch (OperationCanceledException) { throw new ShouldAssertException($"Never shown: {shown}. Shown: {Text}"); }
                if (read == 0) { throw new ShouldAssertException($"Ended without {shown}: {Text}"); }
                text.Append(Encoding.UTF8.GetString(buffer, 0, read));
            }
        }

        internal async Task UntilEndAsync()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            while (await terminal.ReadAsync(buffer, limit.Token) > 0) { }
        }
    }
}
