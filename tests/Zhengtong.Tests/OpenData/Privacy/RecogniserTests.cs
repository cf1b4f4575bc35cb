using System.Globalization;
using CsCheck;
using Zhengtong.OpenData.Privacy;

namespace Zhengtong.Tests.OpenData.Privacy;

/// <summary>What is recognised in a text, and what is not.</summary>
public sealed class RecogniserTests
{
    private static readonly DateOnly Today = new(2026, 11, 27);

    [Theory]
    // GB 11643-1999, annex C: sum 167, modulo 11 is 2, so X.
    [InlineData("IdentityCard", "11010519491231002X")]
    [InlineData("IdentityCard", "11010519491231002x")]
    [InlineData("IdentityCard", "440524188001010014")]
    [InlineData("IdentityCard", "１１０１０５１９４９１２３１００２Ｘ")]
    [InlineData("IdentityCard", "张三，身份证号11010519491231002X，住西安")]
    [InlineData("IdentityCard", "110105 19491231 002X")]
    [InlineData("IdentityCard", "110105-1949-1231-002X")]
    [InlineData("IdentityCard", "id=11010519491231002X;")]
    [InlineData("IdentityCardInside", "000440524188001010014100")]
    [InlineData("IdentityCardInside", "99911010519491231002X")]
    [InlineData("IdentityCardOld", "110105491231002")]
    [InlineData("Mobile", "13812345678")]
    [InlineData("Mobile", "+86 13812345678")]
    [InlineData("Mobile", "+8613812345678")]
    [InlineData("Mobile", "008613812345678")]
    [InlineData("Mobile", "8613812345678")]
    [InlineData("Mobile", "+86-138-1234-5678")]
    [InlineData("Mobile", "138 1234 5678")]
    [InlineData("Mobile", "１３８１２３４５６７８")]
    [InlineData("Mobile", "王师傅：19912345678（微信同号）")]
    [InlineData("Mobile", "13812345678.0")]
    [InlineData("BankCard", "4111111111111111")]
    [InlineData("BankCard", "4111 1111 1111 1111")]
    [InlineData("BankCard", "卡号：4111-1111-1111-1111。")]
    [InlineData("Passport", "E12345678")]
    [InlineData("Passport", "护照EA1234567号")]
    [InlineData("NumberPlate", "陕A12345")]
    [InlineData("NumberPlate", "京A·D12345")]
    [InlineData("NumberPlate", "车牌陕AD12345停放")]
    [InlineData("NumberPlate", "粤Z1234港")]
    [InlineData("PrivateMail", "请发至 zhang.san@qq.com。")]
    [InlineData("PrivateMail", "ｌｉ＠１６３．ｃｏｍ")]
    [InlineData("HomeAddress", "陕西省西安市雁塔区小寨东路88号阳光小区3号楼2单元501室")]
    [InlineData("HomeAddress", "西安市碑林区友谊西路12号院5栋1203")]
    [InlineData("HomeAddress", "周至县楼观镇三家庄村3组12号")]
    [InlineData("HomeAddress", "长安区紫薇花园12-1-602")]
    [InlineData("Medical", "确诊艾滋病")]
    [InlineData("Medical", "hiv阳性")]
    // GB 32100-2015: sum 1640, modulo 31 is 28, so 3.
    [InlineData("CreditCode", "91350100M000100Y43")]
    [InlineData("CreditCode", "企业（91350100m000100y43）")]
    public void Read_Text_Finds(string kind, string text)
    {
        var recogniser = new Recogniser(Today);
        var sighting = recogniser.Read(text);
        sighting.Has(Enum.Parse<Personal>(kind)).ShouldBeTrue();
        var sample = recogniser.SampleOf(Enum.Parse<Personal>(kind), text);
        sample.ShouldContain('*');
        text.Contains(sample, StringComparison.Ordinal).ShouldBeFalse();
    }

