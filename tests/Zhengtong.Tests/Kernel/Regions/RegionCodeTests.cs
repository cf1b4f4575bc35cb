using CsCheck;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Tests.Kernel.Regions;

public sealed class RegionCodeTests
{
    private static readonly int[] Lengths = [2, 4, 6, 9, 12];

    /// <summary>Codes of all five levels, many of them below one another.</summary>
    private static readonly Gen<RegionCode> Codes = Gen.Select(Gen.Int[0, 4], Gen.String[Gen.Char['0', '2'], 11, 11]).Select((level, digits) => RegionCode.Parse(("1" + digits)[..Lengths[level]]));

    [Fact]
    public void Parse_AnyCode_RoundTripsInEveryForm() => Codes.Sample(code =>
    {
        RegionCode.Parse(code.Value).ShouldBe(code);
        RegionCode.Parse(code.ToString()).ShouldBe(code);
        RegionCode.Parse(code.Prefix).ShouldBe(code);
        code.Value.Length.ShouldBe(12);
    });

    [Fact]
    public void TryParse_AnySingleCharacterThatIsNoDigit_IsRefused() => Gen.Select(Codes, Gen.Int[0, 11], Gen.Char).Sample((code, at, character) =>
        RegionCode.TryParse(code.Value[..at] + character + code.Value[(at + 1)..], null, out _).ShouldBe(char.IsAsciiDigit(character) && (at > 0 || character != '0')));

    [Fact]
    public void Covers_AnyCodes_IsAPartialOrder()
    {
        Codes.Sample(a => a.Covers(a).ShouldBeTrue());
        Gen.Select(Codes, Codes).Sample((a, b) => (a.Covers(b) && b.Covers(a)).ShouldBe(a == b));
        Gen.Select(Codes, Codes, Codes).Sample((a, b, c) => (!(a.Covers(b) && b.Covers(c)) || a.Covers(c)).ShouldBeTrue());
    }

    [Fact]
    public void Parent_AnyCode_CoversItOneLevelUpAndStandsBeforeIt() => Codes.Sample(code =>
    {
        if (code.Parent is not { } parent)
        {
            code.Level.ShouldBe(RegionLevel.Province);
            return;
        }

        parent.Covers(code).ShouldBeTrue();
        code.Covers(parent).ShouldBeFalse();
        (parent.Level < code.Level).ShouldBeTrue();
        parent.CompareTo(code).ShouldBeLessThan(0);
        RegionNames.PathOf(code)[^2].ShouldBe(parent);
    });
}
