using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Regions;

/// <summary>Another name for a division.</summary>
/// <param name="Name">Its official name without those above it, 1 to 100 characters.</param>
/// <param name="Reason">The notice that renames it, 2 to 500 characters; the ledger keeps it.</param>
public sealed record RenameRegionRequest([Required, StringLength(100, MinimumLength = 1)] string Name, [Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class RenameRegion
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/regions/{code}", Handle)
        .Requires(Right.ManageOrganisations).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(428);

    /// <summary>Rename an administrative division in reach; name the revision seen in If-Match. Imports leave the name alone from then on.</summary>
    /// <param name="code">Its code: 2, 4, 6, 9 or 12 digits.</param>
    /// <response code="204">Renamed; ledger event kernel.region-renamed.</response>
    /// <response code="403">kernel.out-of-reach</response>
    /// <response code="404">kernel.region-not-found</response>
    /// <response code="409">kernel.changed-meanwhile</response>
    /// <response code="412">kernel.changed-meanwhile</response>
    /// <response code="428">kernel.precondition-needed</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        RegionCode code, RenameRegionRequest request, HttpContext http, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var region = await db.Regions.SingleOrDefaultAsync(r => r.Code == code, ct);
        if (region is null) { return KernelProblems.RegionNotFound.Because(code.ToString()); }
        if (!actor.Reaches(code)) { return KernelProblems.OutOfReach.Because(code.ToString()); }
        if (http.PreconditionFails(region.Revision) is { } failed) { return failed; }
        if (region.Name == request.Name) { return TypedResults.NoContent(); }

        db.Ledger.Add(LedgerEntry.Of("kernel.region-renamed", code, actor, clock.GetUtcNow(), request.Reason, before: new { region.Name }, after: new { request.Name }));
        region.Rename(request.Name);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because(region.Name); }
        return TypedResults.NoContent();
    }
}
