using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Harvest;

/// <summary>A source.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Kind">How it is read.</param>
/// <param name="Address">Where.</param>
/// <param name="EveryHours">Hours from run to run.</param>
/// <param name="IsEnabled">False while it rests.</param>
/// <param name="Datasets">How many datasets of it are shown.</param>
/// <param name="LastState">Where its latest run stands; null before the first.</param>
/// <param name="LastFault">Why that run failed; null when it did not.</param>
/// <param name="LastStartedAt">When it began.</param>
/// <param name="NextRunAt">When the next is due.</param>
/// <param name="Conflicts">Lines it has in the conflict report.</param>
/// <param name="Revision">Of the source.</param>
public sealed record HarvestSourceDetail(
    Guid Id, string Name, HarvestKind Kind, string Address, int EveryHours, bool IsEnabled, int Datasets, HarvestState? LastState, string? LastFault, DateTimeOffset? LastStartedAt, DateTimeOffset NextRunAt, int Conflicts, int Revision) : IRevisioned;

internal static class ListHarvestSources
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/harvest-sources", Handle).Requires(Right.ManagePortal).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List the sources, the latest registered first.</summary>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<HarvestSourceDetail>>, ProblemHttpResult>> Handle([AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var found = await paging.ReadAsync(db.HarvestSources.AsNoTracking().Where(s => s.RemovedAt == null), page, s => s.CreatedAt, s => s.Id, Shown(db), descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(found);
    }

    /// <summary>A source as it is shown; runs in the database.</summary>
    internal static System.Linq.Expressions.Expression<Func<HarvestSource, HarvestSourceDetail>> Shown(ZhengtongDb db) => s => new HarvestSourceDetail(
        s.Id, s.Name, s.Kind, s.Address, s.EveryHours, s.IsEnabled, db.HarvestedDatasets.Count(d => d.SourceId == s.Id && d.IsShown),
        db.HarvestRuns.Where(r => r.SourceId == s.Id).OrderByDescending(r => r.StartedAt).Select(r => (HarvestState?)r.State).FirstOrDefault(),
        db.HarvestRuns.Where(r => r.SourceId == s.Id).OrderByDescending(r => r.StartedAt).Select(r => r.Fault).FirstOrDefault(),
        db.HarvestRuns.Where(r => r.SourceId == s.Id).OrderByDescending(r => r.StartedAt).Select(r => (DateTimeOffset?)r.StartedAt).FirstOrDefault(),
        s.NextRunAt, db.HarvestConflicts.Count(c => c.SourceId == s.Id), s.Revision);
}
