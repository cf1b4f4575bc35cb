using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.Quotas;

/// <summary>What is to be held.</summary>
/// <param name="Consumer">What holds: the id of an order's item, or any other. One consumer has one hold, ever.</param>
/// <param name="Node">The node at which, and at every node above which, it counts.</param>
/// <param name="Amounts">How much; kinds that are named twice are summed.</param>
/// <param name="Lifetime">After which a reservation ends by itself; null when it does not.</param>
internal sealed record HoldRequest(Guid Consumer, Guid Node, IReadOnlyList<ResourceAmount> Amounts, TimeSpan? Lifetime = null);

/// <summary>What became of a change of a hold.</summary>
internal enum HoldResult
{
    /// <summary>Done.</summary>
    Done,
    /// <summary>It was so already: nothing changed.</summary>
    Already,
    /// <summary>It does not fit; see the shortages.</summary>
    Exceeded,
    /// <summary>There is no such node.</summary>
    NodeUnknown,
    /// <summary>There is no hold of this consumer.</summary>
    Unknown,
    /// <summary>The consumer holds something else, or elsewhere.</summary>
    Differs,
    /// <summary>It was released, which is for good.</summary>
    Released,
    /// <summary>The reservation's lifetime is over.</summary>
    Expired,
    /// <summary>It moves; finish or cancel that first.</summary>
    Moving,
    /// <summary>It does not move.</summary>
    NotMoving,
}

/// <summary>What became of a change of a hold, with the hold as it is now.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Hold">The hold; null where there is none.</param>
/// <param name="Shortages">For <see cref="HoldResult.Exceeded"/>: every level that lacks something; else empty.</param>
internal sealed record HoldOutcome(HoldResult Result, Hold? Hold, IReadOnlyList<Shortage> Shortages)
{
    /// <summary>True when what was asked for is so now.</summary>
    internal bool IsSo => Result is HoldResult.Done or HoldResult.Already;

    /// <summary>Null when it is so; else the refusal.</summary>
    internal ProblemHttpResult? Problem => Result switch
    {
        HoldResult.Done or HoldResult.Already => null,
        HoldResult.Exceeded => Shortage.Refuse(Shortages),
        HoldResult.NodeUnknown => CloudProblems.QuotaNotFound.Because(),
        HoldResult.Unknown => CloudProblems.HoldNotFound.Because(),
        HoldResult.Differs => CloudProblems.HoldDiffers.Because($"{Hold?.ConsumerId}"),
        HoldResult.Moving or HoldResult.NotMoving => CloudProblems.HoldMoving.Because($"{Hold?.ConsumerId}"),
        _ => CloudProblems.HoldReleased.Because($"{Hold?.ConsumerId}"),
    };

    internal static HoldOutcome Of(HoldResult result, Hold? hold = null) => new(result, hold, []);
}
