using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Files;

internal static class GetFileReceipt
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/received-files/{id:guid}/receipt", Handle)
        .Requires(Right.ReadWork).Produces<FileReceipt>().ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>The receipt of a file with one recipient, for provider and consumer: both signatures with their keys and the sealed agreement. It stays when the content is gone.
    /// Checked offline by <c>zhengtong verify receipt FILE</c>, or by openssl alone.</summary>
    /// <response code="200">The receipt.</response>
    /// <response code="404">exchange.file-unknown</response>
    /// <response code="409">exchange.file-not-confirmed</response>
    internal static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Handle(
        Guid id, Actor actor, ZhengtongDb db, AgreementsLookup agreements, OrganisationKeys keys, CancellationToken ct)
    {
        var (receipt, problem) = await FindAsync(id, actor, db, agreements, keys, ct);
        return receipt is null ? problem! : TypedResults.File(Encoding.UTF8.GetBytes(receipt.ToText()), "application/json", $"zhengtong-file-receipt-{id:N}.json");
    }

    internal static async Task<(FileReceipt? Receipt, ProblemHttpResult? Problem)> FindAsync(
        Guid id, Actor actor, ZhengtongDb db, AgreementsLookup agreements, OrganisationKeys keys, CancellationToken ct)
    {
        var recipient = await db.FileRecipients.AsNoTracking().SingleOrDefaultAsync(
            r => r.Id == id && (r.ConsumerId == actor.Organisation || db.ExchangedFiles.Any(f => f.Id == r.FileId && f.ProviderId == actor.Organisation)), ct);
        if (recipient is null) { return (null, ExchangeProblems.FileUnknown.Because($"{id}")); }
        if (recipient.CounterReceipt is null || recipient.CounterSignature is null) { return (null, ExchangeProblems.FileNotConfirmed.Because($"{id}")); }

        var evidence = await agreements.FindEvidenceAsync(recipient.AgreementId, ct) ?? throw new InvalidOperationException($"Agreement {recipient.AgreementId} of a receipt is gone");
        var subject = id.ToString();
        var told = await db.Ledger.AsNoTracking().Where(e => e.Subject == subject).Select(e => new { e.Event, e.Id }).ToListAsync(ct);
        return (new FileReceipt(
            FileReceipt.FormatName, Base64(recipient.Manifest), recipient.Signature, await KeyAsync(FileManifest.Parse(recipient.Manifest)!.ProviderKey),
            Base64(recipient.CounterReceipt), recipient.CounterSignature, await KeyAsync(FileCounterReceipt.Parse(recipient.CounterReceipt)!.ConsumerKey),
            Base64(evidence.Document), evidence.ProviderSeal?.Signature ?? "", await KeyAsync(evidence.ProviderSeal?.KeyId), evidence.ConsumerSeal?.Signature ?? "", await KeyAsync(evidence.ConsumerSeal?.KeyId),
            told.Find(t => t.Event == "exchange.file-published")?.Id, told.Find(t => t.Event == "exchange.file-confirmed")?.Id), null);

        async Task<string> KeyAsync(string? keyId) => keyId is not null && await keys.FindAsync(keyId, ct) is { } key ? Convert.ToBase64String(key.PublicKey) : "";

        static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
    }
}
