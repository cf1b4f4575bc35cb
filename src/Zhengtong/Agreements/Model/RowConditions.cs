using System.Globalization;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;

namespace Zhengtong.Agreements.Model;

/// <summary>Rules for row conditions, checked when applied for; the engine may rely on them.</summary>
internal static class RowConditions
{
    internal const int Most = 20;
    internal const int MostValues = 100;
    private const int LongestValue = 200;

    /// <summary>What is wrong with a condition, in the reader's language; null when nothing.</summary>
    internal static string? Fault(RowCondition condition, IReadOnlyList<ItemCard> items)
    {
        if (items.FirstOrDefault(i => i.Column == condition.Column) is not { } item) { return Text.Of("agreements.row-unknown-column", condition.Column); }
        if (condition.Values is not { Count: > 0 and <= MostValues }) { return Text.Of("agreements.row-values", MostValues); }
        if (condition.Operator != RowOperator.In && condition.Values.Count != 1) { return Text.Of("agreements.row-one-value", item.Name); }
        if (condition.Operator == RowOperator.StartsWith && item.Type != ItemType.Text) { return Text.Of("agreements.row-only-text", item.Name); }
        if (condition.Operator is RowOperator.AtLeast or RowOperator.AtMost && item.Type is ItemType.Boolean or ItemType.Binary) { return Text.Of("agreements.row-no-order", item.Name); }
        return condition.Values.Any(v => v is null || v.Length > LongestValue || !Fits(v, item.Type)) ? Text.Of("agreements.row-wrong-value", item.Name) : null;
    }

    /// <summary>True when the invariant text is a value of the type: 2026-11-23, 2026-11-23T08:00:00Z, 12.50, true.</summary>
    private static bool Fits(string value, ItemType type) => type switch
    {
        ItemType.Text => !value.Contains('\0', StringComparison.Ordinal),
        ItemType.Integer => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        ItemType.Decimal => decimal.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _),
        ItemType.Float => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _),
        ItemType.Boolean => value is "true" or "false",
        ItemType.Date => DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        ItemType.Timestamp => DateTimeOffset.TryParseExact(value, ["yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _),
        _ => false,
    };
}
