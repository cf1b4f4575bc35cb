using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Containers;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Evidence;
using Zhengtong.Tests.Exchange.Gateway;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Containers;

/// <summary>How certificates stand: asked by openssl's own client, and what containers make of the answers.</summary>
[OnDatabase, Collection<GatewayTests>]
public sealed class OcspTests(GatewayFixture gateway) : IDisposable
{
    private static readonly byte[] Malformed = [0x30, 0x03, 0x0A, 0x01, 0x01];
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-ocsp-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public async Task Openssl_AskingAboutAMember_VerifiesChainAndAnswerUntilItIsRevoked(SuiteName suite)
    {
        var (scene, query, container) = await ContainerAsync(suite);
        await KeepAsync(container);
        (await OpensslAsync("verify", "-CAfile", "authority.pem", "certificate.pem")).ShouldContain("certificate.pem: OK");
        foreach (var digest in new[] { "-sha1", "-sha256" }) { await AskAsync("good", digest); }
        (await OpensslAsync(["ocsp", "-issuer", "authority.pem", "-serial", "0x1234", "-CAfile", "authority.pem", "-url", $"{gateway.Address}ocsp"])).ShouldContain(": unknown");
        // Whom another authority issued is not ours to speak of.
        (await OpensslAsync(["ocsp", "-issuer", "certificate.pem", "-cert", "certificate.pem", "-CAfile", "authority.pem", "-url", $"{gateway.Address}ocsp"])).ShouldContain(": unknown");

        await RevokeAsync(scene, container);
        await AskAsync("revoked", "-sha1");
        // What was signed before stays valid; what is signed now is signed with a new key, which is good.
        ContainerVerification.Of(container).Checks.ShouldAllBe(c => c.Holds);
        using var client = gateway.Client();
        var next = await client.GetByteArrayAsync(Asic(scene, query));
        ContainerVerification.Of(next).Checks.ShouldAllBe(c => c.Holds);
        CertificateOf(next).SerialNumber.ShouldNotBe(CertificateOf(container).SerialNumber);
        CertificateOf(next).Subject.ShouldBe(CertificateOf(container).Subject);

        async Task AskAsync(string standing, string digest)
        {
            var told = await OpensslAsync(["ocsp", digest, "-issuer", "authority.pem", "-cert", "certificate.pem", "-CAfile", "authority.pem", "-url", $"{gateway.Address}ocsp"]);
            told.ShouldContain("Response verify OK");
            told.ShouldContain($"certificate.pem: {standing}");
            told.ShouldNotContain("nonce", Case.Insensitive);
        }
    }

    /// <summary>Whoever still has the key of a revoked certificate finds no answer that makes a container of it hold.</summary>
    [Fact]
    public async Task Container_MadeAfterTheRevocation_IsRefusedWithWhateverAnswer()
    {
        var (scene, _, container) = await ContainerAsync(SuiteName.International);
        var (signature, entries) = SignatureOf(container);
        var key = await gateway.WithDb(async db => await db.OrganisationKeys.SingleAsync(k => k.OrganisationId == scene.Consumer.Id && k.Use == KeyUse.Seal));
        await RevokeAsync(scene, container);
        await using var scope = gateway.Services.CreateAsyncScope();
        using var signer = scope.ServiceProvider.GetRequiredService<OrganisationKeys>().OpenSigner(key);
        var covered = Encoding.UTF8.GetString(entries["sig-hashchainresult.xml"]);
        SignatureDocument Sign(DateTimeOffset at) => SignatureDocument.Make(SuiteName.International, signer, signature.Certificate, signature.Uri, Encoding.UTF8.GetBytes(covered), at);

        var now = TimeProvider.System.GetUtcNow();
        var fresh = await scope.ServiceProvider.GetRequiredService<OcspResponder>().AnswerAsync(signature.Certificate, CancellationToken.None);
        Broken(Sign(now) with { Standing = fresh }).ShouldBe(["exchange.verify.container-revoked"]);
        Broken(Sign(now.AddHours(2)) with { Standing = signature.Standing }).ShouldBe(["exchange.verify.container-fresh"]);
        Broken(Sign(now) with { Standing = null }).ShouldBe(["exchange.verify.container-authority"]);
        // An answer about somebody else, and one of which a byte is another.
        var other = SignatureOf((await ContainerAsync(SuiteName.International)).Container).Signature;
        Broken(Sign(now) with { Standing = other.Standing }).ShouldBe(["exchange.verify.container-answer"]);
        for (var n = 0; n < signature.Standing!.Length; n += 7)
        {
            var changed = signature.Standing.ToArray();
            changed[n] ^= 1;
            Broken(Sign(now) with { Standing = changed }).ShouldNotBeEmpty($"byte {n}");
        }

        List<string> Broken(SignatureDocument made)
        {
            var changed = new Dictionary<string, byte[]>(entries) { ["META-INF/signatures.xml"] = Encoding.UTF8.GetBytes(made.ToText()) };
            return [.. ContainerVerification.Of(Zip(changed)).Checks.Where(c => !c.Holds).Select(c => c.Key)];
        }
    }

