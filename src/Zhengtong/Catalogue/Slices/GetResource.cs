using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Catalogue.Slices;

/// <summary>An information resource with its items.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Code">信息资源代码.</param>
/// <param name="Name">信息资源名称.</param>
/// <param name="Abstract">信息资源摘要.</param>
/// <param name="ProviderId">The provider.</param>
/// <param name="Provider">信息资源提供方.</param>
/// <param name="ProviderCode">Its unified social credit code.</param>
/// <param name="Kind">共享方式.</param>
/// <param name="Operations">What an API can do; empty otherwise.</param>
/// <param name="SharingType">共享类型.</param>
/// <param name="SharingCondition">共享条件.</param>
/// <param name="UpdateCycle">更新周期.</param>
/// <param name="State">Where it stands.</param>
/// <param name="CreatedAt">When it was registered.</param>
/// <param name="PublishedAt">发布日期.</param>
/// <param name="Items">信息项, in order.</param>
/// <param name="Revision">To be sent with a change.</param>
public sealed record ResourceDetail(
    Guid Id, string Code, string Name, string Abstract, Guid ProviderId, string Provider, string ProviderCode,
    DeliveryKind Kind, IReadOnlyList<ServiceOperation> Operations, SharingType SharingType, string? SharingCondition,
    UpdateCycle UpdateCycle, ResourceState State, DateTimeOffset CreatedAt, DateTimeOffset? PublishedAt, IReadOnlyList<ResourceItemDetail> Items, int Revision) : IRevisioned;

/// <summary>An information item.</summary>
/// <param name="Position">Place, from 1.</param>
/// <param name="Name">信息项名称.</param>
/// <param name="Column">Column name.</param>
/// <param name="Type">Data type.</param>
/// <param name="Length">Most characters or digits.</param>
/// <param name="IsKey">Part of the key.</param>
/// <param name="SharingType">The item's own sharing type.</param>
/// <param name="Mask">脱敏: how values are masked before they leave.</param>
/// <param name="MaskKeep">How many characters stay, or how coarse; null where the mask needs none.</param>
/// <param name="Check">What values are checked against on their way.</param>
/// <param name="Codes">Allowed values of a code list; empty otherwise.</param>
public sealed record ResourceItemDetail(int Position, string Name, string Column, ItemType Type, int? Length, bool IsKey, SharingType SharingType,
    ItemMask Mask, int? MaskKeep, ItemCheck Check, IReadOnlyList<string> Codes);

internal static class GetResource
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/resources/{id:guid}", Handle)
        .Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read an information resource that is published or the caller's own.</summary>
    /// <response code="200">The resource.</response>
    /// <response code="404">catalogue.not-found</response>
    internal static async Task<Results<Ok<ResourceDetail>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var resource = await (
            from r in db.Resources.AsNoTracking()
            join provider in db.Organisations on r.ProviderId equals provider.Id
            where r.Id == id && (r.State != ResourceState.Draft || r.ProviderId == actor.Organisation)
            select new { Resource = r, provider.Name, provider.CreditCode }).SingleOrDefaultAsync(ct);
        if (resource is null) { return CatalogueProblems.NotFound.Because($"{id}"); }

        var found = resource.Resource;
        return TypedResults.Ok(new ResourceDetail(
            found.Id, found.Code, found.Name, found.Abstract, found.ProviderId, resource.Name, resource.CreditCode.Value, found.Kind, found.Operations, found.SharingType, found.SharingCondition,
            found.UpdateCycle, found.State, found.CreatedAt, found.PublishedAt,
            [.. found.Items.OrderBy(i => i.Position).Select(i => new ResourceItemDetail(i.Position, i.Name, i.Column, i.Type, i.Length, i.IsKey, i.SharingType, i.Mask, i.MaskKeep, i.Check, i.Codes))], found.Revision));
    }
}
