using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Exchange.Files;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes;

internal static class ConfirmNodeFile
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/received-files/{id:guid}/confirmation", Handle).ProducesProblem(404).ProducesProblem(409).ProducesProblem(410).ProducesProblem(422);

    /// <summary>Take the counter-receipt of a file that arrived at the node, also when the agreement has ended meanwhile; or note that something else arrived. Given again, it is answered again.</summary>
    /// <response code="204">Confirmed; ledger event exchange.file-confirmed.</response>
    /// <response code="404">exchange.file-unknown</response>
    /// <response code="409">kernel.changed-meanwhile</response>
    /// <response code="410">exchange.file-gone</response>
    /// <response code="422">exchange.file-digest-wrong with ledger event exchange.file-confirmation-refused; exchange.proof-broken</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, ConfirmNodeFileRequest request, NodeCaller caller, NodeFiles files, FileReceiving receiving, CancellationToken ct)
    {
        if (await files.FindReceivedAsync(caller, id, ct) is not var (recipient, file)) { return ExchangeProblems.FileUnknown.Because($"{id}"); }
        var manifest = FileManifest.Parse(recipient.Manifest)!;
        var receipt = request.CounterReceipt is null ? null : FileCounterReceipt.Parse(request.CounterReceipt);
        if ((receipt?.Digest ?? request.WrongDigest) is not { } digest) { return ExchangeProblems.ProofBroken.Because("counter-receipt"); }
        if (FileReceiving.Settled(recipient, file, digest) is var (settled, answer) && settled) { return answer is null ? TypedResults.NoContent() : answer; }
        if (receipt is null) { return digest == manifest.Digest ? ExchangeProblems.ProofBroken.Because("counter-receipt") : await receiving.RefuseAsync(recipient, digest, caller.Actor, ct); }
        if (receipt.File != file.Id || receipt.Agreement != recipient.AgreementId || receipt.ManifestDigest != recipient.ManifestDigest || receipt.Digest != manifest.Digest || receipt.Length != manifest.Length
            || receipt.Suite != manifest.Suite || receipt.ReceivedAt < manifest.PublishedAt)
        {
            return ExchangeProblems.ProofBroken.Because("counter-receipt");
        }

        if (await files.FindSealAsync(caller, Suite.Parse(manifest.Suite), receipt.ConsumerKey, ct) is not { } seal) { return ExchangeProblems.ProofBroken.Because("consumer key"); }
        if (!OrganisationKeys.Verify(seal, Encoding.UTF8.GetBytes(request.CounterReceipt!), request.Signature ?? "")) { return ExchangeProblems.ProofBroken.Because("signature"); }
        return await receiving.RecordAsync(recipient, manifest, request.CounterReceipt!, request.Signature!, caller.Actor, ct) is { } problem ? problem : TypedResults.NoContent();
    }
}
