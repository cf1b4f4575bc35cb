using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Quotas;

[OnDatabase]
public sealed class HoldsTests(PlatformFixture platform)
{
    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task Take_Fitting_CountsAtEveryLevelAndIsAnsweredOnce()
    {
        var world = await CloudWorld.MakeAsync(platform, 10, 8, 8);
        var request = CloudWorld.Cores(world.Project, 5);
        (await world.Take(request)).Result.ShouldBe(HoldResult.Done);
        foreach (var node in new[] { world.Province, world.First, world.Project }) { (await world.Held(node)).ShouldBe((5, 0)); }
        (await world.Held(world.Second)).ShouldBe((0, 0));
        (await world.Take(request)).Result.ShouldBe(HoldResult.Already);
        (await world.Take(request with { Amounts = [new("vcpu", 6)] })).Result.ShouldBe(HoldResult.Differs);
        (await world.Held(world.Province)).ShouldBe((5, 0));
        var entry = await platform.WithDb(db => db.Ledger.SingleAsync(e => e.Subject == request.Consumer.ToString()));
        entry.Event.ShouldBe("cloud.hold-taken");
        (await world.Differences()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Take_TooMuch_SaysEveryLevelAndKindThatLacks_AndLeavesNothing()
    {
        var world = await CloudWorld.MakeAsync(platform, 10, 6, 20);
        (await world.Take(CloudWorld.Cores(world.Second, 7))).Result.ShouldBe(HoldResult.Done);
        var asked = new HoldRequest(CloudWorld.NewId(), world.Project.Id, [new("vcpu", 8), new("memory", 2_000_000), new("address", 1)]);
        var outcome = await world.Take(asked);
        outcome.Result.ShouldBe(HoldResult.Exceeded);
        outcome.Shortages.Select(s => (s.NodeId, s.Kind, s.Lacking)).ShouldBe(
        [
            (world.Province.Id, "vcpu", 5), (world.Province.Id, "memory", 1_000_000), (world.Province.Id, "address", 1),
            (world.First.Id, "vcpu", 2), (world.First.Id, "memory", 1_000_000), (world.First.Id, "address", 1),
        ], ignoreOrder: true);
        outcome.Shortages.Single(s => s.NodeId == world.Province.Id && s.Kind == "vcpu").ShouldSatisfyAllConditions(s => s.Limit.ShouldBe(10), s => s.Held.ShouldBe(7), s => s.Asked.ShouldBe(8));
        outcome.Problem.ShouldNotBeNull().StatusCode.ShouldBe(409);
        (await world.Held(world.Province)).ShouldBe((7, 0));
        (await world.Held(world.First)).ShouldBe((0, 0));
        (await platform.WithDb(db => db.Holds.AnyAsync(h => h.ConsumerId == asked.Consumer))).ShouldBeFalse();
        (await world.Take(asked with { Node = Guid.AllBitsSet })).Result.ShouldBe(HoldResult.NodeUnknown);
    }

    [Fact]
    public async Task Take_RolledBackOrLostConnection_HoldsNothing()
    {
        var world = await CloudWorld.MakeAsync(platform, 10, 10, 10);
        await platform.WithDb(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            return await Holds.TakeAsync(db, CloudWorld.Cores(world.First, 4), Actor.Platform, Now, default);
        });
        (await world.Held(world.Province)).ShouldBe((0, 0));

        var failure = await Record.ExceptionAsync(() => platform.WithDb(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            (await Holds.TakeAsync(db, CloudWorld.Cores(world.First, 4), Actor.Platform, Now, default)).Result.ShouldBe(HoldResult.Done);
            if (db.Database.GetDbConnection() is NpgsqlConnection session)
            {
                var server = session.ProcessID;
                await platform.WithDb(other => other.Database.ExecuteSqlAsync($"SELECT pg_terminate_backend({server})"));
            }
            else { ((SqliteConnection)db.Database.GetDbConnection()).Close(); }
            await transaction.CommitAsync();
            return true;
        }));
        failure.ShouldNotBeNull();
        (await world.Held(world.Province)).ShouldBe((0, 0));
        (await world.Take(CloudWorld.Cores(world.First, 10))).Result.ShouldBe(HoldResult.Done);
        (await world.Differences()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Take_WithoutATransaction_IsAnError() => await Should.ThrowAsync<InvalidOperationException>(() =>
        platform.WithDb(db => Holds.TakeAsync(db, new HoldRequest(CloudWorld.NewId(), Guid.AllBitsSet, []), Actor.Platform, Now, default)));

    [Fact]
    public async Task Take_Refused_LetsTheCallersOwnChangeBeSavedOrNot()
    {
        var world = await CloudWorld.MakeAsync(platform, 3, 3, 3);
        var kind = $"k{CloudWorld.NewId():N}"[..30];
        var kept = await world.Act(async db =>
        {
            db.ResourceKinds.Add(new ResourceKind { Code = kind, Name = "n", Unit = "1", IsOnHost = false });
            var outcome = await Holds.TakeAsync(db, CloudWorld.Cores(world.First, 4), Actor.Platform, Now, default);
            outcome.Result.ShouldBe(HoldResult.Exceeded);
            (await db.ResourceKinds.AsNoTracking().AnyAsync(k => k.Code == kind)).ShouldBeFalse();
            return await db.SaveChangesAsync();
        });
        kept.ShouldBe(1);
        (await platform.WithDb(db => db.ResourceKinds.AnyAsync(k => k.Code == kind))).ShouldBeTrue();
    }

    [Fact]
    public async Task Activate_Resize_Release_CountOnceEach()
    {
        var world = await CloudWorld.MakeAsync(platform, 10, 10, 10);
        var request = CloudWorld.Cores(world.First, 4);
        var consumer = request.Consumer;
        await world.Take(request);
        (await world.Act(db => Holds.ActivateAsync(db, consumer, Actor.Platform, Now, default))).Result.ShouldBe(HoldResult.Done);
        (await world.Act(db => Holds.ActivateAsync(db, consumer, Actor.Platform, Now, default))).Result.ShouldBe(HoldResult.Already);
        (await world.Held(world.Province)).ShouldBe((0, 4));

        (await world.Act(db => Holds.ResizeAsync(db, consumer, [new("vcpu", 11)], Actor.Platform, Now, default))).Shortages.Single(s => s.NodeId == world.First.Id).Lacking.ShouldBe(1);
        (await world.Held(world.First)).ShouldBe((0, 4));
        (await world.Act(db => Holds.ResizeAsync(db, consumer, [new("vcpu", 2), new("memory", 100)], Actor.Platform, Now, default))).Result.ShouldBe(HoldResult.Done);
        (await world.Held(world.First)).ShouldBe((0, 2));
        (await world.Held(world.Province, "memory")).ShouldBe((0, 100));

        var released = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => world.Release(consumer)));
        released.Count(r => r.Result == HoldResult.Done).ShouldBe(1);
        released.Count(r => r.Result == HoldResult.Already).ShouldBe(7);
        (await world.Held(world.Province)).ShouldBe((0, 0));
        (await world.Take(request)).Result.ShouldBe(HoldResult.Released);
        (await world.Act(db => Holds.ActivateAsync(db, consumer, Actor.Platform, Now, default))).Result.ShouldBe(HoldResult.Released);
        (await world.Release(Guid.AllBitsSet)).Result.ShouldBe(HoldResult.Unknown);
        (await world.Differences()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Move_CountsBothEnds_AndWhatIsAboveBothOnce()
    {
        var world = await CloudWorld.MakeAsync(platform, 6, 6, 6);
        var request = CloudWorld.Cores(world.Project, 5);
        await world.Take(request);
        await world.Act(db => Holds.ActivateAsync(db, request.Consumer, Actor.Platform, Now, default));
        (await world.Act(db => Holds.BeginMoveAsync(db, request.Consumer, world.Second.Id, Actor.Platform, Now, default))).Result.ShouldBe(HoldResult.Done);
        (await world.Held(world.Province)).ShouldBe((0, 5));
        (await world.Held(world.First)).ShouldBe((0, 5));
        (await world.Held(world.Second)).ShouldBe((5, 0));
        (await world.Act(db => Holds.ResizeAsync(db, request.Consumer, [new("vcpu", 1)], Actor.Platform, Now, default))).Result.ShouldBe(HoldResult.Moving);
        (await world.Differences()).ShouldBeEmpty();

        (await world.Act(db => Holds.FinishMoveAsync(db, request.Consumer, Actor.Platform, Now, default))).Result.ShouldBe(HoldResult.Done);
        (await world.Act(db => Holds.FinishMoveAsync(db, request.Consumer, Actor.Platform, Now, default))).Result.ShouldBe(HoldResult.NotMoving);
        (await world.Held(world.Province)).ShouldBe((0, 5));
        (await world.Held(world.First)).ShouldBe((0, 0));
        (await world.Held(world.Second)).ShouldBe((0, 5));
        (await world.Act(db => Holds.BeginMoveAsync(db, request.Consumer, world.First.Id, Actor.Platform, Now, default))).Result.ShouldBe(HoldResult.Done);
        (await world.Release(request.Consumer)).Result.ShouldBe(HoldResult.Done);
        foreach (var node in new[] { world.Province, world.First, world.Second, world.Project }) { (await world.Held(node)).ShouldBe((0, 0)); }
        (await world.Differences()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Expired_Reservation_IsGivenBackAndAnActiveOneStays()
    {
        var world = await CloudWorld.MakeAsync(platform, 10, 10, 10);
        var (short_, active, extended) = (CloudWorld.Cores(world.First, 1, lifetime: TimeSpan.FromMinutes(1)), CloudWorld.Cores(world.First, 2, lifetime: TimeSpan.FromMinutes(1)), CloudWorld.Cores(world.First, 4, lifetime: TimeSpan.FromHours(2)));
        foreach (var request in new[] { short_, active, extended }) { (await world.Take(request, Now.AddHours(-1))).Result.ShouldBe(HoldResult.Done); }
        await world.Act(db => Holds.ActivateAsync(db, active.Consumer, Actor.Platform, Now.AddHours(-1), default));
        (await world.Act(db => Holds.ActivateAsync(db, short_.Consumer, Actor.Platform, Now, default))).Result.ShouldBeOneOf(HoldResult.Expired, HoldResult.Released);
        await using (var scope = platform.App.Services.CreateAsyncScope()) { await scope.ServiceProvider.GetRequiredService<ExpireHolds>().ReconcileAsync(default); }
        (await world.Held(world.First)).ShouldBe((4, 2));
        (await platform.WithDb(db => db.HoldMovements.Where(m => db.Holds.Any(h => h.Id == m.HoldId && h.ConsumerId == short_.Consumer)).Select(m => m.Step).ToListAsync())).ShouldContain(HoldStep.Expired);
        (await world.Differences()).ShouldBeEmpty();
    }

    [Fact]
    public async Task TakeMany_OneThatDoesNotFit_TakesNothingFromTheOthers()
    {
        var world = await CloudWorld.MakeAsync(platform, 10, 10, 3);
        var outcomes = await world.Act(db => Holds.TakeManyAsync(db,
            [CloudWorld.Cores(world.First, 4), CloudWorld.Cores(world.Second, 4), CloudWorld.Cores(world.Project, 5), CloudWorld.Cores(world.Second, 1), CloudWorld.Cores(world.Second, 1)], Actor.Platform, Now, default));
        outcomes.Select(o => o.Result).ShouldBe([HoldResult.Done, HoldResult.Exceeded, HoldResult.Done, HoldResult.Done, HoldResult.Exceeded]);
        (await world.Held(world.Province)).ShouldBe((10, 0));
        (await world.Differences()).ShouldBeEmpty();
    }
}
