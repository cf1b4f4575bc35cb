using System.Globalization;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Web;

namespace Zhengtong.Cloud.Quotas;

/// <summary>How quotas are said to people and read from their forms: processor in cores, memory in GiB, all else in its own unit.</summary>
internal static class QuotaWords
{
    /// <summary>The kinds that everybody asks for, in the order in which they are said.</summary>
    internal static readonly IReadOnlyList<string> First = ["vcpu", "memory", "disk"];

    /// <summary>Those that everybody asks for, then the others by code; at most as many as a request may name.</summary>
    internal static IReadOnlyList<KindRow> InOrder(IEnumerable<KindRow> kinds) => [.. kinds.OrderBy(k => Place(k.Code)).ThenBy(k => k.Code, StringComparer.Ordinal).Take(50)];

    /// <summary>What the kind is called, with the unit in which it is said.</summary>
    internal static string TitleOf(string kind, string title) => UnitOf(kind) is { } unit ? Text.Of("cloud.quotas.kind", ResourceKind.NameOf(kind), unit) : title;

    /// <summary>The exact amount in the unit in which it is said: 1,024.5.</summary>
    internal static string Amount(string kind, long amount) => (amount / Factor(kind)).ToString("#,0.##########", CultureInfo.InvariantCulture);

    /// <summary>The same with its unit: 40 cores.</summary>
    internal static string Said(string kind, long amount) => UnitOf(kind) is { } unit ? $"{Amount(kind, amount)} {unit}" : Amount(kind, amount);

    /// <summary>A limit as a form holds it, without groups; empty for none.</summary>
    internal static string InForm(string kind, long? limit) => limit is { } some ? Exact(some / Factor(kind)) : "";

    /// <summary>A limit, or that there is none.</summary>
    internal static string Limit(QuotaCount count) => count.Limit is { } limit ? Amount(count.Kind, limit) : Text.Of("cloud.quotas.no-limit");

    /// <summary>Held / limit of a kind at a node; null where nothing of it was granted.</summary>
    internal static string? Held(QuotaRow node, string kind) => node.Counts.FirstOrDefault(c => c.Kind == kind) is { } count ? Held(count) : null;

    /// <summary>The same of all kinds that have no column of their own.</summary>
    internal static string Others(QuotaRow node) =>
        string.Join(Text.Of("cloud.comma"), node.Counts.Where(c => !First.Contains(c.Kind)).Select(c => Text.Of("cloud.quotas.other", c.Title, Held(c))));

    /// <summary>What stands before a node's name, so that the tree is seen.</summary>
    internal static string Indent(int depth) => new('\u00A0', depth * 4);

    /// <summary>The limits that the form names in fields <c>FIELD.KIND</c>.</summary>
    /// <param name="form">The form.</param>
    /// <param name="field">What the names begin with.</param>
    /// <param name="kinds">The kinds that it asks for.</param>
    /// <param name="isLifted">True when an empty field takes the kind's limit away; otherwise an empty one is not named.</param>
    /// <param name="faults">Takes what is no amount, under the field's name.</param>
    internal static List<QuotaLimit> Read(Typed form, string field, IReadOnlyList<KindRow> kinds, Func<string, bool> isLifted, Dictionary<string, string[]> faults)
    {
        var limits = new List<QuotaLimit>();
        foreach (var kind in kinds.Select(k => k.Code))
        {
            var (name, factor) = ($"{field}.{kind}", Factor(kind));
            if (!form.Has(name)) { continue; }
            if (form[name].Length == 0)
            {
                if (isLifted(kind)) { limits.Add(new QuotaLimit(kind, null)); }
            }
            else if (decimal.TryParse(form[name], NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var value)
                && value >= 0 && value <= ResourceAmount.Most / factor && value * factor % 1 == 0)
            {
                limits.Add(new QuotaLimit(kind, (long)(value * factor)));
            }
            else { faults[name] = [Text.Of("cloud.quotas.amount-wrong", Said(kind, ResourceAmount.Most), Exact(1 / factor))]; }
        }

        return limits;
    }

    private static string Held(QuotaCount count) => $"{Amount(count.Kind, count.Reserved + count.Active)} / {Limit(count)}";

    private static string Exact(decimal value) => value.ToString("0.##########", CultureInfo.InvariantCulture);

    private static string? UnitOf(string kind) => Text.Find($"cloud.overview.unit.{kind}");

    private static decimal Factor(string kind) => kind switch { "vcpu" => 1000m, "memory" => 1024m, _ => 1m };

    private static int Place(string kind) => kind switch { "vcpu" => 0, "memory" => 1, "disk" => 2, _ => 3 };
}
