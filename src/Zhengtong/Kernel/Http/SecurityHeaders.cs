using Microsoft.Extensions.Primitives;

namespace Zhengtong.Kernel.Http;

/// <summary>What a browser may do with our answers. No script and no style stands inside a page, so that injected markup stays dead text.</summary>
internal static class SecurityHeaders
{
    /// <summary>Bootstrap's style sheet holds small pictures as data; maps draw in workers of their own making.</summary>
    internal const string ContentPolicy =
        "default-src 'self'; img-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>What no page asks a device for; a page that needs one of them says so itself.</summary>
    internal const string PermissionsPolicy = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

    /// <summary>Headers of which a request holds at most one; with two, a proxy and we might each believe another.</summary>
    private static readonly string[] Single = ["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "If-Modified-Since", "X-Forwarded-Proto"];

    /// <summary>The policy with the hosts that modules name. It is the same on every page: going from one page to the next, a browser that only takes over what changed keeps the policy of the first.</summary>
    internal static string PolicyOf(IServiceProvider services)
    {
        var hosts = string.Join(' ', services.GetServices<PageSources>().Select(s => s.Hosts).Where(h => h.Length > 0));
        return hosts.Length == 0 ? ContentPolicy : ContentPolicy.Replace("img-src 'self' data:", $"img-src 'self' data: {hosts}; connect-src 'self' {hosts}", StringComparison.Ordinal);
    }

    internal static void UseSecurityHeaders(this WebApplication app) => app.Use((http, next) =>
    {
        http.Response.OnStarting(static state =>
        {
            var answered = (HttpContext)state;
            var headers = answered.Response.Headers;
            headers.ContentSecurityPolicy = StringValues.IsNullOrEmpty(headers.ContentSecurityPolicy) ? PolicyOf(answered.RequestServices) : headers.ContentSecurityPolicy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "same-origin";
            headers["Permissions-Policy"] = StringValues.IsNullOrEmpty(headers["Permissions-Policy"]) ? PermissionsPolicy : headers["Permissions-Policy"];
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            return Task.CompletedTask;
        }, http);
        return next(http);
    });

    /// <summary>Refuses a header that stands twice: 400 kernel.malformed.</summary>
    internal static void UseSingleHeaders(this WebApplication app) => app.Use(async (http, next) =>
    {
        if (Array.Find(Single, name => http.Request.Headers[name].Count > 1) is { } twice)
        {
            await KernelProblems.Malformed.Because(Text.Of("kernel.malformed.twice", twice)).ExecuteAsync(http);
            return;
        }

        await next(http);
    });

    /// <summary>Lets an endpoint take a larger body than the usual 1 MB.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="bytes">Most bytes of the body; null for no limit, for what streams.</param>
    internal static TBuilder TakesUpTo<TBuilder>(this TBuilder endpoint, long? bytes) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new BodyLimit(bytes));

    private sealed record BodyLimit(long? MaxRequestBodySize) : Microsoft.AspNetCore.Http.Metadata.IRequestSizeLimitMetadata;
}

/// <summary>Other hosts of which pages may show pictures and read map tiles.</summary>
/// <param name="Hosts">Schemes and hosts with spaces between; empty for none.</param>
internal sealed record PageSources(string Hosts);
