namespace Zhengtong.Cloud.Model;

/// <summary>Why a pool or a host did not come into question.</summary>
public enum PlacementObstacle
{
    /// <summary>The pool stands in another network.</summary>
    Zone,
    /// <summary>The pool's 等保 level is lower than what is asked.</summary>
    Protection,
    /// <summary>The pool stands in another region.</summary>
    Region,
    /// <summary>Another pool was asked for.</summary>
    OtherPool,
    /// <summary>The pool is closed.</summary>
    PoolClosed,
    /// <summary>The host is offline or is being emptied.</summary>
    HostClosed,
    /// <summary>The host lacks a trait, or has one that is not wanted.</summary>
    Trait,
    /// <summary>The host holds another of the same spread group.</summary>
    SpreadGroup,
    /// <summary>The host is the one that the consumer is to leave.</summary>
    Left,
    /// <summary>Too little is free.</summary>
    Capacity,
}

/// <summary>How many were refused for one reason.</summary>
/// <param name="Obstacle">The reason.</param>
/// <param name="What">Which kind or trait; empty where the reason says all.</param>
/// <param name="Count">How many hosts.</param>
/// <param name="Examples">Names of some of them, at most 3.</param>
/// <param name="MostFree">For too little capacity: the most that any of them has free; otherwise null.</param>
public sealed record RefusedHosts(PlacementObstacle Obstacle, string What, int Count, IReadOnlyList<string> Examples, long? MostFree);

/// <summary>A host that came into question.</summary>
/// <param name="PoolId">Its pool.</param>
/// <param name="HostId">Its id.</param>
/// <param name="Host">Its name.</param>
/// <param name="Share">Thousandths of its scarcest kind that would be allocated.</param>
/// <param name="Load">Its load in thousandths.</param>
public sealed record HostCandidate(Guid PoolId, Guid HostId, string Host, int Share, int Load);

/// <summary>Why a place was chosen, and why each other was not.</summary>
/// <param name="Chosen">Where it goes; null when nothing fits.</param>
/// <param name="Others">The next best, at most 4, the best first. Among them and the chosen one a number made from the consumer's id decided, so that not all take the same host.</param>
/// <param name="Fitting">How many hosts would have fitted.</param>
/// <param name="Hosts">How many hosts were looked at.</param>
/// <param name="Refused">The rest, by reason.</param>
/// <param name="Strategy">Which hosts are taken first.</param>
/// <param name="Generation">State of the hosts that it was decided on.</param>
public sealed record PlacementExplanation(
    HostCandidate? Chosen, IReadOnlyList<HostCandidate> Others, int Fitting, int Hosts, IReadOnlyList<RefusedHosts> Refused, PlacementStrategy Strategy, long Generation);
