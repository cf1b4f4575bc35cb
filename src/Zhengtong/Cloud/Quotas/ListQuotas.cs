using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Cloud.Quotas;

internal static class ListQuotas
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/quotas", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List the tree of quotas, each node before those below it: the own organisation's nodes; of the region and below for the authority, all for the operator.</summary>
    /// <param name="region">Only nodes of this region and of all below it.</param>
    /// <param name="organisation">Only nodes of this organisation.</param>
    /// <param name="below">Only this node and all below it.</param>
    /// <param name="level">Only this level.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page of nodes with what they may hold and what they hold.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<QuotaRow>>, ProblemHttpResult>> Handle(
        RegionCode? region, Guid? organisation, Guid? below, Choice<QuotaLevel>? level, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var nodes = QuotaRows.Visible(db, actor);
        if (region is { } top)
        {
            var within = top.Prefix + "%";
            nodes = nodes.Where(n => EF.Functions.Like((string)(object)n.Region, within));
        }

        if (organisation is { } owner) { nodes = nodes.Where(n => n.OrganisationId == owner); }
        if (level is { } one) { nodes = nodes.Where(n => n.Level == one.Value); }
        if (below is { } root)
        {
            var part = $"%{root:N}%";
            nodes = nodes.Where(n => EF.Functions.Like(n.Path, part));
        }

        return await paging.ReadAsync(nodes, page, n => n.Path, n => n.Id, n => n, descending: false, ct) is { } read
            ? TypedResults.Ok(new Page<QuotaRow>(await QuotaRows.ShowAsync(db, read.Items, ct), read.Next, read.Total)) : KernelProblems.CursorUnknown.Because();
    }
}
