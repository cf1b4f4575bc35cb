using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.OpenData.Reuse;

/// <summary>An application as the department sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="DatasetName">Last part of the dataset's address.</param>
/// <param name="DatasetTitle">What the dataset is called.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Applicant">Who applies.</param>
/// <param name="Contact">Where to reach them.</param>
/// <param name="Purpose">What for.</param>
/// <param name="Safety">How the rows are kept safe.</param>
/// <param name="Until">The last day, asked for or granted.</param>
/// <param name="At">When it came.</param>
/// <param name="DueOn">The last day on which the decision is in time.</param>
/// <param name="DueBy">The rule of that day.</param>
/// <param name="Ground">Why it was refused or taken back.</param>
/// <param name="Revision">To be named when deciding.</param>
public sealed record AccessApplicationRow(
    Guid Id, string DatasetName, string DatasetTitle, AccessState State, string Applicant, string Contact, string Purpose, string Safety, DateOnly Until, DateTimeOffset At, DateOnly DueOn, string? DueBy, string? Ground, int Revision);

internal static class ListAccessApplications
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/access-applications", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403);

    /// <summary>The applications for the datasets of the caller's department, the most pressing first.</summary>
    /// <param name="state">Only those that stand there.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<AccessApplicationRow>>, ProblemHttpResult>> Handle(Choice<AccessState>? state, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var rows = Of(db, actor);
        if (state?.Value is { } wanted) { rows = rows.Where(a => a.State == wanted); }
        var answer = await paging.ReadAsync(rows, page, a => a.DueOn, a => a.Id, a => new AccessApplicationRow(
            a.Id, db.Datasets.Where(d => d.Id == a.DatasetId).Select(d => d.Name).First(), db.Datasets.Where(d => d.Id == a.DatasetId).Select(d => d.Title).First(),
            a.State, a.Applicant, a.Contact, a.Purpose, a.Safety, a.Until, a.At, a.DueOn, a.DueBy, a.Ground, a.Revision), descending: false, ct);
        return answer is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(answer);
    }

    /// <summary>The applications for the datasets of the actor's department.</summary>
    internal static IQueryable<AccessApplication> Of(ZhengtongDb db, Actor actor) => db.AccessApplications.AsNoTracking().Where(a => db.Datasets.Any(d => d.Id == a.DatasetId && d.PublisherId == actor.Organisation));
}
