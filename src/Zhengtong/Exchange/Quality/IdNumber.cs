namespace Zhengtong.Exchange.Quality;

/// <summary>A resident ID number 公民身份号码 (GB 11643-1999): division code, date of birth, sequence, check character.</summary>
internal static class IdNumber
{
    /// <summary>GB 11643-1999, annex A: weight i = 2^(18-i) mod 11.</summary>
    private static ReadOnlySpan<byte> Weights => [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

    /// <summary>GB 11643-1999, annex A: the check character for a sum modulo 11.</summary>
    private static ReadOnlySpan<byte> Checks => "10X98765432"u8;

    /// <summary>True for 18 characters with a place, a date of birth not after today and the right check character; x counts as X. Allocates nothing.</summary>
    internal static bool IsNumber(ReadOnlySpan<byte> utf8, DateOnly today)
    {
        if (utf8.Length != 18 || utf8[0] == (byte)'0' || utf8[..17].ContainsAnyExceptInRange((byte)'0', (byte)'9')) { return false; }
        var sum = 0;
        for (var i = 0; i < 17; i++) { sum += (utf8[i] - '0') * Weights[i]; }
        return Checks[sum % 11] == (utf8[17] == (byte)'x' ? (byte)'X' : utf8[17]) && IsBirth(utf8.Slice(6, 8), today);
    }

    private static bool IsBirth(ReadOnlySpan<byte> digits, DateOnly today)
    {
        var (year, month, day) = (Number(digits[..4]), Number(digits.Slice(4, 2)), Number(digits.Slice(6, 2)));
        return year >= 1800 && year <= today.Year && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month) && new DateOnly(year, month, day) <= today;
    }

    private static int Number(ReadOnlySpan<byte> digits)
    {
        var number = 0;
        foreach (var digit in digits) { number = (number * 10) + (digit - '0'); }
        return number;
    }
}
