using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Reclaim;

internal static class NoticeReclaim
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/reclaims/{id:guid}/notice", Handle).Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Tell a department that a resource is idle and will be reclaimed unless it objects within the working days of the rules.</summary>
    /// <response code="204">Told; ledger event cloud.reclaim-moved.</response>
    /// <response code="404">cloud.reclaim-not-found</response>
    /// <response code="409">cloud.reclaim-moved-on, cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, WorkingCalendar calendar, TimeProvider clock, CancellationToken ct)
    {
        var reclaim = await db.Reclaims.SingleOrDefaultAsync(r => r.Id == id, ct);
        if (reclaim is null) { return CloudProblems.ReclaimNotFound.Because($"{id}"); }
        var (now, rules, before) = (clock.GetUtcNow(), await Finding.RulesAsync(db, reclaim.Rules, ct), reclaim.State);
        var last = (await calendar.ReadAsync(ct)).Add(ChinaTime.DateOf(now), rules.ObjectionDays);
        if (!reclaim.Notice(now, ChinaTime.StartOf(last.AddDays(1)))) { return CloudProblems.ReclaimMovedOn.Because($"{reclaim.State}"); }
        var resource = await db.CloudResources.SingleAsync(r => r.Id == reclaim.ResourceId, ct);
        db.Ledger.Add(ReclaimIdle.Moved(reclaim, before, actor, now));
        db.Notices.Add(ReclaimIdle.ToldWhole(reclaim, resource, ("cloud.notice.reclaim-noticed", "cloud.notice.reclaim-noticed-volumes"), now, last.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because($"{id}"); }
        return TypedResults.NoContent();
    }
}
