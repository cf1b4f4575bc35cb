using Zhengtong.Kernel.Http;

namespace Zhengtong.Kernel;

/// <summary>The Kernel's refusals.</summary>
internal static class KernelProblems
{
    internal static readonly ProblemType Invalid = new("kernel.invalid", 400);
    internal static readonly ProblemType Malformed = new("kernel.malformed", 400);
    internal static readonly ProblemType NotSignedIn = new("kernel.not-signed-in", 401);
    internal static readonly ProblemType SignInFailed = new("kernel.sign-in-failed", 401);
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
    internal static readonly ProblemType IndicatorUnknown = new("kernel.indicator-unknown", 404);
    internal static readonly ProblemType JobUnknown = new("kernel.job-unknown", 404);
}
