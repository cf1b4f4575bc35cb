using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Agreements.Reviews;

/// <summary>A version of a review chain with its steps.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What is applied for: the kind's name.</param>
/// <param name="Title">What that is called.</param>
/// <param name="Region">Code of the region it holds in, with those below it.</param>
/// <param name="OrganisationId">The one organisation it holds for; null for all of the region.</param>
/// <param name="Version">From 1.</param>
/// <param name="ValidFrom">Applications from this day on.</param>
/// <param name="Steps">In order; none ends the review.</param>
/// <param name="Source">The document or decision.</param>
/// <param name="DefinedBy">Who defined it.</param>
/// <param name="DefinedAt">When.</param>
public sealed record ReviewChainDetail(
    Guid Id, string Kind, string Title, string Region, Guid? OrganisationId, int Version, DateOnly ValidFrom, IReadOnlyList<ReviewChainStep> Steps, string Source, string? DefinedBy, DateTimeOffset DefinedAt);

internal static class GetReviewChain
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/review-chains/{id:guid}", Handle).Requires(Right.ReadWork).ProducesProblem(404);

    /// <summary>Read a version of a review chain; whoever applies may know how it is decided.</summary>
    /// <response code="200">The version.</response>
    /// <response code="404">agreements.review-chain-not-found</response>
    internal static async Task<Results<Ok<ReviewChainDetail>, ProblemHttpResult>> Handle(Guid id, ZhengtongDb db, ReviewKinds kinds, CancellationToken ct)
    {
        if (await db.ReviewChains.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, ct) is not { } chain) { return AgreementsProblems.ReviewChainNotFound.Because($"{id}"); }
        var by = await db.Users.Where(o => o.Id == chain.DefinedBy).Select(o => o.DisplayName).FirstOrDefaultAsync(ct);
        return TypedResults.Ok(new ReviewChainDetail(chain.Id, chain.Kind, kinds.TitleOf(chain.Kind), chain.Region.ToString(), chain.OrganisationId == ReviewChain.Everyone ? null : chain.OrganisationId,
            chain.Version, chain.ValidFrom, chain.Steps, chain.Source, by, chain.DefinedAt));
    }
}
