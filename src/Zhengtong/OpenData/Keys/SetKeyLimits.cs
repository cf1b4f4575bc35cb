using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.OpenData.Keys;

/// <summary>How much a key may be used.</summary>
/// <param name="PerMinute">Calls a minute, 1 to 100,000.</param>
/// <param name="PerDay">Calls a day, 1 to 100,000,000.</param>
/// <param name="Reason">Why, 2 to 500 characters; the ledger keeps it.</param>
/// <param name="Revision">The revision the caller saw.</param>
public sealed record SetKeyLimitsRequest(
    [Range(1, 100_000)] int PerMinute, [Range(1, 100_000_000)] long PerDay, [Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class SetKeyLimits
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/developer-keys/{id:guid}/limits", Handle).Requires(Right.Operate).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Set how much a developer's key may be used.</summary>
    /// <response code="204">Set; ledger event open-data.key-limits-set.</response>
    /// <response code="404">open-data.key-not-found</response>
    /// <response code="409">open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, SetKeyLimitsRequest request, Actor actor, ZhengtongDb db, PublicLimits limits, TimeProvider clock, CancellationToken ct)
    {
        var key = await db.DeveloperKeys.SingleOrDefaultAsync(k => k.Id == id && k.RevokedAt == null, ct);
        if (key is null) { return OpenDataProblems.KeyNotFound.Because(); }
        if (key.Revision != request.Revision) { return OpenDataProblems.ChangedMeanwhile.Because(key.Name); }

        var before = new { key.PerMinute, key.PerDay };
        (key.PerMinute, key.PerDay, key.Revision) = (request.PerMinute, request.PerDay, key.Revision + 1);
        db.Ledger.Add(LedgerEntry.Of("open-data.key-limits-set", key.Id, actor, clock.GetUtcNow(), request.Reason, before, new { key.PerMinute, key.PerDay }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(key.Name); }
        limits.Forget(key);
        return TypedResults.NoContent();
    }
}
