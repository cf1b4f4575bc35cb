using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using Zhengtong.Exchange.Gateway;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Containers;

/// <summary>The certificate of an organisation's sealing key, as containers of signed messages carry it.</summary>
internal sealed class MemberCertificate
{
    /// <summary>Of the sealing key.</summary>
    internal required string KeyId { get; init; }

    internal required Guid OrganisationId { get; init; }

    /// <summary>Its number, 40 lower-case hex digits.</summary>
    internal required string Serial { get; init; }

    /// <summary>X.509, DER.</summary>
    internal required byte[] Certificate { get; init; }

    internal required DateTimeOffset IssuedAt { get; init; }

    /// <summary>When its key stopped being trusted; null while it is.</summary>
    internal DateTimeOffset? RevokedAt { get; set; }
}

/// <summary>Gives each sealing key one certificate of the platform's authority, which says that the key is this member's.</summary>
internal sealed class MemberCertificates(ZhengtongDb db, OrganisationKeys keys, PlatformAuthority authorities, TimeProvider clock, IOptions<GatewayOptions> options)
{
    private const int Years = 20;

    /// <summary>The organisation's current sealing key with its certificate; made at first use, in a save of its own.</summary>
    internal async Task<(OrganisationKey Key, byte[] Certificate)> CurrentAsync(Organisation organisation, Suite suite, CancellationToken ct)
    {
        var key = await keys.CurrentAsync(organisation.Id, suite, KeyUse.Seal, ct);
        if (await FindAsync(key.KeyId, ct) is { } present) { return (key, present); }
        var made = await IssueAsync(key, organisation, ct);
        db.MemberCertificates.Add(made);
        var told = LedgerEntry.Of("exchange.certificate-issued", organisation.Id, Actor.Platform, made.IssuedAt, after: new { made.KeyId, made.Serial, Sha256 = Convert.ToHexStringLower(SHA256.HashData(made.Certificate)) });
        db.Ledger.Add(told);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            // Another request issued it in the same moment: theirs counts.
            db.Entry(made).State = db.Entry(told).State = EntityState.Detached;
            return (key, (await FindAsync(key.KeyId, ct))!);
        }

        return (key, made.Certificate);
    }

    private Task<byte[]?> FindAsync(string keyId, CancellationToken ct) => db.MemberCertificates.AsNoTracking().Where(c => c.KeyId == keyId).Select(c => c.Certificate).SingleOrDefaultAsync(ct);

    /// <summary>Subject C, O and CN are instance, class and code of the member, where X-Road's readers look for them. Keys of the national suite get theirs of the same authority.</summary>
    private async Task<MemberCertificate> IssueAsync(OrganisationKey key, Organisation organisation, CancellationToken ct)
    {
        using var authority = await authorities.OpenAsync(ct);
        var now = clock.GetUtcNow();
        var subject = NameOf((X509Name.C, options.Value.Instance), (X509Name.O, GatewayDirectory.MemberClass), (X509Name.CN, organisation.CreditCode.Value));
        var request = new CertificateRequest(new X500DistinguishedName(subject.GetDerEncoded()), PublicKey.CreateFromSubjectPublicKeyInfo(key.PublicKey, out _), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.NonRepudiation, critical: true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (options.Value.Address is { } address) { request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([$"{address.TrimEnd('/')}{AnswerOcsp.Address}"], null)); }
        var serial = PlatformAuthority.NewSerial();
        DateTimeOffset end = now.AddYears(Years), last = authority.NotAfter.ToUniversalTime();
        using var issued = request.Create(authority, now, end < last ? end : last, serial);
        return new MemberCertificate { KeyId = key.KeyId, OrganisationId = organisation.Id, Serial = Convert.ToHexStringLower(serial), Certificate = issued.RawData, IssuedAt = now };
    }

    /// <summary>Written out, because X-Road's instance in C is longer than the two letters of a country.</summary>
    private static X509Name NameOf(params IEnumerable<(DerObjectIdentifier Type, string Value)> parts) =>
        X509Name.GetInstance(new DerSequence(parts.Select(p => new DerSet(new DerSequence(p.Type, new DerUtf8String(p.Value)))).ToArray<Asn1Encodable>()));
}
