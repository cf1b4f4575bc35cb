using System.Net;
using System.Net.Sockets;

namespace Zhengtong.Kernel.Http;

/// <summary>Opens connections to addresses that others named. The name is judged by the addresses it has at this moment, so that no name leads into a forbidden network.</summary>
/// <param name="forbidden">Networks that nothing is sent into, as CIDR, separated by commas.</param>
internal sealed class AllowedTargets(string forbidden)
{
    private readonly IPNetwork[] networks = [.. forbidden.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(n => IPNetwork.Parse(n))];

    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    /// <exception cref="SocketException">Every address of the name lies in a forbidden network, or none answers.</exception>
    internal async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var addresses = (await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, ct)).Select(a => a.IsIPv4MappedToIPv6 ? a.MapToIPv4() : a).ToList();
        var allowed = addresses.Where(a => !Array.Exists(networks, n => n.Contains(a))).ToArray();
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
