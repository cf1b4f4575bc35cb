namespace Zhengtong.OpenData.Descriptions;

/// <summary>Addresses that programs of any origin may read without asking first.</summary>
internal static class PublicReads
{
    /// <summary>Maps GET, HEAD and the question browsers ask before they send a condition along.</summary>
    internal static void MapPublicGet(this IEndpointRouteBuilder app, string pattern, Delegate handler)
    {
#pragma warning disable RDG002 // The handler is the caller's: these few are bound when the program starts.
        app.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Head], handler).AllowAnonymous().ExcludeFromDescription().AddEndpointFilter(async (context, next) =>
        {
            Open(context.HttpContext);
            return await next(context);
        });
#pragma warning restore RDG002
        app.MapMethods(pattern, [HttpMethods.Options], (RequestDelegate)Preflight).AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>Says that any origin may read the answer.</summary>
    internal static void Open(HttpContext http)
    {
        http.Response.Headers.AccessControlAllowOrigin = "*";
        http.Response.Headers.AccessControlExposeHeaders = "ETag, Last-Modified, Content-Location, Link";
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
