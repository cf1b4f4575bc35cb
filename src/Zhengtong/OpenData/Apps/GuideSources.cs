using System.Collections.Concurrent;
using System.Collections.Frozen;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Apps;

/// <summary>A published table that a guide shows; public because components take it, what it holds is not.</summary>
public sealed class GuideSource
{
    internal string Dataset { get; init; } = null!;

    internal string Title { get; init; } = null!;

    internal DateTimeOffset ModifiedAt { get; init; }

    internal DatasetResource Resource { get; init; } = null!;

    internal GuideColumns Columns { get; init; } = null!;

    internal DataTable Table => Resource.Table!;
}

/// <summary>What can be chosen in a table.</summary>
/// <param name="Districts">Codes of the divisions that places lie in.</param>
/// <param name="Levels">What the column of levels says.</param>
/// <param name="Hours">What the column of hours says.</param>
/// <param name="Closed">What the column of resting days says.</param>
internal sealed record GuideChoices(IReadOnlyList<string> Districts, IReadOnlyList<string> Levels, IReadOnlyList<string> Hours, IReadOnlyList<string> Closed);

/// <summary>What was counted in tables, which never change under their digest.</summary>
internal sealed class KnownChoices
{
    private const int MostTables = 1000;
    private readonly ConcurrentDictionary<string, GuideChoices> known = new();

    internal async Task<GuideChoices> OfAsync(GuideSource source, Func<Task<GuideChoices>> count)
    {
        var digest = source.Table.Content.Value;
        if (known.TryGetValue(digest, out var found)) { return found; }
        if (known.Count > MostTables) { known.Clear(); }
        return known[digest] = await count();
    }
}

/// <summary>Finds the tables of a guide among what everybody may read.</summary>
internal sealed class GuideSources(ZhengtongDb db, IOptions<GuideOptions> options, TableEngine engine, KnownChoices known)
{
    /// <summary>Most tables of a kind.</summary>
    internal const int Most = 200;

    /// <summary>Most different values of a column that are told apart.</summary>
    private const int MostValues = 400;

    /// <summary>The tables of a kind, by the names of their datasets.</summary>
    internal async Task<IReadOnlyList<GuideSource>> OfAsync(GuideKind kind, CancellationToken ct)
    {
        var found = new Dictionary<Guid, GuideSource>();
        foreach (var pattern in options.Value.Of(kind))
        {
            var like = Like(pattern);
            var rows = await (from r in PublicResources.ReadableBy(db, FrozenSet<Guid>.Empty)
                              join d in db.Datasets.AsNoTracking() on r.DatasetId equals d.Id
                              where r.HasPlaces && EF.Functions.Like(d.Name, like, "\\")
                              orderby d.Name, r.Position
                              select new { d.Id, d.Name, d.Title, d.ModifiedAt, r.Resource }).Take(Most).ToListAsync(ct);
            foreach (var row in rows)
            {
                if (!found.ContainsKey(row.Id) && GuideColumns.Of(row.Resource.Table!) is { } columns)
                {
                    found.Add(row.Id, new GuideSource { Dataset = row.Name, Title = row.Title, ModifiedAt = row.ModifiedAt, Resource = row.Resource, Columns = columns });
                }
            }
        }

        return [.. found.Values.OrderBy(s => s.Dataset, StringComparer.Ordinal).Take(Most)];
    }

    /// <summary>True when there is something to show.</summary>
    internal async Task<bool> AnyAsync(Guide guide, CancellationToken ct)
    {
        foreach (var like in guide.Kinds.SelectMany(options.Value.Of).Select(Like))
        {
            if (await PublicResources.ReadableBy(db, FrozenSet<Guid>.Empty).AnyAsync(r => r.HasPlaces && db.Datasets.Any(d => d.Id == r.DatasetId && EF.Functions.Like(d.Name, like, "\\")), ct)) { return true; }
        }

        return false;
    }

    /// <summary>What can be chosen in a table.</summary>
    internal Task<GuideChoices> ChoicesAsync(GuideSource source, CancellationToken ct) => known.OfAsync(source, async () => new GuideChoices(
        await ValuesAsync(source, source.Columns.District, ct), await ValuesAsync(source, source.Columns.Level, ct), await ValuesAsync(source, source.Columns.Hours, ct), await ValuesAsync(source, source.Columns.Closed, ct)));

    private async Task<IReadOnlyList<string>> ValuesAsync(GuideSource source, TableColumn? column, CancellationToken ct)
    {
        if (column is null) { return []; }
        var answer = await engine.AskAsync(source.Table, new TableQuery { Columns = [column.Name], Distinct = true, Orders = [new Order(column.Name)], Limit = MostValues }, TableLimits.Public, ct);
        return [.. answer.Rows.Select(r => r[0]).OfType<string>()];
    }

    /// <summary>A pattern with stars as SQL has it.</summary>
    private static string Like(string pattern) =>
        pattern.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal).Replace('*', '%');
}
