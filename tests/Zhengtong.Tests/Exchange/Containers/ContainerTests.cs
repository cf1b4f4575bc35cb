using System.Diagnostics;
using System.Formats.Asn1;
using System.IO.Compression;
using System.Net;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.Xml;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Gateway;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Exchange.Evidence;
using Zhengtong.Tests.Exchange.Gateway;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Containers;

/// <summary>X-Road's /asic and /verificationconf. Containers are judged by unzip, openssl, .NET's canonical XML and, where it is installed, xmlsec1: by nothing of our own.</summary>
[OnDatabase, Collection<GatewayTests>]
public sealed partial class ContainerTests(GatewayFixture gateway) : IDisposable
{
    private static readonly XNamespace Ds = "http://www.w3.org/2000/09/xmldsig#";
    private static readonly XNamespace Xades = "http://uri.etsi.org/01903/v1.3.2#";
    private static readonly XNamespace Hc = "http://cyber.ee/hashchain";
    private static int serial;
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-container-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public async Task Asic_OfACall_HoldsForToolsThatAreNotOurs(SuiteName suite)
    {
        var (scene, query) = await CallAsync(suite);
        using var client = gateway.Client();
        var answer = await client.GetAsync(Asic(scene.Consumer.CreditCode.Value, query));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        (answer.Content.Headers.ContentType!.MediaType, answer.Content.Headers.GetValues("Content-Disposition").Single()).ShouldBe(("application/zip", $"filename=\"{query}.zip\""));
        await File.WriteAllBytesAsync(Path.Combine(folder, "all.zip"), await answer.Content.ReadAsByteArrayAsync());
        await RunAsync("unzip", "-q", "all.zip");
        var files = Directory.GetFiles(folder, "*.asice").Select(Path.GetFileName).Order(StringComparer.Ordinal).ToList();
        files.Count.ShouldBe(2);
        files[0]!.ShouldMatch($"^{query}-request-[a-z0-9]{{13}}\\.asice$");
        files[1]!.ShouldMatch($"^{query}-response-[a-z0-9]{{13}}\\.asice$");

        var request = await OpenAsync(files[0]!);
        var head = await File.ReadAllTextAsync(Path.Combine(request, "message.xml"));
        head.ShouldStartWith($"POST\r\n{scene.R1}/firms?q=1\r\n");
        head.ShouldContain($"X-Road-Client:{scene.ClientId}\r\n");
        head.ShouldContain($"X-Road-Id:{query}\r\n");
        (await File.ReadAllTextAsync(Path.Combine(request, "attachment1"))).ShouldBe("""{"name":"甲"}""");
        await JudgeAsync(request, suite, $"C = {GatewayFixture.Instance}, O = GOV, CN = {scene.Consumer.CreditCode}");

        var response = await OpenAsync(files[1]!);
        (await File.ReadAllTextAsync(Path.Combine(response, "message.xml"))).ShouldContain($"X-Road-Service:{GatewayFixture.Instance}/GOV/{scene.Provider.CreditCode}/registry/firms\r\n");
        await JudgeAsync(response, suite, $"C = {GatewayFixture.Instance}, O = GOV, CN = {scene.Provider.CreditCode}");
    }

