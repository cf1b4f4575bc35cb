using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Quotas;

/// <summary>Other limits for a node.</summary>
/// <param name="Limits">1 to 50 kinds; those that are not named stay as they are. May be more than is free above: what counts is what is held.</param>
/// <param name="Reason">The decision behind it, 2 to 500 characters; the ledger keeps it.</param>
public sealed record SetQuotaRequest([Required, Length(1, 50)] IReadOnlyList<QuotaLimit> Limits, [Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class SetQuota
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/cloud/quotas/{id:guid}", Handle)
        .Requires(Right.ManageQuotas).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(428);

    /// <summary>Set what a node may hold; name the revision seen in If-Match. All limits are set, or none.</summary>
    /// <response code="204">Set; ledger event cloud.quota-set.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="403">kernel.out-of-reach</response>
    /// <response code="404">cloud.quota-not-found</response>
    /// <response code="409">cloud.quota-held: more is held than a new limit allows, errors say by how much; cloud.changed-meanwhile</response>
    /// <response code="412">kernel.changed-meanwhile</response>
    /// <response code="428">kernel.precondition-needed</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, SetQuotaRequest request, HttpContext http, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var node = await db.QuotaNodes.SingleOrDefaultAsync(n => n.Id == id, ct);
        if (node is null || !actor.Reaches(node.Region)) { return CloudProblems.QuotaNotFound.Because($"{id}"); }
        var parent = await db.QuotaNodes.AsNoTracking().SingleOrDefaultAsync(n => n.Id == node.ParentId, ct);
        if (!QuotaRows.IsGrantedBy(actor, parent, node.Region)) { return KernelProblems.OutOfReach.Because(node.Key); }
        if (http.PreconditionFails(node.Revision) is { } failed) { return failed; }
        if (await QuotaRows.FaultsAsync(db, "limits", [.. request.Limits.Select(l => l.Kind)], ct) is { Count: > 0 } faults) { return CloudProblems.Invalid.For(faults); }

        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var before = await db.QuotaCounters.AsNoTracking().Where(c => c.NodeId == id).Select(c => new QuotaLimit(c.Kind, c.Limit)).ToListAsync(ct);
        node.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.quota-set", id, actor, clock.GetUtcNow(), request.Reason, before, request.Limits));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(node.Key); }

        // In the order in which holds take them, so that nobody waits in a circle.
        var held = new Dictionary<string, string[]>();
        foreach (var (kind, limit) in request.Limits.Select(l => (l.Kind, l.Limit)).OrderBy(l => l.Kind, StringComparer.Ordinal))
        {
            if (await db.QuotaCounters.Where(c => c.NodeId == id && c.Kind == kind && (limit == null || c.Reserved + c.Active <= limit)).ExecuteUpdateAsync(set => set.SetProperty(c => c.Limit, limit), ct) > 0) { continue; }
            var there = await db.QuotaCounters.AsNoTracking().SingleOrDefaultAsync(c => c.NodeId == id && c.Kind == kind, ct);
            if (there is null)
            {
                var counter = new QuotaCounter { NodeId = id, Kind = kind, Limit = limit };
                db.QuotaCounters.Add(counter);
                // A hold of a project may make the same counter at this moment.
                try { await db.SaveChangesAsync(ct); }
                catch (DbUpdateException e) when (e.IsUniqueViolation()) { return CloudProblems.ChangedMeanwhile.Because(node.Key); }
            }
            else
            {
                var (most, now) = (limit ?? 0, there.Reserved + there.Active);
                held[$"limits.{kind}"] = [Text.Of("cloud.quota.held", QuotaWords.Said(kind, now), QuotaWords.Said(kind, most), QuotaWords.Said(kind, now - most))];
            }
        }

        if (held.Count > 0) { return CloudProblems.QuotaHeld.For(held); }
        await transaction.CommitAsync(ct);
        return TypedResults.NoContent();
    }
}
