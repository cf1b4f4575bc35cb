using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Bench;

/// <summary>What the exchange benchmark found.</summary>
/// <param name="Rows">Rows moved by each way.</param>
/// <param name="CopySeconds">psql COPY TO STDOUT | psql COPY FROM STDIN.</param>
/// <param name="ExchangeSeconds">The engine: encrypted, signed, receipted, applied with its watermark.</param>
/// <param name="PeakMegabytes">Peak resident memory of the platform's process, from /proc/self/status.</param>
internal sealed record ExchangeFigures(int Rows, double CopySeconds, double ExchangeSeconds, long PeakMegabytes)
{
    /// <summary>1 would be as fast as the bare copy.</summary>
    internal double Ratio => CopySeconds / ExchangeSeconds;
}

/// <summary>Table exchange from PostgreSQL to PostgreSQL against PostgreSQL's own copy, in one run on one machine.</summary>
internal static class ExchangeBench
{
    private const string Table =
        "(id bigint PRIMARY KEY, code text NOT NULL, name text NOT NULL, address text, capital numeric(18,2), score double precision, active boolean, founded date, changed timestamptz NOT NULL, photo bytea)";

    private static readonly AgreedItem[] Items =
    [
        new("编号", "id", ItemType.Integer, null, true), new("代码", "code", ItemType.Text, null, false), new("名称", "name", ItemType.Text, null, false), new("地址", "address", ItemType.Text, null, false),
        new("资本", "capital", ItemType.Decimal, null, false), new("评分", "score", ItemType.Float, null, false), new("在业", "active", ItemType.Boolean, null, false),
        new("成立", "founded", ItemType.Date, null, false), new("更新", "changed", ItemType.Timestamp, null, false), new("照片", "photo", ItemType.Binary, null, false),
    ];

