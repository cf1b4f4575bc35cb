using System.Text;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Http;

namespace Zhengtong.Exchange.Gateway;

/// <summary>Connections to providers' services, pooled for all calls. Nothing is followed, unpacked or remembered on the way; targets go as they are.</summary>
internal sealed class ServiceConnections : IDisposable
{
    private readonly HttpMessageInvoker invoker;

    public ServiceConnections(IOptions<GatewayOptions> options)
    {
        var guard = new AddressGuard(options.Value.ForbiddenNetworks);
        var handler = PlainHandler.Of(options.Value.ConnectSeconds, 5, guard);
        (handler.RequestHeaderEncodingSelector, handler.ResponseHeaderEncodingSelector) = ((_, _) => Encoding.UTF8, (_, _) => Encoding.Latin1);
        invoker = new HttpMessageInvoker(handler);
    }

    /// <summary>The answer's head; its body streams.</summary>
    /// <exception cref="HttpRequestException">No connection, no answer, or none that is HTTP.</exception>
    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct) => invoker.SendAsync(request, ct);

    /// <summary>The address of a target below a service's base address, not one character changed.</summary>
    internal static Uri AddressOf(string door, string rest) => new(door + rest, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    public void Dispose() => invoker.Dispose();
}
