using System.Globalization;
using System.Text.Json;

namespace Zhengtong.OpenData.Tables;

/// <summary>How a cell of an answer is written for people and programs.</summary>
internal static class Cell
{
    /// <summary>Whole numbers above this lose digits in most readers of JSON (RFC 8259, section 6), and are written as texts.</summary>
    private const long LargestInJson = 9_007_199_254_740_991;

    /// <summary>The cell as invariant text; null stays null.</summary>
    internal static string? TextOf(object? cell) => cell switch
    {
        null => null,
        string text => text,
        long number => number.ToString(CultureInfo.InvariantCulture),
        decimal number => number.ToString(CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly time => time.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        DateTime moment => moment.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        _ => throw new ArgumentException($"A cell is never a {cell.GetType()}", nameof(cell)),
    };

    /// <summary>Writes the cell as a JSON value.</summary>
    internal static void WriteTo(Utf8JsonWriter json, object? cell)
    {
        switch (cell)
        {
            case null: json.WriteNullValue(); break;
            case long number when number is <= LargestInJson and >= -LargestInJson: json.WriteNumberValue(number); break;
            case decimal number: json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case double: json.WriteNullValue(); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            default: json.WriteStringValue(TextOf(cell)); break;
        }
    }
}
