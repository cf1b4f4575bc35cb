using System.Diagnostics;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Logging;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Gateway;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Evidence;

/// <summary>Time stamps from a real authority: <c>openssl ts</c> behind HTTP.</summary>
[OnDatabase]
public sealed partial class TimeStampTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-tsa-").FullName;
    private WebApplication authority = null!;
    private Func<byte[], Task<byte[]?>> answer = null!;

    public async ValueTask InitializeAsync()
    {
        await MakeAuthorityAsync("right");
        await MakeAuthorityAsync("wrong");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        authority = builder.Build();
        authority.MapPost("/", async http =>
        {
            using var query = new MemoryStream();
            await http.Request.Body.CopyToAsync(query);
            http.Request.ContentType.ShouldBe("application/timestamp-query");
            if (await answer(query.ToArray()) is not { } reply) { http.Response.StatusCode = 503; return; }
            http.Response.ContentType = "application/timestamp-reply";
            await http.Response.Body.WriteAsync(reply);
        });
        await authority.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await authority.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Seals_AfterAnOutage_AreStampedAndOpensslAgrees()
    {
        answer = _ => Task.FromResult<byte[]?>(null);
        await using var platform = await StartAsync();
        var services = platform.App.Services;
        await using var provider = await DepartmentService.StartAsync();
        var scene = await GatewayFixture.SceneAsync(services, provider);
        var call = await Calls.RecordAsync(services, Calls.Of(scene));
        // Without the authority calls are recorded and sealed all the same, and the receipt holds.
        await Calls.SealedAsync(services, call.Id);
        await Should.ThrowAsync<TimeStampException>(() => StampAsync(services));
        var file = (await Calls.ReceiptAsync(services, call.Id, scene.Provider.Id)).File!;
        (file.SealStamp, file.CounterStamp).ShouldBe((null, null));
        CallReceiptVerification.Of(file).ShouldAllBe(c => c.Holds);

        answer = query => ReplyAsync("right", query);
        for (var n = 0; n < 100 && file is not { SealStamp: not null, CounterStamp: not null }; n++)
        {
            await Task.Delay(100);
            file = (await Calls.ReceiptAsync(services, call.Id, scene.Provider.Id)).File!;
        }

        CallReceiptVerification.Of(file).Count(c => c is { Holds: true, Key: "exchange.verify.stamp" }).ShouldBe(2);
        CallReceiptVerification.Of(file).ShouldAllBe(c => c.Holds);
        CallReceiptVerification.Of(file with { SealStamp = file.CounterStamp }).ShouldContain(c => !c.Holds && c.Key == "exchange.verify.stamp-broken");
        CallReceiptVerification.Of(file with { SealStamp = "AAAA" }).ShouldContain(c => !c.Holds && c.Key == "exchange.verify.stamp-broken");

        var commands = Shell().Match(await File.ReadAllTextAsync(Repository.Path("docs", "receipts.md"))).Groups[1].Value;
        await File.WriteAllTextAsync(Path.Combine(folder, "receipt.json"), file.ToText());
        File.Copy(Path.Combine(folder, "right.pem"), Path.Combine(folder, "authority.pem"));
        (await RunAsync("sh", "-c", commands)).ShouldContain("Verification: OK");
        await File.WriteAllTextAsync(Path.Combine(folder, "receipt.json"), (file with { SealStamp = file.CounterStamp }).ToText());
        (await RunAsync("sh", "-c", commands)).ShouldNotContain("Verification: OK");
    }

    [Fact]
    public async Task Batches_OfADelivery_AreStampedAndTheirReceiptsBringTheStamp()
    {
        answer = query => ReplyAsync("right", query);
        await using var platform = await StartAsync();
        var services = platform.App.Services;
        var route = await ExchangeFixture.PrepareAsync(services, services.GetRequiredService<Deployment>(), DataSourceKind.Sqlite, DataSourceKind.Sqlite);
        await route.Source.FillAsync(1, 30);
        (ReceiptFile? File, ProblemHttpResult? Problem) got = default;
        for (var n = 0; n < 200 && got.File?.Stamp is null; n++)
        {
            await Task.Delay(100);
            await using var scope = services.CreateAsyncScope();
            var actor = new Actor(route.Consumer.Id, "李四", route.Consumer.Id, RegionCode.Parse("610000"), new HashSet<Role> { Role.DepartmentOfficer });
            got = await GetReceipt.FindAsync(route.Delivery, 1, actor, scope.ServiceProvider.GetRequiredService<ZhengtongDb>(),
                scope.ServiceProvider.GetRequiredService<AgreementsLookup>(), scope.ServiceProvider.GetRequiredService<OrganisationKeys>(), CancellationToken.None);
        }

        var checks = ReceiptVerification.Of(got.File!);
        checks.ShouldAllBe(c => c.Holds);
        checks.ShouldContain(c => c.Key == "exchange.verify.stamp");
        ReceiptVerification.Of(got.File! with { Stamp = Convert.ToBase64String(RandomNumberGenerator.GetBytes(500)) }).ShouldContain(c => !c.Holds && c.Key == "exchange.verify.stamp-broken");
    }

    [Fact]
    public async Task Container_WithAnAuthority_IsStampedOrNotGiven()
    {
        answer = query => ReplyAsync("right", query);
        await using var platform = await StartAsync();
        var services = platform.App.Services;
        await using var provider = await DepartmentService.StartAsync();
        var scene = await GatewayFixture.SceneAsync(services, provider);
        var call = await Calls.RecordAsync(services, Calls.Of(scene));
        await Calls.SealedAsync(services, call.Id);
        using var client = GatewayFixture.Client(new Uri(platform.App.Urls.First()));
        var address = $"/asic?queryId={call.MessageId}&xRoadInstance={GatewayFixture.Instance}&memberClass=GOV&memberCode={scene.Consumer.CreditCode}&unique&requestOnly";
        await File.WriteAllBytesAsync(Path.Combine(folder, "one.asice"), await client.GetByteArrayAsync(address));
        await RunAsync("unzip", "-q", "one.asice");
        var signatures = XDocument.Load(Path.Combine(folder, "META-INF/signatures.xml"));
        byte[] Of(string name) => Convert.FromBase64String(signatures.Descendants().Single(e => e.Name.LocalName == name).Value);
        await File.WriteAllBytesAsync(Path.Combine(folder, "value"), Of("SignatureValue"));
        await File.WriteAllBytesAsync(Path.Combine(folder, "stamp.der"), Of("EncapsulatedTimeStamp"));
        (await RunAsync("openssl", "ts", "-verify", "-data", "value", "-token_in", "-in", "stamp.der", "-CAfile", "right.pem")).ShouldContain("Verification: OK");
        (await RunAsync("openssl", "ts", "-reply", "-token_in", "-in", "stamp.der", "-token_out", "-text")).ShouldContain("Hash Algorithm: sha512");
        async Task<int> VerifyAsync(string trusted) => await VerifyEvidence.RunAsync([new FileInfo(Path.Combine(folder, "one.asice"))],
            [new FileInfo(Path.Combine(folder, "signer.pem")), new FileInfo(Path.Combine(folder, trusted))], json: true, TextWriter.Null, CancellationToken.None);
        await File.WriteAllTextAsync(Path.Combine(folder, "signer.pem"), PemEncoding.WriteString("CERTIFICATE", Of("X509Certificate")));
        (await VerifyAsync("right.pem")).ShouldBe(0);
        (await VerifyAsync("wrong.pem")).ShouldBe(1);
        using (var configuration = new ZipArchive(await client.GetStreamAsync("/verificationconf")))
        {
            XDocument.Load(configuration.GetEntry($"verificationconf/{GatewayFixture.Instance}/shared-params.xml")!.Open()).Descendants("approvedTSA").Single().Element("name")!.Value.ShouldBe("CN=right");
        }

        answer = _ => Task.FromResult<byte[]?>(null);
        var refused = await client.GetAsync(address);
        ((int)refused.StatusCode, await refused.Content.ReadAsStringAsync()).ShouldBe((500, "Message signature has not been timestamped yet!"));
    }

    [Fact]
    public async Task Stamp_ThatCannotBeTrusted_IsRefused()
    {
        answer = query => ReplyAsync("right", query);
        await using var platform = await StartAsync();
        await using var scope = platform.App.Services.CreateAsyncScope();
        var asked = scope.ServiceProvider.GetRequiredService<TimeStampAuthority>();
        var hash = SHA256.HashData("signature"u8);
        TimeStamp.Read(await asked.StampAsync(hash, HashAlgorithmName.SHA256, CancellationToken.None), "signature"u8)!.Authority.ShouldBe("CN=right");

        byte[]? first = null;
        foreach (var (what, bad) in new (string, Func<byte[], Task<byte[]?>>)[]
        {
            ("another authority's", query => ReplyAsync("wrong", query)),
            ("an answer to an earlier question", async query => first ??= await ReplyAsync("right", query)),
            ("no stamp", _ => Task.FromResult<byte[]?>("hello"u8.ToArray())),
            ("nothing", _ => Task.FromResult<byte[]?>([])),
            ("a changed one", async query => { var reply = (await ReplyAsync("right", query))!; reply[^1] ^= 1; return reply; }),
            ("more than is read", _ => Task.FromResult<byte[]?>(new byte[1 << 20])),
            ("an outage", _ => Task.FromResult<byte[]?>(null)),
        })
        {
            answer = bad;
            if (what.StartsWith("an answer", StringComparison.Ordinal)) { await asked.StampAsync(hash, HashAlgorithmName.SHA256, CancellationToken.None); }
            await Should.ThrowAsync<TimeStampException>(() => asked.StampAsync(hash, HashAlgorithmName.SHA256, CancellationToken.None), what);
        }
    }

    [Theory]
    [InlineData("http://127.0.0.1:9/", null)]
    [InlineData("http://127.0.0.1:9/", "no-such-file.pem")]
    [InlineData("ftp://127.0.0.1/", "right.pem")]
    public async Task Start_WithAnAuthorityThatCannotBeTrusted_IsRefused(string url, string? certificate)
    {
        var refused = await Should.ThrowAsync<RefusedToStartException>(() => OwnPlatform.StartAsync(b => Configure(b, url, certificate is null ? null : Path.Combine(folder, certificate))));
        refused.ExitCode.ShouldBe(6);
        refused.Message.ShouldContain("Exchange:TimeStamping:");
    }

    private static void Configure(WebApplicationBuilder builder, string url, string? certificate)
    {
        GatewayFixture.Configure(builder.Configuration);
        builder.Configuration["Exchange:TimeStamping:Url"] = url;
        builder.Configuration["Exchange:TimeStamping:Certificate"] = certificate;
        builder.Configuration["Exchange:TimeStamping:EveryMilliseconds"] = "100";
    }

    private Task<OwnPlatform> StartAsync() => OwnPlatform.StartAsync(b => Configure(b, authority.Urls.Single() + "/", Path.Combine(folder, "right.pem")));

    private static async Task StampAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<StampSeals>().ReconcileAsync(CancellationToken.None);
    }

    private async Task MakeAuthorityAsync(string name)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.cnf"), $"""
            [req]
            distinguished_name = dn
            x509_extensions = ext
            prompt = no
            [dn]
            CN = {name}
            [ext]
            extendedKeyUsage = critical,timeStamping
            keyUsage = critical,digitalSignature
            [tsa]
            default_tsa = main
            [main]
            serial = {folder}/{name}.serial
            signer_cert = {folder}/{name}.pem
            signer_key = {folder}/{name}.key
            signer_digest = sha256
            default_policy = 1.2.3.4.1
            digests = sha256, sha512
            ess_cert_id_alg = sha256
            """);
        await RunAsync("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", $"{name}.key", "-out", $"{name}.pem", "-days", "2", "-config", $"{name}.cnf");
    }

    /// <summary>What the authority answers; one question at a time, because it counts in a file.</summary>
    private async Task<byte[]?> ReplyAsync(string name, byte[] query)
    {
        await turn.WaitAsync();
        try
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, "query.tsq"), query);
            await RunAsync("openssl", "ts", "-reply", "-config", $"{name}.cnf", "-queryfile", "query.tsq", "-out", "reply.tsr");
            return await File.ReadAllBytesAsync(Path.Combine(folder, "reply.tsr"));
        }
        finally { turn.Release(); }
    }

    private readonly SemaphoreSlim turn = new(1);

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var run = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = run.StandardError.ReadToEndAsync();
        var output = new StringBuilder(await run.StandardOutput.ReadToEndAsync()).Append(await errors).ToString();
        await run.WaitForExitAsync();
        return output;
    }

    [GeneratedRegex("## Time stamps.*?```sh\\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shell();
}
