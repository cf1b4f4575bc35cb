using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;
using Zhengtong.Web;

namespace Zhengtong.OpenData.Portal;

/// <summary>What a cell must be, as the form offers it.</summary>
internal enum RowTest
{
    /// <summary>Text holds the value.</summary>
    Contains,
    /// <summary>The same.</summary>
    Equal,
    /// <summary>Another, and there is one.</summary>
    NotEqual,
    /// <summary>Greater or later.</summary>
    Greater,
    /// <summary>Less or earlier.</summary>
    Less,
    /// <summary>No value.</summary>
    Empty,
    /// <summary>Any value.</summary>
    Filled,
}

/// <summary>One filter of the form.</summary>
/// <param name="Column">Published name.</param>
/// <param name="Test">What its cells must be.</param>
/// <param name="Value">Against what; nothing for the last two tests.</param>
internal sealed record RowFilter(string Column, RowTest Test, string Value);

/// <summary>Which rows the address asks for: <c>?q=words&amp;c1=column&amp;o1=equal&amp;v1=value&amp;sort=column&amp;dir=desc&amp;column=a&amp;column=b</c>; the page and the files read it the same way.</summary>
internal sealed record RowsAsked
{
    /// <summary>Most filters at once.</summary>
    internal const int MostFilters = 8;

    /// <summary>Columns that a page shows when nobody chose.</summary>
    internal const int UsualColumns = 10;

    /// <summary>Most columns that a page shows.</summary>
    internal const int MostColumns = 40;

    private const int LongestText = 200;

    /// <summary>The version; null for the current one.</summary>
    internal Guid? Version { get; init; }

    /// <summary>Words that must stand in the row; empty for none.</summary>
    internal string Words { get; init; } = "";

    /// <summary>All of these must hold.</summary>
    internal IReadOnlyList<RowFilter> Filters { get; init; } = [];

    /// <summary>Published names of the chosen columns, in the table's order; empty when nobody chose.</summary>
    internal IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>The column that sorts; null for the file's order.</summary>
    internal string? Sort { get; init; }

    /// <summary>From the greatest.</summary>
    internal bool Descending { get; init; }

    /// <summary>Rows on a page, one of <see cref="Web.Components.Listing.Sizes"/>.</summary>
    internal int Size { get; init; } = Web.Components.Listing.Sizes[0];

    /// <summary>The page, from 1.</summary>
    internal long Page { get; init; } = 1;

    /// <summary>The place behind which the page begins; null to count rows from the beginning.</summary>
    internal string? After { get; init; }

    /// <summary>The column whose picture is wanted; null for the one that is most telling.</summary>
    internal string? Chart { get; init; }

    /// <summary>True when anything narrows the rows.</summary>
    internal bool IsNarrow => Words.Length > 0 || Filters.Count > 0;

