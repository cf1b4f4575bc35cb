using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud;

/// <summary>A tree of quotas of a test's own: a province, two departments, a project of the first.</summary>
internal sealed class CloudWorld
{
    private readonly Func<Func<ZhengtongDb, Task<object>>, Task<object>> with;

    private CloudWorld(Func<Func<ZhengtongDb, Task<object>>, Task<object>> with) => this.with = with;

    internal QuotaNode Province { get; private init; } = null!;

    internal QuotaNode First { get; private init; } = null!;

    internal QuotaNode Second { get; private init; } = null!;

    /// <summary>Below the first; without limits of its own.</summary>
    internal QuotaNode Project { get; private init; } = null!;

    internal Guid[] Nodes => [Province.Id, First.Id, Second.Id, Project.Id];

    /// <summary>Limits of cores at the province, the first and the second; memory is as many MiB and plenty everywhere.</summary>
    internal static async Task<CloudWorld> MakeAsync(PlatformFixture platform, long province, long first, long second)
    {
        var (one, other) = (await platform.Department(), await platform.Department());
        var now = TimeProvider.System.GetUtcNow();
        var root = Node(null, QuotaLevel.Province, null, now);
        var (a, b) = (Node(root, QuotaLevel.Department, one, now), Node(root, QuotaLevel.Department, other, now));
        var world = new CloudWorld(async act => await platform.WithDb(act)) { Province = root, First = a, Second = b, Project = Node(a, QuotaLevel.Project, one, now) };
        await platform.WithDb(async db =>
        {
            db.QuotaNodes.AddRange(world.Province, world.First, world.Second, world.Project);
            foreach (var (node, cores) in new[] { (root, province), (a, first), (b, second) })
            {
                db.QuotaCounters.AddRange(new QuotaCounter { NodeId = node.Id, Kind = "vcpu", Limit = cores }, new QuotaCounter { NodeId = node.Id, Kind = "memory", Limit = 1_000_000 });
            }

            return await db.SaveChangesAsync();
        });
        return world;
    }

    internal static Guid NewId() => Guid.CreateVersion7(TimeProvider.System.GetUtcNow());

    internal static HoldRequest Cores(QuotaNode node, long cores, Guid? consumer = null, TimeSpan? lifetime = null) => new(consumer ?? NewId(), node.Id, [new("vcpu", cores)], lifetime);

    /// <summary>Within a transaction that is committed.</summary>
    internal async Task<T> Act<T>(Func<ZhengtongDb, Task<T>> act) where T : notnull => (T)await with(async db =>
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        var answer = await act(db);
        await transaction.CommitAsync();
        return answer;
    });

    internal Task<HoldOutcome> Take(HoldRequest request, DateTimeOffset? now = null) => Act(db => Holds.TakeAsync(db, request, Actor.Platform, now ?? TimeProvider.System.GetUtcNow(), CancellationToken.None));

    internal Task<HoldOutcome> Release(Guid consumer) => Act(db => Holds.ReleaseAsync(db, consumer, "test", Actor.Platform, TimeProvider.System.GetUtcNow(), CancellationToken.None));

    /// <summary>What the counters of a node say of cores.</summary>
    internal async Task<(long Reserved, long Active)> Held(QuotaNode node, string kind = "vcpu") => ((long, long))await with(async db =>
        await db.QuotaCounters.AsNoTracking().SingleOrDefaultAsync(c => c.NodeId == node.Id && c.Kind == kind) is { } c ? (c.Reserved, c.Active) : (0L, 0L));

    /// <summary>Counters of this world that do not equal the sum of the movements.</summary>
    internal async Task<IReadOnlyList<CounterDifference>> Differences() => (IReadOnlyList<CounterDifference>)await with(async db =>
        (await Recounting.DifferencesAsync(db, CancellationToken.None)).Where(d => Nodes.Contains(d.Node)).ToList());

    private static QuotaNode Node(QuotaNode? parent, QuotaLevel level, Organisation? owner, DateTimeOffset now) =>
        QuotaNode.Below(parent, level, $"test:{Guid.CreateVersion7(now)}", RegionCode.Parse("610000"), owner?.Id, level == QuotaLevel.Project ? "项目" : null, now);
}
