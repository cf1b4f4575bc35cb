using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Catalogue.CloudServices;

/// <summary>A version of a cloud service in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Code">服务编码.</param>
/// <param name="Version">Which version.</param>
/// <param name="Name">Its name.</param>
/// <param name="Category">服务类别.</param>
/// <param name="Layer">服务层次.</param>
/// <param name="Provider">Short name of its provider.</param>
/// <param name="Summary">What it is for.</param>
/// <param name="Form">By what it is delivered.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Plans">How many plans it has.</param>
public sealed record CloudServiceRow(
    Guid Id, string Code, int Version, string Name, ServiceCategory Category, ServiceLayer Layer, string Provider, string Summary, ServiceForm Form, ServiceState State, int Plans);

internal static class ListCloudServices
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud-services", Handle).Requires(Right.ReadWork).ProducesProblem(400);

    /// <summary>List what is published, by code; besides, for those who draft, the versions of the own organisation, and for those who publish all drafts.</summary>
    /// <param name="category">Only this category.</param>
    /// <param name="layer">Only this layer.</param>
    /// <param name="state">Only those in this state; published when not said.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<CloudServiceRow>>, ProblemHttpResult>> Handle(
        Choice<ServiceCategory>? category, Choice<ServiceLayer>? layer, Choice<ServiceState>? state, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var asked = state?.Value ?? ServiceState.Published;
        var wanted = Visible(db, actor).Where(s => s.State == asked);
        if (category is { Value: var one }) { wanted = wanted.Where(s => s.Category == one); }
        if (layer is { Value: var only }) { wanted = wanted.Where(s => s.Layer == only); }
        // The plans are one column of JSON: they are counted here.
        var found = await paging.ReadAsync(wanted, page, s => s.Code, s => s.Id, s => new
        {
            s.Id, s.Code, s.Version, s.Name, s.Category, s.Layer, Provider = db.Organisations.Where(o => o.Id == s.ProviderId).Select(o => o.ShortName).First(), s.Summary, s.Form, s.State, s.Plans,
        }, descending: false, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(new Page<CloudServiceRow>(
            [.. found.Items.Select(s => new CloudServiceRow(s.Id, s.Code, s.Version, s.Name, s.Category, s.Layer, s.Provider, s.Summary, s.Form, s.State, s.Plans.Count))], found.Next, found.Total));
    }

    /// <summary>What somebody may see: whatever was published once, the own organisation's drafts, and all drafts for those who publish.</summary>
    internal static IQueryable<CloudService> Visible(ZhengtongDb db, Actor actor)
    {
        var publishes = actor.May(Right.PublishCloudServices);
        return db.CloudServices.AsNoTracking().Where(s => s.State != ServiceState.Draft || publishes || s.ProviderId == actor.Organisation);
    }
}
