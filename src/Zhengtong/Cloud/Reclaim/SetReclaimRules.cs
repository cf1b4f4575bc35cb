using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Reclaim;

/// <summary>New rules by which resources are found idle; what was found before follows the rules of its time.</summary>
/// <param name="IdleCpu">Idle is a mean below so many thousandths of the processor, 1 to 500.</param>
/// <param name="UnderusedCpu">Under-used is a mean below so many, at least as many as idle, at most 1000.</param>
/// <param name="Days">Days of evidence, 7 to 90.</param>
/// <param name="Coverage">How much of them must be known, in thousandths, 500 to 1000.</param>
/// <param name="ObjectionDays">Working days to object, 1 to 60.</param>
/// <param name="KeptDays">Days for which a stopped resource is kept, 1 to 365.</param>
/// <param name="Reason">The ground, 2 to 500 characters.</param>
public sealed record SetReclaimRulesRequest(
    [Range(1, 500)] int IdleCpu, [Range(1, 1000)] int UnderusedCpu, [Range(7, 90)] int Days, [Range(500, 1000)] int Coverage, [Range(1, 60)] int ObjectionDays, [Range(1, 365)] int KeptDays,
    [Required, StringLength(500, MinimumLength = 2)] string Reason);

/// <summary>The rules set.</summary>
/// <param name="Version">Their version.</param>
public sealed record ReclaimRulesSet(int Version);

internal static class SetReclaimRules
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/reclaim-rules", Handle).Requires(Right.ManageQuotas).ProducesProblem(403).ProducesProblem(409);

    /// <summary>Set the rules by which idle and under-used resources are found, as a new version.</summary>
    /// <response code="201">Set; ledger event cloud.reclaim-rules-set.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="409">cloud.changed-meanwhile</response>
    internal static async Task<Results<Created<ReclaimRulesSet>, ProblemHttpResult>> Handle(SetReclaimRulesRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (request.UnderusedCpu < request.IdleCpu) { return CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["underusedCpu"] = [Text.Of("cloud.reclaim.underused")] }); }
        var (before, now) = (await Finding.RulesAsync(db, ct), clock.GetUtcNow());
        var rules = new ReclaimRules
        {
            Version = before.Version + 1, IdleCpu = request.IdleCpu, UnderusedCpu = request.UnderusedCpu, Days = request.Days, Coverage = request.Coverage, ObjectionDays = request.ObjectionDays, KeptDays = request.KeptDays,
            SetAt = now, SetBy = actor.Id, Reason = request.Reason,
        };
        db.ReclaimRules.Add(rules);
        db.Ledger.Add(LedgerEntry.Of("cloud.reclaim-rules-set", rules.Version, actor, now, request.Reason, before: Told(before), after: Told(rules)));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.ChangedMeanwhile.Because($"{rules.Version}"); }
        return TypedResults.Created($"/api/v1/cloud/reclaim-rules/{rules.Version}", new ReclaimRulesSet(rules.Version));
    }

    private static object Told(ReclaimRules r) => new { r.Version, r.IdleCpu, r.UnderusedCpu, r.Days, r.Coverage, r.ObjectionDays, r.KeptDays };
}