    [Fact]
    public async Task Verify_WithTheAuthorityToTrust_BelievesItsMembers()
    {
        var (_, _, container) = await ContainerAsync(SuiteName.International);
        await KeepAsync(container);
        await File.WriteAllBytesAsync(At("call.asice"), container);
        using var output = new StringWriter();
        (await Verbs.Root().Parse(["verify", At("call.asice"), "--trust", At("authority.pem")]).InvokeAsync(new() { Output = output })).ShouldBe(0, output.ToString());
        await File.WriteAllTextAsync(At("other.pem"), GatewayFixture.Certificate("CN=other", TimeProvider.System.GetUtcNow().AddDays(-1)).ExportCertificatePem());
        (await Verbs.Root().Parse(["verify", At("call.asice"), "--trust", At("other.pem")]).InvokeAsync(new() { Output = output })).ShouldBe(1);
    }

    [Fact]
    public async Task Get_WithTheRequestInTheAddress_MayBeKeptForAWhile()
    {
        var (_, _, container) = await ContainerAsync(SuiteName.International);
        await KeepAsync(container);
        await OpensslAsync("ocsp", "-issuer", "authority.pem", "-cert", "certificate.pem", "-no_nonce", "-reqout", "request.der");
        var text = Convert.ToBase64String(await File.ReadAllBytesAsync(At("request.der")));
        using var client = gateway.Client();
        foreach (var address in new[] { text, Uri.EscapeDataString(text) })
        {
            var answer = await client.GetAsync($"/ocsp/{address}");
            (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType, answer.Headers.CacheControl!.MaxAge).ShouldBe((HttpStatusCode.OK, "application/ocsp-response", TimeSpan.FromMinutes(5)));
            await File.WriteAllBytesAsync(At("answer.der"), await answer.Content.ReadAsByteArrayAsync());
            var told = await OpensslAsync("ocsp", "-issuer", "authority.pem", "-cert", "certificate.pem", "-no_nonce", "-CAfile", "authority.pem", "-respin", "answer.der");
            told.ShouldContain("Response verify OK");
            told.ShouldContain("certificate.pem: good");
        }

        await OpensslAsync("ocsp", "-issuer", "authority.pem", "-cert", "certificate.pem", "-nonce", "-reqout", "request.der");
        var once = await client.GetAsync($"/ocsp/{Uri.EscapeDataString(Convert.ToBase64String(await File.ReadAllBytesAsync(At("request.der"))))}");
        once.Headers.CacheControl!.NoStore.ShouldBeTrue();
    }

