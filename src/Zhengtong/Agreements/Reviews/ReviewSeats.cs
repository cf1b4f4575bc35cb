using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Agreements.Reviews;

/// <summary>Finds out who sits at each step of a chain for one application, and how many days there are.</summary>
internal sealed class ReviewSeats(ZhengtongDb db, WorkingCalendar calendar)
{
    /// <summary>Days of a step whose rule is in force no more: the longest that any rule of the platform allows.</summary>
    private const int DaysWithoutRule = 20;

    /// <summary>The steps with their organisations, or why there is none for one of them.</summary>
    internal async Task<(IReadOnlyList<ReviewStepPlan> Steps, ProblemHttpResult? Refusal)> TakeAsync(ReviewChain chain, ReviewSubject subject, Organisation governed, DateTimeOffset now, CancellationToken ct)
    {
        var regions = ReviewDesk.Above(governed.Region);
        var named = chain.Steps.Select(s => s.Organisation).OfType<Guid>().Append(subject.Applicant).Append(subject.Provider ?? subject.Applicant).ToList();
        var near = await db.Organisations.AsNoTracking()
            .Where(o => named.Contains(o.Id) || (regions.Contains(o.Region) && (o.Kind == OrganisationKind.Authority || o.Kind == OrganisationKind.Operator || o.Kind == OrganisationKind.ProjectApprover))).ToListAsync(ct);
        var plans = new List<ReviewStepPlan>();
        Organisation? last = null;
        foreach (var step in chain.Steps)
        {
            var skipped = step.IsSkipped(subject.Facts);
            var organisation = skipped ? null : SeatOf(step, subject, governed, near);
            if (!skipped && (organisation is null || !Rights.Fits(step.Post, organisation.Kind))) { return ([], AgreementsProblems.ReviewSeatEmpty.Because(step.Name)); }
            last = organisation ?? last;
            var limit = step.Rule is null ? null : await calendar.DeadlineAsync(step.Rule, now, ct);
            plans.Add(new ReviewStepPlan(step.Name, step.Seat, step.Post, organisation?.Id, step.Days ?? limit?.Days ?? DaysWithoutRule, limit?.RuleName, limit?.Source, step.Officers ?? 1, skipped));
        }

        // The body that runs the platform never has the last word on what it supplies or asks for itself (三方分离).
        return last is { Kind: OrganisationKind.Operator } && (last.Id == subject.Provider || last.Id == subject.Applicant) ? ([], AgreementsProblems.ReviewOwnSupply.Because(last.Name)) : (plans, null);
    }

    private static Organisation? SeatOf(ReviewChainStep step, ReviewSubject subject, Organisation governed, IReadOnlyList<Organisation> near) => step.Seat switch
    {
        ReviewSeat.Applicant => near.FirstOrDefault(o => o.Id == subject.Applicant),
        ReviewSeat.Provider => near.FirstOrDefault(o => o.Id == subject.Provider),
        ReviewSeat.Named => near.FirstOrDefault(o => o.Id == step.Organisation),
        ReviewSeat.Operator => Nearest(near, OrganisationKind.Operator, step.Level, governed.Region),
        ReviewSeat.ProjectApprover => Nearest(near, OrganisationKind.ProjectApprover, step.Level, governed.Region),
        _ => Nearest(near, OrganisationKind.Authority, step.Level, governed.Region),
    };

    /// <summary>The one of the level over the region; where that level has none, the next one up.</summary>
    private static Organisation? Nearest(IReadOnlyList<Organisation> near, OrganisationKind kind, RegionLevel? level, RegionCode region) =>
        near.Where(o => o.Kind == kind && o.Region.Covers(region) && o.Region.Level <= (level ?? RegionLevel.Village)).OrderByDescending(o => o.Region.Level).ThenBy(o => o.Id).FirstOrDefault();
}
