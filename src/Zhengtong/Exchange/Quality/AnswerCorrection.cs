using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Web;

namespace Zhengtong.Exchange.Quality;

/// <summary>How a provider answers a correction.</summary>
public enum CorrectionOutcome
{
    /// <summary>The value was wrong and is mended in the source.</summary>
    Corrected,
    /// <summary>The value stands.</summary>
    Rejected,
}

/// <summary>A provider's answer.</summary>
/// <param name="Outcome">Corrected or rejected.</param>
/// <param name="Answer">What was mended, or on what ground the value stands, 2 to 2,000 characters; only the two parties read it.</param>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record AnswerCorrectionRequest(
    CorrectionOutcome Outcome, [Required, StringLength(2000, MinimumLength = 2)] string Answer, [Range(1, int.MaxValue)] int Revision);

internal static class AnswerCorrection
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/corrections/{id:guid}/answer", Handle)
        .Requires(Right.Confirm).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Answer a correction. The value is mended in the source, so the row flows like any change; a corrected ticket closes when a batch has carried it since the doubt.</summary>
    /// <response code="204">Answered; ledger event exchange.correction-answered, and exchange.correction-closed when the row flowed already.</response>
    /// <response code="403">exchange.not-provider</response>
    /// <response code="404">exchange.correction-unknown</response>
    /// <response code="409">exchange.correction-settled, kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, AnswerCorrectionRequest request, Actor actor, ZhengtongDb db, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        var correction = await db.Corrections.VisibleTo(actor).SingleOrDefaultAsync(c => c.Id == id, ct);
        if (correction is null) { return ExchangeProblems.CorrectionUnknown.Because($"{id}"); }
        if (correction.ProviderId != actor.Organisation) { return ExchangeProblems.NotProvider.Because($"{id}"); }
        if (correction.State != CorrectionState.Open) { return ExchangeProblems.CorrectionSettled.Because(Show.Word("exchange", correction.State)); }
        if (correction.Revision != request.Revision) { return KernelProblems.ChangedMeanwhile.Because($"{correction.Revision}"); }

        var now = clock.GetUtcNow();
        correction.Content = (CorrectionContent.Open(vault, correction) with { Answer = request.Answer }).Seal(vault, id);
        if (request.Outcome == CorrectionOutcome.Corrected) { correction.Correct(now); } else { correction.Reject(now); }
        db.Ledger.Add(LedgerEntry.Of("exchange.correction-answered", id, actor, now, after: new { delivery = correction.DeliveryId, request.Outcome, inTime = ChinaTime.DateOf(now) <= correction.DueOn }));
        if (correction.State == CorrectionState.Closed) { db.Ledger.Add(LedgerEntry.Of("exchange.correction-closed", id, actor, now, after: new { delivery = correction.DeliveryId, correction.Batch })); }
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because(); }
        return TypedResults.NoContent();
    }
}
