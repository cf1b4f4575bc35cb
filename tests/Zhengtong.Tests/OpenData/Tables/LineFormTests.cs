using System.Text;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Ckan;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Tables;

/// <summary>Lines that the engine writes itself, beside the same rows written cell by cell.</summary>
public sealed class LineFormTests(PlatformFixture platform)
{
    private static readonly IReadOnlyList<TableColumn> Columns =
    [
        MadeTable.Column("text", ColumnType.Text), MadeTable.Column("n", ColumnType.Integer), MadeTable.Column("exact", ColumnType.Decimal, 12, 3), MadeTable.Column("wide", ColumnType.Decimal, 38, 4), MadeTable.Column("float", ColumnType.Float),
        MadeTable.Column("flag", ColumnType.Boolean), MadeTable.Column("day", ColumnType.Date), MadeTable.Column("time", ColumnType.Time), MadeTable.Column("moment", ColumnType.Timestamp), MadeTable.Column("json", ColumnType.Json),
    ];

    private static readonly object?[][] Cells =
    [
        ["西安, \"大\"\r\n雁塔", long.MinValue, -0.5m, "1234567890123456789012345678901.5000", 0.1, true, new DateOnly(1, 2, 3), new TimeOnly(1, 2, 3), new DateTime(2026, 11, 27, 8, 0, 0, DateTimeKind.Unspecified), "{\"a\": [1, \"b\"]}"],
        [" lead", 0L, 12.340m, "0.0001", 4.0, false, new DateOnly(9999, 12, 31), new TimeOnly(23, 59, 59, 500), new DateTime(1, 1, 1, 0, 0, 0, 120, DateTimeKind.Unspecified), "[]"],
        ["tab\there", 9_007_199_254_740_993L, 999999999.999m, "-7.0000", -1.5e-7, null, new DateOnly(2024, 2, 29), new TimeOnly(0, 0, 0, 0, 1), new DateTime(9999, 12, 31, 23, 59, 59, DateTimeKind.Unspecified), "\"x\""],
        ["", -1L, 0m, "0.0000", 1e300, true, null, null, null, null],
        ["trail ", null, null, null, null, null, null, null, null, null],
        [null, 7L, 1.000m, null, -3.0, false, new DateOnly(2000, 1, 1), new TimeOnly(12, 0), new DateTime(2000, 1, 1, 12, 30, 1, DateTimeKind.Unspecified), null],
        ["中", 7L, 1.000m, null, 123456.789, false, new DateOnly(2000, 1, 1), new TimeOnly(12, 0), new DateTime(2000, 1, 1, 12, 30, 1, DateTimeKind.Unspecified), null],
    ];

    [Theory]
    [InlineData(',')]
    [InlineData('\t')]
    public async Task Lines_EveryType_AreWhatCellsAre(char separator)
    {
        var (engine, table) = await Made();
        var expected = new StringBuilder("head\n");
        await foreach (var row in engine.StreamAsync(table, Whole, TableLimits.Download, CancellationToken.None)) { DatastoreTable.AddRow(expected, row.Select(DatastoreTable.TextOf), separator, "\n"); }
        (await Written(engine, table, Whole, new LineForm(separator, "True", "False") { HasWholeFractions = true })).ShouldBe(expected.ToString());
    }

    [Fact]
    public async Task Lines_Cautious_QuoteSpacesAndNeverBeginWithNothing()
    {
        var (engine, table) = await Made();
        var lines = await Written(engine, table, Whole with { Columns = ["text", "flag", "time", "moment"], Where = new Condition.Compare("_id", Comparison.Greater, "1") }, new LineForm(',', "true", "false") { IsCautious = true });
        lines.ShouldBe("head\n\" lead\",false,23:59:59.5,0001-01-01T00:00:00.12\n\"tab\there\",,00:00:00.000001,9999-12-31T23:59:59\n\"\",true,,\n\"trail \",,,\n\"\",false,12:00:00,2000-01-01T12:30:01\n中,false,12:00:00,2000-01-01T12:30:01\n");
    }

    [Fact]
    public async Task Lines_OrderedLimitedDistinct_FollowTheQuestion()
    {
        var (engine, table) = await Made();
        var plain = new LineForm(',', "True", "False");
        (await Written(engine, table, Whole with { Columns = ["n", "_id"], Orders = [new Order("n", Descending: true, NullsLast: true)], Limit = 2, Offset = 1 }, plain)).ShouldBe("head\n7,6\n7,7\n");
        (await Written(engine, table, Whole with { Columns = ["day"], Where = new Condition.Compare("n", Comparison.Equal, "7"), Distinct = true }, plain)).ShouldBe("head\n2000-01-01\n");
        (await Written(engine, table, Whole with { Limit = 0 }, plain)).ShouldBe("head\n");
    }

    [Fact]
    public async Task Lines_LongerThanTheRoom_AreWhole()
    {
        var engine = platform.App.Services.GetRequiredService<TableEngine>();
        var table = await MadeTable.Of(platform.App.Services.GetRequiredService<ObjectStore>(), [MadeTable.Column("text", ColumnType.Text)], [[new string('长', 300_000)], ["b"], [new string('c', 200_000)]]);
        (await Written(engine, table, Whole with { Columns = ["text"] }, new LineForm(',', "1", "0"))).ShouldBe($"head\n{new string('长', 300_000)}\nb\n{new string('c', 200_000)}\n");
    }

    private static TableQuery Whole => new() { Limit = int.MaxValue };

    private async Task<(TableEngine Engine, DataTable Table)> Made() =>
        (platform.App.Services.GetRequiredService<TableEngine>(), await MadeTable.Of(platform.App.Services.GetRequiredService<ObjectStore>(), Columns, Cells));

    private static async Task<string> Written(TableEngine engine, DataTable table, TableQuery query, LineForm form)
    {
        using var to = new MemoryStream();
        await engine.WriteLinesAsync(table, query, form, "head\n"u8.ToArray(), to, TableLimits.Download, CancellationToken.None);
        return Encoding.UTF8.GetString(to.ToArray());
    }
}
