using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Identity.Slices;

internal static class GetAccount
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/accounts/{id:guid}", Handle).Requires(Right.ReadAccounts).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read an account in reach.</summary>
    /// <response code="200">The account.</response>
    /// <response code="404">kernel.account-not-found; also for an account out of reach.</response>
    internal static async Task<Results<Ok<AccountSummary>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, CancellationToken ct) =>
        await ListAccounts.Rows(db, actor, null, null, null, null).Where(o => o.Id == id).Select(ListAccounts.Shown(db)).SingleOrDefaultAsync(ct) is { } account
            ? TypedResults.Ok(account) : KernelProblems.AccountNotFound.Because($"{id}");
}
