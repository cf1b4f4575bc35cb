using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.OpenData.Reuse;

/// <summary>Whose turn it is instead.</summary>
/// <param name="Department">The department that has the data.</param>
/// <param name="Reason">Why, 2 to 500 characters.</param>
/// <param name="Revision">The revision of the request that the caller saw.</param>
public sealed record PassOnRequestRequest(Guid Department, [Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class PassOnRequest
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/data-requests/{id:guid}/passing-on", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Give a request to the department that has the data. The clock does not move. A correction stays with its publisher.</summary>
    /// <response code="204">Passed on; ledger event open-data.request-passed-on.</response>
    /// <response code="400">kernel.invalid: no such department, or the caller's own.</response>
    /// <response code="403">kernel.forbidden: neither an officer who opens data nor one of the authority.</response>
    /// <response code="404">open-data.request-not-found</response>
    /// <response code="409">open-data.request-settled, open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, PassOnRequestRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (!MayPassOn(actor)) { return KernelProblems.Forbidden.Because(); }
        var (found, problem) = await OwnRequest.FindAsync(db, id, request.Revision, actor, ct);
        if (found is null) { return problem!; }
        if (found.Kind == DataRequestKind.Correction || request.Department == actor.Organisation || !await db.Organisations.AnyAsync(o => o.Id == request.Department && o.Kind == OrganisationKind.Department, ct))
        {
            return KernelProblems.Invalid.For(new Dictionary<string, string[]> { ["department"] = [Text.Of("open-data.reuse.department-missing")] });
        }

        var now = clock.GetUtcNow();
        found.PassOn(request.Department);
        db.Notices.Add(Notice.Of(request.Department, NoticeTone.Info, "open-data.reuse.notice.asked", $"/work/open-data/requests/{id}", now, found.DueOn.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)));
        db.Ledger.Add(LedgerEntry.Of("open-data.request-passed-on", id, actor, now, request.Reason, new { department = actor.Organisation }, new { department = request.Department }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(found.Title); }
        return TypedResults.NoContent();
    }

    /// <summary>True for officers who open data and for those of the authority.</summary>
    internal static bool MayPassOn(Actor actor) => actor.May(Right.OpenData) || actor.May(Right.ManageOrganisations);
}
