using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Resources;

/// <summary>A stretch of time in which a resource was there in one state with the same amounts.</summary>
/// <param name="From">First moment, inclusive.</param>
/// <param name="Until">End, exclusive; null while it lasts.</param>
/// <param name="IsRunning">True while it ran.</param>
/// <param name="Amounts">What it had.</param>
public sealed record SpanRow(DateTimeOffset From, DateTimeOffset? Until, bool IsRunning, IReadOnlyList<ResourceAmount> Amounts);

/// <summary>A task of a resource.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What is to be done.</param>
/// <param name="Subject">Name of the snapshot or backup that it is about.</param>
/// <param name="State">How far it is.</param>
/// <param name="Problem">Why it failed, or why it waits; a code.</param>
/// <param name="AskedAt">When it was asked for.</param>
/// <param name="DoneAt">When it ended.</param>
public sealed record TaskRow(Guid Id, ResourceTaskKind Kind, string? Subject, ResourceTaskState State, string? Problem, DateTimeOffset AskedAt, DateTimeOffset? DoneAt);

/// <summary>A resource with its history.</summary>
/// <param name="Resource">As in lists.</param>
/// <param name="Spans">The last 100, the newest first.</param>
/// <param name="Tasks">The last 50, the newest first.</param>
public sealed record CloudResourceDetail(CloudResourceRow Resource, IReadOnlyList<SpanRow> Spans, IReadOnlyList<TaskRow> Tasks);

internal static class GetResource
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/resources/{id:guid}", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read a resource: how it stands, what it was, what is being done with it.</summary>
    /// <response code="200">The resource.</response>
    /// <response code="404">cloud.resource-not-found</response>
    internal static async Task<Results<Ok<CloudResourceDetail>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        if (await ResourceAccess.Visible(db, actor).AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, ct) is not { } resource) { return CloudProblems.ResourceNotFound.Because($"{id}"); }
        var spans = await db.ResourceSpans.AsNoTracking().Where(s => s.ResourceId == id).OrderByDescending(s => s.From).Take(100).Select(s => new SpanRow(s.From, s.Until, s.IsRunning, s.Amounts)).ToListAsync(ct);
        var tasks = await db.ResourceTasks.AsNoTracking().Where(t => t.ResourceId == id).OrderByDescending(t => t.AskedAt).Take(50)
            .Select(t => new TaskRow(t.Id, t.Kind, t.Subject, t.State, t.Problem, t.AskedAt, t.DoneAt)).ToListAsync(ct);
        return TypedResults.Ok(new CloudResourceDetail((await ResourceRows.ShowAsync(db, [resource], ct))[0], spans, tasks));
    }
}
