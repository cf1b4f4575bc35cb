using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;

namespace Zhengtong.Cloud.Resources;

/// <summary>What the operator decides about a resource that its engine has otherwise than it is to be.</summary>
public enum DriftDecision
{
    /// <summary>纠正: such differences are mended at once, an open one now.</summary>
    Mend,
    /// <summary>留待决定: from now on another size or power state is left and shown until it is decided.</summary>
    Ask,
    /// <summary>采纳: what was found last is what it is to be.</summary>
    Adopt,
}

/// <summary>A decision.</summary>
/// <param name="Decision">Mend, ask, or adopt.</param>
/// <param name="Reason">On what ground, 2 to 500 characters; the ledger keeps it.</param>
/// <param name="Revision">The revision the caller saw, 0 before there was any; any other than the current one is a conflict.</param>
public sealed record DecideDriftRequest(DriftDecision Decision, [Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(0, int.MaxValue)] int Revision);

internal static class DecideDrift
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/resources/{id:guid}/drift-decision", Handle).Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Decide about differences between a resource and its engine. A size that is adopted passes the same gate as an order: the hold changes with the resource, or neither does.</summary>
    /// <response code="204">Decided; ledger event cloud.drift-decided or cloud.drift-adopted.</response>
    /// <response code="404">cloud.resource-not-found</response>
    /// <response code="409">cloud.resource-gone, cloud.drift-nothing: there is nothing to adopt, cloud.quota-exceeded with every level and host that lacks something, cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, DecideDriftRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await db.CloudResources.SingleOrDefaultAsync(r => r.Id == id && (r.Form == ResourceForm.Instance || r.Form == ResourceForm.Site), ct) is not { } resource) { return CloudProblems.ResourceNotFound.Because($"{id}"); }
        if (resource.IsGone || resource.Wish == ResourceWish.Removed) { return CloudProblems.ResourceGone.Because(resource.Number); }
        var drift = await db.ResourceDrifts.SingleOrDefaultAsync(d => d.ResourceId == id, ct);
        if ((drift?.Revision ?? 0) != request.Revision) { return CloudProblems.ChangedMeanwhile.Because(resource.Number); }
        if (request.Decision == DriftDecision.Adopt && drift?.Difference is not ("size" or "power")) { return CloudProblems.DriftNothing.Because(resource.Number); }

        var (now, refusal) = (clock.GetUtcNow(), default(ProblemHttpResult));
        var (before, was) = (new { resource.Amounts, resource.Wish, rule = drift?.Rule ?? DriftRule.Mend }, drift?.IsOpen == true);
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            if (drift is null) { db.ResourceDrifts.Add(drift = new ResourceDrift { ResourceId = id, Wanted = resource.Amounts }); }
            else { drift.Touch(); }
            if (request.Decision == DriftDecision.Adopt) { refusal = await AdoptAsync(db, resource, drift, actor, now, ct); }
            else { drift.Rule = request.Decision == DriftDecision.Ask ? DriftRule.Ask : DriftRule.Mend; }
            if (refusal is null)
            {
                if (request.Decision != DriftDecision.Ask)
                {
                    drift.IsOpen = false;
                    if (was || request.Decision == DriftDecision.Adopt)
                    {
                        (resource.NextAt, resource.Attempts) = (now, 0);
                        resource.Touch();
                    }
                }

                db.Ledger.Add(LedgerEntry.Of(request.Decision == DriftDecision.Adopt ? "cloud.drift-adopted" : "cloud.drift-decided", id, actor, now, request.Reason, before: before,
                    after: new { resource.Number, resource.Amounts, resource.Wish, rule = drift.Rule }));
                await db.SaveChangesAsync(ct);
                await transaction.CommitAsync(ct);
            }
        }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e) || (e is DbUpdateException update && update.IsUniqueViolation())) { refusal = CloudProblems.ChangedMeanwhile.Because(resource.Number); }

        if (refusal is not null)
        {
            // What was not saved must not be saved by whoever uses the context next.
            db.ChangeTracker.Clear();
            return refusal;
        }

        return TypedResults.NoContent();
    }

    /// <summary>Null when the resource is to be as it was found.</summary>
    private static async Task<ProblemHttpResult?> AdoptAsync(ZhengtongDb db, CloudResource resource, ResourceDrift drift, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        if (drift.Difference == "power") { resource.Wish = drift.IsRunning ? ResourceWish.Running : ResourceWish.Stopped; }
        else
        {
            // What an engine says of a disk is without the volumes.
            var amounts = Amounts.Of([.. drift.Adopted(resource.OwnAmounts), .. resource.Volumes.Select(v => new ResourceAmount("disk", v.Size))]);
            if (amounts.SequenceEqual(resource.Amounts)) { return CloudProblems.DriftNothing.Because(resource.Number); }
            if ((await Holds.ResizeAsync(db, resource.Id, amounts, actor, now, ct)).Problem is { } lacking) { return lacking; }
            (resource.Amounts, resource.Former) = (amounts, null);
        }

        drift.Difference = null;
        db.Notices.Add(Notice.Of(resource.OrganisationId, NoticeTone.Info, "cloud.notice.drift-adopted", $"/work/cloud/resources/{resource.Id}", now, resource.Number, resource.Name));
        return null;
    }
}
