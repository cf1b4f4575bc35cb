using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web;

namespace Zhengtong.Cloud.Orders;

/// <summary>Orders to decide, and those that were made.</summary>
internal sealed class OrdersWork(ZhengtongDb db) : IWorkList
{
    private const int Most = 50;

    public async Task<IReadOnlyList<WorkItem>> WaitingAsync(Actor actor, CancellationToken ct)
    {
        if (!actor.May(Right.DecideCloudOrders)) { return []; }
        var below = actor.Region.Prefix + "%";
        var found = await db.CloudOrders.AsNoTracking().Where(o => o.State == OrderState.Submitted && o.ProviderId != actor.Organisation && o.OrganisationId != actor.Organisation && EF.Functions.Like((string)(object)o.Region, below))
            .OrderBy(o => o.SubmittedAt).Take(Most)
            .Select(o => new { o.Id, o.Number, o.SubmittedAt, Department = db.Organisations.Where(x => x.Id == o.OrganisationId).Select(x => x.ShortName).First(), System = db.BusinessSystems.Where(s => s.Id == o.SystemId).Select(s => s.Name).First() })
            .ToListAsync(ct);
        var work = new List<WorkItem>();
        foreach (var o in found)
        {
            // What is under review waits for those who sit there.
            if (await ReviewDesk.FindAsync(db, OrderReview.Kind, o.Id, ct) is { State: not ReviewState.Granted }) { continue; }
            work.Add(new WorkItem(Text.Of("cloud.work.decide", o.Department, o.System), $"/work/cloud/orders/{o.Id}", o.SubmittedAt!.Value, null, false, o.Number));
        }

        return work;
    }

    public async Task<IReadOnlyList<WorkItem>> StartedAsync(Actor actor, CancellationToken ct)
    {
        var made = await db.CloudOrders.AsNoTracking().Where(o => o.OrganisationId == actor.Organisation && (o.State == OrderState.Submitted || o.State == OrderState.Draft)).OrderByDescending(o => o.CreatedAt).Take(Most)
            .Select(o => new { o.Id, o.Number, o.State, o.CreatedAt, System = db.BusinessSystems.Where(s => s.Id == o.SystemId).Select(s => s.Name).First() }).ToListAsync(ct);
        return [.. made.Select(o => new WorkItem(Text.Of("cloud.work.made", o.Number, o.System), $"/work/cloud/orders/{o.Id}", o.CreatedAt, null, false, Show.Word("cloud", o.State)))];
    }
}
