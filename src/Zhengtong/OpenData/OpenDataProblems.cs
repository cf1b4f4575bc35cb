using Zhengtong.Kernel.Http;

namespace Zhengtong.OpenData;

/// <summary>The open data portal's refusals.</summary>
internal static class OpenDataProblems
{
    internal static readonly ProblemType NotFound = new("open-data.not-found", 404);
    internal static readonly ProblemType NotPublisher = new("open-data.not-publisher", 403);
    internal static readonly ProblemType Invalid = new("open-data.invalid", 400);
    internal static readonly ProblemType NameTaken = new("open-data.name-taken", 409);
    internal static readonly ProblemType WrongState = new("open-data.wrong-state", 409);
    internal static readonly ProblemType ChangedMeanwhile = new("open-data.changed-meanwhile", 409);
    internal static readonly ProblemType BadQuestion = new("open-data.bad-question", 400);
    internal static readonly ProblemType TooCostly = new("open-data.too-costly", 503);
    internal static readonly ProblemType KeyUnknown = new("open-data.key-unknown", 401);
    internal static readonly ProblemType KeyNotFound = new("open-data.key-not-found", 404);
    internal static readonly ProblemType KeyScopeMissing = new("open-data.key-scope-missing", 403);
    internal static readonly ProblemType TooMany = new("open-data.too-many", 429);
    internal static readonly ProblemType TooManyKeys = new("open-data.too-many-keys", 429);

    // Publishing.
    internal static readonly ProblemType PersonNeeded = new("open-data.person-needed", 403);
    internal static readonly ProblemType SamePerson = new("open-data.same-person", 403);
    internal static readonly ProblemType VersionNotFound = new("open-data.version-not-found", 404);
    internal static readonly ProblemType ResourceNotFound = new("open-data.resource-not-found", 404);
    internal static readonly ProblemType FindingNotFound = new("open-data.finding-not-found", 404);
    internal static readonly ProblemType DraftExists = new("open-data.draft-exists", 409);
    internal static readonly ProblemType CheckNotDone = new("open-data.check-not-done", 409);
    internal static readonly ProblemType FindingStands = new("open-data.finding-stands", 409);
    internal static readonly ProblemType FindingSettled = new("open-data.finding-settled", 409);
    internal static readonly ProblemType TooManyFiles = new("open-data.too-many-files", 409);
    internal static readonly ProblemType ComparisonTooCostly = new("open-data.comparison-too-costly", 422);
    internal static readonly ProblemType FileTooLarge = new("open-data.file-too-large", 413);

    // Import
    internal static readonly ProblemType ImportFormat = new("open-data.import-format", 400);
    internal static readonly ProblemType ImportFileName = new("open-data.import-file-name", 400);
    internal static readonly ProblemType ImportUnknown = new("open-data.import-unknown", 404);
    internal static readonly ProblemType ImportUnderWay = new("open-data.import-under-way", 409);
    internal static readonly ProblemType ImportEnded = new("open-data.import-ended", 409);
    internal static readonly ProblemType ImportTooLarge = new("open-data.import-too-large", 413);
    internal static readonly ProblemType RowsUnclear = new("open-data.rows-unclear", 400);
    internal static readonly ProblemType SheetTooSmall = new("open-data.sheet-too-small", 422);

    // Reuse
    internal static readonly ProblemType TooManyWritings = new("open-data.too-many-writings", 429);
    internal static readonly ProblemType CommentNotFound = new("open-data.comment-not-found", 404);
    internal static readonly ProblemType RequestNotFound = new("open-data.request-not-found", 404);
    internal static readonly ProblemType AccessNotFound = new("open-data.access-not-found", 404);
    internal static readonly ProblemType AccessAppliedAlready = new("open-data.access-applied-already", 409);
    internal static readonly ProblemType AccessDecided = new("open-data.access-decided", 409);
    internal static readonly ProblemType AppNotFound = new("open-data.app-not-found", 404);
    internal static readonly ProblemType SubscriptionNotFound = new("open-data.subscription-not-found", 404);
    internal static readonly ProblemType MailOff = new("open-data.mail-off", 409);
    internal static readonly ProblemType MailLinkSpent = new("open-data.mail-link-spent", 404);
    internal static readonly ProblemType RequestSettled = new("open-data.request-settled", 409);

    // Harvest.
    internal static readonly ProblemType SourceNotFound = new("open-data.source-not-found", 404);
    internal static readonly ProblemType SourceExists = new("open-data.source-exists", 409);
    internal static readonly ProblemType HarvestedNotFound = new("open-data.harvested-not-found", 404);

    // Live.
    internal static readonly ProblemType NotLive = new("open-data.not-live", 404);
}
