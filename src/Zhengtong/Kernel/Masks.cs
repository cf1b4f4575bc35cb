using System.Security.Cryptography;

namespace Zhengtong.Kernel;

/// <summary>脱敏: what may be shown of a value, over UTF-8. A value too short for its mask is masked whole: no mask shows all of a text, except a generalised one, which is coarse by intent.
/// Characters are code points. Each method writes into room of <see cref="RoomFor"/> bytes and says how many it wrote.</summary>
internal static class Masks
{
    private const byte Hidden = (byte)'*';

    /// <summary>Bytes that a mask may need for a value of so many.</summary>
    internal static int RoomFor(int length) => Math.Max(length, 2 * HMACSHA256.HashSizeInBytes);

    /// <summary>A person's name: the first character stays.</summary>
    internal static int Name(ReadOnlySpan<byte> value, Span<byte> into) => KeepEnds(value, 1, 0, into);

    /// <summary>A resident ID number: the first six and the last two characters stay. A number of the old form has 15 characters; anything shorter is none, and its ends could be all of it.</summary>
    internal static int IdNumber(ReadOnlySpan<byte> value, Span<byte> into) => CountOf(value) < 15 ? KeepEnds(value, 0, 0, into) : KeepEnds(value, 6, 2, into);

    /// <summary>The last characters stay.</summary>
    internal static int KeepLast(ReadOnlySpan<byte> value, int keep, Span<byte> into) => KeepEnds(value, 0, keep, into);

    /// <summary>The first characters stay and the rest goes.</summary>
    internal static int KeepFirst(ReadOnlySpan<byte> value, int keep, Span<byte> into) => Keep(value[..PlaceOf(value, keep)], into);

    private static int Keep(ReadOnlySpan<byte> value, Span<byte> into)
    {
        value.CopyTo(into);
        return value.Length;
    }

    /// <summary>Keeps so many characters at each end, an asterisk for each other; a text that would stay whole is masked whole.</summary>
    private static int KeepEnds(ReadOnlySpan<byte> text, int first, int last, Span<byte> into)
    {
        var count = CountOf(text);
        if (first + last >= count) { (first, last) = (0, 0); }
        var (head, tail, hidden) = (PlaceOf(text, first), PlaceOf(text, count - last), count - first - last);
        text[..head].CopyTo(into);
        into.Slice(head, hidden).Fill(Hidden);
        text[tail..].CopyTo(into[(head + hidden)..]);
        return head + hidden + text.Length - tail;
    }

    /// <summary>The first three and the last four digits stay, and what stands between groups; letters never do.</summary>
    internal static int Phone(ReadOnlySpan<byte> text, Span<byte> into)
    {
        var digits = 0;
        foreach (var b in text) { digits += b is >= (byte)'0' and <= (byte)'9' ? 1 : 0; }
        var (first, last) = digits < 11 ? (0, 0) : (3, 4);
        var (used, seen) = (0, 0);
        foreach (var b in text)
        {
            if (b is >= (byte)'0' and <= (byte)'9') { into[used++] = seen++ is var n && (n < first || n >= digits - last) ? b : Hidden; }
            else if (b is (byte)'-' or (byte)' ' or (byte)'+' or (byte)'(' or (byte)')') { into[used++] = b; }
            else if ((b & 0xC0) != 0x80) { into[used++] = Hidden; }
        }

        return used;
    }

    /// <summary>HMAC-SHA-256, 64 hex digits.</summary>
    internal static int Hash(ReadOnlySpan<byte> value, byte[] secret, Span<byte> into)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, value, mac);
        Convert.TryToHexStringLower(mac, into, out var written);
        return written;
    }

    /// <summary>Towards zero, digit by digit: exact at any precision. NaN and Infinity stay words.</summary>
    internal static int RoundDown(ReadOnlySpan<byte> number, int keep, Span<byte> into)
    {
        var sign = number.StartsWith("-"u8) ? 1 : 0;
        if (number.Length == sign || number[sign] is < (byte)'0' or > (byte)'9') { return Keep(number, into); }
        var point = number.IndexOf((byte)'.');
        var whole = point < 0 ? number : number[..point];
        if (whole.Length - sign <= keep) { return Keep("0"u8, into); }
        whole.CopyTo(into);
        into[(whole.Length - keep)..whole.Length].Fill((byte)'0');
        return whole.Length;
    }

    /// <summary>The month (2) or the year (1) in which the day lies, as its first day. Days may lie far outside what .NET's calendar knows.</summary>
    internal static long FirstDay(long days, int keep)
    {
        // Days in eras of 400 years, counted from 1 March 0000, so that the leap day comes last.
        var z = days + 719_468;
        var era = Math.DivRem(z, 146_097, out var ofEra);
        if (ofEra < 0) { (era, ofEra) = (era - 1, ofEra + 146_097); }
        var yearOfEra = (ofEra - (ofEra / 1_460) + (ofEra / 36_524) - (ofEra / 146_096)) / 365;
        var dayOfYear = ofEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var month = ((5 * dayOfYear) + 2) / 153;
        var day = dayOfYear - (((153 * month) + 2) / 5);
        if (keep != 1) { return days - day; }
        // January and February belong to the March-year before.
        var isEarly = month >= 10;
        var first = days - day - (isEarly ? (month - 10) * 31 : 0);
        if (isEarly) { return first; }
        var year = yearOfEra + (era * 400);
        var isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        return days - dayOfYear - (isLeap ? 60 : 59);
    }

    private static int CountOf(ReadOnlySpan<byte> utf8)
    {
        var count = 0;
        foreach (var b in utf8) { count += (b & 0xC0) == 0x80 ? 0 : 1; }
        return count;
    }

    /// <summary>Where the character of this number begins, from 0; the end when there are fewer.</summary>
    private static int PlaceOf(ReadOnlySpan<byte> utf8, int character)
    {
        for (var place = 0; place < utf8.Length; place++)
        {
            if ((utf8[place] & 0xC0) != 0x80 && character-- == 0) { return place; }
        }

        return utf8.Length;
    }
}
