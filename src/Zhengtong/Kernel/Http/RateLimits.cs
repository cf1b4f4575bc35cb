using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.StaticAssets;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Http;

/// <summary>How often one caller may ask. Visitors count by address (IPv6: by the /64 network a household holds), officers and programs by their account.
/// Settings <c>Http:PerMinute:Visitor</c> (default 600) and <c>Http:PerMinute:SignedIn</c> (default 6,000); a whole minute's worth may come at once; 0 lifts the limit.
/// Files, health and metrics are not counted.</summary>
internal static class RateLimits
{
    internal const string Visitor = "Http:PerMinute:Visitor";
    internal const string SignedIn = "Http:PerMinute:SignedIn";

    internal static void AddRateLimits(this WebApplicationBuilder builder) => builder.Services.AddRateLimiter(o =>
    {
        var (visitor, signedIn) = (builder.Configuration.GetValue(Visitor, 600), builder.Configuration.GetValue(SignedIn, 6000));
        o.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(http =>
        {
            if (http.GetEndpoint()?.Metadata.GetMetadata<StaticAssetDescriptor>() is not null
                || http.Request.Path.StartsWithSegments("/health") || http.Request.Path.StartsWithSegments("/metrics"))
            {
                return RateLimitPartition.GetNoLimiter("");
            }

            var actor = Actor.Of(http.User);
            var perMinute = actor.IsSignedIn ? signedIn : visitor;
            var caller = actor.IsSignedIn ? actor.Id.ToString() : AddressOf(http.Connection.RemoteIpAddress);
            return perMinute <= 0 ? RateLimitPartition.GetNoLimiter("") : RateLimitPartition.GetTokenBucketLimiter(caller, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = perMinute,
                TokensPerPeriod = Math.Max(1, perMinute / 60),
                ReplenishmentPeriod = TimeSpan.FromSeconds(Math.Max(1, 60.0 / perMinute)),
                AutoReplenishment = true,
            });
        });
        o.OnRejected = async (rejected, ct) =>
        {
            var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
            rejected.HttpContext.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            await KernelProblems.TooMany.Because().ExecuteAsync(rejected.HttpContext);
        };
    });

    private static string AddressOf(IPAddress? address)
    {
        if (address is null) { return "unknown"; }
        if (address.IsIPv4MappedToIPv6) { address = address.MapToIPv4(); }
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }
}
