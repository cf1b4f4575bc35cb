using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;

namespace Zhengtong.Cloud.Bills;

internal static class CloseBill
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/bills/{id:guid}/closing", Handle).Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(428);

    /// <summary>Close the bill of a month that is over: counted a last time, rounded to whole fen, and never changed again.</summary>
    /// <response code="204">Closed; ledger event cloud.bill-closed. The department is told.</response>
    /// <response code="404">cloud.bill-not-found</response>
    /// <response code="409">cloud.bill-closed, cloud.bill-not-over, cloud.bill-unpriced, cloud.changed-meanwhile</response>
    /// <response code="412">kernel.changed-meanwhile</response>
    /// <response code="428">kernel.precondition-needed</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, HttpContext http, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var (bill, now) = (await db.Bills.SingleOrDefaultAsync(b => b.Id == id, ct), clock.GetUtcNow());
        if (bill is null) { return CloudProblems.BillNotFound.Because($"{id}"); }
        if (http.PreconditionFails(bill.Revision) is { } refusal) { return refusal; }
        return await ActAsync(bill, actor, db, now, ct) is { } fault ? fault : TypedResults.NoContent();
    }

    /// <summary>Null when it is closed; else why not.</summary>
    internal static async Task<ProblemHttpResult?> ActAsync(Bill bill, Actor actor, ZhengtongDb db, DateTimeOffset now, CancellationToken ct)
    {
        var month = BillMonth.Of(bill.Month);
        if (bill.State == BillState.Closed) { return CloudProblems.BillClosed.Because(bill.Number); }
        if (now < month.Until) { return CloudProblems.BillNotOver.Because(month.ToString()); }
        var count = await Accounting.CountAsync(db, bill, now, ct);
        if (count.Unpriced.Count > 0) { return CloudProblems.BillUnpriced.Because(string.Join(", ", count.Unpriced.Select(u => $"{u.PlanCode} {u.Meter}".TrimEnd()).Distinct().Take(10))); }

        db.BillLines.AddRange(count.Lines);
        var total = count.Total;
        if (Accounting.Rounding(bill, count, now) is { } rounding)
        {
            db.BillLines.Add(rounding);
            total += rounding.Cost;
        }

        foreach (var correction in count.Corrections) { correction.BilledIn = bill.Id; }
        (bill.State, bill.Total, bill.Resources, bill.UnpricedCount, bill.CountedAt, bill.ClosedAt) = (BillState.Closed, total, count.Resources, 0, now, now);
        bill.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.bill-closed", bill.Id, actor, now, after: new { bill.Number, month = month.ToString(), bill.OrganisationId, bill.NodeId, total = total.ToString(System.Globalization.CultureInfo.InvariantCulture), lines = count.Lines.Count, corrections = count.Corrections.Count }));
        db.Notices.Add(Notice.Of(bill.OrganisationId, NoticeTone.Info, "cloud.notice.bill-closed", $"/work/cloud/bills/{bill.Id}", now, month.ToString(), total.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture)));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (DatabaseErrors.IsLostRace(e)) { return CloudProblems.ChangedMeanwhile.Because(bill.Number); }
        return null;
    }
}
