using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Quotas;

internal static class ListRecounts
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/quota-recounts", Handle).Requires(Right.ManagePools).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List the recounts, the newest first. The platform makes one each hour.</summary>
    /// <response code="200">A page of recounts.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<RecountResult>>, ProblemHttpResult>> Handle([AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct) =>
        await paging.ReadAsync(db.QuotaRecounts.AsNoTracking(), page, r => r.At, r => r.Id, r => r, descending: true, ct) is { } read
            ? TypedResults.Ok(new Page<RecountResult>([.. read.Items.Select(RecountQuotas.Show)], read.Next, read.Total)) : KernelProblems.CursorUnknown.Because();
}
