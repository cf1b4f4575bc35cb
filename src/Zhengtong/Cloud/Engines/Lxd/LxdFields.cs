using System.Globalization;
using System.Text.Json;

namespace Zhengtong.Cloud.Engines.Lxd;

/// <summary>Reads an engine's JSON. What is missing or of another type is empty, zero or null: another version, and Incus, say more or less.</summary>
internal static class LxdFields
{
    internal static JsonElement Get(this JsonElement of, string name) => of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) ? value : default;

    internal static string Text(this JsonElement of, string name) => Said(of.Get(name));

    internal static long Number(this JsonElement of, string name) => of.Get(name) is { ValueKind: JsonValueKind.Number } value
        ? value.TryGetInt64(out var whole) ? whole : value.TryGetDouble(out var real) && Math.Abs(real) < long.MaxValue ? (long)real : 0 : 0;

    internal static IEnumerable<JsonElement> Items(this JsonElement of, string name) => of.Get(name).Items();

    internal static IEnumerable<JsonElement> Items(this JsonElement of) => of.ValueKind == JsonValueKind.Array ? of.EnumerateArray() : [];

    internal static IEnumerable<JsonProperty> Members(this JsonElement of, string name) => of.Get(name) is { ValueKind: JsonValueKind.Object } value ? value.EnumerateObject() : [];

    /// <summary>Null for a time that means never or not known: the engine says year 1 or 1970.</summary>
    internal static DateTimeOffset? Moment(this JsonElement of, string name) =>
        DateTimeOffset.TryParse(of.Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) && moment.Year > 1970 ? moment : null;

    internal static string Said(this JsonElement value)
    {
        try { return value.ValueKind == JsonValueKind.String ? value.GetString()! : ""; }
        catch (InvalidOperationException) { return ""; }   // half a character
    }

    /// <summary>A size as the engine writes it: <c>128MiB</c>, <c>1GB</c>, <c>1073741824</c>; 0 when it is none.</summary>
    internal static long Bytes(string text)
    {
        var digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits])) { digits++; }
        if (digits == 0 || !long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) { return 0; }
        decimal factor = text[digits..].Trim() switch
        {
            "" or "B" => 1,
            "kB" => 1e3m, "MB" => 1e6m, "GB" => 1e9m, "TB" => 1e12m, "PB" => 1e15m,
            "KiB" => 1L << 10, "MiB" => 1L << 20, "GiB" => 1L << 30, "TiB" => 1L << 40, "PiB" => 1L << 50,
            _ => 0,
        };
        return (long)Math.Min(number * factor, long.MaxValue);
    }
}
