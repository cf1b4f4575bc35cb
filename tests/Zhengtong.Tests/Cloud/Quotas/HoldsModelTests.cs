using CsCheck;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Quotas;

/// <summary>Whatever is done in whatever order, with transactions that break off before their commit, the platform holds what a plain list of holds says.</summary>
[OnDatabase]
public sealed class HoldsModelTests(PlatformFixture platform)
{
    private static readonly Gen<Act> Acts = Gen.Select(Gen.Int[0, 99], Gen.Int[0, 5], Gen.Int[0, 3], Gen.Long[1, 6], Gen.Int[0, 9],
        (what, consumer, node, cores, crash) => new Act(what, consumer, node, cores, crash == 0));

    [Fact]
    public async Task Any_SequenceOfChanges_IsWhatThePlainModelSays() => await Acts.List[5, 30].SampleAsync(async acts =>
    {
        var world = await CloudWorld.MakeAsync(platform, 12, 9, 7);
        var model = new Model(world);
        var now = TimeProvider.System.GetUtcNow();
        var ids = Enumerable.Range(0, 6).Select(_ => CloudWorld.NewId()).ToArray();
        foreach (var act in acts)
        {
            now = now.AddSeconds(10);
            var (consumer, node) = (ids[act.Consumer], model.Nodes[act.Node]);
            var expected = model.Do(act, consumer, node, now, out var after);
            HoldResult result;
            try
            {
                result = await world.Act(async db =>
                {
                    var outcome = await DoAsync(db, act, consumer, node, now);
                    return act.Crashes ? throw new BrokenOffException(outcome.Result) : outcome.Result;
                });
                model.Holds = after;
            }
            catch (BrokenOffException e) { result = e.Result; }
            result.ShouldBe(expected, act.ToString());
        }

        foreach (var node in model.Nodes)
        {
            var held = await world.Held(node);
            held.Reserved.ShouldBe(model.Held(model.Holds, node).Reserved);
            held.Active.ShouldBe(model.Held(model.Holds, node).Active);
        }

        (await world.Differences()).ShouldBeEmpty();
    }, iter: 25, threads: 1);

    private static Task<HoldOutcome> DoAsync(ZhengtongDb db, Act act, Guid consumer, QuotaNode node, DateTimeOffset now) => act.Verb switch
    {
        Verb.Take => Holds.TakeAsync(db, new HoldRequest(consumer, node.Id, [new("vcpu", act.Cores)], Model.Lifetime), Actor.Platform, now, default),
        Verb.Activate => Holds.ActivateAsync(db, consumer, Actor.Platform, now, default),
        Verb.Resize => Holds.ResizeAsync(db, consumer, [new("vcpu", act.Cores)], Actor.Platform, now, default),
        Verb.Release => Holds.ReleaseAsync(db, consumer, "model", Actor.Platform, now, default),
        Verb.Expire => Holds.ExpireAsync(db, consumer, now, default),
        Verb.BeginMove => Holds.BeginMoveAsync(db, consumer, node.Id, Actor.Platform, now, default),
        Verb.FinishMove => Holds.FinishMoveAsync(db, consumer, Actor.Platform, now, default),
        _ => Holds.CancelMoveAsync(db, consumer, Actor.Platform, now, default),
    };

    private enum Verb { Take, Activate, Resize, Release, Expire, BeginMove, FinishMove, CancelMove }

    private sealed record Act(int What, int Consumer, int Node, long Cores, bool Crashes)
    {
        internal Verb Verb => What switch { < 40 => Verb.Take, < 55 => Verb.Activate, < 67 => Verb.Resize, < 77 => Verb.Release, < 82 => Verb.Expire, < 90 => Verb.BeginMove, < 96 => Verb.FinishMove, _ => Verb.CancelMove };
    }

    private sealed class BrokenOffException(HoldResult result) : Exception
    {
        internal HoldResult Result { get; } = result;
    }

