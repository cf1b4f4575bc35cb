using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Net.Http.Headers;

namespace Zhengtong.Kernel.Http;

/// <summary>A refusal without a body gets one: a page for people, a problem document for programs.</summary>
internal static class ErrorPages
{
    /// <summary>Where the page stands that shows <see cref="Of"/>.</summary>
    internal const string Path = "/error";

    /// <summary>The refusal that the page shows; nothing at this address when somebody opens the page itself.</summary>
    internal static ProblemHttpResult Of(HttpContext http) => http.Features.Get<Refusal>()?.Problem ?? KernelProblems.NotFound.Because();

    /// <summary>True for a browser that asks for a page; the API answers in JSON to everybody.</summary>
    internal static bool WantsPage(HttpRequest request) =>
        !request.Path.StartsWithSegments("/api") && !request.Path.StartsWithSegments("/openapi")
        && request.GetTypedHeaders().Accept is { } accepted && accepted.Any(a => a.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase));

    /// <summary>Refuses where an endpoint speaks to people and programs alike: a page for the ones, the problem document for the others. Nothing may have been answered yet.</summary>
    internal static void Show(HttpContext http, ProblemHttpResult problem)
    {
        http.Features.Set(new Refusal(problem));
        http.Response.StatusCode = problem.StatusCode;
    }

    internal static async Task AnswerAsync(StatusCodeContext context)
    {
        var http = context.HttpContext;
        var problem = ProblemOf(http);
        if (!WantsPage(http.Request)) { await problem.ExecuteAsync(http); return; }

        var (path, query, method, status) = (http.Request.Path, http.Request.QueryString, http.Request.Method, http.Response.StatusCode);
        http.Features.Set(new Refusal(problem));
        // Tells the page's renderer that a 404 is to be shown, not to be passed on again.
        http.Features.Set<IStatusCodeReExecuteFeature>(new StatusCodeReExecuteFeature { OriginalPath = path, OriginalPathBase = http.Request.PathBase, OriginalQueryString = query.Value });
        http.SetEndpoint(null);
        http.Request.RouteValues.Clear();
        (http.Request.Path, http.Request.QueryString, http.Request.Method) = (Path, default, HttpMethods.Get);
        try { await context.Next(http); }
        finally { (http.Request.Path, http.Request.QueryString, http.Request.Method) = (path, query, method); }
        // The page itself failed, most likely because the database is gone: plain words instead.
        if (http.Response is { HasStarted: false, ContentLength: null, ContentType: null })
        {
            http.Response.StatusCode = status;
            http.Response.ContentType = "text/plain; charset=utf-8";
            await http.Response.WriteAsync(problem.ProblemDetails.Title!);
        }
    }

    private static ProblemHttpResult ProblemOf(HttpContext http)
    {
        if (http.Features.Get<Refusal>() is { } told) { return told.Problem; }
        if (http.Response.StatusCode == 400 && http.Features.Get<IAntiforgeryValidationFeature>() is { IsValid: false }) { return KernelProblems.FormExpired.Because(); }
        var type = ProblemShape.For(http.Response.StatusCode);
        return (type with { Status = http.Response.StatusCode }).Because();
    }

    private sealed record Refusal(ProblemHttpResult Problem);
}

/// <summary>A fault of ours: recorded, hidden from the caller, shown as kernel.internal with the trace id under which it was recorded.</summary>
internal sealed class OurFaults : IExceptionHandler
{
    public ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        // The empty answer is filled by ErrorPages.
        httpContext.Response.StatusCode = StatusCodes.Status500InternalServerError;
        httpContext.Response.Headers.Remove(HeaderNames.ETag);
        return ValueTask.FromResult(true);
    }
}
