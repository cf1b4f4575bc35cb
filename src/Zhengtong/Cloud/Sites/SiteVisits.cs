using System.Net;
using Yarp.ReverseProxy.Forwarder;
using Zhengtong.Kernel.Http;

namespace Zhengtong.Cloud.Sites;

/// <summary>Brings visitors to sites and answers back. A site stands at the platform's own host name and is somebody else's work: nothing of the platform's goes to it (cookies, tokens), and nothing of it acts as the platform
/// (cookies, scripts, workers): its pages run in a sandbox, as of an origin of their own.</summary>
internal sealed class SiteVisits(IHttpForwarder forwarder) : IDisposable
{
    /// <summary>Beside the site's own policy, never in its place; a browser keeps to both. Without <c>allow-same-origin</c> a page has no part in the platform's cookies, storage and workers.</summary>
    internal const string Sandbox = "sandbox allow-downloads allow-forms allow-modals allow-popups allow-popups-to-escape-sandbox allow-scripts";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly ForwarderRequestConfig Config = new() { ActivityTimeout = TimeSpan.FromSeconds(30), Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
    private readonly SiteTransformer transformer = new();

    // An address may be given to another instance: it is looked at again soon.
    private readonly HttpMessageInvoker invoker = new(PlainHandler.Of(5, 1));

    /// <summary>Forwards a visit.</summary>
    internal ValueTask<ForwarderError> ForwardAsync(HttpContext http, string door) => forwarder.SendAsync(http, door, invoker, Config, transformer);

    /// <summary>The status that a site answers its first page with; null when it does not answer within two seconds.</summary>
    internal async Task<int?> ProbeAsync(string door, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, door + "/");
            using var answer = await invoker.SendAsync(request, limit.Token);
            return (int)answer.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or IOException || e is OperationCanceledException && !ct.IsCancellationRequested) { return null; }
    }

    public void Dispose() => invoker.Dispose();
}
