using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Attended;

/// <summary>Services of people that wait for their provider.</summary>
internal sealed class AttendedWork(ZhengtongDb db) : IWorkList
{
    private const int Most = 50;

    public async Task<IReadOnlyList<WorkItem>> WaitingAsync(Actor actor, CancellationToken ct)
    {
        if (!actor.May(Right.DraftCloudServices)) { return []; }
        var found = await ListAttended.Own(db, actor).Where(a => a.Service.State == AttendedState.Asked).OrderBy(a => a.Service.AskedAt).Take(Most).ToListAsync(ct);
        return [.. found.Select(ListAttended.RowOf).Select(a => new WorkItem(Text.Of("cloud.work.attend", a.Department, a.Service), $"/work/cloud/attended/{a.ResourceId}", a.AskedAt, null, false, a.Number))];
    }

    public Task<IReadOnlyList<WorkItem>> StartedAsync(Actor actor, CancellationToken ct) => Task.FromResult<IReadOnlyList<WorkItem>>([]);
}
