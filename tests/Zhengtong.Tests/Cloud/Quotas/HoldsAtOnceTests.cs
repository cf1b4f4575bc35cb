using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Quotas;

[OnDatabase]
public sealed class HoldsAtOnceTests(PlatformFixture platform)
{
    [Fact]
    public async Task Take_SixtyFourWorkersOnASmallQuota_NeverExceedsAndIsConserved()
    {
        const long Limit = 20;
        var world = await CloudWorld.MakeAsync(platform, Limit, 15, 15);
        using var done = new CancellationTokenSource();
        var seen = new List<long>();
        var watching = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                var (reserved, active) = await world.Held(world.Province);
                seen.Add(reserved + active);
                await Task.Delay(5);
            }
        });
        var results = await Task.WhenAll(Enumerable.Range(0, 64).Select(worker => Task.Run(async () =>
        {
            var (mine, taken, refused) = (new Queue<Guid>(), 0, 0);
            for (var n = 0; n < 10; n++)
            {
                var request = CloudWorld.Cores((worker + n) % 3 switch { 0 => world.First, 1 => world.Second, _ => world.Project }, 1 + ((worker + n) % 4));
                var outcome = await world.Take(request);
                if (outcome.Result == HoldResult.Done)
                {
                    taken++;
                    mine.Enqueue(request.Consumer);
                    if (n % 2 == 0) { (await world.Act(db => Holds.ActivateAsync(db, request.Consumer, Actor.Platform, TimeProvider.System.GetUtcNow(), default))).Result.ShouldBe(HoldResult.Done); }
                }
                else
                {
                    outcome.Result.ShouldBe(HoldResult.Exceeded);
                    outcome.Shortages.ShouldNotBeEmpty();
                    refused++;
                }

                if ((n + worker) % 2 == 0 && mine.TryDequeue(out var consumer)) { (await world.Release(consumer)).Result.ShouldBe(HoldResult.Done); }
            }

            return (taken, refused);
        })));
        await done.CancelAsync();
        await watching;
        results.Sum(r => r.taken).ShouldBeGreaterThan(20);
        results.Sum(r => r.refused).ShouldBeGreaterThan(20);
        seen.Max().ShouldBeInRange(1, Limit);
        seen.Min().ShouldBeGreaterThanOrEqualTo(0);
        (await world.Differences()).ShouldBeEmpty();

        // Held is what the holds that were not released say.
        var nodes = world.Nodes;
        var open = await platform.WithDb(db => db.Holds.AsNoTracking().Where(h => nodes.Contains(h.NodeId) && h.State != Zhengtong.Cloud.Model.HoldState.Released).ToListAsync());
        var (reservedNow, activeNow) = await world.Held(world.Province);
        open.Sum(h => h.Amounts.Sum(a => a.Amount)).ShouldBe(reservedNow + activeNow);
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
}
