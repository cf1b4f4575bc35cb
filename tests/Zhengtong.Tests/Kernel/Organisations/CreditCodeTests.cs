using CsCheck;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.Tests.Kernel.Organisations;

public sealed class CreditCodeTests
{
    private const string Alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";

    private static readonly Gen<string> Bodies = Gen.Int[0, 30].Array[17].Select(values => string.Concat(values.Select(v => Alphabet[v])));

    [Fact]
    public void FromBody_AnyBody_ParsesBackInBothCases() => Bodies.Sample(body =>
    {
        var code = CreditCode.FromBody(body);
        code.Value.Length.ShouldBe(18);
        CreditCode.Parse(code.Value).ShouldBe(code);
        CreditCode.Parse(code.Value.ToLowerInvariant()).ShouldBe(code);
    });

    [Fact]
    public void TryParse_AnySingleWrongCharacter_IsRefused() => Gen.Select(Bodies, Gen.Int[0, 17], Gen.Int[1, 30]).Sample((body, at, step) =>
    {
        var right = CreditCode.FromBody(body).Value.ToCharArray();
        right[at] = Alphabet[(Alphabet.IndexOf(right[at]) + step) % 31];
        CreditCode.TryParse(new string(right), null, out _).ShouldBeFalse();
    });

    [Theory]
    [InlineData("I"), InlineData("O"), InlineData("S"), InlineData("V"), InlineData("Z"), InlineData(" "), InlineData("中")]
    public void TryParse_CharacterThatNoCodeHas_IsRefused(string character) => CreditCode.TryParse("11610000012345678"[..16] + character + "X", null, out _).ShouldBeFalse();

    [Theory]
    [InlineData(null), InlineData(""), InlineData("1161000001234567"), InlineData("116100000123456789X")]
    public void TryParse_OtherLengths_AreRefused(string? text) => CreditCode.TryParse(text, null, out _).ShouldBeFalse();
}
