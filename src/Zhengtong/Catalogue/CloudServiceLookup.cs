using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Catalogue;

/// <summary>What other modules may read of a version of a cloud service.</summary>
internal sealed record ServiceCard(
    string Code, int Version, string Name, ServiceCategory Category, ServiceLayer Layer, Guid ProviderId, ServiceForm Form, ServiceState State, IReadOnlyList<ServicePlan> Plans)
{
    /// <summary>The plan of this code, or null.</summary>
    internal ServicePlan? PlanOf(string code) => Plans.FirstOrDefault(p => p.Code == code);
}

/// <summary>What other modules may ask of cloud services and their prices.</summary>
internal sealed class CloudServiceLookup(ZhengtongDb db)
{
    /// <summary>The published version, or null.</summary>
    internal Task<ServiceCard?> FindPublishedAsync(string code, CancellationToken ct) =>
        Cards(db.CloudServices.AsNoTracking().Where(s => s.Code == code && s.State == ServiceState.Published)).SingleOrDefaultAsync(ct);

    /// <summary>A version in whatever state but draft, or null.</summary>
    internal Task<ServiceCard?> FindAsync(string code, int version, CancellationToken ct) =>
        Cards(db.CloudServices.AsNoTracking().Where(s => s.Code == code && s.Version == version && s.State != ServiceState.Draft)).SingleOrDefaultAsync(ct);

    /// <summary>The published versions of all services, by category and name.</summary>
    internal async Task<IReadOnlyList<ServiceCard>> PublishedAsync(CancellationToken ct) =>
        [.. (await Cards(db.CloudServices.AsNoTracking().Where(s => s.State == ServiceState.Published)).ToListAsync(ct)).OrderBy(s => s.Category).ThenBy(s => s.Name, StringComparer.Ordinal)];

    private static IQueryable<ServiceCard> Cards(IQueryable<CloudService> services) =>
        services.Select(s => new ServiceCard(s.Code, s.Version, s.Name, s.Category, s.Layer, s.ProviderId, s.Form, s.State, s.Plans));
}
