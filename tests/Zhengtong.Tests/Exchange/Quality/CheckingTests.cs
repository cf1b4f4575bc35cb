using System.Globalization;
using System.Text;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Quality;

namespace Zhengtong.Tests.Exchange.Quality;

/// <summary>Which values pass which check.</summary>
public sealed class CheckingTests
{
    private static readonly DateOnly Today = new(2026, 11, 26);

    [Theory]
    // GB 11643-1999, annex C.
    [InlineData(ItemCheck.IdNumber, "11010519491231002X", true)]
    [InlineData(ItemCheck.IdNumber, "11010519491231002x", true)]
    [InlineData(ItemCheck.IdNumber, "440524188001010014", true)]
    [InlineData(ItemCheck.IdNumber, "110105194912310021", false)]
    [InlineData(ItemCheck.IdNumber, "11010519491231002", false)]
    [InlineData(ItemCheck.IdNumber, "110105491231002", false)]
    [InlineData(ItemCheck.IdNumber, "１１０１０５", false)]
    [InlineData(ItemCheck.IdNumber, "", false)]
    [InlineData(ItemCheck.CreditCode, "91350100M000100Y43", true)]
    [InlineData(ItemCheck.CreditCode, "91350100m000100y43", true)]
    [InlineData(ItemCheck.CreditCode, "91350100M000100Y44", false)]
    [InlineData(ItemCheck.CreditCode, "91350100I000100Y43", false)]
    [InlineData(ItemCheck.CreditCode, "91350100M000100Y4", false)]
    [InlineData(ItemCheck.RegionCode, "610000", true)]
    [InlineData(ItemCheck.RegionCode, "010000", false)]
    [InlineData(ItemCheck.RegionCode, "61000", false)]
    [InlineData(ItemCheck.RegionCode, "61000a", false)]
    [InlineData(ItemCheck.Phone, "13812345678", true)]
    [InlineData(ItemCheck.Phone, "+86 138-1234-5678", true)]
    [InlineData(ItemCheck.Phone, "029-87654321", true)]
    [InlineData(ItemCheck.Phone, "0512-65654321-8001", true)]
    [InlineData(ItemCheck.Phone, "4008001234", true)]
    [InlineData(ItemCheck.Phone, "12345", true)]
    [InlineData(ItemCheck.Phone, "12812345678", false)]
    [InlineData(ItemCheck.Phone, "1381234567", false)]
    [InlineData(ItemCheck.Phone, "-13812345678", false)]
    [InlineData(ItemCheck.Phone, "无", false)]
    [InlineData(ItemCheck.CodeList, "甲", true)]
    [InlineData(ItemCheck.CodeList, "甲 ", false)]
    [InlineData(ItemCheck.CodeList, "", false)]
    public void Check_Text_PassesOrNot(ItemCheck check, string value, bool passes)
    {
        var column = new ColumnBuffer(ItemType.Text);
        column.AppendBytes(Encoding.UTF8.GetBytes(value));
        column.AppendNull();
        var faults = new Checking([new("值", "v", ItemType.Text, null, false, Check: check, Codes: ["甲", "乙"])], Today).FaultsOf([column], 2);
        // Null passes.
        faults.Keys.ShouldBe(passes ? [] : [0]);
    }

    [Fact]
    public void Check_IdNumber_BornTomorrowDoesNotPassThoughItsCheckCharacterIsRight()
    {
        foreach (var (born, passes) in new[] { ("20261126", true), ("20261127", false), ("20260230", false), ("17991231", false) })
        {
            var body = $"610113{born}001";
            int[] weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
            var number = body + "10X98765432"[body.Select((c, i) => (c - '0') * weights[i]).Sum() % 11];
            IdNumber.IsNumber(Encoding.UTF8.GetBytes(number), Today).ShouldBe(passes, number);
        }
    }

    [Theory]
    [InlineData(ItemType.Text, "一二三", true)]
    [InlineData(ItemType.Text, "一二三四", false)]
    [InlineData(ItemType.Text, "𠮷𠮷𠮷", true)]
    [InlineData(ItemType.Integer, "-999", true)]
    [InlineData(ItemType.Integer, "1000", false)]
    [InlineData(ItemType.Integer, "-9223372036854775808", false)]
    [InlineData(ItemType.Decimal, "-00012.50", false)]
    [InlineData(ItemType.Decimal, "-00012.5", true)]
    [InlineData(ItemType.Decimal, "0.001", false)]
    [InlineData(ItemType.Decimal, "0", true)]
    public void Check_Length_CountsCharactersAndDigits(ItemType type, string value, bool passes)
    {
        var column = new ColumnBuffer(type);
        if (type == ItemType.Integer) { column.AppendInt64(long.Parse(value, CultureInfo.InvariantCulture)); } else { column.AppendBytes(Encoding.UTF8.GetBytes(value)); }
        new Checking([new("值", "v", type, 3, false)], Today).FaultsOf([column], 1).SelectMany(f => f.Value).ShouldBe(passes ? [] : [new QualityReason(QualityFault.TooLong, "值")]);
    }

    [Fact]
    public void Check_SeveralFaults_AreToldAtOnceAndByRow()
    {
        var (code, number) = (new ColumnBuffer(ItemType.Integer), new ColumnBuffer(ItemType.Text));
        foreach (var (c, n) in new[] { (1L, "11010519491231002X"), (9L, "长得不像号码的号码"), (2L, "x") })
        {
            code.AppendInt64(c);
            number.AppendBytes(Encoding.UTF8.GetBytes(n));
        }

        var checking = new Checking([new("代码", "c", ItemType.Integer, null, false, Check: ItemCheck.CodeList, Codes: ["1", "2"]), new("号码", "n", ItemType.Text, 8, false, Check: ItemCheck.IdNumber)], Today);
        var faults = checking.FaultsOf([code, number], 3);
        faults.Keys.ShouldBe([0, 1, 2]);
        faults[1].ShouldBe([new QualityReason(QualityFault.NotInCodeList, "代码"), new QualityReason(QualityFault.TooLong, "号码"), new QualityReason(QualityFault.IdNumber, "号码")]);
        faults[2].ShouldBe([new QualityReason(QualityFault.IdNumber, "号码")]);
    }
}
