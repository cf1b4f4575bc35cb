using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.OpenData.Reuse;

/// <summary>A request as everybody sees it. What it says is there once the department has read it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What is asked for.</param>
/// <param name="Title">In a few words; null while nobody has read it.</param>
/// <param name="State">Where it stands.</param>
/// <param name="DepartmentId">The department whose turn it is, or that answered.</param>
/// <param name="Department">Its short name.</param>
/// <param name="DatasetName">For a correction, the last part of the dataset's address.</param>
/// <param name="At">When it came.</param>
/// <param name="Clock">How long it takes, in working days.</param>
/// <param name="Votes">How many voices want it.</param>
public sealed record DataRequestSummary(
    Guid Id, DataRequestKind Kind, string? Title, DataRequestState State, Guid DepartmentId, string Department, string? DatasetName, DateTimeOffset At, AnswerClock Clock, int Votes);

internal static class ListRequests
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/data-requests", Handle).AllowAnonymous().ProducesProblem(400).ProducesProblem(403);

    /// <summary>The requests and corrections of the public with the clock of their answers, the newest first.</summary>
    /// <param name="kind">Only this kind.</param>
    /// <param name="state">Only those that stand there.</param>
    /// <param name="department">Only those of this department.</param>
    /// <param name="dataset">Only corrections of this dataset.</param>
    /// <param name="mine">Those whose turn is the caller's department, unread ones with their words, the most pressing first.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    /// <response code="403">kernel.forbidden: <c>mine</c>, asked by a visitor or without the right to read.</response>
    internal static async Task<Results<Ok<Page<DataRequestSummary>>, ProblemHttpResult>> Handle(
        Choice<DataRequestKind>? kind, Choice<DataRequestState>? state, Guid? department, Guid? dataset, bool? mine, [AsParameters] PageQuery page,
        Actor actor, ZhengtongDb db, Paging paging, WorkingCalendar calendar, TimeProvider clock, CancellationToken ct)
    {
        var own = mine == true;
        if (own && !actor.May(Right.ReadWork)) { return KernelProblems.Forbidden.Because(); }
        var rows = own ? db.DataRequests.AsNoTracking().Where(r => r.DepartmentId == actor.Organisation) : db.DataRequests.AsNoTracking().Where(r => r.State != DataRequestState.Rejected);
        if (kind?.Value is { } wanted) { rows = rows.Where(r => r.Kind == wanted); }
        if (state?.Value is { } standing) { rows = rows.Where(r => r.State == standing); }
        if (department is not null) { rows = rows.Where(r => r.DepartmentId == department); }
        if (dataset is not null) { rows = rows.Where(r => r.DatasetId == dataset); }
        var found = own
            ? await paging.ReadAsync(rows, page, r => r.DueOn, r => r.Id, Shown(db), descending: false, ct)
            : await paging.ReadAsync(rows, page, r => r.At, r => r.Id, Shown(db), descending: true, ct);
        if (found is null) { return KernelProblems.CursorUnknown.Because(); }
        var (days, now) = (await calendar.ReadAsync(ct), clock.GetUtcNow());
        return TypedResults.Ok(new Page<DataRequestSummary>([.. found.Items.Select(r => r.Of(days, now, own))], found.Next, found.Total));
    }

    internal static System.Linq.Expressions.Expression<Func<DataRequest, Found>> Shown(ZhengtongDb db) => r => new Found(
        r, db.Organisations.Where(o => o.Id == r.DepartmentId).Select(o => o.ShortName).First(), db.Datasets.Where(d => d.Id == r.DatasetId).Select(d => d.Name).FirstOrDefault(), db.DataRequestVotes.Count(v => v.RequestId == r.Id));

    internal sealed record Found(DataRequest Request, string Department, string? DatasetName, int Votes)
    {
        internal DataRequestSummary Of(WorkingDays days, DateTimeOffset now, bool own) => new(
            Request.Id, Request.Kind, own || Request.IsPublic ? Request.Title : null, Request.State, Request.DepartmentId, Department, DatasetName, Request.At,
            AnswerClock.Of(days, Request.At, Request.DueOn, Request.AnsweredOn, now), Votes);
    }
}
