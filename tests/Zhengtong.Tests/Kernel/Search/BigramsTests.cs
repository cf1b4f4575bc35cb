using CsCheck;
using Zhengtong.Kernel.Search;

namespace Zhengtong.Tests.Kernel.Search;

public sealed class BigramsTests
{
    [Theory]
    [InlineData("西安市", "西安 安市 市")]
    [InlineData("市", "市")]
    [InlineData("企业登记，企业名称", "企业 业登 登记 记 业名 名称 称")]
    [InlineData("Credit_Code GB/T 2260", "credit code gb t 2260")]
    [InlineData("ＭＲＩ设备２０２４年", "mri 设备 备 2024 年")]
    [InlineData("Ⅲ级 ①", "iii 级 1")]
    [InlineData("〇五 々", "〇五 五 々")]
    [InlineData("企\u200B业 葛\U000E0100城", "企业 业 葛城 城")]
    [InlineData("𠮷野家", "𠮷野 野家 家")]
    [InlineData("naïve ÅNGSTRÖM", "naïve ångström")]
    [InlineData("ཀུན་མཁྱེན", "ཀུན མཁྱེན")]
    [InlineData(" \"'-*:&|!()^~\\\0\uFFFE<>+ ", "")]
    [InlineData("", "")]
    public void ToIndex_Text_IsCutIntoTerms(string text, string terms) => Bigrams.ToIndex(text).ShouldBe(terms);

    [Fact]
    public void ToFind_RunIsPairsAndSingleCharactersAndWordsAreBeginnings()
    {
        Bigrams.ToFind("西安市").ShouldBe([new("西安", false), new("安市", false)]);
        Bigrams.ToFind("市 GB2312").ShouldBe([new("市", true), new("gb2312", true)]);
        Bigrams.ToFind("第17号表").ShouldBe([new("第", false), new("17", false), new("号表", false)]);
        Bigrams.ToFind("2024年").ShouldBe([new("2024", false), new("年", true)]);
        Bigrams.ToFind("** -- \"\"").ShouldBeEmpty();
    }

    [Fact]
    public void ToIndex_HalfOfAPair_BreaksNothing() => Bigrams.ToIndex("企业\uD83D登记").ShouldBe("企业 业 登记 记");

    [Fact]
    public void ToIndex_LongText_IsBounded()
    {
        Bigrams.ToIndex(new string('a', 1000)).Length.ShouldBe(Bigrams.LongestWord);
        Bigrams.ToFind(new string('a', 1000)).ShouldBe([new(new string('a', Bigrams.LongestWord), true)]);
        Bigrams.ToIndex(string.Join(' ', Enumerable.Range(0, 20_000))).Split(' ').Length.ShouldBe(Bigrams.MostTerms);
        Bigrams.ToIndex(new string(' ', Bigrams.MostCharacters) + "后").ShouldBe("");
    }

    [Fact]
    public void ToFind_AnyPartOfARun_IsFoundInItsIndex()
    {
        var run = Gen.Char['\u4e00', '\u4e20'].Array[1, 12].Select(c => new string(c));
        run.SelectMany(text => Gen.Select(Gen.Const(text), Gen.Int[0, text.Length - 1], Gen.Int[1, text.Length])).Sample((text, from, length) =>
        {
            var index = Bigrams.ToIndex(text).Split(' ');
            return Bigrams.ToFind(text.Substring(from, Math.Min(length, text.Length - from))).All(t => index.Any(i => t.IsPrefix ? i.StartsWith(t.Text, StringComparison.Ordinal) : i == t.Text));
        });
    }

    /// <summary>Whatever is typed, a term cannot leave its quotes, and the index holds nothing but terms and single spaces.</summary>
    [Fact]
    public void Terms_OfAnyText_AreLettersDigitsAndMarks() => Gen.String[Gen.Char, 0, 60].Sample(text =>
        Bigrams.ToFind(text).All(t => t.Text.Length > 0 && !t.Text.AsSpan().ContainsAny(" \"'\\*:&|!()<>^-\0\t\n")) && !Bigrams.ToIndex(text).Contains("  ", StringComparison.Ordinal));
}
