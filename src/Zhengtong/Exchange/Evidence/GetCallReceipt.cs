using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Evidence;

internal static class GetCallReceipt
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/calls/{id:guid}/receipt", Handle)
        .Requires(Right.ReadWork).Produces<CallReceiptFile>().ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>The receipt of one call as a file: both sides' signatures with the proofs that the call stands under them, their keys, and the sealed agreement. For its two parties alone: it
    /// names what was called. Checked offline by <c>zhengtong verify receipt FILE</c>, or by openssl alone.</summary>
    /// <response code="200">The file.</response>
    /// <response code="404">exchange.call-unknown</response>
    /// <response code="409">exchange.call-unsealed</response>
    internal static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Handle(
        Guid id, Actor actor, ZhengtongDb db, AgreementsLookup agreements, OrganisationKeys keys, ObjectStore objects, CancellationToken ct)
    {
        var (file, problem) = await FindAsync(id, actor, db, agreements, keys, objects, ct);
        return file is null ? problem! : TypedResults.File(Encoding.UTF8.GetBytes(file.ToText()), "application/json", $"zhengtong-call-receipt-{id:N}.json");
    }

    internal static async Task<(CallReceiptFile? File, ProblemHttpResult? Problem)> FindAsync(
        Guid id, Actor actor, ZhengtongDb db, AgreementsLookup agreements, OrganisationKeys keys, ObjectStore objects, CancellationToken ct)
    {
        var call = await db.Calls.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, ct);
        if (call is null || !call.HasParty(actor.Organisation)) { return (null, ExchangeProblems.CallUnknown.Because($"{id}")); }
        var group = await db.CallGroups.AsNoTracking().SingleAsync(g => g.Id == call.GroupId, ct);
        if (group.ProviderSealId is not { } sealId || group.ConsumerSealId is not { } counterId) { return (null, ExchangeProblems.CallUnsealed.Because($"{id}")); }

        var content = await OpenAsync(call, actor.Organisation, db, keys, objects, ct);
        var seals = await db.CallSeals.AsNoTracking().Where(s => s.Id == sealId || s.Id == counterId).ToDictionaryAsync(s => s.Id, ct);
        var (seal, counter) = (seals[sealId], seals[counterId]);
        var (sealIndex, sealProof) = await ProveAsync(call, seal, db.CallGroups.Where(g => g.ProviderSealId == sealId), db, ct);
        var (counterIndex, counterProof) = await ProveAsync(call, counter, db.CallGroups.Where(g => g.ConsumerSealId == counterId), db, ct);
        var evidence = (await agreements.FindEvidenceAsync(call.AgreementId, ct))!;
        var subjects = new[] { $"{sealId}", $"{counterId}" };
        var told = await db.Ledger.AsNoTracking().Where(e => subjects.Contains(e.Subject)).ToDictionaryAsync(e => e.Subject, e => e.Id, ct);
        return (new CallReceiptFile(
            CallReceiptFile.FormatName, Base64(content.Evidence), Convert.ToBase64String(content.RequestHead.Span), Convert.ToBase64String(content.ResponseHead.Span),
            sealIndex, sealProof, Base64(seal.Document), seal.Signature, await KeyAsync(seal.KeyId), Stamp(seal),
            counterIndex, counterProof, Base64(counter.Document), counter.Signature, await KeyAsync(counter.KeyId), Stamp(counter),
            Base64(evidence.Document), evidence.ProviderSeal!.Signature, await KeyAsync(evidence.ProviderSeal.KeyId), evidence.ConsumerSeal!.Signature, await KeyAsync(evidence.ConsumerSeal.KeyId),
            told.TryGetValue(subjects[0], out var told1) ? told1 : null, told.TryGetValue(subjects[1], out var told2) ? told2 : null), null);

        async Task<string> KeyAsync(string keyId) => await keys.FindAsync(keyId, ct) is { } key ? Convert.ToBase64String(key.PublicKey) : "";
    }

    /// <summary>What was kept of a call, opened for one of its parties.</summary>
    internal static async Task<CallContent> OpenAsync(Call call, Guid party, ZhengtongDb db, OrganisationKeys keys, ObjectStore objects, CancellationToken ct)
    {
        var cipher = call.Sealed;
        if (call.Object is { } digest)
        {
            await using var stored = await objects.OpenAsync(digest, ct) ?? throw new InvalidDataException($"Object {digest} of call {call.Id} is lost");
            using var whole = new MemoryStream();
            await stored.CopyToAsync(whole, ct);
            cipher = whole.ToArray();
        }

        return CallContent.Open(await CallKeys.OpenAsync(db, keys, call.KeyId, party, ct), call.Id, cipher);
    }

    /// <summary>Where the call stands in the seal's tree, and the hashes to its root.</summary>
    private static async Task<(int Index, string Proof)> ProveAsync(Call call, CallSeal seal, IQueryable<CallGroup> groups, ZhengtongDb db, CancellationToken ct)
    {
        var leaves = await (from g in groups join c in db.Calls on g.Id equals c.GroupId orderby c.Number select new { c.Number, c.LeafHash }).ToListAsync(ct);
        var index = leaves.FindIndex(l => l.Number == call.Number);
        return (index, Convert.ToBase64String([.. new CallTree(Suite.Of(seal.Suite), leaves.ConvertAll(l => l.LeafHash)).Proof(index).SelectMany(h => h)]));
    }

    private static string? Stamp(CallSeal seal) => seal.Stamp is null ? null : Convert.ToBase64String(seal.Stamp);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
