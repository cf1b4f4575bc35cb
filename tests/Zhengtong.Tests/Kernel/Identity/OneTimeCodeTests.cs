using System.Text;
using CsCheck;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Tests.Kernel.Identity;

public sealed class OneTimeCodeTests
{
    /// <summary>RFC 6238, appendix B, SHA-1, the last six of its eight digits.</summary>
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1234567890, "005924")]
    [InlineData(20000000000, "353130")]
    public void At_TimesOfTheStandard_GivesItsCodes(long seconds, string code) =>
        OneTimeCode.At(Encoding.ASCII.GetBytes("12345678901234567890"), seconds / 30).ShouldBe(code);

    [Fact]
    public void Match_OneStepEarlyOrLate_IsTakenAndTwoAreNot()
    {
        var secret = OneTimeCode.NewSecret();
        var now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_010);
        foreach (var off in new[] { -1, 0, 1 }) { OneTimeCode.Match(secret, OneTimeCode.At(secret, OneTimeCode.StepOf(now) + off), now, 0).ShouldBe(OneTimeCode.StepOf(now) + off); }
        OneTimeCode.Match(secret, OneTimeCode.At(secret, OneTimeCode.StepOf(now) + 3), now, 0).ShouldBeNull();
    }

    [Fact]
    public void Match_CodeUsedBefore_IsRefused()
    {
        var secret = OneTimeCode.NewSecret();
        var now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_010);
        OneTimeCode.Match(secret, OneTimeCode.At(secret, OneTimeCode.StepOf(now)), now, OneTimeCode.StepOf(now)).ShouldBeNull();
    }

    /// <summary>RFC 4648, section 10.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void ToBase32_TextsOfTheStandard_GivesItsResults(string text, string expected) => OneTimeCode.ToBase32(Encoding.ASCII.GetBytes(text)).ShouldBe(expected);

    [Fact]
    public void Match_AnyText_IsNeverAnError() => Gen.String.Sample(text => OneTimeCode.Match(new byte[20], text, DateTimeOffset.UnixEpoch, 0) is null || text.Length >= 6);

    internal static byte[] FromBase32(string text)
    {
        var bits = string.Concat(text.Select(c => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c).ToString("b5", System.Globalization.CultureInfo.InvariantCulture)));
        return [.. bits.Chunk(8).Where(c => c.Length == 8).Select(c => Convert.ToByte(new string(c), 2))];
    }
}
