using Microsoft.AspNetCore.Http.Features;

namespace Zhengtong.Exchange.Gateway;

/// <summary>Takes the gateway's addresses before anything of the platform's own pipeline sees them: its headers, compression, limits and error pages are for its own pages and API,
/// an answer passes here as the provider gave it. Whose address it is, is asked of the raw target and of the server's reading of it; where they differ, the gateway refuses.</summary>
internal sealed class GatewayFirst : IStartupFilter
{
    /// <summary>X-Road's addresses outside a protocol version.</summary>
    private static readonly string[] XRoadOwn = ["listClients", "verificationconf", "asic"];

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.MapWhen(http => RouteOf(http) is not null, gateway =>
        {
            gateway.UseForwardedHeaders();
            gateway.UseRequestLocalization();
            gateway.Run(http => http.RequestServices.GetRequiredService<GatewayDoor>().AnswerAsync(http, RouteOf(http)!.Value));
        });
        next(app);
    };

    private static GatewayRoute? RouteOf(HttpContext http) =>
        RouteOf(http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget) ?? RouteOf(http.Request.Path.Value ?? "");

    private static GatewayRoute? RouteOf(string target)
    {
        if (target.Length < 2) { return null; }
        var path = target.AsSpan(1);
        if (path.IndexOfAny('/', '?') is var end and >= 0) { path = path[..end]; }
        if (path.Equals("services", StringComparison.OrdinalIgnoreCase)) { return GatewayRoute.Plain; }
        foreach (var own in XRoadOwn)
        {
            if (path.Equals(own, StringComparison.OrdinalIgnoreCase)) { return GatewayRoute.XRoad; }
        }

        return path is ['r' or 'R', >= '1' and <= '9'] ? GatewayRoute.XRoad : null;
    }
}

/// <summary>Whose language a call speaks.</summary>
internal enum GatewayRoute
{
    /// <summary>X-Road's.</summary>
    XRoad,
    /// <summary>Our own.</summary>
    Plain,
}

/// <summary>Reads the target once and hands the call to its route; whatever goes wrong is answered in the route's own form.</summary>
internal sealed partial class GatewayDoor(XRoadCalls xroad, PlainCalls plain, ILogger<GatewayDoor> logger)
{
    internal async Task AnswerAsync(HttpContext http, GatewayRoute route)
    {
        Refusal? refusal;
        try
        {
            // Bodies stream whatever their size.
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) { limit.MaxRequestBodySize = null; }
            refusal = CallTarget.Read(http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, out var fault) is not { } target ? Refusal.Ambiguous(fault)
                : CallHead.Fault(http.Request.Headers) ?? await (route == GatewayRoute.XRoad ? xroad.AnswerAsync(http, target) : plain.AnswerAsync(http, target));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested) { return; }
        catch (Exception e)
        {
            Broken(e);
            if (http.Response.HasStarted)
            {
                http.Abort();
                return;
            }

            http.Response.Clear();
            refusal = Refusal.Internal;
        }

        if (refusal is null) { return; }
        if (refusal.RetryAfter is { } wait) { http.Response.Headers.RetryAfter = ((int)Math.Max(1, Math.Ceiling(wait.TotalSeconds))).ToString(System.Globalization.CultureInfo.InvariantCulture); }
        if (route == GatewayRoute.XRoad) { await XRoadError.WriteAsync(http, refusal); }
        else { await refusal.Problem.Because(refusal.Detail).ExecuteAsync(http); }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The gateway failed at a call")]
    private partial void Broken(Exception e);
}
