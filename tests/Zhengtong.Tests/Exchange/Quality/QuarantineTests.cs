using System.Text;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Tests.Exchange.Support;

namespace Zhengtong.Tests.Exchange.Quality;

/// <summary>What the gate holds back in each kind of capture: never lost, never twice, and later versions in order.</summary>
public sealed class QuarantineTests
{
    private const string Create = "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, region VARCHAR(20), name VARCHAR(20))";
    private static readonly AgreedItem[] Items =
    [
        new("编号", "id", ItemType.Integer, null, true), new("区划", "region", ItemType.Text, 20, false, Check: ItemCheck.RegionCode), new("姓名", "name", ItemType.Text, 20, false, ItemMask.Name),
    ];

    public static TheoryData<DataSourceKind, CaptureKind> Captures => MaskingTests.Captures;

    [Theory]
    [MemberData(nameof(Captures))]
    public async Task Run_BadRows_StayBehindWithTheirReasonsWhileLaterVersionsFlowInOrder(DataSourceKind kind, CaptureKind capture)
    {
        await using var table = await TableAsync(kind, capture);
        await table.ExecuteAsync("INSERT INTO t VALUES (1, '610000', '张三'), (2, '坏', '李四'), (3, NULL, '王五'), (4, '坏', '赵六')");
        await RunAsync(table);
        (await Received(table)).ShouldBe(["1|610000|张*", "3|∅|王*"]);
        table.Desk.Quarantine.Count.ShouldBe(2);
        table.Desk.Quarantine.Values.ShouldAllBe(q => q.Reasons.Single() == new QualityReason(QualityFault.RegionCode, "区划"));
        // Values are kept sealed, and stand in no batch.
        table.Desk.Quarantine.Values.ShouldAllBe(q => !Encoding.UTF8.GetString(q.Row!).Contains('坏'));
        table.Payloads.ShouldAllBe(p => !Encoding.UTF8.GetString(p).Contains('坏'));

        // A good row that turns bad leaves its last good version with the consumer; one that is mended flows; one that is deleted is waited for no more.
        var waiting = table.Desk.Quarantine.Values.Select(q => q.Id).ToList();
        await table.ExecuteAsync("UPDATE t SET region = '坏了', name = '张三二' WHERE id = 1; UPDATE t SET region = '620000' WHERE id = 2; DELETE FROM t WHERE id = 4");
        await RunAsync(table);
        (await Received(table)).ShouldBe(["1|610000|张*", "2|620000|李*", "3|∅|王*"]);
        table.Desk.Quarantine.Values.Single().Id.ShouldNotBeOneOf([.. waiting]);

        // Still bad, in another way: one row waits, the newest.
        var older = table.Desk.Quarantine.Values.Single().Id;
        await table.ExecuteAsync("UPDATE t SET region = '还是坏' WHERE id = 1");
        await RunAsync(table);
        table.Desk.Quarantine.Values.Single().Id.ShouldNotBe(older);
        await table.ExecuteAsync("UPDATE t SET region = '630000' WHERE id = 1");
        await RunAsync(table);
        (await Received(table)).ShouldBe(["1|630000|张**", "2|620000|李*", "3|∅|王*"]);
        table.Desk.Quarantine.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Captures))]
    public async Task Run_GroupsWithoutAGoodRow_AreSetAsideOnceAndReadingGoesOn(DataSourceKind kind, CaptureKind capture)
    {
        await using var table = await TableAsync(kind, capture);
        await table.ExecuteAsync($"INSERT INTO t VALUES {string.Join(", ", Enumerable.Range(1, 45).Select(n => $"({n}, '坏', '名')"))}, (46, '610000', '好')");
        await RunAsync(table);
        (table.Desk.Quarantine.Count, table.Desk.Batches.Count).ShouldBe((45, 1));
        (await Received(table)).ShouldBe(["46|610000|*"]);
        await table.ExecuteAsync($"INSERT INTO t VALUES {string.Join(", ", Enumerable.Range(101, 45).Select(n => $"({n}, '坏', '名')"))}");
        await RunAsync(table);
        await RunAsync(table);
        (table.Desk.Quarantine.Count, table.Desk.Batches.Count).ShouldBe((90, 1));
    }

    [Theory]
    [MemberData(nameof(Captures))]
    public async Task Run_BrokenOffAtEachStep_NoBadRowIsLostAndNoneWaitsTwice(DataSourceKind kind, CaptureKind capture)
    {
        await using var table = await TableAsync(kind, capture);
        await table.ExecuteAsync($"INSERT INTO t VALUES {string.Join(", ", Enumerable.Range(1, 60).Select(n => $"({n}, '{(n % 3 == 0 ? "坏" : "610000")}', '名')"))}");
        for (var step = 0; step < 24; step++)
        {
            (table.Desk.StepsLeft, table.Desk.BreaksAfter) = (step % 6, step % 2 == 0);
            try { await table.RunAsync(); }
            catch (BrokenOffException) { }
            if (step == 11) { await table.ExecuteAsync("UPDATE t SET region = '坏' WHERE id % 3 = 1; UPDATE t SET region = '620000' WHERE id % 3 = 0"); }
        }

        table.Desk.StepsLeft = null;
        await RunAsync(table);
        table.Desk.Quarantine.Count.ShouldBe(20);
        (await Received(table)).ShouldBe([.. Enumerable.Range(1, 60).Select(n => $"{n}|{(n % 3 == 0 ? "620000" : "610000")}|*")]);
    }

    [Fact]
    public async Task Run_Truncated_NothingWaitsAnyMore()
    {
        await using var table = await TableAsync(DataSourceKind.Postgres, CaptureKind.Replication);
        await table.ExecuteAsync("INSERT INTO t VALUES (1, '坏', '张三')");
        await RunAsync(table);
        table.Desk.Quarantine.Count.ShouldBe(1);
        await table.ExecuteAsync("TRUNCATE t");
        await table.ExecuteAsync("INSERT INTO t VALUES (2, '坏', '张三'), (3, '610000', '张三')");
        await RunAsync(table);
        (await Received(table)).ShouldBe(["3|610000|张*"]);
        table.Desk.Quarantine.Count.ShouldBe(1);
    }

    /// <summary>SQLite keeps any value in any column, in the key's too.</summary>
    [Fact]
    public async Task Run_ValuesOfAnotherType_StayBehindWithTheirReasonsAndFlowOnceMended()
    {
        AgreedItem[] items =
        [
            new("编号", "id", ItemType.Integer, null, true), new("出生", "born", ItemType.Date, null, false), new("数量", "amount", ItemType.Integer, null, false), new("姓名", "name", ItemType.Text, 20, false, ItemMask.Name),
        ];
        await using var table = await CapturedTable.SqliteAsync("CREATE TABLE t (id INT PRIMARY KEY NOT NULL, born DATE, amount INTEGER, name TEXT)", items, batchRows: 20);
        await table.ExecuteAsync("INSERT INTO t VALUES (0, '2026-01-31', 5, '张三'), (2, '2026-02-30', 5, '李四'), (3, NULL, '许多', x'E79A87'), ('四', '2026-01-01', 1, '钱七'), (5, '2026-01-01', 1.5, '孙八'), (6, NULL, NULL, NULL)");
        await RunAsync(table);
        Task<List<string>> Rows() => table.Department.QueryAsync("SELECT id, born, amount, name FROM received ORDER BY id");
        (await Rows()).ShouldBe(["0|2026-01-31|5|张*", "6|∅|∅|∅"]);
        Reasons().ShouldBe(["出生", "姓名,数量", "数量", "编号"]);
        table.Desk.Quarantine.Values.SelectMany(q => q.Reasons).ShouldAllBe(r => r.Fault == QualityFault.WrongType);
        foreach (var plain in new[] { "许多", "皇", "钱七" }) { table.Payloads.ShouldAllBe(p => !Encoding.UTF8.GetString(p).Contains(plain)); }

        // A row whose key is none never left, so its deletion goes nowhere; what is mended to nothing is mended too.
        var batches = table.Desk.Batches.Count;
        await table.ExecuteAsync("DELETE FROM t WHERE id = '四'");
        await RunAsync(table);
        (table.Desk.Quarantine.Count, table.Desk.Batches.Count).ShouldBe((3, batches));
        await table.ExecuteAsync("UPDATE t SET born = '2026-02-28' WHERE id = 2; UPDATE t SET amount = NULL WHERE id = 3; UPDATE t SET amount = 2, name = x'FF' WHERE id = 0");
        await RunAsync(table);
        (await Rows()).ShouldBe(["0|2026-01-31|5|张*", "2|2026-02-28|5|李*", "6|∅|∅|∅"]);
        Reasons().ShouldBe(["姓名", "姓名", "数量"]);
        await table.ExecuteAsync("UPDATE t SET name = NULL WHERE id IN (0, 3); UPDATE t SET amount = 1 WHERE id = 5; UPDATE t SET id = 7 WHERE id = 6");
        await RunAsync(table);
        (await Rows()).ShouldBe(["0|2026-01-31|2|∅", "2|2026-02-28|5|李*", "3|∅|∅|∅", "5|2026-01-01|1|孙*", "7|∅|∅|∅"]);
        table.Desk.Quarantine.ShouldBeEmpty();

        List<string> Reasons() => [.. table.Desk.Quarantine.Values.Select(q => string.Join(',', q.Reasons.Select(r => r.Item).Order(StringComparer.Ordinal))).Order(StringComparer.Ordinal)];
    }

    private static async Task<CapturedTable> TableAsync(DataSourceKind kind, CaptureKind capture) => kind == DataSourceKind.Sqlite
        ? await CapturedTable.SqliteAsync(Create, Items, batchRows: 20) : await CapturedTable.PostgresAsync(Create.Replace("INTEGER", "bigint", StringComparison.Ordinal), Items, batchRows: 20, capture: capture);

    private static async Task RunAsync(CapturedTable table)
    {
        await table.RunAsync();
        await table.RunAsync();
    }

    private static Task<List<string>> Received(CapturedTable table) => table.Department.QueryAsync("SELECT id, region, name FROM received ORDER BY id");
}
