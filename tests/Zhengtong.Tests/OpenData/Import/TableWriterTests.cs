using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Import;

public sealed class TableWriterTests(PlatformFixture platform)
{
    private readonly ImportBench bench = new(platform);

    [Fact]
    public async Task Write_EveryTypeAndNull_ComesBackTheSame()
    {
        NewColumn[] columns =
        [
            new("文", ColumnType.Text), new("整", ColumnType.Integer), new("数", ColumnType.Decimal) { Precision = 20, Scale = 3 }, new("浮", ColumnType.Float), new("真", ColumnType.Boolean), new("日", ColumnType.Date),
            new("时", ColumnType.Time), new("刻", ColumnType.Timestamp), new("结构", ColumnType.Json), new("形", ColumnType.Geometry),
        ];
        object?[] row = ["ab😀\n", long.MinValue, 12345678901234567.125m, -1.5e-300, true, new DateOnly(1, 1, 1), new TimeOnly(23, 59, 59), new DateTime(9999, 12, 31, 1, 2, 3), "{}", """{"type":"Point","coordinates":[116.403914,39.915245]}"""];
        var table = await bench.Writer.WriteAsync(columns, Rows(row, new object?[10]), new NewPlaces(10, 0, 0, CoordinateSystem.Bd09), ImportBench.Ct);
        table.Rows.ShouldBe(2);
        var cells = await bench.Cells(table);
        cells.Keys.ShouldBe(["_id", .. Enumerable.Range(1, 10).Select(n => $"c{n}"), "_west", "_south", "_east", "_north"]);
        for (var n = 1; n <= 10; n++) { cells[$"c{n}"][1].ShouldBeNull(); }
        cells["c1"][0].ShouldBe("ab😀\n");
        cells["c2"][0].ShouldBe($"{long.MinValue}");
        cells["c3"][0].ShouldBe("12345678901234567.125");
        cells["c6"][0].ShouldBe("0001-01-01");
        cells["c8"][0].ShouldBe("9999-12-31 01:02:03");
        table.Places!.Extent[0].ShouldBe(116.391300, 0.000001);
        table.Columns.ShouldAllBe(c => c.Profile.Nulls == 1);
    }

    [Fact]
    public async Task Write_MoreThanARowGroup_KeepsTheOrder()
    {
        static async IAsyncEnumerable<object?[]> Many()
        {
            var cells = new object?[1];
            for (long n = 0; n < 300_000; n++)
            {
                cells[0] = n * 7919 % 300_007;
                yield return cells;
            }

            await Task.CompletedTask;
        }

        var table = await bench.Writer.WriteAsync([new("n", ColumnType.Integer)], Many(), null, ImportBench.Ct);
        var cells = await bench.Cells(table);
        cells["c1"].Index().ShouldAllBe(c => c.Item == $"{c.Index * 7919L % 300_007}");
        (table.Columns[0].Profile.Least, table.Columns[0].Profile.Frequent.Count).ShouldBe(("0", 0));
    }

    [Fact]
    public async Task Write_NoRows_IsATable() => (await bench.Writer.WriteAsync([new("a", ColumnType.Text)], Rows(), null, ImportBench.Ct)).Rows.ShouldBe(0);

    [Fact]
    public async Task Write_AWrongCellOrAStop_ThrowsAndLeavesNothing()
    {
        await Should.ThrowAsync<InvalidCastException>(() => bench.Writer.WriteAsync([new("a", ColumnType.Integer)], Rows([1L], ["x"]), null, ImportBench.Ct));
        await Should.ThrowAsync<ArgumentException>(() => bench.Writer.WriteAsync([new("a", ColumnType.Integer)], Rows([1L, 2L]), null, ImportBench.Ct));
        await Should.ThrowAsync<ArgumentException>(() => bench.Writer.WriteAsync([], Rows(), null, ImportBench.Ct));
        await Should.ThrowAsync<ArgumentException>(() => bench.Writer.WriteAsync([new("a", ColumnType.Text)], Rows(["a\0b"]), null, ImportBench.Ct));
    }

    private static async IAsyncEnumerable<object?[]> Rows(params object?[][] rows)
    {
        foreach (var row in rows) { yield return row; }
        await Task.CompletedTask;
    }
}