    /// <summary>Reads the query of an address.</summary>
    /// <param name="query">With or without the question mark.</param>
    /// <param name="table">The table it is about.</param>
    internal static RowsAsked Of(string query, DataTable table)
    {
        var fields = QueryHelpers.ParseQuery(query);
        string One(string name) => fields.TryGetValue(name, out var values) ? (values[0] ?? "").Trim() : "";
        var filters = new List<RowFilter>();
        for (var n = 1; n <= MostFilters; n++)
        {
            var (column, test, value) = (Whole($"c{n}"), One($"o{n}"), Cut(One($"v{n}")));
            if (column.Length == 0 || !Enum.TryParse<RowTest>(test.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var by) || !Enum.IsDefined(by)) { continue; }
            // A filter row of the form that nobody filled in.
            if (value.Length == 0 && by is not (RowTest.Empty or RowTest.Filled)) { continue; }
            filters.Add(new RowFilter(column, by, value));
        }

        var chosen = (fields.TryGetValue("column", out var names) ? names.OfType<string>() : []).ToHashSet(StringComparer.Ordinal);
        var page = long.TryParse(One("page"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 1_000_000_000 ? number : 1;
        return new RowsAsked
        {
            Version = Guid.TryParse(One("version"), out var version) ? version : null,
            Words = Cut(One("q")),
            Filters = filters,
            Columns = [.. table.Columns.Where(c => chosen.Contains(c.Name)).Select(c => c.Name)],
            Sort = Whole("sort") is { Length: > 0 } sort ? sort : null,
            Descending = One("dir") == "desc",
            Size = int.TryParse(One("size"), NumberStyles.None, CultureInfo.InvariantCulture, out var size) && Web.Components.Listing.Sizes.Contains(size) ? size : Web.Components.Listing.Sizes[0],
            Page = page,
            After = page > 1 && One("after") is { Length: > 0 and <= 4000 } after ? after : null,
            Chart = Whole("chart") is { Length: > 0 } chart ? chart : null,
        };

        // A column's name may begin and end with a space.
        string Whole(string name) => fields.TryGetValue(name, out var values) ? values[0] ?? "" : "";

        static string Cut(string text) => text.Length > LongestText ? text[..LongestText] : text;
    }

    /// <summary>The columns that a page shows.</summary>
    internal IReadOnlyList<TableColumn> ShownOf(DataTable table) =>
        Columns.Count == 0 ? [.. table.Columns.Take(UsualColumns)] : [.. table.Columns.Where(c => Columns.Contains(c.Name)).Take(MostColumns)];

    /// <summary>The question of one page: with how many rows there are in all.</summary>
    internal TableQuery PageOf(DataTable table) => Ask(table) with
    {
        Columns = [.. ShownOf(table).Select(c => c.Name)],
        Limit = Size,
        Offset = After is null ? (Page - 1) * Size : 0,
        After = After,
        Count = true,
    };

    /// <summary>The question of a file: every row that is left, with the chosen columns or all of them.</summary>
    internal TableQuery WholeOf(DataTable table) => Ask(table) with { Columns = [.. table.Columns.Where(c => Columns.Count == 0 || Columns.Contains(c.Name)).Select(c => c.Name)], Limit = int.MaxValue };

    /// <summary>What is wrong with each filter, by its place from 0; empty when the engine may be asked.</summary>
    internal IReadOnlyDictionary<int, string> FaultsIn(DataTable table)
    {
        var faults = new Dictionary<int, string>();
        for (var n = 0; n < Filters.Count; n++)
        {
            var (column, test, _) = Filters[n];
            if (table.Find(column) is not { } found) { faults[n] = Text.Of("open-data.portal.fault.column", column); }
            else if (test == RowTest.Contains && found.Type is not (ColumnType.Text or ColumnType.Json or ColumnType.Geometry)) { faults[n] = Text.Of("open-data.portal.fault.contains", column); }
        }

        return faults;
    }

    /// <summary>The address that asks for it.</summary>
    /// <param name="path">The page, or a file of it.</param>
    internal string Address(string path) => QueryHelpers.AddQueryString(path, Fields().Select(f => KeyValuePair.Create(f.Name, (string?)f.Value)));

    /// <summary>The fields that a form sends along, some left out.</summary>
    internal IEnumerable<(string Name, string Value)> Fields(params string[] without) => All().Where(f => !without.Contains(f.Name));

    private TableQuery Ask(DataTable table) => new()
    {
        Text = Words.Length > 0 ? Words : null,
        Where = Filters.Count == 0 ? null : new Condition.All([.. Filters.Select(f => ConditionOf(f))]),
        Orders = Sort is null || table.Find(Sort) is null ? [] : [new Order(Sort, Descending)],
    };

    private static Condition ConditionOf(RowFilter filter) => filter.Test switch
    {
        RowTest.Empty => new Condition.IsNull(filter.Column),
        RowTest.Filled => new Condition.IsNull(filter.Column, Negated: true),
        RowTest.Contains => new Condition.Compare(filter.Column, Comparison.Contains, filter.Value),
        RowTest.NotEqual => new Condition.Compare(filter.Column, Comparison.NotEqual, filter.Value),
        RowTest.Greater => new Condition.Compare(filter.Column, Comparison.Greater, filter.Value),
        RowTest.Less => new Condition.Compare(filter.Column, Comparison.Less, filter.Value),
        _ => new Condition.Compare(filter.Column, Comparison.Equal, filter.Value),
    };

    private IEnumerable<(string Name, string Value)> All()
    {
        if (Version is { } version) { yield return ("version", version.ToString()); }
        if (Words.Length > 0) { yield return ("q", Words); }
        for (var n = 0; n < Filters.Count; n++)
        {
            yield return ($"c{n + 1}", Filters[n].Column);
            yield return ($"o{n + 1}", Show.Kebab(Filters[n].Test.ToString()));
            if (Filters[n].Value.Length > 0) { yield return ($"v{n + 1}", Filters[n].Value); }
        }

        foreach (var column in Columns) { yield return ("column", column); }
        if (Sort is not null) { yield return ("sort", Sort); }
        if (Descending) { yield return ("dir", "desc"); }
        if (Size != Web.Components.Listing.Sizes[0]) { yield return ("size", Size.ToString(CultureInfo.InvariantCulture)); }
        if (Chart is not null) { yield return ("chart", Chart); }
        if (Page > 1) { yield return ("page", Page.ToString(CultureInfo.InvariantCulture)); }
        if (After is not null) { yield return ("after", After); }
    }
}
