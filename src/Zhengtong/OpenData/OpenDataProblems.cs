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
}
