using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Options;

namespace Zhengtong.Exchange.Gateway;

/// <summary>Connections to providers' services, pooled for all calls. Nothing is followed, unpacked or remembered on the way; targets go as they are.</summary>
internal sealed class ServiceConnections : IDisposable
{
    private readonly HttpMessageInvoker invoker;
    private readonly IPNetwork[] forbidden;

    public ServiceConnections(IOptions<GatewayOptions> options)
    {
        forbidden = [.. options.Value.ForbiddenNetworks.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(n => IPNetwork.Parse(n))];
        invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromSeconds(options.Value.ConnectSeconds),
            // A service may move: names are looked up again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseHeadersLength = 64,
            RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
            ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
            ConnectCallback = ConnectAsync,
        });
    }

    /// <summary>The answer's head; its body streams.</summary>
    /// <exception cref="HttpRequestException">No connection, no answer, or none that is HTTP.</exception>
    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct) => invoker.SendAsync(request, ct);

    /// <summary>The address of a target below a service's base address, not one character changed.</summary>
    internal static Uri AddressOf(string door, string rest) => new(door + rest, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    public void Dispose() => invoker.Dispose();

    /// <summary>The name is judged by the addresses it has at this moment, so that no name leads into a forbidden network.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var addresses = (await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, ct)).Select(a => a.IsIPv4MappedToIPv6 ? a.MapToIPv4() : a).ToList();
        var allowed = addresses.Where(a => !Array.Exists(forbidden, n => n.Contains(a))).ToArray();
        if (allowed.Length == 0) { throw new SocketException((int)SocketError.NetworkUnreachable); }
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
