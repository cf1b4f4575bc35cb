using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.OpenData.Keys;

namespace Zhengtong.OpenData.Portal;

/// <summary>A picture alone, for a frame on any site: GET /dataset/{name}/resource/{id}/chart/embed. The only pages that others may frame.</summary>
internal static class EmbedChart
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/dataset/{name}/resource/{id:guid}/chart/embed", Handle).AllowAnonymous().ExcludeFromDescription().WithPublicLimits("chart", KeyScope.Rows);

    internal static async Task<Results<RazorComponentResult, ProblemHttpResult>> Handle(string name, Guid id, HttpContext http, ZhengtongDb db, BuiltChart built, CancellationToken ct)
    {
        if (await built.OfAsync(db, null, name, id, http.Request.QueryString.Value ?? "", ct) is not { } shown) { return OpenDataProblems.NotFound.Because(name); }
        BuiltChart.AllowFrames(http);
        http.Response.Headers.CacheControl = "public, max-age=300";
        return new RazorComponentResult<ChartEmbed>(new { Shown = shown, Page = $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}{shown.Asked.Address($"{shown.RowsPath}/chart")}" });
    }
}
