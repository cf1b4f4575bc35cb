using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Agreements.Slices;

/// <summary>An application in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">As people name it.</param>
/// <param name="ResourceName">The resource applied for.</param>
/// <param name="Provider">Short name of the provider.</param>
/// <param name="Applicant">Short name of the applicant.</param>
/// <param name="State">Where it stands.</param>
/// <param name="SubmittedAt">When it was submitted.</param>
/// <param name="DueOn">The last day on which the provider answers in time.</param>
public sealed record ApplicationRow(Guid Id, string Number, string ResourceName, string Provider, string Applicant, ApplicationState State, DateTimeOffset SubmittedAt, DateOnly DueOn);

internal static class ListApplications
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/applications", Handle).Requires(Right.ReadWork).ProducesProblem(400);

    /// <summary>List the applications that the caller's organisation made or received, newest first.</summary>
    /// <param name="state">Only those in this state.</param>
    /// <param name="received">True: only those received; false: only those made; absent: both.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<ApplicationRow>>, ProblemHttpResult>> Handle(
        Choice<ApplicationState>? state, bool? received, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var wanted = db.Applications.AsNoTracking().Where(a =>
            (received != false && a.ProviderId == actor.Organisation) || (received != true && a.ApplicantId == actor.Organisation));
        if (state is { Value: var only }) { wanted = wanted.Where(a => a.State == only); }

        var found = await paging.ReadAsync(wanted, page, a => a.SubmittedAt, a => a.Id, a => new ApplicationRow(
            a.Id, a.Number, a.ResourceName,
            db.Organisations.Where(o => o.Id == a.ProviderId).Select(o => o.ShortName).First(),
            db.Organisations.Where(o => o.Id == a.ApplicantId).Select(o => o.ShortName).First(),
            a.State, a.SubmittedAt, a.DueOn), descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(found);
    }
}
