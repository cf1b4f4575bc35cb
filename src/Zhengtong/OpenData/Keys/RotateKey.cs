using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.OpenData.Keys;

internal static class RotateKey
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/developer-keys/current/rotation", Handle).AllowAnonymous().ProducesProblem(404);

    /// <summary>Take a new token for the key that this call carries; the old one is good for nothing from now on, in other processes of the platform within 30 seconds.</summary>
    /// <param name="token">The key's token.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="limits">What is known of keys.</param>
    /// <param name="clock">When.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">The new token; ledger event open-data.key-rotated.</response>
    /// <response code="404">open-data.key-not-found</response>
    internal static async Task<Results<Ok<DeveloperKeyTokenResponse>, ProblemHttpResult>> Handle(
        [FromHeader(Name = PublicLimits.Header)] string? token, Actor actor, ZhengtongDb db, PublicLimits limits, TimeProvider clock, CancellationToken ct)
    {
        if (await GetKey.FindAsync(token, db, ct) is not { } key) { return OpenDataProblems.KeyNotFound.Because(); }

        var fresh = DeveloperKey.NewToken();
        limits.Forget(key);
        (key.TokenHash, key.Beginning, key.Revision) = (DeveloperKey.HashOf(fresh), fresh[..12], key.Revision + 1);
        db.Ledger.Add(LedgerEntry.Of("open-data.key-rotated", key.Id, actor, clock.GetUtcNow()));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.KeyNotFound.Because(); }
        limits.Forget(key);
        return TypedResults.Ok(new DeveloperKeyTokenResponse(key.Id, fresh, key.PerMinute, key.PerDay));
    }
}
