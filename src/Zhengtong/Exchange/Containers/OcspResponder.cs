using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Containers;

/// <summary>Says how certificates stand that the platform's authority issued: of members and of front-end nodes. It signs with a key of its own, appointed by the authority anew each year, so that the
/// authority's key is not opened at everybody's request.</summary>
internal sealed class OcspResponder(ZhengtongDb db, PlatformAuthority authorities, Vault vault, TimeProvider clock)
{
    private const string NoCheck = "1.3.6.1.5.5.7.48.1.5";

    /// <summary>Answers a request, DER; what is not of this authority is unknown.</summary>
    internal async Task<byte[]> AnswerAsync(OcspRequest request, CancellationToken ct)
    {
        using var authority = await authorities.CertificateAsync(ct);
        using var responder = await OpenAsync(ct);
        return OcspAnswer.Write(responder, authority, await WordsAsync(request.Certificates, authority, ct), request.Nonce);
    }

    /// <summary>How one certificate stands now, DER.</summary>
    internal async Task<byte[]> AnswerAsync(byte[] certificate, CancellationToken ct)
    {
        using var authority = await authorities.CertificateAsync(ct);
        using var responder = await OpenAsync(ct);
        using var asked = X509CertificateLoader.LoadCertificate(certificate);
        return OcspAnswer.Write(responder, authority, await WordsAsync([OcspCertificateId.Of(asked, authority)], authority, ct), nonce: null);
    }

    /// <summary>The responder's certificate of this year, without its key, DER.</summary>
    internal async Task<byte[]> CertificateAsync(CancellationToken ct)
    {
        using var responder = await OpenAsync(ct);
        return responder.RawData;
    }

    private async Task<List<CertificateWord>> WordsAsync(IReadOnlyList<OcspCertificateId> asked, X509Certificate2 authority, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var at = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));
        var serials = asked.Select(a => a.Serial).Distinct().ToList();
        var issued = await db.MemberCertificates.AsNoTracking().Where(c => serials.Contains(c.Serial)).ToDictionaryAsync(c => c.Serial, c => c.RevokedAt, ct);
        foreach (var node in await db.NodeCertificates.AsNoTracking().Where(c => serials.Contains(c.Serial)).Select(c => new { c.Serial, c.RevokedAt }).ToListAsync(ct)) { issued[node.Serial] = node.RevokedAt; }
        return [.. asked.Select(a => !a.IsOf(authority) || !issued.TryGetValue(a.Serial, out var revoked) ? new CertificateWord(a, CertificateStanding.Unknown, null, at)
            : new CertificateWord(a, revoked is null ? CertificateStanding.Good : CertificateStanding.Revoked, revoked, at))];
    }

    /// <summary>Certificate with private key; made at its first use in a year, in a save of its own.</summary>
    private async Task<X509Certificate2> OpenAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var purpose = $"ocsp-responder-{now.Year}";
        var kept = await FindAsync(purpose, ct);
        if (kept is null)
        {
            await MakeAsync(purpose, now, ct);
            kept = (await FindAsync(purpose, ct))!;
        }

        return X509CertificateLoader.LoadPkcs12(vault.Open(kept, $"platform-key:{purpose}"), password: null, X509KeyStorageFlags.EphemeralKeySet);
    }

    private async Task MakeAsync(string purpose, DateTimeOffset now, CancellationToken ct)
    {
        using var authority = await authorities.OpenAsync(ct);
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=Zhengtong OCSP responder {now.Year}", pair, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(OcspAnswer.Signing)], critical: false));
        request.CertificateExtensions.Add(new X509Extension(NoCheck, [0x05, 0x00], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        // A month longer than its year, for what is made at the turn of it.
        DateTimeOffset end = new(now.Year + 1, 2, 1, 0, 0, 0, TimeSpan.Zero), last = authority.NotAfter.ToUniversalTime();
        using var issued = request.Create(authority, now.AddMinutes(-5) is var from && from > authority.NotBefore.ToUniversalTime() ? from : authority.NotBefore.ToUniversalTime(), end < last ? end : last, PlatformAuthority.NewSerial());
        using var whole = issued.CopyWithPrivateKey(pair);
        var made = new PlatformKey { Purpose = purpose, Sealed = vault.Seal(whole.Export(X509ContentType.Pkcs12), $"platform-key:{purpose}"), CreatedAt = now };
        db.PlatformKeys.Add(made);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            // Another process made it in the same moment: theirs counts.
            db.Entry(made).State = EntityState.Detached;
        }
    }

    private Task<byte[]?> FindAsync(string purpose, CancellationToken ct) => db.PlatformKeys.AsNoTracking().Where(k => k.Purpose == purpose).Select(k => k.Sealed).SingleOrDefaultAsync(ct);
}
