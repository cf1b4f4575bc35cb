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
    internal static readonly ProblemType DatabaseServerNotFound = new("cloud.database-server-not-found", 404);
    internal static readonly ProblemType DatabaseServerTaken = new("cloud.database-server-taken", 409);
    internal static readonly ProblemType DatabaseServerUnreachable = new("cloud.database-server-unreachable", 409);
    internal static readonly ProblemType DatabaseNotFound = new("cloud.database-not-found", 404);
    internal static readonly ProblemType BackupNotFound = new("cloud.backup-not-found", 404);
    internal static readonly ProblemType SecretLost = new("cloud.secret-lost", 409);
    internal static readonly ProblemType BrokerNotFound = new("cloud.broker-not-found", 404);
    internal static readonly ProblemType BrokerTaken = new("cloud.broker-taken", 409);
    internal static readonly ProblemType BrokerUnreachable = new("cloud.broker-unreachable", 409);
    internal static readonly ProblemType BrokerCatalogueChanged = new("cloud.broker-catalogue-changed", 409);
    internal static readonly ProblemType BrokerPlanUsed = new("cloud.broker-plan-used", 409);
    internal static readonly ProblemType BrokerPlanNotFound = new("cloud.broker-plan-not-found", 404);
    internal static readonly ProblemType BrokeredNotFound = new("cloud.brokered-not-found", 404);
    internal static readonly ProblemType BrokeredBusy = new("cloud.brokered-busy", 409);
    internal static readonly ProblemType BindingNotFound = new("cloud.binding-not-found", 404);
    internal static readonly ProblemType BrokerAccountNotFound = new("cloud.broker-account-not-found", 404);
    internal static readonly ProblemType BrokerAccountTaken = new("cloud.broker-account-taken", 409);
}
