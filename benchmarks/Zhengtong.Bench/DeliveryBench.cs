using System.Diagnostics;
using System.Globalization;
using System.Linq.Expressions;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Bench;

/// <summary>From a granted order to a running instance, beside <c>lxc launch</c> on the same engine in the same run: one after the other, in turns, and twenty at once; once until it runs, once until it has its address.</summary>
internal static class DeliveryBench
{
    private const int InTurns = 10;
    private const int AtOnce = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    internal static async Task<string> RunAsync(Settings settings)
    {
        if (settings.Lxd is not { } engine) { return "Not measured: LXD does not run here.\n"; }
        var folder = Directory.CreateTempSubdirectory("zhengtong-bench-delivery-").FullName;
        try
        {
            await using var app = Platform.Build(new Deployment(folder, await Postgres.CreateDatabaseAsync(settings.Server, "zt_bench_delivery"), "http://127.0.0.1:0", Demo: false));
            await app.PrepareAsync(CancellationToken.None);
            var place = await FillAsync(app, engine);
            await app.StartAsync();
            // The first of a department makes its project, its network and its rules, and brings the image into the cache: nobody pays for that again.
            await EndAsync(app, [await GrantAsync(app, place)]);
            await LaunchAsync(engine, "bench-first");
            Times ours = new(), bare = new();
            for (var n = 0; n < InTurns; n++)
            {
                var began = Stopwatch.GetTimestamp();
                await LaunchAsync(engine, $"bench-{n}");
                bare.Running.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
                await AddressAsync(engine, $"bench-{n}");
                bare.Answering.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
                began = Stopwatch.GetTimestamp();
                var id = await GrantAsync(app, place);
                await UntilAsync(app, r => r.Id == id && r.DeliveredAt == null);
                ours.Running.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
                await UntilAsync(app, r => r.Id == id && r.Address == null);
                ours.Answering.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
                await EndAsync(app, [id]);
            }

            var start = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(n => LaunchAsync(engine, $"bench-many-{n}")));
            for (var n = 0; n < AtOnce; n++) { await AddressAsync(engine, $"bench-many-{n}"); }
            var bareMany = Stopwatch.GetElapsedTime(start).TotalSeconds;
            foreach (var name in Enumerable.Range(0, InTurns).Select(n => $"bench-{n}").Concat(Enumerable.Range(0, AtOnce).Select(n => $"bench-many-{n}")).Append("bench-first")) { await LxcAsync(engine, "delete", "-f", name); }
            start = Stopwatch.GetTimestamp();
            List<Guid> many = [];
            for (var n = 0; n < AtOnce; n++) { many.Add(await GrantAsync(app, place)); }
            await UntilAsync(app, r => many.Contains(r.Id) && r.Address == null);
            var oursMany = Stopwatch.GetElapsedTime(start).TotalSeconds;
            await EndAsync(app, many);
            await app.StopAsync();
            return string.Create(CultureInfo.InvariantCulture, $"""
                | what | ratio to `lxc launch` | platform | `lxc launch` |
                |---|---|---|---|
                {Row($"granted until it runs, median of {InTurns}", Measure.Median(ours.Running), Measure.Median(bare.Running))}
                {Row($"granted until it has its address, median of {InTurns}", Measure.Median(ours.Answering), Measure.Median(bare.Answering))}
                {Row($"slowest of {InTurns} until it has its address", ours.Answering.Max(), bare.Answering.Max())}
                {Row($"{AtOnce} at once, until all have their addresses", oursMany, bareMany)}

                In turns on one LXD with storage in a folder. The platform's time begins before the hold is taken and ends when it has committed that the instance runs, or its address; within it lie the hold, the place, the department's own project, network and rules,
                and limits of processor, memory and processes, written down before each is asked for. `lxc launch` makes an instance without any of these in the default project; its address is then asked for every 10 ms over the same socket.

                """);
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed record Times(List<double> Running, List<double> Answering)
    {
        internal Times() : this([], []) { }
    }

    private static string Row(string what, double ours, double bare) => string.Create(CultureInfo.InvariantCulture, $"| {what} | {ours / bare:0.00} | {ours:0.00} s | {bare:0.00} s |");

    /// <summary>Until an instance of the default project has an address.</summary>
    private static async Task AddressAsync(string engine, string name)
    {
        using var line = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(engine), ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        while (true)
        {
            using var state = JsonDocument.Parse(await line.GetStringAsync($"http://lxd/1.0/instances/{name}/state"));
            if (state.RootElement.GetProperty("metadata").GetProperty("network") is { ValueKind: JsonValueKind.Object } network
                && network.EnumerateObject().Where(n => n.Name != "lo").SelectMany(n => n.Value.GetProperty("addresses").EnumerateArray()).Any(a => a.GetProperty("family").GetString() == "inet")) { return; }
            await Task.Delay(10);
        }
    }

    private static Task LaunchAsync(string engine, string name) => LxcAsync(engine, "launch", "busybox", name);

    private static async Task LxcAsync(string engine, params string[] arguments)
    {
        var start = new ProcessStartInfo("lxc", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        (start.Environment["LXD_DIR"], start.Environment["LXD_CONF"]) = (Path.GetDirectoryName(engine), Path.Combine(Path.GetDirectoryName(engine)!, "client"));
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (said, failed) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        await said;
        if (process.ExitCode != 0) { throw new InvalidOperationException($"lxc {string.Join(' ', arguments)}: {await failed}"); }
    }

    /// <summary>Until there is no such resource.</summary>
    private static async Task UntilAsync(WebApplication app, Expression<Func<CloudResource, bool>> notYet)
    {
        var began = Stopwatch.GetTimestamp();
        while (await Within(app, db => db.CloudResources.CountAsync(notYet)) > 0)
        {
            if (Stopwatch.GetElapsedTime(began) > Patience) { throw new TimeoutException(string.Join(", ", await Within(app, db => db.CloudResources.Where(notYet).Select(r => $"{r.State} {r.Problem}").ToListAsync()))); }
            await Task.Delay(10);
        }
    }

    private static async Task EndAsync(WebApplication app, IReadOnlyList<Guid> ids)
    {
        await UntilAsync(app, r => ids.Contains(r.Id) && r.NextAt != null);
        foreach (var id in ids)
        {
            await Within(app, async db =>
            {
                var resource = await db.CloudResources.SingleAsync(r => r.Id == id);
                (resource.Wish, resource.NextAt) = (ResourceWish.Removed, TimeProvider.System.GetUtcNow());
                resource.Touch();
                return await db.SaveChangesAsync();
            });
        }

        await UntilAsync(app, r => ids.Contains(r.Id) && r.State != CloudResourceState.Removed);
    }

    private sealed record Place(Guid Pool, Guid Node, Guid System, Guid Department, RegionCode Region);

    private static async Task<Place> FillAsync(WebApplication app, string engine)
    {
        var (now, region) = (TimeProvider.System.GetUtcNow(), RegionCode.Parse("610000"));
        var department = new Organisation { Id = Guid.CreateVersion7(now), CreditCode = CreditCode.FromBody("11610000000000001"), Name = "bench", ShortName = "bench", Region = region, Kind = OrganisationKind.Department };
        var node = QuotaNode.Below(null, QuotaLevel.Department, QuotaNode.KeyOf(department.Id), region, department.Id, null, now);
        var system = new BusinessSystem { Id = Guid.CreateVersion7(now), OrganisationId = department.Id, Name = "bench", Purpose = "bench", Protection = 2, Zone = NetworkZone.GovernmentExtranet, CreatedAt = now };
        var pool = new ResourcePool
        {
            Id = Guid.CreateVersion7(now), Name = "bench", Zone = NetworkZone.GovernmentExtranet, Region = region, Engine = "lxd", Address = $"unix:{engine}", Protection = 3, Strategy = PlacementStrategy.Spread, Ratios = [], CreatedAt = now,
        };
        await Within(app, async db =>
        {
            if (!await db.Regions.AnyAsync(r => r.Code == region)) { db.Regions.Add(new Region { Code = region, Name = "bench", Level = region.Level, Parent = region.Parent }); }
            db.AddRange(department, node, system, pool);
            db.QuotaCounters.AddRange(Has(1).Select(a => new QuotaCounter { NodeId = node.Id, Kind = a.Kind, Limit = 1_000_000_000 }));
            return await db.SaveChangesAsync();
        });
        return new Place(pool.Id, node.Id, system.Id, department.Id, region);
    }

    private static IReadOnlyList<ResourceAmount> Has(int cores) => Amounts.Of([new("vcpu", cores * 100), new("memory", 32), new("disk", 1), new("instance", 1)]);

    /// <summary>As a grant leaves it: held, and due.</summary>
    private static Task<Guid> GrantAsync(WebApplication app, Place place) => Within(app, async db =>
    {
        var now = TimeProvider.System.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        await using var transaction = await db.Database.BeginTransactionAsync();
        if ((await Holds.TakeAsync(db, new HoldRequest(id, place.Node, Has(1)), Actor.Platform, now, default)).Result != HoldResult.Done) { throw new InvalidOperationException("The quota is full"); }
        db.CloudResources.Add(new CloudResource
        {
            Id = id, Number = $"B-{id:N}"[..20], Name = "web", Form = ResourceForm.Instance, OrderId = id, Item = 1, OrganisationId = place.Department, Region = place.Region, NodeId = place.Node, SystemId = place.System, ServiceCode = "bench",
            PlanCode = "one", Zone = NetworkZone.GovernmentExtranet, Protection = 2, Amounts = Has(1), Image = "busybox", PoolId = place.Pool, Wish = ResourceWish.Running, NextAt = now, Until = now.AddYears(1), CreatedAt = now,
        });
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        return id;
    });

    private static async Task<T> Within<T>(WebApplication app, Func<ZhengtongDb, Task<T>> act)
    {
        await using var scope = app.Services.CreateAsyncScope();
        return await act(scope.ServiceProvider.GetRequiredService<ZhengtongDb>());
    }
}
