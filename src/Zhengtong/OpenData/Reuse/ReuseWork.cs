using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.OpenData.Reuse;

/// <summary>What readers said that waits for an officer of the department.</summary>
internal sealed class ReuseWork(ZhengtongDb db, TimeProvider clock) : IWorkList
{
    private const int Most = 40;

    public async Task<IReadOnlyList<WorkItem>> WaitingAsync(Actor actor, CancellationToken ct)
    {
        if (!actor.May(Right.OpenData)) { return []; }
        var work = new List<WorkItem>();
        var waiting = ListCommentsToRead.Of(db, actor).Where(c => c.State == CommentState.Waiting);
        if (await waiting.CountAsync(ct) is > 0 and var count)
        {
            work.Add(new WorkItem(Text.Of("open-data.reuse.work.comments", count), "/work/open-data/comments", await waiting.OrderBy(c => c.At).Select(c => c.At).FirstAsync(ct), null, false));
        }

        var today = ChinaTime.DateOf(clock.GetUtcNow());
        var requests = await db.DataRequests.AsNoTracking().Where(r => r.DepartmentId == actor.Organisation && (r.State == DataRequestState.Received || r.State == DataRequestState.TakenUp))
            .OrderBy(r => r.DueOn).ThenBy(r => r.Id).Take(Most).Select(r => new { r.Id, r.Kind, r.Title, r.At, r.DueOn, r.DueBy }).ToListAsync(ct);
        work.AddRange(requests.Select(r => new WorkItem(
            Text.Of(r.Kind == DataRequestKind.Data ? "open-data.reuse.work.request" : "open-data.reuse.work.correction", r.Title), $"/work/open-data/requests/{r.Id}", r.At, r.DueOn, today > r.DueOn, DueBy: r.DueBy)));
        var applications = await ListAccessApplications.Of(db, actor).Where(a => a.State == AccessState.Waiting).OrderBy(a => a.DueOn).ThenBy(a => a.Id).Take(Most)
            .Select(a => new { Title = db.Datasets.Where(d => d.Id == a.DatasetId).Select(d => d.Title).First(), a.At, a.DueOn, a.DueBy }).ToListAsync(ct);
        work.AddRange(applications.Select(a => new WorkItem(Text.Of("open-data.reuse.work.application", a.Title), "/work/open-data/access", a.At, a.DueOn, today > a.DueOn, DueBy: a.DueBy)));
        var apps = ListApps.OfDepartment(db, actor).Where(a => a.State == AppState.Waiting);
        if (await apps.CountAsync(ct) is > 0 and var sent)
        {
            work.Add(new WorkItem(Text.Of("open-data.reuse.work.apps", sent), "/work/open-data/apps", await apps.OrderBy(a => a.At).Select(a => a.At).FirstAsync(ct), null, false));
        }

        return work;
    }
}
