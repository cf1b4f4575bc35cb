using Zhengtong.Kernel.Http;

namespace Zhengtong.Agreements;

/// <summary>The refusals of Agreements.</summary>
internal static class AgreementsProblems
{
    internal static readonly ProblemType Invalid = new("agreements.invalid", 400);
    internal static readonly ProblemType ResourceNotFound = new("agreements.resource-not-found", 404);
    internal static readonly ProblemType OwnResource = new("agreements.own-resource", 409);
    internal static readonly ProblemType NotShared = new("agreements.not-shared", 409);
    internal static readonly ProblemType AlreadyApplied = new("agreements.already-applied", 409);
    internal static readonly ProblemType ApplicationNotFound = new("agreements.application-not-found", 404);
    internal static readonly ProblemType NotProvider = new("agreements.not-provider", 403);
    internal static readonly ProblemType NotApplicant = new("agreements.not-applicant", 403);
    internal static readonly ProblemType NotSubmitted = new("agreements.not-submitted", 409);
    internal static readonly ProblemType ResourceChanged = new("agreements.resource-changed", 409);
    internal static readonly ProblemType PeriodOver = new("agreements.period-over", 409);
    internal static readonly ProblemType NotFound = new("agreements.not-found", 404);
    internal static readonly ProblemType AlreadySealed = new("agreements.already-sealed", 409);
    internal static readonly ProblemType NotAwaitingSeals = new("agreements.not-awaiting-seals", 409);
    internal static readonly ProblemType OtherDocument = new("agreements.other-document", 409);
    internal static readonly ProblemType NotInForce = new("agreements.not-in-force", 409);
    internal static readonly ProblemType NotSuspended = new("agreements.not-suspended", 409);
    internal static readonly ProblemType NotSuspender = new("agreements.not-suspender", 403);
    internal static readonly ProblemType Ended = new("agreements.ended", 409);
    internal static readonly ProblemType ChangedMeanwhile = new("agreements.changed-meanwhile", 409);
    internal static readonly ProblemType ReviewNotGranted = new("agreements.review-not-granted", 409);
    internal static readonly ProblemType NotAuthority = new("agreements.not-authority", 403);
    internal static readonly ProblemType ReviewChainInvalid = new("agreements.review-chain-invalid", 400);
    internal static readonly ProblemType ReviewChainNotFound = new("agreements.review-chain-not-found", 404);
    internal static readonly ProblemType ReviewSeatEmpty = new("agreements.review-seat-empty", 409);
    internal static readonly ProblemType ReviewOwnSupply = new("agreements.review-own-supply", 409);
    internal static readonly ProblemType ReviewNotFound = new("agreements.review-not-found", 404);
    internal static readonly ProblemType ReviewInvalid = new("agreements.review-invalid", 400);
    internal static readonly ProblemType NotReviewer = new("agreements.not-reviewer", 403);
    internal static readonly ProblemType ReviewOwn = new("agreements.review-own", 403);
    internal static readonly ProblemType ReviewNotRunning = new("agreements.review-not-running", 409);
    internal static readonly ProblemType ReviewNotStopped = new("agreements.review-not-stopped", 409);
    internal static readonly ProblemType ReviewSignedAlready = new("agreements.review-signed-already", 409);
    internal static readonly ProblemType DelegationInvalid = new("agreements.delegation-invalid", 400);
    internal static readonly ProblemType DelegationNotFound = new("agreements.delegation-not-found", 404);
    internal static readonly ProblemType DelegationEnded = new("agreements.delegation-ended", 409);
}
