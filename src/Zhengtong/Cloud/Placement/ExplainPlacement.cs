using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Placement;

internal static class ExplainPlacement
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/placement-explanations", Handle).Requires(Right.SeePools).ProducesProblem(403);

    /// <summary>Ask where something would be placed and why, and why not elsewhere. Nothing is held or placed, and the quota is not asked.</summary>
    /// <response code="200">What would be chosen; nothing chosen, and the reasons, when nothing fits.</response>
    internal static async Task<Ok<PlacementExplanation>> Handle(PlacementNeed request, Placing placing, CancellationToken ct) => TypedResults.Ok(await placing.ExplainAsync(request, Guid.Empty, ct));
}
