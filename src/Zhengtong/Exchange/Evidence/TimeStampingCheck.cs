using Microsoft.Extensions.Options;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Evidence;

/// <summary>Stamps that nobody could check are worth nothing: with an authority there must be a certificate to trust, before anything is served.</summary>
internal sealed class TimeStampingCheck(IOptions<ExchangeOptions> options) : IStartupStep
{
    public Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        if (options.Value.TimeStamping.Url is not { Length: > 0 } url) { return Task.CompletedTask; }
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https")) { throw new RefusedToStartException(6, Text.Of("exchange.start.time-stamping-url")); }
        try { scope.GetRequiredService<TimeStampAuthority>().Trusted().Dispose(); }
        catch (TimeStampException) { throw new RefusedToStartException(6, Text.Of("exchange.start.time-stamping-certificate")); }
        return Task.CompletedTask;
    }
}
