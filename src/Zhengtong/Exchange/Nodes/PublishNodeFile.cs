using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Files;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes;

internal static class PublishNodeFile
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/files/{id:guid}/recipients", Handle).ProducesProblem(404).ProducesProblem(409).ProducesProblem(410).ProducesProblem(422);

    /// <summary>Give a file to the consumer of one agreement: the manifest that the node signed, and the content key wrapped to the consumer. Given again, it is answered again.</summary>
    /// <response code="204">Published; ledger event exchange.file-published.</response>
    /// <response code="404">exchange.file-unknown</response>
    /// <response code="409">exchange.not-in-force</response>
    /// <response code="410">exchange.file-gone</response>
    /// <response code="422">exchange.proof-broken</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, PublishNodeFileRequest request, NodeCaller caller, ZhengtongDb db, NodeFiles files, AgreementsLookup agreements, Reconcilers reconcilers, IOptions<NodeOptions> options, TimeProvider clock,
        CancellationToken ct)
    {
        if (await files.FindAsync(caller, id, ct) is not { } file) { return ExchangeProblems.FileUnknown.Because($"{id}"); }
        if (file.State != FileState.Published) { return ExchangeProblems.FileGone.Because($"{id}"); }
        if (FileManifest.Parse(request.Manifest) is not { } manifest) { return ExchangeProblems.ProofBroken.Because("manifest"); }
        var now = clock.GetUtcNow();
        if (await agreements.FindAsync(manifest.Agreement, ct) is not { } terms || !terms.AllowsDelivery(now)) { return ExchangeProblems.NotInForce.Because($"{manifest.Agreement}"); }
        if (FaultOf(file, terms, manifest, now, TimeSpan.FromSeconds(options.Value.SkewSeconds)) is { } fault) { return ExchangeProblems.ProofBroken.Because(fault); }
        var suite = Suite.Parse(terms.Suite);
        if (await files.FindSealAsync(caller, suite, manifest.ProviderKey, ct) is not { } seal) { return ExchangeProblems.ProofBroken.Because("provider key"); }
        var receiver = await db.OrganisationKeys.AsNoTracking()
            .SingleOrDefaultAsync(k => k.KeyId == manifest.ConsumerKey && k.OrganisationId == terms.Consumer && k.Use == KeyUse.Receive && k.Suite == suite.Name, ct);
        if (receiver is null || KeyWrap.Parse(request.Wrap) is not { } wrap || wrap.KeyId != receiver.KeyId || wrap.Suite != suite.Word) { return ExchangeProblems.ProofBroken.Because("consumer key"); }
        if (!OrganisationKeys.Verify(seal, Encoding.UTF8.GetBytes(request.Manifest), request.Signature)) { return ExchangeProblems.ProofBroken.Because("signature"); }

        if (await db.FileRecipients.AnyAsync(r => r.FileId == id && r.AgreementId == terms.Id, ct)) { return TypedResults.NoContent(); }
        var recipient = new FileRecipient
        {
            Id = Guid.CreateVersion7(now), FileId = id, AgreementId = terms.Id, ConsumerId = terms.Consumer, NodeId = receiver.NodeId, Wrap = request.Wrap, Manifest = request.Manifest,
            ManifestDigest = suite.DigestOf(request.Manifest), Signature = request.Signature, PublishedAt = manifest.PublishedAt,
        };
        db.FileRecipients.Add(recipient);
        db.Ledger.Add(LedgerEntry.Of("exchange.file-published", recipient.Id, caller.Actor, now, after: new { file = id, agreement = terms.Id, recipient.ManifestDigest, recipient.Signature }));
        try { await db.SaveChangesAsync(ct); }
        // The same request, sent twice.
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return TypedResults.NoContent(); }
        reconcilers.Wake<WatchFolders>();
        return TypedResults.NoContent();
    }

    /// <summary>What of the manifest is not as the file and the agreement are; null when all is.</summary>
    private static string? FaultOf(ExchangedFile file, AgreementTerms terms, FileManifest manifest, DateTimeOffset now, TimeSpan skew)
    {
        if (terms.Provider != file.ProviderId || terms.ResourceId != file.ResourceId || manifest.Resource != file.ResourceId || manifest.AgreementDigest != terms.Digest) { return "agreement"; }
        if (manifest.Suite != terms.Suite || Suite.Find(terms.Suite) is not { } suite) { return "suite"; }
        if (manifest.File != file.Id || manifest.Name != file.Name || manifest.ContentType != file.ContentType || manifest.Length != file.Length || manifest.Digest != FileManifest.DigestOf(file, suite)) { return "file"; }
        return (manifest.PublishedAt - now).Duration() > skew ? "publishedAt" : null;
    }
}
