using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>What opens an account again.</summary>
/// <param name="Reason">Why, 2 to 500 characters; the ledger keeps it.</param>
public sealed record UnlockAccountRequest([Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class UnlockAccount
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/accounts/{id:guid}/unlock", Handle)
        .Requires(Right.ManageAccounts).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Open an account that an administrator locked, or that wrong passwords locked for a while.</summary>
    /// <response code="204">Open; ledger event kernel.account-unlocked.</response>
    /// <response code="403">kernel.out-of-reach</response>
    /// <response code="404">kernel.account-not-found</response>
    /// <response code="409">kernel.not-locked, kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, UnlockAccountRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (await Accounts.FindAsync(db, id, ct) is not ({ } officer, { } organisation)) { return KernelProblems.AccountNotFound.Because($"{id}"); }
        if (!actor.Reaches(organisation.Region)) { return KernelProblems.OutOfReach.Because(organisation.Name); }
        if (officer.LockedAt is null && !(officer.LockoutEnd > now)) { return KernelProblems.NotLocked.Because(); }

        officer.LockedAt = null;
        officer.LockoutEnd = null;
        officer.AccessFailedCount = 0;
        officer.EndSessions(now);
        db.Ledger.Add(LedgerEntry.Of("kernel.account-unlocked", officer.Id, actor, now, request.Reason));
        return await Accounts.SaveAsync(db, ct) ? TypedResults.NoContent() : KernelProblems.ChangedMeanwhile.Because();
    }
}
