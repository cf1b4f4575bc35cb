using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Jobs;

/// <summary>A job of the platform.</summary>
/// <param name="Name">Module, dot, what it keeps true.</param>
/// <param name="Rhythm">Seconds between two looks, or a cron expression in China time.</param>
/// <param name="RunningSince">When the run under way in the answering process began; null when none is.</param>
/// <param name="NextAt">When the answering process next looks by itself.</param>
/// <param name="Failures">Failures in a row in the answering process.</param>
/// <param name="Last">The last run kept, of any process; null before the first.</param>
public sealed record JobResponse(string Name, string Rhythm, DateTimeOffset? RunningSince, DateTimeOffset? NextAt, int Failures, JobRunResponse? Last);

/// <summary>A run of a job.</summary>
/// <param name="StartedAt">When it began.</param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="Result">How it ended.</param>
/// <param name="Count">How many things it did; what counts as one is the job's matter.</param>
/// <param name="Error">Kind and message of the failure; null when there was none.</param>
/// <param name="Process">Machine and process id.</param>
public sealed record JobRunResponse(DateTimeOffset StartedAt, DateTimeOffset FinishedAt, long Milliseconds, JobResult Result, long Count, string? Error, string Process)
{
    internal static JobRunResponse Of(JobRun run) =>
        new(run.StartedAt, run.FinishedAt, (long)(run.FinishedAt - run.StartedAt).TotalMilliseconds, run.Result, run.Count, run.Error, run.Process);
}

internal static class ListJobs
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/jobs", Handle).Requires(Right.Operate).ProducesProblem(403);

    /// <summary>List the platform's jobs with their last runs, by name.</summary>
    /// <response code="200">All jobs; there are few.</response>
    internal static async Task<Ok<IReadOnlyList<JobResponse>>> Handle(Reconcilers reconcilers, ZhengtongDb db, CancellationToken ct)
    {
        var jobs = new List<JobResponse>();
        foreach (var state in await reconcilers.StatesAsync(ct))
        {
            var last = await db.JobRuns.AsNoTracking().Where(r => r.Job == state.Name).OrderByDescending(r => r.StartedAt).FirstOrDefaultAsync(ct);
            jobs.Add(new JobResponse(state.Name, state.Rhythm, state.RunningSince, state.NextAt, state.Failures, last is null ? null : JobRunResponse.Of(last)));
        }

        return TypedResults.Ok<IReadOnlyList<JobResponse>>(jobs);
    }
}
