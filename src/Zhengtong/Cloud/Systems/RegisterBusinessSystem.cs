using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Systems;

/// <summary>A business system of the caller's department.</summary>
/// <param name="Name">2 to 100 characters, unique within the department.</param>
/// <param name="Purpose">What it is for, 2 to 500 characters.</param>
/// <param name="Protection">等保 level that it is graded at, 1 to 5.</param>
/// <param name="ProtectionRecord">Number of the record of that grading 备案, at most 100 characters; null while it has none.</param>
/// <param name="Zone">The network that it stands in.</param>
public sealed record RegisterBusinessSystemRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name, [Required, StringLength(500, MinimumLength = 2)] string Purpose, [Range(1, 5)] int Protection,
    [StringLength(100, MinimumLength = 1)] string? ProtectionRecord, NetworkZone Zone);

/// <summary>The system that was registered.</summary>
/// <param name="Id">Its id.</param>
public sealed record BusinessSystemRegistered(Guid Id);

internal static class RegisterBusinessSystem
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/systems", Handle).Requires(Right.Apply).Idempotent().ProducesProblem(403).ProducesProblem(409);

    /// <summary>Register a business system 业务系统, which resources are ordered for. Its network and its 等保 level bound where they may stand.</summary>
    /// <response code="201">Registered; ledger event cloud.system-registered.</response>
    /// <response code="409">cloud.system-taken</response>
    internal static async Task<Results<Created<BusinessSystemRegistered>, ProblemHttpResult>> Handle(RegisterBusinessSystemRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await db.BusinessSystems.AnyAsync(s => s.OrganisationId == actor.Organisation && s.Name == request.Name, ct)) { return CloudProblems.SystemTaken.Because(request.Name); }

        var now = clock.GetUtcNow();
        var system = new BusinessSystem
        {
            Id = Guid.CreateVersion7(now), OrganisationId = actor.Organisation, Name = request.Name, Purpose = request.Purpose, Protection = request.Protection, ProtectionRecord = request.ProtectionRecord,
            Zone = request.Zone, CreatedAt = now,
        };
        db.BusinessSystems.Add(system);
        db.Ledger.Add(LedgerEntry.Of("cloud.system-registered", system.Id, actor, now, after: Told(system)));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.SystemTaken.Because(request.Name); }
        return TypedResults.Created($"/api/v1/cloud/systems/{system.Id}", new BusinessSystemRegistered(system.Id));
    }

    internal static object Told(BusinessSystem s) => new { s.Name, s.Purpose, s.Protection, s.ProtectionRecord, s.Zone };
}
