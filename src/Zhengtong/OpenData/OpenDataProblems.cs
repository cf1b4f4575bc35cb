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
    internal static readonly ProblemType RowsUnclear = new("open-data.rows-unclear", 400);
}
