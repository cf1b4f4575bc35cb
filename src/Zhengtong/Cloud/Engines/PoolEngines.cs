using System.Security.Cryptography;
using System.Text;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Engines;

/// <summary>The engines of the pools, kept and shared by all who use them. One is made anew when its pool was revised; who has the former goes on with it to the end of the call, so ask again for each.</summary>
internal sealed class PoolEngines(IEnumerable<IEngineDriver> drivers, Vault vault) : IDisposable
{
    private readonly Dictionary<string, IEngineDriver> drivers = drivers.ToDictionary(d => d.Name, StringComparer.Ordinal);
    private readonly Dictionary<Guid, Kept> kept = [];
    private readonly Lock door = new();

    /// <summary>This platform in the marks of what it makes at engines. Made from its master key: the same in all its processes, and another for each platform.</summary>
    internal string Owner { get; } = $"zt-{vault.MarkOf("owner", "cloud-engines")[..24]}";

    /// <summary>The engines that pools may name, in alphabetical order.</summary>
    internal IReadOnlyList<string> Names { get; } = [.. drivers.Select(d => d.Name).Order(StringComparer.Ordinal)];

    internal IEngineDriver? DriverOf(string name) => drivers.GetValueOrDefault(name);

    /// <summary>A pool's engine. Nobody is asked yet: it may be out of reach. The answer MUST not be disposed of.</summary>
    /// <returns><see cref="EngineOutcome.Refused"/> with the code <c>engine-unknown</c> when there is no such driver, <c>secret-sealed</c> when the secret is of another master key,
    /// <c>address</c> when the driver cannot read address or secret.</returns>
    internal EngineAnswer<CloudEngine> Of(ResourcePool pool)
    {
        lock (door)
        {
            // Who read the pool before it was revised gets the newer one too.
            if (kept.TryGetValue(pool.Id, out var found) && found.Revision >= pool.Revision) { return new(found.Engine); }
            if (DriverOf(pool.Engine) is not { } driver) { return EngineAnswer.Refused("engine-unknown", pool.Engine).As<CloudEngine>(); }
            CloudEngine engine;
            try { engine = driver.Open(Owner, pool.Address, SecretOf(pool)); }
            catch (CryptographicException) { return EngineAnswer.Refused("secret-sealed").As<CloudEngine>(); }
            catch (FormatException) { return EngineAnswer.Refused("address").As<CloudEngine>(); }
            // The former is not disposed of, for others are in the middle of its calls; its idle lines close by themselves within minutes.
            kept[pool.Id] = new Kept(engine, pool.Revision);
            return new(engine);
        }
    }

    /// <summary>A pool's secret; null when it has none.</summary>
    /// <exception cref="CryptographicException">It was sealed under another master key.</exception>
    internal string? SecretOf(ResourcePool pool) => pool.Secret is { } secret ? Encoding.UTF8.GetString(vault.Open(secret, ResourcePool.PurposeOf(pool.Id))) : null;

    public void Dispose()
    {
        lock (door)
        {
            foreach (var one in kept.Values) { one.Engine.Dispose(); }
            kept.Clear();
        }
    }

    private sealed record Kept(CloudEngine Engine, int Revision);
}
