using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.OpenData.Reuse;

/// <summary>What readers said that waits for an officer of the department, or of the authority.</summary>
internal sealed class ReuseWork(ZhengtongDb db, TimeProvider clock) : IWorkList
{
    private const int Most = 24;

    public async Task<IReadOnlyList<WorkItem>> WaitingAsync(Actor actor, CancellationToken ct)
    {
        if (!PassOnRequest.MayPassOn(actor)) { return []; }
        var work = new List<WorkItem>();
        var today = ChinaTime.DateOf(clock.GetUtcNow());
        var requests = await db.DataRequests.AsNoTracking().Where(r => r.DepartmentId == actor.Organisation && (r.State == DataRequestState.Received || r.State == DataRequestState.TakenUp))
            .OrderBy(r => r.DueOn).ThenBy(r => r.Id).Take(Most).Select(r => new { r.Id, r.Kind, r.Title, r.At, r.DueOn, r.DueBy }).ToListAsync(ct);
        work.AddRange(requests.Select(r => new WorkItem(
            Text.Of(r.Kind == DataRequestKind.Data ? "open-data.reuse.work.request" : "open-data.reuse.work.correction", r.Title), $"/work/open-data/requests/{r.Id}", r.At, r.DueOn, today > r.DueOn, DueBy: r.DueBy)));
        // The authority passes requests on; everything else is for those who open data.
        if (!actor.May(Right.OpenData)) { return work; }
        // Number and age in one look: between two a colleague may read the last of them.
        var comments = await ListCommentsToRead.Of(db, actor).Where(c => c.State == CommentState.Waiting).GroupBy(_ => 1).Select(g => new { Count = g.Count(), Since = g.Min(c => c.At) }).SingleOrDefaultAsync(ct);
        if (comments is not null) { work.Add(new WorkItem(Text.Of("open-data.reuse.work.comments", comments.Count), "/work/open-data/comments", comments.Since, null, false)); }
        var applications = await ListAccessApplications.Of(db, actor).Where(a => a.State == AccessState.Waiting).OrderBy(a => a.DueOn).ThenBy(a => a.Id).Take(Most)
            .Select(a => new { Title = db.Datasets.Where(d => d.Id == a.DatasetId).Select(d => d.Title).First(), a.At, a.DueOn, a.DueBy }).ToListAsync(ct);
        work.AddRange(applications.Select(a => new WorkItem(Text.Of("open-data.reuse.work.application", a.Title), "/work/open-data/access", a.At, a.DueOn, today > a.DueOn, DueBy: a.DueBy)));
        var apps = await ListApps.OfDepartment(db, actor).Where(a => a.State == AppState.Waiting).GroupBy(_ => 1).Select(g => new { Count = g.Count(), Since = g.Min(a => a.At) }).SingleOrDefaultAsync(ct);
        if (apps is not null) { work.Add(new WorkItem(Text.Of("open-data.reuse.work.apps", apps.Count), "/work/open-data/apps", apps.Since, null, false)); }
        return work;
    }
}
