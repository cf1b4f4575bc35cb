using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Agreements.Reviews;

/// <summary>Which reviews a list holds.</summary>
public enum ReviewList
{
    /// <summary>待我审核: the caller may act, in an own post or as deputy.</summary>
    Waiting,
    /// <summary>下级超期: overdue one level below the caller's organisation.</summary>
    Escalated,
    /// <summary>本单位申请: of the caller's organisation, not ended; those that wait for a supplement among them.</summary>
    Applied,
}

/// <summary>A review in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What is applied for: the kind's name.</param>
/// <param name="Number">The application's number.</param>
/// <param name="Title">What is applied for.</param>
/// <param name="Applicant">Short name of the applicant.</param>
/// <param name="StepName">The present step.</param>
/// <param name="Reviewer">Short name of the organisation whose turn it is.</param>
/// <param name="State">Where it stands.</param>
/// <param name="StepStartedAt">Since when the step waits.</param>
/// <param name="DueOn">The last day of the step in time; means nothing while the clock stands.</param>
/// <param name="Overdue">True when that day has passed.</param>
/// <param name="Revision">To be sent with an act.</param>
public sealed record ReviewToDoRow(
    Guid Id, string Kind, string Number, string Title, string Applicant, string StepName, string Reviewer, ReviewState State, DateTimeOffset StepStartedAt, DateOnly DueOn, bool Overdue, int Revision);

internal static class ListReviewsToDo
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/reviews/to-do", Handle).Requires(Right.ReadWork).ProducesProblem(400);

    /// <summary>List the reviews that wait for the caller, that are overdue below, or that the own organisation applied for; what is due first stands first, so the overdue on top.</summary>
    /// <param name="list">Which of them; waiting when not said.</param>
    /// <param name="kind">Only of this kind.</param>
    /// <param name="overdue">Only those overdue, or only the others.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<ReviewToDoRow>>, ProblemHttpResult>> Handle(
        Choice<ReviewList>? list, [StringLength(60)] string? kind, bool? overdue, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, TimeProvider clock, CancellationToken ct)
    {
        var today = ChinaTime.DateOf(clock.GetUtcNow());
        var wanted = Of(db, list?.Value ?? ReviewList.Waiting, actor, today);
        if (kind is { Length: > 0 }) { wanted = wanted.Where(r => r.Kind == kind); }
        if (overdue is { } late) { wanted = wanted.Where(r => (r.State == ReviewState.Running && r.DueOn < today) == late); }
        var found = await paging.ReadAsync(wanted, page, r => r.DueOn, r => r.Id, r => new ReviewToDoRow(
            r.Id, r.Kind, r.Number, r.Title, db.Organisations.Where(o => o.Id == r.ApplicantId).Select(o => o.ShortName).First(), r.StepName,
            db.Organisations.Where(o => o.Id == r.ReviewerId).Select(o => o.ShortName).First(), r.State, r.StepStartedAt, r.DueOn, r.State == ReviewState.Running && r.DueOn < today, r.Revision), descending: false, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(found);
    }

    /// <summary>The reviews of a list, not ordered.</summary>
    internal static IQueryable<Review> Of(ZhengtongDb db, ReviewList list, Actor actor, DateOnly today)
    {
        var reviews = db.Reviews.AsNoTracking();
        if (list == ReviewList.Applied) { return reviews.Where(r => r.ApplicantId == actor.Organisation && (r.State == ReviewState.Running || r.State == ReviewState.Stopped)); }
        if (list == ReviewList.Escalated) { return reviews.Where(r => r.EscalatedTo == actor.Organisation && r.State == ReviewState.Running); }
        // Programs hold no posts: nothing waits for them.
        var posts = actor.IsProgram ? [] : actor.Roles.ToList();
        var deputies = ReviewAccess.InForce(db, actor, today);
        return reviews.Where(r => r.State == ReviewState.Running && r.ReviewerId == actor.Organisation && r.SubmittedBy != actor.Id
            && !r.Acts.Any(a => a.Kind == ReviewActKind.Approved && a.Round == r.Round && (a.ById == actor.Id || a.ForId == actor.Id))
            && (posts.Contains(r.Post) || deputies.Any(d => d.OfficerId != r.SubmittedBy && db.Posts.Any(p => p.OfficerId == d.OfficerId && p.Role == r.Post)
                && !r.Acts.Any(a => a.Kind == ReviewActKind.Approved && a.Round == r.Round && (a.ById == d.OfficerId || a.ForId == d.OfficerId)))));
    }
}
