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

    // Import
    internal static readonly ProblemType ImportFormat = new("open-data.import-format", 400);
    internal static readonly ProblemType ImportFileName = new("open-data.import-file-name", 400);
    internal static readonly ProblemType ImportUnknown = new("open-data.import-unknown", 404);
    internal static readonly ProblemType ImportUnderWay = new("open-data.import-under-way", 409);
    internal static readonly ProblemType ImportEnded = new("open-data.import-ended", 409);
    internal static readonly ProblemType ImportTooLarge = new("open-data.import-too-large", 413);
}
