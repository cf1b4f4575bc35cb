using Microsoft.EntityFrameworkCore;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;
using Zhengtong.OpenData.Reuse;

namespace Zhengtong.OpenData;

/// <summary>A table that the reader may read, with what it belongs to.</summary>
/// <param name="Dataset">Permanent id of the dataset.</param>
/// <param name="DatasetName">The last part of its address.</param>
/// <param name="DatasetTitle">What it is called.</param>
/// <param name="Notes">What its publisher says of it, Markdown.</param>
/// <param name="From">First day the data is about; null when not said.</param>
/// <param name="To">Last day the data is about; null when not said or still running.</param>
/// <param name="ModifiedAt">When its version was published.</param>
/// <param name="Resource">The resource; its table is never null.</param>
internal sealed record PublicTable(Guid Dataset, string DatasetName, string DatasetTitle, string Notes, DateOnly? From, DateOnly? To, DateTimeOffset ModifiedAt, DatasetResource Resource)
{
    internal DataTable Table => Resource.Table!;
}

/// <summary>What the portal's interfaces, and other modules, may ask of what is published: what everybody may read, and what was granted to the caller's key.</summary>
internal sealed class OpenDataLookup(ZhengtongDb db, Readers readers)
{
    /// <summary>The conditionally open datasets that were granted to the caller's key.</summary>
    internal ValueTask<IReadOnlySet<Guid>> GrantedAsync(CancellationToken ct) => readers.GrantedAsync(ct);

    /// <summary>The table of that resource id, or null when there is none that the caller may read.</summary>
    internal async Task<PublicTable?> FindTableAsync(Guid resource, CancellationToken ct) =>
        await Tables(db, await readers.GrantedAsync(ct)).Where(t => t.Resource.Id == resource).Select(t => Of(t.Dataset, t.Resource)).SingleOrDefaultAsync(ct);

    /// <summary>Tables that the caller may read, by the dataset's title and their place in it.</summary>
    /// <param name="withPlaces">Only those whose rows have places.</param>
    /// <param name="offset">How many to pass over.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="ct">Stops the query.</param>
    internal async Task<IReadOnlyList<PublicTable>> ListTablesAsync(bool withPlaces, int offset, int limit, CancellationToken ct) =>
        await Tables(db, await readers.GrantedAsync(ct)).Where(t => !withPlaces || t.Resource.HasPlaces).OrderBy(t => t.Dataset.Title).ThenBy(t => t.Dataset.Id).ThenBy(t => t.Resource.Position)
            .Skip(offset).Take(limit).Select(t => Of(t.Dataset, t.Resource)).ToListAsync(ct);

    private static IQueryable<Joined> Tables(ZhengtongDb db, IReadOnlySet<Guid> granted) =>
        from r in PublicResources.ReadableBy(db, granted)
        join d in db.Datasets.AsNoTracking() on r.DatasetId equals d.Id
        where r.HasTable
        select new Joined { Dataset = d, Resource = r };

    private static PublicTable Of(Dataset d, PublicResource r) => new(d.Id, d.Name, d.Title, d.Description.Notes, d.Description.From, d.Description.To, d.ModifiedAt, r.Resource);

    private sealed class Joined
    {
        internal required Dataset Dataset { get; init; }

        internal required PublicResource Resource { get; init; }
    }
}
