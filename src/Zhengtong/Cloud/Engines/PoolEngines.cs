using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Zhengtong.Cloud.Engines.Lxd;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Engines;

/// <summary>A kind of engine that pools may have.</summary>
internal interface IEngineDriver
{
    /// <summary>As pools name it, such as <c>lxd</c>.</summary>
    string Name { get; }

    /// <summary>What is wrong with an address or a secret, a key of the texts; null when nothing is.</summary>
    string? Fault(string address, string? secret);

    /// <summary>An engine at this address; nothing is asked of it yet.</summary>
    CloudEngine Open(string address, string? secret);
}

/// <summary>The engines of pools, opened once and shared; opened anew when an operator changed the pool.</summary>
internal sealed class PoolEngines(IEnumerable<IEngineDriver> drivers, Vault vault, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Described = TimeSpan.FromMinutes(5);
    private readonly Dictionary<string, IEngineDriver> drivers = drivers.ToDictionary(d => d.Name, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Guid, Lazy<Opened>> opened = new();
    private readonly ConcurrentDictionary<CloudEngine, (DateTimeOffset At, bool IsCluster)> described = new();

    internal IReadOnlyCollection<string> Names => drivers.Keys;

    /// <summary>What is wrong with a pool's engine, address or secret, a key of the texts; null when nothing is.</summary>
    internal string? Fault(string engine, string address, string? secret) => drivers.TryGetValue(engine, out var driver) ? driver.Fault(address, secret) : "cloud.pool.engine-unknown";

    /// <summary>The pool's engine; null when its kind is none that this platform has, or its address is none.</summary>
    internal CloudEngine? Find(ResourcePool pool)
    {
        while (true)
        {
            var kept = opened.GetOrAdd(pool.Id, _ => new Lazy<Opened>(() => new Opened(pool.Revision, Open(pool))));
            if (kept.Value.Revision >= pool.Revision) { return kept.Value.Engine; }
            // The old one is let go of, not closed: others may be in the middle of a call.
            opened.TryUpdate(pool.Id, new Lazy<Opened>(() => new Opened(pool.Revision, Open(pool))), kept);
        }
    }

    /// <summary>True when the engine has several members, so that one may be named.</summary>
    internal async Task<bool> IsClusterAsync(CloudEngine engine, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (described.TryGetValue(engine, out var known) && now - known.At < Described) { return known.IsCluster; }
        var told = await engine.DescribeAsync(ct);
        if (!told.IsDone) { return known.IsCluster; }
        var isCluster = told.Value.Abilities.Contains(EngineAbility.Cluster);
        described[engine] = (now, isCluster);
        return isCluster;
    }

    public void Dispose()
    {
        foreach (var one in opened.Values.Where(o => o.IsValueCreated)) { one.Value.Engine?.Dispose(); }
    }

    private CloudEngine? Open(ResourcePool pool)
    {
        var secret = pool.Secret is { } bytes ? System.Text.Encoding.UTF8.GetString(vault.Open(bytes, ResourcePool.PurposeOf(pool.Id))) : null;
        return drivers.TryGetValue(pool.Engine, out var driver) && driver.Fault(pool.Address, secret) is null ? driver.Open(pool.Address, secret) : null;
    }

    private sealed record Opened(int Revision, CloudEngine? Engine);
}

/// <summary>LXD and Incus. Address: <c>unix:/path/unix.socket</c>, or <c>https://host:8443</c> with a secret: JSON with <c>certificate</c> and <c>key</c> in PEM and <c>fingerprint</c>, the server's certificate's
/// SHA-256 in hex.</summary>
internal sealed class LxdDriver(IOptions<CloudOptions> options, TimeProvider clock) : IEngineDriver
{
    private const int LongestSocket = 107;

    public string Name => "lxd";

    public string? Fault(string address, string? secret)
    {
        if (address.StartsWith("unix:/", StringComparison.Ordinal)) { return System.Text.Encoding.UTF8.GetByteCount(address[5..]) <= LongestSocket ? null : "cloud.pool.address-lxd"; }
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps || uri.UserInfo.Length > 0) { return "cloud.pool.address-lxd"; }
        return secret is not null && Read(secret) is { } trust && trust.TryOpen() ? null : "cloud.pool.secret-lxd";
    }

    public CloudEngine Open(string address, string? secret) => new LxdEngine(
        address.StartsWith("unix:/", StringComparison.Ordinal)
            ? new LxdOptions(options.Value.Owner) { Socket = address[5..] }
            : new LxdOptions(options.Value.Owner) { Address = new Uri(address), ServerFingerprint = Read(secret!)!.Fingerprint, ClientCertificate = Read(secret!)!.Open() }, clock);

    private static Trust? Read(string secret)
    {
        try { return JsonSerializer.Deserialize<Trust>(secret, JsonSerializerOptions.Web); }
        catch (JsonException) { return null; }
    }

    private sealed record Trust(string? Certificate, string? Key, string? Fingerprint)
    {
        internal X509Certificate2 Open() => X509Certificate2.CreateFromPem(Certificate, Key);

        internal bool TryOpen()
        {
            try
            {
                Open().Dispose();
                return Fingerprint is { Length: 64 } && Fingerprint.All(char.IsAsciiHexDigit);
            }
            catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or ArgumentException or NullReferenceException) { return false; }
        }
    }
}
