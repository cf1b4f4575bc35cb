using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.OpenData.Harvest;

internal static class GetHarvestSource
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/harvest-sources/{id:guid}", Handle).Requires(Right.ManagePortal).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read a source.</summary>
    /// <response code="200">The source.</response>
    /// <response code="404">open-data.source-not-found</response>
    internal static async Task<Results<Ok<HarvestSourceDetail>, ProblemHttpResult>> Handle(Guid id, ZhengtongDb db, CancellationToken ct)
    {
        var found = await db.HarvestSources.AsNoTracking().Where(s => s.Id == id && s.RemovedAt == null).Select(ListHarvestSources.Shown(db)).SingleOrDefaultAsync(ct);
        return found is null ? OpenDataProblems.SourceNotFound.Because($"{id}") : TypedResults.Ok(found);
    }
}
