using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Identity.Slices;

/// <summary>A post for an account.</summary>
/// <param name="Role">The post, in the account's own organisation.</param>
/// <param name="Reason">Why, 2 to 500 characters; the ledger keeps it.</param>
public sealed record GrantPostRequest(Role Role, [Required, StringLength(500, MinimumLength = 2)] string Reason);

internal static class GrantPost
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/accounts/{id:guid}/posts", Handle)
        .Requires(Right.GrantPosts).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Grant a post. It holds from the officer's next request on.</summary>
    /// <response code="204">Granted; ledger event kernel.post-granted.</response>
    /// <response code="403">kernel.out-of-reach, kernel.own-post</response>
    /// <response code="404">kernel.account-not-found</response>
    /// <response code="409">kernel.post-held, kernel.posts-separated, kernel.post-unfit, kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, GrantPostRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await Accounts.FindAsync(db, id, ct) is not ({ } officer, { } organisation)) { return KernelProblems.AccountNotFound.Because($"{id}"); }
        if (!actor.Reaches(organisation.Region)) { return KernelProblems.OutOfReach.Because(organisation.Name); }
        if (officer.Id == actor.Id) { return KernelProblems.OwnPost.Because(); }
        if (officer.Posts.Any(p => p.Role == request.Role)) { return KernelProblems.PostHeld.Because(Rights.TitleOf(request.Role)); }
        if (!officer.MayAlsoHold(request.Role)) { return KernelProblems.PostsSeparated.Because(string.Join(", ", officer.Posts.Select(p => Rights.TitleOf(p.Role)))); }
        if (!Rights.Fits(request.Role, organisation.Kind)) { return KernelProblems.PostUnfit.Because(organisation.Name); }

        var now = clock.GetUtcNow();
        officer.Grant(request.Role, actor.Id, now);
        db.Ledger.Add(LedgerEntry.Of("kernel.post-granted", officer.Id, actor, now, request.Reason, after: new { request.Role }));
        return await Accounts.SaveAsync(db, ct) ? TypedResults.NoContent() : KernelProblems.ChangedMeanwhile.Because();
    }
}
