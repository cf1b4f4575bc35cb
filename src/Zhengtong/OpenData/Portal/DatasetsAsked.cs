using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Zhengtong.Web.Components;

namespace Zhengtong.OpenData.Portal;

/// <summary>What datasets can be narrowed down by; each is a field of the address.</summary>
internal enum DatasetFacet
{
    /// <summary>Themes, by id.</summary>
    Theme,
    /// <summary>Departments, by id.</summary>
    Publisher,
    /// <summary>Divisions, by code.</summary>
    Region,
    /// <summary>Formats of the files, upper case.</summary>
    Format,
    /// <summary>Licences, by id.</summary>
    Licence,
    /// <summary>开放属性.</summary>
    Attribute,
    /// <summary>更新周期.</summary>
    Cycle,
    /// <summary>Where they come from: <c>own</c>, or a harvest source by id.</summary>
    Source,
}

/// <summary>How a list of datasets is ordered.</summary>
internal enum DatasetOrder
{
    /// <summary>Best answer first; without words the latest first.</summary>
    Relevance,
    /// <summary>Latest publication first.</summary>
    Modified,
    /// <summary>By title.</summary>
    Title,
    /// <summary>Most downloads of 30 days first.</summary>
    Downloads,
    /// <summary>Most rows first.</summary>
    Rows,
    /// <summary>Best rated first. Each counts as if five voices had given three stars before, so that one voice alone puts nothing on top.</summary>
    Rating,
}

/// <summary>Which datasets the address asks for. Values of one facet are alternatives, facets narrow one another. What makes no sense finds nothing, and can be taken away.</summary>
internal sealed record DatasetsAsked
{
    /// <summary>Datasets on a page.</summary>
    internal const int PageSize = 20;

    private const int LongestText = 100;
    private const int MostValues = 20;

    /// <summary>The words; empty for none. At most 100 characters.</summary>
    internal string Words { get; init; } = "";

    /// <summary>What is chosen, by facet.</summary>
    internal required IReadOnlyDictionary<DatasetFacet, IReadOnlyList<string>> Chosen { get; init; }

    /// <summary>The order.</summary>
    internal DatasetOrder Order { get; init; }

    /// <summary>The page, from 1.</summary>
    internal int Page { get; init; } = 1;

    /// <summary>True when anything narrows the list.</summary>
    internal bool IsNarrow => Words.Length > 0 || Chosen.Values.Any(v => v.Count > 0);

    /// <summary>Reads an address.</summary>
    internal static DatasetsAsked Of(string uri)
    {
        var list = Listing.Of(uri);
        var words = list["text"];
        return new DatasetsAsked
        {
            Words = words.Length > LongestText ? words[..LongestText] : words,
            Chosen = Enum.GetValues<DatasetFacet>().ToDictionary(f => f, f => (IReadOnlyList<string>)
                [.. list[Field(f)].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal).Take(MostValues)]),
            Order = list.Choice<DatasetOrder>("sort") ?? DatasetOrder.Relevance,
            Page = list.Page,
        };
    }

    /// <summary>Name of the facet's field in the address.</summary>
    internal static string Field(DatasetFacet facet) => Web.Show.Kebab(facet.ToString());

    /// <summary>The same with one value of a facet added, or taken away where it is chosen; from page 1.</summary>
    internal DatasetsAsked Toggle(DatasetFacet facet, string value) => this with
    {
        Chosen = Chosen.ToDictionary(c => c.Key, c => c.Key != facet ? c.Value : c.Value.Contains(value) ? [.. c.Value.Where(v => v != value)] : [.. c.Value, value]),
        Page = 1,
    };

    /// <summary>The address that asks for it.</summary>
    /// <param name="path">The page, or an export of it.</param>
    internal string Address(string path = "/dataset") => QueryHelpers.AddQueryString(path, Fields().Select(f => KeyValuePair.Create(f.Name, (string?)f.Value)));

    /// <summary>The fields that a form sends along.</summary>
    internal IEnumerable<(string Name, string Value)> Fields()
    {
        if (Words.Length > 0) { yield return ("text", Words); }
        foreach (var (facet, values) in Chosen.Where(c => c.Value.Count > 0)) { yield return (Field(facet), string.Join(',', values)); }
        if (Order != DatasetOrder.Relevance) { yield return ("sort", Web.Show.Kebab(Order.ToString())); }
        if (Page > 1) { yield return ("page", Page.ToString(CultureInfo.InvariantCulture)); }
    }
}
