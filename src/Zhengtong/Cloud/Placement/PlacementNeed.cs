using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Quotas;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Cloud.Placement;

/// <summary>What a place must have.</summary>
/// <param name="Amounts">How much of each kind, 1 to 50 kinds; kinds that no host gives are passed over.</param>
/// <param name="Zone">The network.</param>
/// <param name="Protection">The lowest 等保 level of the pool, 1 to 5.</param>
/// <param name="Region">Only pools of this region and of those below it; null for any.</param>
/// <param name="PoolId">Only this pool; null for any.</param>
/// <param name="Traits">What the host must have, at most 20.</param>
/// <param name="UnwantedTraits">What the host must not have, at most 20.</param>
/// <param name="SpreadGroup">反亲和: no host takes two of one group; at most 100 characters, null for none.</param>
public sealed record PlacementNeed(
    [Required, Length(1, 50)] IReadOnlyList<ResourceAmount> Amounts, NetworkZone Zone, [Range(1, 5)] int Protection, [RegionCode] string? Region, Guid? PoolId,
    [Required, MaxLength(20)] IReadOnlyList<string> Traits, [Required, MaxLength(20)] IReadOnlyList<string> UnwantedTraits, [StringLength(100, MinimumLength = 1)] string? SpreadGroup)
{
    internal RegionCode? RegionCode => Region is null ? null : Kernel.Regions.RegionCode.Parse(Region);
}

/// <summary>A consumer that is to hold at a node and to stand on a host, both or neither.</summary>
/// <param name="Consumer">What holds and stands.</param>
/// <param name="Node">The node of the tree of quotas.</param>
/// <param name="Need">What the place must have; its amounts are what is held.</param>
/// <param name="Lifetime">After which the reservation ends by itself; null when it does not.</param>
internal sealed record ClaimRequest(Guid Consumer, Guid Node, PlacementNeed Need, TimeSpan? Lifetime = null);

/// <summary>What became of a claim.</summary>
internal enum ClaimResult
{
    /// <summary>It holds and stands.</summary>
    Placed,
    /// <summary>It did already.</summary>
    Already,
    /// <summary>No host fits: nothing is held.</summary>
    NoHost,
    /// <summary>A quota does not allow it, or the consumer holds otherwise: see the hold's outcome. Nothing is placed.</summary>
    NotHeld,
}

/// <summary>What became of a claim, and why.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Claim">Where it stands; null when nowhere.</param>
/// <param name="Hold">What the quota said; null when it was not asked.</param>
/// <param name="Explanation">Why there, and why not elsewhere; null when it stood before.</param>
internal sealed record ClaimOutcome(ClaimResult Result, HostClaim? Claim, HoldOutcome? Hold, PlacementExplanation? Explanation)
{
    internal bool IsPlaced => Result is ClaimResult.Placed or ClaimResult.Already;

    /// <summary>Null when it is placed; else the refusal.</summary>
    internal ProblemHttpResult? Problem => Result switch
    {
        ClaimResult.Placed or ClaimResult.Already => null,
        ClaimResult.NoHost => CloudProblems.NoHost.Because(string.Join("; ", (Explanation?.Refused ?? []).Take(5).Select(r => $"{r.Obstacle} {r.What}: {r.Count}"))),
        _ => Hold?.Problem ?? CloudProblems.HoldNotFound.Because(),
    };
}
