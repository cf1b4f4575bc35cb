using System.Globalization;
using Npgsql;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Demonstration;
using Zhengtong.Exchange;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Tests.Exchange.Support;

namespace Zhengtong.Tests.Exchange.Engine;

/// <summary>Change data capture by logical replication, on a real PostgreSQL.</summary>
public sealed class ReplicationTests(ITestOutputHelper output)
{
    private static readonly AgreedItem[] Simple = [new("编号", "id", ItemType.Integer, null, true), new("名称", "name", ItemType.Text, null, false)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Run_SeveralWritersDuringSnapshotAndStream_BothSidesEndEqual(int seed)
    {
        await using var table = await CapturedTable.PostgresAsync(
            "CREATE TABLE t (a int, b text, name text, long text, PRIMARY KEY (a, b)); ALTER TABLE t ALTER COLUMN long SET STORAGE EXTERNAL; INSERT INTO t SELECT i % 20, 'k' || i, 'n' || i, repeat('x', 3000) || i FROM generate_series(1, 1500) i",
            [new("甲", "a", ItemType.Integer, null, true), new("乙", "b", ItemType.Text, null, true), new("名称", "name", ItemType.Text, null, false), new("长文", "long", ItemType.Text, null, false)]);
        using var writing = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(n => Task.Run(() => WriteAsync(table, new Dice((ulong)((seed * 100) + n)), truncates: n == 0, writing.Token))).ToList();
        for (var run = 0; run < 12; run++) { await table.RunAsync(); }
        await writing.CancelAsync();
        var written = await Task.WhenAll(writers);
        await table.SettleAsync();
        output.WriteLine($"{written.Sum()} transactions, {table.Desk.Batches.Count} batches, {table.Desk.Batches.Sum(b => b.Deletes)} deletes, {table.Desk.Batches.Count(b => b.Clears)} clears");
        table.Desk.Batches.Sum(b => b.Deletes).ShouldBeGreaterThan(0);
        table.Desk.Reasons.ShouldBeEmpty();
    }

    /// <summary>What a department's programs do: several changes a transaction, keys moved, long values left alone, now and then rolled back.</summary>
    private static async Task<int> WriteAsync(CapturedTable table, Dice random, bool truncates, CancellationToken ct)
    {
        await using var connection = (NpgsqlConnection)await table.Department.OpenAsync();
        var done = 0;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await using var transaction = await connection.BeginTransactionAsync(CancellationToken.None);
                for (var change = random.Between(1, 19); change > 0; change--)
                {
                    var (a, n) = (random.Below(20), random.Below(2000));
                    var sql = random.Below(10) switch
                    {
                        0 => $"DELETE FROM t WHERE a = {a} AND b > 'k{n}' AND b < 'k{n}9'",
                        1 => $"UPDATE t SET a = {random.Between(20, 24)}, b = b || 'm' WHERE b = 'k{n}'",
                        2 => $"UPDATE t SET long = repeat('y', {random.Between(10, 4999)}) || {n} WHERE b = 'k{n}'",
                        3 or 4 => $"UPDATE t SET name = name || '{change}' WHERE a = {a} AND b LIKE 'k{n % 100}%'",
                        5 when truncates && random.Below(60) == 0 => "TRUNCATE t",
                        _ => $"INSERT INTO t VALUES ({a}, 'k{n}', NULL, repeat('z', {random.Below(5000)})) ON CONFLICT DO NOTHING",
                    };
                    // The disk is everybody's: under all tests at once a statement may wait long for it.
                    await using var command = new NpgsqlCommand(sql, connection, transaction) { CommandTimeout = 180 };
                    await command.ExecuteNonQueryAsync(CancellationToken.None);
                }

                if (random.Below(8) == 0) { await transaction.RollbackAsync(CancellationToken.None); } else { await transaction.CommitAsync(CancellationToken.None); }
                done++;
            }
            // Two writers met; their transaction never was.
            catch (PostgresException e) when (e.SqlState is "40P01" or "23505") { }
        }

