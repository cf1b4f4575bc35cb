using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Zhengtong.OpenData.Import;

/// <summary>How the file itself says what a cell is.</summary>
internal enum CellKind : byte
{
    /// <summary>Characters.</summary>
    Text,
    /// <summary>A number of a format that has numbers.</summary>
    Number,
    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,
    /// <summary>A date, a time or both in ISO 8601.</summary>
    Date,
    /// <summary>A JSON object or array.</summary>
    Json,
    /// <summary>A GeoJSON geometry that was checked.</summary>
    Geometry,
}

/// <summary>What a cell could be without losing anything.</summary>
[Flags]
internal enum Shapes
{
    None = 0,
    Integer = 1 << 0,
    Decimal = 1 << 1,
    Float = 1 << 2,
    /// <summary>A fraction of more than 15 digits that a 64-bit float gives back as it is written.</summary>
    LongFloat = 1 << 3,
    Boolean = 1 << 4,
    Date = 1 << 5,
    /// <summary>Eight digits that are a date between 1900 and 2100.</summary>
    CompactDate = 1 << 6,
    Time = 1 << 7,
    Timestamp = 1 << 8,
    Json = 1 << 9,
    Geometry = 1 << 10,
    All = (1 << 11) - 1,
}

/// <summary>Looks at one cell.</summary>
internal readonly record struct CellShape(Shapes Shapes, int IntegerDigits = 0, int Scale = 0, bool IsGrouped = false, char Objection = '\0')
{
    /// <summary>What says in words that there is no value.</summary>
    internal static readonly FrozenSet<string> Missing = FrozenSet.ToFrozenSet(
        ["-", "--", "—", "——", "–", "/", "无", "NA", "N/A", "n/a", "na", "null", "NULL", "Null", "NaN", "nan", "#N/A", "#DIV/0!", "#REF!", "#NAME?", "#NULL!", "#NUM!", "#VALUE!", "\\N"], StringComparer.Ordinal);

    private const int Longest = 64;

    /// <summary>What the cell could be.</summary>
    /// <param name="cell">Its characters.</param>
    /// <param name="kind">What the file says it is.</param>
    /// <param name="wanted">Shapes that still matter: JSON is only parsed where the cells before were JSON.</param>
    /// <param name="depth">How deep JSON may be nested.</param>
    internal static CellShape Of(ReadOnlySpan<char> cell, CellKind kind, Shapes wanted, int depth)
    {
        switch (kind)
        {
            case CellKind.Json: return new(Shapes.Json);
            case CellKind.Geometry: return new(Shapes.Geometry | Shapes.Json);
            case CellKind.Boolean: return new(Shapes.Boolean);
        }

        var text = cell.Trim();
        if (text.IsEmpty) { return new(Shapes.None); }
        if (text.Length > Longest || text[0] is '{' or '[')
        {
            return text[0] is '{' or '[' && (wanted & Shapes.Json) != 0 && IsJson(text, depth) ? new(Shapes.Json) : new(Shapes.None);
        }

        Span<char> folded = stackalloc char[Longest];
        return OfFolded(Fold(text, folded), kind);
    }

    private static CellShape OfFolded(ReadOnlySpan<char> text, CellKind kind)
    {
        var first = text[0];
        if (first is 't' or 'f' or 'T' or 'F') { return new(text is "true" or "false" or "TRUE" or "FALSE" or "True" or "False" ? Shapes.Boolean : Shapes.None); }
        if (first is '+') { return new(Shapes.None, Objection: '+'); }
        if (first is not (>= '0' and <= '9' or '-' or '.')) { return new(Shapes.None); }
        if (kind == CellKind.Date) { return Moment(text) is var moment && moment == Shapes.Date ? new(Shapes.Date | Shapes.Timestamp) : new(moment); }
        var number = Number(text, kind == CellKind.Number);
        return number.Shapes != Shapes.None || number.Objection != '\0' ? number : new(Moment(text));
    }

    /// <summary>Full-width digits and punctuation, and the minus sign, as ASCII; the same characters when there are none.</summary>
    internal static ReadOnlySpan<char> Fold(ReadOnlySpan<char> text, Span<char> room)
    {
        if (!text.ContainsAnyInRange('\u2212', '\uFF5E') || text.Length > room.Length) { return text; }
        for (var n = 0; n < text.Length; n++)
        {
            var c = text[n];
            room[n] = c is >= '\uFF01' and <= '\uFF5E' ? (char)(c - 0xFEE0) : c == '\u2212' ? '-' : c;
        }

        return room[..text.Length];
    }

    private static CellShape Number(ReadOnlySpan<char> text, bool isNative)
    {
        var at = text[0] == '-' ? 1 : 0;
        var begin = at;
        while (at < text.Length && char.IsAsciiDigit(text[at])) { at++; }
        var digits = at - begin;
        var leadingZero = digits > 1 && text[begin] == '0';
        if (at == text.Length)
        {
            if (digits == 0 || (begin == 1 && text[1] == '0')) { return leadingZero ? new(Shapes.None, Objection: '0') : new(Shapes.None); }
            if (leadingZero) { return new(Shapes.None, Objection: '0'); }
            if (digits > 15) { return new(Shapes.None, digits, Objection: '9'); }
            var whole = Shapes.Integer | Shapes.Decimal | Shapes.Float;
            return new(digits == 8 && begin == 0 && Compact(text, out _) ? whole | Shapes.CompactDate : whole, digits);
        }

        var grouped = false;
        if (text[at] == ',' && digits is >= 1 and <= 3 && text[begin] != '0')
        {
            while (at + 3 < text.Length && text[at] == ',' && char.IsAsciiDigit(text[at + 1]) && char.IsAsciiDigit(text[at + 2]) && char.IsAsciiDigit(text[at + 3]))
            {
                at += 4;
                digits += 3;
            }

            grouped = at == text.Length || text[at] == '.';
            if (!grouped) { return new(Shapes.None); }
            if (at == text.Length) { return digits > 15 ? new(Shapes.None, digits, Objection: '9') : new(Shapes.Integer | Shapes.Decimal | Shapes.Float, digits, 0, true); }
        }

        var scale = 0;
        if (text[at] == '.')
        {
            at++;
            var point = at;
            while (at < text.Length && char.IsAsciiDigit(text[at])) { at++; }
            scale = at - point;
            if (scale == 0) { return new(Shapes.None); }
            if (leadingZero) { return at == text.Length ? new(Shapes.None, Objection: '0') : new(Shapes.None); }
            if (at == text.Length)
            {
                var significant = (digits == 1 && text[begin] == '0' ? 0 : digits) + scale;
                if (significant <= 15) { return new(Shapes.Decimal | Shapes.Float | Shapes.LongFloat, digits, scale, grouped); }
                if (grouped || !Returns(text)) { return isNative ? new(Shapes.Float, digits, scale) : new(Shapes.None, digits, scale, Objection: '9'); }
                return isNative ? new(Shapes.Float | Shapes.LongFloat, digits, scale) : new(Shapes.LongFloat, digits, scale, Objection: '9');
            }
        }

        // 1E5 may be a room; 1.5E5 and 1E+05 are numbers.
        if (grouped || digits == 0 || leadingZero || text[at] is not ('e' or 'E') || at + 1 == text.Length) { return new(Shapes.None); }
        var signed = text[at + 1] is '+' or '-';
        var power = text[(at + (signed ? 2 : 1))..];
        if (power.IsEmpty || power.Length > 3 || power.ContainsAnyExceptInRange('0', '9') || !(signed || scale > 0 || isNative)) { return new(Shapes.None); }
        return (isNative || digits + scale <= 15) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) && (isNative || Math.Abs(value) > 1e-290)
            ? new(Shapes.Float) : new(Shapes.None);
    }

    /// <summary>True when a 64-bit float is written with the same digits again.</summary>
    private static bool Returns(ReadOnlySpan<char> text)
    {
        Span<char> again = stackalloc char[64];
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value.TryFormat(again, out var length, "R", CultureInfo.InvariantCulture)
            && again[..length].SequenceEqual(text.TrimEnd('0'));
    }

    private static Shapes Moment(ReadOnlySpan<char> text)
    {
        if (TryTime(text, out _)) { return Shapes.Time; }
        if (!TryDate(text, out _, out var rest)) { return Shapes.None; }
        if (rest.IsEmpty) { return Shapes.Date; }
        return TryTime(rest, out _) ? Shapes.Timestamp : Shapes.None;
    }

    /// <summary>Reads eight digits as year, month and day.</summary>
    internal static bool Compact(ReadOnlySpan<char> text, out DateOnly date)
    {
        date = default;
        return text.Length == 8 && !text.ContainsAnyExceptInRange('0', '9') && Day(Whole(text[..4]), Whole(text[4..6]), Whole(text[6..]), out date) && date.Year is >= 1900 and <= 2100;
    }

    /// <summary>Reads a date with the year first and separators; what follows it, without the space or T between, is left over.</summary>
    internal static bool TryDate(ReadOnlySpan<char> text, out DateOnly date, out ReadOnlySpan<char> rest)
    {
        date = default;
        rest = default;
        if (text.Length < 8 || text[..4].ContainsAnyExceptInRange('0', '9')) { return false; }
        var separator = text[4];
        if (separator is not ('-' or '/' or '.' or '年')) { return false; }
        var (month, at) = Short(text, 5);
        if (month == 0 || at >= text.Length || text[at] != (separator == '年' ? '月' : separator)) { return false; }
        var (day, end) = Short(text, at + 1);
        if (day == 0 || !Day(Whole(text[..4]), month, day, out date)) { return false; }
        if (separator == '年')
        {
            if (end >= text.Length || text[end] is not ('日' or '号')) { return false; }
            end++;
        }

        if (end == text.Length) { return true; }
        if (separator != '年' && text[end] is not (' ' or 'T')) { return false; }
        rest = text[end..];
        rest = rest[0] == 'T' ? rest[1..] : rest.TrimStart(' ');
        return !rest.IsEmpty;
    }

    /// <summary>Reads hours, minutes, and if they are there seconds with up to 6 digits behind the point.</summary>
    internal static bool TryTime(ReadOnlySpan<char> text, out TimeOnly time)
    {
        time = default;
        var at = 0;
        while (at < text.Length && at < 3 && char.IsAsciiDigit(text[at])) { at++; }
        if (at is not (1 or 2) || text.Length < at + 3 || text[at] != ':' || !char.IsAsciiDigit(text[at + 1]) || !char.IsAsciiDigit(text[at + 2])) { return false; }
        var (hour, minute, second, fraction) = (Whole(text[..at]), Whole(text[(at + 1)..(at + 3)]), 0, 0L);
        at += 3;
        if (at < text.Length)
        {
            if (text.Length < at + 3 || text[at] != ':' || !char.IsAsciiDigit(text[at + 1]) || !char.IsAsciiDigit(text[at + 2])) { return false; }
            second = Whole(text[(at + 1)..(at + 3)]);
            at += 3;
            if (at < text.Length)
            {
                var digits = text[(at + 1)..];
                if (text[at] != '.' || digits.Length is 0 or > 6 || digits.ContainsAnyExceptInRange('0', '9')) { return false; }
                fraction = Whole(digits) * (long)Math.Pow(10, 7 - digits.Length);
            }
        }

        if (hour > 23 || minute > 59 || second > 59) { return false; }
        time = new TimeOnly(((((hour * 60L) + minute) * 60) + second) * TimeSpan.TicksPerSecond + fraction);
        return true;
    }

    /// <summary>True for one JSON value.</summary>
    internal static bool IsJson(ReadOnlySpan<char> text, int depth)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var length = Encoding.UTF8.GetBytes(text, bytes);
        var reader = new Utf8JsonReader(bytes.AsSpan(0, length), new JsonReaderOptions { MaxDepth = depth });
        try
        {
            while (reader.Read()) { }
            return true;
        }
        catch (JsonException) { return false; }
    }

    private static bool Day(int year, int month, int day, out DateOnly date)
    {
        date = default;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) { return false; }
        date = new DateOnly(year, month, day);
        return true;
    }

    private static (int Value, int End) Short(ReadOnlySpan<char> text, int at)
    {
        var end = at;
        while (end < text.Length && end < at + 2 && char.IsAsciiDigit(text[end])) { end++; }
        return end == at ? (0, end) : (Whole(text[at..end]), end);
    }

    private static int Whole(ReadOnlySpan<char> digits)
    {
        var value = 0;
        foreach (var c in digits) { value = (value * 10) + c - '0'; }
        return value;
    }
}
