using CsCheck;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Privacy;

namespace Zhengtong.Tests.OpenData.Privacy;

/// <summary>What a table's columns come to, each weighed with its header and with what stands beside it.</summary>
public sealed class TableExaminationTests
{
    private static readonly DateOnly Today = new(2026, 11, 27);

    [Fact]
    public void Findings_CleanTable_AreNone() => Examine(
        [("区县", ColumnType.Text), ("学校名称", ColumnType.Text), ("办学地址", ColumnType.Text), ("电话", ColumnType.Text), ("建校日期", ColumnType.Date), ("学生人数", ColumnType.Integer), ("经度", ColumnType.Float)],
        ["雁塔区", "西安市第一小学", "小寨东路88号", "029-87654321", new DateOnly(1956, 9, 1), 1200L, 108.94721],
        ["碑林区", "友谊西路小学", "友谊西路5号", "029-81234567", new DateOnly(1960, 9, 1), 860L, 108.93222]).ShouldBeEmpty();

    [Fact]
    public void Findings_OneCardAmongManyCells_BlocksWithItsShare()
    {
        var rows = Enumerable.Range(0, 1000).Select(n => new object?[] { n == 500 ? "备注：11010519491231002X" : $"第{n}号" }).ToArray();
        var finding = Examine([("备注", ColumnType.Text)], rows).ShouldHaveSingleItem();
        finding.ShouldBe(new Finding("identity-card", FindingSeverity.Blocks, "备注", 1, 0.001, "110**************X", null));
    }

    [Fact]
    public void Findings_FullColumn_CountsEveryCellThoughValuesRepeat()
    {
        var rows = Enumerable.Range(0, 500).Select(n => new object?[] { n % 5 == 0 ? null : "13812345678" }).ToArray();
        var finding = Examine([("mobile", ColumnType.Text)], rows).ShouldHaveSingleItem();
        (finding.Kind, finding.Cells, finding.Share).ShouldBe(("mobile", 400, 1.0));
    }

    [Fact]
    public void Findings_NumbersOfAnyType_AreRead()
    {
        Examine([("a", ColumnType.Integer)], [13812345678L]).ShouldContain(f => f.Kind == "mobile");
        Examine([("a", ColumnType.Float)], [13812345678.0]).ShouldContain(f => f.Kind == "mobile");
        Examine([("a", ColumnType.Decimal)], [13812345678.00m]).ShouldContain(f => f.Kind == "mobile");
        Examine([("a", ColumnType.Integer)], [440524188001010014L]).ShouldContain(f => f.Kind == "identity-card");
    }

    [Fact]
    public void Findings_OldForm_NeedsItsHeaderOrAHighShare()
    {
        Examine([("编号", ColumnType.Text)], ["110105491231002"], ["999999999999999"], ["999999999999998"]).ShouldBeEmpty();
        Examine([("编号", ColumnType.Text)], ["110105491231002"], ["110105491231003"], ["110105501231002"]).ShouldHaveSingleItem().Severity.ShouldBe(FindingSeverity.Warns);
        Examine([("身份证号", ColumnType.Text)], ["110105491231002"], ["x"]).ShouldHaveSingleItem().Severity.ShouldBe(FindingSeverity.Blocks);
    }

    [Fact]
    public void Findings_BankCard_NeedsItsHeaderOrAHighShare()
    {
        object?[][] mixed = [["4111111111111111"], ["4111111111111112"], ["4111111111111113"], ["4111111111111114"]];
        Examine([("订单", ColumnType.Text)], mixed).ShouldBeEmpty();
        Examine([("银行卡号", ColumnType.Text)], mixed).ShouldHaveSingleItem().Kind.ShouldBe("bank-card");
        Examine([("订单", ColumnType.Text)], ["4111111111111111"], ["4012888888881881"], ["6222020000000000003"], ["5555555555554444"]).ShouldContain(f => f.Kind == "bank-card" && f.Severity == FindingSeverity.Blocks);
    }

    [Fact]
    public void Findings_NumbersOfElevenDigits_AreAsManyMobilesAsChanceGives() =>
        Examine([("流水号", ColumnType.Text)], [.. Enumerable.Range(0, 100).Select(n => new object?[] { $"{n:D2}345678901" })])
            .ShouldHaveSingleItem().ShouldSatisfyAllConditions(f => f.Kind.ShouldBe("mobile"), f => f.Severity.ShouldBe(FindingSeverity.Warns), f => f.Detail.ShouldBe("chance"), f => f.Cells.ShouldBe(7));

    [Fact]
    public void Findings_Names_BlockOnlyBesideWhatNamesAPerson()
    {
        (string, ColumnType)[] columns = [("经办", ColumnType.Text), ("备注", ColumnType.Text)];
        Examine(columns, ["张三", "无"], ["李四", "无"]).ShouldBeEmpty();
        Examine(columns, ["张三", "11010519491231002X"], ["李四", "无"]).ShouldContain(f => f.Kind == "person-name" && f.Severity == FindingSeverity.Blocks && f.Column == "经办" && f.Sample == "张*");
        Examine([("姓名", ColumnType.Text)], ["张三"], ["李四"]).ShouldHaveSingleItem().Severity.ShouldBe(FindingSeverity.Warns);
    }

    [Fact]
    public void Findings_Conditions_BlockBesidePersons()
    {
        Examine([("病种", ColumnType.Text), ("数", ColumnType.Integer)], ["糖尿病", 100L]).ShouldHaveSingleItem().Severity.ShouldBe(FindingSeverity.Warns);
        Examine([("病种", ColumnType.Text), ("患者姓名", ColumnType.Text)], ["糖尿病", "张三"]).ShouldContain(f => f.Kind == "medical" && f.Severity == FindingSeverity.Blocks);
    }

