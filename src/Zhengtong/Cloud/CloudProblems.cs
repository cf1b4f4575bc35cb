using Zhengtong.Kernel.Http;

namespace Zhengtong.Cloud;

/// <summary>The cloud's refusals.</summary>
internal static class CloudProblems
{
    internal static readonly ProblemType Invalid = new("cloud.invalid", 400);
    internal static readonly ProblemType KindTaken = new("cloud.kind-taken", 409);
    internal static readonly ProblemType QuotaNotFound = new("cloud.quota-not-found", 404);
    internal static readonly ProblemType QuotaTaken = new("cloud.quota-taken", 409);
    internal static readonly ProblemType QuotaAbove = new("cloud.quota-above", 409);
    internal static readonly ProblemType QuotaHeld = new("cloud.quota-held", 409);
    internal static readonly ProblemType QuotaExceeded = new("cloud.quota-exceeded", 409);
    internal static readonly ProblemType HoldNotFound = new("cloud.hold-not-found", 404);
    internal static readonly ProblemType HoldDiffers = new("cloud.hold-differs", 409);
    internal static readonly ProblemType HoldReleased = new("cloud.hold-released", 409);
    internal static readonly ProblemType HoldMoving = new("cloud.hold-moving", 409);
    internal static readonly ProblemType ChangedMeanwhile = new("cloud.changed-meanwhile", 409);
    internal static readonly ProblemType PoolNotFound = new("cloud.pool-not-found", 404);
    internal static readonly ProblemType PoolTaken = new("cloud.pool-taken", 409);
    internal static readonly ProblemType InventoryHeld = new("cloud.inventory-held", 409);
    internal static readonly ProblemType NoHost = new("cloud.no-host", 409);
    internal static readonly ProblemType PlacementNotFound = new("cloud.placement-not-found", 404);
    internal static readonly ProblemType ResourceUnknown = new("cloud.resource-unknown", 404);
    internal static readonly ProblemType BillNotFound = new("cloud.bill-not-found", 404);
    internal static readonly ProblemType BillClosed = new("cloud.bill-closed", 409);
    internal static readonly ProblemType BillNotOver = new("cloud.bill-not-over", 409);
    internal static readonly ProblemType BillUnpriced = new("cloud.bill-unpriced", 409);
    internal static readonly ProblemType CorrectionNothing = new("cloud.correction-nothing", 409);
    internal static readonly ProblemType ReclaimNotFound = new("cloud.reclaim-not-found", 404);
    internal static readonly ProblemType ReclaimMovedOn = new("cloud.reclaim-moved-on", 409);
    internal static readonly ProblemType NoSavingsMethod = new("cloud.no-savings-method", 409);
}
