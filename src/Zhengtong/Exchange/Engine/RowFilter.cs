using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>The agreed row conditions, decided on values as they come along in a stream of changes. Decides as the database would that the rows come from.</summary>
/// <param name="conditions">The conditions, all of which must hold.</param>
internal sealed class RowFilter(IReadOnlyList<FilterCondition> conditions)
{
    internal IReadOnlyList<FilterCondition> Conditions => conditions;

    /// <summary>Decides on what was put into the conditions' <see cref="FilterCondition.Value"/>; null meets no condition.</summary>
    internal bool Holds()
    {
        foreach (var condition in conditions)
        {
            if (!condition.Holds()) { return false; }
        }

        return true;
    }
}

/// <summary>One condition.</summary>
/// <param name="column">Its column.</param>
/// <param name="how">How the value is compared.</param>
/// <param name="wanted">The condition's own values, as the database reads them.</param>
/// <param name="type">What the column's values are read as.</param>
/// <param name="isPadded">True for char(n): blanks at the end do not count.</param>
internal sealed class FilterCondition(string column, RowOperator how, ColumnBuffer wanted, ItemType type, bool isPadded)
{
    internal string Column => column;

    /// <summary>Holds the one value to decide on.</summary>
    internal ColumnBuffer Value { get; } = new(type);

    internal bool Holds()
    {
        if (Value.IsNull(0)) { return false; }
        return how switch
        {
            RowOperator.Equal => Compare(0) == 0,
            RowOperator.In => IsIn(),
            RowOperator.StartsWith when type == ItemType.Text => Text(Value, 0).StartsWith(wanted.BytesAt(0)),
            RowOperator.StartsWith => System.Text.Encoding.UTF8.GetBytes(PostgresSource.TextOf(Value, 0)).AsSpan().StartsWith(wanted.BytesAt(0)),
            RowOperator.AtLeast => Compare(0) >= 0,
            RowOperator.AtMost => Compare(0) <= 0,
            _ => throw new NotSupportedException($"{how}"),
        };
    }

    private bool IsIn()
    {
        for (var n = 0; n < wanted.Count; n++)
        {
            if (Compare(n) == 0) { return true; }
        }

        return false;
    }

    private int Compare(int n) => wanted.Type switch
    {
        ItemType.Integer or ItemType.Timestamp => Value.Int64At(0).CompareTo(wanted.Int64At(n)),
        ItemType.Date => Value.DaysAt(0).CompareTo(wanted.DaysAt(n)),
        ItemType.Boolean => Value.BooleanAt(0).CompareTo(wanted.BooleanAt(n)),
        ItemType.Float => CompareFloats(Value.DoubleAt(0), wanted.DoubleAt(n)),
        ItemType.Decimal => CompareDecimals(Value.BytesAt(0), wanted.BytesAt(n)),
        _ => Text(Value, 0).SequenceCompareTo(Text(wanted, n)),
    };

    private ReadOnlySpan<byte> Text(ColumnBuffer of, int row) => isPadded ? of.BytesAt(row).TrimEnd((byte)' ') : of.BytesAt(row);

    /// <summary>PostgreSQL holds that NaN equals NaN and is above all else.</summary>
    private static int CompareFloats(double left, double right) => double.IsNaN(left) || double.IsNaN(right) ? double.IsNaN(left).CompareTo(double.IsNaN(right)) : left.CompareTo(right);

    /// <summary>Compares decimals of any length in plain notation; NaN is above Infinity, that above all else.</summary>
    internal static int CompareDecimals(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var (leftRank, rightRank) = (RankOf(left), RankOf(right));
        if (leftRank != rightRank || leftRank is not (1 or -1)) { return leftRank.CompareTo(rightRank); }
        var leftDigits = left.TrimStart((byte)'-').TrimStart((byte)'0');
        var rightDigits = right.TrimStart((byte)'-').TrimStart((byte)'0');
        var (leftPoint, rightPoint) = (PointOf(leftDigits), PointOf(rightDigits));
        var order = leftPoint != rightPoint ? leftPoint.CompareTo(rightPoint) : Significant(leftDigits).SequenceCompareTo(Significant(rightDigits));
        return leftRank * order;

        static int PointOf(ReadOnlySpan<byte> digits) => digits.IndexOf((byte)'.') is var point and >= 0 ? point : digits.Length;

        static ReadOnlySpan<byte> Significant(ReadOnlySpan<byte> digits) => digits.Contains((byte)'.') ? digits.TrimEnd((byte)'0').TrimEnd((byte)'.') : digits;
    }

    /// <summary>-2 for -Infinity, -1 below zero, 0 zero, 1 above, 2 Infinity, 3 NaN.</summary>
    private static int RankOf(ReadOnlySpan<byte> text)
    {
        if (text.SequenceEqual("NaN"u8)) { return 3; }
        if (text.SequenceEqual("Infinity"u8)) { return 2; }
        if (text.SequenceEqual("-Infinity"u8)) { return -2; }
        return text.IndexOfAnyInRange((byte)'1', (byte)'9') < 0 ? 0 : text[0] == (byte)'-' ? -1 : 1;
    }
}
