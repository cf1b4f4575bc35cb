using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Agreements.Reviews;

/// <summary>A version of a review chain in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What is applied for: the kind's name.</param>
/// <param name="Region">Code of the region it holds in, six digits down to the county.</param>
/// <param name="Organisation">Short name of the one organisation it holds for; null for all of the region.</param>
/// <param name="Version">From 1.</param>
/// <param name="ValidFrom">Applications from this day on.</param>
/// <param name="Source">The document or decision.</param>
/// <param name="DefinedAt">When it was defined.</param>
public sealed record ReviewChainRow(Guid Id, string Kind, string Region, string? Organisation, int Version, DateOnly ValidFrom, string Source, DateTimeOffset DefinedAt);

internal static class ListReviewChains
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/review-chains", Handle).Requires(Right.ReadWork).ProducesProblem(400);

    /// <summary>List the versions of all review chains, newest first.</summary>
    /// <param name="kind">Only of this kind.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<ReviewChainRow>>, ProblemHttpResult>> Handle(
        [StringLength(60)] string? kind, [AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        IQueryable<ReviewChain> wanted = db.ReviewChains.AsNoTracking();
        if (kind is { Length: > 0 }) { wanted = wanted.Where(c => c.Kind == kind); }
        var found = await paging.ReadAsync(wanted, page, c => c.DefinedAt, c => c.Id, c => new
        {
            c.Id, c.Kind, c.Region, Organisation = db.Organisations.Where(o => o.Id == c.OrganisationId).Select(o => o.ShortName).FirstOrDefault(), c.Version, c.ValidFrom, c.Source, c.DefinedAt,
        }, descending: true, ct);
        if (found is null) { return KernelProblems.CursorUnknown.Because(); }
        return TypedResults.Ok(new Page<ReviewChainRow>(
            [.. found.Items.Select(c => new ReviewChainRow(c.Id, c.Kind, c.Region.ToString(), c.Organisation, c.Version, c.ValidFrom, c.Source, c.DefinedAt))], found.Next, found.Total));
    }
}
