using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Catalogue;

/// <summary>What other modules may read of a resource.</summary>
internal sealed record ResourceCard(
    Guid Id, string Code, string Name, Guid ProviderId, DeliveryKind Kind, SharingType SharingType, ResourceState State, int Revision,
    IReadOnlyList<ServiceOperation> Operations, IReadOnlyList<ItemCard> Items);

/// <summary>What other modules may read of an item.</summary>
internal sealed record ItemCard(Guid Id, string Name, string Column, ItemType Type, int? Length, bool IsKey, SharingType SharingType, ItemMask Mask, int? MaskKeep, ItemCheck Check, IReadOnlyList<string> Codes);

/// <summary>What a resource is called, for the queries of other modules.</summary>
internal sealed class ResourceName
{
    internal required Guid Id { get; init; }

    internal required string Name { get; init; }

    /// <summary>How often its provider says it is brought up to date.</summary>
    internal required UpdateCycle UpdateCycle { get; init; }
}

/// <summary>What other modules may ask the Catalogue.</summary>
internal sealed class CatalogueLookup(ZhengtongDb db)
{
    /// <summary>Ids and names of all resources, to be joined in a query.</summary>
    internal static IQueryable<ResourceName> Names(ZhengtongDb db) => db.Resources.Select(r => new ResourceName { Id = r.Id, Name = r.Name, UpdateCycle = r.UpdateCycle });

    /// <summary>The resource with its items in order, or null.</summary>
    internal async Task<ResourceCard?> FindAsync(Guid id, CancellationToken ct) => (await FindManyAsync([id], ct)).GetValueOrDefault(id);

    /// <summary>The resources that exist among the ids, in one query.</summary>
    internal async Task<IReadOnlyDictionary<Guid, ResourceCard>> FindManyAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct) =>
        await db.Resources.AsNoTracking().Where(r => ids.Contains(r.Id))
            .Select(r => new ResourceCard(r.Id, r.Code, r.Name, r.ProviderId, r.Kind, r.SharingType, r.State, r.Revision, r.Operations,
                r.Items.OrderBy(i => i.Position).Select(i => new ItemCard(i.Id, i.Name, i.Column, i.Type, i.Length, i.IsKey, i.SharingType, i.Mask, i.MaskKeep, i.Check, i.Codes)).ToList()))
            .ToDictionaryAsync(r => r.Id, ct);

    /// <summary>Ids, codes and names of what an organisation provides in one kind, by name.</summary>
    internal async Task<IReadOnlyList<(Guid Id, string Code, string Name)>> ProvidedAsync(Guid provider, DeliveryKind kind, CancellationToken ct) =>
        [.. (await db.Resources.AsNoTracking().Where(r => r.ProviderId == provider && r.Kind == kind).OrderBy(r => r.Name).Select(r => new { r.Id, r.Code, r.Name }).ToListAsync(ct)).Select(r => (r.Id, r.Code, r.Name))];

    /// <summary>The OpenAPI document of an API resource, as the provider gave it; null when there is none.</summary>
    internal Task<string?> FindDescriptionAsync(Guid resource, CancellationToken ct) =>
        db.ServiceDescriptions.Where(d => d.ResourceId == resource).Select(d => d.Text).SingleOrDefaultAsync(ct);
}
