using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes;

internal static class EnrolNode
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/enrolments", Handle).ProducesProblem(400).ProducesProblem(401).ProducesProblem(409);

    /// <summary>A machine becomes a node by its token: its keys are registered for its organisation, and it gets its certificate.</summary>
    /// <response code="200">Enrolled; ledger event exchange.node-enrolled.</response>
    /// <response code="400">exchange.node-keys-invalid</response>
    /// <response code="401">exchange.node-token-invalid</response>
    internal static async Task<Results<Ok<EnrolNodeResponse>, ProblemHttpResult>> Handle(
        EnrolNodeRequest request, ZhengtongDb db, PlatformAuthority authority, TimeProvider clock, CancellationToken ct)
    {
        if (NodeToken.Parse(request.Token) is not { } token) { return ExchangeProblems.NodeTokenInvalid.Because(); }
        var now = clock.GetUtcNow();
        var node = await db.FrontEndNodes.SingleOrDefaultAsync(n => n.Id == token.Node, ct);
        if (node?.TokenDigest != token.Digest || node.TokenExpiresAt <= now) { return ExchangeProblems.NodeTokenInvalid.Because(); }

        var organisation = await db.Organisations.AsNoTracking().SingleAsync(o => o.Id == node.OrganisationId, ct);
        using var issuer = await authority.OpenAsync(ct);
        if (Bytes(request.SigningRequest) is not { } csr || await authority.IssueAsync(csr, node, organisation.CreditCode.Value, ct) is not { } certificate) { return ExchangeProblems.NodeKeysInvalid.Because("signingRequest"); }
        if (request.Keys.DistinctBy(k => (k.Suite, k.Use)).Count() != request.Keys.Count) { return ExchangeProblems.NodeKeysInvalid.Because("keys"); }
        foreach (var brought in request.Keys)
        {
            if (await RegisterAsync(db, node, brought, now, ct) is { } fault) { return fault; }
        }

        foreach (var old in await db.NodeCertificates.Where(c => c.NodeId == node.Id && c.RevokedAt == null).ToListAsync(ct)) { old.RevokedAt = now; }
        db.NodeCertificates.Add(certificate);
        node.Enrol(now);
        db.Ledger.Add(LedgerEntry.Of("exchange.node-enrolled", node.Id, new NodeCaller(node.Id, node.OrganisationId, node.Name, "", "").Actor, now,
            after: new { node.Name, certificate.Serial, certificate.NotAfter, keys = db.ChangeTracker.Entries<OrganisationKey>().Where(e => e.State == EntityState.Added).Select(e => e.Entity.KeyId) }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return ExchangeProblems.NodeTokenInvalid.Because(); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return KernelProblems.ChangedMeanwhile.Because(node.Name); }
        return TypedResults.Ok(new EnrolNodeResponse(
            node.Id, node.Name, organisation.Id, organisation.Name, Convert.ToBase64String(certificate.Certificate), Convert.ToBase64String(issuer.RawData)));
    }

    /// <summary>A key that the node brings becomes its organisation's next; one it brought before stays what it was.</summary>
    private static async Task<ProblemHttpResult?> RegisterAsync(ZhengtongDb db, FrontEndNode node, NodePublicKey brought, DateTimeOffset now, CancellationToken ct)
    {
        var suite = Suite.Of(brought.Suite);
        if (Bytes(brought.PublicKey) is not { } publicKey || !IsKey(suite, publicKey)) { return ExchangeProblems.NodeKeysInvalid.Because($"{brought.Suite} {brought.Use}"); }
        var keyId = suite.KeyIdOf(publicKey);
        if (await db.OrganisationKeys.AsNoTracking().SingleOrDefaultAsync(k => k.KeyId == keyId, ct) is { } known)
        {
            return known.NodeId == node.Id && known.Use == brought.Use && known.PublicKey.AsSpan().SequenceEqual(publicKey) ? null : ExchangeProblems.NodeKeysInvalid.Because(keyId);
        }

        var last = await db.OrganisationKeys.Where(k => k.OrganisationId == node.OrganisationId && k.Suite == brought.Suite && k.Use == brought.Use).MaxAsync(k => (int?)k.Generation, ct) ?? 0;
        db.OrganisationKeys.Add(new OrganisationKey
        {
            KeyId = keyId, OrganisationId = node.OrganisationId, NodeId = node.Id, Suite = brought.Suite, Use = brought.Use, Generation = last + 1, PublicKey = publicKey, PrivateKey = null, CreatedAt = now,
        });
        return null;
    }

    private static bool IsKey(Suite suite, byte[] publicKey)
    {
        try
        {
            CryptographicOperations.ZeroMemory(suite.MakeSecret(publicKey).Secret);
            return true;
        }
        catch (CryptographicException) { return false; }
    }

    internal static byte[]? Bytes(string base64)
    {
        try { return Convert.FromBase64String(base64); }
        catch (FormatException) { return null; }
    }
}
