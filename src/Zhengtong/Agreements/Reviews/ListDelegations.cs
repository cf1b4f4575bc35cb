using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Agreements.Reviews;

/// <summary>A delegation in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Officer">Whose posts.</param>
/// <param name="Deputy">Who holds them.</param>
/// <param name="From">The first day.</param>
/// <param name="Until">The last day.</param>
/// <param name="Reason">Why.</param>
/// <param name="EndedAt">When it was ended before its last day.</param>
/// <param name="IsMine">True when the posts are the caller's: the caller may end it.</param>
/// <param name="Revision">To be sent to end it.</param>
public sealed record DelegationRow(Guid Id, string Officer, string Deputy, DateOnly From, DateOnly Until, string Reason, DateTimeOffset? EndedAt, bool IsMine, int Revision);

internal static class ListDelegations
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/review-delegations", Handle).Requires(Right.ReadWork).ProducesProblem(400);

    /// <summary>List the delegations of the caller's organisation, newest first.</summary>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<DelegationRow>>, ProblemHttpResult>> Handle([AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var found = await paging.ReadAsync(db.ReviewDelegations.AsNoTracking().Where(d => d.OrganisationId == actor.Organisation), page, d => d.MadeAt, d => d.Id, d => new DelegationRow(
            d.Id, db.Users.Where(o => o.Id == d.OfficerId).Select(o => o.DisplayName).First(), db.Users.Where(o => o.Id == d.DeputyId).Select(o => o.DisplayName).First(),
            d.From, d.Until, d.Reason, d.EndedAt, d.OfficerId == actor.Id, d.Revision), descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(found);
    }
}
