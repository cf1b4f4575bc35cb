using System.Net;

namespace Zhengtong.Kernel.Http;

/// <summary>How the platform calls what others named: services, brokers, portals, engines, sites. It sends what its caller says and nothing of its own, and follows nobody elsewhere.</summary>
internal static class PlainHandler
{
    /// <summary>A handler without redirects, cookies, proxies, decompression and trace headers.</summary>
    /// <param name="connectSeconds">How long connecting may take, in seconds.</param>
    /// <param name="keptMinutes">How long a connection serves before its name is looked up again, in minutes.</param>
    /// <param name="guard">Which addresses are refused; null for none.</param>
    internal static SocketsHttpHandler Of(int connectSeconds, int keptMinutes, AddressGuard? guard = null)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromSeconds(connectSeconds),
            PooledConnectionLifetime = TimeSpan.FromMinutes(keptMinutes),
            // KB.
            MaxResponseHeadersLength = 64,
        };
        if (guard is not null) { handler.ConnectCallback = guard.ConnectAsync; }
        return handler;
    }
}
