using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Keys;

namespace Zhengtong.OpenData.Reuse;

internal static class RetractApp
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapDelete("/apps/{id:guid}", Handle).AllowAnonymous().ProducesProblem(404).ProducesProblem(409);

    /// <summary>Take an app out of the showcase, with the key that sent it.</summary>
    /// <param name="id">The app.</param>
    /// <param name="token">The key's token.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="clock">When.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="204">Taken out; ledger event open-data.app-retracted.</response>
    /// <response code="404">open-data.key-not-found, open-data.app-not-found</response>
    /// <response code="409">open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, [FromHeader(Name = PublicLimits.Header)] string? token, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await GetKey.FindAsync(token, db, ct) is not { } key) { return OpenDataProblems.KeyNotFound.Because(); }
        if (await db.ShowcaseApps.SingleOrDefaultAsync(a => a.Id == id && a.KeyId == key.Id && a.State != AppState.Retracted, ct) is not { } app) { return OpenDataProblems.AppNotFound.Because($"{id}"); }

        app.Retract();
        db.Ledger.Add(LedgerEntry.Of("open-data.app-retracted", id, actor, clock.GetUtcNow()));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(app.Name); }
        return TypedResults.NoContent();
    }
}
