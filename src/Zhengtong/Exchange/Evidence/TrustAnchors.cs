using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Zhengtong.Exchange.Engine;

namespace Zhengtong.Exchange.Evidence;

/// <summary>What a verifier believes from elsewhere: public keys of organisations' seals and of the ledger, certificates of members and of time-stamping authorities, out of PEM files.</summary>
internal sealed class TrustAnchors
{
    private readonly HashSet<string> keys = [];
    private readonly List<X509Certificate2> certificates = [];

    /// <summary>Reads the blocks of PEM files; other text between them is passed over.</summary>
    /// <exception cref="CryptographicException">A block that cannot be used, or a file without any.</exception>
    internal static TrustAnchors Of(IEnumerable<string> pems)
    {
        var anchors = new TrustAnchors();
        foreach (var pem in pems)
        {
            var rest = pem.AsSpan();
            var found = 0;
            for (; PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
            {
                var bytes = Convert.FromBase64String(rest[fields.Base64Data].ToString());
                switch (rest[fields.Label])
                {
                    case "PUBLIC KEY":
                        anchors.keys.Add(Convert.ToBase64String(bytes));
                        break;
                    case "CERTIFICATE":
                        var certificate = X509CertificateLoader.LoadCertificate(bytes);
                        anchors.certificates.Add(certificate);
                        anchors.keys.Add(Convert.ToBase64String(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
                        break;
                    default: continue;
                }

                found++;
            }

            if (found == 0) { throw new CryptographicException("No public key and no certificate in PEM"); }
        }

        return anchors;
    }

    /// <summary>True for a key that is believed.</summary>
    internal bool Believes(string? key) => key is not null && keys.Contains(key);

    /// <summary>That each of these keys is among those that are believed.</summary>
    /// <param name="shown">Base64 SubjectPublicKeyInfo, with the id by which people know it.</param>
    internal IEnumerable<ReceiptCheck> Keys(IEnumerable<(string? Key, string Id)> shown) =>
        shown.Distinct().Select(k => new ReceiptCheck(Believes(k.Key), "exchange.verify.trusted-key", k.Id));

    /// <summary>That the time stamp's authority is one that is believed, or was issued by one.</summary>
    internal ReceiptCheck Stamp(byte[]? stamp, byte[]? stamped)
    {
        var read = stamp is null || stamped is null ? null : TimeStamp.Read(stamp, stamped);
        return new ReceiptCheck(read is not null && certificates.Exists(c => TimeStampAuthority.IsTrusted(read.Signer, c, read.At)), "exchange.verify.trusted-authority", read?.Authority ?? "");
    }
}
