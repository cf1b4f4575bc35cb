using System.Diagnostics;
using Npgsql;
using Spectre.Console;
using Text = Zhengtong.Kernel.Text;

namespace Zhengtong.Demonstration;

/// <summary><c>demo --once</c>: a platform of its own on a free port, the main job over real HTTP, a table of what happened.</summary>
internal static class Once
{
    /// <summary>Returns 0 when everything held, 1 with the reason when anything was off, else as <see cref="RefusedToStartException"/> says.</summary>
    /// <param name="data">Folder to keep, or null for a temporary one that is removed.</param>
    /// <param name="database">PostgreSQL connection string, or null for the embedded database. Databases of its own are made beside it and dropped at the end where
    /// the account may; otherwise the named one is used, and must be empty.</param>
    /// <param name="engine">The engine to start for the run, or null for none; with one, the department's granted order is followed to an instance that answers.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<int> RunAsync(string? data, string? database, string? engine, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var folder = data ?? Directory.CreateTempSubdirectory("zhengtong-once-").FullName;
        OwnDatabase? own = null;
        try
        {
            await using var host = await DemonstrationEngine.StartAsync(engine, folder, isKept: data is not null, ct);
            own = database is null ? null : await OwnDatabase.CreateAsync(database, ct);
            await using var app = Platform.Build(new Deployment(folder, own?.ConnectionString ?? database, "http://127.0.0.1:0", Demo: true) { Engine = host?.Address });
            await app.PrepareAsync(ct);
            await app.StartAsync(ct);
            Console.WriteLine(Text.Of("demonstration.once.started", app.Urls.First(), watch.Elapsed.TotalSeconds));
            var job = new MainJob(app, new Uri(app.Urls.First()));
            var cloud = new CloudJob(app, new Uri(app.Urls.First()));
            try
            {
                try
                {
                    await job.RunAsync(ct);
                    if (host is not null) { await cloud.RunAsync(ct); }
                }
                finally { Show([.. job.Steps, .. cloud.Steps]); }
                Console.WriteLine(Text.Of("demonstration.once.held", watch.Elapsed.TotalSeconds));
                return 0;
            }
            finally
            {
                await app.StopAsync(CancellationToken.None);
            }
        }
        catch (RefusedToStartException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return refused.ExitCode;
        }
        catch (Exception off) when (!ct.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync(Text.Of("demonstration.once.off", off is OffException ? off.Message : $"{off.GetType().Name}: {off.Message} {off.InnerException?.Message}"));
            return 1;
        }
        finally
        {
            if (own is not null) { await own.DropAsync(); }
            if (data is null)
            {
                Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static void Show(IReadOnlyList<JobStep> steps)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle(Text.Of("demonstration.once.title")) };
        table.AddColumn("#").AddColumn(Text.Of("demonstration.once.step")).AddColumn(Text.Of("demonstration.once.who")).AddColumn(Text.Of("demonstration.once.result"))
            .AddColumn(new TableColumn(Text.Of("demonstration.once.time")).RightAligned());
        foreach (var (n, step) in steps.Index())
        {
            table.AddRow($"{n + 1}", Text.Of($"demonstration.job.{step.Name}").EscapeMarkup(), step.Who.EscapeMarkup(), step.Result.EscapeMarkup(), $"{step.Took.TotalSeconds:0.00} s");
        }

        // A pipe has no width of its own: nothing is folded there.
        if (Console.IsOutputRedirected) { AnsiConsole.Profile.Width = 200; }
        AnsiConsole.Write(table);
    }

    /// <summary>Databases on the named server for one run only.</summary>
    private sealed record OwnDatabase(string Server, string ConnectionString, string Name)
    {
        internal static async Task<OwnDatabase?> CreateAsync(string server, CancellationToken ct)
        {
            await using var connection = new NpgsqlConnection(server);
            await connection.OpenAsync(ct);
            await using var may = new NpgsqlCommand("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user", connection);
            if (await may.ExecuteScalarAsync(ct) is not true) { return null; }
            var name = $"zhengtong_once_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
            await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
            await create.ExecuteNonQueryAsync(ct);
            return new OwnDatabase(server, new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString, name);
        }

        /// <summary>Drops it and the departments' databases, whose names begin with its own.</summary>
        internal async Task DropAsync()
        {
            NpgsqlConnection.ClearAllPools();
            await using var connection = new NpgsqlConnection(Server);
            await connection.OpenAsync();
            List<string> names = [];
            await using (var list = new NpgsqlCommand("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", connection) { Parameters = { new() { Value = Name } } })
            await using (var row = await list.ExecuteReaderAsync())
            {
                while (await row.ReadAsync()) { names.Add(row.GetString(0)); }
            }

            foreach (var name in names)
            {
                await using var drop = new NpgsqlCommand($"DROP DATABASE {name} WITH (FORCE)", connection);
                await drop.ExecuteNonQueryAsync();
            }
        }
    }
}
