using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Bench;

/// <summary>A stream of changes from one PostgreSQL cluster to another: ours beside PostgreSQL's own logical replication, both behind by the same changes; then how far ours lags while it is half busy.</summary>
internal static class ChangesBench
{
    private const int InTransaction = 2_000;
    private const string Native = "bench_native";
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Lagging = TimeSpan.FromSeconds(20);

    internal static async Task<string> RunAsync(Settings settings)
    {
        var changes = settings.Rows ?? 1_000_000;
        var source = await Postgres.CreateDatabaseAsync(settings.Server, "bench_source");
        var (subscriber, target) = (await Postgres.CreateDatabaseAsync(settings.SecondServer, "bench_subscriber"), await Postgres.CreateDatabaseAsync(settings.SecondServer, "bench_target"));
        Console.WriteLine($"filling {changes:N0} rows of ten columns");
        await Postgres.ExecuteAsync(source, $"CREATE TABLE enterprise {Postgres.Columns}");
        await Postgres.ExecuteAsync(source, $"INSERT INTO enterprise {Postgres.Rows("1", $"{changes}")}");
        await Postgres.ExecuteAsync(source, "VACUUM ANALYZE enterprise");
        await Postgres.ExecuteAsync(subscriber, $"CREATE TABLE enterprise {Postgres.Columns}");
        await Postgres.ExecuteAsync(target, $"CREATE TABLE received {Postgres.Columns}");

        var folder = Directory.CreateTempSubdirectory("zhengtong-bench-").FullName;
        try
        {
            await using var app = Platform.Build(new Deployment(folder, null, "http://127.0.0.1:0", Demo: false));
            await app.PrepareAsync(CancellationToken.None);
            var parties = await Parties.MakeAsync(app.Services);
            var delivery = await parties.AddTableAsync(new DepartmentTable(source, "enterprise"), new DepartmentTable(target, "received"), Postgres.Items, SuiteName.International, watermark: null);
            try
            {
                await OursAsync(app, delivery);
                await SubscribeAsync(source, subscriber);
                return await MeasureAsync(app, delivery, source, subscriber, target, changes);
            }
            finally
            {
                await Postgres.ExecuteAsync(subscriber, $"DROP SUBSCRIPTION IF EXISTS {Native}");
            }
        }
        finally
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            NpgsqlConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> MeasureAsync(WebApplication app, Guid delivery, string source, string subscriber, string target, int changes)
    {
        List<double> natives = [], ours = [];
        var first = 1L;
        for (var round = 0; round <= Measure.Rounds; round++)
        {
            // The first is warm-up.
            await ChangeAsync(source, first, first + changes, changes);
            first += changes / 5;
            var last = await Postgres.ScalarAsync<long>(source, "SELECT max(id) FROM enterprise");
            if (round == 1) { Measure.ForgetPeak(); }
            double native, own;
            // In turn, so that neither always finds what the other left behind.
            if (round % 2 == 0) { (native, own) = (await NativeAsync(source, subscriber, last), await OursAsync(app, delivery)); }
            else { (own, native) = (await OursAsync(app, delivery), await NativeAsync(source, subscriber, last)); }
            await ProveAsync(source, subscriber, target);
            if (round == 0) { continue; }
            natives.Add(native);
            ours.Add(own);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{changes:N0} changes: PostgreSQL {native:0.00} s, ours {own:0.00} s, ratio {native / own:0.00}"));
        }

        var (theirs, median, peak) = (Measure.Median(natives), Measure.Median(ours), Measure.PeakMegabytes());
        var lags = new StringBuilder();
        await app.StartAsync();
        foreach (var (name, part) in new[] { ("a quarter", 4), ("half", 2) })
        {
            var (perSecond, seconds) = await LagAsync(source, target, (int)(changes / median / part));
            lags.Append(CultureInfo.InvariantCulture, $"| {name}: {perSecond:N0} changes/s for {Lagging.TotalSeconds:0} s | {Measure.Percentile(seconds, 50):0.00} | {Measure.Percentile(seconds, 99):0.00} | {seconds.Max():0.00} |\n");
        }

        await app.StopAsync();
        return string.Create(CultureInfo.InvariantCulture, $"""
            | changes | PostgreSQL's logical replication, median of 3 (s) | ours, encrypted, signed, receipted, median of 3 (s) | changes/s | ratio | peak memory (MB) |
            |---|---|---|---|---|---|
            | {changes:N0} | {theirs:0.00} | {median:0.00} | {changes / median:N0} | {theirs / median:0.00} | {peak} |

            | lag at part of that load | 50 % within (s) | 99 % within (s) | longest (s) |
            |---|---|---|---|
            {lags}
            Three fifths updates, one fifth deletions, one fifth insertions of rows of ten columns, {InTransaction:N0} in each transaction; both begin behind by all of them, PostgreSQL's time from the moment its sender is connected, binary. Checksums of
            all three tables are equal after each run. Lag: from a commit at the source until it is seen at the target, the agreement looking every second; who writes the changes shares the cores.
            """);
    }

    /// <summary>Updates, deletions and insertions in transactions of one size.</summary>
    private static Task ChangeAsync(string source, long first, long end, int changes) => Postgres.ExecuteAsync(source, $"""
        DO $$
        DECLARE
          step constant bigint := {InTransaction} / 5;
          gone bigint := {first};
          kept bigint := {first} + {changes} / 5;
          made bigint := {end};
        BEGIN
          FOR n IN 1 .. {changes} / {InTransaction} LOOP
            UPDATE enterprise SET capital = capital + 1, address = '西安市高新区' || id, changed = clock_timestamp() WHERE id >= kept AND id < kept + 3 * step;
            DELETE FROM enterprise WHERE id >= gone AND id < gone + step;
            INSERT INTO enterprise {Postgres.Rows("made", "made + step - 1")};
            COMMIT;
            gone := gone + step; kept := kept + 3 * step; made := made + step;
          END LOOP;
        END $$
        """);

    private static async Task SubscribeAsync(string source, string subscriber)
    {
        await Postgres.ExecuteAsync(source, $"CREATE PUBLICATION {Native} FOR TABLE enterprise");
        await Postgres.ExecuteAsync(subscriber, $"CREATE SUBSCRIPTION {Native} CONNECTION '{Postgres.KeywordsOf(source)}' PUBLICATION {Native} WITH (binary = true)");
        await UntilAsync(() => Postgres.ScalarAsync<bool>(subscriber, "SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel"));
        await RestAsync(source, subscriber);
    }

    private static async Task<double> NativeAsync(string source, string subscriber, long last)
    {
        await Postgres.ExecuteAsync(subscriber, $"ALTER SUBSCRIPTION {Native} ENABLE");
        await using var sender = await Postgres.OpenAsync(source);
        await using var receiver = await Postgres.OpenAsync(subscriber);
        await using var connected = new NpgsqlCommand($"SELECT active FROM pg_replication_slots WHERE slot_name = '{Native}'", sender);
        await using var arrived = new NpgsqlCommand($"SELECT EXISTS (SELECT FROM enterprise WHERE id = {last})", receiver);
        // Its launcher may pause for some seconds before it starts; that is not counted.
        await UntilAsync(async () => await connected.ExecuteScalarAsync() is true);
        var seconds = await Measure.SecondsAsync(() => UntilAsync(async () => await arrived.ExecuteScalarAsync() is true));
        await RestAsync(source, subscriber);
        return seconds;
    }

    private static async Task RestAsync(string source, string subscriber)
    {
        await Postgres.ExecuteAsync(subscriber, $"ALTER SUBSCRIPTION {Native} DISABLE");
        await UntilAsync(async () => !await Postgres.ScalarAsync<bool>(source, $"SELECT active FROM pg_replication_slots WHERE slot_name = '{Native}'"));
    }

    private static async Task<double> OursAsync(WebApplication app, Guid delivery)
    {
        var seconds = await Measure.SecondsAsync(() => app.Services.GetRequiredService<Delivering>().RunAsync(delivery, new Horizon(TimeProvider.System), null, CancellationToken.None));
        await using var scope = app.Services.CreateAsyncScope();
        var after = await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().Deliveries.SingleAsync(d => d.Id == delivery);
        return after.Problem is null ? seconds : throw new InvalidOperationException($"{after.Problem} {after.ProblemDetail}");
    }

    private static async Task ProveAsync(string source, string subscriber, string target)
    {
        var there = await Postgres.DigestAsync(source, "enterprise");
        if (there != await Postgres.DigestAsync(subscriber, "enterprise") || there != await Postgres.DigestAsync(target, "received")) { throw new InvalidOperationException("The checksums differ"); }
    }

    /// <summary>Runs the platform as it runs by itself, under so many changes a second. Each transaction says in one row which it is; the lag is from its commit until that row is seen at the target.</summary>
    private static async Task<(double PerSecond, List<double> Seconds)> LagAsync(string source, string target, int perSecond)
    {
        const int Marker = 0;
        await Postgres.ExecuteAsync(source, $"INSERT INTO enterprise {Postgres.Rows($"{Marker}", $"{Marker}")} ON CONFLICT DO NOTHING; UPDATE enterprise SET capital = 0 WHERE id = {Marker}");
        // The marker of a load before must be gone from the target.
        await UntilAsync(async () => await Postgres.ScalarAsync<decimal>(target, $"SELECT coalesce((SELECT capital FROM received WHERE id = {Marker}), -1)") == 0);
        var watch = Stopwatch.StartNew();
        ConcurrentQueue<(long Number, TimeSpan At)> committed = [];
        List<double> lags = [];
        var isWriting = true;
        var seeing = Task.Run(async () =>
        {
            await using var connection = await Postgres.OpenAsync(target);
            await using var look = new NpgsqlCommand($"SELECT capital::bigint FROM received WHERE id = {Marker}", connection);
            while (Volatile.Read(ref isWriting) || !committed.IsEmpty)
            {
                var seen = await look.ExecuteScalarAsync() is long number ? number : -1;
                var now = watch.Elapsed;
                while (committed.TryPeek(out var next) && next.Number <= seen)
                {
                    committed.TryDequeue(out _);
                    if (next.At > WarmUp) { lags.Add((now - next.At).TotalSeconds); }
                }

                await Task.Delay(10);
            }
        });

        var (inOne, number) = (Math.Max(1, perSecond / 20), 0L);
        await using (var connection = await Postgres.OpenAsync(source))
        {
            var ids = await Postgres.ScalarAsync<long>(source, $"SELECT min(id) FROM enterprise WHERE id > {Marker}");
            var room = await Postgres.ScalarAsync<long>(source, "SELECT count(*) FROM enterprise") - inOne;
            while (watch.Elapsed < WarmUp + Lagging)
            {
                number++;
                var from = ids + (number * inOne % room);
                await using var change = new NpgsqlCommand(
                    $"WITH marked AS (UPDATE enterprise SET capital = {number} WHERE id = {Marker}) UPDATE enterprise SET score = score + 1, changed = clock_timestamp() WHERE id >= {from} AND id < {from + inOne - 1}", connection);
                await change.ExecuteNonQueryAsync();
                committed.Enqueue((number, watch.Elapsed));
                // Behind the clock by what the last ones took, never faster than asked for.
                if (TimeSpan.FromSeconds(number / 20.0) - watch.Elapsed is { Ticks: > 0 } early) { await Task.Delay(early); }
            }
        }

        var reached = number * inOne / watch.Elapsed.TotalSeconds;
        Volatile.Write(ref isWriting, false);
        await seeing.WaitAsync(TimeSpan.FromMinutes(1));
        return (reached, lags);
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var watch = Stopwatch.StartNew();
        while (!await holds())
        {
            if (watch.Elapsed > TimeSpan.FromMinutes(5)) { throw new TimeoutException("It never came"); }
            await Task.Delay(10);
        }
    }
}
