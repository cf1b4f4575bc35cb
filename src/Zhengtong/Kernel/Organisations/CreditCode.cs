using System.Diagnostics.CodeAnalysis;

namespace Zhengtong.Kernel.Organisations;

/// <summary>A unified social credit code 统一社会信用代码 (GB 32100-2015): 18 characters, the last a check character.</summary>
public readonly record struct CreditCode : IParsable<CreditCode>
{
    /// <summary>GB 32100-2015, 4.5: digits and capitals without I, O, S, V, Z; a character's value is its place.</summary>
    private const string Alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";

    /// <summary>GB 32100-2015, 4.5: weight i = 3^(i-1) mod 31.</summary>
    private static readonly int[] Weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

    /// <summary>A byte's place in the alphabet, in either case; -1 for any other.</summary>
    private static readonly sbyte[] Places = [.. Enumerable.Range(0, 256).Select(b => (sbyte)(b < 128 ? Alphabet.IndexOf(char.ToUpperInvariant((char)b), StringComparison.Ordinal) : -1))];

    private readonly string? value;

    private CreditCode(string value) => this.value = value;

    /// <summary>Eighteen characters.</summary>
    public string Value => value ?? "";

    /// <summary>Adds the check character to 17 characters of the alphabet.</summary>
    /// <exception cref="FormatException">Not 17 characters of the alphabet.</exception>
    public static CreditCode FromBody(string body) =>
        body.Length == 17 && !body.AsSpan().ContainsAnyExcept(Alphabet)
            ? new CreditCode(body + Check(body))
            : throw new FormatException($"'{body}' is not 17 characters of a unified social credit code");

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <summary>Parses 18 characters with a right check character.</summary>
    /// <exception cref="FormatException">Anything else.</exception>
    public static CreditCode Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var code) ? code : throw new FormatException($"'{s}' is no unified social credit code");

    /// <summary>Parses 18 characters with a right check character; lower case is taken as upper case.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out CreditCode result)
    {
        result = default;
        var upper = s?.ToUpperInvariant();
        if (upper is not { Length: 18 } || upper.AsSpan().ContainsAnyExcept(Alphabet) || Check(upper.AsSpan(0, 17)) != upper[17])
        {
            return false;
        }

        result = new CreditCode(upper);
        return true;
    }

    /// <summary>True for the bytes of a text that <see cref="TryParse"/> takes; allocates nothing.</summary>
    internal static bool IsCode(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length != 18) { return false; }
        var sum = 0;
        for (var i = 0; i < Weights.Length; i++)
        {
            var place = Places[utf8[i]];
            if (place < 0) { return false; }
            sum += place * Weights[i];
        }

        return Places[utf8[17]] == (31 - (sum % 31)) % 31;
    }

    private static char Check(ReadOnlySpan<char> body)
    {
        var sum = 0;
        for (var i = 0; i < Weights.Length; i++)
        {
            sum += Alphabet.IndexOf(body[i], StringComparison.Ordinal) * Weights[i];
        }

        return Alphabet[(31 - (sum % 31)) % 31];
    }
}
