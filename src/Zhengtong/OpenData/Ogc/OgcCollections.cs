using System.Globalization;
using System.Text.Json.Nodes;
using Zhengtong.Kernel;

namespace Zhengtong.OpenData.Ogc;

/// <summary>The collections: published tables whose rows have places. A collection's id is the resource's id.</summary>
internal static class OgcCollections
{
    /// <summary>Collections on one page.</summary>
    internal const int PageSize = 100;

    internal static async Task<IResult> List(HttpContext http, OpenDataLookup lookup, CancellationToken ct)
    {
        OgcAnswer.OnlyKnows(http, "offset");
        var offset = OgcItems.Number(http, "offset", 0, int.MaxValue - PageSize) ?? 0;
        var found = await lookup.ListTablesAsync(withPlaces: true, offset, PageSize + 1, ct);
        var links = OgcAnswer.SelfLinks(http, OgcAnswer.WantsHtml(http)).ToList();
        if (found.Count > PageSize)
        {
            links.Add(OgcAnswer.Link(OgcAnswer.Addressed(http, OgcAnswer.WantsHtml(http) ? "html" : "json", "offset", (offset + PageSize).ToString(CultureInfo.InvariantCulture)), "next", OgcAnswer.Json, Text.Of("open-data.ogc.next")));
        }

        return OgcAnswer.Of(http, new JsonObject
        {
            ["links"] = new JsonArray([.. links]),
            ["collections"] = new JsonArray([.. found.Take(PageSize).Select(t => Of(http, t))]),
        }, Text.Of("open-data.ogc.collections"));
    }

    internal static async Task<IResult> One(string collection, HttpContext http, OpenDataLookup lookup, CancellationToken ct)
    {
        OgcAnswer.OnlyKnows(http);
        var table = await FindAsync(collection, lookup, ct);
        var answer = Of(http, table);
        answer["links"] = new JsonArray([.. OgcAnswer.SelfLinks(http, OgcAnswer.WantsHtml(http)), .. ((JsonArray)answer["links"]!).Select(l => l!.DeepClone())]);
        return OgcAnswer.Of(http, answer, table.DatasetTitle);
    }

    /// <exception cref="OgcException">404: no table of that id that has places and that everybody may read.</exception>
    internal static async Task<PublicTable> FindAsync(string collection, OpenDataLookup lookup, CancellationToken ct) =>
        Guid.TryParse(collection, out var id) && await lookup.FindTableAsync(id, ct) is { Table.Places: not null } table ? table : throw new OgcException(404, $"No collection {OgcAnswer.Shortened(collection)}");

    private static JsonObject Of(HttpContext http, PublicTable table)
    {
        var address = $"{OgcAnswer.BaseOf(http)}{OgcModule.Root}/collections/{table.Resource.Id}";
        var extent = new JsonObject();
        if (table.Table.Places!.Extent is [var west, var south, var east, var north])
        {
            extent["spatial"] = new JsonObject { ["bbox"] = new JsonArray(new JsonArray(west, south, east, north)), ["crs"] = OgcAnswer.Crs84 };
        }

        if (table.From is not null || table.To is not null)
        {
            extent["temporal"] = new JsonObject { ["interval"] = new JsonArray(new JsonArray(Moment(table.From, "T00:00:00Z"), Moment(table.To, "T23:59:59Z"))) };
        }

        return new JsonObject
        {
            ["id"] = table.Resource.Id.ToString(),
            ["title"] = $"{table.DatasetTitle} · {table.Resource.Name}",
            ["description"] = table.Notes,
            ["itemType"] = "feature",
            ["crs"] = new JsonArray(OgcAnswer.Crs84),
            ["extent"] = extent,
            ["links"] = new JsonArray(
                OgcAnswer.Link($"{address}/items", "items", OgcAnswer.GeoJson, Text.Of("open-data.ogc.items")),
                OgcAnswer.Link($"{address}/items?f=html", "items", OgcAnswer.Html, Text.Of("open-data.ogc.items")),
                OgcAnswer.Link(OgcTiles.AddressOf(http, table), OgcTiles.Relation, OgcAnswer.Json, Text.Of("open-data.tiles.item")),
                OgcAnswer.Link($"{OgcAnswer.BaseOf(http)}/dataset/{table.DatasetName}", "describedby", OgcAnswer.Html, table.DatasetTitle)),
        };
    }

    private static JsonNode? Moment(DateOnly? day, string time) => day is { } d ? JsonValue.Create(d.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) + time) : null;
}
