using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.OpenData.Reuse;

/// <summary>A request with all that everybody may read of it.</summary>
/// <param name="Summary">What lists show.</param>
/// <param name="Words">What it says; null while nobody has read it.</param>
/// <param name="By">As what its author spoke.</param>
/// <param name="Name">What the author wants to be called.</param>
/// <param name="Version">For a correction, the version that was public then.</param>
/// <param name="ResourceId">The file it points at.</param>
/// <param name="Column">The column it points at.</param>
/// <param name="Rows">The rows it points at.</param>
/// <param name="DueBy">The rule of the last day.</param>
/// <param name="Answer">What the department says.</param>
/// <param name="AnswerDataset">Last part of the address of the dataset that the answer leads to.</param>
/// <param name="AnsweredOn">The day of the answer.</param>
/// <param name="MergedInto">Where it goes on.</param>
/// <param name="Revision">To be named by a change.</param>
public sealed record DataRequestDetail(
    DataRequestSummary Summary, string? Words, VoiceKind By, string? Name, int? Version, Guid? ResourceId, string? Column, string? Rows, string? DueBy,
    string? Answer, string? AnswerDataset, DateOnly? AnsweredOn, Guid? MergedInto, int Revision);

internal static class GetRequest
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/data-requests/{id:guid}", Handle).AllowAnonymous().ProducesProblem(404);

    /// <summary>One request or correction; for officers of the department whose turn it is, and for whoever manages the portal, also before anybody has read it.</summary>
    /// <response code="200">The request.</response>
    /// <response code="404">open-data.request-not-found</response>
    internal static async Task<Results<Ok<DataRequestDetail>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, WorkingCalendar calendar, TimeProvider clock, CancellationToken ct)
    {
        var found = await db.DataRequests.AsNoTracking().Where(r => r.Id == id).Select(ListRequests.Shown(db)).SingleOrDefaultAsync(ct);
        var own = found is not null && ((actor.May(Right.ReadWork) && actor.Organisation == found.Request.DepartmentId) || actor.May(Right.ManagePortal));
        if (found is null || (found.Request.State == DataRequestState.Rejected && !own)) { return OpenDataProblems.RequestNotFound.Because($"{id}"); }
        var (r, said) = (found.Request, own || found.Request.IsPublic);
        var answered = r.AnsweredBy is { } by ? await db.Datasets.Where(d => d.Id == by).Select(d => d.Name).SingleOrDefaultAsync(ct) : null;
        return TypedResults.Ok(new DataRequestDetail(
            found.Of(await calendar.ReadAsync(ct), clock.GetUtcNow(), own), said ? r.Words : null, r.By, said ? r.Name : null, r.Version, r.ResourceId, said ? r.Column : null, r.Rows, r.DueBy,
            r.Answer, answered, r.AnsweredOn, r.MergedInto, r.Revision));
    }
}
