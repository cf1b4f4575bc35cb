using System.ComponentModel.DataAnnotations;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Agreements.Slices;

/// <summary>What a leader sends to seal.</summary>
/// <param name="Digest">Lower-case hex digest of the document the leader read, by its suite; any other than the document's is refused.</param>
public sealed record SealAgreementRequest([Required, RegularExpression("^[0-9a-f]{64}$")] string Digest);

/// <summary>The agreement after the seal.</summary>
/// <param name="State">In force once both sides have sealed.</param>
/// <param name="KeyId">The key that sealed.</param>
/// <param name="Signature">Base64 DER signature over the document's UTF-8 bytes.</param>
public sealed record SealAgreementResponse(AgreementState State, string KeyId, string Signature);

internal static class SealAgreement
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/agreements/{id:guid}/seals", Handle)
        .Requires(Right.Seal).Idempotent().ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Put the caller's organisation's seal on an agreement; with the second seal it is in force.</summary>
    /// <response code="200">Sealed; ledger event agreements.sealed, and agreements.in-force with the second seal.</response>
    /// <response code="404">agreements.not-found</response>
    /// <response code="409">agreements.already-sealed, agreements.not-awaiting-seals, agreements.other-document, agreements.period-over, agreements.changed-meanwhile</response>
    internal static async Task<Results<Ok<SealAgreementResponse>, ProblemHttpResult>> Handle(
        Guid id, SealAgreementRequest request, Actor actor, ZhengtongDb db, OrganisationKeys keys, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var agreement = await db.Agreements.SingleOrDefaultAsync(a => a.Id == id, ct);
        if (agreement is null || !agreement.HasParty(actor.Organisation)) { return AgreementsProblems.NotFound.Because($"{id}"); }
        if (agreement.SealOf(actor.Organisation) is not null) { return AgreementsProblems.AlreadySealed.Because(agreement.Number); }
        if (agreement.State != AgreementState.AwaitingSeals) { return AgreementsProblems.NotAwaitingSeals.Because(agreement.Number); }
        if (agreement.Digest != request.Digest) { return AgreementsProblems.OtherDocument.Because(agreement.Number); }
        if (agreement.Until <= now) { return AgreementsProblems.PeriodOver.Because(agreement.Number); }

        var key = await keys.CurrentAsync(actor.Organisation, Suite.Parse(agreement.Terms().Suite), KeyUse.Seal, ct);
        var seal = new Seal(actor.Organisation, actor.Id, actor.Name, now, key.KeyId, keys.Sign(key, Encoding.UTF8.GetBytes(agreement.Document)));
        agreement.Put(seal);
        db.Ledger.Add(LedgerEntry.Of("agreements.sealed", agreement.Id, actor, now, after: new { agreement.Digest, seal.KeyId, seal.Signature }));
        if (agreement.State == AgreementState.InForce) { db.Ledger.Add(LedgerEntry.Of("agreements.in-force", agreement.Id, actor, now, after: new { agreement.Digest })); }
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return AgreementsProblems.ChangedMeanwhile.Because(agreement.Number); }
        return TypedResults.Ok(new SealAgreementResponse(agreement.State, seal.KeyId, seal.Signature));
    }
}
