using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.StaticAssets;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Http;

/// <summary>Metadata of endpoints that count their callers by limits of their own.</summary>
internal sealed class OwnLimits;

/// <summary>How often one caller may ask. Visitors count by address (IPv6: by the /64 network a household holds), officers and programs by their account.
/// Settings <c>Http:PerMinute:Visitor</c> (default 600) and <c>Http:PerMinute:SignedIn</c> (default 6,000); a whole minute's worth may come at once; 0 lifts the limit.
/// Files, health and metrics are not counted. Of whole tables and files a caller loads so many at once as <c>Http:Downloads</c> says (default 6; 0 lifts it).</summary>
internal static class RateLimits
{
    internal const string Visitor = "Http:PerMinute:Visitor";
    internal const string SignedIn = "Http:PerMinute:SignedIn";
    internal const string AtOnce = "Http:Downloads";

    /// <summary>The policy of an endpoint that reads a whole table or file: so many at once for one caller, the next is refused.</summary>
    internal const string Downloads = "downloads";

    internal static void AddRateLimits(this WebApplicationBuilder builder) => builder.Services.AddRateLimiter(o =>
    {
        var (visitor, signedIn) = (builder.Configuration.GetValue(Visitor, 600), builder.Configuration.GetValue(SignedIn, 6000));
        o.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(http =>
        {
            if (http.GetEndpoint()?.Metadata.GetMetadata<StaticAssetDescriptor>() is not null
                || http.GetEndpoint()?.Metadata.GetMetadata<OwnLimits>() is not null
                || http.Request.Path.StartsWithSegments("/health") || http.Request.Path.StartsWithSegments("/metrics"))
            {
                return RateLimitPartition.GetNoLimiter("");
            }

            var caller = CallerOf(http);
            var perMinute = Actor.Of(http.User).IsSignedIn ? signedIn : visitor;
            return perMinute <= 0 ? RateLimitPartition.GetNoLimiter("") : RateLimitPartition.GetTokenBucketLimiter(caller, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = perMinute,
                TokensPerPeriod = Math.Max(1, perMinute / 60),
                ReplenishmentPeriod = TimeSpan.FromSeconds(Math.Max(1, 60.0 / perMinute)),
                AutoReplenishment = true,
            });
        });
        var atOnce = builder.Configuration.GetValue(AtOnce, 6);
        o.AddPolicy(Downloads, http => atOnce <= 0
            ? RateLimitPartition.GetNoLimiter("")
            : RateLimitPartition.GetConcurrencyLimiter(CallerOf(http), _ => new ConcurrencyLimiterOptions { PermitLimit = atOnce, QueueLimit = 0 }));
        o.OnRejected = async (rejected, ct) =>
        {
            var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
            rejected.HttpContext.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            var http = rejected.HttpContext;
            await (http.GetEndpoint()?.Metadata.GetMetadata<TooManyAnswer>() is { } own ? own.Write(http) : KernelProblems.TooMany.Because().ExecuteAsync(http));
        };
    });

    private static string CallerOf(HttpContext http) => Actor.Of(http.User) is { IsSignedIn: true } actor ? actor.Id.ToString() : AddressOf(http.Connection.RemoteIpAddress);

    /// <summary>What a visitor counts by.</summary>
    internal static string AddressOf(IPAddress? address)
    {
        if (address is null) { return "unknown"; }
        if (address.IsIPv4MappedToIPv6) { address = address.MapToIPv4(); }
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }
}

/// <summary>Metadata of an endpoint whose protocol has a shape of its own for refusals.</summary>
/// <param name="Write">Writes the whole answer of a refused call, its status too; Retry-After is set already.</param>
internal sealed record TooManyAnswer(Func<HttpContext, Task> Write);
