using Microsoft.AspNetCore.Http.HttpResults;
using Yarp.ReverseProxy.Forwarder;
using Zhengtong.Kernel.Http;

namespace Zhengtong.Cloud.Sites;

internal static class VisitSite
{
    /// <summary>Most bytes of what a visitor sends.</summary>
    private const int MostBytes = 10 * 1024 * 1024;

    internal static void Map(IEndpointRouteBuilder app) => app.Map("/sites/{name}/{**rest}", Handle).AllowAnonymous().DisableAntiforgery().TakesUpTo(MostBytes).DisableRequestTimeout().ExcludeFromDescription();

    /// <summary>A visit of a site, by anybody; the answer is the site's, in a sandbox.</summary>
    internal static async Task<EmptyHttpResult> Handle(string name, string? rest, HttpContext http, SiteDirectory directory, SiteVisits visits, CancellationToken ct)
    {
        if (await directory.FindAsync(name, ct) is not { } site) { return Show(CloudProblems.SiteNotFound.Because(name)); }
        if (rest is null && !http.Request.Path.Value!.EndsWith('/'))
        {
            // A site's links are relative to its folder.
            http.Response.StatusCode = StatusCodes.Status308PermanentRedirect;
            http.Response.Headers.Location = $"{SiteTransformer.PrefixOf(name)}/{http.Request.QueryString}";
            http.Response.ContentLength = 0;
            return TypedResults.Empty;
        }

        if (site.Door is not { } door) { return Show(CloudProblems.SiteClosed.Because(name)); }
        SiteTransformer.Remember(http, door);
        // An error of the site without a word is the site's.
        if (http.Features.Get<Microsoft.AspNetCore.Diagnostics.IStatusCodePagesFeature>() is { } pages) { pages.Enabled = false; }
        var error = await visits.ForwardAsync(http, door);
        if (error == ForwarderError.None || http.Response.HasStarted || http.RequestAborted.IsCancellationRequested) { return TypedResults.Empty; }
        if (http.Features.Get<Microsoft.AspNetCore.Diagnostics.IStatusCodePagesFeature>() is { } again) { again.Enabled = true; }
        var status = http.Response.StatusCode;
        return status is StatusCodes.Status413PayloadTooLarge or StatusCodes.Status400BadRequest ? TypedResults.Empty
            : Show(status == StatusCodes.Status504GatewayTimeout ? CloudProblems.SiteSlow.Because(name) : CloudProblems.SiteSilent.Because(name));

        EmptyHttpResult Show(ProblemHttpResult problem)
        {
            ErrorPages.Show(http, problem);
            return TypedResults.Empty;
        }
    }
}