    [Fact]
    public async Task Ask_WithWhatIsNoRequest_IsMalformedAndNeverAFault()
    {
        var (_, _, container) = await ContainerAsync(SuiteName.International);
        await KeepAsync(container);
        await OpensslAsync("ocsp", "-issuer", "authority.pem", "-cert", "certificate.pem", "-reqout", "request.der");
        var whole = await File.ReadAllBytesAsync(At("request.der"));
        using var client = gateway.Client();
        async Task<byte[]> PostAsync(byte[] bytes)
        {
            var answer = await client.PostAsync("/ocsp", new ByteArrayContent(bytes) { Headers = { ContentType = new("application/ocsp-request") } });
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            return await answer.Content.ReadAsByteArrayAsync();
        }

        (await PostAsync([])).ShouldBe(Malformed);
        (await PostAsync(new byte[100_000])).ShouldBe(Malformed);
        (await PostAsync([.. whole, 0])).ShouldBe(Malformed);
        (await PostAsync(whole[..^1])).ShouldBe(Malformed);
        foreach (var address in new[] { "x", "AAAA", Uri.EscapeDataString(Convert.ToBase64String(new byte[3000])) }) { (await client.GetByteArrayAsync($"/ocsp/{address}")).ShouldBe(Malformed); }
        string[] many = [.. Enumerable.Range(1, 11).SelectMany(n => new[] { "-serial", $"{n}" })];
        await OpensslAsync(["ocsp", "-issuer", "authority.pem", .. many, "-reqout", "many.der"]);
        (await PostAsync(await File.ReadAllBytesAsync(At("many.der")))).ShouldBe(Malformed);
        // Whatever the bytes: an answer of OCSP, and no fault of the platform.
        for (var n = 0; n < whole.Length; n++)
        {
            var changed = whole.ToArray();
            changed[n] ^= 0x81;
            OcspRequest.Parse(changed);
            if (n % 8 == 0) { (await PostAsync(changed))[0].ShouldBe((byte)0x30); }
        }
    }

    /// <summary>One authority, one responder: nodes' certificates are asked about at the same place.</summary>
    [Fact]
    public async Task Openssl_AskingAboutANode_HearsOfItToo()
    {
        var (scene, _, container) = await ContainerAsync(SuiteName.International);
        await KeepAsync(container);
        var now = TimeProvider.System.GetUtcNow();
        var node = new FrontEndNode { Id = Guid.CreateVersion7(now), OrganisationId = scene.Provider.Id, Name = "前置机", CreatedAt = now };
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var scope = gateway.Services.CreateAsyncScope();
        var certificate = (await scope.ServiceProvider.GetRequiredService<PlatformAuthority>()
            .IssueAsync(new CertificateRequest("CN=any", key, HashAlgorithmName.SHA256).CreateSigningRequest(), node, scene.Provider.CreditCode.Value, CancellationToken.None))!;
        await gateway.WithDb(async db =>
        {
            db.FrontEndNodes.Add(node);
            db.NodeCertificates.Add(certificate);
            return await db.SaveChangesAsync();
        });
        await File.WriteAllTextAsync(At("node.pem"), PemEncoding.WriteString("CERTIFICATE", certificate.Certificate));
        string[] ask = ["ocsp", "-issuer", "authority.pem", "-cert", "node.pem", "-CAfile", "authority.pem", "-url", $"{gateway.Address}ocsp"];
        (await OpensslAsync(ask)).ShouldContain("node.pem: good");
        await gateway.WithDb(db => db.NodeCertificates.Where(c => c.Serial == certificate.Serial).ExecuteUpdateAsync(set => set.SetProperty(c => c.RevokedAt, now)));
        (await OpensslAsync(ask)).ShouldContain("node.pem: revoked");
    }

    private async Task<(Scene Scene, string Query, byte[] Container)> ContainerAsync(SuiteName suite)
    {
        var scene = await gateway.SceneAsync(s => s.Suite = suite);
        using var client = gateway.Client();
        var call = scene.Call(HttpMethod.Post, "/firms");
        call.Content = new StringContent("""{"name":"甲"}""", Encoding.UTF8, "application/json");
        var answer = await client.SendAsync(call);
        await answer.Content.ReadAsByteArrayAsync();
        await Calls.SealedAsync(gateway.Services, Guid.Parse(answer.Headers.GetValues("X-Road-Request-Id").Single()));
        var query = answer.Headers.GetValues("X-Road-Id").Single();
        return (scene, query, await client.GetByteArrayAsync(Asic(scene, query)));
    }

