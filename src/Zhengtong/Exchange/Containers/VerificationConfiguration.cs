using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Xml;
using Microsoft.Extensions.Options;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Exchange.Gateway;
using Zhengtong.Exchange.Nodes;

namespace Zhengtong.Exchange.Containers;

/// <summary>X-Road's <c>/verificationconf</c>: whom a reader of containers may believe, as shared-params.xml of configuration version 3. For everybody: the platform's authority, which issues the members'
/// certificates, and where its responder says how they stand.</summary>
internal sealed class VerificationConfiguration(GatewayDirectory directory, TimeProvider clock, IOptions<GatewayOptions> options)
{
    private const string Folder = "verificationconf";
    private const string Space = "http://x-road.eu/xsd/xroad.xsd";

    /// <summary>Reads a signer's member from its subject: C instance, O class, CN member.</summary>
    private const string Profile = "ee.ria.xroad.common.certificateprofile.impl.EjbcaCertificateProfileInfoProvider";

    internal async Task<Refusal?> AnswerAsync(HttpContext http)
    {
        if (!HttpMethods.IsGet(http.Request.Method)) { return Refusal.Malformed(http.Request.Method); }
        var parameters = await directory.ReadAsync(scope => WriteAsync(scope, http.Request, http.RequestAborted));
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8))
        {
            void Add(string name, ReadOnlySpan<byte> content)
            {
                var entry = zip.CreateEntry($"{Folder}/{name}");
                entry.LastWriteTime = clock.GetUtcNow();
                using var into = entry.Open();
                into.Write(content);
            }

            Add($"{directory.Instance}/shared-params.xml", parameters);
            Add($"{directory.Instance}/shared-params.xml.metadata", "{\"configurationVersion\":\"3\"}"u8);
            Add("instance-identifier", Encoding.UTF8.GetBytes(directory.Instance));
        }

        await SignedDocuments.SendAsync(http, "application/zip", $"{Folder}.zip", bytes.ToArray());
        return null;
    }

    private async Task<byte[]> WriteAsync(IServiceProvider scope, HttpRequest asked, CancellationToken ct)
    {
        var db = scope.GetRequiredService<ZhengtongDb>();
        using var issuer = await scope.GetRequiredService<PlatformAuthority>().CertificateAsync(ct);
        var responder = await scope.GetRequiredService<OcspResponder>().CertificateAsync(ct);
        var address = options.Value.Address?.TrimEnd('/') ?? $"{asked.Scheme}://{asked.Host}";
        var members = (await XRoadMetadata.ReadClientsAsync(db, ct)).GroupBy(c => (c.Code, c.Name));
        var authority = scope.GetRequiredService<TimeStampAuthority>();
        using var bytes = new MemoryStream();
        await using (var xml = XmlWriter.Create(bytes, new XmlWriterSettings { Encoding = new UTF8Encoding(false), Async = true }))
        {
            void Element(string name, Action content)
            {
                xml.WriteStartElement(name, "");
                content();
                xml.WriteEndElement();
            }

            void Text(string name, string value) => Element(name, () => xml.WriteString(value));
            var n = 0;
            void Id() => xml.WriteAttributeString("id", $"id{n++}");

            xml.WriteStartElement("ns3", "conf", Space);
            Text("instanceIdentifier", directory.Instance);
            Element("source", () => Text("address", asked.Host.Host));
            Element("approvedCA", () =>
            {
                Text("name", issuer.Subject);
                Element("topCA", () =>
                {
                    Text("cert", Convert.ToBase64String(issuer.RawData));
                    Element("ocsp", () =>
                    {
                        Text("url", $"{address}{AnswerOcsp.Address}");
                        Text("cert", Convert.ToBase64String(responder));
                    });
                });
                Text("certificateProfileInfo", Profile);
            });

            if (authority.IsConfigured)
            {
                using var trusted = authority.Trusted();
                Element("approvedTSA", () =>
                {
                    Text("name", trusted.Subject);
                    Text("url", authority.Url);
                    Text("cert", Convert.ToBase64String(trusted.Export(X509ContentType.Cert)));
                });
            }

            foreach (var member in members)
            {
                Element("member", () =>
                {
                    Id();
                    Element("memberClass", Class);
                    Text("memberCode", member.Key.Code);
                    Text("name", member.Key.Name);
                    foreach (var subsystem in member.Select(c => c.Subsystem).OfType<string>())
                    {
                        Element("subsystem", () => { Id(); Text("subsystemCode", subsystem); });
                    }
                });
            }

            Element("globalSettings", () =>
            {
                Element("memberClass", Class);
                Text("ocspFreshnessSeconds", ((int)OcspAnswer.Life.TotalSeconds).ToString(CultureInfo.InvariantCulture));
            });
            xml.WriteEndElement();

            void Class()
            {
                Text("code", GatewayDirectory.MemberClass);
                Text("description", "Government");
            }
        }

        return bytes.ToArray();
    }
}
