using Zhengtong.Kernel.Http;

namespace Zhengtong.Kernel;

/// <summary>The Kernel's refusals.</summary>
internal static class KernelProblems
{
    internal static readonly ProblemType Invalid = new("kernel.invalid", 400);
    internal static readonly ProblemType Malformed = new("kernel.malformed", 400);
    internal static readonly ProblemType NotSignedIn = new("kernel.not-signed-in", 401);
    internal static readonly ProblemType SignInFailed = new("kernel.sign-in-failed", 401);
    internal static readonly ProblemType CodeNeeded = new("kernel.code-needed", 401);
    internal static readonly ProblemType CodeWrong = new("kernel.code-wrong", 401);
    internal static readonly ProblemType LockedOut = new("kernel.locked-out", 403);
    internal static readonly ProblemType AccountLocked = new("kernel.account-locked", 403);
    internal static readonly ProblemType SecondFactorNeeded = new("kernel.second-factor-needed", 403);
    internal static readonly ProblemType OwnPost = new("kernel.own-post", 403);
    internal static readonly ProblemType AccountNotFound = new("kernel.account-not-found", 404);
    internal static readonly ProblemType ClientNotFound = new("kernel.client-not-found", 404);
    internal static readonly ProblemType UserNameTaken = new("kernel.user-name-taken", 409);
    internal static readonly ProblemType ClientNameTaken = new("kernel.client-name-taken", 409);
    internal static readonly ProblemType PostHeld = new("kernel.post-held", 409);
    internal static readonly ProblemType PostNotHeld = new("kernel.post-not-held", 409);
    internal static readonly ProblemType PostsSeparated = new("kernel.posts-separated", 409);
    internal static readonly ProblemType PostUnfit = new("kernel.post-unfit", 409);
    internal static readonly ProblemType LastAdministrator = new("kernel.last-administrator", 409);
    internal static readonly ProblemType AlreadyLocked = new("kernel.already-locked", 409);
    internal static readonly ProblemType NotLocked = new("kernel.not-locked", 409);
    internal static readonly ProblemType ClientRevoked = new("kernel.client-revoked", 409);
    internal static readonly ProblemType LinkSpent = new("kernel.link-spent", 409);
    internal static readonly ProblemType SecondFactorKept = new("kernel.second-factor-kept", 409);
    internal static readonly ProblemType CodesOn = new("kernel.codes-on", 409);
    internal static readonly ProblemType CodesNotStarted = new("kernel.codes-not-started", 409);
    internal static readonly ProblemType PasskeyRefused = new("kernel.passkey-refused", 400);
    internal static readonly ProblemType PasskeyUnknown = new("kernel.passkey-unknown", 401);
    internal static readonly ProblemType PasskeyNotFound = new("kernel.passkey-not-found", 404);
    internal static readonly ProblemType SetUpDone = new("kernel.set-up-done", 409);
    internal static readonly ProblemType SetUpTokenWrong = new("kernel.set-up-token-wrong", 403);
    internal static readonly ProblemType Forbidden = new("kernel.forbidden", 403);
    internal static readonly ProblemType NotFound = new("kernel.not-found", 404);
    internal static readonly ProblemType MethodNotAllowed = new("kernel.method-not-allowed", 405);
    /// <summary>An antiforgery token that is missing, foreign or too old.</summary>
    internal static readonly ProblemType FormExpired = new("kernel.form-expired", 400);
    internal static readonly ProblemType TimedOut = new("kernel.timed-out", 504);
    internal static readonly ProblemType CursorUnknown = new("kernel.cursor-unknown", 400);
    /// <summary>409; the same code comes as 412 when the caller named revisions in If-Match.</summary>
    internal static readonly ProblemType ChangedMeanwhile = new("kernel.changed-meanwhile", 409);
    internal static readonly ProblemType PreconditionNeeded = new("kernel.precondition-needed", 428);
    internal static readonly ProblemType IdempotencyBusy = new("kernel.idempotency-busy", 409);
    internal static readonly ProblemType IdempotencyMismatch = new("kernel.idempotency-mismatch", 422);
    internal static readonly ProblemType TooLarge = new("kernel.too-large", 413);
    internal static readonly ProblemType UnsupportedMedia = new("kernel.unsupported-media", 415);
    internal static readonly ProblemType TooMany = new("kernel.too-many-requests", 429);
    internal static readonly ProblemType Internal = new("kernel.internal", 500);
    internal static readonly ProblemType OutOfReach = new("kernel.out-of-reach", 403);
    internal static readonly ProblemType RegionNotFound = new("kernel.region-not-found", 404);
    /// <summary>A field of the request names a region that is not there; RegionNotFound is about the address.</summary>
    internal static readonly ProblemType RegionUnknown = new("kernel.region-unknown", 400);
    internal static readonly ProblemType RegionTaken = new("kernel.region-taken", 409);
    internal static readonly ProblemType OrganisationNotFound = new("kernel.organisation-not-found", 404);
    internal static readonly ProblemType ParentUnfit = new("kernel.parent-unfit", 400);
    internal static readonly ProblemType CreditCodeTaken = new("kernel.credit-code-taken", 409);
    internal static readonly ProblemType IndicatorUnknown = new("kernel.indicator-unknown", 404);
    internal static readonly ProblemType JobUnknown = new("kernel.job-unknown", 404);
    internal static readonly ProblemType CalendarDayInvalid = new("kernel.calendar-day-invalid", 400);
    internal static readonly ProblemType LedgerRange = new("kernel.ledger-range", 400);
    internal static readonly ProblemType LedgerNoCheckpoint = new("kernel.ledger-no-checkpoint", 404);
    internal static readonly ProblemType LedgerNoTile = new("kernel.ledger-no-tile", 404);
    internal static readonly ProblemType LedgerNoEntry = new("kernel.ledger-no-entry", 404);
    internal static readonly ProblemType LedgerNotSequenced = new("kernel.ledger-not-sequenced", 409);
}
