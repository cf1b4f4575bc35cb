using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Catalogue;

/// <summary>What other modules may read of a resource.</summary>
internal sealed record ResourceCard(Guid Id, string Code, string Name, Guid ProviderId, SharingType SharingType, ResourceState State, int Revision, IReadOnlyList<ItemCard> Items);

/// <summary>What other modules may read of an item.</summary>
internal sealed record ItemCard(Guid Id, string Name, string Column, ItemType Type, int? Length, bool IsKey, SharingType SharingType);

/// <summary>What a resource is called, for the queries of other modules.</summary>
internal sealed class ResourceName
{
    internal required Guid Id { get; init; }

    internal required string Name { get; init; }
}

/// <summary>What other modules may ask the Catalogue.</summary>
internal sealed class CatalogueLookup(ZhengtongDb db)
{
    /// <summary>Ids and names of all resources, to be joined in a query.</summary>
    internal static IQueryable<ResourceName> Names(ZhengtongDb db) => db.Resources.Select(r => new ResourceName { Id = r.Id, Name = r.Name });

    /// <summary>The resource with its items in order, or null.</summary>
    internal async Task<ResourceCard?> FindAsync(Guid id, CancellationToken ct) => (await FindManyAsync([id], ct)).GetValueOrDefault(id);

    /// <summary>The resources that exist among the ids, in one query.</summary>
    internal async Task<IReadOnlyDictionary<Guid, ResourceCard>> FindManyAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct) =>
        await db.Resources.AsNoTracking().Where(r => ids.Contains(r.Id))
            .Select(r => new ResourceCard(r.Id, r.Code, r.Name, r.ProviderId, r.SharingType, r.State, r.Revision,
                r.Items.OrderBy(i => i.Position).Select(i => new ItemCard(i.Id, i.Name, i.Column, i.Type, i.Length, i.IsKey, i.SharingType)).ToList()))
            .ToDictionaryAsync(r => r.Id, ct);
}
