using System.Globalization;
using System.Text;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;

namespace Zhengtong.Exchange.BackFills;

/// <summary>Values of a range as people give them, and as databases are asked.</summary>
internal static class BackFillValues
{
    private static readonly TimeSpan China = TimeSpan.FromHours(8);

    private static readonly string[] Moments = ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFF", "yyyy-MM-ddTHH:mm:ss.FFFFFF"];

    private static readonly string[] Exact = ["yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFK", "yyyy-MM-dd HH:mm:ssK"];

    /// <summary>True for types in which one value lies before another.</summary>
    internal static bool HasOrder(ItemType type) => type is ItemType.Text or ItemType.Integer or ItemType.Decimal or ItemType.Float or ItemType.Date or ItemType.Timestamp;

    /// <summary>The value in invariant form: a moment in UTC, one without an offset being China's time. Null when it is none of the type.</summary>
    internal static string? Invariant(ItemType type, string text) => type switch
    {
        ItemType.Text => text.Contains('\0', StringComparison.Ordinal) ? null : text,
        ItemType.Integer => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number.ToString(CultureInfo.InvariantCulture) : null,
        ItemType.Decimal => decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number.ToString(CultureInfo.InvariantCulture) : null,
        ItemType.Float => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number.ToString("R", CultureInfo.InvariantCulture) : null,
        ItemType.Date => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : null,
        ItemType.Timestamp => Moment(text)?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>What the values of a column are of which only the provider's database knows the type: whole numbers or moments, as watermarks are.</summary>
    internal static ItemType TypeOfWatermark(string from) => Invariant(ItemType.Integer, from) is not null ? ItemType.Integer : ItemType.Timestamp;

    /// <summary>True when nothing can lie between two invariant values. Texts are ordered as their database does; only what no order knows is refused.</summary>
    internal static bool IsEmpty(ItemType type, string from, string until) => type switch
    {
        ItemType.Text => string.CompareOrdinal(from, until) > 0 && CultureInfo.InvariantCulture.CompareInfo.Compare(from, until) > 0,
        ItemType.Float => double.Parse(from, CultureInfo.InvariantCulture) > double.Parse(until, CultureInfo.InvariantCulture),
        ItemType.Integer or ItemType.Decimal => CompareNumbers(from, until) > 0,
        _ => string.CompareOrdinal(from, until) > 0,
    };

    private static int CompareNumbers(string from, string until) => FilterCondition.CompareDecimals(Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(until));

    private static DateTimeOffset? Moment(string text)
    {
        if (DateTime.TryParseExact(text, Moments, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) && local.Year > 1) { return new DateTimeOffset(local, China); }
        return DateTimeOffset.TryParseExact(text, Exact, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? moment : null;
    }
}
