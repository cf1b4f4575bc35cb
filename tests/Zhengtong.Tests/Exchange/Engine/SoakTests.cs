using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Zhengtong.Demonstration;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Nodes.Machine;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Tests.Exchange.Nodes;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Engine;

/// <summary>The promise "nothing is lost, nothing twice" for captured changes, under two agreements at once, one that the platform itself serves for both sides and one between two
/// departments' own nodes: rows are inserted, updated and deleted while the platform, both nodes, the providers' database, the consumers' database and, on PostgreSQL, the platform's own
/// are killed with SIGKILL at moments drawn from a seed. What was acknowledged stands in a journal outside of every database; what arrived, the consumer's own trigger writes down.</summary>
/// <remarks>A few kills in each run of the tests; <c>./test --soak MINUTES</c> goes on for so long, and for at least 100.</remarks>
[OnDatabase(Once = true)]
public sealed class SoakTests(ITestOutputHelper output)
{
    private const int Writers = 3;

    private static readonly double Minutes = double.TryParse(Environment.GetEnvironmentVariable("ZHENGTONG_SOAK_MINUTES"), CultureInfo.InvariantCulture, out var minutes) ? minutes : 0;

    [Fact]
    public async Task Kill9_OfEverythingWhileRowsComeChangeAndGo_EveryAcknowledgedChangeArrivesOnce()
    {
        var seed = Environment.GetEnvironmentVariable("ZHENGTONG_SEED") is { Length: > 0 } given ? ulong.Parse(given, CultureInfo.InvariantCulture) : (ulong)Stopwatch.GetTimestamp();
        var dice = new Dice(seed);
        output.WriteLine($"seed {seed} (set ZHENGTONG_SEED to repeat the moments)");
        var folder = Directory.CreateTempSubdirectory("zhengtong-soak-").FullName;
        await using var source = await DepartmentServer.PostgresAsync();
        await using var target = await DepartmentServer.MariaDbAsync();
        await using var records = PlatformFixture.PostgresServer is null ? null : await DepartmentServer.PostgresAsync();
        var deployment = new Deployment(Path.Combine(folder, "platform"), records?.Connection, $"http://127.0.0.1:{NodeScene.FreePort()}", Demo: false);
        ServedProcess? program = null, provider = null, consumer = null;
        try
        {
            List<Flow> flows;
            Machine provides, receives;
            await using (var app = Platform.Build(deployment))
            {
                await app.PrepareOnCopyAsync();
                Task<Route> PrepareAsync() => ExchangeFixture.PrepareAsync(app.Services, deployment, DataSourceKind.Postgres, DataSourceKind.MySql,
                    s => (s.Capture, s.Columns, s.PostgresServer, s.MariaDbServer) = (CaptureKind.Replication, ["id", "name"], source.Connection, target.Connection));
                flows = [new Flow("hosted", await PrepareAsync(), folder), new Flow("between nodes", await PrepareAsync(), folder)];
                provides = await NodeScene.MachineAsync(app.Services, folder, "provider", flows[1].Route.Provider, flows[1].Route.Source);
                receives = await NodeScene.MachineAsync(app.Services, folder, "consumer", flows[1].Route.Consumer, flows[1].Route.Target);
            }

            foreach (var flow in flows) { await flow.PrepareAsync(); }
            program = await ServedProcess.ReadyAsync(deployment, NodeScene.Platform);
            foreach (var machine in new[] { provides, receives })
            {
                (await NodeVerb.EnrolAsync(machine.Folder, deployment.Urls, machine.Token, TextReader.Null, TextWriter.Null, CancellationToken.None)).ShouldBe(0);
            }

            provider = await RunAsync(provides);
            consumer = await RunAsync(receives);
            // From here on everything comes as a change: so each must arrive once, not only all in the end.
            foreach (var flow in flows) { await UntilAsync(flow.HasBegunAsync, 90, $"the delivery {flow.Name} does not begin"); }

            using var writing = new CancellationTokenSource();
            var writers = flows.SelectMany((f, n) => f.Journals.Select(j => Task.Run(() => j.WriteAsync(new Dice(seed + (ulong)((n * Writers) + j.Writer)), writing.Token)))).ToList();
            List<(string Name, Func<Task> Kill, Func<Task> Start)> victims =
            [
                ("platform", async () => await program!.KillAsync(), async () => { program!.Dispose(); program = await ServedProcess.ReadyAsync(deployment, NodeScene.Platform); }),
                ("provider's node", async () => await provider!.KillAsync(), async () => { provider!.Dispose(); provider = await RunAsync(provides); }),
                ("consumer's node", async () => await consumer!.KillAsync(), async () => { consumer!.Dispose(); consumer = await RunAsync(receives); }),
                ("providers' database", source.KillAsync, source.StartAsync),
                ("consumers' database", target.KillAsync, target.StartAsync),
            ];
            if (records is not null) { victims.Add(("platform's database", records.KillAsync, records.StartAsync)); }
            var (until, least, kills) = (TimeProvider.System.GetUtcNow().AddMinutes(Minutes), Minutes > 0 ? 100 : 12, 0);
            while (kills < least || TimeProvider.System.GetUtcNow() < until)
            {
                // Each in turn first, so that none is left out; some die while they, or others, still get up.
                var victim = victims[kills < victims.Count ? kills : dice.Below(victims.Count)];
                if (kills % 4 != 3) { await Task.WhenAll(flows.Select(f => f.ArriveAsync())); }
                var (before, after) = (dice.Below(500), dice.Below(300));
                await Task.Delay(before);
                await victim.Kill();
                await Task.Delay(after);
                await victim.Start();
                output.WriteLine($"kill {++kills}: {victim.Name}");
            }

            await writing.CancelAsync();
            await Task.WhenAll(writers);
            foreach (var flow in flows) { await UntilAsync(flow.IsEqualAsync, 120, $"source and target {flow.Name} did not become equal\n{program.Output}\n{provider.Output}\n{consumer.Output}"); }
            if (records is not null) { NpgsqlConnection.ClearAllPools(); }
            await using (var app = Platform.Build(deployment))
            {
                // The rows are there before the receipt of the last batch is.
                flows = flows.ConvertAll(f => f with { Route = f.Route with { Services = app.Services } });
                foreach (var flow in flows) { await UntilAsync(async () => (await flow.Route.BatchesAsync()).All(b => b.ReceivedAt != null), 90, $"receipts {flow.Name} are missing"); }
                foreach (var process in new[] { program, provider, consumer }) { await process.KillAsync(); }
                await ProveAsync(flows, kills);
            }
        }
        finally
        {
            foreach (var process in new[] { program, provider, consumer }) { process?.Dispose(); }
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<ServedProcess> RunAsync(Machine machine)
    {
        var node = ServedProcess.StartNode(machine.Folder, NodeScene.Node);
        await node.ReadyAsync();
        return node;
    }

    private async Task ProveAsync(List<Flow> flows, int kills)
    {
        var (acknowledged, lost, duplicated, deletions) = (0, 0, 0, 0);
        foreach (var flow in flows)
        {
            var found = await flow.CompareAsync();
            output.WriteLine($"{flow.Name}: {found}");
            (acknowledged, lost, duplicated, deletions) = (acknowledged + found.Acknowledged, lost + found.Lost, duplicated + found.Duplicated, deletions + found.Deletions);
        }

        var line = $"acknowledged {acknowledged}, delivered {acknowledged - lost}, lost {lost}, duplicated {duplicated}";
        var said = $"{kills} kills, {deletions} deletions among the changes";
        output.WriteLine(said);
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("ZHENGTONG_REPORT") is { Length: > 0 } report) { await File.AppendAllTextAsync(report, $"{said}\n{line}\n"); }
        (lost, duplicated).ShouldBe((0, 0));
        deletions.ShouldBeGreaterThan(0);

        List<string> subjects = [];
        foreach (var (_, route, _) in flows)
        {
            var batches = await route.BatchesAsync();
            batches.Select(b => b.Sequence).ShouldBe(Enumerable.Range(1, batches.Count).Select(n => (long)n));
            batches.ShouldAllBe(b => b.VoidedAt == null && b.ReceivedAt >= b.SealedAt);
            var delivery = await route.StateAsync();
            (delivery.BatchesReceived, delivery.RowsReceived).ShouldBe((batches.Count, batches.Sum(b => b.Rows)));
            subjects.AddRange(batches.Select(b => $"{route.Delivery:D}/{b.Sequence}"));
            (await route.WithDb(db => db.Usage.Where(u => u.AgreementId == route.Agreement && u.Meter == "exchange.rows").SumAsync(u => (decimal)u.Quantity))).ShouldBe(delivery.RowsReceived);
            (await route.Target.QueryAsync("SELECT sequence, manifest_digest, counter_receipt FROM zhengtong_watermark ORDER BY sequence")).ShouldBe(batches.ConvertAll(b => $"{b.Sequence}|{b.ManifestDigest}|{b.CounterReceipt}"));
        }

        var platform = flows[0].Route;
        foreach (var told in new[] { "exchange.batch-sealed", "exchange.batch-received" })
        {
            (await platform.WithDb(db => db.Ledger.Where(e => e.Event == told).Select(e => e.Subject).ToListAsync())).ShouldBe(subjects, ignoreOrder: true);
        }

        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "exchange.copy-begun-anew"))).ShouldBe(0);
        await using var scope = platform.Services.CreateAsyncScope();
        while ((await scope.ServiceProvider.GetRequiredService<LedgerSequencer>().ReconcileAsync(CancellationToken.None)).More) { }
        var check = await scope.ServiceProvider.GetRequiredService<LedgerCheck>().RunAsync(0, null, CancellationToken.None);
        check.FindingCount.ShouldBe(0);
        check.Size.ShouldBeGreaterThanOrEqualTo(2 * subjects.Count);
    }

    private static Task UntilAsync(Func<Task<bool>> holds, int seconds, string otherwise) => Waiting.UntilAsync(holds, () => Task.FromResult(otherwise), seconds);

    /// <summary>What the journals say must be there, beside what is.</summary>
    private sealed record Comparison(int Acknowledged, int Lost, int Duplicated, int Deletions);

    /// <summary>One agreement, with the department's programs that write under it.</summary>
    private sealed record Flow(string Name, Route Route, List<Journal> Journals)
    {
        internal Flow(string name, Route route, string folder)
            : this(name, route, [.. Enumerable.Range(0, Writers).Select(n => new Journal(route.Source, n, Path.Combine(folder, $"journal {name} {n}")))]) { }

        /// <summary>The consumer writes down, in the same transaction, what came to be in its table.</summary>
        internal async Task PrepareAsync()
        {
            await Route.Target.ExecuteAsync("CREATE TABLE arrivals (n bigint AUTO_INCREMENT PRIMARY KEY, id bigint, name varchar(200), KEY (id, name))");
            await Route.Target.ExecuteAsync("CREATE TRIGGER came AFTER INSERT ON received FOR EACH ROW INSERT INTO arrivals (id, name) VALUES (NEW.id, NEW.name)");
            await Route.Target.ExecuteAsync("CREATE TRIGGER changed AFTER UPDATE ON received FOR EACH ROW INSERT INTO arrivals (id, name) SELECT NEW.id, NEW.name FROM dual WHERE NOT (OLD.name <=> NEW.name)");
            await Route.Target.ExecuteAsync("CREATE TRIGGER went AFTER DELETE ON received FOR EACH ROW INSERT INTO arrivals (id, name) VALUES (OLD.id, NULL)");
            await Route.Source.ExecuteAsync($"CREATE TABLE marks AS SELECT i AS writer, 0 AS mark FROM generate_series(0, {Writers - 1}) i");
        }

        internal async Task<bool> HasBegunAsync() =>
            (await Route.Source.QueryAsync("SELECT 1 FROM pg_replication_slots WHERE database = current_database() AND confirmed_flush_lsn IS NOT NULL")).Count == 1;

        internal async Task ArriveAsync()
        {
            var before = await CountAsync();
            // One that failed often is tried again after five minutes at the latest.
            await Waiting.UntilAsync(async () => await CountAsync() > before, async () => $"{Name}: {await Route.SayAsync()}", 330);
            Task<long> CountAsync() => Route.Target.CountAsync("arrivals");
        }

        internal async Task<bool> IsEqualAsync() => (await StateAsync(Route.Target, "received")).SequenceEqual(await StateAsync(Route.Source, "enterprise"));

        internal async Task<Comparison> CompareAsync()
        {
            var here = (await StateAsync(Route.Target, "received")).Select(r => r.Split('|')).ToDictionary(r => r[0], r => r[1]);
            var changes = Journals.SelectMany(j => j.Read()).ToList();
            var lost = 0;
            foreach (var row in changes.GroupBy(c => c.Id))
            {
                var held = here.Remove(row.Key, out var name) ? name : "";
                // All behind the one that the consumer shows.
                if (held != row.Last().Name) { lost += row.Count() - 1 - row.ToList().FindLastIndex(c => c.Name == held); }
            }

            var again = await Route.Target.QueryAsync("SELECT id, name, count(*) FROM arrivals WHERE name IS NOT NULL GROUP BY id, name HAVING count(*) > 1");
            return new Comparison(changes.Count, lost, again.Count + here.Count, changes.Count(c => c.Name.Length == 0));
        }

        private static Task<List<string>> StateAsync(DepartmentTable table, string name) => table.QueryAsync($"SELECT id, name FROM {name} ORDER BY id");
    }

    /// <summary>One of the department's programs: its own rows, one change after another, each written down once the database acknowledged it.</summary>
    private sealed class Journal(DepartmentTable source, int writer, string path)
    {
        private const int Rows = 200;
        private readonly Dictionary<int, string> held = [];

        internal int Writer => writer;

        /// <summary>Every acknowledged change in order; the name is empty where the row went.</summary>
        internal IEnumerable<(string Id, string Name)> Read() => File.ReadLines(path).Select(line => line.Split('|')).Select(parts => (parts[0], parts[1]));

        internal async Task WriteAsync(Dice dice, CancellationToken ct)
        {
            await using var journal = new StreamWriter(path);
            var change = 0;
            for (var mark = 1; !ct.IsCancellationRequested; mark++)
            {
                Dictionary<int, string> changes = [];
                for (var n = dice.Between(1, 5); n > 0; n--)
                {
                    var id = (writer * 1000) + dice.Below(Rows);
                    changes[id] = held.ContainsKey(id) && dice.Below(3) == 0 ? "" : $"{writer}-{++change}";
                }

                // A row that is not there cannot go.
                foreach (var (id, _) in changes.Where(c => c.Value.Length == 0 && !held.ContainsKey(c.Key)).ToList()) { changes.Remove(id); }
                if (!await CommitAsync(changes, mark, dice.Below(10) == 0)) { continue; }
                foreach (var (id, name) in changes)
                {
                    if (name.Length == 0) { held.Remove(id); } else { held[id] = name; }
                    await journal.WriteLineAsync($"{id}|{name}");
                }

                await journal.FlushAsync(CancellationToken.None);
                await Task.Delay(dice.Below(30), CancellationToken.None);
            }
        }

        /// <summary>True when the database says that the transaction was; asked again after its death, as any careful program does.</summary>
        private async Task<bool> CommitAsync(Dictionary<int, string> changes, int mark, bool givesUp)
        {
            try
            {
                await using var connection = (NpgsqlConnection)await source.OpenAsync();
                await using var transaction = await connection.BeginTransactionAsync();
                foreach (var (id, name) in changes)
                {
                    await ExecuteAsync(connection, name.Length == 0 ? $"DELETE FROM enterprise WHERE id = {id}" : held.ContainsKey(id) ? $"UPDATE enterprise SET name = '{name}' WHERE id = {id}" : $"INSERT INTO enterprise (id, name) VALUES ({id}, '{name}')");
                }

                await ExecuteAsync(connection, $"UPDATE marks SET mark = {mark} WHERE writer = {writer}");
                if (givesUp)
                {
                    await transaction.RollbackAsync();
                    return false;
                }

                await transaction.CommitAsync();
                return true;
            }
            // Its library also says that its own state is not valid when the server dies at the wrong moment.
            catch (Exception e) when (e is NpgsqlException or IOException or InvalidOperationException)
            {
                while (true)
                {
                    try { return (await source.QueryAsync($"SELECT mark FROM marks WHERE writer = {writer}")).Single() == $"{mark}"; }
                    catch (Exception again) when (again is NpgsqlException or IOException or InvalidOperationException) { await Task.Delay(100); }
                }
            }
        }

        private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }
}
