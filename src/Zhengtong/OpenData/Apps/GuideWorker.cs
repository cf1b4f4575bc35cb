using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Http;

namespace Zhengtong.OpenData.Apps;

internal static class GuideWorker
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/apps/{guide}/worker.js", Handle).IsGuidePage();

    /// <summary>The service worker of a guide: its settings and the one script behind them. It answers for pages of the guide only.</summary>
    internal static Results<ContentHttpResult, NotFound> Handle(string guide, HttpContext http, GuideShellFiles files)
    {
        if (Guide.Find(guide) is not { } found) { return TypedResults.NotFound(); }
        var headers = http.Response.Headers;
        headers.CacheControl = "no-cache";
        // The guide's first page has no slash at its end, so the scope is wider than the script's folder.
        headers["Service-Worker-Allowed"] = found.Path;
        var settings = JsonSerializer.Serialize(new
        {
            guide = found.Id, root = found.Path, version = files.Version, languages = ReadersLanguage.All.Select(l => l.Name),
            shell = (string[])[.. GuideShellFiles.All, .. ReadersLanguage.All.Select(l => $"{found.Path}/offline?lang={l.Name}"), .. new[] { "svg", "192.png" }.Select(f => $"/guide-{found.Id}{(f[0] == 's' ? "." : "-")}{f}")],
        });
        return TypedResults.Text($"self.guide = {settings};\n{files.Worker}", "text/javascript; charset=utf-8");
    }
}
