namespace Zhengtong.OpenData.Privacy;

/// <summary>What a text may hold that does not belong in the open.</summary>
internal enum Personal
{
    /// <summary>公民身份号码 of 18 characters (GB 11643-1999) with place, date of birth and check character.</summary>
    IdentityCard,
    /// <summary>The same within a longer string of digits, where chance makes some too.</summary>
    IdentityCardInside,
    /// <summary>The old form of 15 digits, which has no check.</summary>
    IdentityCardOld,
    /// <summary>Mobile number of mainland China.</summary>
    Mobile,
    /// <summary>Bank card: 13 to 19 digits, an issuer's beginning, Luhn's check.</summary>
    BankCard,
    /// <summary>An address down to the door.</summary>
    HomeAddress,
    /// <summary>Passport of China.</summary>
    Passport,
    /// <summary>Number plate of a vehicle, GA 36-2018.</summary>
    NumberPlate,
    /// <summary>Mail address at a provider of private mail.</summary>
    PrivateMail,
    /// <summary>A condition of health.</summary>
    Medical,
    /// <summary>Unified social credit code, GB 32100-2015: no person, but a sole trader's leads to one.</summary>
    CreditCode,
}

/// <summary>What was seen in one text.</summary>
/// <param name="Found">Bit n is set when <see cref="Personal"/> n is in it.</param>
/// <param name="Tried">Bit n is set when something had the outer form of <see cref="Personal"/> n, whether or not it passed its check: what a share is measured against.</param>
internal readonly record struct Sighting(uint Found, uint Tried)
{
    internal bool Has(Personal kind) => (Found >> (int)kind & 1) != 0;

    internal bool HasTried(Personal kind) => (Tried >> (int)kind & 1) != 0;
}

/// <summary>Shows that something is there without showing it.</summary>
internal static class Masked
{
    private const int Longest = 60;

    /// <summary>So many characters of each end, an asterisk for each other: never more than a third of the whole, at most 60 characters.</summary>
    internal static string Ends(ReadOnlySpan<char> value, int first, int last)
    {
        if (3 * (first + last) > value.Length) { (first, last) = (value.Length >= 3 ? 1 : 0, 0); }
        var hidden = Math.Min(value.Length - first - last, Longest - first - last);
        return $"{value[..first]}{new string('*', hidden)}{value[^last..]}";
    }

    /// <summary>What was found, masked as its kind allows.</summary>
    internal static string Of(Personal kind, ReadOnlySpan<char> value) => kind switch
    {
        Personal.PrivateMail when value.IndexOf('@') is > 0 and var at => $"{value[0]}***{(value.Length - at > Longest ? "@***" : value[at..])}",
        Personal.IdentityCard or Personal.IdentityCardInside or Personal.IdentityCardOld => Ends(value, 3, 1),
        Personal.Mobile => Ends(value, 3, 0),
        Personal.BankCard => Ends(value, 4, 1),
        Personal.HomeAddress => Ends(value, Math.Min(4, value.Length / 4), 0),
        Personal.NumberPlate => Ends(value, 2, 0),
        Personal.Medical => Ends(value, 0, 0),
        Personal.CreditCode => Ends(value, 2, 2),
        _ => Ends(value, 1, 1),
    };

    /// <summary>A person's name: the first character stays.</summary>
    internal static string Name(ReadOnlySpan<char> value) => value.IsEmpty ? "" : $"{value[0]}{new string('*', Math.Min(value.Length - 1, Longest))}";
}
