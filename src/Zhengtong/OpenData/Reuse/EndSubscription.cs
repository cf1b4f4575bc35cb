using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Keys;

namespace Zhengtong.OpenData.Reuse;

internal static class EndSubscription
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapDelete("/dataset-subscriptions/{id:guid}", Handle).AllowAnonymous().ProducesProblem(404);

    /// <summary>End a subscription, with the key that made it.</summary>
    /// <param name="id">The subscription.</param>
    /// <param name="token">The key's token.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="clock">When.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="204">Ended; ledger event open-data.unsubscribed.</response>
    /// <response code="404">open-data.key-not-found, open-data.subscription-not-found</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, [FromHeader(Name = PublicLimits.Header)] string? token, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await GetKey.FindAsync(token, db, ct) is not { } key) { return OpenDataProblems.KeyNotFound.Because(); }
        if (await db.DatasetSubscriptions.SingleOrDefaultAsync(s => s.Id == id && s.KeyId == key.Id, ct) is not { } found) { return OpenDataProblems.SubscriptionNotFound.Because($"{id}"); }

        db.DatasetSubscriptions.Remove(found);
        db.Ledger.Add(LedgerEntry.Of("open-data.unsubscribed", id, actor, clock.GetUtcNow(), before: new { dataset = found.DatasetId }));
        try { await db.SaveChangesAsync(ct); }
        // A message was being sent in the same moment: the end comes after it.
        catch (DbUpdateConcurrencyException)
        {
            db.ChangeTracker.Clear();
            return await Handle(id, token, actor, db, clock, ct);
        }

        return TypedResults.NoContent();
    }
}
