using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>What locks an account.</summary>
/// <param name="Reason">Why, 2 to 500 characters; the ledger keeps it.</param>
public sealed record LockAccountRequest([Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class LockAccount
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/accounts/{id:guid}/lock", Handle)
        .Requires(Right.ManageAccounts).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Lock an account: its sessions end with their next request and it cannot sign in.</summary>
    /// <response code="204">Locked; ledger event kernel.account-locked.</response>
    /// <response code="403">kernel.out-of-reach</response>
    /// <response code="404">kernel.account-not-found</response>
    /// <response code="409">kernel.already-locked, kernel.last-administrator, kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, LockAccountRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await Accounts.FindAsync(db, id, ct) is not ({ } officer, { } organisation)) { return KernelProblems.AccountNotFound.Because($"{id}"); }
        if (!actor.Reaches(organisation.Region)) { return KernelProblems.OutOfReach.Because(organisation.Name); }
        if (officer.LockedAt is not null) { return KernelProblems.AlreadyLocked.Because(); }
        // Read before the count of holders: of two that lock each other, one fails as a concurrent change.
        foreach (var post in officer.Posts) { await Accounts.CountUpAsync(db, post.Role); }
        if (await Accounts.LastHolderOfAsync(db, officer, ct) is { } role) { return KernelProblems.LastAdministrator.Because(Rights.TitleOf(role)); }

        var now = clock.GetUtcNow();
        officer.LockedAt = now;
        officer.EndSessions(now);
        db.Ledger.Add(LedgerEntry.Of("kernel.account-locked", officer.Id, actor, now, request.Reason));
        return await Accounts.SaveAsync(db, ct) ? TypedResults.NoContent() : KernelProblems.ChangedMeanwhile.Because();
    }
}
