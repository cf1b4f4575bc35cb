using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Nodes;

/// <summary>The node whose signed request this is.</summary>
/// <param name="Id">The node.</param>
/// <param name="Organisation">Whose it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="Nonce">The request's.</param>
/// <param name="ContentDigest">The body's, as signed; whoever reads a streamed body compares it.</param>
internal sealed record NodeCaller(Guid Id, Guid Organisation, string Name, string Nonce, string ContentDigest)
{
    /// <summary>As the ledger names it.</summary>
    internal Actor Actor => new(Id, Name, Organisation, default, new HashSet<Role>());
}

/// <summary>Lets only signed requests of enrolled nodes through to the endpoints of nodes. Works behind any proxy: nothing of it depends on the connection.</summary>
internal static class NodeRequests
{
    /// <summary>Longest body that is read before the endpoint sees it.</summary>
    private const int BodyBytes = 1 << 20;

    /// <summary>The group of all that nodes ask, but enrolling.</summary>
    internal static RouteGroupBuilder NodeGroup(this WebApplication app) =>
        app.MapGroup("/node/v1").AllowAnonymous().WithMetadata(new Signed()).DisableRateLimiting().ExcludeFromDescription().AddEndpointFilterFactory(RequestFaults.Filter);

    /// <summary>The endpoint compares the body's digest itself, while it reads.</summary>
    internal static TBuilder StreamsBody<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new Streamed());

    internal static void UseNodeRequests(this WebApplication app) => app.Use(async (http, next) =>
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<Signed>() is null)
        {
            await next(http);
            return;
        }

        var (caller, refusal) = await FindCallerAsync(http);
        if (refusal is null && http.GetEndpoint()!.Metadata.GetMetadata<Streamed>() is null) { refusal = await ReadBodyAsync(http, caller!.ContentDigest); }
        if (refusal is not null)
        {
            await refusal.Because().ExecuteAsync(http);
            return;
        }

        http.Features.Set(caller);
        await next(http);
    });

    private static async Task<(NodeCaller? Caller, ProblemType? Refusal)> FindCallerAsync(HttpContext http)
    {
        var (request, services, ct) = (http.Request, http.RequestServices, http.RequestAborted);
        var target = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
        if (One(request, RequestSignature.DigestHeader) is not { } digest || !RequestSignature.IsDigest(digest)
            || RequestSignature.Parse(One(request, RequestSignature.InputHeader)) is not { } signature || !target.StartsWith('/') || target.Contains('%', StringComparison.Ordinal))
        {
            return (null, ExchangeProblems.NodeSignatureInvalid);
        }

        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var (clock, options) = (services.GetRequiredService<TimeProvider>(), services.GetRequiredService<IOptions<NodeOptions>>().Value);
        var known = await (from c in db.NodeCertificates.AsNoTracking() join n in db.FrontEndNodes.AsNoTracking() on c.NodeId equals n.Id where c.Serial == signature.KeyId select new { Certificate = c, Node = n })
            .SingleOrDefaultAsync(ct);
        if (known is null || !signature.Verify(known.Certificate.PublicKey, One(request, RequestSignature.SignatureHeader), request.Method, target, digest)) { return (null, ExchangeProblems.NodeSignatureInvalid); }

        var now = clock.GetUtcNow();
        if ((now - signature.Created).Duration() > TimeSpan.FromSeconds(options.SkewSeconds)) { return (null, ExchangeProblems.NodeClockOff); }
        if (known.Node.RevokedAt is not null || known.Certificate.RevokedAt is not null) { return (null, ExchangeProblems.NodeRevoked); }
        if (now < known.Certificate.NotBefore || now > known.Certificate.NotAfter) { return (null, ExchangeProblems.NodeCertificateExpired); }

        db.NodeNonces.Add(new NodeNonce { NodeId = known.Node.Id, Nonce = signature.Nonce, At = now });
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return (null, ExchangeProblems.NodeRequestReplayed); }
        return (new NodeCaller(known.Node.Id, known.Node.OrganisationId, known.Node.Name, signature.Nonce, digest), null);
    }

    /// <summary>Reads the body whole and compares its digest before anybody acts on it.</summary>
    private static async Task<ProblemType?> ReadBodyAsync(HttpContext http, string digest)
    {
        var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0;)
        {
            if (body.Length + read > BodyBytes) { return KernelProblems.TooLarge; }
            body.Write(buffer, 0, read);
        }

        if (RequestSignature.DigestOf(SHA256.HashData(body.GetBuffer().AsSpan(0, (int)body.Length))) != digest) { return ExchangeProblems.NodeSignatureInvalid; }
        body.Position = 0;
        http.Request.Body = body;
        return null;
    }

    private static string? One(HttpRequest request, string header) => request.Headers[header] is { Count: 1 } values ? values[0] : null;

    private sealed record Signed;

    private sealed record Streamed;
}
