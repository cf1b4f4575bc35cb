using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Model;
using Zhengtong.Tests.Exchange.Support;

namespace Zhengtong.Tests.Exchange.Engine;

/// <summary>Changes by comparison with the index of what was delivered.</summary>
public sealed class ComparisonTests
{
    private const string Create = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT)";
    private static readonly AgreedItem[] Items = [new("编号", "id", ItemType.Integer, null, true), new("名称", "name", ItemType.Text, null, false)];

    [Fact]
    public async Task Run_Sqlite_FindsInsertionsUpdatesAndDeletions()
    {
        await using var table = await CapturedTable.SqliteAsync(Create, Items, [new RowCondition("city", RowOperator.Equal, ["1"])]);
        await table.ExecuteAsync("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO t SELECT i, 'n' || i, '1' FROM n");
        await table.SettleAsync("city = '1'");
        table.Desk.Batches.Clear();
        await table.RunAsync();
        table.Desk.Batches.ShouldBeEmpty();

        await table.ExecuteAsync("DELETE FROM t WHERE id % 10 = 0; UPDATE t SET name = 'x' WHERE id % 10 = 1; UPDATE t SET city = '2' WHERE id % 10 = 2; UPDATE t SET id = id + 5000 WHERE id % 10 = 3; INSERT INTO t VALUES (9000, 'y', '1')");
        await table.SettleAsync("city = '1'");
        table.Desk.Batches.Sum(b => b.Deletes).ShouldBe(300);
        table.Desk.Batches.Sum(b => b.Rows - b.Deletes).ShouldBe(201);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_BrokenOffAtEachStep_NoDeletionIsMissed(bool after)
    {
        await using var table = await CapturedTable.SqliteAsync(Create, Items);
        await table.ExecuteAsync("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 450) INSERT INTO t SELECT i, 'n' || i, '1' FROM n");
        table.Desk.BreaksAfter = after;
        for (var step = 0; step < 14; step++)
        {
            table.Desk.StepsLeft = step % 7;
            try { await table.RunAsync(); }
            catch (BrokenOffException) { }
            await table.ExecuteAsync($"UPDATE t SET name = name || '.{step}' WHERE id % 7 = {step % 7}; DELETE FROM t WHERE id % 30 = {step}; INSERT INTO t VALUES ({1000 + step}, 'new', '1'); DELETE FROM t WHERE id = {998 + step}");
        }

        table.Desk.StepsLeft = null;
        await table.SettleAsync();
        table.Desk.Reasons.ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_IndexGone_SaysWhyAndCopiesAllAnew()
    {
        await using var table = await CapturedTable.SqliteAsync(Create, Items);
        await table.ExecuteAsync("INSERT INTO t VALUES (1, 'a', '1'), (2, 'b', '1')");
        await table.SettleAsync();
        table.RemoveIndex();
        await table.ExecuteAsync("DELETE FROM t WHERE id = 1");
        await table.RunAsync();
        table.Desk.Reasons.ShouldBe(["exchange.copy-reason.index-missing"]);
        await table.SettleAsync();
    }

    [Fact]
    public async Task Run_Postgres_FindsThemWithoutAnyRightOrSetting()
    {
        await using var table = await CapturedTable.PostgresAsync("CREATE TABLE t (id text PRIMARY KEY, name text); INSERT INTO t SELECT 'k' || i, 'n' FROM generate_series(1, 500) i",
            [new("编号", "id", ItemType.Text, null, true), new("名称", "name", ItemType.Text, null, false)], capture: CaptureKind.Comparison);
        await table.SettleAsync();
        await table.ExecuteAsync("DELETE FROM t WHERE id LIKE 'k1%'; UPDATE t SET name = 'x' WHERE id = 'k200'");
        await table.SettleAsync();
        (await table.Department.QueryAsync("SELECT count(*) FROM pg_publication")).ShouldBe(["0"]);
    }
}
