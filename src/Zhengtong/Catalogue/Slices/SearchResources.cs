using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Catalogue.Slices;

/// <summary>An information resource in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Code">信息资源代码.</param>
/// <param name="Name">信息资源名称.</param>
/// <param name="Abstract">信息资源摘要.</param>
/// <param name="Provider">Short name of the provider.</param>
/// <param name="SharingType">共享类型.</param>
/// <param name="UpdateCycle">更新周期.</param>
/// <param name="Items">How many items.</param>
/// <param name="State">Where it stands.</param>
/// <param name="PublishedAt">发布日期.</param>
public sealed record ResourceRow(
    Guid Id, string Code, string Name, string Abstract, string Provider, SharingType SharingType, UpdateCycle UpdateCycle, int Items, ResourceState State, DateTimeOffset? PublishedAt);

internal static class SearchResources
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/resources", Handle).Requires(Right.ReadWork).ProducesProblem(400);

    /// <summary>Search the catalogue: what is published, and the caller's own; newest first.</summary>
    /// <param name="q">Words, separated by spaces, each found in name, abstract, provider or an item's name; at most 100 characters.</param>
    /// <param name="provider">Only resources of this organisation.</param>
    /// <param name="sharing">Only this sharing type.</param>
    /// <param name="state">Only those in this state.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<ResourceRow>>, ProblemHttpResult>> Handle(
        [StringLength(100)] string? q, Guid? provider, Choice<SharingType>? sharing, Choice<ResourceState>? state, [AsParameters] PageQuery page,
        Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var wanted = db.Resources.AsNoTracking().Where(r => r.State == ResourceState.Published || r.ProviderId == actor.Organisation);
        if (provider is not null) { wanted = wanted.Where(r => r.ProviderId == provider); }
        if (sharing is { Value: var type }) { wanted = wanted.Where(r => r.SharingType == type); }
        if (state is { Value: var stage }) { wanted = wanted.Where(r => r.State == stage); }
        foreach (var word in (q ?? "").ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            wanted = wanted.Where(r => r.Name.ToLower().Contains(word) || r.Abstract.ToLower().Contains(word) || r.Items.Any(i => i.Name.ToLower().Contains(word))
                || db.Organisations.Any(o => o.Id == r.ProviderId && o.Name.ToLower().Contains(word)));
        }

        var found = await paging.ReadAsync(wanted, page, r => r.CreatedAt, r => r.Id, r => new ResourceRow(
            r.Id, r.Code, r.Name, r.Abstract, db.Organisations.Where(o => o.Id == r.ProviderId).Select(o => o.ShortName).First(),
            r.SharingType, r.UpdateCycle, r.Items.Count, r.State, r.PublishedAt), descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(found);
    }
}
