using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Quotas;

/// <summary>A further kind of resource.</summary>
/// <param name="Code">A lower-case letter, then letters, digits and hyphens; at most 40 characters.</param>
/// <param name="Name">What it is called, 1 to 40 characters.</param>
/// <param name="Unit">What one is, 1 to 20 characters.</param>
/// <param name="IsOnHost">True when hosts give it, so that their inventory must name it.</param>
public sealed record AddKindRequest(
    [Required, RegularExpression("[a-z][a-z0-9-]{0,39}")] string Code, [Required, StringLength(40, MinimumLength = 1)] string Name, [Required, StringLength(20, MinimumLength = 1)] string Unit, bool IsOnHost);

internal static class AddKind
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/kinds", Handle).Requires(Right.ManageQuotas).ProducesProblem(403).ProducesProblem(409).Idempotent();

    /// <summary>Add a kind of resource that quotas are to count. Nobody holds any of it before limits are set.</summary>
    /// <response code="201">Added; ledger event cloud.kind-added.</response>
    /// <response code="409">cloud.kind-taken</response>
    internal static async Task<Results<Created<KindRow>, ProblemHttpResult>> Handle(AddKindRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await db.ResourceKinds.AnyAsync(k => k.Code == request.Code, ct)) { return CloudProblems.KindTaken.Because(request.Code); }
        db.ResourceKinds.Add(new ResourceKind { Code = request.Code, Name = request.Name, Unit = request.Unit, IsOnHost = request.IsOnHost });
        db.Ledger.Add(LedgerEntry.Of("cloud.kind-added", request.Code, actor, clock.GetUtcNow(), after: new { request.Name, request.Unit, request.IsOnHost }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.KindTaken.Because(request.Code); }
        return TypedResults.Created("/api/v1/cloud/kinds", new KindRow(request.Code, request.Name, request.Unit, request.IsOnHost));
    }
}
