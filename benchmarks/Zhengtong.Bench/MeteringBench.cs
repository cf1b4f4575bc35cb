using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Zhengtong.Cloud.Metering;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Bench;

/// <summary>What a minute of samples of 10,000 instances costs, what folding an hour of them does, and how long lists and courses take at 100,000 resources.</summary>
internal static class MeteringBench
{
    private const int Minutes = 60;
    private const int Resources = 100_000;
    private static readonly DateTimeOffset Start = TimeProvider.System.GetUtcNow().AddHours(-3);

    internal static async Task<string> RunAsync(Settings settings)
    {
        await using var table = new StringWriter();
        await table.WriteLineAsync("| database | instances | processor of a minute, median | time of a minute, median | 99 % below | folding an hour, time | its processor | bytes a sample, folded |\n|---|---|---|---|---|---|---|---|");
        await using var pages = new StringWriter();
        await pages.WriteLineAsync("| database | resources | what | median | 99 % below |\n|---|---|---|---|---|");
        await OnAsync("SQLite", null, settings.Rows ?? 10_000, table, pages);
        if (settings.Postgres is { } server) { await OnAsync("PostgreSQL", await Postgres.CreateDatabaseAsync(server, "zt_bench_metering"), settings.Rows ?? 10_000, table, pages); }
        return $"{table}\nProcessor is the platform's own process, PostgreSQL's not among it. {Minutes} minutes one after the other, each committed.\n\n{pages}\nOver HTTP, signed in as the operator, who sees all; each asked 40 times.\n";
    }

    private static async Task OnAsync(string name, string? database, int instances, StringWriter table, StringWriter pages)
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-bench-metering-").FullName;
        try
        {
            await using var app = Platform.Build(new Deployment(folder, database, "http://127.0.0.1:0", Demo: false), b => b.Configuration["Http:PerMinute:SignedIn"] = "0");
            await app.PrepareAsync(CancellationToken.None);
            var ids = await FillAsync(app);
            var metered = ids.Take(instances).ToArray();
            List<double> processor = [], times = [];
            for (var minute = 0; minute < Minutes; minute++)
            {
                var at = Start.AddMinutes(minute);
                var readings = metered.Select((id, n) => new MeterReading(id, at, minute * (n % 97) * 400_000L, (500L + (n % 900) + (minute % 7)) << 20, 8L << 30, minute * 91_000L * (n % 13), minute * 17_000L * (n % 11))).ToList();
                var (before, began) = (Used(), Stopwatch.GetTimestamp());
                await Within(app, db => Samples.TakeAsync(db, readings, at, CancellationToken.None));
                times.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
                processor.Add((Used() - before).TotalSeconds);
            }

            var (folds, start) = (Used(), Stopwatch.GetTimestamp());
            var hours = 0;
            while (await Within(app, db => Folding.FoldHourAsync(db, Start.AddHours(3), CancellationToken.None)) is not null) { hours++; }
            var (took, cost) = (Stopwatch.GetElapsedTime(start).TotalSeconds / hours, (Used() - folds).TotalSeconds / hours);
            var bytes = await Within(app, async db => await db.MeterMinutes.SumAsync(m => (long)m.Slots.Length));
            await table.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {instances:#,0} | {Measure.Median(processor):0.00} s | {Measure.Median(times):0.00} s | {Measure.Percentile(times, 99):0.00} s | {took:0.0} s | {cost:0.0} s | {(double)bytes / Minutes / instances:0.0} |"));
            await AskAsync(app, name, ids[0], pages);
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task AskAsync(WebApplication app, string name, Guid resource, StringWriter pages)
    {
        await app.StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(app.Urls.First()) };
        (await client.PostAsJsonAsync("/api/v1/session", new { userName = "bench", password = Word })).EnsureSuccessStatusCode();
        foreach (var path in new[] { "/api/v1/cloud/resources?limit=50", "/work/cloud/resources", "/api/v1/cloud/usage?limit=50", $"/api/v1/cloud/usage/{resource}", "/work/cloud/usage", $"/work/cloud/usage/{resource}" })
        {
            var times = new List<double>();
            for (var n = 0; n < 45; n++)
            {
                var began = Stopwatch.GetTimestamp();
                (await client.GetAsync(path)).EnsureSuccessStatusCode();
                if (n >= 5) { times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds); }
            }

            await pages.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"| {name} | {Resources:#,0} | {path.Replace($"{resource}", "ID", StringComparison.Ordinal)} | {Measure.Percentile(times, 50):0.0} ms | {Measure.Percentile(times, 99):0.0} ms |"));
        }

        await app.StopAsync();
    }

    private static readonly string Word = $"Zt-{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(12))}!";

    private static async Task<List<Guid>> FillAsync(WebApplication app)
    {
        var (now, region, ids) = (Start.AddDays(-2), RegionCode.Parse("610000"), new List<Guid>());
        var owner = new Organisation { Id = Guid.CreateVersion7(now), CreditCode = CreditCode.FromBody("11610000000000001"[..17]), Name = "bench", ShortName = "bench", Region = region, Kind = OrganisationKind.Operator };
        var node = QuotaNode.Below(null, QuotaLevel.Department, "bench", region, owner.Id, null, now);
        var system = new BusinessSystem { Id = Guid.CreateVersion7(now), OrganisationId = owner.Id, Name = "bench", Purpose = "bench", Protection = 2, Zone = NetworkZone.GovernmentExtranet, CreatedAt = now };
        await Within(app, async db =>
        {
            if (!await db.Regions.AnyAsync(r => r.Code == region)) { db.Regions.Add(new Region { Code = region, Name = "bench", Level = region.Level, Parent = region.Parent }); }
            db.AddRange(owner, node, system);
            return await db.SaveChangesAsync();
        });
        await using (var scope = app.Services.CreateAsyncScope())
        {
            var (_, made) = await Accounts.CreateAsync(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scope.ServiceProvider.GetRequiredService<UserManager<Officer>>(), Actor.Platform, "bench", "bench", owner.Id, Word, [Role.PlatformOperator], now);
            if (!made.Succeeded) { throw new InvalidOperationException(string.Join(", ", made.Errors.Select(e => e.Code))); }
        }

        var amounts = Amounts.Of([new("vcpu", 4000), new("memory", 8192), new("disk", 80), new("instance", 1)]);
        foreach (var some in Enumerable.Range(0, Resources).Chunk(2_000))
        {
            await Within(app, async db =>
            {
                foreach (var n in some)
                {
                    ids.Add(Guid.CreateVersion7(now));
                    db.CloudResources.Add(new CloudResource
                    {
                        Id = ids[^1], Number = $"ZY-2026-{n:D6}", Name = $"host {n}", Form = ResourceForm.Instance, OrderId = ids[^1], Item = 1, OrganisationId = owner.Id, Region = region, NodeId = node.Id, SystemId = system.Id, ServiceCode = "bench", PlanCode = "one",
                        Zone = NetworkZone.GovernmentExtranet, Protection = 2, Amounts = amounts, Wish = ResourceWish.Running, State = CloudResourceState.Running, Until = now.AddYears(1), CreatedAt = now, DeliveredAt = now,
                    });
                }

                return await db.SaveChangesAsync();
            });
        }

        return ids;
    }

    private static TimeSpan Used() => Process.GetCurrentProcess().TotalProcessorTime;

    private static async Task<T> Within<T>(WebApplication app, Func<ZhengtongDb, Task<T>> act)
    {
        await using var scope = app.Services.CreateAsyncScope();
        return await act(scope.ServiceProvider.GetRequiredService<ZhengtongDb>());
    }
}
