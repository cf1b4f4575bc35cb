using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Reuse;

internal static class GetRating
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/datasets/{dataset}/rating", Handle).AllowAnonymous().ProducesProblem(404);

    /// <summary>All ratings of a dataset together.</summary>
    /// <response code="200">Average, count, and how many gave how many stars.</response>
    /// <response code="404">open-data.not-found</response>
    internal static async Task<Results<Ok<DatasetRatingSummary>, ProblemHttpResult>> Handle([StringLength(100)] string dataset, ZhengtongDb db, CancellationToken ct) =>
        await PublicDatasets.FindAsync(db, dataset, Actor.Visitor, ct) is { } found ? TypedResults.Ok(await DatasetRatingSummary.ReadAsync(db, found.Id, ct)) : OpenDataProblems.NotFound.Because(dataset);
}
