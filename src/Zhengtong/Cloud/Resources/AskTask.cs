using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Resources;

/// <summary>Something to be done once.</summary>
/// <param name="Kind">What.</param>
/// <param name="Subject">Name of the snapshot or backup that it is about: 1 to 60 letters, digits and hyphens, a letter first. Null with a restart; a snapshot or backup without a name gets one.</param>
public sealed record AskTaskRequest(ResourceTaskKind Kind, [StringLength(60)] string? Subject);

/// <summary>A task that was written down.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Subject">Name of the snapshot or backup.</param>
public sealed record TaskAsked(Guid Id, string? Subject);

internal static class AskTask
{
    /// <summary>So many may wait for one resource.</summary>
    private const int MostWaiting = 20;

    /// <summary>So many backups that somebody asked for are kept of one resource.</summary>
    private const int MostBackups = 30;

    internal static void Map(IEndpointRouteBuilder group) =>
        group.MapPost("/cloud/resources/{id:guid}/tasks", Handle).Requires(Right.Apply).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).Idempotent();

    /// <summary>Ask for a restart, a snapshot, its restoration or removal, or a backup of a resource of the own organisation.</summary>
    /// <response code="202">Written down; ledger event cloud.task-asked, later cloud.task-done or cloud.task-failed.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="404">cloud.resource-not-found</response>
    /// <response code="409">cloud.resource-gone, cloud.act-not-offered: of a broker's service; cloud.resource-not-there, cloud.tasks-many, cloud.backups-many</response>
    internal static async Task<Results<Accepted<TaskAsked>, ProblemHttpResult>> Handle(
        Guid id, AskTaskRequest request, Actor actor, ZhengtongDb db, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var kind = request.Kind;
        var subject = kind == ResourceTaskKind.Restart ? null : request.Subject is { Length: > 0 } named ? named : kind is ResourceTaskKind.Snapshot or ResourceTaskKind.BackUp ? $"s{now:yyyyMMddHHmmss}" : null;
        if (kind != ResourceTaskKind.Restart && !EngineName.TryParse(subject, out _)) { return CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["subject"] = [Text.Of("cloud.task.subject")] }); }
        if (await ResourceAccess.OwnAsync(db, id, actor, ct) is not { } resource) { return CloudProblems.ResourceNotFound.Because($"{id}"); }
        if (resource.Wish == ResourceWish.Removed) { return CloudProblems.ResourceGone.Because(resource.Number); }
        if (resource.Form is ResourceForm.Brokered or ResourceForm.Attended) { return CloudProblems.ActNotOffered.Because(resource.Number); }
        if (resource.DeliveredAt is null || resource.State is CloudResourceState.Lost or CloudResourceState.Failed) { return CloudProblems.ResourceNotThere.Because(resource.Number); }
        if (await db.ResourceTasks.CountAsync(t => t.ResourceId == id && t.NextAt != null, ct) >= MostWaiting) { return CloudProblems.TasksMany.Because(resource.Number); }

        if (kind == ResourceTaskKind.BackUp && await db.ResourceBackups.CountAsync(b => b.ResourceId == id && !b.IsScheduled, ct)
            + await db.ResourceTasks.CountAsync(t => t.ResourceId == id && t.Kind == kind && t.NextAt != null, ct) >= MostBackups) { return CloudProblems.BackupsMany.Because(resource.Number); }

        var task = new ResourceTask { Id = Guid.CreateVersion7(now), ResourceId = id, Kind = kind, Subject = subject, AskedBy = actor.Id, AskedAt = now, NextAt = now };
        db.ResourceTasks.Add(task);
        db.Ledger.Add(LedgerEntry.Of("cloud.task-asked", id, actor, now, after: new { resource.Number, kind, subject }));
        await db.SaveChangesAsync(ct);
        reconcilers.Wake<DoTasks>();
        return TypedResults.Accepted($"/api/v1/cloud/resources/{id}", new TaskAsked(task.Id, subject));
    }
}