    private static string Asic(Scene scene, string query) => $"/asic?queryId={query}&xRoadInstance={GatewayFixture.Instance}&memberClass=GOV&memberCode={scene.Consumer.CreditCode}&unique&requestOnly";

    /// <summary>The signer's certificate out of the container, the authority's out of the configuration, where readers find them.</summary>
    private async Task KeepAsync(byte[] container)
    {
        await File.WriteAllTextAsync(At("certificate.pem"), CertificateOf(container).ExportCertificatePem());
        using var client = gateway.Client();
        using var zip = new ZipArchive(await client.GetStreamAsync("/verificationconf"));
        await using var parameters = zip.GetEntry($"verificationconf/{GatewayFixture.Instance}/shared-params.xml")!.Open();
        var authority = XDocument.Load(parameters).Root!.Elements("approvedCA").Single().Element("topCA")!;
        await File.WriteAllTextAsync(At("authority.pem"), PemEncoding.WriteString("CERTIFICATE", Convert.FromBase64String(authority.Element("cert")!.Value)));
        authority.Element("ocsp")!.Element("url")!.Value.ShouldBe($"{gateway.Address}ocsp");
        await File.WriteAllTextAsync(At("responder.pem"), PemEncoding.WriteString("CERTIFICATE", Convert.FromBase64String(authority.Element("ocsp")!.Element("cert")!.Value)));
        (await OpensslAsync("verify", "-CAfile", "authority.pem", "-purpose", "ocsphelper", "responder.pem")).ShouldContain("responder.pem: OK");
        (await OpensslAsync("x509", "-in", "responder.pem", "-noout", "-text")).ShouldContain("OCSP Signing");
    }

    private async Task RevokeAsync(Scene scene, byte[] container)
    {
        await using var scope = gateway.Services.CreateAsyncScope();
        var actor = new Actor(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "officer", scene.Consumer.Id, scene.Consumer.Region, new HashSet<Role> { Role.DepartmentOfficer });
        var answer = await RevokeMemberCertificate.Handle(Convert.ToHexStringLower(CertificateOf(container).SerialNumberBytes.Span), new RevokeMemberCertificateRequest("密钥遗失"), actor,
            scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scope.ServiceProvider.GetRequiredService<OrganisationKeys>(), TimeProvider.System, CancellationToken.None);
        answer.Result.ShouldBeOfType<Microsoft.AspNetCore.Http.HttpResults.NoContent>();
    }

    private static X509Certificate2 CertificateOf(byte[] container) => X509CertificateLoader.LoadCertificate(SignatureOf(container).Signature.Certificate);

    private static (SignatureDocument Signature, Dictionary<string, byte[]> Entries) SignatureOf(byte[] container)
    {
        using var zip = new ZipArchive(new MemoryStream(container));
        var entries = zip.Entries.ToDictionary(e => e.FullName, e =>
        {
            using var bytes = new MemoryStream();
            using var from = e.Open();
            from.CopyTo(bytes);
            return bytes.ToArray();
        });
        return (SignatureDocument.Parse(Encoding.UTF8.GetString(entries["META-INF/signatures.xml"]))!, entries);
    }

