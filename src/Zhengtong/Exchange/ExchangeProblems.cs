using Zhengtong.Kernel.Http;

namespace Zhengtong.Exchange;

/// <summary>The Exchange's refusals, and the reasons for which a delivery waits.</summary>
internal static class ExchangeProblems
{
    internal static readonly ProblemType ConnectionInvalid = new("exchange.connection-invalid", 400);
    internal static readonly ProblemType DataSourceUnknown = new("exchange.data-source-unknown", 404);
    internal static readonly ProblemType ResourceUnknown = new("exchange.resource-unknown", 404);
    internal static readonly ProblemType AgreementUnknown = new("exchange.agreement-unknown", 404);
    internal static readonly ProblemType DeliveryUnknown = new("exchange.delivery-unknown", 404);
    internal static readonly ProblemType BatchUnknown = new("exchange.batch-unknown", 404);
    internal static readonly ProblemType NotProvider = new("exchange.not-provider", 403);
    internal static readonly ProblemType NotConsumer = new("exchange.not-consumer", 403);
    internal static readonly ProblemType NameTaken = new("exchange.name-taken", 409);
    internal static readonly ProblemType DeliveryUnderWay = new("exchange.delivery-under-way", 409);
    internal static readonly ProblemType NotReceived = new("exchange.not-received", 409);
    internal static readonly ProblemType TableUnfit = new("exchange.table-unfit", 422);
    internal static readonly ProblemType TableExists = new("exchange.table-exists", 409);

    internal static readonly ProblemType NotMounted = new("exchange.not-mounted", 409);
    internal static readonly ProblemType NoIntake = new("exchange.no-intake", 409);
    internal static readonly ProblemType SourceUnreachable = new("exchange.source-unreachable", 503);
    internal static readonly ProblemType TargetUnreachable = new("exchange.target-unreachable", 503);
    internal static readonly ProblemType SourceChanged = new("exchange.source-changed", 422);
    internal static readonly ProblemType TargetUnfit = new("exchange.target-unfit", 422);
    internal static readonly ProblemType SourceRefused = new("exchange.source-refused", 422);
    internal static readonly ProblemType TargetRefused = new("exchange.target-refused", 422);
    internal static readonly ProblemType ValueDoesNotFit = new("exchange.value-does-not-fit", 422);
    internal static readonly ProblemType ProofBroken = new("exchange.proof-broken", 422);
    internal static readonly ProblemType OutOfSequence = new("exchange.out-of-sequence", 409);
    internal static readonly ProblemType CiphertextLost = new("exchange.ciphertext-lost", 409);
    internal static readonly ProblemType Internal = new("exchange.internal", 500);
}
