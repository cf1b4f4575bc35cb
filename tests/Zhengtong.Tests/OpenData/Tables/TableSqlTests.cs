using CsCheck;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Tables;

public sealed class TableSqlTests(PlatformFixture platform)
{
    private static readonly string[] Pieces =
    [
        "SELECT", "FROM", "WHERE", "t1", "\"t1\"", "public", ".", "名称", "n", "_id", "*", ",", "(", ")", "=", "<", "'a'", "1", "1.5", "1e400", "AND", "NOT", "IN", "LIKE", "GROUP", "BY", "ORDER", "LIMIT", "count",
        "sum", "::", "int", "CAST", "AS", "x", "JOIN", "ON", "DISTINCT", "NULL", "IS", "-", "/", "0", ";", "--", "'", "\"", "\0", "\uD800", "$1", "BETWEEN", "date_trunc", "'month'", "extract", "read_csv", "UNION", "$$", "[", "{",
    ];

    private Task<DataTable>? made;

    private TableEngine Engine => platform.App.Services.GetRequiredService<TableEngine>();

    private ObjectStore Store => platform.App.Services.GetRequiredService<ObjectStore>();

    [Theory]
    [InlineData("SELECT * FROM \"t1\"", "1,a,1,2020-01-31|2,b,2,2020-02-01|3,a,,")]
    [InlineData("select 名称, count(*) as 多少 from public.\"t1\" group by 名称 order by 2 desc, 1", "a,2|b,1")]
    [InlineData("SELECT sum(n)::int AS s FROM t1 WHERE n >= 1 AND NOT 名称 LIKE 'b%' OR n IN (2, 9)", "3")]
    [InlineData("SELECT substring(名称, 1, 1) x, count(*) FROM t1 GROUP BY substring(名称, 1, 1) HAVING count(*) > 1", "a,2")]
    [InlineData("SELECT x.n, y.n FROM t1 AS x LEFT JOIN t1 y ON x.n = y.n + 1 WHERE x.n IS NOT NULL ORDER BY x.n DESC LIMIT 1 OFFSET 0", "2,1")]
    [InlineData("SELECT DISTINCT extract(year FROM d) FROM t1 WHERE d BETWEEN '2020-01-01' AND '2020-12-31'", "2020")]
    [InlineData("SELECT date_trunc('month', d)::date FROM t1 WHERE _id = 2", "2020-02-01")]
    [InlineData("SELECT upper(名称 || '''x') FROM t1 ORDER BY _id LIMIT 1", "A'X")]
    [InlineData("SELECT coalesce(n, -5) FROM t1 WHERE n IS NULL", "-5")]
    public async Task Ask_WhatIsAllowed_IsAnswered(string sql, string expected)
    {
        var answer = await Ask(sql);
        string.Join('|', answer.Rows.Select(r => string.Join(',', r.Select(Cell.TextOf)))).ShouldBe(expected);
        answer.IsCut.ShouldBeFalse();
    }

    [Theory]
    [InlineData("SELECT * FROM t2", TableQueryFault.UnknownColumn)]
    [InlineData("SELECT nix FROM t1", TableQueryFault.UnknownColumn)]
    [InlineData("SELECT c1 FROM t1", TableQueryFault.UnknownColumn)]
    [InlineData("SELECT * FROM t1; DROP TABLE t1", TableQueryFault.NotAllowed)]
    [InlineData("SELECT * FROM t1 -- x", TableQueryFault.NotAllowed)]
    [InlineData("SELECT /* x */ * FROM t1", TableQueryFault.NotAllowed)]
    [InlineData("SELECT * FROM (SELECT * FROM t1)", TableQueryFault.NotAllowed)]
    [InlineData("SELECT (SELECT 1) FROM t1", TableQueryFault.NotAllowed)]
    [InlineData("SELECT n FROM t1 WHERE n IN (SELECT n FROM t1)", TableQueryFault.NotAllowed)]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')", TableQueryFault.NotAllowed)]
    [InlineData("SELECT getenv('HOME') FROM t1", TableQueryFault.NotAllowed)]
    [InlineData("SELECT * FROM pg_catalog.pg_class", TableQueryFault.NotAllowed)]
    [InlineData("SELECT * FROM t1 UNION SELECT * FROM t1", TableQueryFault.Malformed)]
    [InlineData("WITH x AS (SELECT 1) SELECT * FROM x", TableQueryFault.Malformed)]
    [InlineData("COPY t1 TO '/tmp/x'", TableQueryFault.Malformed)]
    [InlineData("SELECT 名称 + 1 FROM t1", TableQueryFault.Malformed)]
    [InlineData("SELECT n, count(*) FROM t1", TableQueryFault.Malformed)]
    [InlineData("SELECT", TableQueryFault.Malformed)]
    public async Task Ask_WhatIsNot_IsRefused(string sql, object reason)
    {
        var refused = await Should.ThrowAsync<TableQueryException>(() => Ask(sql));
        refused.Part.ShouldBe("sql");
        refused.Reason.ShouldBe((TableQueryFault)reason);
    }

    [Fact]
    public async Task Ask_MoreRowsThanAllowed_IsCutAndSaysSo()
    {
        var answer = await Ask("SELECT _id FROM t1", 2);
        answer.Rows.Count.ShouldBe(2);
        answer.IsCut.ShouldBeTrue();
        (await Ask("SELECT _id FROM t1 LIMIT 2", 2)).IsCut.ShouldBeFalse();
    }

    [Fact]
    public async Task Ask_AnyText_IsAnsweredOrRefused() =>
        await Gen.OneOf(
            Pick.Of(Pieces).Array[0, 25].Select(p => string.Join(' ', p)),
            Pick.Of(Pieces).Array[0, 12].Select(p => "SELECT " + string.Join(' ', p) + " FROM t1"),
            Pick.Of(Pieces).Array[0, 12].Select(p => "SELECT n FROM t1 WHERE " + string.Join(' ', p)),
            Gen.String).SampleAsync(async sql =>
        {
            try { await Ask(sql); }
            catch (TableQueryException) { }
        }, iter: 1_500, threads: 1);

    private async Task<SqlAnswer> Ask(string sql, int rows = 100)
    {
        var table = await (made ??= MadeTable.Of(Store, [MadeTable.Column("名称", ColumnType.Text), MadeTable.Column("n", ColumnType.Integer), MadeTable.Column("d", ColumnType.Date)],
            [["a", 1L, "2020-01-31"], ["b", 2L, "2020-02-01"], ["a", null, null]]));
        return await TableSql.AskAsync(Engine, sql, name => name == "t1" ? table : null, new TableLimits(TimeSpan.FromSeconds(15), rows), CancellationToken.None);
    }
}
