using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Jobs;

internal static class RunJob
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/jobs/{name}/runs", Handle).Requires(Right.Operate).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Run a job now, also out of a pause after failures; it still waits while another run holds its lease.</summary>
    /// <response code="202">Asked for; ledger event kernel.job-run-requested.</response>
    /// <response code="404">kernel.job-unknown</response>
    internal static async Task<Results<Accepted, ProblemHttpResult>> Handle(
        string name, Reconcilers reconcilers, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (!(await reconcilers.StatesAsync(ct)).Any(s => s.Name == name)) { return KernelProblems.JobUnknown.Because(name); }

        db.Ledger.Add(LedgerEntry.Of("kernel.job-run-requested", name, actor, clock.GetUtcNow()));
        await db.SaveChangesAsync(ct);
        reconcilers.RunNow(name);
        return TypedResults.Accepted($"/api/v1/jobs/{name}/runs");
    }
}
