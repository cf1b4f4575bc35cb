using System.Text;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Tests.Exchange.Support;

namespace Zhengtong.Tests.Exchange.Engine;

/// <summary>Texts that old systems keep in GB18030, in databases that know it and in such as do not.</summary>
public sealed class Gb18030Tests
{
    private static readonly AgreedItem[] Items = [new("代码", "id", ItemType.Text, null, true), new("名称", "name", ItemType.Text, null, false)];

    /// <summary>政通, and a character that only GB18030 has, in four bytes.</summary>
    private const string Name = "政通𠀀";

    private static readonly string Bytes = Convert.ToHexStringLower(CodePagesEncodingProvider.Instance.GetEncoding("gb18030")!.GetBytes(Name));

    [Theory]
    [InlineData(CaptureKind.Replication)]
    [InlineData(CaptureKind.Comparison)]
    public async Task Run_PostgresThatDeclaresNothing_TextsAreRead(CaptureKind capture)
    {
        await using var table = await CapturedTable.PostgresAsync(
            $"CREATE TABLE t (id text PRIMARY KEY, name text); INSERT INTO t VALUES ('a', {Raw(Bytes)}), ('b', NULL), ('c', 'ASCII')", Items, capture: capture,
            source: await DepartmentTable.PostgresAsync(encoding: "SQL_ASCII"), encoding: TextEncoding.Gb18030);
        await table.RunAsync();
        (await ReceivedAsync(table)).ShouldBe([$"a|{Name}", "b|∅", "c|ASCII"]);
        await table.ExecuteAsync($"UPDATE t SET name = {Raw(Bytes)} || 'x' WHERE id IN ('b', 'c'); DELETE FROM t WHERE id = 'a'");
        await table.RunAsync();
        (await ReceivedAsync(table)).ShouldBe([$"b|{Name}x", $"c|{Name}x"]);
    }

    [Fact]
    public async Task Run_PostgresThatDeclaresGb2312_NeedsNoWord()
    {
        await using var table = await CapturedTable.PostgresAsync("CREATE TABLE t (id text PRIMARY KEY, name text); INSERT INTO t VALUES ('甲', '政通')", Items, source: await DepartmentTable.PostgresAsync(encoding: "EUC_CN"));
        await table.RunAsync();
        await table.ExecuteAsync("UPDATE t SET name = '数据' WHERE id = '甲'; INSERT INTO t VALUES ('乙', '共享')");
        await table.RunAsync();
        (await ReceivedAsync(table)).ShouldBe(["乙|共享", "甲|数据"]);
    }