    [Fact]
    public async Task Asic_OfACall_HoldsForXmlsec()
    {
        if (!File.Exists("/usr/bin/xmlsec1")) { Assert.Skip("xmlsec1 is not installed"); }
        var (scene, query) = await CallAsync(SuiteName.International);
        using var client = gateway.Client();
        foreach (var side in new[] { "requestOnly", "responseOnly" })
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, $"{side}.asice"), await client.GetByteArrayAsync(Asic(scene.Consumer.CreditCode.Value, query, $"&unique&{side}")));
            var inside = await OpenAsync($"{side}.asice");
            var file = Directory.GetFiles(inside, "sig-hashchainresult.xml").Length > 0 ? "sig-hashchainresult.xml" : "message.xml";
            await WriteAuthorityAsync(inside);
            string[] arguments = ["--verify", "--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", "--trusted-pem", "authority.pem", $"--url-map:/{file}", file, "META-INF/signatures.xml"];
            (await RunInAsync(inside, "xmlsec1", arguments)).ShouldStartWith("OK");
            await File.AppendAllTextAsync(Path.Combine(inside, file), " ");
            (await RunInAsync(inside, "xmlsec1", arguments)).ShouldContain("FAIL", Case.Sensitive);
        }
    }

    [Theory]
    [InlineData(SuiteName.International)]
    [InlineData(SuiteName.National)]
    public async Task Openssl_WithTheCommandsOfTheDocumentation_AcceptsTheContainerAndRefusesAChangedOne(SuiteName suite)
    {
        var commands = Shell().Match(Repository.Read("docs", "receipts.md")).Groups[1].Value;
        var scene = await gateway.SceneAsync(s => s.Suite = suite);
        using var client = gateway.Client();
        // With a body and without one.
        foreach (var query in new[] { await SendAsync(scene, HttpMethod.Post, "/firms", null), await SendAsync(scene, HttpMethod.Get, "/firms/1", null) })
        {
            var container = await client.GetByteArrayAsync(Asic(scene.Consumer.CreditCode.Value, query, "&unique&requestOnly"));
            var output = await ShellAsync(commands, container, query);
            foreach (var line in new[] { "Verified OK", "same properties", "same message", $"CN = {scene.Consumer.CreditCode}" }) { output.ShouldContain(line); }
            foreach (var name in Entries(container).Keys.Where(n => n is not ("mimetype" or "META-INF/manifest.xml")))
            {
                var changed = Entries(container);
                changed[name][changed[name].Length / 2] ^= 1;
                using var bytes = new MemoryStream();
                using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
                {
                    foreach (var (entry, content) in changed) { using var into = zip.CreateEntry(entry).Open(); into.Write(content); }
                }

                (await ShellAsync(commands, bytes.ToArray(), $"{query}-{name.Replace('/', '-')}")).ShouldNotContain("same message", Case.Sensitive, name);
            }
        }
    }

    [Fact]
    public async Task Asic_OfABodyThatIsNotKept_ProvesItsDigest()
    {
        var scene = await gateway.SceneAsync();
        var body = RandomNumberGenerator.GetBytes(200_000);
        scene.Answer(http => http.Response.Body.WriteAsync(body).AsTask());
        var query = await SendAsync(scene, HttpMethod.Get, "/firms/1", null);
        using var client = gateway.Client();
        await File.WriteAllBytesAsync(Path.Combine(folder, "one.asice"), await client.GetByteArrayAsync(Asic(scene.Consumer.CreditCode.Value, query, "&unique&responseOnly")));
        var inside = await OpenAsync("one.asice");
        File.Exists(Path.Combine(inside, "attachment1")).ShouldBeFalse();
        await File.WriteAllBytesAsync(Path.Combine(inside, "outside"), body);
        await JudgeAsync(inside, SuiteName.International, $"C = {GatewayFixture.Instance}, O = GOV, CN = {scene.Provider.CreditCode}", "outside");
    }

    [Fact]
    public async Task Asic_AskedByTheProvider_IsGivenAndByAnybodyElseNot()
    {
        var (scene, query) = await CallAsync(SuiteName.International);
        var stranger = await gateway.SceneAsync();
        await gateway.WithDb(async db =>
        {
            db.InformationSystems.Add(new InformationSystem
            {
                Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), OrganisationId = scene.Provider.Id, SubsystemCode = "registry", Name = "登记系统", Certificates = [], Addresses = ["127.0.0.1/32"], SetAt = TimeProvider.System.GetUtcNow(),
            });
            return await db.SaveChangesAsync();
        });
        using var client = gateway.Client();
        using (var zip = new ZipArchive(new MemoryStream(await client.GetByteArrayAsync(Asic(scene.Provider.CreditCode.Value, query, "&subsystemCode=registry&responseOnly")))))
        {
            zip.Entries.ShouldHaveSingleItem().Name.ShouldStartWith($"{query}-response-");
        }

        await RefusedAsync(Asic(stranger.Consumer.CreditCode.Value, query), 404, "No signed documents found");
        await RefusedAsync(Asic(stranger.Provider.CreditCode.Value, query), 401, "Client could not be authenticated");
        await RefusedAsync(Asic(scene.Consumer.CreditCode.Value, query, "&subsystemCode=other"), 401, "Client could not be authenticated");
    }

    [Fact]
    public async Task Asic_AskedWrongly_SaysWhatInPlainText()
    {
        var (scene, query) = await CallAsync(SuiteName.International);
        var member = scene.Consumer.CreditCode.Value;
        await RefusedAsync(Asic(member, query, "&requestOnly&responseOnly"), 400, "Parameters \"requestOnly\" and \"responseOnly\" must not be used together");
        await RefusedAsync(Asic(member, query, "&unique"), 400, "Parameter \"unique\" must be used with \"requestOnly\" or \"responseOnly\"");
        await RefusedAsync("/asic", 400, "Parameter \"queryId\" must be specified");
        await RefusedAsync($"/asic?queryId={query}&xRoadInstance={GatewayFixture.Instance}&memberClass=GOV", 400, "Parameter \"memberCode\" must be specified");
        await RefusedAsync(Asic(member, "no-such-query"), 404, "No signed documents found");
        await RefusedAsync(Asic(member, query).Replace("memberClass=GOV", "memberClass=COM", StringComparison.Ordinal), 401, "Client could not be authenticated");
        await SendAsync(scene, HttpMethod.Get, "/firms/1", query);
        await RefusedAsync(Asic(member, query, "&unique&requestOnly"), 400, "More than one signed document found");
    }

    [Fact]
    public async Task Asic_WhenWhatIsKeptWasChanged_IsNotSigned()
    {
        var (scene, query) = await CallAsync(SuiteName.International);
        await gateway.WithDb(async db => await db.Calls.Where(c => c.MessageId == query).ExecuteUpdateAsync(set => set.SetProperty(c => c.LeafHash, new byte[32])));
        using var client = gateway.Client();
        (await client.GetAsync(Asic(scene.Consumer.CreditCode.Value, query))).StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
    }

    [Fact]
    public async Task VerificationConfiguration_ListsTheAuthorityItsResponderAndEveryMember()
    {
        var (scene, query) = await CallAsync(SuiteName.International);
        using var client = gateway.Client();
        await client.GetByteArrayAsync(Asic(scene.Consumer.CreditCode.Value, query, "&unique&requestOnly"));

        var answer = await client.GetAsync("/verificationconf");
        (answer.Content.Headers.ContentType!.MediaType, answer.Content.Headers.GetValues("Content-Disposition").Single()).ShouldBe(("application/zip", "filename=\"verificationconf.zip\""));
        using var zip = new ZipArchive(await answer.Content.ReadAsStreamAsync());
        string Read(string name) { using var reader = new StreamReader(zip.GetEntry($"verificationconf/{name}")!.Open()); return reader.ReadToEnd(); }
        zip.Entries.Count.ShouldBe(3);
        Read("instance-identifier").ShouldBe(GatewayFixture.Instance);
        Read($"{GatewayFixture.Instance}/shared-params.xml.metadata").ShouldBe("""{"configurationVersion":"3"}""");
        var conf = XDocument.Parse(Read($"{GatewayFixture.Instance}/shared-params.xml")).Root!;
        conf.Name.ShouldBe(XName.Get("conf", "http://x-road.eu/xsd/xroad.xsd"));
        conf.Elements().Select(e => e.Name.LocalName).Distinct().ShouldBe(["instanceIdentifier", "source", "approvedCA", "member", "globalSettings"]);
        var authority = conf.Elements("approvedCA").ShouldHaveSingleItem();
        authority.Elements().Select(e => e.Name.LocalName).ShouldBe(["name", "topCA", "certificateProfileInfo"]);
        authority.Element("topCA")!.Elements().Select(e => e.Name.LocalName).ShouldBe(["cert", "ocsp"]);
        authority.Element("topCA")!.Element("ocsp")!.Element("url")!.Value.ShouldBe($"{gateway.Address}ocsp");
        var member = conf.Elements("member").Single(m => m.Element("memberCode")!.Value == scene.Consumer.CreditCode.Value);
        member.Element("subsystem")!.Element("subsystemCode")!.Value.ShouldBe("desk");
        member.Element("memberClass")!.Element("code")!.Value.ShouldBe("GOV");
        (await gateway.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.certificate-issued" && e.Subject == scene.Consumer.Id.ToString()))).ShouldBe(1);
        (await client.PostAsync("/verificationconf", null)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static string Asic(string member, string query, string more = "") => $"/asic?queryId={query}&xRoadInstance={GatewayFixture.Instance}&memberClass=GOV&memberCode={member}{more}";

    private async Task RefusedAsync(string address, int status, string text)
    {
        using var client = gateway.Client();
        var answer = await client.GetAsync(address);
        ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Content.Headers.ContentType!.MediaType).ShouldBe((status, text, "text/plain"));
    }

    private async Task<(Scene Scene, string Query)> CallAsync(SuiteName suite)
    {
        var scene = await gateway.SceneAsync(s => s.Suite = suite);
        return (scene, await SendAsync(scene, HttpMethod.Post, "/firms?q=1", null));
    }

    private async Task<string> SendAsync(Scene scene, HttpMethod method, string path, string? query)
    {
        query ??= $"query-{Interlocked.Increment(ref serial)}";
        using var client = gateway.Client();
        var call = scene.Call(method, path);
        call.Headers.Add("X-Road-Id", query);
        if (method == HttpMethod.Post) { call.Content = new StringContent("""{"name":"甲"}""", Encoding.UTF8, "application/json"); }
        var answer = await client.SendAsync(call);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        await answer.Content.ReadAsByteArrayAsync();
        await Calls.SealedAsync(gateway.Services, Guid.Parse(answer.Headers.GetValues("X-Road-Request-Id").Single()));
        return query;
    }

    /// <summary>The container's entries in a folder; its first bytes say what it is.</summary>
    private async Task<string> OpenAsync(string container)
    {
        var bytes = await File.ReadAllBytesAsync(Path.Combine(folder, container));
        // Local file header: method 0 (stored), name at 30, no extra field, then the content.
        (BitConverter.ToUInt16(bytes, 8), BitConverter.ToUInt16(bytes, 28), Encoding.ASCII.GetString(bytes, 30, 39)).ShouldBe(((ushort)0, (ushort)0, "mimetypeapplication/vnd.etsi.asic-e+zip"));
        (await RunAsync("unzip", "-z", container)).ShouldContain("mimetype=application/vnd.etsi.asic-e+zip");
        var inside = Path.Combine(folder, Path.GetFileNameWithoutExtension(container));
        await RunAsync("unzip", "-q", container, "-d", inside);
        XNamespace manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0";
        XDocument.Load(Path.Combine(inside, "META-INF/manifest.xml")).Descendants(manifest + "file-entry").Select(e => (string)e.Attribute(manifest + "full-path")!).Order(StringComparer.Ordinal)
            .ShouldBe(Directory.GetFiles(inside).Select(f => Path.GetFileName(f)!).Where(f => f != "mimetype").Append("/").Order(StringComparer.Ordinal));
        return inside;
    }

    private async Task JudgeAsync(string inside, SuiteName suite, string subject, string body = "attachment1")
    {
        var signatures = Signatures(inside);
        string Of(XName name) => signatures.Descendants(name).Single().Value;
        async Task<string> DigestAsync(string file) => Convert.ToBase64String(Convert.FromHexString((await RunInAsync(inside, "openssl", "dgst", "-sha512", "-r", file)).Split(' ')[0]));

        // The hash chain, as its definition has it.
        var chain = XDocument.Load(Path.Combine(inside, "sig-hashchain.xml")).Root!;
        var step = chain.Elements(Hc + "HashStep").ShouldHaveSingleItem();
        ((string?)step.Attribute("id")).ShouldBe("STEP0");
        step.Elements().Select(e => e.Value).ShouldBe([await DigestAsync("message.xml"), await DigestAsync(body)]);
        step.Elements().Select(e => (string?)e.Attribute("URI")).ShouldBe(["/message.xml", body == "attachment1" ? "/attachment1" : null]);
        var list = new AsnWriter(AsnEncodingRules.DER);
        using (list.PushSequence())
        {
            foreach (var digest in step.Elements())
            {
                using var one = list.PushSequence();
                list.WriteOctetString(Convert.FromBase64String(digest.Value));
                list.WriteCharacterString(UniversalTagNumber.UTF8String, "http://www.w3.org/2001/04/xmlenc#sha512");
                list.PushSequence().Dispose();
            }
        }

        var result = XDocument.Load(Path.Combine(inside, "sig-hashchainresult.xml")).Root!;
        ((string?)result.Attribute("URI"), result.Element(Ds + "DigestValue")!.Value).ShouldBe(("/sig-hashchain.xml#STEP0", Convert.ToBase64String(SHA512.HashData(list.Encode()))));

        // The references.
        var references = signatures.Descendants(Ds + "Reference").ToDictionary(r => (string)r.Attribute("URI")!, r => r.Element(Ds + "DigestValue")!.Value);
        references["/sig-hashchainresult.xml"].ShouldBe(await DigestAsync("sig-hashchainresult.xml"));
        references["#signed-properties"].ShouldBe(Convert.ToBase64String(SHA512.HashData(Canonical(inside, "//*[local-name()='SignedProperties']"))));
        references.Count.ShouldBe(2);

        // The signature, and the certificate that brings its key.
        await WriteCertificateAsync(inside);
        await File.WriteAllTextAsync(Path.Combine(inside, "key.pem"), await RunInAsync(inside, "openssl", "x509", "-in", "certificate.pem", "-noout", "-pubkey"));
        await File.WriteAllBytesAsync(Path.Combine(inside, "signed"), Canonical(inside, "//*[local-name()='SignedInfo']"));
        var value = Convert.FromBase64String(Of(Ds + "SignatureValue"));
        var der = new AsnWriter(AsnEncodingRules.DER);
        using (der.PushSequence())
        {
            foreach (var half in value.Chunk(32)) { der.WriteInteger(new BigInteger(half, isUnsigned: true, isBigEndian: true)); }
        }

        await File.WriteAllBytesAsync(Path.Combine(inside, "signature.der"), der.Encode());
        string[] distid = suite == SuiteName.National ? ["-sigopt", "distid:1234567812345678"] : [];
        (await RunInAsync(inside, "openssl", ["dgst", suite == SuiteName.National ? "-sm3" : "-sha256", "-verify", "key.pem", .. distid, "-signature", "signature.der", "signed"])).ShouldContain("Verified OK");
        await WriteAuthorityAsync(inside);
        (await RunInAsync(inside, "openssl", "verify", "-CAfile", "authority.pem", "certificate.pem")).ShouldContain("certificate.pem: OK");
        await File.WriteAllBytesAsync(Path.Combine(inside, "ocsp.der"), Convert.FromBase64String(Of(Xades + "EncapsulatedOCSPValue")));
        var answer = await RunInAsync(inside, "openssl", "ocsp", "-respin", "ocsp.der", "-issuer", "authority.pem", "-cert", "certificate.pem", "-CAfile", "authority.pem", "-no_nonce");
        answer.ShouldContain("Response verify OK");
        answer.ShouldContain("certificate.pem: good");
        var told = await RunInAsync(inside, "openssl", "x509", "-in", "certificate.pem", "-noout", "-subject", "-issuer", "-ext", "keyUsage");
        told.ShouldContain($"subject={subject}");
        told.ShouldContain("issuer=CN = Zhengtong node authority");
        told.ShouldContain("Non Repudiation");
    }

    /// <summary>The authority, out of the configuration that X-Road's readers load.</summary>
    private async Task WriteAuthorityAsync(string inside)
    {
        using var client = gateway.Client();
        using var zip = new ZipArchive(await client.GetStreamAsync("/verificationconf"));
        await using var parameters = zip.GetEntry($"verificationconf/{GatewayFixture.Instance}/shared-params.xml")!.Open();
        var authority = XDocument.Load(parameters).Root!.Element("approvedCA")!.Element("topCA")!.Element("cert")!.Value;
        await File.WriteAllTextAsync(Path.Combine(inside, "authority.pem"), PemEncoding.WriteString("CERTIFICATE", Convert.FromBase64String(authority)));
    }

    private static XDocument Signatures(string inside) => XDocument.Load(Path.Combine(inside, "META-INF/signatures.xml"));

    private async Task WriteCertificateAsync(string inside) => await File.WriteAllTextAsync(Path.Combine(inside, "certificate.pem"),
        PemEncoding.WriteString("CERTIFICATE", Convert.FromBase64String(Signatures(inside).Descendants(Ds + "X509Certificate").Single().Value)));

    /// <summary>Inclusive canonical XML of an element, by .NET: the namespaces in scope become its own declarations.</summary>
    private static byte[] Canonical(string inside, string path)
    {
        var whole = new XmlDocument { PreserveWhitespace = true };
        whole.Load(Path.Combine(inside, "META-INF/signatures.xml"));
        var element = new XmlDocument { PreserveWhitespace = true };
        element.LoadXml(((XmlElement)whole.SelectSingleNode(path)!).OuterXml);
        foreach (XmlAttribute space in whole.DocumentElement!.Attributes) { element.DocumentElement!.SetAttribute(space.Name, space.Value); }
        var transform = new XmlDsigC14NTransform();
        transform.LoadInput(element);
        return ((MemoryStream)transform.GetOutput(typeof(Stream))).ToArray();
    }

    private static Dictionary<string, byte[]> Entries(byte[] container)
    {
        using var zip = new ZipArchive(new MemoryStream(container));
        return zip.Entries.ToDictionary(e => e.FullName, e =>
        {
            using var bytes = new MemoryStream();
            using var from = e.Open();
            from.CopyTo(bytes);
            return bytes.ToArray();
        });
    }

    private async Task<string> ShellAsync(string commands, byte[] container, string name)
    {
        var place = Directory.CreateDirectory(Path.Combine(folder, $"shell-{name}")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(place, "container.asice"), container);
        return await RunInAsync(place, "sh", "-c", commands);
    }

    private Task<string> RunAsync(string program, params string[] arguments) => RunInAsync(folder, program, arguments);

    private static async Task<string> RunInAsync(string place, string program, params string[] arguments)
    {
        using var run = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = place, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = run.StandardError.ReadToEndAsync();
        var output = new StringBuilder(await run.StandardOutput.ReadToEndAsync()).Append(await errors).ToString();
        await run.WaitForExitAsync();
        return output;
    }

    [GeneratedRegex("## Containers with openssl alone.*?```sh\\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shell();
}
