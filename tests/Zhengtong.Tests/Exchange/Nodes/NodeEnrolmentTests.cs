using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Exchange.Nodes.Machine;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Nodes;

/// <summary>How a machine becomes a node, stays one and ceases to be one; over real HTTP, with the node's own code on the other side.</summary>
[OnDatabase]
public sealed class NodeEnrolmentTests : IAsyncLifetime
{
    private static int serial;
    private readonly MovableClock clock = new();
    private readonly string machines = Directory.CreateTempSubdirectory("zhengtong-machines-").FullName;
    private OwnPlatform platform = null!;
    private Organisation department = null!;

    private Uri Address => new(platform.App.Urls.First());

    public async ValueTask InitializeAsync()
    {
        platform = await OwnPlatform.StartAsync(b =>
        {
            b.Services.AddSingleton<TimeProvider>(clock);
            b.Configuration["Exchange:Nodes:CertificateHours"] = "3";
            b.Configuration["Exchange:Nodes:TokenHours"] = "1";
            b.Configuration["Exchange:Nodes:PollMilliseconds"] = "50";
            b.Configuration["Http:PerMinute:Visitor"] = "0";
        });
        department = await platform.WithDb(async db =>
        {
            var code = RegionCode.Parse("610000");
            db.Regions.AddRange(new[] { code }.Where(c => !db.Regions.Any(r => r.Code == c)).Select(c => new Region { Code = c, Name = "陕西省", Level = c.Level, Parent = c.Parent }));
            var made = new Organisation
            {
                Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), CreditCode = CreditCode.FromBody($"1161000003{Interlocked.Increment(ref serial):D7}"), Name = "市场监督管理局", ShortName = "市监局",
                Region = code, Kind = OrganisationKind.Department,
            };
            db.Organisations.Add(made);
            await db.SaveChangesAsync();
            return made;
        });
    }

    public async ValueTask DisposeAsync()
    {
        await platform.DisposeAsync();
        Directory.Delete(machines, recursive: true);
    }

    [Fact]
    public async Task Enrol_TokenUsedTwice_SecondMachineIsRefused()
    {
        var made = await CreateAsync("前置机1");
        var (code, said) = await EnrolAsync("one", made.Token);
        code.ShouldBe(0, said);
        (code, said) = await EnrolAsync("two", made.Token);
        code.ShouldBe(1);
        said.ShouldContain("exchange.node-token-invalid");
        (await EventsAsync()).ShouldBe(["exchange.node-created", "exchange.node-enrolled"]);
        (await StateAsync(made.Id)).ShouldBe(NodeState.Healthy);
    }

    [Fact]
    public async Task Enrol_TokenExpiredReplacedOrMisspelt_IsRefused()
    {
        var made = await CreateAsync("前置机1");
        clock.Ahead = TimeSpan.FromHours(1.1);
        (await EnrolAsync("one", made.Token)).Code.ShouldBe(1);
        var second = await InviteAsync(made.Id);
        var third = await InviteAsync(made.Id);
        (await EnrolAsync("one", second.Token)).Code.ShouldBe(1);
        foreach (var wrong in new[] { "", "ztn1", third.Token[..^1], third.Token.Replace("ztn1", "ztn2", StringComparison.Ordinal), new NodeToken(made.Id, new byte[32], NodeToken.Parse(third.Token)!.Authority).ToString() })
        {
            (await EnrolAsync("one", wrong)).Code.ShouldBe(1, wrong);
        }

        // Whoever stands in for the platform does not know the authority that the token names.
        var (code, said) = await EnrolAsync("other", (NodeToken.Parse(third.Token)! with { Authority = new byte[32] }).ToString());
        code.ShouldBe(1);
        said.ShouldContain("exchange.node-signature-invalid");
        new NodeFolder(Path.Combine(machines, "other")).Identity.ShouldBeNull();
    }

    [Fact]
    public async Task Enrol_KeysAreMadeOnTheMachine_PlatformHasTheirPublicHalvesOnly()
    {
        var made = await CreateAsync("前置机1");
        (await EnrolAsync("one", made.Token)).Code.ShouldBe(0);
        var keys = await platform.WithDb(db => db.OrganisationKeys.AsNoTracking().Where(k => k.NodeId == made.Id).ToListAsync());
        keys.Count.ShouldBe(4);
        keys.ShouldAllBe(k => k.PrivateKey == null && k.OrganisationId == department.Id);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(machines, "one"), "*", SearchOption.AllDirectories))
        {
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
        }

        File.GetUnixFileMode(Path.Combine(machines, "one")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // Another node's folder is not taken over.
        var other = await CreateAsync("前置机2");
        (await EnrolAsync("one", other.Token)).Code.ShouldBe(7);
        (await EnrolAsync("two", other.Token, "http://share.example.gov.cn")).Code.ShouldBe(6);
    }

    [Fact]
    public async Task Ask_RevokedNode_IsRefusedUntilItEnrolsAgain()
    {
        var (made, line) = await LineAsync("one");
        using var first = line;
        await first.NewsAsync(null, 0, CancellationToken.None);
        await RevokeAsync(made.Id);
        (await RefusedAsync(() => first.NewsAsync(null, 0, CancellationToken.None))).ShouldBe("exchange.node-revoked");
        (await RefusedAsync(() => first.RenewAsync(new NodeFolder(Path.Combine(machines, "one")).Identity!, CancellationToken.None))).ShouldBe("exchange.node-revoked");
        first.IsRefused.ShouldBeTrue();
        (await StateAsync(made.Id)).ShouldBe(NodeState.Revoked);
        (await EnrolAsync("one", (await InviteAsync(made.Id)).Token)).Code.ShouldBe(0);
        (await RefusedAsync(() => first.NewsAsync(null, 0, CancellationToken.None))).ShouldBe("exchange.node-revoked", "an old certificate comes back to life");
        var folder = new NodeFolder(Path.Combine(machines, "one"));
        using var again = new PlatformLine(folder, folder.Identity!, clock);
        await again.NewsAsync(null, 0, CancellationToken.None);
        (await EventsAsync()).ShouldBe(["exchange.node-created", "exchange.node-enrolled", "exchange.node-revoked", "exchange.node-token-issued", "exchange.node-enrolled"]);
    }

    [Fact]
    public async Task Ask_CertificateRunOutOrClockOff_IsRefused()
    {
        var (_, line) = await LineAsync("one");
        using var first = line;
        var folder = new NodeFolder(Path.Combine(machines, "one"));
        using (var slow = new PlatformLine(folder, folder.Identity!, TimeProvider.System))
        {
            clock.Ahead = TimeSpan.FromMinutes(10);
            (await RefusedAsync(() => slow.NewsAsync(null, 0, CancellationToken.None))).ShouldBe("exchange.node-clock-off");
        }

        clock.Ahead = TimeSpan.FromHours(3.1);
        (await RefusedAsync(() => first.NewsAsync(null, 0, CancellationToken.None))).ShouldBe("exchange.node-certificate-expired");
    }

    [Fact]
    public async Task Ask_RequestAlteredRepeatedOrSignedByAnotherKey_IsRefused()
    {
        var (_, line) = await LineAsync("one");
        using var first = line;
        var folder = new NodeFolder(Path.Combine(machines, "one"));
        using var key = folder.OpenRequestKey();
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = Address };
        var body = JsonSerializer.SerializeToUtf8Bytes(new { signingRequest = "AAAA" });
        var signature = RequestSignature.Make(folder.Certificate!.Serial, clock);
        var digest = RequestSignature.DigestOf(SHA256.HashData(body));
        const string Path1 = "/node/v1/certificates";
        var good = signature.Sign(key, "POST", Path1, digest);

        async Task<string?> PostAsync(string path, byte[] content, string input, string sign, string contentDigest)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(content) { Headers = { ContentType = new("application/json") } } };
            request.Headers.TryAddWithoutValidation(RequestSignature.DigestHeader, contentDigest);
            request.Headers.TryAddWithoutValidation(RequestSignature.InputHeader, input);
            request.Headers.TryAddWithoutValidation(RequestSignature.SignatureHeader, sign);
            using var response = await http.SendAsync(request);
            return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString();
        }

        (await PostAsync(Path1, body, signature.Input, signature.Sign(stranger, "POST", Path1, digest), digest)).ShouldBe("exchange.node-signature-invalid");
        (await PostAsync("/node/v1/heartbeats", body, signature.Input, good, digest)).ShouldBe("exchange.node-signature-invalid");
        (await PostAsync($"{Path1}?x=1", body, signature.Input, good, digest)).ShouldBe("exchange.node-signature-invalid");
        (await PostAsync(Path1, body, RequestSignature.Make(folder.Certificate.Serial, clock).Input, good, digest)).ShouldBe("exchange.node-signature-invalid");
        (await PostAsync(Path1, body, signature.Input.Replace("sig=", "other=", StringComparison.Ordinal), good, digest)).ShouldBe("exchange.node-signature-invalid");
        (await PostAsync(Path1, [.. body, 32], signature.Input, good, digest)).ShouldBe("exchange.node-signature-invalid");
        var fresh = RequestSignature.Make(folder.Certificate.Serial, clock);
        (await PostAsync(Path1, body, fresh.Input, fresh.Sign(key, "POST", Path1, digest), digest)).ShouldBe("exchange.node-keys-invalid");
        (await PostAsync(Path1, body, fresh.Input, fresh.Sign(key, "POST", Path1, digest), digest)).ShouldBe("exchange.node-request-replayed");
        using var bare = await http.GetAsync("/node/v1/configuration");
        bare.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Run_TwoThirdsOfTheLifeAreOver_CertificateIsRenewedByItself()
    {
        var made = await CreateAsync("前置机1");
        (await EnrolAsync("one", made.Token)).Code.ShouldBe(0);
        var folder = new NodeFolder(Path.Combine(machines, "one"));
        var before = folder.Certificate!.Serial;
        await using var node = await RunAsync(folder);
        await UntilAsync(async () => (await platform.WithDb(db => db.FrontEndNodes.SingleAsync(n => n.Id == made.Id))).Version is not null);
        folder.Certificate!.Serial.ShouldBe(before, "it renews before its time");
        clock.Ahead = TimeSpan.FromHours(2.1);
        await UntilAsync(() => Task.FromResult(folder.Certificate!.Serial != before));
        // By the time the first one ends the second one carries on.
        clock.Ahead = TimeSpan.FromHours(3.5);
        await UntilAsync(async () => (await platform.WithDb(db => db.FrontEndNodes.SingleAsync(n => n.Id == made.Id))).LastSeenAt > TimeProvider.System.GetUtcNow().AddHours(3.4));
        (await EventsAsync()).ShouldContain("exchange.node-renewed");
        (await platform.WithDb(db => db.NodeCertificates.CountAsync(c => c.NodeId == made.Id))).ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Run_NodeReports_ItsDatabasesHealthVersionAndDiskAreShownAndItsSilenceToo()
    {
        var made = await CreateAsync("前置机1");
        (await EnrolAsync("one", made.Token)).Code.ShouldBe(0);
        var folder = new NodeFolder(Path.Combine(machines, "one"));
        var file = Path.Combine(machines, "registry.db");
        (await NodeVerb.SourceAsync(folder.Root, "企业登记库", Zhengtong.Exchange.Model.DataSourceKind.Sqlite, new StringReader(file), TextWriter.Null, CancellationToken.None)).ShouldBe(0);
        var node = await RunAsync(folder);
        await UntilAsync(() => platform.WithDb(db => db.DataSources.AnyAsync(s => s.NodeId == made.Id && s.Name == "企业登记库" && s.Connection == null)));
        var summary = (await ListAsync()).Single();
        (summary.State, summary.Version, summary.DiskFreeBytes > 0, summary.SpooledBatches).ShouldBe((NodeState.Healthy, NodeProgram.Version, true, 0));

        // The status page is this machine's: it says the same, in the reader's language, and answers to no other name.
        using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(node.Urls.First()) };
        http.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en");
        var page = await http.GetStringAsync("/");
        page.ShouldContain("Front-end node");
        page.ShouldContain("企业登记库");
        page.ShouldNotContain(file);
        using (var foreign = new HttpRequestMessage(HttpMethod.Get, "/"))
        {
            foreign.Headers.Host = "evil.example";
            (await http.SendAsync(foreign)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }

        // A second process stays out.
        var refused = await Should.ThrowAsync<RefusedToStartException>(() => NodeProgram.BuildAsync(folder, "http://127.0.0.1:0", null, CancellationToken.None));
        refused.ExitCode.ShouldBe(7);
        (await Should.ThrowAsync<RefusedToStartException>(() => NodeProgram.BuildAsync(folder, "http://0.0.0.0:5081", null, CancellationToken.None))).ExitCode.ShouldBe(6);

        await node.StopAsync();
        await node.DisposeAsync();
        clock.Ahead = TimeSpan.FromMinutes(2);
        await UntilAsync(async () => await StateAsync(made.Id) == NodeState.Silent);
        await using var again = await RunAsync(folder);
        await UntilAsync(async () => await StateAsync(made.Id) == NodeState.Healthy);
        (await EventsAsync()).Where(e => e is "exchange.node-silent" or "exchange.node-returned").ShouldBe(["exchange.node-silent", "exchange.node-returned"]);
    }

    [Fact]
    public async Task Read_ConfigurationAlteredOnDisk_IsNotBelieved()
    {
        var (_, line) = await LineAsync("one");
        using var first = line;
        var folder = new NodeFolder(Path.Combine(machines, "one"));
        var kept = await first.ConfigurationAsync(CancellationToken.None);
        NodeConfigurations.Read(kept, folder.Identity!).ShouldNotBeNull();
        NodeConfigurations.Read(kept with { Document = kept.Document + " " }, folder.Identity!).ShouldBeNull();
        NodeConfigurations.Read(kept with { Nonce = "other" }, folder.Identity!).ShouldBeNull();
        NodeConfigurations.Read(kept with { Signature = "" }, folder.Identity!).ShouldBeNull();
        NodeConfigurations.Read(kept, folder.Identity! with { Node = Guid.Empty }).ShouldBeNull();
    }

    private async Task<WebApplication> RunAsync(NodeFolder folder)
    {
        var node = await NodeProgram.BuildAsync(folder, "http://127.0.0.1:0", b =>
        {
            b.Services.AddSingleton<TimeProvider>(clock);
            b.Configuration["Node:HeartbeatSeconds"] = "0.2";
            b.Configuration["Node:NewsSeconds"] = "1";
            b.Configuration["Node:MostBackoffSeconds"] = "1";
        }, CancellationToken.None);
        await node.StartAsync();
        return node;
    }

    private async Task<(NodeTokenResponse Made, PlatformLine Line)> LineAsync(string machine)
    {
        var made = await CreateAsync("前置机1");
        var (code, said) = await EnrolAsync(machine, made.Token);
        code.ShouldBe(0, said);
        var folder = new NodeFolder(Path.Combine(machines, machine));
        return (made, new PlatformLine(folder, folder.Identity!, clock));
    }

    private async Task<(int Code, string Said)> EnrolAsync(string machine, string token, string? at = null)
    {
        var said = new StringWriter();
        return (await NodeVerb.EnrolAsync(Path.Combine(machines, machine), at ?? Address.ToString(), token, TextReader.Null, said, CancellationToken.None), said.ToString());
    }

    private async Task<NodeTokenResponse> CreateAsync(string name)
    {
        await using var scope = platform.App.Services.CreateAsyncScope();
        return await NodeScene.CreateAsync(scope.ServiceProvider, department, name);
    }

    private async Task<NodeTokenResponse> InviteAsync(Guid id)
    {
        await using var scope = platform.App.Services.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var answer = await IssueNodeToken.Handle(
            id, Officer, services.GetRequiredService<ZhengtongDb>(), services.GetRequiredService<PlatformAuthority>(), services.GetRequiredService<Microsoft.Extensions.Options.IOptions<NodeOptions>>(), clock, CancellationToken.None);
        return answer.Result.ShouldBeOfType<Microsoft.AspNetCore.Http.HttpResults.Ok<NodeTokenResponse>>().Value!;
    }

    private Task RevokeAsync(Guid id) => platform.WithDb(async db =>
        (await RevokeNode.Handle(id, new RevokeNodeRequest("机器报废"), Officer, db, clock, CancellationToken.None)).Result.ShouldBeOfType<Microsoft.AspNetCore.Http.HttpResults.NoContent>());

    private Actor Officer => new(Guid.Empty, "张三", department.Id, default, new HashSet<Role>());

    private Task<IReadOnlyList<NodeSummary>> ListAsync() => platform.WithDb(async db => (await ListNodes.Handle(Officer, db, CancellationToken.None)).Value!.Items);

    private async Task<NodeState> StateAsync(Guid id) => (await ListAsync()).Single(n => n.Id == id).State;

    private Task<List<string>> EventsAsync() => platform.WithDb(db => db.Ledger.AsNoTracking().Where(e => e.Event.StartsWith("exchange.node-")).OrderBy(e => e.Id).Select(e => e.Event).ToListAsync());

    private static async Task<string> RefusedAsync(Func<Task> act) => (await Should.ThrowAsync<PlatformRefusedException>(act)).Code;
}
