using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Catalogue.CloudServices;

/// <summary>A version of a cloud service with all it says.</summary>
/// <param name="Code">服务编码.</param>
/// <param name="Version">Which version.</param>
/// <param name="Name">Its name.</param>
/// <param name="Category">服务类别.</param>
/// <param name="Layer">服务层次.</param>
/// <param name="ProviderId">服务提供机构.</param>
/// <param name="Provider">Its name.</param>
/// <param name="Summary">What it is for.</param>
/// <param name="Level">服务水平.</param>
/// <param name="Form">By what it is delivered.</param>
/// <param name="Plans">规格.</param>
/// <param name="Prices">Prices now and later, by plan, meter and begin; those of the past are left out.</param>
/// <param name="State">Where it stands.</param>
/// <param name="PublishedAt">When it was published.</param>
/// <param name="Versions">All versions that the caller may see, the newest first.</param>
/// <param name="Revision">To be sent with a change.</param>
public sealed record CloudServiceDetail(
    string Code, int Version, string Name, ServiceCategory Category, ServiceLayer Layer, Guid ProviderId, string Provider, string Summary, ServiceLevel Level, ServiceForm Form,
    IReadOnlyList<ServicePlan> Plans, IReadOnlyList<CloudServicePrice> Prices, ServiceState State, DateTimeOffset? PublishedAt, IReadOnlyList<CloudServiceVersion> Versions, int Revision) : IRevisioned;

/// <summary>A price of a plan.</summary>
/// <param name="Plan">Code of the plan.</param>
/// <param name="Meter">What is counted.</param>
/// <param name="Amount">Yuan a unit.</param>
/// <param name="ValidFrom">First moment, inclusive.</param>
/// <param name="ValidUntil">End, exclusive; null when none is set.</param>
/// <param name="Source">The document that sets it.</param>
/// <param name="IsInForce">True when it is in force now.</param>
public sealed record CloudServicePrice(string Plan, string Meter, decimal Amount, DateTimeOffset ValidFrom, DateTimeOffset? ValidUntil, string Source, bool IsInForce);

/// <summary>A version.</summary>
/// <param name="Version">From 1.</param>
/// <param name="State">Where it stands.</param>
/// <param name="PublishedAt">When it was published.</param>
public sealed record CloudServiceVersion(int Version, ServiceState State, DateTimeOffset? PublishedAt);

internal static class GetCloudService
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud-services/{code}", Handle).Requires(Right.ReadWork).ProducesProblem(404);

    /// <summary>Read a cloud service with its plans, and its prices now and later.</summary>
    /// <param name="code">服务编码.</param>
    /// <param name="version">Which version; not said: the published one, else the newest.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="clock">The time.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">The version.</response>
    /// <response code="404">catalogue.service-not-found</response>
    internal static async Task<Results<Ok<CloudServiceDetail>, ProblemHttpResult>> Handle(string code, int? version, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var all = await ListCloudServices.Visible(db, actor).Where(s => s.Code == code).OrderByDescending(s => s.Version).Select(s => new CloudServiceVersion(s.Version, s.State, s.PublishedAt)).ToListAsync(ct);
        var which = version is { } asked ? all.Find(v => v.Version == asked) : all.Find(v => v.State == ServiceState.Published) ?? all.FirstOrDefault();
        if (which is null) { return CatalogueProblems.ServiceNotFound.Because(code); }
        var s = await db.CloudServices.AsNoTracking().SingleAsync(x => x.Code == code && x.Version == which.Version, ct);
        var provider = await db.Organisations.Where(o => o.Id == s.ProviderId).Select(o => o.Name).SingleAsync(ct);
        var now = clock.GetUtcNow();
        var series = await db.PriceSeries.AsNoTracking().Include(p => p.Prices).Where(p => p.ServiceCode == code).ToListAsync(ct);
        var prices = series.SelectMany(x => x.Prices.Where(p => p.ValidUntil != p.ValidFrom && (p.ValidUntil is null || p.ValidUntil > now)).Select(p => new CloudServicePrice(x.PlanCode, x.Meter, p.Amount, p.ValidFrom, p.ValidUntil, p.Source, p.IsInForceAt(now))))
            .OrderBy(p => p.Plan, StringComparer.Ordinal).ThenBy(p => p.Meter, StringComparer.Ordinal).ThenBy(p => p.ValidFrom);
        return TypedResults.Ok(new CloudServiceDetail(s.Code, s.Version, s.Name, s.Category, s.Layer, s.ProviderId, provider, s.Summary, s.Level, s.Form, s.Plans, [.. prices], s.State, s.PublishedAt, all, s.Revision));
    }
}
