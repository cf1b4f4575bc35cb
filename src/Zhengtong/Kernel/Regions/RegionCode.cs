using System.Diagnostics.CodeAnalysis;

namespace Zhengtong.Kernel.Regions;

/// <summary>The five levels of service. The platform itself stands at the first three.</summary>
public enum RegionLevel
{
    /// <summary>省级: the first 2 digits.</summary>
    Province = 1,
    /// <summary>市级: the first 4 digits.</summary>
    City = 2,
    /// <summary>县级: the first 6 digits.</summary>
    County = 3,
    /// <summary>乡级: the first 9 digits.</summary>
    Township = 4,
    /// <summary>村级: all 12 digits.</summary>
    Village = 5,
}

/// <summary>An administrative division code: GB/T 2260 for the first six digits, the statistical 12-digit form for townships and villages.
/// Stored and compared as 12 digits; <c>61</c>, <c>610000</c> and <c>610000000000</c> are the same province.</summary>
public readonly record struct RegionCode : IComparable<RegionCode>, IParsable<RegionCode>
{
    private static readonly int[] Lengths = [2, 4, 6, 9, 12];
    private readonly string? value;

    private RegionCode(string value) => this.value = value;

    /// <summary>Twelve digits; twelve zeros for the whole country.</summary>
    public string Value => value ?? "000000000000";

    /// <summary>The level, by the last group that is not zero.</summary>
    public RegionLevel Level
    {
        get
        {
            for (var level = Lengths.Length; level > 1; level--)
            {
                if (Value.AsSpan(Lengths[level - 2], Lengths[level - 1] - Lengths[level - 2]).ContainsAnyExcept('0'))
                {
                    return (RegionLevel)level;
                }
            }

            return RegionLevel.Province;
        }
    }

    /// <summary>The digits that all codes below this one share: 2, 4, 6, 9 or 12 of them.</summary>
    public string Prefix => Value[..Lengths[(int)Level - 1]];

    /// <summary>The code one level up; null for a province.</summary>
    public RegionCode? Parent => Level == RegionLevel.Province ? null : new RegionCode(Value[..Lengths[(int)Level - 2]].PadRight(12, '0'));

    /// <summary>True for the same region and for every region below it.</summary>
    public bool Covers(RegionCode other) => other.Value.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>As people write it: six digits down to the county, twelve below.</summary>
    public override string ToString() => Level <= RegionLevel.County ? Value[..6] : Value;

    /// <summary>Orders by digits, so that a region stands before those below it.</summary>
    public int CompareTo(RegionCode other) => string.CompareOrdinal(Value, other.Value);

    /// <summary>Parses 2, 4, 6, 9 or 12 digits.</summary>
    /// <exception cref="FormatException">Another length, a character that is no digit, or no province.</exception>
    public static RegionCode Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var code) ? code : throw new FormatException($"'{s}' is no administrative division code: 2, 4, 6, 9 or 12 digits");

    /// <summary>True for the bytes of a code of six digits, as GB/T 2260 writes province, city and county; allocates nothing.</summary>
    internal static bool IsSixDigits(ReadOnlySpan<byte> utf8) => utf8.Length == 6 && utf8[0] != (byte)'0' && !utf8.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    /// <summary>Parses 2, 4, 6, 9 or 12 digits; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out RegionCode result)
    {
        result = default;
        if (s is null || Array.IndexOf(Lengths, s.Length) < 0 || s.AsSpan().ContainsAnyExceptInRange('0', '9') || s is ['0', '0', ..] || s is ['0', ..])
        {
            return false;
        }

        result = new RegionCode(s.PadRight(12, '0'));
        return true;
    }
}
