using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Bench;

/// <summary>Many deliveries at once, run by the platform itself: what one costs as their number grows, and whether each gets its turn while more are due than can run.</summary>
internal static class ManyBench
{
    private const int RowsEach = 100;
    private const int Concurrent = 200;
    private static readonly int[] Numbers = [10, 100, 1_000];
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(60);

    internal static async Task<string> RunAsync(Settings settings)
    {
        var table = new StringBuilder("| deliveries | until each has its first load (s) | each (ms) | processor time each (ms) | peak memory (MB) |\n|---|---|---|---|---|\n");
        foreach (var number in Numbers)
        {
            Measure.ForgetPeak();
            await using var many = await Many.MakeAsync(settings.Server, number);
            var processor = Process.GetCurrentProcess().TotalProcessorTime;
            var seconds = await Measure.SecondsAsync(async () =>
            {
                await many.App.StartAsync();
                await many.LoadedAsync();
            });
            var used = Process.GetCurrentProcess().TotalProcessorTime - processor;
            await many.App.StopAsync();
            await many.ProveAsync();
            table.Append(CultureInfo.InvariantCulture, $"| {number:N0} | {seconds:0.0} | {seconds * 1000 / number:0} | {used.TotalMilliseconds / number:0} | {Measure.PeakMegabytes()} |\n");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{number} deliveries: {seconds:0.0} s"));
        }

        table.Append(await FairAsync(settings));
        return table.ToString();
    }

    private static async Task<string> FairAsync(Settings settings)
    {
        await using var many = await Many.MakeAsync(settings.Server, Concurrent);
        await many.App.StartAsync();
        await many.LoadedAsync();
        var before = await many.RunsAsync();
        var gaps = new Dictionary<Guid, (int Runs, TimeSpan Since, TimeSpan Longest)>();
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Watched)
        {
            await many.ChangeAsync();
            foreach (var (id, runs) in await many.RunsAsync())
            {
                var known = gaps.GetValueOrDefault(id, (before[id], TimeSpan.Zero, TimeSpan.Zero));
                var longest = watch.Elapsed - known.Item2 > known.Item3 ? watch.Elapsed - known.Item2 : known.Item3;
                gaps[id] = runs > known.Item1 ? (runs, watch.Elapsed, longest) : (known.Item1, known.Item2, longest);
            }

            await Task.Delay(250);
        }

        var counts = gaps.Select(g => g.Value.Runs - before[g.Key]).Order().ToList();
        await many.App.StopAsync();
        return string.Create(CultureInfo.InvariantCulture, $"""

            | concurrent deliveries, all due every second | runs in {Watched.TotalSeconds:0} s | fewest of one | median | most of one | fewest to most | longest without a run (s) |
            |---|---|---|---|---|---|---|
            | {Concurrent} | {counts.Sum():N0} | {counts[0]} | {counts[counts.Count / 2]} | {counts[^1]} | {counts[0] / (double)Math.Max(1, counts[^1]):0.00} | {gaps.Values.Max(g => g.Longest).TotalSeconds:0.0} |

            Tables of {RowsEach} rows of ten columns in PostgreSQL; all deliveries come due at once, {new Exchange.ExchangeOptions().Parallel} run at a time, the default.

            """);
    }

    /// <summary>A platform with so many agreements, each over a table of its own.</summary>
    private sealed class Many : IAsyncDisposable
    {
        private readonly string folder;
        private readonly string source;
        private readonly string target;
        private readonly int number;
        private int changed;

        private Many(WebApplication app, string folder, string source, string target, int number) => (App, this.folder, this.source, this.target, this.number) = (app, folder, source, target, number);

        internal WebApplication App { get; }

        internal static async Task<Many> MakeAsync(string server, int number)
        {
            var (source, target) = (await Postgres.CreateDatabaseAsync(server, "bench_source"), await Postgres.CreateDatabaseAsync(server, "bench_target"));
            for (var first = 1; first <= number; first += 100)
            {
                var tables = Enumerable.Range(first, Math.Min(100, number - first + 1)).ToList();
                await Postgres.ExecuteAsync(source, string.Concat(tables.Select(n => $"CREATE TABLE t{n} {Postgres.Columns}; INSERT INTO t{n} {Postgres.Rows("1", $"{RowsEach}")}; CREATE INDEX ON t{n} (changed);\n")));
                await Postgres.ExecuteAsync(target, string.Concat(tables.Select(n => $"CREATE TABLE t{n} {Postgres.Columns};\n")));
            }

            var folder = Directory.CreateTempSubdirectory("zhengtong-bench-").FullName;
            var app = Platform.Build(new Deployment(folder, null, "http://127.0.0.1:0", Demo: false));
            await app.PrepareAsync(CancellationToken.None);
            var parties = await Parties.MakeAsync(app.Services);
            for (var n = 1; n <= number; n++) { await parties.AddTableAsync(new DepartmentTable(source, $"t{n}"), new DepartmentTable(target, $"t{n}"), Postgres.Items, SuiteName.International, "changed", withDelivery: false); }
            return new Many(app, folder, source, target, number);
        }

        internal async Task LoadedAsync()
        {
            var watch = Stopwatch.StartNew();
            while (await WithDb(db => db.Deliveries.CountAsync(d => d.Phase == DeliveryPhase.Changes && d.RowsReceived >= RowsEach)) < number)
            {
                if (watch.Elapsed > TimeSpan.FromMinutes(10)) { throw new TimeoutException($"{await WithDb(db => db.Deliveries.Where(d => d.Problem != null).Select(d => d.Problem + d.ProblemDetail).FirstOrDefaultAsync())}"); }
                await Task.Delay(100);
            }
        }

        /// <summary>A run without anything new takes two steps of a delivery's revision, others take more: when it last began anew is what counts.</summary>
        internal Task<Dictionary<Guid, int>> RunsAsync() => WithDb(db => db.Deliveries.ToDictionaryAsync(d => d.Id, d => d.Revision / 2));

        /// <summary>One row of one table in turn.</summary>
        internal Task ChangeAsync() => Postgres.ExecuteAsync(source, $"UPDATE t{(changed++ % number) + 1} SET score = score + 1, changed = clock_timestamp() WHERE id = 1");

        internal async Task ProveAsync()
        {
            foreach (var n in Enumerable.Range(0, 10).Select(i => 1 + (i * (number - 1) / 9)))
            {
                if (await Postgres.DigestAsync(source, $"t{n}") != await Postgres.DigestAsync(target, $"t{n}")) { throw new InvalidOperationException($"The checksums of t{n} differ"); }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await App.DisposeAsync();
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            NpgsqlConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }

        private async Task<T> WithDb<T>(Func<ZhengtongDb, Task<T>> act)
        {
            await using var scope = App.Services.CreateAsyncScope();
            return await act(scope.ServiceProvider.GetRequiredService<ZhengtongDb>());
        }
    }
}
