using System.Net.Http.Headers;
using Microsoft.Extensions.Options;
using Zhengtong.OpenData.Harvest;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Links;

/// <summary>Looks whether something is behind an address: by its head, and where a server does not answer that well by the first byte.</summary>
internal sealed class LinkProbe(PortalConnections connections, IOptions<LinksOptions> options, TimeProvider clock)
{
    internal async Task<LinkFinding> LookAsync(string address, CancellationToken ct)
    {
        if (!PortalConnections.IsAddress(address)) { return new LinkFinding(null, "bad-address"); }
        var head = await AskAsync(HttpMethod.Head, address, ct);
        return head.IsGood || head.IsBusy || head.Fault is "forbidden-address" or "bad-address" or "redirects" ? head : await AskAsync(HttpMethod.Get, address, ct);
    }

    private async Task<LinkFinding> AskAsync(HttpMethod method, string address, CancellationToken ct)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var timer = clock.CreateTimer(_ => bound.Cancel(), null, TimeSpan.FromSeconds(options.Value.Seconds), Timeout.InfiniteTimeSpan);
        try
        {
            var (response, _) = await connections.SendAsync(method, new Uri(address), r => r.Headers.Range = method == HttpMethod.Get ? new RangeHeaderValue(0, 0) : null, bound.Token);
            // What follows the head is not read: the connection is given up.
            using (response) { return new LinkFinding((int)response.StatusCode, null); }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested) { return new LinkFinding(null, "timeout"); }
        catch (HarvestFault fault) { return new LinkFinding(null, fault.Code); }
        catch (HttpRequestException e) { return new LinkFinding(null, PortalConnections.IsForbidden(e) ? "forbidden-address" : "unreachable"); }
        catch (IOException) { return new LinkFinding(null, "unreachable"); }
    }
}
