using System.Buffers;
using System.Text.RegularExpressions;

namespace Zhengtong.OpenData.Privacy;

/// <summary>Finds in a text what belongs to a person, wherever it stands in it. Holds buffers: for one reader at a time.</summary>
/// <remarks>Vectorised searches for digits, signs and marks decide first; most texts cost no more. What stands between digits may be a space or a hyphen; full-width characters count as
/// their half-width ones. A number with a fraction is none of these, nor are digits of a long hexadecimal word.</remarks>
/// <param name="today">Nobody is born later.</param>
internal sealed partial class Recogniser(DateOnly today)
{
    private const int LongestHex = 24;
    private static readonly SearchValues<char> Wide = SearchValues.Create(
        [.. Enumerable.Range(0xFF01, 0xFF5E - 0xFF01 + 1).Select(c => (char)c), '\u3000', '\u00A0', .. Enumerable.Range(0x2010, 6).Select(c => (char)c)]);

    private static readonly SearchValues<char> AsciiWord = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdefABCDEF");
    private static readonly SearchValues<char> MailWord = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._%+-");
    private static readonly SearchValues<char> HostWord = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-");
    private static readonly SearchValues<char> PlateWord = SearchValues.Create("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ");

    /// <summary>GB/T 2260: the first two digits of provinces.</summary>
    private static readonly bool[] IsProvince = [.. Enumerable.Range(0, 100).Select(n => n is >= 11 and <= 15 or >= 21 and <= 23 or >= 31 and <= 37 or >= 41 and <= 46 or >= 50 and <= 54 or >= 61 and <= 65 or 71 or 81 or 82 or 83)];

    private readonly (int Start, int Length)[] places = new (int, int)[Enum.GetValues<Personal>().Length];
    private char[] folded = new char[256];
    private int length;
    private bool isFolded;
    private uint found;
    private uint tried;

