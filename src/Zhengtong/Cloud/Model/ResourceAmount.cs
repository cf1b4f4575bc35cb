using System.ComponentModel.DataAnnotations;

namespace Zhengtong.Cloud.Model;

/// <summary>So much of a kind of resource.</summary>
/// <param name="Kind">Code of the kind: <c>vcpu</c>.</param>
/// <param name="Amount">How much, 1 to 1,000,000,000,000, in the kind's unit; vCPU in thousandths of a core.</param>
public sealed record ResourceAmount([Required, StringLength(ResourceKind.LongestCode, MinimumLength = 1)] string Kind, [Range(1, ResourceAmount.Most)] long Amount)
{
    /// <summary>The most of one kind that may be named at once, so that no sum overflows.</summary>
    internal const long Most = 1_000_000_000_000;
}

/// <summary>Lists of amounts in the one form that is kept: by kind, each kind once, nothing of nothing.</summary>
internal static class Amounts
{
    /// <summary>The list in its one form; a kind that is named twice is summed.</summary>
    internal static IReadOnlyList<ResourceAmount> Of(IEnumerable<ResourceAmount> amounts) =>
        [.. amounts.GroupBy(a => a.Kind, StringComparer.Ordinal).Select(g => new ResourceAmount(g.Key, g.Sum(a => a.Amount))).Where(a => a.Amount > 0).OrderBy(a => a.Kind, StringComparer.Ordinal)];

    /// <summary>How much of a kind; 0 when it is not named.</summary>
    internal static long Get(this IReadOnlyList<ResourceAmount> amounts, string kind)
    {
        foreach (var amount in amounts) { if (amount.Kind == kind) { return amount.Amount; } }
        return 0;
    }

    /// <summary>What changes from one list to another, by kind; what stays is left out.</summary>
    internal static IReadOnlyList<(string Kind, long Change)> Between(IReadOnlyList<ResourceAmount> before, IReadOnlyList<ResourceAmount> after) =>
        [.. before.Concat(after).Select(a => a.Kind).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(k => (k, after.Get(k) - before.Get(k))).Where(c => c.Item2 != 0)];
}
