using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Zhengtong.Exchange.Gateway;

/// <summary>Lets a service that does not answer rest, so that its consumers get their refusal at once and it can recover: after some calls in a row without an
/// answer none goes through for a while, then one tries. In each process of its own.</summary>
internal sealed class ServiceRest(TimeProvider clock, IOptions<GatewayOptions> options)
{
    private readonly ConcurrentDictionary<Guid, Health> services = new();

    /// <summary>How long the service still rests; null when the call may go through.</summary>
    internal TimeSpan? Wait(Guid service)
    {
        if (!services.TryGetValue(service, out var health)) { return null; }
        lock (health)
        {
            if (health.Failures < options.Value.RestAfter) { return null; }
            var left = TimeSpan.FromSeconds(options.Value.RestSeconds) - clock.GetElapsedTime(health.Since);
            if (left > TimeSpan.Zero) { return left; }
            // This call is the one that tries; the others wait another time.
            health.Since = clock.GetTimestamp();
            return null;
        }
    }

    internal void Answered(Guid service) => services.TryRemove(service, out _);

    internal void Failed(Guid service)
    {
        var health = services.GetOrAdd(service, _ => new Health());
        lock (health)
        {
            health.Failures++;
            if (health.Failures >= options.Value.RestAfter) { health.Since = clock.GetTimestamp(); }
        }
    }

    private sealed class Health
    {
        internal int Failures { get; set; }

        internal long Since { get; set; }
    }
}
