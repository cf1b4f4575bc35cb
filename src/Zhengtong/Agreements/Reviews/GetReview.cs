using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Agreements.Reviews;

/// <summary>A review with its steps and its process record.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What is applied for: the kind's name.</param>
/// <param name="KindTitle">What that is called.</param>
/// <param name="SubjectId">The application.</param>
/// <param name="SubjectPage">Address of the application's page, from the root; null when no module has the kind any more.</param>
/// <param name="Number">The application's number.</param>
/// <param name="Title">What is applied for.</param>
/// <param name="ApplicantId">The applicant.</param>
/// <param name="Applicant">Its name.</param>
/// <param name="ChainId">The version of the chain that it began with and keeps.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Step">The present or last step, from 1.</param>
/// <param name="StepName">Its name.</param>
/// <param name="StepStartedAt">When it began.</param>
/// <param name="DueOn">The last day of that step in time; means nothing while the clock stands.</param>
/// <param name="IsProvisional">True while the calendar may still change that day.</param>
/// <param name="Overdue">True when that day has passed.</param>
/// <param name="EscalatedTo">Name of the organisation one level up that sees the overdue step.</param>
/// <param name="Steps">All steps, those passed over among them.</param>
/// <param name="Acts">Everything that was done, in order.</param>
/// <param name="Stops">The times in which the clock stood.</param>
/// <param name="Asked">What is asked, in the reader's language.</param>
/// <param name="Facts">What the application said about itself, by which steps were passed over.</param>
/// <param name="OpenedAt">When it was opened.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Revision">To be sent with an act.</param>
public sealed record ReviewDetail(
    Guid Id, string Kind, string KindTitle, Guid SubjectId, string? SubjectPage, string Number, string Title, Guid ApplicantId, string? Applicant, Guid ChainId, ReviewState State, int Step, string StepName,
    DateTimeOffset StepStartedAt, DateOnly DueOn, bool IsProvisional, bool Overdue, string? EscalatedTo, IReadOnlyList<ReviewStepRow> Steps, IReadOnlyList<ReviewActRow> Acts, IReadOnlyList<ReviewStopRow> Stops,
    IReadOnlyList<ReviewAskedRow> Asked, IReadOnlyDictionary<string, string> Facts, DateTimeOffset OpenedAt, DateTimeOffset? EndedAt, int Revision) : IRevisioned;

/// <summary>A line of what is asked.</summary>
/// <param name="Label">What it is called.</param>
/// <param name="Words">What it says.</param>
public sealed record ReviewAskedRow(string Label, string Words);

/// <summary>A step of a review.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Name">As officials say it.</param>
/// <param name="Post">Whose holders may act.</param>
/// <param name="Reviewer">Name of the organisation; null when it is passed over.</param>
/// <param name="Days">Working days allowed.</param>
/// <param name="Rule">The rule that gave them and its source; null when the chain itself says them.</param>
/// <param name="Officers">How many different officers must agree.</param>
/// <param name="Skipped">True when its conditions passed it over.</param>
public sealed record ReviewStepRow(int Number, string Name, Role Post, string? Reviewer, int Days, string? Rule, int Officers, bool Skipped);

/// <summary>An act of a review.</summary>
/// <param name="Sequence">From 1.</param>
/// <param name="Kind">What was done.</param>
/// <param name="Step">At which step, from 1.</param>
/// <param name="StepName">Its name.</param>
/// <param name="At">When.</param>
/// <param name="By">Who; null for the platform.</param>
/// <param name="Organisation">The organisation of who acted.</param>
/// <param name="ForOfficer">For whom, where a deputy acted.</param>
/// <param name="Opinion">The opinion or reason.</param>
/// <param name="Reason">Of a refusal: what its reason is called.</param>
/// <param name="ToStep">Of a return: the step it went back to, from 1.</param>
/// <param name="Percent">Of a reminder: the part of the limit that had passed.</param>
/// <param name="DueOn">The last day of the step as it stood.</param>
/// <param name="Late">True when it came after that day.</param>
public sealed record ReviewActRow(
    int Sequence, ReviewActKind Kind, int Step, string StepName, DateTimeOffset At, string? By, string? Organisation, string? ForOfficer, string? Opinion, string? Reason, int? ToStep, int? Percent, DateOnly DueOn, bool Late);

