using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Bench;

/// <summary>The ledger: how many durable appends a second with their place in the signed tree, and how long a proof takes at each size.</summary>
internal static class LedgerBench
{
    private static readonly TimeSpan Appending = TimeSpan.FromSeconds(10);

    /// <summary>Runs on SQLite, and on PostgreSQL when a server is given.</summary>
    /// <param name="postgres">Connection string of a server on which a database may be made; null leaves PostgreSQL out.</param>
    /// <param name="sizes">Entries at which proofs are timed, ascending.</param>
    /// <param name="output">Gets a table in Markdown.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task RunAsync(string? postgres, IReadOnlyList<int> sizes, TextWriter output, CancellationToken ct)
    {
        await output.WriteLineAsync("| database | measured | at | value |\n|---|---|---|---|");
        await OnAsync("SQLite", null, sizes, output, ct);
        if (postgres is not null) { await OnAsync("PostgreSQL", await CreateDatabaseAsync(postgres, ct), sizes, output, ct); }
    }

    private static async Task OnAsync(string name, string? database, IReadOnlyList<int> sizes, TextWriter output, CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-bench-ledger-").FullName;
        try
        {
            await using var app = Platform.Build(new Deployment(folder, database, "http://127.0.0.1:0", Demo: false));
            await app.PrepareAsync(ct);
            async Task Say(string what, string at, string value) => await output.WriteLineAsync($"| {name} | {what} | {at} | {value} |");

            foreach (var size in sizes)
            {
                var (loaded, rate) = await GrowToAsync(app, database, size, ct);
                if (loaded > 0) { await Say("sequencing alone, batches of 5,000", $"{Count(loaded)} entries", PerSecond(rate)); }
                await ProofsAsync(app, Say, ct);
                var watch = Stopwatch.StartNew();
                var findings = await In(app, services => services.GetRequiredService<LedgerCheck>().RunAsync(0, null, ct));
                await Say("full check", Count(findings.Size), string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:0.0} s, {findings.FindingCount} findings"));
            }

            // On the grown ledger: what an append costs a platform of some years.
            foreach (var entries in new[] { 1, 25 })
            {
                var at = $"{entries} a save, 4 at once";
                var bare = await AppendAsync(app, 4, entries, isSequenced: false, ct);
                await SequenceAsync(app, ct);
                var proven = await AppendAsync(app, 4, entries, isSequenced: true, ct);
                await Say("the same rows without a place in the tree", at, PerSecond(bare));
                await Say("appends, sequenced and signed", at, string.Create(CultureInfo.InvariantCulture, $"{PerSecond(proven)}, ratio {proven / bare:0.00}"));
            }
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<double> AppendAsync(WebApplication app, int writers, int entriesASave, bool isSequenced, CancellationToken ct)
    {
        long appended = 0;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var sequencing = Task.Run(async () =>
        {
            while (isSequenced && !stop.IsCancellationRequested)
            {
                if (await SequenceAsync(app, ct) == 0) { await Task.Delay(50, ct); }
            }
        }, ct);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            while (watch.Elapsed < Appending)
            {
                await In(app, async services =>
                {
                    var db = services.GetRequiredService<ZhengtongDb>();
                    for (var i = 0; i < entriesASave; i++) { db.Ledger.Add(Entry(i)); }
                    return await db.SaveChangesAsync(ct);
                });
                Interlocked.Add(ref appended, entriesASave);
            }
        }, ct)));
        await stop.CancelAsync();
        await sequencing;
        if (isSequenced) { await SequenceAsync(app, ct); }
        // The clock stops when the last entry has its place in a signed tree.
        return appended / watch.Elapsed.TotalSeconds;
    }

    private static async Task<(int Loaded, double Rate)> GrowToAsync(WebApplication app, string? database, int size, CancellationToken ct)
    {
        var missing = size - await In(app, services => services.GetRequiredService<ZhengtongDb>().Ledger.CountAsync(ct));
        if (missing <= 0) { return (0, 0); }
        if (database is null) { await LoadSqliteAsync(app, missing, ct); } else { await LoadPostgresAsync(database, missing, ct); }
        var watch = Stopwatch.StartNew();
        await SequenceAsync(app, ct);
        return (missing, missing / watch.Elapsed.TotalSeconds);
    }

    private static async Task ProofsAsync(WebApplication app, Func<string, string, string, Task> say, CancellationToken ct)
    {
        const int Rounds = 500;
        var head = (await In(app, services => services.GetRequiredService<LedgerTree>().HeadAsync(ct)))!;
        var inclusion = new double[Rounds];
        var consistency = new double[Rounds];
        for (var round = -20; round < Rounds; round++)
        {
            var index = RandomNumberGenerator.GetInt32((int)head.Size);
            var first = await TimedAsync(app, tree => tree.InclusionAsync(index, head.Size, ct));
            var second = await TimedAsync(app, tree => tree.ConsistencyAsync(index + 1, head.Size, ct));
            if (round < 0) { continue; }
            inclusion[round] = first;
            consistency[round] = second;
        }

        await say("inclusion proof", Count(head.Size), Milliseconds(inclusion));
        await say("consistency proof", Count(head.Size), Milliseconds(consistency));
    }

    private static async Task<double> TimedAsync(WebApplication app, Func<LedgerTree, Task<IReadOnlyList<byte[]>>> prove)
    {
        var watch = Stopwatch.StartNew();
        await In(app, services => prove(services.GetRequiredService<LedgerTree>()));
        return watch.Elapsed.TotalMilliseconds;
    }

    private static async Task<long> SequenceAsync(WebApplication app, CancellationToken ct)
    {
        long placed = 0;
        while (true)
        {
            var pass = await In(app, services => services.GetRequiredService<LedgerSequencer>().ReconcileAsync(ct));
            placed += pass.Count;
            if (!pass.More) { return placed; }
        }
    }

    private static async Task LoadPostgresAsync(string database, int count, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(ct);
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY kernel.ledger_entries (id, event, subject, at, actor_id, actor_name, actor_organisation, data) FROM STDIN (FORMAT BINARY)", ct);
        for (var i = 0; i < count; i++)
        {
            var entry = Entry(i);
            await copy.StartRowAsync(ct);
            await copy.WriteAsync(entry.Id, ct);
            await copy.WriteAsync(entry.Event, ct);
            await copy.WriteAsync(entry.Subject, ct);
            await copy.WriteAsync(entry.At.UtcDateTime, ct);
            await copy.WriteAsync(entry.ActorId, ct);
            await copy.WriteAsync(entry.ActorName, ct);
            await copy.WriteAsync(entry.ActorOrganisation, ct);
            await copy.WriteAsync(entry.Data, ct);
        }

        await copy.CompleteAsync(ct);
    }

    private static Task<int> LoadSqliteAsync(WebApplication app, int count, CancellationToken ct) => In(app, async services =>
    {
        var db = services.GetRequiredService<ZhengtongDb>();
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await using var insert = (SqliteCommand)db.Database.GetDbConnection().CreateCommand();
        insert.CommandText = "INSERT INTO ledger_entries (id, event, subject, at, actor_id, actor_name, actor_organisation, data) VALUES ($id, $event, $subject, $at, $actor, $name, $organisation, $data)";
        foreach (var name in new[] { "$id", "$event", "$subject", "$at", "$actor", "$name", "$organisation", "$data" }) { insert.Parameters.Add(new SqliteParameter(name, SqliteType.Text)); }
        insert.Transaction = (SqliteTransaction)Microsoft.EntityFrameworkCore.Storage.DbContextTransactionExtensions.GetDbTransaction(transaction);
        for (var i = 0; i < count; i++)
        {
            var entry = Entry(i);
            object[] values =
            [
                entry.Id.ToString().ToUpperInvariant(), entry.Event, entry.Subject, entry.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
                entry.ActorId.ToString().ToUpperInvariant(), entry.ActorName, entry.ActorOrganisation.ToString().ToUpperInvariant(), entry.Data,
            ];
            for (var p = 0; p < values.Length; p++) { insert.Parameters[p].Value = values[p]; }
            await insert.ExecuteNonQueryAsync(ct);
        }

        await transaction.CommitAsync(ct);
        return count;
    });

    private static LedgerEntry Entry(int n) => LedgerEntry.Of("bench.happened", $"subject-{n % 1000}", Actor.Platform, TimeProvider.System.GetUtcNow(), after: new { n, state = "inForce", name = "企业登记信息" });

    private static async Task<T> In<T>(WebApplication app, Func<IServiceProvider, Task<T>> act)
    {
        await using var scope = app.Services.CreateAsyncScope();
        return await act(scope.ServiceProvider);
    }

    private static async Task<string> CreateDatabaseAsync(string server, CancellationToken ct)
    {
        var name = $"zt_bench_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync(ct);
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await create.ExecuteNonQueryAsync(ct);
        return new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
    }

    private static string Milliseconds(double[] times)
    {
        Array.Sort(times);
        return string.Create(CultureInfo.InvariantCulture, $"median {times[times.Length / 2]:0.00} ms, 95% below {times[times.Length * 95 / 100]:0.00} ms");
    }

    private static string PerSecond(double rate) => string.Create(CultureInfo.InvariantCulture, $"{rate:#,0}/s");

    private static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);
}