    private static byte[] Zip(Dictionary<string, byte[]> entries)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using var into = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                into.Write(content);
            }
        }

        return bytes.ToArray();
    }

    private string At(string name) => Path.Combine(folder, name);

    private async Task<string> OpensslAsync(params string[] arguments)
    {
        using var run = Process.Start(new ProcessStartInfo("openssl", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = run.StandardError.ReadToEndAsync();
        var output = await run.StandardOutput.ReadToEndAsync() + await errors;
        await run.WaitForExitAsync();
        return output;
    }
}

/// <summary>A department's certificates over HTTP.</summary>
[OnDatabase]
public sealed class MemberCertificateSlicesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Certificates_OfADepartment_AreListedAndRevokedByItAlone()
    {
        var department = await platform.Department();
        var organisation = await platform.WithDb(db => db.Organisations.AsNoTracking().SingleAsync(o => o.Id == department.Id));
        string keyId;
        await using (var scope = platform.App.Services.CreateAsyncScope())
        {
            keyId = (await scope.ServiceProvider.GetRequiredService<MemberCertificates>().CurrentAsync(organisation, Suite.International, CancellationToken.None)).Key.KeyId;
        }

        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var leader = await platform.SignedIn(department, Role.DepartmentLeader);
        (await (await platform.Visitor().GetAsync("/api/v1/member-certificates")).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        (await (await leader.GetAsync("/api/v1/member-certificates")).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await stranger.GetFromJsonAsync<JsonElement>("/api/v1/member-certificates")).GetProperty("items").GetArrayLength().ShouldBe(0);
        var listed = (await officer.GetFromJsonAsync<JsonElement>("/api/v1/member-certificates")).GetProperty("items").EnumerateArray().Single();
        (listed.GetProperty("keyId").GetString(), listed.GetProperty("revokedAt").ValueKind).ShouldBe((keyId, JsonValueKind.Null));
        using var certificate = X509CertificateLoader.LoadCertificate(listed.GetProperty("certificate").GetBytesFromBase64());
        Convert.ToHexStringLower(certificate.SerialNumberBytes.Span).ShouldBe(listed.GetProperty("serial").GetString());

        var address = $"/api/v1/member-certificates/{listed.GetProperty("serial").GetString()}/revocation";
        var revocation = new { reason = "密钥遗失" };
        (await (await stranger.PostAsJsonAsync(address, revocation)).ReadProblemCode()).ShouldBe("exchange.certificate-unknown");
        (await (await officer.PostAsJsonAsync(address, new { reason = "" })).ReadProblemCode()).ShouldBe("kernel.invalid");
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => officer.PostAsJsonAsync(address, revocation)));
        answers.Count(a => a.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        answers.Count(a => a.StatusCode == HttpStatusCode.Conflict).ShouldBe(3);
        (await (await officer.PostAsJsonAsync(address, revocation)).ReadProblemCode()).ShouldBe("exchange.certificate-revoked");
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == department.Id.ToString() && e.Event == "exchange.certificate-revoked").Select(e => e.Reason).ToListAsync())).ShouldBe(["密钥遗失"]);
        await using var after = platform.App.Services.CreateAsyncScope();
        var next = await after.ServiceProvider.GetRequiredService<MemberCertificates>().CurrentAsync(organisation, Suite.International, CancellationToken.None);
        (next.Key.KeyId, next.Key.Generation).ShouldNotBe((keyId, 1));
        (await officer.GetFromJsonAsync<JsonElement>("/api/v1/member-certificates")).GetProperty("items").GetArrayLength().ShouldBe(2);

        const string place = "/work/exchange/certificates";
        (await leader.GetAsync(place)).StatusCode.ShouldNotBe(HttpStatusCode.OK);
        (await stranger.GetStringAsync(place)).ShouldNotContain(next.Key.KeyId);
        officer.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en");
        var page = await officer.GetStringAsync(place);
        page.ShouldContain(next.Key.KeyId);
        page.ShouldContain("Revoked at");
        var serial = Convert.ToHexStringLower(X509CertificateLoader.LoadCertificate(next.Certificate).SerialNumberBytes.Span);
        (await (await officer.Submit(place, "revoke", ("certificate", serial), ("reason", ""))).Content.ReadAsStringAsync()).ShouldContain("is-invalid");
        (await (await officer.Submit(place, "revoke", ("certificate", serial), ("reason", "密钥遗失"))).Content.ReadAsStringAsync()).ShouldContain("a new sealing key has taken its place");
        (await platform.WithDb(db => db.MemberCertificates.CountAsync(c => c.OrganisationId == department.Id && c.RevokedAt != null))).ShouldBe(2);
    }
}
