using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Http;
using Zhengtong.OpenData.Descriptions;

namespace Zhengtong.OpenData.Harvest;

/// <summary>An answer of another portal, read whole.</summary>
/// <param name="Address">Where it came from, behind all redirects.</param>
/// <param name="MediaType">Its media type, lower case; empty when it says none.</param>
/// <param name="Body">Its bytes, unpacked.</param>
internal sealed record PortalAnswer(Uri Address, string MediaType, byte[] Body);

/// <summary>Connections to other portals and to where their links lead. Every address, that of a redirect too, is judged when it is connected to; answers are bounded, nothing is remembered.</summary>
internal sealed class PortalConnections : IDisposable
{
    private const int Block = 64 * 1024;
    private readonly HttpMessageInvoker invoker;
    private readonly HarvestOptions options;
    private readonly TimeProvider clock;

    public PortalConnections(IOptions<HarvestOptions> options, TimeProvider clock)
    {
        (this.options, this.clock) = (options.Value, clock);
        var handler = PlainHandler.Of(10, 2, new AddressGuard(options.Value.ForbiddenNetworks));
        handler.AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Brotli | DecompressionMethods.Deflate;
        invoker = new HttpMessageInvoker(handler);
    }

    /// <summary>True for an address that may be asked at all: absolute, http or https, with a host and without a user's name or control characters in it, at most 2,000 characters.</summary>
    internal static bool IsAddress(string? text) => text is { Length: > 0 and <= 2000 } && PublicText.Clean(text) == text && Uri.TryCreate(text, UriKind.Absolute, out var uri) && IsAddress(uri);

    /// <summary>The answer to GET, behind redirects.</summary>
    /// <exception cref="HarvestFault">No answer, one that is no success, or one that is too long.</exception>
    internal async Task<PortalAnswer> GetAsync(Uri address, string accept, CancellationToken ct)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var timer = clock.CreateTimer(_ => bound.Cancel(), null, TimeSpan.FromSeconds(options.PageSeconds), Timeout.InfiniteTimeSpan);
        try
        {
            var (response, at) = await SendAsync(HttpMethod.Get, address, r => r.Headers.TryAddWithoutValidation("Accept", accept), bound.Token);
            using (response)
            {
                if (!response.IsSuccessStatusCode)
                {
                    var status = (int)response.StatusCode;
                    throw new HarvestFault("status", $"{status}", status is 408 or 425 or 429 or >= 500) { Wait = WaitOf(response.Headers.RetryAfter) };
                }

                return new PortalAnswer(at, response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant() ?? "", await ReadAsync(response, bound.Token));
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested) { throw new HarvestFault("timeout", $"{options.PageSeconds} s", mayPass: true); }
        catch (HttpRequestException e) { throw new HarvestFault(IsForbidden(e) ? "forbidden-address" : "unreachable", address.Host, mayPass: !IsForbidden(e)); }
        catch (Exception e) when (e is IOException or InvalidDataException) { throw new HarvestFault("unreachable", address.Host, mayPass: true); }
    }

    /// <summary>The head of an answer behind redirects; its body is not read.</summary>
    /// <exception cref="HarvestFault">A redirect leads nowhere, or too far.</exception>
    /// <exception cref="HttpRequestException">No connection, no answer, or none that is HTTP.</exception>
    internal async Task<(HttpResponseMessage Response, Uri Address)> SendAsync(HttpMethod method, Uri address, Action<HttpRequestMessage> dress, CancellationToken ct)
    {
        for (var redirects = 0; ; redirects++)
        {
            if (!IsAddress(address)) { throw new HarvestFault("bad-address", Shortened(address.OriginalString)); }
            using var request = new HttpRequestMessage(method, address);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Zhengtong", "1"));
            dress(request);
            var response = await invoker.SendAsync(request, ct);
            if (response.StatusCode is not (HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
                || response.Headers.Location is not { } next) { return (response, address); }
            response.Dispose();
            if (redirects >= options.Redirects) { throw new HarvestFault("redirects", $"{options.Redirects}"); }
            if (!Uri.TryCreate(address, next, out var target)) { throw new HarvestFault("bad-address", Shortened(next.OriginalString)); }
            address = target;
        }
    }

    /// <summary>True when the way led into a network where nothing may lead.</summary>
    internal static bool IsForbidden(HttpRequestException fault) => fault.InnerException is ForbiddenAddressException;

    public void Dispose() => invoker.Dispose();

    private static bool IsAddress(Uri uri) => uri.IsAbsoluteUri && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps) && uri.Host.Length > 0 && uri.UserInfo.Length == 0;

    private async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        if (response.Content.Headers.ContentLength > options.PageBytes) { throw TooLarge(); }
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        using var kept = new MemoryStream();
        var block = new byte[Block];
        for (int read; (read = await stream.ReadAsync(block, ct)) > 0;)
        {
            if (kept.Length + read > options.PageBytes) { throw TooLarge(); }
            kept.Write(block, 0, read);
        }

        return kept.ToArray();
    }

    private HarvestFault TooLarge() => new("page-too-large", $"{options.PageBytes}");

    private TimeSpan? WaitOf(RetryConditionHeaderValue? said)
    {
        var wait = said?.Delta ?? (said?.Date - clock.GetUtcNow());
        return wait is { } w && w > TimeSpan.Zero ? (w < TimeSpan.FromHours(1) ? w : TimeSpan.FromHours(1)) : null;
    }

    private static string Shortened(string text) => text.Length <= 200 ? text : text[..200];
}
