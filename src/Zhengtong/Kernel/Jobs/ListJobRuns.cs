using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Jobs;

internal static class ListJobRuns
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/jobs/{name}/runs", Handle).Requires(Right.Operate).ProducesProblem(403).ProducesProblem(404);

    /// <summary>The runs kept of a job, newest first, at most 100.</summary>
    /// <response code="200">The runs.</response>
    /// <response code="404">kernel.job-unknown</response>
    internal static async Task<Results<Ok<IReadOnlyList<JobRunResponse>>, ProblemHttpResult>> Handle(string name, Reconcilers reconcilers, ZhengtongDb db, CancellationToken ct)
    {
        if (!(await reconcilers.StatesAsync(ct)).Any(s => s.Name == name)) { return KernelProblems.JobUnknown.Because(name); }
        var runs = await db.JobRuns.AsNoTracking().Where(r => r.Job == name).OrderByDescending(r => r.StartedAt).Take(JobRun.Kept).ToListAsync(ct);
        return TypedResults.Ok<IReadOnlyList<JobRunResponse>>([.. runs.Select(JobRunResponse.Of)]);
    }
}
