using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Regions;

/// <summary>A new administrative division.</summary>
/// <param name="Code">Its code: 4, 6, 9 or 12 digits; the region above it must be there, and it must lie in the caller's reach.</param>
/// <param name="Name">Its official name without those above it, 1 to 100 characters.</param>
public sealed record AddRegionRequest([Required, RegionCode] string Code, [Required, StringLength(100, MinimumLength = 1)] string Name);

internal static class AddRegion
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/regions", Handle).Requires(Right.ManageOrganisations).ProducesProblem(403).ProducesProblem(409).Idempotent();

    /// <summary>Add an administrative division that the platform does not know yet.</summary>
    /// <response code="201">Added; ledger event kernel.region-added.</response>
    /// <response code="400">kernel.region-unknown: the region above it is not there.</response>
    /// <response code="403">kernel.out-of-reach</response>
    /// <response code="409">kernel.region-taken</response>
    internal static async Task<Results<Created<RegionStep>, ProblemHttpResult>> Handle(AddRegionRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var code = RegionCode.Parse(request.Code);
        if (!actor.Reaches(code)) { return KernelProblems.OutOfReach.Because(code.ToString()); }
        if (code.Parent is { } parent && !await db.Regions.AnyAsync(r => r.Code == parent, ct))
        {
            return KernelProblems.RegionUnknown.For(new Dictionary<string, string[]> { ["code"] = [Text.Of("kernel.import.no-parent", parent)] });
        }

        if (await db.Regions.AnyAsync(r => r.Code == code, ct)) { return KernelProblems.RegionTaken.Because(code.ToString()); }

        db.Regions.Add(new Region { Code = code, Name = request.Name, Level = code.Level, Parent = code.Parent, IsOurs = true });
        db.Ledger.Add(LedgerEntry.Of("kernel.region-added", code, actor, clock.GetUtcNow(), after: new { request.Name, code.Level }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return KernelProblems.RegionTaken.Because(code.ToString()); }
        return TypedResults.Created($"/api/v1/regions/{code}", new RegionStep(code.ToString(), request.Name));
    }
}
