using Microsoft.AspNetCore.Http.HttpResults;

namespace Zhengtong.Web;

/// <summary>The status of a page that was refused something.</summary>
internal static class Answering
{
    /// <summary>Answers with the refusal's status, the page itself being the body; nothing when there is no refusal.</summary>
    internal static void Answer(this HttpContext http, ProblemHttpResult? refusal)
    {
        if (refusal is null || http.Response.HasStarted) { return; }
        if (refusal.StatusCode != StatusCodes.Status404NotFound) { http.Response.StatusCode = refusal.StatusCode; return; }
        // The renderer drops what a page says when it finds 404 at its end (ASP.NET Core 10.0), so the status comes last of all.
        http.Response.OnStarting(static response =>
        {
            ((HttpResponse)response).StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }, http.Response);
    }
}