        return done;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_BrokenOffAtEachStep_GoesOnWithoutGap(bool after)
    {
        await using var table = await CapturedTable.PostgresAsync("CREATE TABLE t (id bigint PRIMARY KEY, name text); INSERT INTO t SELECT i, 'n' || i FROM generate_series(1, 450) i", Simple);
        table.Desk.BreaksAfter = after;
        var broken = 0;
        // Every run breaks off at its first step, then its second ... while rows change in between; the later ones come through the snapshot.
        for (var step = 0; step < 14; step++)
        {
            table.Desk.StepsLeft = step % 7;
            try { await table.RunAsync(); }
            catch (BrokenOffException) { broken++; }
            await table.ExecuteAsync($"UPDATE t SET name = name || '.{step}' WHERE id % 7 = {step % 7}; DELETE FROM t WHERE id = {(step * 30) + 1}; INSERT INTO t VALUES ({1000 + step}, 'new'); UPDATE t SET id = {2000 + step} WHERE id = {(step * 30) + 2}");
        }

        // A run with few steps may end before the one at which it was to break.
        broken.ShouldBeGreaterThanOrEqualTo(8);
        table.Desk.StepsLeft = null;
        await table.SettleAsync();
        (table.Desk.Phase, table.Desk.Reasons.Count).ShouldBe((DeliveryPhase.Changes, 0));
    }

    [Fact]
    public async Task Run_EveryType_ArrivesAsInTheSnapshot()
    {
        AgreedItem[] items =
        [
            new("键", "k", ItemType.Decimal, null, true), new("短", "i2", ItemType.Integer, null, false), new("整", "i4", ItemType.Integer, null, false), new("长", "i8", ItemType.Integer, null, false),
            new("浮", "f4", ItemType.Float, null, false), new("双", "f8", ItemType.Float, null, false), new("真", "b", ItemType.Boolean, null, false), new("日", "d", ItemType.Date, null, false),
            new("时", "tz", ItemType.Timestamp, null, false), new("字", "c", ItemType.Text, null, false), new("变", "v", ItemType.Text, null, false), new("识", "u", ItemType.Text, null, false),
            new("文", "j", ItemType.Text, null, false), new("文二", "jb", ItemType.Text, null, false), new("字节", "y", ItemType.Binary, null, false),
        ];
        await using var table = await CapturedTable.PostgresAsync(
            """
            CREATE DOMAIN plate AS varchar(20);
            CREATE TABLE t (k numeric PRIMARY KEY, i2 smallint, i4 int, i8 bigint, f4 real, f8 float8, b bool, d date, tz timestamptz, c char(5), v plate, u uuid, j json, jb jsonb, y bytea)
            """, items);
        const string values = """
            (1.50, -2, 3, 9223372036854775807, 1.5, 'NaN', true, '2024-02-29', '2024-02-29 23:59:59.999999+00', 'ab', '京A', '6f1f6f1e-1111-4222-8333-123456789abc', '{"b": 1}', '{"a": [1, 2.50]}', '\x00ff'),
            (-0.001, NULL, NULL, NULL, NULL, '-Infinity', NULL, 'infinity', '-infinity', NULL, '', NULL, NULL, 'null', ''),
            ('NaN', 0, 0, 0, 0, 0, false, '0001-01-01', '1969-12-31 23:59:59+00', '', NULL, NULL, '[]', NULL, NULL)
            """;
        await table.ExecuteAsync($"INSERT INTO t VALUES {values}");
        await table.RunAsync();
        // What j and jb are at the source is text at the target; char(5) is padded there, and the target's text keeps the blanks.
        var loaded = await table.RowsOfAsync("received", "true");
        loaded.Count.ShouldBe(3);
        await table.ExecuteAsync($"DELETE FROM t");
        await table.RunAsync();
        (await table.RowsOfAsync("received", "true")).ShouldBeEmpty();
        await table.ExecuteAsync($"INSERT INTO t VALUES {values}; UPDATE t SET i4 = i4");
        await table.RunAsync();
        (await table.RowsOfAsync("received", "true")).ShouldBe(loaded);
    }

