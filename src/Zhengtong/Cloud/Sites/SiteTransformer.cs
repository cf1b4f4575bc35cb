using Yarp.ReverseProxy.Forwarder;

namespace Zhengtong.Cloud.Sites;

/// <summary>What passes between a visitor and a site. Headers of the connection alone are left out by the forwarder (RFC 9110, 7.6.1).</summary>
internal sealed class SiteTransformer : HttpTransformer
{
    /// <summary>Of the visitor: what is between it and the platform, and what some servers take for another method, path or sender.</summary>
    private static readonly string[] NotForSites =
    [
        "Cookie", "Authorization", "Expect", "RequestVerificationToken", "Idempotency-Key", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Forwarded-Port", "X-Real-IP", "X-Original-URL",
        "X-Original-Method", "X-Rewrite-URL", "X-HTTP-Method-Override",
    ];

    /// <summary>Of the site: what would hold for the platform's whole host name, or for a server in front of it.</summary>
    private static readonly string[] NotFromSites =
    [
        "Set-Cookie", "Set-Cookie2", "WWW-Authenticate", "Clear-Site-Data", "Strict-Transport-Security", "Service-Worker-Allowed", "Alt-Svc", "NEL", "Report-To", "Reporting-Endpoints", "Public-Key-Pins", "Server", "X-Accel-Redirect",
        "X-Sendfile",
    ];

    /// <summary>The path in front of a site's own.</summary>
    internal static string PrefixOf(string name) => $"/sites/{name}";

    public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        foreach (var name in NotForSites) { proxyRequest.Headers.Remove(name); }
        // The site's own name and path, under which its server knows itself.
        proxyRequest.Headers.Host = null;
        httpContext.Request.Path.StartsWithSegments(PrefixOf(NameOf(httpContext)), out var rest);
        proxyRequest.RequestUri = RequestUtilities.MakeDestinationAddress(destinationPrefix, rest, httpContext.Request.QueryString);
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-For", $"{httpContext.Connection.RemoteIpAddress}");
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-Proto", httpContext.Request.Scheme);
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-Host", httpContext.Request.Host.Value);
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-Prefix", PrefixOf(NameOf(httpContext)));
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null) { return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken); }
        foreach (var name in NotFromSites) { proxyResponse.Headers.Remove(name); }
        // Not as the type for addresses reads it: on Linux it takes a path for that of a file.
        if (proxyResponse.Headers.NonValidated.TryGetValues("Location", out var said) && said.Count == 1 && proxyResponse.RequestMessage?.RequestUri is { } asked)
        {
            proxyResponse.Headers.Remove("Location");
            proxyResponse.Headers.TryAddWithoutValidation("Location", Outside(said.ToString(), asked, httpContext));
        }

        await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        httpContext.Response.Headers.Append("Content-Security-Policy", SiteVisits.Sandbox);
        return true;
    }

    /// <summary>An answer ends without its trailers; what they say would come after everything was checked.</summary>
    public override ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    private static string NameOf(HttpContext http) => (string)http.Request.RouteValues["name"]!;

    /// <summary>Where a redirect leads for the visitor: what leads to the site itself leads through the platform, all else as it is.</summary>
    private static string Outside(string location, Uri asked, HttpContext http)
    {
        string path;
        if (location.StartsWith('/') && !location.StartsWith("//", StringComparison.Ordinal)) { path = location; }
        else if (Uri.TryCreate(location, UriKind.Absolute, out var whole) && whole.Scheme == asked.Scheme && whole.Authority == asked.Authority) { path = whole.PathAndQuery + whole.Fragment; }
        else { return location; }
        var served = (string)http.Items[typeof(SiteTransformer)]!;
        if (served.Length > 0 && (path == served || path.StartsWith(served + "/", StringComparison.Ordinal))) { path = path[served.Length..]; }
        return PrefixOf(NameOf(http)) + (path.StartsWith('/') ? path : "/" + path);
    }

    /// <summary>Remembers the path that stands before a site's own inside, to be taken off again.</summary>
    internal static void Remember(HttpContext http, string door) => http.Items[typeof(SiteTransformer)] = new Uri(door).AbsolutePath.TrimEnd('/');
}
