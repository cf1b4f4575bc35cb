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
    internal static readonly ProblemType EngineUnknown = new("cloud.engine-unknown", 400);
    internal static readonly ProblemType InventoryHeld = new("cloud.inventory-held", 409);
    internal static readonly ProblemType NoHost = new("cloud.no-host", 409);
    internal static readonly ProblemType PlacementNotFound = new("cloud.placement-not-found", 404);
    internal static readonly ProblemType ResourceNotFound = new("cloud.resource-not-found", 404);
    internal static readonly ProblemType ResourceGone = new("cloud.resource-gone", 409);
    internal static readonly ProblemType ResourceNotThere = new("cloud.resource-not-there", 409);
    internal static readonly ProblemType ResourceNotTroubled = new("cloud.resource-not-troubled", 409);
    internal static readonly ProblemType TasksMany = new("cloud.tasks-many", 409);
    internal static readonly ProblemType OrphanNotFound = new("cloud.orphan-not-found", 404);
    internal static readonly ProblemType EngineSilent = new("cloud.engine-silent", 503);
    internal static readonly ProblemType SystemNotFound = new("cloud.system-not-found", 404);
    internal static readonly ProblemType SystemTaken = new("cloud.system-taken", 409);
    internal static readonly ProblemType SystemRetired = new("cloud.system-retired", 409);
    internal static readonly ProblemType SystemInUse = new("cloud.system-in-use", 409);
    internal static readonly ProblemType OrderNotFound = new("cloud.order-not-found", 404);
    internal static readonly ProblemType OrderInvalid = new("cloud.order-invalid", 400);
    internal static readonly ProblemType OrderNotDraft = new("cloud.order-not-draft", 409);
    internal static readonly ProblemType OrderNotSubmitted = new("cloud.order-not-submitted", 409);
    internal static readonly ProblemType OrderInReview = new("cloud.order-in-review", 409);
    internal static readonly ProblemType OrderOwn = new("cloud.order-own", 403);
    internal static readonly ProblemType OrderOver = new("cloud.order-over", 409);
    internal static readonly ProblemType OrderNoQuota = new("cloud.order-no-quota", 409);
    internal static readonly ProblemType ServiceGone = new("cloud.service-gone", 409);
    internal static readonly ProblemType ChangeOpen = new("cloud.change-open", 409);
    internal static readonly ProblemType ResourceUnknown = new("cloud.resource-unknown", 404);
    internal static readonly ProblemType BillNotFound = new("cloud.bill-not-found", 404);
    internal static readonly ProblemType BillClosed = new("cloud.bill-closed", 409);
    internal static readonly ProblemType BillNotOver = new("cloud.bill-not-over", 409);
    internal static readonly ProblemType BillUnpriced = new("cloud.bill-unpriced", 409);
    internal static readonly ProblemType CorrectionNothing = new("cloud.correction-nothing", 409);
    internal static readonly ProblemType ReclaimNotFound = new("cloud.reclaim-not-found", 404);
    internal static readonly ProblemType ReclaimMovedOn = new("cloud.reclaim-moved-on", 409);
    internal static readonly ProblemType LegacyNotFound = new("cloud.legacy-not-found", 404);
    internal static readonly ProblemType LegacyTaken = new("cloud.legacy-taken", 409);
    internal static readonly ProblemType LegacyOver = new("cloud.legacy-over", 409);
    internal static readonly ProblemType LegacyNothingThere = new("cloud.legacy-nothing-there", 409);
    internal static readonly ProblemType RoomNotFound = new("cloud.room-not-found", 404);
    internal static readonly ProblemType RoomClosed = new("cloud.room-closed", 409);
    internal static readonly ProblemType RoomInUse = new("cloud.room-in-use", 409);
    internal static readonly ProblemType NoSavingsMethod = new("cloud.no-savings-method", 409);
}