    [Theory]
    [InlineData("DEFAULT")]
    [InlineData("FULL")]
    public async Task Run_LongValueNotTouched_StaysWhatItWas(string identity)
    {
        await using var table = await CapturedTable.PostgresAsync(
            $"CREATE TABLE t (id bigint PRIMARY KEY, name text); ALTER TABLE t ALTER COLUMN name SET STORAGE EXTERNAL; ALTER TABLE t ADD other int; ALTER TABLE t REPLICA IDENTITY {identity}; INSERT INTO t SELECT i, repeat('长', 5000) || i, 0 FROM generate_series(1, 20) i",
            [.. Simple, new("其他", "other", ItemType.Integer, null, false)]);
        await table.RunAsync();
        // Not touched; touched first and then not; not touched with the key moved; gone right afterwards.
        await table.ExecuteAsync("UPDATE t SET other = 1 WHERE id < 5; BEGIN; UPDATE t SET name = repeat('新', 5000) WHERE id = 5; UPDATE t SET other = 2 WHERE id = 5; COMMIT; UPDATE t SET id = 100, other = 3 WHERE id = 6; UPDATE t SET other = 4 WHERE id = 7; DELETE FROM t WHERE id = 7");
        await table.RunAsync();
        (await table.RowsOfAsync("received", "true")).ShouldBe(await table.RowsOfAsync("t", "true"));
    }

    [Fact]
    public async Task Run_RowsCrossTheConditions_EnterAndLeave()
    {
        const string where = "city = '610100' AND starts_with(name, '企') AND grade >= 2.50";
        await using var table = await CapturedTable.PostgresAsync(
            "CREATE TABLE t (id bigint PRIMARY KEY, name text, city text, grade numeric, note text); ALTER TABLE t REPLICA IDENTITY FULL; INSERT INTO t SELECT i, '企' || i, '61010' || (i % 2), i, '' FROM generate_series(1, 100) i",
            Simple, [new("city", RowOperator.In, ["610100", "610199"]), new("name", RowOperator.StartsWith, ["企"]), new("grade", RowOperator.AtLeast, ["2.50"])]);
        await table.SettleAsync(where);
        await table.ExecuteAsync("UPDATE t SET city = '610101' WHERE id < 20; UPDATE t SET city = '610100' WHERE id > 90; UPDATE t SET name = '个' || id WHERE id = 30; UPDATE t SET grade = NULL WHERE id = 32; DELETE FROM t WHERE id BETWEEN 40 AND 45; UPDATE t SET id = id + 1000 WHERE id BETWEEN 50 AND 60; UPDATE t SET id = 5000, city = '0' WHERE id = 62; INSERT INTO t VALUES (7000, '企', '610100', 2.5, ''), (7001, '企', '610100', 2.49, '')");
        await table.SettleAsync(where);
        // Rows that never were among the agreed ones are not even named.
        var named = table.Desk.Batches.Sum(b => b.Deletes);
        await table.ExecuteAsync("UPDATE t SET note = 'x' WHERE city <> '610100'; DELETE FROM t WHERE city <> '610100'");
        await table.RunAsync();
        table.Desk.Batches.Sum(b => b.Deletes).ShouldBe(named);
    }

    [Fact]
    public async Task Run_RowConditionOutsideOfTheIdentity_WaitsWithAdviceAndPublishesNothing()
    {
        await using var table = await CapturedTable.PostgresAsync("CREATE TABLE t (id bigint PRIMARY KEY, name text, city text)", Simple, [new("city", RowOperator.Equal, ["1"])]);
        var fault = await Should.ThrowAsync<ExchangeFault>(() => table.RunAsync());
        fault.Type.ShouldBe(ExchangeProblems.CaptureUnfit);
        fault.Faults.Single().Arguments.ShouldBe(["city", "ALTER TABLE \"public\".\"t\" REPLICA IDENTITY FULL"]);
        (await table.Department.QueryAsync("SELECT count(*) FROM pg_publication")).ShouldBe(["0"]);
    }

