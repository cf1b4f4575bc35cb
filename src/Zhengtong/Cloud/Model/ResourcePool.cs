using Zhengtong.Kernel.Regions;

namespace Zhengtong.Cloud.Model;

/// <summary>Which of the government's networks a pool stands in.</summary>
public enum NetworkZone
{
    /// <summary>政务内网.</summary>
    GovernmentIntranet,
    /// <summary>政务外网.</summary>
    GovernmentExtranet,
    /// <summary>互联网.</summary>
    Internet,
}

/// <summary>Which hosts are taken first.</summary>
public enum PlacementStrategy
{
    /// <summary>Those of which the least is allocated: even load.</summary>
    Spread,
    /// <summary>Those of which the most is allocated and that still fit: large pieces stay free.</summary>
    Pack,
}

/// <summary>Whether a host takes what is placed.</summary>
public enum HostState
{
    /// <summary>Takes instances.</summary>
    Online,
    /// <summary>Out of service: nothing new.</summary>
    Offline,
    /// <summary>Is being emptied: nothing new, and what is on it moves away.</summary>
    Evacuating,
}

/// <summary>What the operator wants of a host.</summary>
public enum HostWish
{
    /// <summary>It carries what is placed on it.</summary>
    Serving,
    /// <summary>腾空: what is on it is moved to the pool's other hosts, and nothing new comes, until it is to serve again.</summary>
    Evacuated,
}

/// <summary>How a pool counts a kind.</summary>
/// <param name="Kind">Code of the kind.</param>
/// <param name="Overcommit">超配比: thousandths of what is physically there that may be allocated; 1000 is one to one.</param>
/// <param name="Reserved">Thousandths of each host's rest that are kept back, for hosts that fail.</param>
public sealed record PoolRatio(string Kind, int Overcommit, int Reserved)
{
    internal static readonly PoolRatio Plain = new("", 1000, 0);
}

/// <summary>A resource pool 资源池 of hosts behind one engine.</summary>
internal sealed class ResourcePool
{
    internal required Guid Id { get; init; }

    /// <summary>2 to 100 characters, unique.</summary>
    internal required string Name { get; set; }

    internal required NetworkZone Zone { get; init; }

    internal required RegionCode Region { get; init; }

    /// <summary>Name of the engine's driver, at most 40 characters.</summary>
    internal required string Engine { get; set; }

    /// <summary>Where the engine is, as its driver reads it; at most 500 characters.</summary>
    internal required string Address { get; set; }

    /// <summary>Keys and passwords for the engine, sealed by the vault; null where none are needed.</summary>
    internal byte[]? Secret { get; set; }

    /// <summary>等保 level that the pool has been assessed for, 1 to 5.</summary>
    internal required int Protection { get; set; }

    internal required PlacementStrategy Strategy { get; set; }

    /// <summary>Kinds that are not named count one to one.</summary>
    internal required IReadOnlyList<PoolRatio> Ratios { get; set; }

    /// <summary>False: nothing new is placed in it.</summary>
    internal bool IsOpen { get; set; } = true;

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From 1; grows with each change.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Touch() => Revision++;

    /// <summary>What the seal of the secret is bound to.</summary>
    internal static string PurposeOf(Guid pool) => $"cloud-pool:{pool}";

    /// <summary>How much of a kind may be allocated on a host.</summary>
    internal long CapacityOf(string kind, long total, long reserved)
    {
        var ratio = Ratios.FirstOrDefault(r => r.Kind == kind) ?? PoolRatio.Plain;
        // Kept back first, then overcommitted; 128 bits, because the product may be larger than 64.
        return (long)((Int128)(total - reserved) * (1000 - ratio.Reserved) * ratio.Overcommit / 1_000_000);
    }
}

/// <summary>What was last seen of a pool's engine. Apart from the pool: it is written each minute, and is nobody's decision.</summary>
internal sealed class PoolSight
{
    internal required Guid PoolId { get; init; }

    internal required DateTimeOffset LookedAt { get; set; }

    /// <summary>When it last answered; null before it ever has.</summary>
    internal DateTimeOffset? SeenAt { get; set; }

    /// <summary>As it said when it last answered, at most 40 characters.</summary>
    internal string Product { get; set; } = "";

    /// <summary>Likewise, at most 100 characters.</summary>
    internal string Version { get; set; } = "";