    [Theory]
    [InlineData("110105194912310021")]
    [InlineData("11010519490231002X")]
    [InlineData("16010519491231002X")]
    [InlineData("11010519491231002XA")]
    [InlineData("113812345678")]
    [InlineData("138123456789")]
    [InlineData("12812345678")]
    [InlineData("116.13812345678")]
    [InlineData("13812345678.25")]
    [InlineData("029-87654321")]
    [InlineData("2026-11-27 13:45:10")]
    [InlineData("2024-01-02 1234567890")]
    [InlineData("4111111111111112")]
    [InlineData("9111111111111111")]
    [InlineData("opendata@xa.gov.cn")]
    [InlineData("ab13812345678cd90ef12ab13")]
    [InlineData("550e8400-e29b-41d4-a716-446655440000")]
    [InlineData("西安市雁塔区小寨东路88号")]
    [InlineData("友谊西路88号 电话029-12345678")]
    [InlineData("第一中学3号楼2024年建成")]
    [InlineData("新城区A座")]
    [InlineData("EB12345678")]
    [InlineData("91350100M000100Y44")]
    [InlineData("陕A1234")]
    [InlineData("京沪G1234次")]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("@qq.com")]
    public void Read_Harmless_FindsNothing(string text) => new Recogniser(Today).Read(text).Found.ShouldBe(0u);

    [Fact]
    public void Read_ValidIdentityCard_IsFoundInAnyEmbedding() =>
        Gen.Select(Ids.Valid, OneOf("", "证", "：", "x=", "（", "\t", "abc ", "。", "张三", "13-"), OneOf("", "号", "；", ")", "\n", " 男", "，13800138000", "-附"), Gen.Int[0, 3]).Sample((id, before, after, form) =>
        {
            var written = form switch
            {
                1 => string.Concat(id.Select(c => char.IsAsciiDigit(c) ? (char)(c + 0xFEE0) : 'ｘ')),
                2 => $"{id[..6]} {id[6..14]} {id[14..]}",
                3 => id.ToLowerInvariant(),
                _ => id,
            };
            return new Recogniser(Today).Read(before + written + after).Has(Personal.IdentityCard);
        }, iter: 20_000);

    [Fact]
    public void Read_WrongCheckCharacter_IsNoIdentityCard() => Gen.Select(Ids.Valid, Gen.Int[1, 10]).Sample((id, step) =>
        !new Recogniser(Today).Read(id[..17] + Ids.Checks[(Ids.Checks.IndexOf(id[17], StringComparison.Ordinal) + step) % 11]).Has(Personal.IdentityCard), iter: 20_000);

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(n => values[n]);

    /// <summary>A place in about a third, a real date in one of two thousand, a check character in one of eleven.</summary>
    [Fact]
    public void Read_RandomDigits_SeldomMakeAnIdentityCard()
    {
        var (recogniser, hits, seed) = (new Recogniser(Today), 0, 1UL);
        const int tries = 500_000;
        Span<char> digits = stackalloc char[18];
        for (var n = 0; n < tries; n++)
        {
            for (var i = 0; i < 18; i++)
            {
                seed = (seed * 6364136223846793005UL) + 1442695040888963407UL;
                digits[i] = (char)('0' + ((seed >> 33) % 10));
            }

            hits += recogniser.Read(digits).Has(Personal.IdentityCard) ? 1 : 0;
        }

        hits.ShouldBeLessThan(tries / 10_000);
        hits.ShouldBeGreaterThan(0, "What is never found by chance was not looked for");
    }

    [Fact]
    public void Read_AnyText_NeverFails() => Gen.String.Sample(text =>
    {
        var recogniser = new Recogniser(Today);
        var sighting = recogniser.Read(text);
        foreach (var kind in Enum.GetValues<Personal>().Where(sighting.Has)) { recogniser.SampleOf(kind, text).Length.ShouldBeLessThanOrEqualTo(200); }
    }, iter: 20_000);

    /// <summary>Texts of just those signs that are looked for.</summary>
    [Fact]
    public void Read_AnyMixOfItsSigns_NeverFails() => Gen.Char["0123456789Xx86-. @aEG陕A京路号楼室单元１２＠\u3000"].Array[0, 60].Sample(signs =>
    {
        var recogniser = new Recogniser(Today);
        var text = new string(signs);
        var sighting = recogniser.Read(text);
        foreach (var kind in Enum.GetValues<Personal>().Where(sighting.Has)) { recogniser.SampleOf(kind, text).ShouldContain('*'); }
    }, iter: 50_000);

    [Theory]
    [InlineData("4111111111111111", true)]
    [InlineData("79927398713", true)]
    [InlineData("79927398710", false)]
    public void Luhn_WorkedExamples_Hold(string digits, bool passes) => Recogniser.IsLuhn(digits).ShouldBe(passes);

    [Theory]
    [InlineData("M000100Y4", true)]
    [InlineData("D2143569X", true)]
    [InlineData("M000100Y5", false)]
    public void OrganisationCode_WorkedExamples_Hold(string code, bool passes) => CreditCodes.IsOrganisationCode(code).ShouldBe(passes);

    [Theory]
    [InlineData("IdentityCard", "11010519491231002X", "110**************X")]
    [InlineData("Mobile", "13812345678", "138********")]
    [InlineData("PrivateMail", "zhangsan@qq.com", "z***@qq.com")]
    [InlineData("NumberPlate", "陕A12345", "陕A*****")]
    [InlineData("Medical", "艾滋", "**")]
    public void Mask_Value_ShowsItsKindOnly(string kind, string value, string masked) => Masked.Of(Enum.Parse<Personal>(kind), value).ShouldBe(masked);

    [Theory]
    [InlineData("张三", true)]
    [InlineData("欧阳建国", true)]
    [InlineData("王家村", false)]
    [InlineData("李", false)]
    [InlineData("Zhang San", false)]
    public void IsName_Text_IsOneOrNot(string text, bool isName) => ColumnExamination.IsName(text).ShouldBe(isName);
}

/// <summary>Identity cards made by the rule of GB 11643-1999 for tests; none is anybody's.</summary>
internal static class Ids
{
    internal const string Checks = "10X98765432";

    private static readonly int[] Weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

    private static readonly int[] Provinces = [11, 15, 23, 37, 46, 50, 54, 61, 65, 71, 82, 83];

    internal static readonly Gen<string> Valid = Gen.Select(Gen.Int[0, 11].Select(n => Provinces[n]), Gen.Int[0, 9999], Gen.Int[0, 45_000], Gen.Int[0, 999])
        .Select((province, place, day, serial) => Of(province, place, new DateOnly(1900, 1, 1).AddDays(day), serial));

    internal static string Of(int province, int place, DateOnly born, int serial)
    {
        var body = string.Create(CultureInfo.InvariantCulture, $"{province:D2}{place:D4}{born:yyyyMMdd}{serial:D3}");
        return body + Checks[body.Zip(Weights, (c, w) => (c - '0') * w).Sum() % 11];
    }
}
