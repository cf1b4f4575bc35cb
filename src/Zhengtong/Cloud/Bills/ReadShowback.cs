using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Bills;

/// <summary>What a business system cost in a month.</summary>
/// <param name="SystemId">The system.</param>
/// <param name="System">Its name.</param>
/// <param name="Protection">等保 level.</param>
/// <param name="Resources">How many resources were charged.</param>
/// <param name="Cost">Yuan, before the bill is rounded.</param>
public sealed record ShowbackRow(Guid SystemId, string System, int Protection, int Resources, decimal Cost);

/// <summary>What the systems of a department cost in a month.</summary>
/// <param name="Month">The month.</param>
/// <param name="OrganisationId">The department.</param>
/// <param name="Systems">The dearest first.</param>
/// <param name="Total">Yuan.</param>
/// <param name="IsClosed">True when every bill behind it is closed.</param>
public sealed record Showback(string Month, Guid OrganisationId, IReadOnlyList<ShowbackRow> Systems, decimal Total, bool IsClosed);

internal static class ReadShowback
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/showback", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read what each business system of a department cost in a month.</summary>
    /// <param name="month">The month: 2026-11; this month when left out.</param>
    /// <param name="organisation">The department; the own one when left out.</param>
    /// <response code="200">The systems with their cost.</response>
    /// <response code="404">cloud.bill-not-found: there is no bill of the department in the month, or it is out of sight.</response>
    internal static async Task<Results<Ok<Showback>, ProblemHttpResult>> Handle(
        [RegularExpression("[0-9]{4}-(0[1-9]|1[0-2])")] string? month, Guid? organisation, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var (now, owner) = (clock.GetUtcNow(), organisation ?? actor.Organisation);
        var asked = BillMonth.Parse(month) ?? BillMonth.Of(now);
        var bills = await BillRows.Visible(db, actor).Where(b => b.Month == asked.First && b.OrganisationId == owner).ToListAsync(ct);
        if (bills.Count == 0) { return CloudProblems.BillNotFound.Because($"{asked} {owner}"); }
        var costs = new Dictionary<Guid, decimal>();
        foreach (var bill in bills)
        {
            foreach (var line in (await Accounting.ReadAsync(db, bill, now, ct)).Lines)
            {
                if (line.ResourceId is { } resource) { costs[resource] = costs.GetValueOrDefault(resource) + line.Cost; }
            }
        }

        var systems = await db.CloudResources.AsNoTracking().Where(r => r.OrganisationId == owner).Select(r => new { r.Id, r.SystemId }).ToDictionaryAsync(r => r.Id, r => r.SystemId, ct);
        var named = await db.BusinessSystems.AsNoTracking().Where(s => s.OrganisationId == owner).ToDictionaryAsync(s => s.Id, ct);
        return TypedResults.Ok(new Showback(asked.ToString(), owner,
            [.. costs.GroupBy(c => systems[c.Key]).Select(g => new ShowbackRow(g.Key, named[g.Key].Name, named[g.Key].Protection, g.Count(), g.Sum(c => c.Value))).OrderByDescending(s => s.Cost).ThenBy(s => s.System, StringComparer.Ordinal)],
            costs.Values.Sum(), bills.TrueForAll(b => b.State == BillState.Closed)));
    }
}
