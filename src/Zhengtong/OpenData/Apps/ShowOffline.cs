using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.OpenData.Portal;

namespace Zhengtong.OpenData.Apps;

internal static class ShowOffline
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/apps/{guide}/offline", Handle).IsGuidePage();

    /// <summary>What is shown without a connection in place of a page that was never seen: it lists what was.</summary>
    internal static Results<RazorComponentResult, NotFound> Handle(string guide, HttpContext http, BaseMap ground)
    {
        if (Guide.Find(guide) is not { } found) { return TypedResults.NotFound(); }
        GuidePage.Prepare(http, ground);
        return new RazorComponentResult<OfflinePage>(new { Guide = new ShownGuide { Guide = found, Kinds = [], Districts = [] } });
    }
}
