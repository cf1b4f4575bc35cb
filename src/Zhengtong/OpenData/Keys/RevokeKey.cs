using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.OpenData.Keys;

internal static class RevokeKey
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapDelete("/developer-keys/current", Handle).AllowAnonymous().ProducesProblem(404);

    /// <summary>Give back the key that this call carries. Its token is good for nothing from now on, in other processes of the platform within 30 seconds.</summary>
    /// <param name="token">The key's token.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="limits">What is known of keys.</param>
    /// <param name="clock">When.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="204">Revoked; ledger event open-data.key-revoked.</response>
    /// <response code="404">open-data.key-not-found</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        [FromHeader(Name = PublicLimits.Header)] string? token, Actor actor, ZhengtongDb db, PublicLimits limits, TimeProvider clock, CancellationToken ct)
    {
        if (await GetKey.FindAsync(token, db, ct) is not { } key) { return OpenDataProblems.KeyNotFound.Because(); }

        var now = clock.GetUtcNow();
        (key.RevokedAt, key.Revision) = (now, key.Revision + 1);
        db.Ledger.Add(LedgerEntry.Of("open-data.key-revoked", key.Id, actor, now));
        try { await db.SaveChangesAsync(ct); }
        // Whoever was first, the key is gone or has another token.
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.KeyNotFound.Because(); }
        limits.Forget(key);
        return TypedResults.NoContent();
    }
}
