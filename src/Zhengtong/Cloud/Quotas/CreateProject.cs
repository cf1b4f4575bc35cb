using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Quotas;

/// <summary>A named project of a department.</summary>
/// <param name="OrganisationId">The department; it has a quota, and lies in the caller's reach.</param>
/// <param name="Name">2 to 100 characters, unique within the department.</param>
/// <param name="Limits">What it may hold, at most 50 kinds; of a kind that is not named the department's quota bounds it.</param>
/// <param name="Reason">The decision behind it, 2 to 500 characters; the ledger keeps it.</param>
public sealed record CreateProjectRequest(
    Guid OrganisationId, [Required, StringLength(100, MinimumLength = 2)] string Name, [Required, MaxLength(50)] IReadOnlyList<QuotaLimit> Limits, [Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class CreateProject
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/projects", Handle).Requires(Right.ManageQuotas).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).Idempotent();

    /// <summary>Give a project of a department a place in the tree of quotas.</summary>
    /// <response code="201">Made; ledger event cloud.project-created.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="403">kernel.out-of-reach</response>
    /// <response code="404">cloud.quota-not-found: the department has no quota.</response>
    /// <response code="409">cloud.quota-taken</response>
    internal static async Task<Results<Created<QuotaOpened>, ProblemHttpResult>> Handle(CreateProjectRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var key = QuotaNode.KeyOf(request.OrganisationId);
        var department = await db.QuotaNodes.AsNoTracking().SingleOrDefaultAsync(n => n.Key == key, ct);
        if (department is null) { return CloudProblems.QuotaNotFound.Because($"{request.OrganisationId}"); }
        if (!actor.Reaches(department.Region)) { return KernelProblems.OutOfReach.Because($"{request.OrganisationId}"); }
        if (await QuotaRows.FaultsAsync(db, "limits", [.. request.Limits.Select(l => l.Kind)], ct) is { Count: > 0 } faults) { return CloudProblems.Invalid.For(faults); }
        var now = clock.GetUtcNow();
        var node = QuotaNode.Below(department, QuotaLevel.Project, QuotaNode.KeyOf(request.OrganisationId, request.Name), department.Region, request.OrganisationId, request.Name, now);
        if (await db.QuotaNodes.AnyAsync(n => n.Key == node.Key, ct)) { return CloudProblems.QuotaTaken.Because(request.Name); }

        db.QuotaNodes.Add(node);
        db.QuotaCounters.AddRange(request.Limits.Select(l => new QuotaCounter { NodeId = node.Id, Kind = l.Kind, Limit = l.Limit }));
        db.Ledger.Add(LedgerEntry.Of("cloud.project-created", node.Id, actor, now, request.Reason, after: new { node.Key, node.ParentId, request.Limits }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.QuotaTaken.Because(request.Name); }
        return TypedResults.Created($"/api/v1/cloud/quotas/{node.Id}", new QuotaOpened(node.Id));
    }
}