    /// <summary>GB 11643-1999, annex A: weight i = 2^(18-i) mod 11.</summary>
    private static ReadOnlySpan<byte> Weights => [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

    /// <summary>Looks through a text.</summary>
    internal Sighting Read(ReadOnlySpan<char> text)
    {
        found = tried = 0;
        isFolded = false;
        if (text.Length < 1) { return default; }
        if (text.ContainsAny(Wide)) { text = Fold(text); }
        var hasDigits = ReadNumbers(text);
        if (text.Length >= 6 && text.Contains('@')) { ReadMail(text); }
        if (hasDigits)
        {
            if (text.Length >= 7) { ReadPlates(text); }
            if (text.Length >= 6 && text.ContainsAny(PersonalWords.DwellingMarks)) { ReadAddress(text); }
        }

        if (text.IndexOfAny(PersonalWords.Medical) is >= 0 and var place) { Find(Personal.Medical, place, Math.Min(2, text.Length - place)); }
        return new Sighting(found, tried);
    }

    /// <summary>The first of that kind in the text that was just read, masked.</summary>
    internal string SampleOf(Personal kind, ReadOnlySpan<char> text)
    {
        var (start, count) = places[(int)kind];
        return Masked.Of(kind, (isFolded ? folded.AsSpan(0, length) : text).Slice(start, count));
    }

    private ReadOnlySpan<char> Fold(ReadOnlySpan<char> text)
    {
        if (folded.Length < text.Length) { folded = new char[text.Length + (text.Length / 2)]; }
        for (var n = 0; n < text.Length; n++)
        {
            folded[n] = text[n] switch
            {
                >= '\uFF01' and <= '\uFF5E' and var c => (char)(c - 0xFEE0),
                '\u3000' or '\u00A0' => ' ',
                >= '\u2010' and <= '\u2015' => '-',
                var c => c,
            };
        }

        (length, isFolded) = (text.Length, true);
        return folded.AsSpan(0, text.Length);
    }

    private void Find(Personal kind, int start, int count)
    {
        tried |= 1u << (int)kind;
        if ((found >> (int)kind & 1) != 0) { return; }
        found |= 1u << (int)kind;
        places[(int)kind] = (start, count);
    }

    private void Try(Personal kind) => tried |= 1u << (int)kind;

    /// <summary>Every string of digits, by itself and joined with those behind it.</summary>
    private bool ReadNumbers(ReadOnlySpan<char> text)
    {
        var (from, wordEnd, isHex, any) = (0, 0, false, false);
        while (true)
        {
            var at = text[from..].IndexOfAnyInRange('0', '9');
            if (at < 0) { return any; }
            any = true;
            var start = from + at;
            var end = EndOfDigits(text, start);
            from = end;
            // The ASCII word around it: a code, a hash, a passport.
            if (start >= wordEnd)
            {
                var wordStart = start;
                while (wordStart > 0 && char.IsAsciiLetter(text[wordStart - 1])) { wordStart--; }
                wordEnd = text[end..].IndexOfAnyExcept(AsciiWord) is >= 0 and var rest ? end + rest : text.Length;
                var word = text[wordStart..wordEnd];
                isHex = word.Length >= LongestHex && !word.ContainsAnyExcept(Hex) && word.ContainsAnyExceptInRange('0', '9');
                if (word.Length == 18) { ReadCreditCode(word, wordStart); }
                else if (word.Length == 9) { ReadPassport(word, wordStart); }
            }

            // What comes behind one digit or two of a date or a house number is too little in most texts: leave early.
            if (isHex || text.Length - start < 11 || IsFraction(text, start, end)) { continue; }
            if (end - start >= 11) { ReadNumber(text, start, end); }
            ReadJoined(text, start, end);
        }
    }

    private static int EndOfDigits(ReadOnlySpan<char> text, int start) =>
        text[start..].IndexOfAnyExceptInRange('0', '9') is >= 0 and var rest ? start + rest : text.Length;

    /// <summary>Digits on either side of a point, unless all behind it are zeros: 13812345678.0 is a number that a sheet wrote.</summary>
    private static bool IsFraction(ReadOnlySpan<char> text, int start, int end)
    {
        if (start >= 2 && text[start - 1] == '.' && char.IsAsciiDigit(text[start - 2])) { return true; }
        if (end + 1 >= text.Length || text[end] != '.' || !char.IsAsciiDigit(text[end + 1])) { return false; }
        return text[(end + 1)..EndOfDigits(text, end + 1)].ContainsAnyExcept('0');
    }

    private void ReadNumber(ReadOnlySpan<char> text, int start, int end)
    {
        var digits = text[start..end];
        var isClosed = end < text.Length && text[end] is 'X' or 'x' && (end + 1 == text.Length || !char.IsAsciiLetterOrDigit(text[end + 1]));
        switch (digits.Length)
        {
            case 11: ReadMobile(digits, start); break;
            case 13 when digits.StartsWith("86"): ReadMobile(digits[2..], start + 2); break;
            case 15 when digits.StartsWith("0086"): ReadMobile(digits[4..], start + 4); break;
            case 15:
                Try(Personal.IdentityCardOld);
                if (IsOldIdentity(digits)) { Find(Personal.IdentityCardOld, start, 15); }
                break;
            case 17 when isClosed:
                Try(Personal.IdentityCard);
                if (IsIdentity(digits, 'X')) { Find(Personal.IdentityCard, start, 18); return; }
                break;
            case 18:
                Try(Personal.IdentityCard);
                if (IsIdentity(digits[..17], digits[17])) { Find(Personal.IdentityCard, start, 18); return; }
                break;
        }

        if (digits.Length > 18 || (digits.Length == 18 && isClosed))
        {
            Try(Personal.IdentityCardInside);
            for (var n = 0; n + 17 <= digits.Length; n++)
            {
                var last = n + 17 < digits.Length ? digits[n + 17] : isClosed ? 'X' : '\0';
                if (last != '\0' && IsIdentity(digits.Slice(n, 17), last))
                {
                    Find(Personal.IdentityCardInside, start + n, 18);
                    return;
                }
            }
        }

        if (digits.Length is >= 13 and <= 19) { ReadBankCard(digits, start, digits.Length); }
    }

    /// <summary>Groups with one space or hyphen between: 138-1234-5678, 110105 19491231 002X, 6222 0200 1234 5678.</summary>
    private void ReadJoined(ReadOnlySpan<char> text, int start, int end)
    {
        if (end - start > 8 || !IsJoin(text, end)) { return; }
        Span<char> digits = stackalloc char[20];
        Span<byte> sizes = stackalloc byte[20];
        var (used, groups, origin) = (0, 0, start);
        while (true)
        {
            var group = text[start..end];
            if (used + group.Length > 19) { return; }
            group.CopyTo(digits[used..]);
            used += group.Length;
            sizes[groups++] = (byte)group.Length;
            if (groups > 1 && used >= 11)
            {
                var whole = digits[..used];
                var isLast = !IsJoin(text, end);
                if (used == 11 && sizes[0] == 3 && sizes[1] == 4 && groups == 3 && isLast) { ReadMobileJoined(whole, origin, end - origin); }
                else if (used == 18 && IsIdentity(whole[..17], whole[17])) { Find(Personal.IdentityCard, origin, end - origin); }
                else if (used == 17 && end < text.Length && text[end] is 'X' or 'x' && (end + 1 == text.Length || !char.IsAsciiLetterOrDigit(text[end + 1])) && IsIdentity(whole, 'X')) { Find(Personal.IdentityCard, origin, end + 1 - origin); }
                if (isLast && used is >= 13 and <= 19 && (IsFours(sizes[..groups]) || (groups == 2 && sizes[0] == 6 && (found >> (int)Personal.IdentityCard & 1) == 0))) { ReadBankCard(whole, origin, end - origin); }
            }

            if (!IsJoin(text, end)) { return; }
            start = end + 1;
            end = EndOfDigits(text, start);
        }
    }

    private static bool IsJoin(ReadOnlySpan<char> text, int end) => end + 1 < text.Length && text[end] is ' ' or '-' && char.IsAsciiDigit(text[end + 1]);

    private static bool IsFours(ReadOnlySpan<byte> sizes)
    {
        if (sizes.Length < 4) { return false; }
        foreach (var size in sizes[..^1])
        {
            if (size != 4) { return false; }
        }

        return sizes[^1] <= 4;
    }

    private void ReadMobile(ReadOnlySpan<char> digits, int start)
    {
        Try(Personal.Mobile);
        if (digits[0] == '1' && digits[1] >= '3') { Find(Personal.Mobile, start, digits.Length); }
    }

    private void ReadMobileJoined(ReadOnlySpan<char> digits, int start, int count)
    {
        Try(Personal.Mobile);
        if (digits[0] == '1' && digits[1] >= '3') { Find(Personal.Mobile, start, count); }
    }

    private void ReadBankCard(ReadOnlySpan<char> digits, int start, int count)
    {
        Try(Personal.BankCard);
        var isIssued = digits.StartsWith("62") || digits[0] == '4' || (digits[0] == '5' && digits[1] is >= '1' and <= '5');
        if (isIssued && IsLuhn(digits)) { Find(Personal.BankCard, start, count); }
    }

    private void ReadCreditCode(ReadOnlySpan<char> word, int start)
    {
        if (!CreditCodes.IsCode(word)) { return; }
        // Of eighteen digits one in thirty-one passes by chance: the organisation code within decides.
        if (!word.ContainsAnyExceptInRange('0', '9') && !CreditCodes.IsOrganisationCode(word.Slice(8, 9))) { return; }
        Find(Personal.CreditCode, start, word.Length);
    }

    /// <summary>E and a digit or letter, G, D, S, P, H: one letter (two after E) and digits, nine characters.</summary>
    private void ReadPassport(ReadOnlySpan<char> word, int start)
    {
        if (word[0] is not ('E' or 'G' or 'D' or 'S' or 'P' or 'H' or 'e' or 'g')) { return; }
        var rest = word[0] is 'E' or 'e' && char.IsAsciiLetter(word[1]) ? word[2..] : word[1..];
        if (!rest.ContainsAnyExceptInRange('0', '9')) { Find(Personal.Passport, start, word.Length); }
    }

    private void ReadPlates(ReadOnlySpan<char> text)
    {
        var from = 0;
        while (text[from..].IndexOfAny(PersonalWords.PlateProvinces) is >= 0 and var at)
        {
            var start = from + at;
            from = start + 1;
            if (start + 7 > text.Length || text[start + 1] is not (>= 'A' and <= 'Z') || text[start + 1] == 'I') { continue; }
            var body = start + 2;
            if (text[body] is '·' or '•' or '-' or ' ' or '.') { body++; }
            var rest = text[body..];
            var count = rest.IndexOfAnyExcept(PlateWord) is >= 0 and var n ? n : rest.Length;
            var isSpecial = count == 4 && rest.Length > 4 && PersonalWords.PlateEnds.Contains(rest[4]);
            if (!isSpecial && count is not (5 or 6)) { continue; }
            var plate = rest[..(isSpecial ? 5 : count)];
            // New energy: D or F at the first place and five digits behind, or at the last.
            if (count == 6 && !(plate[0] is 'D' or 'F' && !plate[2..].ContainsAnyExceptInRange('0', '9')) && !(plate[5] is 'D' or 'F' && !plate[..5].ContainsAnyExceptInRange('0', '9'))) { continue; }
            if (!plate.ContainsAnyInRange('0', '9')) { continue; }
            if (body + plate.Length < text.Length && char.IsAsciiLetterOrDigit(text[body + plate.Length])) { continue; }
            Find(Personal.NumberPlate, start, body + plate.Length - start);
        }
    }

    private void ReadMail(ReadOnlySpan<char> text)
    {
        var from = 0;
        while (text[from..].IndexOf('@') is >= 0 and var at)
        {
            var sign = from + at;
            from = sign + 1;
            var start = text[..sign].LastIndexOfAnyExcept(MailWord) + 1;
            var rest = text[(sign + 1)..];
            var host = (rest.IndexOfAnyExcept(HostWord) is >= 0 and var n ? rest[..n] : rest).TrimEnd('.');
            if (start == sign || host.Length < 4) { continue; }
            Try(Personal.PrivateMail);
            foreach (var provider in PersonalWords.MailHosts)
            {
                if (host.Equals(provider, StringComparison.OrdinalIgnoreCase)) { Find(Personal.PrivateMail, start, sign + 1 + host.Length - start); }
            }
        }
    }

    private void ReadAddress(ReadOnlySpan<char> text)
    {
        foreach (var match in Dwelling().EnumerateMatches(text))
        {
            Find(Personal.HomeAddress, 0, Math.Min(text.Length, match.Index + match.Length));
            return;
        }
    }

    private bool IsIdentity(ReadOnlySpan<char> body, char check)
    {
        if (!IsProvince[((body[0] - '0') * 10) + body[1] - '0']) { return false; }
        var sum = 0;
        for (var n = 0; n < 17; n++) { sum += (body[n] - '0') * Weights[n]; }
        return "10X98765432"[sum % 11] == char.ToUpperInvariant(check) && IsBirth(Number(body.Slice(6, 4)), body.Slice(10, 4));
    }

    private bool IsOldIdentity(ReadOnlySpan<char> digits) =>
        IsProvince[((digits[0] - '0') * 10) + digits[1] - '0'] && IsBirth(1900 + Number(digits.Slice(6, 2)), digits.Slice(8, 4));

    private bool IsBirth(int year, ReadOnlySpan<char> monthAndDay)
    {
        var (month, day) = (Number(monthAndDay[..2]), Number(monthAndDay[2..]));
        return year >= 1800 && year <= today.Year && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month) && new DateOnly(year, month, day) <= today;
    }

    private static int Number(ReadOnlySpan<char> digits)
    {
        var number = 0;
        foreach (var digit in digits) { number = (number * 10) + digit - '0'; }
        return number;
    }

    /// <summary>Every second digit from the right doubled, minus 9 above 9: the sum ends with 0.</summary>
    internal static bool IsLuhn(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        for (var n = 0; n < digits.Length; n++)
        {
            var digit = digits[^(n + 1)] - '0';
            if (n % 2 == 1 && (digit *= 2) > 9) { digit -= 9; }
            sum += digit;
        }

        return sum % 10 == 0;
    }

    [GeneratedRegex(PersonalWords.Dwelling, RegexOptions.CultureInvariant)]
    private static partial Regex Dwelling();
}