    /// <summary>Runs both ways and prints what they took.</summary>
    /// <param name="server">Connection string of a PostgreSQL server on which databases may be made.</param>
    /// <param name="rows">How many rows; the published figure uses 2,000,000.</param>
    /// <param name="output">Where the lines go.</param>
    internal static async Task<ExchangeFigures> RunAsync(string server, int rows, TextWriter output)
    {
        var source = await CreateDatabaseAsync(server, "bench_source");
        var target = await CreateDatabaseAsync(server, "bench_target");
        await output.WriteLineAsync($"exchange: filling {rows:N0} rows of ten columns");
        await ExecuteAsync(source, $"CREATE TABLE enterprise {Table}");
        await ExecuteAsync(source, $"""
            INSERT INTO enterprise SELECT i, '91610000' || lpad(i::text, 10, '0'), '陕西第' || i || '号食品有限公司', CASE WHEN i % 4 = 0 THEN NULL ELSE '西安市雁塔区科技路' || i % 1000 || '号' END,
              (i::bigint * 7919 % 100000000)::numeric / 100, i / 7.0::float8, i % 5 <> 0, date '1990-01-01' + (i % 12000), timestamptz '2026-01-01' + i * interval '1 second', decode(md5(i::text), 'hex')
            FROM generate_series(1, {rows}) i
            """);
        await ExecuteAsync(source, "VACUUM ANALYZE enterprise");
        await ExecuteAsync(target, $"CREATE TABLE copied {Table}; CREATE TABLE received {Table}");
        await ExecuteAsync(source, "CHECKPOINT");

        var copy = await TimeAsync(() => CopyAsync(source, target));
        await output.WriteLineAsync($"exchange: psql COPY to psql COPY {copy:F2} s, {rows / copy:N0} rows/s");
        await ExecuteAsync(target, "CHECKPOINT");

        var folder = Directory.CreateTempSubdirectory("zhengtong-bench-").FullName;
        try
        {
            await using var app = Platform.Build(new Deployment(folder, null, "http://127.0.0.1:0", Demo: false));
            await app.PrepareAsync(CancellationToken.None);
            var delivery = await PrepareAsync(app, source, target);
            var exchange = await TimeAsync(() => app.Services.GetRequiredService<Delivering>().RunAsync(delivery, new Horizon(), CancellationToken.None));
            await ProveAsync(app, delivery, source, target, rows);
            var figures = new ExchangeFigures(rows, copy, exchange, PeakMegabytes());
            await output.WriteLineAsync(
                $"exchange: engine {exchange:F2} s, {rows / exchange:N0} rows/s, ratio to COPY {figures.Ratio.ToString("F2", CultureInfo.InvariantCulture)}, peak memory {figures.PeakMegabytes} MB; equal checksums, every batch receipted");
            return figures;
        }
        finally
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            NpgsqlConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task CopyAsync(string source, string target)
    {
        var pipe = $"psql -qX '{UriOf(source)}' -c 'COPY enterprise TO STDOUT' | psql -qX '{UriOf(target)}' -c 'COPY copied FROM STDIN'";
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-o", "pipefail", "-c", pipe]))!;
        await shell.WaitForExitAsync();
        if (shell.ExitCode != 0) { throw new InvalidOperationException("psql failed"); }
    }

    /// <summary>An agreement in force with everything that a delivery needs.</summary>
    private static async Task<Guid> PrepareAsync(WebApplication app, string source, string target)
    {
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var keys = scope.ServiceProvider.GetRequiredService<OrganisationKeys>();
        var databases = scope.ServiceProvider.GetRequiredService<DepartmentDatabases>();
        var now = TimeProvider.System.GetUtcNow();
        var code = RegionCode.Parse("610000");
        if (!await db.Regions.AnyAsync(r => r.Code == code)) { db.Regions.Add(new Region { Code = code, Name = "陕西省", Level = code.Level, Parent = code.Parent }); }
        Organisation[] parties = [.. new[] { "甲", "乙" }.Select((name, n) => new Organisation
        {
            Id = Guid.CreateVersion7(now), CreditCode = CreditCode.FromBody($"1161000000{n + 1:D7}"), Name = $"{name}部门", ShortName = $"{name}部门", Region = code, Kind = OrganisationKind.Department,
        })];
        db.Organisations.AddRange(parties);
        var resource = new InformationResource
        {
            Id = Guid.CreateVersion7(now), Code = "3/bench", Name = "企业", Abstract = "", ProviderId = parties[0].Id, SharingType = SharingType.Unconditional, UpdateCycle = UpdateCycle.Daily, CreatedAt = now,
        };
        db.Resources.Add(resource);
        await db.SaveChangesAsync();

        var document = new AgreementDocument("zhengtong-agreement-1", Guid.CreateVersion7(now), "XS-2026-000001", new AgreementResource(resource.Id, resource.Code, resource.Name, 1),
            new AgreementParty(parties[0].Id, parties[0].CreditCode.Value, parties[0].Name), new AgreementParty(parties[1].Id, parties[1].CreditCode.Value, parties[1].Name),
            Items, [], "测试", "测试", 3600, now.AddDays(-1), now.AddDays(1), "international");
        var application = new Application
        {
            Id = Guid.CreateVersion7(now), Number = "SQ-2026-000001", ResourceId = resource.Id, ResourceName = resource.Name, ResourceRevision = 1, ProviderId = parties[0].Id, ApplicantId = parties[1].Id,
            Columns = [.. document.Items.Select(i => i.Column)], Rows = document.Rows, Purpose = document.Purpose, LegalGround = document.LegalGround, EverySeconds = document.EverySeconds, Until = document.Until, Suite = SuiteName.International,
            SubmittedBy = Guid.Empty, SubmittedAt = now, DueOn = DateOnly.FromDateTime(now.UtcDateTime),
        };
        db.Applications.Add(application);
        var agreement = Agreement.DrawUp(application.Id, document, now);
        foreach (var party in parties)
        {
            var key = await keys.CurrentAsync(party.Id, Suite.International, KeyUse.Seal, CancellationToken.None);
            agreement.Put(new Seal(party.Id, Guid.Empty, "测试", now, key.KeyId, keys.Sign(key, Encoding.UTF8.GetBytes(agreement.Document))));
        }

        db.Agreements.Add(agreement);
        var sources = parties.Zip([source, target]).Select(side => (Id: Guid.CreateVersion7(now), Party: side.First.Id, Connection: side.Second)).ToList();
        db.DataSources.AddRange(sources.Select(s => new DataSource
        {
            Id = s.Id, OrganisationId = s.Party, Name = "库", Kind = DataSourceKind.Postgres, Connection = databases.SealConnection(s.Id, s.Connection), CreatedAt = now,
        }));
        db.Mounts.Add(new Mount { Id = Guid.CreateVersion7(now), ResourceId = resource.Id, OrganisationId = parties[0].Id, DataSourceId = sources[0].Id, Schema = "public", Table = "enterprise", WatermarkColumn = "changed", SetAt = now });
        db.Intakes.Add(new Intake { Id = Guid.CreateVersion7(now), AgreementId = agreement.Id, OrganisationId = parties[1].Id, DataSourceId = sources[1].Id, Schema = "public", Table = "received", SetAt = now });
        var delivery = new Delivery { Id = Guid.CreateVersion7(now), AgreementId = agreement.Id, ResourceId = resource.Id, ProviderId = parties[0].Id, ConsumerId = parties[1].Id, CreatedAt = now, NextRunAt = now };
        db.Deliveries.Add(delivery);
        await db.SaveChangesAsync();
        return delivery.Id;
    }

    /// <summary>A fast run that lost a row would be worth nothing.</summary>
    private static async Task ProveAsync(WebApplication app, Guid delivery, string source, string target, int rows)
    {
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var after = await db.Deliveries.SingleAsync(d => d.Id == delivery);
        if (after.Problem is not null || after.RowsReceived != rows) { throw new InvalidOperationException($"{after.Problem} {after.ProblemDetail} {after.RowsReceived} rows"); }
        const string checksum = "SELECT sum(hashtextextended(t::text, 0)::numeric)::text FROM";
        if (await ScalarAsync(source, $"{checksum} enterprise t") != await ScalarAsync(target, $"{checksum} received t")) { throw new InvalidOperationException("The checksums differ"); }
    }

    private static async Task<double> TimeAsync(Func<Task> act)
    {
        var start = Stopwatch.GetTimestamp();
        await act();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static long PeakMegabytes() =>
        long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

    private static async Task<string> CreateDatabaseAsync(string server, string name)
    {
        await ExecuteAsync(server, $"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        await ExecuteAsync(server, $"CREATE DATABASE {name}");
        return new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
    }

    private static string UriOf(string connection) => new NpgsqlConnectionStringBuilder(connection) is var parts
        ? $"postgresql://{parts.Username}{(parts.Password is { Length: > 0 } password ? $":{Uri.EscapeDataString(password)}" : "")}@{parts.Host}:{parts.Port}/{parts.Database}" : "";

    private static async Task ExecuteAsync(string connection, string sql)
    {
        await using var open = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false, CommandTimeout = 0 }.ConnectionString);
        await open.OpenAsync();
        await using var command = new NpgsqlCommand(sql, open);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<string?> ScalarAsync(string connection, string sql)
    {
        await using var open = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false, CommandTimeout = 0 }.ConnectionString);
        await open.OpenAsync();
        await using var command = new NpgsqlCommand(sql, open);
        return await command.ExecuteScalarAsync() as string;
    }
}
