using System.Globalization;
using Zhengtong.Kernel;
using Zhengtong.Web;

namespace Zhengtong.Cloud.Pools;

/// <summary>How a pool counts kinds, as a form says it: times and per cent in place of thousandths.</summary>
internal static class PoolForm
{
    /// <summary>Kinds that every pool has; others keep what the interface set.</summary>
    internal static readonly IReadOnlyList<string> Kinds = ["vcpu", "memory", "disk"];

    /// <summary>Puts a pool's settings into the form.</summary>
    internal static void Fill(Typed typed, PoolDetail pool)
    {
        (typed["name"], typed["engine"], typed["address"], typed["protection"], typed["strategy"], typed["isOpen"]) =
            (pool.Pool.Name, pool.Pool.Engine, pool.Address, $"{pool.Pool.Protection}", $"{pool.Pool.Strategy}", pool.Pool.IsOpen ? "true" : "");
        foreach (var kind in Kinds)
        {
            var set = pool.Kinds.FirstOrDefault(k => k.Kind == kind);
            (typed[$"overcommit-{kind}"], typed[$"kept-{kind}"]) = (Say((set?.Overcommit ?? 1000) / 1000m), Say((set?.Reserved ?? 0) / 10m));
        }
    }

    /// <summary>What the form says, and what the pool had of kinds that the form has not.</summary>
    internal static IReadOnlyList<PoolKind> Read(Typed typed, IReadOnlyList<PoolKind> before, Dictionary<string, string[]> faults) =>
    [
        .. before.Where(k => !Kinds.Contains(k.Kind)),
        .. Kinds.Select(k => new PoolKind(k, (int)(Number(typed, $"overcommit-{k}", 1, 0.1m, 100, faults) * 1000), (int)(Number(typed, $"kept-{k}", 0, 0, 90, faults) * 10))),
    ];

    private static decimal Number(Typed typed, string field, decimal usual, decimal least, decimal most, Dictionary<string, string[]> faults)
    {
        if (typed[field].Length == 0) { return usual; }
        if (decimal.TryParse(typed[field], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) { return number; }
        faults[field] = [Text.Of("cloud.pools.number", least, most)];
        return usual;
    }

    private static string Say(decimal number) => number.ToString("0.###", CultureInfo.InvariantCulture);
}
