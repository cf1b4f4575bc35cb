using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Slices;

internal static class GetReceipt
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/deliveries/{id:guid}/receipts/{sequence:long}", Handle)
        .Requires(Right.ReadWork).Produces<ReceiptFile>().ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>The receipt of one batch as a file: both signatures with their keys and the sealed agreement. Checked offline by
    /// <c>zhengtong verify receipt FILE</c>, or by openssl alone.</summary>
    /// <response code="200">The file.</response>
    /// <response code="404">exchange.delivery-unknown, exchange.batch-unknown</response>
    /// <response code="409">exchange.not-received</response>
    internal static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Handle(
        Guid id, long sequence, Actor actor, ZhengtongDb db, AgreementsLookup agreements, OrganisationKeys keys, CancellationToken ct)
    {
        var (file, problem) = await FindAsync(id, sequence, actor, db, agreements, keys, ct);
        return file is null ? problem! : TypedResults.File(Encoding.UTF8.GetBytes(file.ToText()), "application/json", $"zhengtong-receipt-{id:N}-{sequence}.json");
    }

    internal static async Task<(ReceiptFile? File, ProblemHttpResult? Problem)> FindAsync(
        Guid id, long sequence, Actor actor, ZhengtongDb db, AgreementsLookup agreements, OrganisationKeys keys, CancellationToken ct)
    {
        var delivery = await db.Deliveries.AsNoTracking().VisibleTo(actor).SingleOrDefaultAsync(d => d.Id == id, ct);
        if (delivery is null) { return (null, ExchangeProblems.DeliveryUnknown.Because($"{id}")); }
        var batch = await db.Batches.AsNoTracking().SingleOrDefaultAsync(b => b.DeliveryId == id && b.Sequence == sequence, ct);
        if (batch is null) { return (null, ExchangeProblems.BatchUnknown.Because($"{sequence}")); }
        if (batch.CounterReceipt is null || batch.CounterSignature is null) { return (null, ExchangeProblems.NotReceived.Because($"{sequence}")); }

        var evidence = await agreements.FindEvidenceAsync(delivery.AgreementId, ct);
        var subject = Delivering.BatchSubject(batch);
        var told = await db.Ledger.AsNoTracking().Where(e => e.Subject == subject).Select(e => new { e.Event, e.Id }).ToListAsync(ct);
        return (new ReceiptFile(
            ReceiptFile.FormatName, Base64(batch.Manifest), batch.Signature, await KeyAsync(BatchManifest.Parse(batch.Manifest)!.ProviderKey) ?? "",
            Base64(batch.CounterReceipt), batch.CounterSignature, await KeyAsync(CounterReceipt.Parse(batch.CounterReceipt)!.ConsumerKey) ?? "",
            evidence is null ? null : Base64(evidence.Document), evidence?.ProviderSeal?.Signature, await KeyAsync(evidence?.ProviderSeal?.KeyId),
            evidence?.ConsumerSeal?.Signature, await KeyAsync(evidence?.ConsumerSeal?.KeyId),
            told.Find(t => t.Event == "exchange.batch-sealed")?.Id, told.Find(t => t.Event == "exchange.batch-received")?.Id,
            batch.Stamp is null ? null : Convert.ToBase64String(batch.Stamp)), null);

        async Task<string?> KeyAsync(string? keyId) => keyId is not null && await keys.FindAsync(keyId, ct) is { } key ? Convert.ToBase64String(key.PublicKey) : null;
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
