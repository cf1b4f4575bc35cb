using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Resources;

/// <summary>A snapshot.</summary>
/// <param name="Name">Its name.</param>
/// <param name="CreatedAt">When it was taken; null when the engine does not say.</param>
/// <param name="ExpiresAt">When the engine removes it; null for never.</param>
public sealed record SnapshotRow(string Name, DateTimeOffset? CreatedAt, DateTimeOffset? ExpiresAt);

internal static class ListSnapshots
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/resources/{id:guid}/snapshots", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404).ProducesProblem(503);

    /// <summary>List the snapshots of an instance of the own organisation, the newest first, as its engine has them now.</summary>
    /// <response code="200">The snapshots.</response>
    /// <response code="404">cloud.resource-not-found</response>
    /// <response code="503">cloud.engine-silent</response>
    internal static async Task<Results<Ok<IReadOnlyList<SnapshotRow>>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, PoolEngines engines, CancellationToken ct)
    {
        if (await ResourceAccess.OwnAsync(db, id, actor, ct) is not { } resource) { return CloudProblems.ResourceNotFound.Because($"{id}"); }
        if (resource is not { Form: ResourceForm.Instance, PoolId: { } poolId, IsGone: false, IsBegun: true }) { return TypedResults.Ok<IReadOnlyList<SnapshotRow>>([]); }
        var pool = await db.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == poolId, ct);
        if (engines.Of(pool) is not { IsDone: true, Value: { } engine }) { return CloudProblems.EngineSilent.Because("no-engine"); }
        var found = await engine.ListSnapshotsAsync(InstanceFulfilment.IdOf(resource), ct);
        if (found.Outcome == EngineOutcome.NotFound) { return TypedResults.Ok<IReadOnlyList<SnapshotRow>>([]); }
        return found.IsDone ? TypedResults.Ok<IReadOnlyList<SnapshotRow>>([.. found.Value.Reverse().Select(s => new SnapshotRow(s.Name.ToString(), s.CreatedAt, s.ExpiresAt))]) : CloudProblems.EngineSilent.Because(found.Code);
    }
}
