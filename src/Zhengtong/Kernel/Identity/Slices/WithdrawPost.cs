using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>What takes a post away.</summary>
/// <param name="Reason">Why, 2 to 500 characters; the ledger keeps it.</param>
public sealed record WithdrawPostRequest([Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class WithdrawPost
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/accounts/{id:guid}/posts/{role}/withdrawal", Handle)
        .Requires(Right.GrantPosts).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Withdraw a post. Open sessions lose its rights with their next request.</summary>
    /// <response code="204">Withdrawn; ledger event kernel.post-withdrawn.</response>
    /// <response code="403">kernel.out-of-reach, kernel.own-post</response>
    /// <response code="404">kernel.account-not-found</response>
    /// <response code="409">kernel.post-not-held, kernel.last-administrator, kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, Choice<Role> role, WithdrawPostRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await Accounts.FindAsync(db, id, ct) is not ({ } officer, { } organisation)) { return KernelProblems.AccountNotFound.Because($"{id}"); }
        if (!actor.Reaches(organisation.Region)) { return KernelProblems.OutOfReach.Because(organisation.Name); }
        if (officer.Id == actor.Id) { return KernelProblems.OwnPost.Because(); }
        if (officer.Posts.All(p => p.Role != role.Value)) { return KernelProblems.PostNotHeld.Because(Rights.TitleOf(role.Value)); }
        await Accounts.CountUpAsync(db, role.Value);
        if (officer.LockedAt is null && await Accounts.LastHolderOfAsync(db, officer, ct) is { } last) { return KernelProblems.LastAdministrator.Because(Rights.TitleOf(last)); }

        var now = clock.GetUtcNow();
        officer.Withdraw(role.Value, now);
        db.Ledger.Add(LedgerEntry.Of("kernel.post-withdrawn", officer.Id, actor, now, request.Reason, before: new { role = role.Value }));
        return await Accounts.SaveAsync(db, ct) ? TypedResults.NoContent() : KernelProblems.ChangedMeanwhile.Because();
    }
}
