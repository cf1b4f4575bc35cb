using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Savings;

/// <summary>A new version of the method by which savings are counted.</summary>
/// <param name="FromYear">The first year that it counts for, 2000 to 2200.</param>
/// <param name="Parameters">Its numbers, each with its document.</param>
/// <param name="Reason">The ground, 2 to 500 characters.</param>
public sealed record SetSavingsMethodRequest([Range(2000, 2200)] int FromYear, [Required] SavingsParameters Parameters, [Required, StringLength(500, MinimumLength = 2)] string Reason);

/// <summary>The version set.</summary>
/// <param name="Version">From 1.</param>
public sealed record SavingsMethodSet(int Version);

internal static class SetSavingsMethod
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/savings-methods", Handle).Requires(Right.ManageQuotas).ProducesProblem(403).ProducesProblem(409);

    /// <summary>Set the method by which savings are counted, as a new version.</summary>
    /// <response code="201">Set; ledger event cloud.savings-method-set.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="409">cloud.changed-meanwhile</response>
    internal static async Task<Results<Created<SavingsMethodSet>, ProblemHttpResult>> Handle(SetSavingsMethodRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var p = request.Parameters;
        var faults = new Dictionary<string, string[]>();
        foreach (var (name, divisor) in new[] { ("coresPerServer", p.CoresPerServer), ("memoryGiBPerServer", p.MemoryGiBPerServer), ("utilisation", p.Utilisation), ("serverYears", p.ServerYears) })
        {
            if (divisor.Value < 0.0001m) { faults[$"parameters.{name}.value"] = [Text.Of("cloud.savings.more-than-nothing")]; }
        }

        if (p.Utilisation.Value > 1000) { faults["parameters.utilisation.value"] = [Text.Of("cloud.savings.thousandths")]; }
        if (faults.Count > 0) { return CloudProblems.Invalid.For(faults); }
        var (now, last) = (clock.GetUtcNow(), await db.SavingsMethods.MaxAsync(m => (int?)m.Version, ct) ?? 0);
        var method = new SavingsMethod { Version = last + 1, FromYear = request.FromYear, Parameters = p, SetAt = now, SetBy = actor.Id, Reason = request.Reason };
        db.SavingsMethods.Add(method);
        db.Ledger.Add(LedgerEntry.Of("cloud.savings-method-set", method.Version, actor, now, request.Reason, after: new { method.FromYear, method.Parameters }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.ChangedMeanwhile.Because($"{method.Version}"); }
        return TypedResults.Created($"/api/v1/cloud/savings-methods/{method.Version}", new SavingsMethodSet(method.Version));
    }
}