    [Theory]
    [InlineData(CaptureKind.Replication)]
    [InlineData(CaptureKind.Comparison)]
    public async Task Run_PostgresThatDeclaresNothingWithoutAWord_SaysWhatToChoose(CaptureKind capture)
    {
        await using var table = await CapturedTable.PostgresAsync(
            $"CREATE TABLE t (id text PRIMARY KEY, name text); INSERT INTO t VALUES ('a', {Raw(Bytes)})", Items, capture: capture, source: await DepartmentTable.PostgresAsync(encoding: "SQL_ASCII"));
        await FaultAsync(table, "exchange.fault.encoding-unknown");
        (await ReceivedAsync(table)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_DatabaseThatDeclaresItsEncoding_IsNotReadAsAnother()
    {
        await using var table = await CapturedTable.PostgresAsync("CREATE TABLE t (id text PRIMARY KEY, name text)", Items, encoding: TextEncoding.Gb18030);
        await FaultAsync(table, "exchange.fault.encoding-declared");
    }

    [Fact]
    public async Task Run_KeyInChinese_IsRefused()
    {
        await using var table = await CapturedTable.PostgresAsync(
            $"CREATE TABLE t (id text PRIMARY KEY, name text); INSERT INTO t VALUES ({Raw(Bytes)}, 'x')", Items, source: await DepartmentTable.PostgresAsync(encoding: "SQL_ASCII"), encoding: TextEncoding.Gb18030);
        await FaultAsync(table, "exchange.fault.encoding-key");
    }

    [Fact]
    public async Task Run_NoTextInThatEncoding_WaitsInQuarantineUntilMended()
    {
        await using var table = await CapturedTable.PostgresAsync(
            "CREATE TABLE t (id text PRIMARY KEY, name text); INSERT INTO t VALUES ('a', E'\\xff\\xff'), ('b', 'x')", Items, source: await DepartmentTable.PostgresAsync(encoding: "SQL_ASCII"), encoding: TextEncoding.Gb18030);
        await table.RunAsync();
        (await ReceivedAsync(table)).ShouldBe(["b|x"]);
        table.Desk.Quarantine.Count.ShouldBe(1);
        await table.ExecuteAsync($"UPDATE t SET name = {Raw(Bytes)} WHERE id = 'a'");
        await table.RunAsync();
        (await ReceivedAsync(table)).ShouldBe([$"a|{Name}", "b|x"]);
        table.Desk.Quarantine.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(TextEncoding.Gb18030)]
    [InlineData(TextEncoding.Declared)]
    public async Task Run_SqliteThatHoldsGb18030_IsReadAsItOrHeldBackAndNeverGarbled(TextEncoding encoding)
    {
        await using var table = await CapturedTable.SqliteAsync($"CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, name TEXT); INSERT INTO t VALUES ('a', CAST(x'{Bytes}' AS TEXT)), ('b', '数据\uFFFD')", Items, encoding: encoding);
        await table.RunAsync();
        table.Desk.Quarantine.Count.ShouldBe(1);
        // As GB18030 the second row's bytes are none; as UTF-8 the first row's are not.
        (await ReceivedAsync(table)).ShouldBe([encoding == TextEncoding.Gb18030 ? $"a|{Name}" : "b|数据\uFFFD"]);
    }

    [Fact]
    public async Task Run_ConditionInChinese_IsRefused()
    {
        await using var table = await CapturedTable.PostgresAsync(
            "CREATE TABLE t (id text PRIMARY KEY, name text)", Items, [new RowCondition("name", RowOperator.Equal, ["政通"])], capture: CaptureKind.Comparison,
            source: await DepartmentTable.PostgresAsync(encoding: "SQL_ASCII"), encoding: TextEncoding.Gb18030);
        await FaultAsync(table, "exchange.fault.encoding-condition");
    }

    [Fact]
    public async Task Read_MySqlThatSaysLatin1_TextsAreRead()
    {
        var department = await DepartmentTable.MySqlAsync();
        await department.ExecuteAsync($"CREATE TABLE t (id varchar(9) PRIMARY KEY, name varchar(40) CHARACTER SET latin1, other varchar(40), changed datetime(6) NOT NULL DEFAULT now(6)); INSERT INTO t (id, name, other) VALUES ('a', x'{Bytes}', '数据'), ('b', NULL, '')");
        var reading = new Reading(new TableName("", "t"), [.. Items, new("其他", "other", ItemType.Text, null, false)], [], CaptureKind.Watermark, "changed", 100, 1 << 20, TextEncoding.Gb18030);
        await using var source = await new MySqlDatabase(department.Registered, TimeSpan.FromSeconds(60)).OpenSourceAsync(reading, CancellationToken.None);
        List<string> rows = [];
        await foreach (var group in source.SnapshotAsync(null, CancellationToken.None))
        {
            for (var row = 0; row < group.Rows; row++) { rows.Add(string.Join('|', group.Columns.Select(c => c.IsNull(row) ? "∅" : Encoding.UTF8.GetString(c.BytesAt(row))))); }
        }

        rows.ShouldBe([$"a|{Name}|数据", "b|∅|"]);
    }

    private static async Task FaultAsync(CapturedTable table, string key)
    {
        (await Should.ThrowAsync<ExchangeFault>(() => table.RunAsync())).Faults.ShouldContain(f => f.Key == key);
    }

    private static Task<List<string>> ReceivedAsync(CapturedTable table) => table.Consumer.QueryAsync("SELECT id, name FROM received ORDER BY id");

    private static string Raw(string hex) => $"E'{string.Concat(Enumerable.Range(0, hex.Length / 2).Select(n => $"\\x{hex.AsSpan(n * 2, 2)}"))}'";
}
