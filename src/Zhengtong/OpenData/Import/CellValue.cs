using System.Collections.Frozen;
using System.Globalization;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Import;

/// <summary>Reads the cells of one column as its type; keeps the texts it met last, since columns repeat themselves.</summary>
internal sealed class CellValue(NewColumn column, FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> missing, int depth)
{
    private const int Kept = 256, LongestKept = 40;
    private readonly string?[] texts = column.Type == ColumnType.Text ? new string?[Kept] : [];

    /// <summary>The cell's value, null when it has none; false when it is not of the type.</summary>
    internal bool TryRead(ReadOnlySpan<char> cell, CellKind kind, out object? value)
    {
        value = null;
        if (cell.IsEmpty) { return true; }
        if (column.Type == ColumnType.Text)
        {
            value = TextOf(cell);
            return true;
        }

        var text = cell.Trim();
        if (text.IsEmpty || missing.Contains(text)) { return true; }
        switch (column.Type)
        {
            case ColumnType.Geometry or ColumnType.Json:
                // What the source checked already is not checked again.
                if (column.Type == ColumnType.Geometry ? kind != CellKind.Geometry && GeometryCheck.FaultOf(text.ToString()) is not null : kind is not (CellKind.Json or CellKind.Geometry) && !CellShape.IsJson(text, depth)) { return false; }
                value = text.ToString();
                return true;
            case ColumnType.Boolean:
                if (text is "true" or "TRUE" or "True" or "1" or "是") { value = true; }
                else if (text is "false" or "FALSE" or "False" or "0" or "否") { value = false; }
                return value is not null;
        }

        Span<char> room = stackalloc char[64];
        return TryReadFolded(CellShape.Fold(text, room), out value);
    }

    private bool TryReadFolded(ReadOnlySpan<char> text, out object? value)
    {
        value = null;
        switch (column.Type)
        {
            case ColumnType.Integer:
                if (!long.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var whole)) { return false; }
                value = whole;
                return true;
            case ColumnType.Decimal:
                if (!decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowThousands | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var exact)) { return false; }
                if (exact.Scale > column.Scale && decimal.Round(exact, column.Scale) != exact) { return false; }
                exact = decimal.Round(exact, column.Scale);
                if (Math.Abs(exact) >= Power(column.Precision - column.Scale)) { return false; }
                value = exact;
                return true;
            case ColumnType.Float:
                if (!double.TryParse(text, NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number)) { return false; }
                value = number;
                return true;
            case ColumnType.Date:
                if (!CellShape.Compact(text, out var date) && (!CellShape.TryDate(text, out date, out var rest) || !rest.IsEmpty)) { return false; }
                value = date;
                return true;
            case ColumnType.Time:
                if (!CellShape.TryTime(text, out var time)) { return false; }
                value = time;
                return true;
            case ColumnType.Timestamp:
                if (!CellShape.TryDate(text, out var day, out var clock)) { return false; }
                var moment = default(TimeOnly);
                if (!clock.IsEmpty && !CellShape.TryTime(clock, out moment)) { return false; }
                value = day.ToDateTime(moment);
                return true;
            default:
                throw new InvalidOperationException($"No reader for {column.Type}");
        }
    }

    private static decimal Power(int digits)
    {
        var power = 1m;
        for (var n = 0; n < Math.Min(digits, 28); n++) { power *= 10; }
        return power;
    }

    private string TextOf(ReadOnlySpan<char> cell)
    {
        if (cell.Length > LongestKept) { return cell.ToString(); }
        ref var kept = ref texts[string.GetHashCode(cell) & (Kept - 1)];
        if (kept is not null && cell.SequenceEqual(kept)) { return kept; }
        return kept = cell.ToString();
    }
}
