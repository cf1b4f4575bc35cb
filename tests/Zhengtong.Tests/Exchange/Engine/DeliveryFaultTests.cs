using System.Text;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Zhengtong.Agreements.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Engine;

/// <summary>What a delivery does when something is wrong around it, and what never gets out.</summary>
[OnDatabase(Once = true)]
public sealed class DeliveryFaultTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    public static TheoryData<DataSourceKind> Kinds => [DataSourceKind.Sqlite, DataSourceKind.Postgres, DataSourceKind.MySql];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Run_ColumnNotAgreed_LeavesNoTraceAnywhere(DataSourceKind kind)
    {
        var route = await exchange.RouteAsync(kind, kind, s => s.Columns = ["id", "name"]);
        await route.Source.FillAsync(1, 500);
        // The consumer refuses the third batch, so that ciphertexts lie in the relay while we look.
        await RefuseFromAsync(route.Target, 201);
        (await route.RunAsync()).State.ShouldBe(DeliveryState.Failed);
        (await route.BatchesAsync()).Count(b => b.ReceivedAt == null).ShouldBeGreaterThan(0);

        // Neither what was never agreed nor what was: the platform stores no plaintext at all.
        string[] secrets = ["绝密SECRET", "企业2"];
        await foreach (var (path, bytes) in StoredFiles.InAsync(exchange.Deployment.DataDirectory))
        {
            if (path.Contains("/departments/", StringComparison.Ordinal)) { continue; }
            foreach (var secret in secrets) { bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)).ShouldBe(-1, path); }
        }

        foreach (var text in await StoredTextAsync())
        {
            foreach (var secret in secrets)
            {
                text.ShouldNotContain(secret);
                text.ShouldNotContain(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(secret)));
            }
        }

        await AllowAsync(route.Target);
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.QueryAsync("SELECT id, name FROM received ORDER BY id")).ShouldBe(await route.Source.QueryAsync("SELECT id, name FROM enterprise ORDER BY id"));
        (await route.Target.QueryAsync("SELECT * FROM received")).ShouldAllBe(row => !row.Contains("绝密", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Run_ConsumerRefusesThenRecovers_ContinuesWithTheSameBatch(DataSourceKind kind)
    {
        var route = await exchange.RouteAsync(kind, kind);
        await route.Source.FillAsync(1, 600);
        await RefuseFromAsync(route.Target, 350);
        var failed = await route.RunAsync();
        (failed.State, failed.Failures).ShouldBe((DeliveryState.Failed, 1));
        failed.Problem.ShouldBe("exchange.value-does-not-fit");
        (await route.Target.CountAsync("received")).ShouldBe(300);
        var stuck = (await route.BatchesAsync()).First(b => b.ReceivedAt == null);

        await AllowAsync(route.Target);
        var after = await route.RunAsync();
        (after.State, after.Problem, after.Failures).ShouldBe((DeliveryState.Waiting, null, 0));
        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());
        (await route.BatchesAsync()).Single(b => b.Sequence == stuck.Sequence).ManifestDigest.ShouldBe(stuck.ManifestDigest);
    }

    /// <summary>A line that breaks off again and again still carries something each time: waiting longer and longer would only keep the consumer behind.</summary>
    [Fact]
    public async Task Run_FailsButGetsOnEachTime_WaitsNoLongerThanAfterTheFirst()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite);
        await route.Source.FillAsync(1, 600);
        for (var refused = 150; refused <= 450; refused += 100)
        {
            await RefuseFromAsync(route.Target, refused);
            (await route.RunAsync()).Failures.ShouldBe(1);
            await AllowAsync(route.Target);
        }

        await RefuseFromAsync(route.Target, 550);
        (await route.RunAsync()).Failures.ShouldBe(1);
        for (var stuck = 2; stuck <= 4; stuck++) { (await route.RunAsync()).Failures.ShouldBe(stuck); }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Run_SuspendedInMidDelivery_StopsBeforeTheNextBatchAndGoesOnWhenResumed(DataSourceKind kind)
    {
        var (rows, route, ended) = (10_000, (Support.Route?)null, DeliveryState.Waiting);
        // On a fast machine the suspension may come when all is delivered: then again, with more to deliver.
        for (; ended == DeliveryState.Waiting && rows <= 160_000; rows *= 2)
        {
            route = await exchange.RouteAsync(kind, kind, s => s.BatchRows = 50);
            await route.Source.FillAsync(1, rows);
            var run = route.RunAsync();
            while (!run.IsCompleted && await route.Target.CountAsync("received") == 0) { await Task.Delay(5); }
            await route.ChangeAsync(a => a.Suspend(a.ProviderId));
            ended = (await run).State;
        }

        ended.ShouldBe(DeliveryState.Stopped);
        var delivered = await route!.Target.CountAsync("received");
        delivered.ShouldBeInRange(1, (rows / 2) - 1);

        // As long as it is not in force, nothing moves.
        (await route.RunAsync()).State.ShouldBe(DeliveryState.Stopped);
        (await route.Target.CountAsync("received")).ShouldBe(delivered);

        await route.ChangeAsync(a => a.Resume(TimeProvider.System.GetUtcNow()));
        (await route.RunAsync()).State.ShouldBe(DeliveryState.Waiting);
        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());

        await route.ChangeAsync(a => a.Revoke());
        await route.Source.TouchAsync("id = 1", "不该送达");
        (await route.RunAsync()).State.ShouldBe(DeliveryState.Stopped);
        (await route.Target.CountAsync("received", "name = '不该送达'")).ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Run_TargetNotEmpty_OldRowsAreBroughtUpToDate(DataSourceKind kind)
    {
        var route = await exchange.RouteAsync(kind, kind);
        await route.Source.FillAsync(1, 450);
        await route.Target.ExecuteAsync("INSERT INTO received (id, name) VALUES (7, '旧'), (250, '旧')");
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());
    }

    [Fact]
    public async Task Run_ProvidersDatabaseGoneHalfWay_FailsClearlyAndContinuesWhenItIsBack()
    {
        Support.Route route = null!;
        Delivery failed = null!;
        // On a fast machine the cut may come when all is delivered: then again.
        for (var attempt = 0; attempt < 5 && (attempt == 0 || failed.State == DeliveryState.Waiting); attempt++)
        {
            route = await exchange.RouteAsync(DataSourceKind.Postgres, DataSourceKind.Postgres, s => s.BatchRows = 50);
            // Wide enough that the server cannot have sent everything before it is cut off.
            await route.Source.FillAsync(1, 10_000);
            await route.Source.ExecuteAsync("UPDATE enterprise SET photo = decode(repeat('ab', 4000), 'hex')");
            var run = route.RunAsync();
            while (!run.IsCompleted && await route.Target.CountAsync("received") == 0) { await Task.Delay(5); }
            await route.Source.QueryAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'zhengtong-source' AND datname = current_database()");
            failed = await run;
        }

        (failed.State, failed.Problem).ShouldBe((DeliveryState.Failed, "exchange.source-unreachable"));
        (await route.Target.CountAsync("received")).ShouldBeInRange(1, 9_999);
        failed.NextRunAt.ShouldBeGreaterThan(failed.CreatedAt);

        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());
        // The snapshot went on behind its last row: no row was read twice.
        (await route.BatchesAsync()).Where(b => b.Phase == DeliveryPhase.Snapshot).Sum(b => b.Rows).ShouldBe(10_000);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Run_TablesThatDoNotFit_AreNamedAllAtOnceAndWorkAgainWhenPutRight(DataSourceKind kind)
    {
        var route = await exchange.RouteAsync(kind, kind);
        await route.Source.FillAsync(1, 10);
        await route.Target.ExecuteAsync("ALTER TABLE received RENAME TO kept");
        await route.Target.ExecuteAsync("CREATE TABLE received (id bigint, name integer, must text NOT NULL)");
        var failed = await route.RunAsync();
        (failed.State, failed.Problem).ShouldBe((DeliveryState.Failed, "exchange.target-unfit"));
        foreach (var named in new[] { "\"note\"", "\"amount\"", "\"name\"", "\"must\"", "exchange.fault.key-not-unique" }) { failed.ProblemDetail!.ShouldContain(named); }

        await route.Target.ExecuteAsync("DROP TABLE received");
        await route.Target.ExecuteAsync("ALTER TABLE kept RENAME TO received");
        await route.Source.ExecuteAsync("ALTER TABLE enterprise RENAME COLUMN note TO remark");
        (await route.RunAsync()).Problem.ShouldBe("exchange.source-changed");
        await route.Source.ExecuteAsync("ALTER TABLE enterprise RENAME COLUMN remark TO note");
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());
    }

    [Fact]
    public async Task Run_TransactionThatCommitsLate_IsNotMissed()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Postgres, DataSourceKind.Postgres);
        await route.Source.FillAsync(1, 100);
        (await route.RunAsync()).Problem.ShouldBeNull();

        await using var slow = (NpgsqlConnection)await route.Source.OpenAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await using (var early = slow.CreateCommand())
        {
            early.CommandText = "UPDATE enterprise SET name = '迟到的提交', changed = clock_timestamp() WHERE id = 5";
            await early.ExecuteNonQueryAsync();
        }

        // Others write later and commit first; their moment lies a second back when the next runs look.
        await route.Source.TouchAsync("id = 6", "先到的提交");
        await route.Source.QueryAsync("SELECT 1 FROM pg_sleep(1.2)");
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.CountAsync("received", "name = '迟到的提交'")).ShouldBe(0);
        await transaction.CommitAsync();
        (await route.SettleAsync()).Problem.ShouldBeNull();
        (await route.Target.CountAsync("received", "id = 5 AND name = '迟到的提交'")).ShouldBe(1);
        (await route.Target.CountAsync("received", "id = 6 AND name = '先到的提交'")).ShouldBe(1);
    }

    [Fact]
    public async Task Advance_SessionThatOpensDuringTheSnapshot_HoldsTheBoundBack()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Postgres, DataSourceKind.Sqlite);
        await route.Source.FillAsync(1, 10);
        var reading = new Reading(new TableName("public", "enterprise"), [.. ExchangeFixture.AllItems.Take(2)], [], CaptureKind.Watermark, "changed", 100, 1 << 20);
        var horizon = new Horizon(TimeProvider.System);
        await using var source = await new PostgresDatabase(route.Source.Registered).OpenSourceAsync(reading, CancellationToken.None);
        // The server's other users may be writing when it is looked at for the first time.
        HorizonBound? first = null;
        for (var looks = 0; first is null && looks < 100; looks++)
        {
            first = await source.AdvanceAsync(horizon, CancellationToken.None);
            if (first is null) { await Task.Delay(50); }
        }

        first.ShouldNotBeNull();

        await using (var slow = (NpgsqlConnection)await route.Source.OpenAsync())
        {
            await using var transaction = await slow.BeginTransactionAsync();
            await using var early = new NpgsqlCommand("UPDATE enterprise SET changed = clock_timestamp() WHERE id = 5", slow, transaction);
            await early.ExecuteNonQueryAsync();
            await route.Source.QueryAsync("SELECT 1 FROM pg_sleep(1.2)");
            (await source.AdvanceAsync(horizon, CancellationToken.None))!.Value.ShouldBe(first.Value);
            await transaction.CommitAsync();
        }

        string.CompareOrdinal((await source.AdvanceAsync(horizon, CancellationToken.None))!.Value, first.Value).ShouldBeGreaterThan(0);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Run_HostileNamesAndValues_StayNamesAndValues(DataSourceKind kind)
    {
        const string hostile = "x\"; DROP TABLE enterprise; --'";
        var quoted = $"\"{hostile.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        var route = await exchange.RouteAsync(kind, kind, s => s.Rows = [new RowCondition("secret", RowOperator.StartsWith, ["'; DROP TABLE enterprise; --"])]);
        await route.Source.FillAsync(1, 20);
        await route.Source.ExecuteAsync("UPDATE enterprise SET secret = '''; DROP TABLE enterprise; --' WHERE id <= 3");
        await route.Source.ExecuteAsync($"ALTER TABLE enterprise RENAME TO {quoted}");
        await route.Target.ExecuteAsync($"ALTER TABLE received RENAME TO {quoted}");
        await route.WithDb(async db =>
        {
            (await db.Mounts.SingleAsync(m => m.OrganisationId == route.Provider.Id)).Table = hostile;
            (await db.Intakes.SingleAsync(i => i.AgreementId == route.Agreement)).Table = hostile;
            return await db.SaveChangesAsync();
        });
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.QueryAsync($"SELECT id FROM {quoted} ORDER BY id")).ShouldBe(["1", "2", "3"]);
    }

    [Fact]
    public async Task Run_EdgeValues_ArriveAsTheyWere()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Postgres, DataSourceKind.Postgres);
        // The name is agreed with 200 characters; the note has no limit.
        await route.Source.ExecuteAsync("""
            INSERT INTO enterprise (id, name, note, amount, score, active, born, changed, photo) VALUES
            (-9223372036854775808, '', NULL, 'NaN', 'NaN', NULL, 'infinity', '-infinity', ''),
            (9223372036854775807, '龘𠮷é', '', 12345678901234567890123456789012345678.000000000010, '-Infinity', false, '0001-01-01', '1969-12-31 23:59:59.999999+00', '\x00ff'),
            (0, E'a\tb\nc\\', ' ', -0.00, 5e-324, true, '1600-02-29', '9999-12-31 23:59:59.999999+00', NULL),
            (1, 'x', repeat('长', 100000), 0, -0.0, true, '-infinity', 'infinity', decode(repeat('00', 100000), 'hex'))
            """);
        (await route.RunAsync()).Problem.ShouldBeNull();
        const string all = "SELECT id, name, note, amount::text, score::text, active, born::text, changed::text, encode(photo, 'hex') FROM";
        (await route.Target.QueryAsync($"{all} received ORDER BY id")).ShouldBe(await route.Source.QueryAsync($"{all} enterprise ORDER BY id"));
    }

    [Fact]
    public async Task Run_Delivered_IsMeteredOnceABatch()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite);
        await route.Source.FillAsync(1, 250);
        await route.RunAsync();
        var usage = await route.WithDb(db => db.Usage.Where(u => u.AgreementId == route.Agreement).ToListAsync());
        usage.Where(u => u.Meter == "exchange.rows").Sum(u => u.Quantity).ShouldBe(250);
        usage.ShouldAllBe(u => u.OrganisationId == route.Consumer.Id);
        usage.Count.ShouldBe(6);
    }

    private static Task RefuseFromAsync(DepartmentTable target, int id) => target.ExecuteAsync(target.Kind != DataSourceKind.Sqlite
        ? $"ALTER TABLE received ADD CONSTRAINT refuse CHECK (id < {id})"
        : $"CREATE TRIGGER refuse BEFORE INSERT ON received WHEN new.id >= {id} BEGIN SELECT raise(ABORT, 'refused'); END");

    private static Task AllowAsync(DepartmentTable target) => target.ExecuteAsync(target.Kind != DataSourceKind.Sqlite ? "ALTER TABLE received DROP CONSTRAINT refuse" : "DROP TRIGGER refuse");

    /// <summary>Every row of every table of the platform's own PostgreSQL, as text; bytes as hex. On SQLite the file itself is searched.</summary>
    private async Task<List<string>> StoredTextAsync()
    {
        if (exchange.Deployment.Database is not { } database) { return []; }
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        List<string> tables = [], rows = [];
        await using (var list = new NpgsqlCommand("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')", connection))
        await using (var row = await list.ExecuteReaderAsync())
        {
            while (await row.ReadAsync()) { tables.Add(row.GetString(0)); }
        }

        foreach (var table in tables)
        {
            await using var select = new NpgsqlCommand($"SELECT t::text FROM {table} t", connection);
            await using var row = await select.ExecuteReaderAsync();
            while (await row.ReadAsync()) { rows.Add(row.GetString(0)); }
        }

        rows.ShouldNotBeEmpty();
        return rows;
    }
}
