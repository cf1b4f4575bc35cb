using System.Globalization;
using System.Numerics;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Tables;

/// <summary>Checks the values of a question against its columns and says how DuckDB writes them.</summary>
internal static class TableValues
{
    /// <summary>UTF-16 units of the longest value.</summary>
    internal const int LongestValue = 20_000;

    private static readonly string[] Times = ["HH:mm", "HH:mm:ss", "HH:mm:ss.FFFFFF"];

    private static readonly string[] Timestamps =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFFFFF", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFF"];

    /// <summary>DuckDB's name of a column's type.</summary>
    internal static string SqlType(TableColumn? column) => column is null ? "BIGINT" : column.Type == ColumnType.Decimal ? $"DECIMAL({column.Precision},{column.Scale})" : SqlType(column.Type);

    /// <summary>True for what DuckDB keeps as VARCHAR.</summary>
    internal static bool IsText(ColumnType type) => type is ColumnType.Text or ColumnType.Json or ColumnType.Geometry;

    /// <summary>True for numbers.</summary>
    internal static bool IsNumber(ColumnType type) => type is ColumnType.Integer or ColumnType.Decimal or ColumnType.Float;

    /// <summary>The value in the form that DuckDB casts exactly; null when it is none of the type. Decimals go through <see cref="ToScale"/>.</summary>
    internal static string? Normal(ColumnType type, string value)
    {
        var invariant = CultureInfo.InvariantCulture;
        return type switch
        {
            ColumnType.Integer => long.TryParse(value, NumberStyles.AllowLeadingSign, invariant, out var n) ? n.ToString(invariant) : null,
            ColumnType.Float => double.TryParse(value, NumberStyles.Float, invariant, out var d) ? FloatText(d) : null,
            ColumnType.Boolean => bool.TryParse(value, out var b) ? b ? "true" : "false" : null,
            ColumnType.Date => DateOnly.TryParseExact(value, "yyyy-MM-dd", invariant, DateTimeStyles.None, out var day) ? day.ToString("yyyy-MM-dd", invariant) : null,
            ColumnType.Time => TimeOnly.TryParseExact(value, Times, invariant, DateTimeStyles.None, out var time) ? time.ToString("HH:mm:ss.ffffff", invariant) : null,
            ColumnType.Timestamp => DateTime.TryParseExact(value, Timestamps, invariant, DateTimeStyles.None, out var moment) ? moment.ToString("yyyy-MM-dd HH:mm:ss.ffffff", invariant) : null,
            ColumnType.Decimal => null,
            _ => value,
        };
    }

    /// <summary>A decimal number cut down to a scale: the greatest number of that scale that is not above it, in units of the last digit, and whether it is the number itself. Null when it is no number.</summary>
    internal static (BigInteger Units, bool IsExact)? ToScale(string value, int scale)
    {
        var text = value.AsSpan();
        var negative = text.Length > 0 && text[0] == '-';
        if (text.Length > 0 && text[0] is '-' or '+') { text = text[1..]; }
        var exponent = 0;
        if (text.IndexOfAny('e', 'E') is var e && e >= 0)
        {
            if (!int.TryParse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent) || Math.Abs(exponent) > 400) { return null; }
            text = text[..e];
        }

        var point = text.IndexOf('.');
        var digits = point < 0 ? text.ToString() : string.Concat(text[..point], text[(point + 1)..]);
        if (digits.Length is 0 or > 400 || digits.AsSpan().ContainsAnyExceptInRange('0', '9')) { return null; }
        var units = BigInteger.Parse(negative ? "-" + digits : digits, CultureInfo.InvariantCulture);
        // The number is units * 10^-places.
        var shift = scale - ((point < 0 ? 0 : digits.Length - point) - exponent);
        if (shift >= 0) { return (units * BigInteger.Pow(10, shift), true); }
        var quotient = BigInteger.DivRem(units, BigInteger.Pow(10, -shift), out var rest);
        return rest.IsZero ? (quotient, true) : (rest.Sign < 0 ? quotient - 1 : quotient, false);
    }

    /// <summary>Units of the last digit as a decimal number.</summary>
    internal static string DecimalText(BigInteger units, int scale)
    {
        var digits = BigInteger.Abs(units).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        return (units.Sign < 0 ? "-" : "") + (scale == 0 ? digits : $"{digits[..^scale]}.{digits[^scale..]}");
    }

    private static string FloatText(double d) =>
        double.IsNaN(d) ? "nan" : double.IsInfinity(d) ? d > 0 ? "inf" : "-inf" : d.ToString("R", CultureInfo.InvariantCulture);

    private static string SqlType(ColumnType type) => type switch
    {
        ColumnType.Integer => "BIGINT",
        ColumnType.Float => "DOUBLE",
        ColumnType.Boolean => "BOOLEAN",
        ColumnType.Date => "DATE",
        ColumnType.Time => "TIME",
        ColumnType.Timestamp => "TIMESTAMP",
        _ => "VARCHAR",
    };
}
