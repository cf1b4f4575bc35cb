namespace Zhengtong.Exchange.Quality;

/// <summary>A telephone number of mainland China: a mobile, a fixed line with its area code and perhaps an extension, 400 or 800, or a service number such as 12345.</summary>
internal static class PhoneNumber
{
    private const int Longest = 40;

    /// <summary>True for such a number, with or without +86 or 0086, with spaces and hyphens between groups. Allocates nothing.</summary>
    internal static bool IsNumber(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > Longest) { return false; }
        var abroad = utf8.StartsWith("+86"u8) || utf8.StartsWith("0086"u8);
        var rest = abroad ? utf8[(utf8[0] == (byte)'+' ? 3 : 4)..].TrimStart("- "u8) : utf8;
        Span<byte> digits = stackalloc byte[Longest];
        var (count, extension) = (0, -1);
        for (var n = 0; n < rest.Length; n++)
        {
            if (rest[n] is >= (byte)'0' and <= (byte)'9') { digits[count++] = rest[n]; }
            else if (n == 0 || n == rest.Length - 1 || rest[n] is not ((byte)'-' or (byte)' ')) { return false; }
            // Behind a whole fixed line a hyphen begins the extension.
            else if (rest[n] == (byte)'-' && extension < 0 && count >= 10 && digits[0] == (byte)'0') { extension = count; }
        }

        if (extension >= 0 && count - extension > 6) { return false; }
        ReadOnlySpan<byte> number = digits[..(extension < 0 ? count : extension)];
        return number.Length switch
        {
            11 when number[0] == (byte)'1' => number[1] >= (byte)'3',
            >= 10 and <= 12 when number[0] == (byte)'0' => IsFixed(number[1..]),
            // From abroad the area code goes without its zero.
            >= 9 and <= 11 when abroad => IsFixed(number),
            10 => number.StartsWith("400"u8) || number.StartsWith("800"u8),
            5 => number.StartsWith("95"u8) || number.StartsWith("96"u8) || number.StartsWith("12"u8),
            _ => false,
        };
    }

    /// <summary>Behind their zero 10 and 2x have two digits, all other area codes three; a number of seven or eight digits follows, beginning with 2 to 9.</summary>
    private static bool IsFixed(ReadOnlySpan<byte> number)
    {
        var area = number.StartsWith("10"u8) || number[0] == (byte)'2' ? 2 : 3;
        return number[0] >= (byte)'1' && number.Length - area is 7 or 8 && number[area] >= (byte)'2';
    }
}
