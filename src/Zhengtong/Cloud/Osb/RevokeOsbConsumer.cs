using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Osb;

/// <summary>Revoke a consuming platform.</summary>
/// <param name="Reason">Why, 2 to 500 characters; the ledger keeps it.</param>
public sealed record RevokeOsbConsumerRequest([Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class RevokeOsbConsumer
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/osb-consumers/{id:guid}/revocation", Handle).Requires(Right.ManagePools).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Refuse a consuming platform from now on, for good. What it ordered stays with the department.</summary>
    /// <response code="204">Revoked, or it was; ledger event cloud.osb-consumer-revoked.</response>
    /// <response code="404">cloud.osb-consumer-not-found</response>
    /// <response code="409">cloud.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, RevokeOsbConsumerRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var consumer = await db.OsbConsumers.SingleOrDefaultAsync(c => c.Id == id, ct);
        if (consumer is null) { return CloudProblems.OsbConsumerNotFound.Because($"{id}"); }
        if (consumer.RevokedAt is not null) { return TypedResults.NoContent(); }

        var now = clock.GetUtcNow();
        consumer.RevokedAt = now;
        consumer.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.osb-consumer-revoked", id, actor, now, request.Reason, after: new { consumer.Name }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(consumer.Name); }
        return TypedResults.NoContent();
    }
}
