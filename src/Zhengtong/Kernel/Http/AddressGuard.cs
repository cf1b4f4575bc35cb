using System.Net;
using System.Net.Sockets;

namespace Zhengtong.Kernel.Http;

/// <summary>A name has none but forbidden addresses; told apart from a network that cannot be reached now.</summary>
internal sealed class ForbiddenAddressException() : IOException("The address lies in a forbidden network");

/// <summary>Where connections of the platform's own may lead: it looks a name up, refuses the addresses in forbidden networks and connects to those that are left, the very addresses
/// that were judged. A name that changes between two looks therefore leads nowhere else, and neither does a redirect.</summary>
/// <param name="forbiddenNetworks">Networks (CIDR) between commas; empty for none.</param>
internal sealed class AddressGuard(string forbiddenNetworks)
{
    private readonly IPNetwork[] forbidden = [.. Networks(forbiddenNetworks)];

    /// <summary>True when the list can be read.</summary>
    internal static bool IsList(string networks) => Parts(networks).All(n => IPNetwork.TryParse(n, out _));

    /// <summary>Connects, for <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    /// <exception cref="ForbiddenAddressException">No address that is allowed.</exception>
    /// <exception cref="SocketException">No address, or no connection.</exception>
    internal async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        // The resolver refuses the addresses of "any" instead of answering them; those are judged like all others.
        var found = IPAddress.TryParse(context.DnsEndPoint.Host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, ct);
        var addresses = found.Select(a => a.IsIPv4MappedToIPv6 ? a.MapToIPv4() : a).ToList();
        var allowed = addresses.Where(a => !Array.Exists(forbidden, n => n.Contains(a))).ToArray();
        if (allowed.Length == 0) { throw addresses.Count == 0 ? new SocketException((int)SocketError.HostNotFound) : new ForbiddenAddressException(); }
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

    private static IEnumerable<IPNetwork> Networks(string networks) => Parts(networks).Select(n => IPNetwork.Parse(n));

    private static string[] Parts(string networks) => networks.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