    private sealed record Held(QuotaNode Node, QuotaNode? To, long Cores, HoldState State, DateTimeOffset ExpiresAt);

    private sealed class Model(CloudWorld world)
    {
        internal static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(65);

        internal QuotaNode[] Nodes { get; } = [world.Province, world.First, world.Second, world.Project];

        internal Dictionary<Guid, Held> Holds { get; set; } = [];

        internal (long Reserved, long Active) Held(Dictionary<Guid, Held> holds, QuotaNode node)
        {
            var (reserved, active) = (0L, 0L);
            foreach (var hold in holds.Values.Where(h => h.State != HoldState.Released))
            {
                var isActive = hold.State == HoldState.Active;
                if (hold.Node.Line.Contains(node.Id)) { if (isActive) { active += hold.Cores; } else { reserved += hold.Cores; } }
                else if (hold.To?.Line.Contains(node.Id) == true) { reserved += hold.Cores; }
            }

            return (reserved, active);
        }

        internal HoldResult Do(Act act, Guid consumer, QuotaNode node, DateTimeOffset now, out Dictionary<Guid, Held> after)
        {
            after = Holds;
            if (!Holds.TryGetValue(consumer, out var hold))
            {
                return act.Verb == Verb.Take ? Try(consumer, new Held(node, null, act.Cores, HoldState.Reserved, now + Lifetime), ref after) : HoldResult.Unknown;
            }

            var isOver = hold.State == HoldState.Reserved && hold.ExpiresAt <= now;
            if (act.Verb == Verb.Take) { return hold.State == HoldState.Released ? HoldResult.Released : hold.Node == node && hold.Cores == act.Cores ? HoldResult.Already : HoldResult.Differs; }
            if (act.Verb == Verb.Expire) { return isOver ? Try(consumer, hold with { State = HoldState.Released, To = null }, ref after) : HoldResult.Already; }
            if (hold.State == HoldState.Released) { return act.Verb == Verb.Release ? HoldResult.Already : HoldResult.Released; }
            switch (act.Verb)
            {
                case Verb.Activate:
                    return hold.State == HoldState.Active ? HoldResult.Already : hold.To is not null ? HoldResult.Moving : isOver ? HoldResult.Expired : Try(consumer, hold with { State = HoldState.Active }, ref after);
                case Verb.Resize:
                    return hold.To is not null ? HoldResult.Moving : hold.Cores == act.Cores ? HoldResult.Already : isOver ? HoldResult.Expired : Try(consumer, hold with { Cores = act.Cores }, ref after);
                case Verb.Release:
                    return Try(consumer, hold with { State = HoldState.Released, To = null }, ref after);
                case Verb.BeginMove:
                    return hold.To == node || (hold.To is null && hold.Node == node) ? HoldResult.Already : hold.To is not null ? HoldResult.Moving : Try(consumer, hold with { To = node }, ref after);
                case Verb.FinishMove:
                    return hold.To is null ? HoldResult.NotMoving : Try(consumer, hold with { Node = hold.To, To = null }, ref after);
                default:
                    return hold.To is null ? HoldResult.Already : Try(consumer, hold with { To = null }, ref after);
            }
        }

        /// <summary>The change when every node stays within its limit, or at least does not grow.</summary>
        private HoldResult Try(Guid consumer, Held hold, ref Dictionary<Guid, Held> after)
        {
            var tried = new Dictionary<Guid, Held>(Holds) { [consumer] = hold };
            foreach (var (node, limit) in new[] { (world.Province, 12L), (world.First, 9L), (world.Second, 7L) })
            {
                var (before, then) = (Held(Holds, node), Held(tried, node));
                if (then.Reserved + then.Active > limit && then.Reserved + then.Active > before.Reserved + before.Active) { return HoldResult.Exceeded; }
            }

            after = tried;
            return HoldResult.Done;
        }
    }
}
