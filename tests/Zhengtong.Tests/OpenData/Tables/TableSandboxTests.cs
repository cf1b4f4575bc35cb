using DuckDB.NET.Data;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Tables;

/// <summary>What a question can reach: the tables it was given. First what readers may write, then what would hold if a mistake let their words through to the engine.</summary>
public sealed class TableSandboxTests(PlatformFixture platform)
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    private TableEngine Engine => platform.App.Services.GetRequiredService<TableEngine>();

    private ObjectStore Store => platform.App.Services.GetRequiredService<ObjectStore>();

    [Theory]
    [InlineData("SELECT * FROM '/etc/passwd'")]
    [InlineData("SELECT * FROM \"/etc/passwd\"")]
    [InlineData("SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')")]
    [InlineData("SELECT * FROM read_parquet('https://127.0.0.1/a.parquet')")]
    [InlineData("SELECT * FROM glob('/*')")]
    [InlineData("SELECT * FROM duckdb_settings()")]
    [InlineData("SELECT * FROM information_schema.tables")]
    [InlineData("SELECT * FROM pg_catalog.pg_class")]
    [InlineData("SELECT getenv('HOME') FROM \"t\"")]
    [InlineData("SELECT current_setting('temp_directory') FROM \"t\"")]
    [InlineData("SELECT read_text('/etc/passwd') FROM \"t\"")]
    [InlineData("SELECT zt_fold(名) FROM \"t\"")]
    [InlineData("SELECT _west FROM \"t\"")]
    [InlineData("SELECT c1 FROM \"t\"")]
    [InlineData("COPY \"t\" TO '/tmp/x.csv'")]
    [InlineData("COPY (SELECT 1) TO '/tmp/x.csv'")]
    [InlineData("SELECT 1 FROM \"t\"; COPY \"t\" TO '/tmp/x.csv'")]
    [InlineData("ATTACH '/tmp/x.db'")]
    [InlineData("INSTALL httpfs")]
    [InlineData("LOAD httpfs")]
    [InlineData("PRAGMA database_list")]
    [InlineData("SET enable_external_access = true")]
    [InlineData("RESET ALL")]
    [InlineData("CREATE TABLE x (a INT)")]
    [InlineData("DROP TABLE \"t\"")]
    [InlineData("EXPORT DATABASE '/tmp/x'")]
    [InlineData("CALL pragma_version()")]
    [InlineData("EXPLAIN SELECT * FROM \"t\"")]
    [InlineData("SELECT (SELECT 1) FROM \"t\"")]
    [InlineData("SELECT * FROM (SELECT * FROM read_text('/etc/passwd'))")]
    [InlineData("SELECT * FROM \"t\" UNION SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("WITH x AS (SELECT 1) SELECT * FROM x")]
    [InlineData("SELECT /* */ 1 FROM \"t\"")]
    public async Task AskSql_ForAnythingButItsTables_IsRefused(string sql)
    {
        var table = await Table();
        await Should.ThrowAsync<TableQueryException>(() => TableSql.AskAsync(Engine, sql, name => name == "t" ? table : null, TableLimits.Public, Ct));
    }

    [Fact]
    public async Task Ask_ValuesThatAreSql_AreValues()
    {
        var table = await Table();
        foreach (var value in (string[])["'); COPY (SELECT 1) TO '/tmp/x.csv'; --", "' OR 1=1 --", "\" OR \"\"=\"", "$1", "\\'", "x'||(SELECT 1)||'"])
        {
            (await Engine.AskAsync(table, new TableQuery { Where = new Condition.Compare("名", Comparison.Equal, value), Count = true }, TableLimits.Public, Ct)).Total.ShouldBe(0, value);
            (await Engine.AskAsync(table, new TableQuery { Where = new Condition.Compare("名", Comparison.Contains, value), Count = true }, TableLimits.Public, Ct)).Total.ShouldBe(0, value);
            (await TableSql.AskAsync(Engine, $"SELECT 名 FROM \"t\" WHERE 名 = '{value.Replace("'", "''", StringComparison.Ordinal)}'", _ => table, TableLimits.Public, Ct)).Rows.ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("COPY (SELECT 1) TO '{0}/x.csv'")]
    [InlineData("COPY (SELECT 1) TO '/tmp/x.csv'")]
    [InlineData("ATTACH '{0}/x.db' AS x")]
    [InlineData("CREATE TABLE x (a INT)")]
    [InlineData("SET threads = 1")]
    [InlineData("PRAGMA database_list")]
    [InlineData("INSTALL httpfs")]
    [InlineData("SELECT 1; COPY (SELECT 1) TO '{0}/x.csv'")]
    [InlineData("EXPORT DATABASE '{0}/x'")]
    public async Task Run_AnythingButOneSelect_NeverReachesTheEngine(string sql)
    {
        // The folder of the objects is the one place that the engine may open files in, and must never write to.
        var written = sql.Replace("{0}", Store.LocalFolders[0], StringComparison.Ordinal);
        var before = Directory.GetFiles(Store.LocalFolders[0]);
        await Should.ThrowAsync<InvalidOperationException>(async () => await Engine.RunAsync([await Table()], TableLimits.Public, run => run.Command(written, []).ExecuteNonQuery(), Ct));
        Directory.GetFiles(Store.LocalFolders[0]).ShouldBe(before, ignoreOrder: true);
    }

    [Theory]
    [InlineData("SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("SELECT * FROM read_blob('/etc/hostname')")]
    [InlineData("SELECT * FROM read_csv('/etc/passwd', header = false)")]
    [InlineData("SELECT * FROM '/etc/passwd'")]
    [InlineData("SELECT * FROM read_json('/proc/self/environ')")]
    [InlineData("SELECT * FROM read_text('{0}/../zhengtong.db')")]
    [InlineData("SELECT * FROM read_parquet('http://127.0.0.1:1/a.parquet')")]
    [InlineData("SELECT * FROM read_parquet('https://127.0.0.1:1/a.parquet')")]
    [InlineData("SELECT * FROM read_parquet('s3://bucket/a.parquet')")]
    [InlineData("SELECT getenv('HOME')")]
    [InlineData("SELECT * FROM sqlite_scan('{0}/../zhengtong.db', 'x')")]
    [InlineData("SELECT * FROM postgres_query('x', 'SELECT 1')")]
    public async Task Run_ASelectThatReachesOut_IsRefusedByTheEngineItself(string sql)
    {
        var written = sql.Replace("{0}", Store.LocalFolders[0], StringComparison.Ordinal);
        await Should.ThrowAsync<DuckDBException>(async () => await Engine.RunAsync([await Table()], TableLimits.Public, run => run.Command(written, []).ExecuteScalar(), Ct));
    }

    [Fact]
    public async Task Ask_ForMoreThanAnAnswerMayHold_IsTooCostly()
    {
        var table = await MadeTable.Of(Store, [MadeTable.Column("名", ColumnType.Text)], Enumerable.Range(0, 20).Select(_ => new object?[] { new string('长', 1000) }));
        var small = TableLimits.Public with { Characters = 10_000 };
        await Should.ThrowAsync<TableQueryTooCostlyException>(() => Engine.AskAsync(table, new TableQuery(), small, Ct));
        await Should.ThrowAsync<TableQueryTooCostlyException>(() => TableSql.AskAsync(Engine, "SELECT 名 FROM \"t\"", _ => table, small, Ct));
        (await Engine.AskAsync(table, new TableQuery { Limit = 5 }, small, Ct)).Rows.Count.ShouldBe(5);
        // Numbers take memory too: many columns of them are as large as long texts.
        var numbers = await MadeTable.Of(Store, [MadeTable.Column("数", ColumnType.Integer)], Enumerable.Range(0, 2000).Select(n => new object?[] { (long)n }));
        await Should.ThrowAsync<TableQueryTooCostlyException>(() => TableSql.AskAsync(Engine, "SELECT 数 FROM \"t\"", _ => numbers, small, Ct));
        (await TableSql.AskAsync(Engine, "SELECT 数 FROM \"t\" LIMIT 1000", _ => numbers, small, Ct)).Rows.Count.ShouldBe(1000);
    }

    [Fact]
    public async Task Stream_TwoAtOnceWithOnePlaceSet_ComeToTheirEnd()
    {
        using var narrow = new TableEngine(Store, platform.App.Services.GetRequiredService<TableScratch>(), Options.Create(new TablesOptions { Streams = 1 }));
        var table = await MadeTable.Of(Store, [MadeTable.Column("名", ColumnType.Text)], Enumerable.Range(0, 5000).Select(n => new object?[] { $"{n}" }));
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Compared())).WaitAsync(TimeSpan.FromSeconds(30));

        async Task Compared()
        {
            using var places = await narrow.ReserveAsync(Ct);
            await using var one = narrow.StreamAsync(table, new TableQuery { Limit = int.MaxValue }, TableLimits.Download, Ct, places).GetAsyncEnumerator(Ct);
            await using var two = narrow.StreamAsync(table, new TableQuery { Limit = int.MaxValue }, TableLimits.Download, Ct, places).GetAsyncEnumerator(Ct);
            var count = 0;
            while (await one.MoveNextAsync() && await two.MoveNextAsync()) { count++; }
            count.ShouldBe(5000);
        }
    }

    private Task<DataTable> Table() => MadeTable.Of(Store, [MadeTable.Column("名", ColumnType.Text)], [["甲"], ["乙"]]);
}
