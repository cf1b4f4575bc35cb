using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Bills;

/// <summary>What a line of a closed bill should have been.</summary>
/// <param name="Quantity">Units that should have been charged, 0 to 1,000,000,000, at most 8 decimal places.</param>
/// <param name="Reason">Why, 2 to 500 characters; the department reads it and the ledger keeps it.</param>
public sealed record CorrectBillLineRequest([Range(typeof(decimal), "0", "1000000000")] decimal Quantity, [Required, StringLength(500, MinimumLength = 2)] string Reason);

/// <summary>The correction that waits for the next bill.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Difference">Units that the next bill charges, or gives back when negative.</param>
public sealed record BillLineCorrected(Guid Id, decimal Difference);

internal static class CorrectBillLine
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/bill-lines/{id:guid}/corrections", Handle).Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).Idempotent();

    /// <summary>Put a line of a closed bill right. The closed bill stays as it is; the next bill of the same department or project has the difference as a correction.</summary>
    /// <response code="201">Waits for the next bill; ledger event cloud.bill-line-corrected.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="404">cloud.bill-not-found</response>
    /// <response code="409">cloud.correction-nothing: it is so already. cloud.changed-meanwhile</response>
    internal static async Task<Results<Created<BillLineCorrected>, ProblemHttpResult>> Handle(Guid id, CorrectBillLineRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var line = await db.BillLines.AsNoTracking().SingleOrDefaultAsync(l => l.Id == id, ct);
        if (line is null || line.UnitPrice is null || line.Corrects is not null) { return CloudProblems.BillNotFound.Because($"{id}"); }
        if (decimal.Round(request.Quantity, 8) != request.Quantity) { return CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["quantity"] = [Text.Of("cloud.bill.eight-places")] }); }
        var bill = await db.Bills.SingleAsync(b => b.Id == line.BillId, ct);
        var before = (await db.BillCorrections.Where(c => c.LineId == id).Select(c => c.Difference).ToListAsync(ct)).Sum();
        var difference = request.Quantity - line.Quantity!.Value - before;
        if (difference == 0) { return CloudProblems.CorrectionNothing.Because($"{request.Quantity}"); }

        var now = clock.GetUtcNow();
        var correction = new BillCorrection
        {
            Id = Guid.CreateVersion7(now), LineId = id, OrganisationId = bill.OrganisationId, NodeId = bill.NodeId, Month = bill.Month, Quantity = request.Quantity, Difference = difference, Reason = request.Reason, AskedBy = actor.Id, AskedAt = now,
        };
        db.BillCorrections.Add(correction);
        // Of two corrections of one bill at once the second would count the difference without the first.
        bill.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.bill-line-corrected", id, actor, now, request.Reason, before: new { quantity = $"{line.Quantity + before}" }, after: new { quantity = $"{request.Quantity}", bill.Number, line.ResourceId, line.Meter }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(bill.Number); }
        return TypedResults.Created($"/api/v1/cloud/bills/{bill.Id}", new BillLineCorrected(correction.Id, difference));
    }
}
