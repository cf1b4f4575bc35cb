using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Kernel.Organisations;

/// <summary>What may change of an organisation.</summary>
/// <param name="Name">Full name, 2 to 200 characters.</param>
/// <param name="ShortName">Short name as officials say it, 2 to 40 characters.</param>
/// <param name="Region">行政区划代码 of its division, which must be there and lie in the caller's reach.</param>
/// <param name="ParentId">The organisation above it, whose region must hold this one's; null for none.</param>
/// <param name="Reason">The notice behind it, 2 to 500 characters; the ledger keeps it.</param>
public sealed record ReviseOrganisationRequest(
    [Required, StringLength(200, MinimumLength = 2)] string Name,
    [Required, StringLength(40, MinimumLength = 2)] string ShortName,
    [Required, RegionCode] string Region,
    Guid? ParentId,
    [Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class ReviseOrganisation
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/organisations/{id:guid}", Handle)
        .Requires(Right.ManageOrganisations).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(428);

    /// <summary>Rename or move an organisation in reach; name the revision seen in If-Match. Its officers' reach follows its region with their next request.</summary>
    /// <response code="204">Revised; ledger event kernel.organisation-revised.</response>
    /// <response code="400">kernel.invalid, kernel.region-unknown, kernel.parent-unfit</response>
    /// <response code="403">kernel.out-of-reach</response>
    /// <response code="404">kernel.organisation-not-found</response>
    /// <response code="409">kernel.changed-meanwhile</response>
    /// <response code="412">kernel.changed-meanwhile</response>
    /// <response code="428">kernel.precondition-needed</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, ReviseOrganisationRequest request, HttpContext http, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var organisation = await db.Organisations.SingleOrDefaultAsync(o => o.Id == id, ct);
        if (organisation is null) { return KernelProblems.OrganisationNotFound.Because($"{id}"); }
        if (!actor.Reaches(organisation.Region)) { return KernelProblems.OutOfReach.Because(organisation.Name); }
        if (http.PreconditionFails(organisation.Revision) is { } failed) { return failed; }
        var above = await OrganisationTree.AboveAsync(db, request.ParentId, ct);
        if (await OrganisationTree.RefusalAsync(db, request.Region, request.ParentId, above, organisation, ct) is { } refused) { return refused; }
        var region = RegionCode.Parse(request.Region);
        if (!actor.Reaches(region)) { return KernelProblems.OutOfReach.Because(region.ToString()); }

        var before = new { organisation.Name, organisation.ShortName, region = organisation.Region.ToString(), organisation.ParentId };
        var after = new { request.Name, request.ShortName, region = region.ToString(), request.ParentId };
        if (before.Equals(after)) { return TypedResults.NoContent(); }
        organisation.Revise(request.Name, request.ShortName, region, request.ParentId);
        OrganisationTree.Hold(db, above);
        db.Ledger.Add(LedgerEntry.Of("kernel.organisation-revised", id, actor, clock.GetUtcNow(), request.Reason, before, after));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because(organisation.Name); }
        return TypedResults.NoContent();
    }
}
