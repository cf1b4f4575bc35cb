using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.OpenData.Publishing;

internal static class GetVersion
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/datasets/{dataset}/versions/{number:int}", Handle).AllowAnonymous().ProducesProblem(404);

    /// <summary>Read a version of a dataset, published or the caller's own; its ETag is what changes of a draft name in If-Match.</summary>
    /// <response code="200">The version.</response>
    /// <response code="404">open-data.not-found, open-data.version-not-found</response>
    internal static async Task<Results<Ok<DatasetVersionDetail>, ProblemHttpResult>> Handle(string dataset, int number, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        if (await PublicDatasets.FindAsync(db, dataset, actor, ct) is not { } found) { return OpenDataProblems.NotFound.Because(dataset); }
        return await PublicDatasets.FindVersionAsync(db, found, number, actor, ct) is { } version
            ? TypedResults.Ok(DatasetVersionDetail.Of(found, version, actor)) : OpenDataProblems.VersionNotFound.Because($"{number}");
    }
}