/// <summary>A time in which the clock of a step stood.</summary>
/// <param name="Step">Which step, from 1.</param>
/// <param name="From">Since when.</param>
/// <param name="Until">Until when; null while it stands.</param>
/// <param name="Reason">Why.</param>
/// <param name="Missing">Everything that was missing.</param>
/// <param name="Answer">What the applicant answered.</param>
public sealed record ReviewStopRow(int Step, DateTimeOffset From, DateTimeOffset? Until, string Reason, IReadOnlyList<string> Missing, string? Answer);

internal static class GetReview
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/reviews/{id:guid}", Handle).Requires(Right.ReadWork).ProducesProblem(404);

    /// <summary>Read a review with its steps, its acts and the times in which its clock stood.</summary>
    /// <response code="200">The review.</response>
    /// <response code="404">agreements.review-not-found</response>
    internal static async Task<Results<Ok<ReviewDetail>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, ReviewKinds kinds, TimeProvider clock, CancellationToken ct) =>
        await ReviewAccess.ReadAsync(db, id, actor, ct) is { } review
            ? TypedResults.Ok(await DescribeAsync(review, db, kinds, ChinaTime.DateOf(clock.GetUtcNow()), ct)) : AgreementsProblems.ReviewNotFound.Because($"{id}");

    /// <summary>The review as its readers see it; the names of all organisations in one query.</summary>
    internal static async Task<ReviewDetail> DescribeAsync(Review review, ZhengtongDb db, ReviewKinds kinds, DateOnly today, CancellationToken ct)
    {
        var named = review.Steps.Select(s => s.Organisation).Concat(review.Acts.Select(a => (Guid?)a.ByOrganisation)).Append(review.ApplicantId).Append(review.EscalatedTo).OfType<Guid>().Distinct().ToList();
        var names = await db.Organisations.AsNoTracking().Where(o => named.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => o.Name, ct);
        var asked = kinds.Find(review.Kind) is { } kind ? await kind.AskedAsync(review.SubjectId, ct) : [];
        string? NameOf(Guid? organisation) => organisation is { } known ? names.GetValueOrDefault(known) : null;
        return new ReviewDetail(
            review.Id, review.Kind, kinds.TitleOf(review.Kind), review.SubjectId, kinds.Find(review.Kind)?.PageOf(review.SubjectId), review.Number, review.Title, review.ApplicantId, NameOf(review.ApplicantId), review.ChainId,
            review.State, review.Step + 1, review.StepName, review.StepStartedAt, review.DueOn, review.IsProvisional, review.IsOverdue(today), NameOf(review.EscalatedTo),
            [.. review.Steps.Index().Select(s => new ReviewStepRow(s.Index + 1, s.Item.Name, s.Item.Post, NameOf(s.Item.Organisation), s.Item.Days, s.Item.Rule is null ? null : $"{s.Item.Rule} · {s.Item.Source}", s.Item.Officers, s.Item.Skipped))],
            [.. review.Acts.OrderBy(a => a.Sequence).Select(a => new ReviewActRow(
                a.Sequence, a.Kind, a.Step + 1, a.StepName, a.At, a.ById == Guid.Empty ? null : a.ByName, NameOf(a.ByOrganisation), a.ForName, a.Opinion, a.ReasonCode is { } code ? kinds.ReasonOf(review.Kind, code) : null,
                a.ToStep + 1, a.Percent, a.DueOn, a.Late))],
            [.. review.Stops.OrderBy(s => s.Sequence).Select(s => new ReviewStopRow(s.Step + 1, s.From, s.Until, s.Reason, s.Missing, s.Answer))],
            [.. asked.Select(a => new ReviewAskedRow(Text.Of(a.TextKey), a.Words))], review.Facts, review.OpenedAt, review.EndedAt, review.Revision);
    }
}
