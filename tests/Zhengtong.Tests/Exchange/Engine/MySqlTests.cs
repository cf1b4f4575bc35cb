using System.Globalization;
using System.Text;
using MySqlConnector;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Engine;

/// <summary>What is peculiar to MariaDB and MySQL, on a real MariaDB; what all databases have in common is tried beside the others.</summary>
[OnDatabase]
public sealed class MySqlTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Run_EdgeValues_ArriveAsTheyWere()
    {
        var route = await exchange.RouteAsync(DataSourceKind.MySql, DataSourceKind.MySql);
        await route.Source.ExecuteAsync("""
            INSERT INTO enterprise (id, name, note, amount, score, active, born, changed, photo) VALUES
            (-9223372036854775808, '', NULL, -999999999999999999999999999999.9999999999, -1.7976931348623157e308, NULL, '1000-01-01', '1000-01-01 00:00:00', ''),
            (9223372036854775807, '龘𠮷é😀', '', 999999999999999999999999999999.0000000010, 5e-324, false, '9999-12-31', '1969-12-31 23:59:59.999999', x'00ff'),
            (0, 'a\tb\nc\\', ' ', -0.00, 0, true, '1600-02-29', '2000-02-29 12:00:00.000001', NULL),
            (1, 'x', repeat('长', 100000), 0, -0.0, true, NULL, '1970-01-01', repeat(x'00', 100000))
            """);
        (await route.RunAsync()).Problem.ShouldBeNull();
        const string all = "SELECT id, name, note, trim(TRAILING '0' FROM concat(amount)), score, active, concat(born), concat(changed), hex(photo) FROM";
        (await route.Target.QueryAsync($"{all} received ORDER BY id")).Select(Short).ShouldBe((await route.Source.QueryAsync($"{all} enterprise ORDER BY id")).Select(Short));
    }

    [Fact]
    public async Task Snapshot_EveryTypeThatIsGiven_IsReadAsWhatItMeans()
    {
        var table = await DepartmentTable.MySqlAsync();
        await table.ExecuteAsync("""
            CREATE TABLE enterprise (id smallint unsigned PRIMARY KEY, t tinyint, tu tinyint unsigned, m mediumint, i int unsigned, y year, big bigint unsigned, dec_ decimal(65, 20), f float,
              flag tinyint(1), bits bit(1), d date, dt datetime(3), ts timestamp(6) NOT NULL DEFAULT now(6), c char(5), vc varchar(9), gbk varchar(9) CHARACTER SET gbk, l1 varchar(9) CHARACTER SET latin1,
              e enum('乙', '甲'), s set('a', 'b'), j json, tm time(2), u uuid, ip inet6, b varbinary(4), lb longblob)
            """);
        await table.ExecuteAsync("""
            INSERT INTO enterprise VALUES (65535, -128, 255, -8388608, 4294967295, 2026, 18446744073709551615, 999999999999999999999999999999999999999999999.00000000000000000001, 0.5,
              1, b'0', '2024-02-29', '2026-01-02 03:04:05.678', '2026-01-02 03:04:05.678901', 'ab', '政通😀', '政通', 'é', '甲', 'a,b', '{"a": 1}', '-12:00:00.50', '123e4567-e89b-12d3-a456-426655440000', '::1', x'00ff', '')
            """);
        AgreedItem[] items =
        [
            Item("id", ItemType.Integer, true), Item("t", ItemType.Integer), Item("tu", ItemType.Integer), Item("m", ItemType.Integer), Item("i", ItemType.Integer), Item("y", ItemType.Integer), Item("big", ItemType.Decimal),
            Item("dec_", ItemType.Decimal), Item("f", ItemType.Float), Item("flag", ItemType.Boolean), Item("bits", ItemType.Boolean), Item("d", ItemType.Date), Item("dt", ItemType.Timestamp),
            Item("ts", ItemType.Timestamp), Item("c", ItemType.Text), Item("vc", ItemType.Text), Item("gbk", ItemType.Text), Item("l1", ItemType.Text), Item("e", ItemType.Text), Item("s", ItemType.Text),
            Item("j", ItemType.Text), Item("tm", ItemType.Text), Item("u", ItemType.Text), Item("ip", ItemType.Text), Item("b", ItemType.Binary), Item("lb", ItemType.Binary),
        ];
        var database = Open(table);
        (database.SourceFaults((await database.FindTableAsync(Table, None))!, items, "ts")).ShouldBeEmpty();
        (await ReadAsync(database, items, "ts", 10)).Single().Single().ShouldBe(string.Join('|',
            "65535", "-128", "255", "-8388608", "4294967295", "2026", "18446744073709551615", "999999999999999999999999999999999999999999999.00000000000000000001", "0.5", "true", "false", "2024-02-29",
            "2026-01-02T03:04:05.678000", "2026-01-02T03:04:05.678901", "ab", "政通😀", "政通", "é", "甲", "a,b", "{\"a\": 1}", "-12:00:00.50", "123e4567-e89b-12d3-a456-426655440000", "::1", "00FF", ""));
    }

    [Fact]
    public async Task Snapshot_CompositeTextKey_GoesOnBehindEveryRow()
    {
        var table = await DepartmentTable.MySqlAsync();
        // The usual collation: Ä, a and A are one letter, in the key as in its order.
        await table.ExecuteAsync("CREATE TABLE enterprise (a varchar(20), b enum('z', 'a'), c date, n bigint NOT NULL DEFAULT 0, changed datetime(6) NOT NULL DEFAULT now(6), PRIMARY KEY (a, b, c))");
        await table.ExecuteAsync("""
            INSERT INTO enterprise (a, b, c) SELECT x.v, y.v, z.v FROM (SELECT '' v UNION SELECT 'A' UNION SELECT 'b' UNION SELECT 'C' UNION SELECT '政' UNION SELECT '😀' UNION SELECT 'x''; --' UNION SELECT 'x\\') x,
              (SELECT 'a' v UNION SELECT 'z') y, (SELECT '2024-01-01' v UNION SELECT '1000-01-01') z
            """);
        AgreedItem[] items = [Item("a", ItemType.Text, true), Item("b", ItemType.Text, true), Item("c", ItemType.Date, true), Item("n", ItemType.Integer)];
        var whole = (await ReadAsync(Open(table), items, "changed", 1000)).Single();
        whole.Distinct().Count().ShouldBe(32);
        foreach (var rows in new[] { 1, 5 })
        {
            // Each group is read by a new source that knows nothing but the position.
            (await ReadAsync(Open(table), items, "changed", rows, resumes: true)).SelectMany(g => g).ShouldBe(whole);
            (await ReadAsync(Open(table), items, "changed", rows)).SelectMany(g => g).ShouldBe(whole);
        }
    }

    [Fact]
    public async Task Run_SeveralWritersDuringTheSnapshot_BothSidesEndEqual()
    {
        var route = await exchange.RouteAsync(DataSourceKind.MySql, DataSourceKind.MySql, s => s.BatchRows = 200);
        await route.Source.FillAsync(1, 10_000);
        using var writing = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 3).Select(w => Task.Run(async () =>
        {
            for (var n = 0; !writing.IsCancellationRequested; n++)
            {
                await route.Source.TouchAsync($"id % 997 = {(n * 3) + w}", $"第{w}者第{n}次");
                await route.Source.FillAsync(20_001 + (w * 10_000) + (n * 5), 20_005 + (w * 10_000) + (n * 5), fresh: true);
            }
        }, None)).ToList();
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.RunAsync()).Problem.ShouldBeNull();
        await writing.CancelAsync();
        await Task.WhenAll(writers);
        (await route.SettleAsync()).Problem.ShouldBeNull();
        (await route.Target.CountAsync("received")).ShouldBeGreaterThan(10_000);
    }

    [Fact]
    public async Task Run_TransactionThatCommitsLate_IsNotMissed()
    {
        var route = await exchange.RouteAsync(DataSourceKind.MySql, DataSourceKind.MySql);
        await route.Source.FillAsync(1, 100);
        (await route.RunAsync()).Problem.ShouldBeNull();

        await using var slow = (MySqlConnection)await route.Source.OpenAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await using (var early = new MySqlCommand("UPDATE enterprise SET name = '迟到的提交', changed = sysdate(6) WHERE id = 5", slow, transaction)) { await early.ExecuteNonQueryAsync(); }
        await route.Source.TouchAsync("id = 6", "先到的提交");
        await Task.Delay(1200);
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.CountAsync("received", "name = '迟到的提交'")).ShouldBe(0);
        await transaction.CommitAsync();
        (await route.SettleAsync()).Problem.ShouldBeNull();
        (await route.Target.CountAsync("received", "id = 5 AND name = '迟到的提交'")).ShouldBe(1);
        (await route.Target.CountAsync("received", "id = 6 AND name = '先到的提交'")).ShouldBe(1);
    }

    [Fact]
    public async Task Advance_AccountWithoutTheRightProcess_StaysBehindTheClockAndSaysSo()
    {
        var table = await DepartmentTable.MySqlAsync();
        await table.CreateAsync();
        var reader = await AccountAsync(table, "SELECT");
        var database = new MySqlDatabase(reader, TimeSpan.FromSeconds(60));
        (await database.DescribeAsync(None)).ShouldContain("PROCESS");
        await using var source = await database.OpenSourceAsync(new Reading(Table, [Item("id", ItemType.Integer, true)], [], CaptureKind.Watermark, "changed", 10, 1 << 20), None);
        var bound = DateTime.Parse((await source.AdvanceAsync(new Horizon(TimeProvider.System), None))!.Value!, CultureInfo.InvariantCulture);
        var now = DateTime.Parse((await table.QueryAsync("SELECT concat(now(6))")).Single(), CultureInfo.InvariantCulture);
        (now - bound).TotalSeconds.ShouldBeInRange(60, 70);
    }

    [Fact]
    public async Task Run_ServerRestartedInMidDelivery_FailsClearlyAndContinuesWhenItIsBack()
    {
        await using var own = await DepartmentServer.MariaDbAsync();
        var route = await exchange.RouteAsync(DataSourceKind.MySql, DataSourceKind.MySql, s => (s.BatchRows, s.MariaDbServer) = (50, own.Connection));
        await route.Source.FillAsync(1, 10_000);
        await route.Source.ExecuteAsync("UPDATE enterprise SET photo = repeat(x'ab', 2000)");
        var run = route.RunAsync();
        while (!run.IsCompleted && await route.Target.CountAsync("received") == 0) { await Task.Delay(5); }
        await own.StopAsync();
        var failed = await run;
        failed.State.ShouldBe(DeliveryState.Failed);
        failed.Problem.ShouldBeOneOf("exchange.source-unreachable", "exchange.target-unreachable");
        (await route.RunAsync()).Problem.ShouldBeOneOf("exchange.source-unreachable", "exchange.target-unreachable");

        await own.StartAsync();
        (await route.Target.CountAsync("received")).ShouldBeInRange(1, 9_999);
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());
        (await route.BatchesAsync()).Where(b => b.Phase == DeliveryPhase.Snapshot).Sum(b => b.Rows).ShouldBe(10_000);
    }

    [Fact]
    public async Task Target_ThatWouldLoseRowsOrValues_IsRefusedWithTheReason()
    {
        var table = await DepartmentTable.MySqlAsync();
        AgreedItem[] items = [Item("code", ItemType.Text, true) with { Length = 20 }, Item("name", ItemType.Text)];
        await table.ExecuteAsync("CREATE TABLE folds (code varchar(20) PRIMARY KEY, name text)");
        await table.ExecuteAsync("CREATE TABLE pads (code varchar(20) COLLATE utf8mb4_bin PRIMARY KEY, name text)");
        await table.ExecuteAsync("CREATE TABLE old (code varchar(20) COLLATE utf8mb4_nopad_bin PRIMARY KEY, name text) ENGINE = MyISAM");
        await table.ExecuteAsync("CREATE TABLE twice (code varchar(20) COLLATE utf8mb4_nopad_bin PRIMARY KEY, name varchar(20), UNIQUE (name))");
        await table.ExecuteAsync("CREATE TABLE computed (code varchar(20) COLLATE utf8mb4_nopad_bin PRIMARY KEY, name text AS (concat(code)) STORED)");
        await table.ExecuteAsync("CREATE TABLE narrow (code varchar(20) COLLATE utf8mb4_nopad_bin PRIMARY KEY, name text CHARACTER SET gbk)");
        var database = Open(table);
        await database.CreateTableAsync(new TableName("", "made"), items, None);
        foreach (var (name, fault) in new[]
        {
            ("folds", "exchange.fault.key-folds"), ("pads", "exchange.fault.key-folds"), ("old", "exchange.fault.engine"), ("twice", "exchange.fault.other-unique"), ("computed", "exchange.fault.computed"),
            ("narrow", "exchange.fault.type"), ("made", null),
        })
        {
            var faults = database.TargetFaults((await database.FindTableAsync(new TableName("", name), None))!, items);
            faults.Select(f => f.Key).ShouldBe(fault is null ? [] : [fault], name);
            faults.ShouldAllBe(f => f.Sentence.Length > 0);
        }
    }

    [Fact]
    public async Task Run_ZeroDate_IsAClearFaultThatNamesTheColumn()
    {
        var route = await exchange.RouteAsync(DataSourceKind.MySql, DataSourceKind.Sqlite);
        await route.Source.FillAsync(1, 10);
        await route.Source.ExecuteAsync("UPDATE enterprise SET born = '0000-00-00' WHERE id = 5");
        var failed = await route.RunAsync();
        (failed.State, failed.Problem).ShouldBe((DeliveryState.Failed, "exchange.value-does-not-fit"));
        failed.ProblemDetail!.ShouldContain("exchange.fault.zero-date");
        failed.ProblemDetail!.ShouldContain("born");
    }

    [Fact]
    public async Task Run_ChineseInALatin1Column_IsRefusedRatherThanGarbled()
    {
        var route = await exchange.RouteAsync(DataSourceKind.MySql, DataSourceKind.Sqlite);
        await route.Source.FillAsync(1, 10);
        await route.Source.ExecuteAsync("ALTER TABLE enterprise MODIFY note longtext CHARACTER SET latin1");
        (await route.RunAsync()).Problem.ShouldBeNull();
        // As an old program stores it: UTF-8, said to be latin1.
        await route.Source.ExecuteAsync("UPDATE enterprise SET note = convert(cast('政通' AS binary) USING latin1), changed = sysdate(6) WHERE id = 5");
        string? problem = null;
        for (var n = 0; n < 100 && problem is null; n++)
        {
            problem = (await route.RunAsync()).Problem;
            await Task.Delay(100);
        }

        problem.ShouldBe("exchange.value-does-not-fit");
    }

    [Theory]
    [InlineData("born = 'infinity'")]
    [InlineData("amount = 'NaN'")]
    [InlineData("amount = 1e60")]
    [InlineData("amount = 0.000000000000000000000001")]
    public async Task Apply_ValueThatDoesNotFit_IsAFaultAndNothingOfTheBatchStays(string bad)
    {
        var route = await exchange.RouteAsync(DataSourceKind.Postgres, DataSourceKind.MySql, s => s.Columns = ["id", "name", "amount", "born"]);
        await route.Source.FillAsync(1, 250);
        await route.Source.ExecuteAsync($"UPDATE enterprise SET {bad} WHERE id = 150");
        var failed = await route.RunAsync();
        (failed.State, failed.Problem).ShouldBe((DeliveryState.Failed, "exchange.value-does-not-fit"));
        (await route.Target.CountAsync("received"), await route.Target.CountAsync("zhengtong_watermark")).ShouldBe((100, 1));
    }

    [Fact]
    public async Task Explain_WrongPasswordDatabaseOrPort_NamesTheReasonWithoutTheServersWords()
    {
        var table = await DepartmentTable.MySqlAsync();
        var good = new MySqlConnectionStringBuilder(table.Registered);
        foreach (var (change, fault) in new (Action<MySqlConnectionStringBuilder>, string)[]
        {
            (c => c.Password = "绝密", "exchange.fault.access-denied"), (c => c.Database = "nirgends", "exchange.fault.database-missing"), (c => c.Port = 1, "exchange.fault.no-answer"),
        })
        {
            var wrong = new MySqlConnectionStringBuilder(good.ConnectionString);
            change(wrong);
            var database = new MySqlDatabase(wrong.ConnectionString, TimeSpan.FromSeconds(60));
            var thrown = await Should.ThrowAsync<MySqlException>(() => database.DescribeAsync(None));
            var told = database.Explain(thrown, Side.Source)!;
            (told.Type, told.Faults.Single().Key).ShouldBe((ExchangeProblems.SourceUnreachable, fault));
        }
    }

    private static TableName Table => new("", "enterprise");

    private static AgreedItem Item(string column, ItemType type, bool isKey = false) => new(column, column, type, null, isKey);

    private static MySqlDatabase Open(DepartmentTable table) => new(table.Registered, TimeSpan.FromSeconds(60));

    /// <summary>Values of many characters by their length.</summary>
    private static string Short(string row) => row.Length < 1000 ? row : $"{row[..50]}…{row.Length}";

    private static async Task<List<List<string>>> ReadAsync(MySqlDatabase database, AgreedItem[] items, string watermark, int rows, bool resumes = false)
    {
        List<List<string>> groups = [];
        Position? after = null;
        while (true)
        {
            var before = groups.Count;
            await using var source = await database.OpenSourceAsync(new Reading(Table, items, [], CaptureKind.Watermark, watermark, rows, 1 << 20), None);
            await foreach (var group in source.SnapshotAsync(after, None))
            {
                groups.Add([.. Enumerable.Range(0, group.Rows).Select(r => string.Join('|', group.Columns.Select(c => TextOf(c, r))))]);
                after = group.Last;
                if (resumes) { break; }
            }

            if (!resumes || groups.Count == before) { return groups; }
        }
    }

    private static string TextOf(ColumnBuffer column, int row) => column.Type switch
    {
        ItemType.Integer => column.Int64At(row).ToString(CultureInfo.InvariantCulture),
        ItemType.Float => column.DoubleAt(row).ToString("R", CultureInfo.InvariantCulture),
        ItemType.Boolean => column.BooleanAt(row) ? "true" : "false",
        ItemType.Date => DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(column.DaysAt(row)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        ItemType.Timestamp => DateTime.UnixEpoch.AddMicroseconds(column.Int64At(row)).ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        ItemType.Binary => Convert.ToHexString(column.BytesAt(row)),
        _ => Encoding.UTF8.GetString(column.BytesAt(row)),
    };

    /// <summary>An account of its own with one right on the database.</summary>
    private static async Task<string> AccountAsync(DepartmentTable table, string right)
    {
        var database = new MySqlConnectionStringBuilder(table.Registered);
        var name = $"a{database.Database[^12..]}";
        await table.ExecuteAsync($"CREATE USER {name}@'127.0.0.1' IDENTIFIED BY 'geheim'");
        await table.ExecuteAsync($"GRANT {right} ON {database.Database}.* TO {name}@'127.0.0.1'");
        (database.UserID, database.Password) = (name, "geheim");
        return database.ConnectionString;
    }
}
