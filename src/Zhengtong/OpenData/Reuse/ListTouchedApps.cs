using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Reuse;

internal static class ListTouchedApps
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/datasets/{id:guid}/draft/touched-apps", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>The apps that the version under way of the department's dataset would break: it lacks columns they use, or closes the rows. Their makers are warned when it is proposed.</summary>
    /// <response code="200">The apps.</response>
    /// <response code="403">open-data.not-publisher</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.wrong-state</response>
    internal static async Task<Results<Ok<IReadOnlyList<TouchedApp>>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var (open, problem) = await OpenVersion.FindAsync(db, id, actor, ct);
        return open is null ? problem! : TypedResults.Ok(await TouchedApps.FindAsync(db, id, open.Version, ct));
    }
}
