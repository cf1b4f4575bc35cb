namespace Zhengtong.Kernel.Jobs;

/// <summary>How a run ended.</summary>
public enum JobResult
{
    /// <summary>Nothing was left to do.</summary>
    Done,
    /// <summary>It failed; it is tried again later.</summary>
    Failed,
    /// <summary>The lease was lost or the process stopped; another run goes on from there.</summary>
    Interrupted,
}

/// <summary>A run of a job. Kept: every run that did something, failed or was asked for, and an idle one a minute; the last 100 of a job.</summary>
internal sealed class JobRun
{
    internal const int Kept = 100;

    internal required Guid Id { get; init; }

    internal required string Job { get; init; }

    internal required DateTimeOffset StartedAt { get; init; }

    internal required DateTimeOffset FinishedAt { get; init; }

    internal required JobResult Result { get; init; }

    /// <summary>The sum of <see cref="Pass.Count"/>.</summary>
    internal required long Count { get; init; }

    /// <summary>Kind and message of the failure, at most 1,000 characters.</summary>
    internal string? Error { get; init; }

    /// <summary>Machine and process id that ran it.</summary>
    internal required string Process { get; init; }
}
