using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Bench;

/// <summary>Table exchange from PostgreSQL to PostgreSQL against PostgreSQL's own copy, and the two suites against each other.</summary>
internal static class ExchangeBench
{
    /// <summary>The whole first load beside psql COPY TO | psql COPY FROM.</summary>
    internal static async Task<string> RunAsync(Settings settings)
    {
        var rows = settings.Rows ?? 5_000_000;
        await using var tables = await Tables.FillAsync(settings.Server, rows);
        await tables.CopyAsync();
        await tables.ExchangeAsync(SuiteName.International);
        List<double> copies = [], exchanges = [];
        Measure.ForgetPeak();
        for (var round = 0; round < Measure.Rounds; round++)
        {
            copies.Add(await tables.CopyAsync());
            exchanges.Add(await tables.ExchangeAsync(SuiteName.International));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"copy {copies[^1]:0.00} s, exchange {exchanges[^1]:0.00} s, ratio {copies[^1] / exchanges[^1]:0.00}"));
        }

        var (copy, exchange) = (Measure.Median(copies), Measure.Median(exchanges));
        return string.Create(CultureInfo.InvariantCulture, $"""
            | rows of ten columns | psql COPY to psql COPY, median of 3 (s) | exchanged, encrypted, signed, receipted, median of 3 (s) | ratio | peak memory (MB) |
            |---|---|---|---|---|
            | {rows:N0} | {copy:0.00} | {exchange:0.00} | {copy / exchange:0.00} | {Measure.PeakMegabytes()} |

            After each run the checksums of both tables are equal and every batch is receipted.
            """);
    }

    /// <summary>The same load under SM2, SM3 and SM4 beside ECDSA, SHA-256 and AES.</summary>
    internal static async Task<string> SuitesAsync(Settings settings)
    {
        var rows = settings.Rows ?? 1_000_000;
        await using var tables = await Tables.FillAsync(settings.Server, rows);
        SuiteName[] suites = [SuiteName.International, SuiteName.National];
        var times = suites.ToDictionary(s => s, _ => new List<double>());
        foreach (var suite in suites) { await tables.ExchangeAsync(suite); }
        for (var round = 0; round < Measure.Rounds; round++)
        {
            foreach (var suite in suites) { times[suite].Add(await tables.ExchangeAsync(suite)); }
        }

        var first = Measure.Median(times[SuiteName.International]);
        var table = new StringBuilder("| suite | rows of ten columns | exchanged, median of 3 (s) | rows/s | ratio to the international suite |\n|---|---|---|---|---|\n");
        foreach (var suite in suites)
        {
            var time = Measure.Median(times[suite]);
            table.Append(CultureInfo.InvariantCulture, $"| {Suite.Of(suite).Word} | {rows:N0} | {time:0.00} | {rows / time:N0} | {first / time:0.00} |\n");
        }

        return table.ToString();
    }

    /// <summary>A filled source and an empty target; every run begins with an empty target and a fresh platform.</summary>
    private sealed class Tables : IAsyncDisposable
    {
        private readonly string source;
        private readonly string target;
        private readonly int rows;

        private Tables(string source, string target, int rows) => (this.source, this.target, this.rows) = (source, target, rows);

        internal static async Task<Tables> FillAsync(string server, int rows)
        {
            var tables = new Tables(await Postgres.CreateDatabaseAsync(server, "bench_source"), await Postgres.CreateDatabaseAsync(server, "bench_target"), rows);
            Console.WriteLine($"filling {rows:N0} rows of ten columns");
            await Postgres.ExecuteAsync(tables.source, $"CREATE TABLE enterprise {Postgres.Columns}");
            await Postgres.ExecuteAsync(tables.source, $"INSERT INTO enterprise {Postgres.Rows("1", $"{rows}")}");
            await Postgres.ExecuteAsync(tables.source, "VACUUM ANALYZE enterprise");
            return tables;
        }

        internal async Task<double> CopyAsync()
        {
            await EmptyAsync();
            var pipe = $"psql -qX '{Postgres.UriOf(source)}' -c 'COPY enterprise TO STDOUT' | psql -qX '{Postgres.UriOf(target)}' -c 'COPY received FROM STDIN'";
            return await Measure.SecondsAsync(() => Measure.RunAsync("bash", "-o", "pipefail", "-c", pipe));
        }

        internal async Task<double> ExchangeAsync(SuiteName suite)
        {
            await EmptyAsync();
            var folder = Directory.CreateTempSubdirectory("zhengtong-bench-").FullName;
            try
            {
                await using var app = Platform.Build(new Deployment(folder, null, "http://127.0.0.1:0", Demo: false));
                await app.PrepareAsync(CancellationToken.None);
                var parties = await Parties.MakeAsync(app.Services);
                var delivery = await parties.AddTableAsync(new DepartmentTable(source, "enterprise"), new DepartmentTable(target, "received"), Postgres.Items, suite, "changed");
                var seconds = await Measure.SecondsAsync(() => app.Services.GetRequiredService<Delivering>().RunAsync(delivery, new Horizon(TimeProvider.System), null, CancellationToken.None));
                await ProveAsync(app, delivery);
                return seconds;
            }
            finally
            {
                Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
                NpgsqlConnection.ClearAllPools();
                Directory.Delete(folder, recursive: true);
            }
        }

        public async ValueTask DisposeAsync() => await Postgres.ExecuteAsync(target, "DROP TABLE IF EXISTS received");

        /// <summary>A new table, and both servers' pages written, so that no run pays for the one before.</summary>
        private async Task EmptyAsync()
        {
            await Postgres.ExecuteAsync(target, $"DROP TABLE IF EXISTS received, zhengtong_watermark; CREATE TABLE received {Postgres.Columns}");
            await Postgres.ExecuteAsync(target, "CHECKPOINT");
        }

        private async Task ProveAsync(WebApplication app, Guid delivery)
        {
            await using var scope = app.Services.CreateAsyncScope();
            var after = await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().Deliveries.SingleAsync(d => d.Id == delivery);
            if (after.Problem is not null || after.RowsReceived != rows) { throw new InvalidOperationException($"{after.Problem} {after.ProblemDetail} {after.RowsReceived} rows"); }
            if (await Postgres.DigestAsync(source, "enterprise") != await Postgres.DigestAsync(target, "received")) { throw new InvalidOperationException("The checksums differ"); }
        }
    }
}
