using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Resources;

/// <summary>How a resource differs from what it is to be, and what becomes of it.</summary>
/// <param name="ResourceId">The resource.</param>
/// <param name="Number">Its number.</param>
/// <param name="Name">What its department calls it.</param>
/// <param name="Organisation">The department's name.</param>
/// <param name="Rule">Mended at once, or left until the operator decides.</param>
/// <param name="Difference">What was last found: <c>size</c>, <c>power</c>, <c>gone</c>, <c>lost</c> or <c>back</c>; null when nothing was since the last decision.</param>
/// <param name="IsOpen">True while it is left as it is and waits for a decision; else it was mended.</param>
/// <param name="FoundAt">When it was found.</param>
/// <param name="Cpus">Processors that the engine had.</param>
/// <param name="MemoryMiB">Memory that it had, MiB.</param>
/// <param name="DiskGiB">Disk that it had, GiB.</param>
/// <param name="IsRunning">True where it ran.</param>
/// <param name="Wanted">What the resource is to have, without its volumes, as the engine tells it.</param>
/// <param name="Wish">What it is to be.</param>
/// <param name="Revision">To be sent with a decision; 0 before there was any.</param>
public sealed record DriftRow(
    Guid ResourceId, string Number, string Name, string Organisation, DriftRule Rule, string? Difference, bool IsOpen, DateTimeOffset? FoundAt, int Cpus, int MemoryMiB, int DiskGiB, bool IsRunning, IReadOnlyList<ResourceAmount> Wanted,
    ResourceWish Wish, int Revision);

internal static class GetDrift
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/resources/{id:guid}/drift", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read how a resource last differed at its engine from what it is to be, and what becomes of such differences.</summary>
    /// <response code="200">Its rule and what was last found.</response>
    /// <response code="404">cloud.resource-not-found</response>
    internal static async Task<Results<Ok<DriftRow>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        if (await ResourceAccess.Visible(db, actor).AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, ct) is not { } resource) { return CloudProblems.ResourceNotFound.Because($"{id}"); }
        var organisation = await db.Organisations.Where(o => o.Id == resource.OrganisationId).Select(o => o.Name).SingleAsync(ct);
        var drift = await db.ResourceDrifts.AsNoTracking().SingleOrDefaultAsync(d => d.ResourceId == id, ct) ?? new ResourceDrift { ResourceId = id, Wanted = [] };
        return TypedResults.Ok(new DriftRow(id, resource.Number, resource.Name, organisation, drift.Rule, drift.Difference, drift.IsOpen, drift.FoundAt, drift.Cpus, drift.MemoryMiB, drift.DiskGiB, drift.IsRunning, resource.OwnAmounts,
            resource.Wish, drift.FoundAt is null && drift.Wanted.Count == 0 ? 0 : drift.Revision));
    }
}
