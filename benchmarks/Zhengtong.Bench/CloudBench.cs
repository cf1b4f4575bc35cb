using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Placement;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Bench;

/// <summary>Claims, each a hold on a quota of four levels and a place on a host, durably committed; then how well hosts are filled beside first-fit and strict spread.</summary>
internal static class CloudBench
{
    private const int Workers = 16;
    private static readonly TimeSpan Claiming = TimeSpan.FromSeconds(10);
    private static readonly HashSet<Guid> None = [];

    internal static async Task<string> RunAsync(Settings settings)
    {
        await using var table = new StringWriter();
        await table.WriteLineAsync("| database | hosts | instances there | claims a second | median | 99 % below | recount | differences |\n|---|---|---|---|---|---|---|---|");
        foreach (var hosts in settings.Rows is { } rows ? [rows] : new[] { 1_000, 10_000 })
        {
            await OnAsync("SQLite", null, hosts, table);
            if (settings.Postgres is { } server) { await OnAsync("PostgreSQL", await Postgres.CreateDatabaseAsync(server, "zt_bench_cloud"), hosts, table); }
        }

        await table.WriteLineAsync($"\n{Workers} workers, each waits for its answer; an answer comes after the commit, synchronised to the disk as the platform does.\n");
        await PackingAsync(table);
        return table.ToString();
    }

