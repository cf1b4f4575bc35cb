namespace Zhengtong.OpenData.Privacy;

/// <summary>Check characters of unified social credit codes and of the organisation codes within them, over characters of a longer text.</summary>
internal static class CreditCodes
{
    /// <summary>GB 32100-2015, 4.5.</summary>
    private const string Alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";

    /// <summary>GB 32100-2015, 4.5: 3^(i-1) mod 31.</summary>
    private static ReadOnlySpan<byte> Weights => [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

    /// <summary>GB 11714-1997.</summary>
    private static ReadOnlySpan<byte> OrganisationWeights => [3, 7, 9, 10, 5, 8, 4, 2];

    /// <summary>True for eighteen characters with the right check character, in either case.</summary>
    internal static bool IsCode(ReadOnlySpan<char> text)
    {
        var sum = 0;
        for (var n = 0; n < Weights.Length; n++)
        {
            var place = Alphabet.IndexOf(char.ToUpperInvariant(text[n]), StringComparison.Ordinal);
            if (place < 0) { return false; }
            sum += place * Weights[n];
        }

        return Alphabet[(31 - (sum % 31)) % 31] == char.ToUpperInvariant(text[17]);
    }

    /// <summary>True for nine characters of an organisation code with the right check character: A is 10, Z is 35; 11 - sum mod 11, 10 is X, 11 is 0.</summary>
    internal static bool IsOrganisationCode(ReadOnlySpan<char> text)
    {
        var sum = 0;
        for (var n = 0; n < OrganisationWeights.Length; n++)
        {
            var c = char.ToUpperInvariant(text[n]);
            if (!char.IsAsciiLetterOrDigit(c)) { return false; }
            sum += (char.IsAsciiDigit(c) ? c - '0' : c - 'A' + 10) * OrganisationWeights[n];
        }

        return "0X987654321"[sum % 11] == char.ToUpperInvariant(text[8]);
    }
}
