using System.Globalization;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.OData;
using Zhengtong.OpenData.Ogc;

namespace Zhengtong.OpenData.Portal;

/// <summary>A field of a call that a reader tries; one that cannot be changed has no label.</summary>
/// <param name="Name">The parameter.</param>
/// <param name="Value">What stands in it at first.</param>
/// <param name="IsFixed">True when it names the table.</param>
internal sealed record TriedField(string Name, string Value, bool IsFixed = false)
{
    /// <summary>True when it takes more than a line.</summary>
    internal bool IsLong => Name == "sql";
}

/// <summary>One way to ask a table by a program, with parameters that find something: the address of the interface itself, so that what is tried is what runs.</summary>
/// <param name="Key">Names it in texts and fields.</param>
/// <param name="Address">Path of the interface.</param>
/// <param name="Fields">Its parameters.</param>
internal sealed record TriedCall(string Key, string Address, IReadOnlyList<TriedField> Fields)
{
    /// <summary>The calls that answer for that table.</summary>
    internal static IEnumerable<TriedCall> Of(string dataset, DatasetResource resource, DataTable table)
    {
        var (id, properties) = (resource.Id.ToString(), ODataNames.PropertiesOf(table));
        yield return new("search", "/api/3/action/datastore_search", [new("resource_id", id, true), new("q", ""), new("filters", ""), new("fields", ""), new("sort", "_id asc"), new("limit", "5"), new("offset", "0")]);
        var group = table.Columns.FirstOrDefault(c => c.Type == ColumnType.Text) ?? table.Columns[0];
        var quoted = $"\"{group.Name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        yield return new("sql", "/api/3/action/datastore_search_sql", [new("sql", $"SELECT {quoted}, count(*) AS n FROM \"{id}\" GROUP BY {quoted} ORDER BY n DESC LIMIT 5")]);
        yield return new("odata", $"{ODataModule.Root}/{ODataNames.SetOf(resource.Id)}",
            [new("$select", string.Join(",", properties.Take(5))), new("$filter", "_id le 100"), new("$orderby", "_id desc"), new("$top", "5"), new("$count", "true")]);
        if (table.Places is { Extent: [var west, var south, var east, var north] })
        {
            var box = string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(west * 100) / 100},{Math.Floor(south * 100) / 100},{Math.Ceiling(east * 100) / 100},{Math.Ceiling(north * 100) / 100}");
            yield return new("ogc", $"{OgcModule.Root}/collections/{id}/items", [new("bbox", box), new("limit", "5")]);
        }

        yield return new("dcat", $"/dataset/{dataset}.jsonld", []);
    }
}
