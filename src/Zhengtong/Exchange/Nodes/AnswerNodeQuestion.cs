using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes;

internal static class AnswerNodeQuestion
{
    /// <summary>200,000 rows, as many keys left out, and every range.</summary>
    private const int MostBytes = 64 * 1024 * 1024;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/comparisons/{id:guid}", Handle).StreamsBody().TakesUpTo(MostBytes).DisableRequestTimeout()
        .ProducesProblem(400).ProducesProblem(401).ProducesProblem(404).ProducesProblem(413).ProducesProblem(422);

    /// <summary>A node's answer: four bytes, big-endian, the length of the head; the head, JSON; for digests the three lists (docs/nodes.md). The first answer counts.</summary>
    /// <response code="204">Taken.</response>
    /// <response code="400">kernel.malformed</response>
    /// <response code="401">exchange.node-signature-invalid: the body is not what the request's digest says.</response>
    /// <response code="404">exchange.reconciliation-unknown: answered already, or over.</response>
    /// <response code="413">kernel.too-large</response>
    /// <response code="422">exchange.proof-broken: the signature is not by the node's key.</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, NodeCaller caller, HttpRequest http, ZhengtongDb db, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        var pass = await db.ComparisonPasses.SingleOrDefaultAsync(p => p.Id == id && p.NodeId == caller.Id && p.AnsweredAt == null, ct);
        if (pass is null) { return ExchangeProblems.ReconciliationUnknown.Because($"{id}"); }
        var body = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = await http.Body.ReadAsync(buffer, ct)) > 0;)
        {
            if (body.Length + read > MostBytes) { return KernelProblems.TooLarge.Because($"{MostBytes}"); }
            body.Write(buffer, 0, read);
        }

        var bytes = body.GetBuffer().AsMemory(0, (int)body.Length);
        if (RequestSignature.DigestOf(SHA256.HashData(bytes.Span)) != caller.ContentDigest) { return ExchangeProblems.NodeSignatureInvalid.Because(); }
        if (Read(bytes) is not var (head, rest)) { return KernelProblems.Malformed.Because("head"); }
        var isReading = head.Problem is null && pass.Kind != PassKind.Sign;
        if (isReading && (head is not { Read: >= 0, Changed: >= 0, Held: >= 0, Sequence: >= 0 } || SideReading.Parse(rest.Span) is null)) { return KernelProblems.Malformed.Because("answer"); }
        if (head.Problem is null && pass.Kind == PassKind.Sign && await FaultOfAsync(db, caller, pass, head, ct) is { } fault) { return ExchangeProblems.ProofBroken.Because(fault); }

        pass.Take(CanonicalJson.Of(head), isReading ? rest.ToArray() : null, clock.GetUtcNow());
        await db.SaveChangesAsync(ct);
        await Questioning.CountAsync(db, pass.ReconciliationId, ct);
        reconcilers.Wake<ReconcileDeliveries>();
        return TypedResults.NoContent();
    }

    private static (SideHead Head, ReadOnlyMemory<byte> Answer)? Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < 4) { return null; }
        var length = BinaryPrimitives.ReadInt32BigEndian(bytes.Span);
        if (length is < 2 or > 100_000 || length > bytes.Length - 4) { return null; }
        try { return JsonSerializer.Deserialize<SideHead>(bytes.Span.Slice(4, length), CanonicalJson.Options) is { } head && (head.Problem is null || Text.Find(head.Problem) is not null) ? (head, bytes[(4 + length)..]) : null; }
        catch (JsonException) { return null; }
    }

    private static async Task<string?> FaultOfAsync(ZhengtongDb db, NodeCaller caller, ComparisonPass pass, SideHead head, CancellationToken ct)
    {
        if (head.Signature is not { Length: <= 200 } signature || StatementDocument.Parse(pass.Document!) is not { } statement) { return "signature"; }
        var keyId = pass.Role == NodeRole.Provider ? statement.ProviderKey : statement.ConsumerKey;
        var key = await db.OrganisationKeys.AsNoTracking().SingleOrDefaultAsync(k => k.KeyId == keyId && k.NodeId == caller.Id && k.Use == KeyUse.Seal, ct);
        return key is not null && OrganisationKeys.Verify(key, Encoding.UTF8.GetBytes(pass.Document!), signature) ? null : "signature";
    }
}