    /// <summary>Code of why it does not answer (docs/engines.md); null when it does.</summary>
    internal string? Fault { get; set; }

    internal DateTimeOffset? FaultSince { get; set; }

    /// <summary>True when the operators were told of this fault.</summary>
    internal bool IsTold { get; set; }
}

/// <summary>A host 宿主机, a member of a pool.</summary>
internal sealed class CloudHost
{
    internal required Guid Id { get; init; }

    internal required Guid PoolId { get; init; }

    /// <summary>As the engine calls it, 1 to 100 characters, unique within the pool.</summary>
    internal required string Name { get; init; }

    internal required HostState State { get; set; }

    /// <summary>The state that it returns to when its engine hears of it again, or fills it again; null while the engine has no part in its state.</summary>
    internal HostState? Intended { get; set; }

    /// <summary>What it has: <c>gpu</c>, <c>ssd</c>; lower-case words.</summary>
    internal required IReadOnlyList<string> Traits { get; set; }

    /// <summary>The group it stands in, such as a rack or a room; may be empty.</summary>
    internal required string Group { get; set; }

    /// <summary>Measured load in thousandths; of two hosts with the same share allocated the less loaded is taken.</summary>
    internal int Load { get; set; }

    /// <summary>What the operator wants of it; the job <c>cloud.hosts</c> brings its engine to it.</summary>
    internal HostWish Wish { get; set; }

    /// <summary>Why it is not yet what it is to be, a code of docs/engines.md or <c>no-room</c>, <c>left</c>, <c>no-engine</c>; at most 60 characters, null when it is.</summary>
    internal string? Problem { get; set; }

    /// <summary>Attempts since the wish was told.</summary>
    internal int Attempts { get; set; }

    /// <summary>When the job asks the engine next; null when nothing is to be done.</summary>
    internal DateTimeOffset? NextAt { get; set; }

    /// <summary>From 1; grows with each change by an officer.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Touch() => Revision++;
}

/// <summary>What a host has of a kind, and how much of it is allocated.</summary>
internal sealed class HostInventory
{
    internal required Guid HostId { get; init; }

    internal required string Kind { get; init; }

    /// <summary>What is physically there.</summary>
    internal required long Total { get; set; }

    /// <summary>What the host itself needs.</summary>
    internal required long Reserved { get; set; }

    /// <summary>What may be allocated: from total, reserved and the pool's ratio.</summary>
    internal required long Capacity { get; set; }

    /// <summary>What is allocated. Changed by statements alone, never through the tracker.</summary>
    internal long Used { get; init; }

    /// <summary>True when the host takes what is placed; asked again by the statement that allocates.</summary>
    internal required bool IsOpen { get; set; }

    /// <summary>The clock (<see cref="PlacementClock"/>) when the row last changed: readers ask for what is newer than what they saw.</summary>
    internal required long Generation { get; set; }

    /// <summary>The clock when an officer last changed the host or its pool: what readers keep of those is older before.</summary>
    internal required long SetGeneration { get; set; }
}

/// <summary>One row: counts the transactions that changed hosts. Whoever changes a host moves it first, so that transactions get their numbers in the order of their commits.</summary>
internal sealed class PlacementClock
{
    internal required int Id { get; init; }

    internal required long Generation { get; init; }
}

/// <summary>A consumer's place on a host.</summary>
internal sealed record HostClaim
{
    internal required Guid Id { get; init; }

    internal required Guid ConsumerId { get; init; }

    internal required Guid PoolId { get; init; }

    internal required Guid HostId { get; init; }

    /// <summary>Of the kinds that hosts give.</summary>
    internal required IReadOnlyList<ResourceAmount> Amounts { get; init; }

    /// <summary>No host takes two of one group 反亲和; null for none.</summary>
    internal string? SpreadGroup { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }

    internal DateTimeOffset? ReleasedAt { get; init; }

    /// <summary>From 1; of two changes at once one acts.</summary>
    internal int Revision { get; init; } = 1;
}

/// <summary>Why a consumer stands where it stands; kept with the claim.</summary>
internal sealed class PlacementRecord
{
    internal required Guid ClaimId { get; init; }

    internal required Guid ConsumerId { get; init; }

    internal required DateTimeOffset At { get; init; }

    internal required PlacementExplanation Explanation { get; init; }
}
