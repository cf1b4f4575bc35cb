using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Quotas;

[OnDatabase]
public sealed class HoldsAtOnceTests(PlatformFixture platform)
{
    private const int Officers = 64;

    /// <summary>A minute on PostgreSQL, or as many as ZHENGTONG_SOAK_MINUTES says; on SQLite, which lets one write at a time, three rounds for each officer.</summary>
    [Fact]
    public async Task Take_SixtyFourOfficersOnASmallQuota_NeverExceedsAndIsConserved()
    {
        const long Limit = 20;
        var world = await CloudWorld.MakeAsync(platform, Limit, 15, 15);
        var minutes = TimeSpan.FromMinutes(double.TryParse(Environment.GetEnvironmentVariable("ZHENGTONG_SOAK_MINUTES"), CultureInfo.InvariantCulture, out var soak) ? soak : PlatformFixture.PostgresServer is null ? 0 : 1);
        var watch = Stopwatch.StartNew();
        using var done = new CancellationTokenSource();
        var seen = new List<long>();
        var watching = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                var (reserved, active) = await world.Held(world.Province);
                reserved.ShouldBeGreaterThanOrEqualTo(0);
                active.ShouldBeGreaterThanOrEqualTo(0);
                seen.Add(reserved + active);
                await Task.Delay(5);
            }
        });
        var results = await Task.WhenAll(Enumerable.Range(0, Officers).Select(officer => Task.Run(() => WorkAsync(world, officer, n => minutes > TimeSpan.Zero ? watch.Elapsed < minutes : n < 3))));
        await done.CancelAsync();
        await watching;
        results.Sum(r => r.Refused).ShouldBeGreaterThan(20);
        var taken = results.SelectMany(r => r.Taken).ToList();
        taken.Count.ShouldBeGreaterThan(8);
        seen.Max().ShouldBeInRange(1, Limit);
        TestContext.Current.TestOutputHelper?.WriteLine($"{taken.Count} taken, {results.Sum(r => r.Refused)} refused, {seen.Count} looks, at most {seen.Max()} of {Limit} held");

        // Four accounts of the same: the counters, the movements, the holds, and the ledger.
        (await world.Differences()).ShouldBeEmpty();
        var nodes = world.Nodes;
        var holds = await platform.WithDb(db => db.Holds.AsNoTracking().Where(h => nodes.Contains(h.NodeId)).ToListAsync());
        var (reservedNow, activeNow) = await world.Held(world.Province);
        holds.Where(h => h.State == HoldState.Reserved).Sum(h => h.Amounts.Get("vcpu")).ShouldBe(reservedNow);
        holds.Where(h => h.State == HoldState.Active).Sum(h => h.Amounts.Get("vcpu")).ShouldBe(activeNow);
        holds.Select(h => h.ConsumerId).ShouldBe(taken, ignoreOrder: true);
        var entries = await platform.WithDb(db => db.Ledger.AsNoTracking().Where(e => e.Event == "cloud.hold-taken" || e.Event == "cloud.hold-released").Select(e => new { e.Event, e.Subject }).ToListAsync());
        var ours = holds.ToDictionary(h => h.ConsumerId.ToString(), h => h.State, StringComparer.Ordinal);
        entries.Where(e => e.Event == "cloud.hold-taken" && ours.ContainsKey(e.Subject)).Select(e => e.Subject).ShouldBe(ours.Keys, ignoreOrder: true);
        entries.Where(e => e.Event == "cloud.hold-released" && ours.ContainsKey(e.Subject)).Select(e => e.Subject).ShouldBe(ours.Where(h => h.Value == HoldState.Released).Select(h => h.Key), ignoreOrder: true);
    }

    [Fact]
    public async Task Take_SixtyFourOfficersWhoAllSawRoom_OnlyAsManyAsFit()
    {
        var world = await CloudWorld.MakeAsync(platform, 20, 15, 15);
        var (lookers, everybodyLooked) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var outcomes = await Task.WhenAll(Enumerable.Range(0, Officers).Select(officer => Task.Run(async () =>
        {
            (await world.Held(world.Province)).ShouldBe((0, 0));
            if (Interlocked.Increment(ref lookers) == Officers) { everybodyLooked.SetResult(); }
            await everybodyLooked.Task;
            return await world.Take(CloudWorld.Cores(officer % 2 == 0 ? world.First : world.Second, 1));
        })));
        outcomes.Count(o => o.Result == HoldResult.Done).ShouldBe(20);
        outcomes.Count(o => o.Result == HoldResult.Exceeded).ShouldBe(44);
        (await world.Held(world.Province)).ShouldBe((20, 0));
        (await world.Differences()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Take_OneConsumerAtOnce_HoldsOnce()
    {
        var world = await CloudWorld.MakeAsync(platform, 100, 100, 100);
        for (var round = 0; round < 5; round++)
        {
            var request = CloudWorld.Cores(world.First, 3);
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(() => world.Take(request))));
            outcomes.Count(o => o.Result == HoldResult.Done).ShouldBe(1);
            outcomes.Count(o => o.Result == HoldResult.Already).ShouldBe(11);
        }

        (await world.Held(world.Province)).ShouldBe((15, 0));
        (await world.Differences()).ShouldBeEmpty();
    }

    /// <summary>Takes, now and then activates, and gives back.</summary>
    private static async Task<(List<Guid> Taken, int Refused)> WorkAsync(CloudWorld world, int officer, Func<int, bool> goesOn)
    {
        var (mine, taken, refused) = (new Queue<Guid>(), new List<Guid>(), 0);
        for (var n = 0; goesOn(n); n++)
        {
            var node = ((officer + n) % 3) switch { 0 => world.First, 1 => world.Second, _ => world.Project };
            var request = CloudWorld.Cores(node, 1 + ((officer + n) % 4));
            var outcome = await AgainAsync(() => world.Take(request));
            if (outcome.Result == HoldResult.Done)
            {
                taken.Add(request.Consumer);
                mine.Enqueue(request.Consumer);
                if (n % 2 == 0) { (await AgainAsync(() => world.Act(db => Holds.ActivateAsync(db, request.Consumer, Actor.Platform, TimeProvider.System.GetUtcNow(), default)))).Result.ShouldBe(HoldResult.Done); }
            }
            else
            {
                outcome.Result.ShouldBe(HoldResult.Exceeded);
                outcome.Shortages.ShouldNotBeEmpty();
                refused++;
            }

            if ((n + officer) % 2 == 0 && mine.TryDequeue(out var consumer)) { (await AgainAsync(() => world.Release(consumer))).Result.ShouldBe(HoldResult.Done); }
        }

        return (taken, refused);
    }

    /// <summary>SQLite lets its writers in without an order: who was passed by for half a minute has done nothing, and comes again.</summary>
    private static async Task<HoldOutcome> AgainAsync(Func<Task<HoldOutcome>> act)
    {
        while (true)
        {
            try { return await act(); }
            catch (SqliteException e) when (e.SqliteErrorCode == 5) { await Task.Yield(); }
        }
    }
}