    [Fact]
    public async Task Run_OneTransactionLargerThanABatch_IsSplitAndSmallerOnesAreWhole()
    {
        await using var table = await CapturedTable.PostgresAsync("CREATE TABLE t (id bigint PRIMARY KEY, name text)", Simple);
        await table.RunAsync();
        await table.ExecuteAsync("INSERT INTO t SELECT i, 'n' FROM generate_series(1, 1000) i");
        await table.RunAsync();
        table.Desk.Batches.ShouldAllBe(b => b.Rows <= 200);
        table.Desk.Batches.Count.ShouldBeGreaterThanOrEqualTo(5);
        table.Desk.Batches.Clear();
        for (var n = 0; n < 4; n++) { await table.ExecuteAsync("UPDATE t SET name = name || 'x' WHERE id <= 90"); }
        await table.RunAsync();
        // The same ninety rows four times: what counts is their last change.
        table.Desk.Batches.Select(b => b.Rows).ShouldAllBe(rows => rows == 90);
        await table.SettleAsync();
    }

    [Fact]
    public async Task Run_SlotLost_SaysWhyAndCopiesAllAnew()
    {
        await using var table = await CapturedTable.PostgresAsync("CREATE TABLE t (id bigint PRIMARY KEY, name text); INSERT INTO t SELECT i, 'n' FROM generate_series(1, 300) i", Simple);
        await table.SettleAsync();
        await table.Department.QueryAsync($"SELECT pg_drop_replication_slot('{table.Replication.Name}')");
        await table.ExecuteAsync("DELETE FROM t WHERE id <= 100; UPDATE t SET name = 'x' WHERE id = 200");
        await table.RunAsync();
        table.Desk.Reasons.ShouldBe(["exchange.copy-reason.slot-missing"]);
        await table.SettleAsync();
        table.Desk.Batches.Count(b => b.Clears).ShouldBe(1);

        // A publication that was gone for a while: the log of that time cannot be read.
        await table.ExecuteAsync($"DROP PUBLICATION {table.Replication.Name}");
        await table.ExecuteAsync("DELETE FROM t");
        await table.RunAsync();
        table.Desk.Reasons.Count.ShouldBe(2);
        await table.SettleAsync();
        (await table.RowsOfAsync("received", "true")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_TableAltered_StopsWithTheExactDifference()
    {
        await using var table = await CapturedTable.PostgresAsync("CREATE TABLE t (id bigint PRIMARY KEY, name text, other int)", [.. Simple, new("其他", "other", ItemType.Integer, null, false)]);
        await table.RunAsync();
        await table.ExecuteAsync("ALTER TABLE t ALTER COLUMN other TYPE bigint; INSERT INTO t VALUES (1, 'a', 1)");
        await table.SettleAsync();
        // Changes made while the column was something else cannot be delivered, though by now all is as agreed again.
        await table.ExecuteAsync("ALTER TABLE t ALTER COLUMN other TYPE text; INSERT INTO t VALUES (2, 'b', '2')");
        await table.ExecuteAsync("ALTER TABLE t ALTER COLUMN other TYPE int USING other::int");
        var fault = await Should.ThrowAsync<ExchangeFault>(() => table.RunAsync());
        fault.Type.ShouldBe(ExchangeProblems.SourceChanged);
        (fault.Faults.Single().Key, string.Join(' ', fault.Faults.Single().Arguments)).ShouldBe(("exchange.fault.type", "other text Integer"));
        await table.ExecuteAsync("ALTER TABLE t RENAME COLUMN other TO another");
        fault = await Should.ThrowAsync<ExchangeFault>(() => table.RunAsync());
        (fault.Faults.Single().Key, string.Join(' ', fault.Faults.Single().Arguments)).ShouldBe(("exchange.fault.column-missing", "other"));
    }

    [Fact]
    public async Task Publication_WhateverHappensToTheIdentity_NeverBreaksTheDepartmentsWrites()
    {
        await using var table = await CapturedTable.PostgresAsync("CREATE TABLE t (id bigint PRIMARY KEY, name text, secret text)", Simple);
        await table.RunAsync();
        // Neither columns nor conditions are listed: a listed column could not be altered any more, and with another identity every update would fail.
        (await table.Department.QueryAsync("SELECT count(*) FROM pg_publication_rel WHERE prattrs IS NOT NULL OR prqual IS NOT NULL")).ShouldBe(["0"]);
        await table.ExecuteAsync("ALTER TABLE t REPLICA IDENTITY FULL");
        await table.RunAsync();
        await table.ExecuteAsync("INSERT INTO t VALUES (1, 'a', 's'); UPDATE t SET secret = 'z'; UPDATE t SET name = 'b'");
        await table.SettleAsync();

        // Without any identity the table must not be published at all.
        await table.ExecuteAsync("ALTER TABLE t REPLICA IDENTITY NOTHING");
        var fault = await Should.ThrowAsync<ExchangeFault>(() => table.RunAsync());
        fault.Faults.Single().Arguments.ShouldBe(["id", "ALTER TABLE \"public\".\"t\" REPLICA IDENTITY USING INDEX \"t_pkey\""]);
        await table.ExecuteAsync("UPDATE t SET name = 'c'; DELETE FROM t");
    }

    [Fact]
    public async Task Run_OnlyOtherTablesAreWritten_TheLogIsGivenUp()
    {
        await using var table = await CapturedTable.PostgresAsync("CREATE TABLE t (id bigint PRIMARY KEY, name text); CREATE TABLE noise (n int)", Simple);
        await table.RunAsync();
        var before = (await table.Replication.FindSlotAsync(CancellationToken.None))!.Confirmed;
        for (var n = 0; n < 3; n++)
        {
            await table.ExecuteAsync("INSERT INTO noise SELECT generate_series(1, 1000)");
            await table.RunAsync();
        }

        (await table.Replication.FindSlotAsync(CancellationToken.None))!.Confirmed.ShouldBeGreaterThan(before);
        table.Desk.Watched!.Status.ShouldBe("reserved");
        table.Desk.Batches.ShouldBeEmpty();
    }

    [Fact]
    public async Task Faults_ServerOrAccountUnfit_AreNamedAllAtOnce()
    {
        await using var table = await CapturedTable.PostgresAsync("CREATE TABLE t (id bigint PRIMARY KEY, name text GENERATED ALWAYS AS ('n') STORED, code text NOT NULL UNIQUE)", Simple);
        var role = $"reader_{table.Id:N}";
        await table.ExecuteAsync($"CREATE ROLE {role} LOGIN; GRANT SELECT ON t TO {role}");
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(table.Department.Registered) { Username = role, Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        var shape = (await PostgresDatabase.FindTableAsync(connection, new TableName("public", "t"), CancellationToken.None))!;
        AgreedItem[] byCode = [new("代码", "code", ItemType.Text, null, true), new("名称", "name", ItemType.Text, null, false)];
        var faults = await PostgresReplication.FaultsAsync(connection, shape, byCode, [], hasSlot: false, CancellationToken.None);
        faults.Select(f => f.Key[(f.Key.LastIndexOf('.') + 1)..]).ShouldBe(["capture-role", "capture-database-right", "capture-owner", "capture-generated", "capture-identity"]);
        faults[^1].Arguments.ShouldBe(["code", "ALTER TABLE \"public\".\"t\" REPLICA IDENTITY USING INDEX \"t_code_key\""]);
        await table.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
    }

    [Fact]
    public async Task Run_AMillionChanges_NumbersForTheRecord()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("ZHENGTONG_MEASURE") is null, "A measurement, not a test: set ZHENGTONG_MEASURE");
        await using var table = await CapturedTable.PostgresAsync("CREATE TABLE t (id bigint PRIMARY KEY, name text); INSERT INTO t SELECT i, md5(i::text) FROM generate_series(1, 1000000) i", Simple, batchRows: 50_000);
        await table.RunAsync();
        await table.ExecuteAsync("UPDATE t SET name = md5(name) WHERE id <= 500000; DELETE FROM t WHERE id > 750000; INSERT INTO t SELECT i, 'n' FROM generate_series(1000001, 1250000) i");
        var begun = TimeProvider.System.GetTimestamp();
        await table.RunAsync();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"1,000,000 changes in {TimeProvider.System.GetElapsedTime(begun).TotalSeconds:0.0} s"));
        await table.SettleAsync();
    }
}
