namespace Zhengtong.Cloud.Model;

/// <summary>Where a hold stands.</summary>
public enum HoldState
{
    /// <summary>预占: approved, not yet delivered; released by itself when its lifetime ends.</summary>
    Reserved,
    /// <summary>占用: delivered.</summary>
    Active,
    /// <summary>释放: given back, once and for good.</summary>
    Released,
}

/// <summary>What happened to a hold.</summary>
public enum HoldStep
{
    /// <summary>Taken.</summary>
    Taken,
    /// <summary>What was reserved is there now.</summary>
    Activated,
    /// <summary>Other amounts.</summary>
    Resized,
    /// <summary>A move began: both ends count.</summary>
    MoveBegun,
    /// <summary>The move is done: the new end alone counts.</summary>
    MoveFinished,
    /// <summary>The move was given up: the old end alone counts.</summary>
    MoveCancelled,
    /// <summary>Given back.</summary>
    Released,
    /// <summary>Given back because its lifetime ended.</summary>
    Expired,
}

/// <summary>A hold 占用 on a quota: a consumer, such as an item of an order, holds amounts at a node and at every node above it. Changed by <see cref="Quotas.Holds"/> alone.</summary>
internal sealed record Hold
{
    internal required Guid Id { get; init; }

    /// <summary>What holds; one consumer has one hold, ever.</summary>
    internal required Guid ConsumerId { get; init; }

    internal required Guid NodeId { get; init; }

    /// <summary>While it moves: the node that it moves to.</summary>
    internal Guid? MovingTo { get; init; }

    /// <summary>In the form of <see cref="Model.Amounts.Of"/>.</summary>
    internal required IReadOnlyList<ResourceAmount> Amounts { get; init; }

    internal required HoldState State { get; init; }

    /// <summary>When a reservation ends by itself; null when it does not.</summary>
    internal DateTimeOffset? ExpiresAt { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }

    internal DateTimeOffset? ReleasedAt { get; init; }

    /// <summary>From 1; whoever changes the hold names it, so that of two at once one acts.</summary>
    internal int Revision { get; init; } = 1;
}

/// <summary>One change of what is held, never altered nor deleted: the sum of the movements is the truth, the counters must equal it.</summary>
internal sealed class HoldMovement
{
    internal required Guid Id { get; init; }

    internal required Guid HoldId { get; init; }

    /// <summary>The lowest node that it counts at.</summary>
    internal required Guid NodeId { get; init; }

    /// <summary>It counts at the nodes on the way to <see cref="NodeId"/> that have so many or more above them: 0 for all. While something moves, the nodes that both ways share count it once.</summary>
    internal required int FromDepth { get; init; }

    internal required string Kind { get; init; }

    /// <summary>Change of what is reserved; may be negative.</summary>
    internal required long Reserved { get; init; }

    /// <summary>Change of what is active; may be negative.</summary>
    internal required long Active { get; init; }

    internal required HoldStep Step { get; init; }

    internal required DateTimeOffset At { get; init; }
}