    private static async Task OnAsync(string name, string? database, int hosts, StringWriter table)
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-bench-cloud-").FullName;
        try
        {
            await using var app = Platform.Build(new Deployment(folder, database, "http://127.0.0.1:0", Demo: false));
            await app.PrepareAsync(CancellationToken.None);
            var departments = await FillAsync(app, hosts);
            var placing = app.Services.GetRequiredService<Placing>();
            await placing.ClaimAsync(Request(departments, 0, 0), Actor.Platform, CancellationToken.None);
            var watch = Stopwatch.StartNew();
            var times = await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
            {
                var mine = new List<double>();
                for (var n = 1; watch.Elapsed < Claiming; n++)
                {
                    var start = Stopwatch.GetTimestamp();
                    var outcome = await placing.ClaimAsync(Request(departments, worker, n), Actor.Platform, CancellationToken.None);
                    if (outcome.Result != ClaimResult.Placed) { throw new InvalidOperationException($"{outcome.Result}: {outcome.Hold?.Result}"); }
                    mine.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                }

                return mine;
            })));
            var seconds = watch.Elapsed.TotalSeconds;
            var all = times.SelectMany(t => t).ToList();
            await using var scope = app.Services.CreateAsyncScope();
            watch.Restart();
            var recount = await Recounting.CompareAsync(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), Actor.Platform, TimeProvider.System.GetUtcNow(), CancellationToken.None);
            await table.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {hosts:#,0} | {hosts * 10:#,0} | {all.Count / seconds:#,0} | {Measure.Percentile(all, 50):0.0} ms | {Measure.Percentile(all, 99):0.0} ms | {watch.Elapsed.TotalSeconds:0.0} s of {recount.Movements:#,0} movements | {recount.DifferenceCount} |"));
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A province, a city, 20 departments' worth of nodes, hosts of three sizes, and ten instances on each host with holds, movements and claims.</summary>
    private static async Task<List<QuotaNode>> FillAsync(WebApplication app, int hosts)
    {
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var (now, region) = (TimeProvider.System.GetUtcNow(), RegionCode.Parse("610000"));
        var root = QuotaNode.Below(null, QuotaLevel.Province, "bench:province", region, null, null, now);
        var city = QuotaNode.Below(root, QuotaLevel.City, "bench:city", region, null, null, now);
        var county = QuotaNode.Below(city, QuotaLevel.County, "bench:county", region, null, null, now);
        var departments = Enumerable.Range(0, 20).Select(n => QuotaNode.Below(county, QuotaLevel.Department, $"bench:{n}", region, null, null, now)).ToList();
        var held = departments.ToDictionary(d => d.Id, _ => new Dictionary<string, long>());
        var pool = new ResourcePool
        {
            Id = Guid.CreateVersion7(now), Name = "bench", Zone = NetworkZone.GovernmentExtranet, Region = region, Engine = "none", Address = "-", Protection = 3, Strategy = PlacementStrategy.Spread, Ratios = [], CreatedAt = now,
        };
        db.AddRange([root, city, county, .. departments, pool]);
        await db.SaveChangesAsync();
        var dice = new Steps(7);
        for (var from = 0; from < hosts; from += 200)
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            for (var n = from; n < Math.Min(hosts, from + 200); n++)
            {
                var host = new CloudHost { Id = Guid.CreateVersion7(now), PoolId = pool.Id, Name = $"host-{n}", State = HostState.Online, Traits = [], Group = $"rack-{n / 40}" };
                var used = new Dictionary<string, long>();
                db.CloudHosts.Add(host);
                for (var i = 0; i < 10; i++)
                {
                    var (amounts, node) = (Size(dice), departments[dice.Next(20)]);
                    var hold = new Hold { Id = Guid.CreateVersion7(now), ConsumerId = Guid.CreateVersion7(now), NodeId = node.Id, Amounts = amounts, State = HoldState.Active, CreatedAt = now };
                    db.Holds.Add(hold);
                    db.HoldMovements.AddRange(amounts.Select(a => new HoldMovement { Id = Guid.CreateVersion7(now), HoldId = hold.Id, NodeId = node.Id, FromDepth = 0, Kind = a.Kind, Reserved = 0, Active = a.Amount, Step = HoldStep.Taken, At = now }));
                    db.HostClaims.Add(new HostClaim { Id = Guid.CreateVersion7(now), ConsumerId = hold.ConsumerId, PoolId = pool.Id, HostId = host.Id, Amounts = amounts, CreatedAt = now });
                    foreach (var (kind, amount) in amounts)
                    {
                        used[kind] = used.GetValueOrDefault(kind) + amount;
                        held[node.Id][kind] = held[node.Id].GetValueOrDefault(kind) + amount;
                    }
                }

                var scale = 1 + dice.Next(3);
                foreach (var (kind, total) in new[] { ("vcpu", 128_000L * scale), ("memory", 524_288L * scale), ("disk", 8_000L * scale) })
                {
                    db.HostInventories.Add(new HostInventory { HostId = host.Id, Kind = kind, Total = total, Reserved = 0, Capacity = total, Used = used[kind], IsOpen = true, Generation = 1, SetGeneration = 1 });
                }
            }

            await db.SaveChangesAsync();
            await transaction.CommitAsync();
            db.ChangeTracker.Clear();
        }

        await db.PlacementClocks.ExecuteUpdateAsync(set => set.SetProperty(c => c.Generation, 1));
        foreach (var kind in new[] { "vcpu", "memory", "disk" })
        {
            var all = held.Values.Sum(h => h.GetValueOrDefault(kind));
            db.QuotaCounters.AddRange(new[] { root, city, county }.Select(n => new QuotaCounter { NodeId = n.Id, Kind = kind, Limit = ResourceAmount.Most, Active = all }));
            db.QuotaCounters.AddRange(departments.Select(d => new QuotaCounter { NodeId = d.Id, Kind = kind, Limit = ResourceAmount.Most, Active = held[d.Id].GetValueOrDefault(kind) }));
        }

        await db.SaveChangesAsync();
        return departments;
    }

    private static ClaimRequest Request(List<QuotaNode> departments, int worker, int n) => new(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), departments[(worker + n) % departments.Count].Id,
        new PlacementNeed([new("vcpu", 100), new("memory", 256), new("disk", 2)], NetworkZone.GovernmentExtranet, 3, null, null, [], [], null), TimeSpan.FromHours(1));

    /// <summary>One trace of arrivals and departures, placed by four rules on the same 1,000 hosts.</summary>
    private static async Task PackingAsync(StringWriter table)
    {
        await table.WriteLineAsync("| rule | hosts used, of three sizes | their share of all cores | largest free piece | refused |\n|---|---|---|---|---|");
        foreach (var (name, rule) in new (string, Func<HostView, IReadOnlyList<ResourceAmount>, Guid, ViewHost?>)[]
        {
            ("spread (default)", (view, amounts, consumer) => Chosen(view, amounts, consumer)), ("pack", (view, amounts, consumer) => Chosen(view, amounts, consumer)),
            ("first-fit", (view, amounts, _) => Pool(view).Hosts.Find(h => Fits(view, h, amounts))),
            ("strict spread", (view, amounts, _) => Pool(view).Hosts.Where(h => Fits(view, h, amounts)).MinBy(h => amounts.Max(a => (double)(h.Used[view.NumberOf(a.Kind)!.Value] + a.Amount) / h.Capacity[view.NumberOf(a.Kind)!.Value]))),
        })
        {
            var view = new HostView();
            var pool = new ViewPool { Id = Guid.AllBitsSet, Zone = NetworkZone.GovernmentExtranet, Region = RegionCode.Parse("610000"), Protection = 3, IsOpen = true, Strategy = name == "pack" ? PlacementStrategy.Pack : PlacementStrategy.Spread };
            var dice = new Steps(11);
            for (var n = 0; n < 1_000; n++)
            {
                var (host, scale) = (new ViewHost { Id = new Guid(n, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), Name = $"host-{n}" }, 1 + dice.Next(3));
                view.Add(pool, host);
                foreach (var (kind, total) in new[] { ("vcpu", 32_000L * scale), ("memory", 131_072L * scale), ("disk", 4_000L * scale) }) { view.Set(host, kind, total, 0, isOpen: true); }
            }

            var (standing, refused) = (new List<(ViewHost Host, IReadOnlyList<ResourceAmount> Amounts)>(), 0);
            for (var n = 0; n < 14_000; n++)
            {
                var (amounts, isLarge, leaves, who) = (Size(dice), dice.Next(50) == 0, dice.Next(4) == 0, dice.Next(int.MaxValue));
                if (isLarge) { amounts = [.. amounts.Select(a => a with { Amount = a.Amount * 4 })]; }
                if (leaves && standing.Count > 0)
                {
                    Add(view, standing[who % standing.Count].Host, standing[who % standing.Count].Amounts, -1);
                    standing.RemoveAt(who % standing.Count);
                }

                if (rule(view, amounts, new Guid(n, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2)) is { } host)
                {
                    Add(view, host, amounts, 1);
                    standing.Add((host, amounts));
                }
                else { refused++; }
            }

            var cores = view.NumberOf("vcpu")!.Value;
            await table.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {pool.Hosts.Count(h => h.Used[cores] > 0):#,0} | {100.0 * pool.Hosts.Where(h => h.Used[cores] > 0).Sum(h => h.Capacity[cores]) / pool.Hosts.Sum(h => h.Capacity[cores]):0.0} % | {pool.Hosts.Max(h => h.Capacity[cores] - h.Used[cores]) / 1000.0:0.#} cores | {refused:#,0} of 14,000 |"));
        }
    }

    private static ViewPool Pool(HostView view) => view.Pools.Values.First();

    private static ViewHost? Chosen(HostView view, IReadOnlyList<ResourceAmount> amounts, Guid consumer) =>
        Choosing.Choose(view, new PlacementNeed(amounts, NetworkZone.GovernmentExtranet, 3, null, null, [], [], null), amounts, consumer, None, None).Chosen is { } chosen ? view.HostOf(chosen.HostId) : null;

    private static bool Fits(HostView view, ViewHost host, IReadOnlyList<ResourceAmount> amounts) => amounts.All(a => view.NumberOf(a.Kind) is { } n && host.Capacity[n] - host.Used[n] >= a.Amount);

    private static void Add(HostView view, ViewHost host, IReadOnlyList<ResourceAmount> amounts, int sign)
    {
        foreach (var amount in amounts) { host.Used[view.NumberOf(amount.Kind)!.Value] += sign * amount.Amount; }
    }

    /// <summary>1 to 8 cores, two to eight times as many GiB, 20 to 200 GiB of disk; small ones most often.</summary>
    private static IReadOnlyList<ResourceAmount> Size(Steps dice)
    {
        var cores = 1L << Math.Min(dice.Next(4), dice.Next(4));
        return Amounts.Of([new("vcpu", cores * 1000), new("memory", cores * 1024 * (2 + (2 * dice.Next(4)))), new("disk", 20 + (20 * dice.Next(10)))]);
    }

    /// <summary>The same numbers in every run (Knuth's constants for 64 bits).</summary>
    private sealed class Steps(ulong seed)
    {
        private ulong state = seed;

        internal int Next(int below)
        {
            state = (state * 6364136223846793005) + 1442695040888963407;
            return (int)((state >> 33) % (ulong)below);
        }
    }
}
