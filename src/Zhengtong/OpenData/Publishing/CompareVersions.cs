using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Reuse;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Publishing;

/// <summary>What differs between two versions.</summary>
/// <param name="From">Number of the one.</param>
/// <param name="To">Number of the other.</param>
/// <param name="Description">Members of the description that differ.</param>
/// <param name="Resources">Each file of either version.</param>
public sealed record VersionComparison(int From, int To, IReadOnlyList<string> Description, IReadOnlyList<ResourceComparison> Resources);

/// <summary>What happened to a file.</summary>
public enum ResourceChange
{
    /// <summary>The same bytes.</summary>
    Same,
    /// <summary>Other bytes.</summary>
    Changed,
    /// <summary>Only in the later version.</summary>
    Added,
    /// <summary>Only in the earlier version.</summary>
    Removed,
}

/// <summary>A file in two versions.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name, the later one.</param>
/// <param name="Change">What happened to it.</param>
/// <param name="Columns">Columns that differ; empty where the file is no table in both.</param>
/// <param name="Rows">Rows that differ; null where the file is no table in both, or its rows are not for the reader.</param>
public sealed record ResourceComparison(Guid Id, string Name, ResourceChange Change, IReadOnlyList<ColumnDifference> Columns, RowsDifference? Rows);

internal static class CompareVersions
{
    private const int Most = 50;

    /// <summary>Longer than a question: both tables are read whole and in order.</summary>
    private static readonly TableLimits Limits = new(TimeSpan.FromSeconds(60), int.MaxValue);

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/datasets/{dataset}/comparison", Handle).AllowAnonymous().ProducesProblem(404).ProducesProblem(422);

    /// <summary>Compare two versions of a dataset: description, files, columns, and rows by their key, or as a whole where the table has none. Counts are exact; of each kind of difference
    /// at most 50 rows are shown. Rows of a conditionally open dataset are compared for a key that they were granted to.</summary>
    /// <param name="dataset">Its id or its name.</param>
    /// <param name="from">Number of the earlier version.</param>
    /// <param name="to">Number of the later version.</param>
    /// <response code="200">The differences.</response>
    /// <response code="404">open-data.not-found, open-data.version-not-found</response>
    /// <response code="422">open-data.comparison-too-costly</response>
    internal static async Task<Results<Ok<VersionComparison>, ProblemHttpResult>> Handle(
        string dataset, [Range(1, int.MaxValue)] int from, [Range(1, int.MaxValue)] int to, Actor actor, ZhengtongDb db, Readers readers, TableEngine engine, CancellationToken ct)
    {
        if (await PublicDatasets.FindAsync(db, dataset, actor, ct) is not { } found) { return OpenDataProblems.NotFound.Because(dataset); }
        if (await PublicDatasets.FindVersionAsync(db, found, from, actor, ct) is not { } before) { return OpenDataProblems.VersionNotFound.Because($"{from}"); }
        if (await PublicDatasets.FindVersionAsync(db, found, to, actor, ct) is not { } after) { return OpenDataProblems.VersionNotFound.Because($"{to}"); }

        OpenAttribute[] attributes = [found.OpenAttribute, before.Description.OpenAttribute, after.Description.OpenAttribute];
        // Rows of what is open on conditions are for whom they were granted to; those of what is closed in either version for nobody.
        var hasRows = found.IsOwn(actor) || (found.State == DatasetState.Published
            && (Array.TrueForAll(attributes, a => a == OpenAttribute.Unconditional) || (!attributes.Contains(OpenAttribute.NotOpen) && (await readers.GrantedAsync(ct)).Contains(found.Id))));
        var (old, now) = (found.State == DatasetState.Withdrawn && !found.IsOwn(actor)) ? ([], []) : (before.Resources, after.Resources);
        var resources = new List<ResourceComparison>();
        try
        {
            foreach (var file in now)
            {
                resources.Add(old.FirstOrDefault(r => r.Id == file.Id) is { } earlier ? await CompareAsync(earlier, file, hasRows, engine, ct) : new ResourceComparison(file.Id, file.Name, ResourceChange.Added, [], null));
            }
        }
        // A table without a key and with more columns than the engine puts in order cannot be compared row by row either.
        catch (Exception e) when (e is TableQueryTooCostlyException or TableQueryException) { return OpenDataProblems.ComparisonTooCostly.Because(e.Message); }

        resources.AddRange(old.Where(r => now.All(n => n.Id != r.Id)).Select(r => new ResourceComparison(r.Id, r.Name, ResourceChange.Removed, [], null)));
        return TypedResults.Ok(new VersionComparison(from, to, DescriptionDifference.Of(before.Description, after.Description), resources));
    }

    private static async Task<ResourceComparison> CompareAsync(DatasetResource before, DatasetResource after, bool hasRows, TableEngine engine, CancellationToken ct)
    {
        var change = before.Content == after.Content && before.Table?.Content == after.Table?.Content ? ResourceChange.Same : ResourceChange.Changed;
        if (before.Table is not { } old || after.Table is not { } now) { return new ResourceComparison(after.Id, after.Name, change, [], null); }
        var columns = ColumnDifferences.Of(old, now);
        if (!hasRows) { return new ResourceComparison(after.Id, after.Name, change, columns, null); }
        if (old.Content == now.Content) { return new ResourceComparison(after.Id, after.Name, change, columns, new RowsDifference(true, [], 0, 0, 0, now.Rows, [])); }

        var pairs = ColumnDifferences.Pairs(old, now);
        // Rows are told apart by a key that both versions have, its columns of the same type in both.
        var keys = pairs.Where(p => p.Before.IsKey && p.After.IsKey && p.IsSameType).ToList();
        var keyed = keys.Count > 0 && keys.Count == old.Columns.Count(c => c.IsKey) && keys.Count == now.Columns.Count(c => c.IsKey);
        // Without a key whole rows are compared, by the columns whose order is the same on both sides.
        List<ColumnPair> compared = keyed ? [.. keys, .. pairs.Except(keys)] : [.. pairs.Where(p => p.IsSameType)];
        if (compared.Count == 0) { return new ResourceComparison(after.Id, after.Name, change, columns, new RowsDifference(false, [], now.Rows, old.Rows, 0, 0, [])); }
        var ordered = keyed ? keys.Count : compared.Count;
        // Both tables are read side by side: with a place for one of them only, a comparison would wait for ever beside another.
        using var places = await engine.ReserveAsync(ct);
        var rows = await RowMerge.CompareAsync(
            engine.StreamAsync(old, QueryOf(compared.Select(p => p.Before.Name), ordered), Limits, ct, places), engine.StreamAsync(now, QueryOf(compared.Select(p => p.After.Name), ordered), Limits, ct, places),
            [.. compared.Select(p => p.After.Name)], keyed ? keys.Count : 0, Most, ct);
        return new ResourceComparison(after.Id, after.Name, change, columns, rows);
    }

    private static TableQuery QueryOf(IEnumerable<string> columns, int ordered)
    {
        var names = columns.ToList();
        return new TableQuery { Columns = names, Orders = [.. names.Take(ordered).Select(n => new Order(n, NullsLast: true))], Limit = int.MaxValue };
    }
}
