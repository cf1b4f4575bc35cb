using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Agreements.Reviews;

/// <summary>Reviews that wait for the officer, and supplements that wait for the officer's department.</summary>
internal sealed class ReviewsWork(ZhengtongDb db, TimeProvider clock) : IWorkList
{
    private const int Most = 50;

    public async Task<IReadOnlyList<WorkItem>> WaitingAsync(Actor actor, CancellationToken ct)
    {
        var today = ChinaTime.DateOf(clock.GetUtcNow());
        var waiting = await ListReviewsToDo.Of(db, ReviewList.Waiting, actor, today).OrderBy(r => r.DueOn).ThenBy(r => r.Id).Take(Most)
            .Select(r => new { r.Id, r.Number, r.Title, r.StepName, r.StepStartedAt, r.DueOn }).ToListAsync(ct);
        List<WorkItem> work = [.. waiting.Select(r => new WorkItem(Text.Of("agreements.review.work.step", r.StepName, r.Title), $"/work/reviews/{r.Id}", r.StepStartedAt, r.DueOn, r.DueOn < today, r.Number))];
        if (actor.May(Right.Apply))
        {
            var stopped = await db.Reviews.AsNoTracking().Where(r => r.ApplicantId == actor.Organisation && r.State == ReviewState.Stopped).OrderBy(r => r.StepStartedAt).Take(Most)
                .Select(r => new { r.Id, r.Number, r.Title, Since = r.Stops.Max(s => s.From) }).ToListAsync(ct);
            work.AddRange(stopped.Select(r => new WorkItem(Text.Of("agreements.review.work.supplement", r.Title), $"/work/reviews/{r.Id}", r.Since, null, false, r.Number)));
        }

        return work;
    }

    public async Task<IReadOnlyList<WorkItem>> StartedAsync(Actor actor, CancellationToken ct)
    {
        var running = await db.Reviews.AsNoTracking().Where(r => r.ApplicantId == actor.Organisation && r.State == ReviewState.Running).OrderByDescending(r => r.StepStartedAt).Take(Most)
            .Select(r => new { r.Id, r.Number, r.Title, r.StepName, r.StepStartedAt }).ToListAsync(ct);
        return [.. running.Select(r => new WorkItem(Text.Of("agreements.review.work.running", r.Title), $"/work/reviews/{r.Id}", r.StepStartedAt, null, false, r.StepName))];
    }
}
