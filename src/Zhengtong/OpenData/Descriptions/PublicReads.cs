using Zhengtong.Kernel.Http;
using Zhengtong.OpenData.Keys;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>Addresses that programs of any origin may read without asking first.</summary>
internal static class PublicReads
{
    /// <summary>Maps GET, HEAD and the question browsers ask before they send a condition along; within the limits of the public.</summary>
    /// <param name="app">Where to.</param>
    /// <param name="pattern">The address.</param>
    /// <param name="handler">What answers.</param>
    /// <param name="scope">What a key needs for it.</param>
    internal static void MapPublicGet(this IEndpointRouteBuilder app, string pattern, Delegate handler, KeyScope scope = KeyScope.Catalogue)
    {
#pragma warning disable RDG002 // The handler is the caller's: these few are bound when the program starts.
        var answers = app.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Head], handler).AllowAnonymous().ExcludeFromDescription().AddEndpointFilter(async (context, next) =>
        {
            Open(context.HttpContext);
            return await next(context);
        }).WithPublicLimits(scope == KeyScope.Downloads ? "download" : "describe", scope);
#pragma warning restore RDG002
        if (scope == KeyScope.Downloads) { answers.RequireRateLimiting(RateLimits.Downloads); }
        app.MapMethods(pattern, [HttpMethods.Options], (RequestDelegate)Preflight).AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>Says that any origin may read the answer.</summary>
    internal static void Open(HttpContext http)
    {
        http.Response.Headers.AccessControlAllowOrigin = "*";
        http.Response.Headers.AccessControlExposeHeaders = "ETag, Last-Modified, Content-Location, Link, Accept-Ranges, Content-Range, Content-Disposition, Repr-Digest, RateLimit, RateLimit-Policy, Retry-After";
    }

    private static Task Preflight(HttpContext http)
    {
        Open(http);
        http.Response.Headers.AccessControlAllowMethods = "GET, HEAD";
        http.Response.Headers.AccessControlAllowHeaders = "If-None-Match, If-Modified-Since, Accept, Accept-Language";
        http.Response.Headers.AccessControlMaxAge = "86400";
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