    [Fact]
    public void Findings_PlacesOfHomes_Block()
    {
        Examine([("户主", ColumnType.Text), ("经度", ColumnType.Float), ("纬度", ColumnType.Float)], ["张三", 108.947213, 34.261234])
            .ShouldContain(f => f.Kind == "home-coordinates" && f.Severity == FindingSeverity.Blocks && f.Column == "经度");
        Examine([("公园", ColumnType.Text), ("经度", ColumnType.Float), ("纬度", ColumnType.Float)], ["兴庆宫公园", 108.947213, 34.261234]).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("轮候家庭", ColumnType.Integer, "户", false)]
    [InlineData("居民人数", ColumnType.Integer, null, false)]
    [InlineData("轮候家庭", ColumnType.Integer, null, true)]
    [InlineData("居民编号", ColumnType.Integer, null, true)]
    [InlineData("住户", ColumnType.Text, "户", true)]
    public void Findings_PlacesBesideWhatIsOnlyCounted_DoNotBlock(string header, ColumnType type, string? unit, bool blocks)
    {
        var table = Table([(header, type), ("经度", ColumnType.Float), ("纬度", ColumnType.Float)]);
        table = table with { Columns = [table.Columns[0] with { Unit = unit }, .. table.Columns.Skip(1)] };
        new TableExamination(table, 5, Today).Findings().Any(f => f is { Kind: "home-coordinates", Severity: FindingSeverity.Blocks }).ShouldBe(blocks);
    }

    [Fact]
    public void Findings_SmallCountsOfPeople_Warn() => Examine([("区县", ColumnType.Text), ("病例数", ColumnType.Integer)], ["甲", 3L], ["乙", 0L], ["丙", 5L], ["丁", 1L])
        .ShouldHaveSingleItem().ShouldBe(new Finding("small-cells", FindingSeverity.Warns, "病例数", 2, 0.5, null, null));

    [Fact]
    public void Columns_WhatCanHoldNothing_IsNotRead() => Table([("日期", ColumnType.Date), ("数", ColumnType.Integer), ("是", ColumnType.Boolean), ("字", ColumnType.Text)], greatest: "999").Columns
        .Count(c => new TableExamination(Table([(c.Name, c.Type)], greatest: "999"), 5, Today).Columns.Count > 0).ShouldBe(1);

    [Fact]
    public void Findings_AnyTable_HoldNoValue()
    {
        string[] values = ["11010519491231002X", "13812345678", "4111111111111111", "E12345678", "陕A12345", "zhangsan@qq.com", "西安市雁塔区小寨东路88号阳光小区3号楼2单元501室", "艾滋病患者", "91350100M000100Y43", "110105491231002", "张建国"];
        var columns = values.Select((_, n) => ($"身份证银行卡护照姓名{n}", ColumnType.Text)).ToArray();
        var findings = Examine(columns, [.. values]);
        findings.Count.ShouldBeGreaterThanOrEqualTo(values.Length);
        foreach (var finding in findings)
        {
            foreach (var value in values) { finding.ToString().Contains(value, StringComparison.Ordinal).ShouldBeFalse($"{finding.Kind}"); }
        }
    }

    [Fact]
    public void Groups_AnyTable_AreThoseOfBruteForce() => Gen.Select(Gen.Int[0, 5], Gen.Int[0, 3]).Array[0, 300].Sample(cells =>
    {
        var counter = new GroupCounter(5);
        for (var part = 0; part < 3; part++)
        {
            counter.Begin(part, 3);
            foreach (var (a, b) in cells) { counter.Add([$"{a}", b == 0 ? null : (object)(long)b]); }
            counter.End();
        }

        var groups = cells.GroupBy(c => c).Select(g => (long)g.Count()).ToList();
        return counter.Result == new Grouping(cells.Length, groups.Count, groups.Count == 0 ? 0 : groups.Min(), groups.Count(g => g < 5), groups.Where(g => g < 5).Sum());
    }, iter: 300);

    [Fact]
    public void Groups_CellsShiftedBetweenColumns_AreDifferent()
    {
        var counter = new GroupCounter(2);
        counter.Begin(0, 1);
        counter.Add(["ab", "c"]);
        counter.Add(["a", "bc"]);
        counter.Add(["abc", null]);
        counter.Add([null, "abc"]);
        counter.Add(["1", null]);
        counter.Add([1L, null]);
        counter.Add(["", null]);
        counter.End();
        counter.Result.ShouldBe(new Grouping(7, 7, 1, 7, 7));
    }

    internal static DataTable Table((string Name, ColumnType Type)[] columns, long rows = 1, string? greatest = null, long distinct = 100) => new()
    {
        Content = Digest.Of([1]),
        Bytes = 1,
        Rows = rows,
        Columns = [.. columns.Select((c, n) => new TableColumn(c.Name, c.Type) { Position = n + 1, Profile = new ColumnProfile { Nulls = 0, Distinct = distinct, Greatest = greatest } })],
    };

    private static IReadOnlyList<Finding> Examine((string Name, ColumnType Type)[] columns, params object?[][] rows)
    {
        var table = Table(columns, rows.Length);
        var examination = new TableExamination(table, 5, Today);
        var read = examination.Columns.Select(name => table.Find(name)!.Position - 1).ToArray();
        foreach (var row in rows) { examination.Read([.. read.Select(n => row[n])]); }
        return examination.Findings();
    }
}
