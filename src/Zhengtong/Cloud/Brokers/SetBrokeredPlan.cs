using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Brokers;

/// <summary>Which plan of a broker stands behind a plan of a cloud service.</summary>
/// <param name="BrokerId">The broker.</param>
/// <param name="OfferingId">Id of its offering, as accepted.</param>
/// <param name="PlanId">Id of the offering's plan.</param>
/// <param name="Parameters">JSON object that goes with each order, at most 10,000 characters of text; null for none. A text <c>$disk</c> in it stands for how much of that kind is ordered, <c>$$</c> begins a text with
/// one dollar sign.</param>
public sealed record SetBrokeredPlanRequest(
    Guid BrokerId, [Required, StringLength(200, MinimumLength = 1)] string OfferingId, [Required, StringLength(200, MinimumLength = 1)] string PlanId, [StringLength(BrokeredParameters.LongestTemplate)] string? Parameters);

internal static class SetBrokeredPlan
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/cloud/brokered-plans/{service}/{plan}", Handle)
        .Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Say from which broker and plan a plan of a cloud service is delivered. What is there already stays where it is.</summary>
    /// <param name="service">Code of the cloud service, at most 40 characters.</param>
    /// <param name="plan">Code of its plan, at most 40 characters.</param>
    /// <param name="request">What stands behind it.</param>
    /// <param name="actor">Who says so.</param>
    /// <param name="db">The database.</param>
    /// <param name="clock">The time.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="204">Set; ledger event cloud.brokered-plan-set.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="404">cloud.broker-not-found, cloud.broker-plan-not-found</response>
    /// <response code="409">cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        [StringLength(40, MinimumLength = 1)] string service, [StringLength(40, MinimumLength = 1)] string plan, SetBrokeredPlanRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var broker = await db.ServiceBrokers.AsNoTracking().SingleOrDefaultAsync(b => b.Id == request.BrokerId, ct);
        if (broker is null) { return CloudProblems.BrokerNotFound.Because($"{request.BrokerId}"); }
        if (broker.Find(request.OfferingId, request.PlanId) is null) { return CloudProblems.BrokerPlanNotFound.Because($"{request.OfferingId} / {request.PlanId}"); }
        if (request.Parameters is { } text)
        {
            if (BrokeredParameters.KindsIn(text) is not { } named) { return CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["parameters"] = [Text.Of("cloud.broker.parameters")] }); }
            var kinds = await db.ResourceKinds.Select(k => k.Code).ToHashSetAsync(ct);
            if (named.Where(k => !kinds.Contains(k)).ToList() is { Count: > 0 } unknown) { return CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["parameters"] = [Text.Of("cloud.broker.parameters-kind", string.Join(", ", unknown.Select(k => $"${k}")))] }); }
        }

        var row = await db.BrokeredPlans.SingleOrDefaultAsync(p => p.ServiceCode == service && p.PlanCode == plan, ct);
        var before = row is null ? null : new { row.BrokerId, row.OfferingId, row.PlanId };
        if (row is null) { db.BrokeredPlans.Add(row = new BrokeredPlan { ServiceCode = service, PlanCode = plan, BrokerId = broker.Id, OfferingId = request.OfferingId, PlanId = request.PlanId }); }
        (row.BrokerId, row.OfferingId, row.PlanId, row.Parameters) = (broker.Id, request.OfferingId, request.PlanId, request.Parameters);
        db.Ledger.Add(LedgerEntry.Of("cloud.brokered-plan-set", $"{service}/{plan}", actor, clock.GetUtcNow(), before: before, after: new { row.BrokerId, row.OfferingId, row.PlanId }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.ChangedMeanwhile.Because(); }
        return TypedResults.NoContent();
    }
}
