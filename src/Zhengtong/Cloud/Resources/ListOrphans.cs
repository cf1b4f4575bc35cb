using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Resources;

/// <summary>An instance at an engine that no resource knows.</summary>
/// <param name="Id">Its id here.</param>
/// <param name="Pool">The pool's name.</param>
/// <param name="Project">The project at the engine.</param>
/// <param name="Name">The instance at the engine.</param>
/// <param name="IsRunning">True while it runs.</param>
/// <param name="FirstSeenAt">When it was first seen.</param>
/// <param name="SeenAt">When it was last seen.</param>
/// <param name="Decision">What was decided about it.</param>
/// <param name="Reason">On what ground.</param>
/// <param name="Revision">To be sent with a decision.</param>
public sealed record OrphanRow(
    Guid Id, string Pool, string Project, string Name, bool IsRunning, DateTimeOffset FirstSeenAt, DateTimeOffset SeenAt, OrphanDecision Decision, string? Reason, int Revision);

internal static class ListOrphans
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/orphans", Handle).Requires(Right.SeePools).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List instances that bear the platform's mark and that no resource knows, the newest first.</summary>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page of orphans.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<OrphanRow>>, ProblemHttpResult>> Handle([AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct) =>
        await paging.ReadAsync(db.EngineOrphans.AsNoTracking(), page, o => o.FirstSeenAt, o => o.Id,
            o => new OrphanRow(o.Id, db.ResourcePools.Where(p => p.Id == o.PoolId).Select(p => p.Name).First(), o.Project, o.Name, o.IsRunning, o.FirstSeenAt, o.SeenAt, o.Decision, o.Reason, o.Revision), descending: true, ct) is { } read
            ? TypedResults.Ok(read) : KernelProblems.CursorUnknown.Because();
}
