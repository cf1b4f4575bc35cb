using System.Collections.Concurrent;
using Zhengtong.Cloud.Engines;

namespace Zhengtong.Tests.Cloud.Engines;

/// <summary>Pools of the engine <c>pretend</c>: each address is an engine in memory, which stays what it is when its pool is revised. At <c>pretend:gone</c> nobody answers.</summary>
internal sealed class PretendDriver(TimeProvider clock) : IEngineDriver
{
    private readonly ConcurrentDictionary<string, PretendEngine> engines = new(StringComparer.Ordinal);

    public string Name => "pretend";

    /// <summary>The engine at an address; made when it is first asked for.</summary>
    internal PretendEngine At(string address) => engines.GetOrAdd(address, _ => new PretendEngine(clock) { IsGone = address == "pretend:gone" });

    public IReadOnlyDictionary<string, string> Faults(string address, string? secret) =>
        address.StartsWith("pretend:", StringComparison.Ordinal) ? new Dictionary<string, string>() : new Dictionary<string, string> { ["address"] = "pretend:anything" };

    public CloudEngine Open(string owner, string address, string? secret) => At(address);

    internal static PretendDriver Of(WebApplication app) => app.Services.GetServices<IEngineDriver>().OfType<PretendDriver>().Single();
}
