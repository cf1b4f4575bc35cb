using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Resources;

internal static class ListDrifts
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/drifts", Handle).Requires(Right.ManagePools).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List resources that engines had otherwise than they are to be, what was found last first.</summary>
    /// <param name="open">True for those alone that wait for a decision.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page of them.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<DriftRow>>, ProblemHttpResult>> Handle(bool? open, [AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var asked = db.ResourceDrifts.AsNoTracking().Where(d => d.FoundAt != null && d.Difference != null && (open != true || d.IsOpen))
            .Join(db.CloudResources, d => d.ResourceId, r => r.Id, (d, r) => new { Drift = d, Resource = r });
        return await paging.ReadAsync(asked, page, x => x.Drift.FoundAt!.Value, x => x.Drift.ResourceId, x => new DriftRow(x.Drift.ResourceId, x.Resource.Number, x.Resource.Name,
            db.Organisations.Where(o => o.Id == x.Resource.OrganisationId).Select(o => o.Name).First(), x.Drift.Rule, x.Drift.Difference, x.Drift.IsOpen, x.Drift.FoundAt, x.Drift.Cpus, x.Drift.MemoryMiB, x.Drift.DiskGiB, x.Drift.IsRunning,
            CloudResource.OwnOf(x.Resource.Amounts, x.Resource.Volumes), x.Resource.Wish, x.Drift.Revision), descending: true, ct) is { } read ? TypedResults.Ok(read) : KernelProblems.CursorUnknown.Because();
    }
}
