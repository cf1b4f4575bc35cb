using System.Globalization;
using System.Text.Json.Nodes;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;
using Zhengtong.OpenData.Tiles;

namespace Zhengtong.OpenData.Ogc;

/// <summary>OGC API Tiles, Part 1: Core, version 1.0 (OGC 20-057): the features of a collection as vector tiles of the tile matrix set WebMercatorQuad.</summary>
internal static class OgcTiles
{
    /// <summary>The one tile matrix set.</summary>
    internal const string Matrices = "WebMercatorQuad";

    /// <summary>Relation of a collection to its tilesets.</summary>
    internal const string Relation = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";

    private const string MatricesAddress = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";

    internal static async Task<IResult> List(string collection, HttpContext http, OpenDataLookup lookup, CancellationToken ct)
    {
        OgcAnswer.OnlyKnows(http);
        var table = await OgcCollections.FindAsync(collection, lookup, ct);
        var tileset = Tileset(table);
        tileset["links"] = new JsonArray(OgcAnswer.Link($"{AddressOf(http, table)}/{Matrices}", "self", OgcAnswer.Json, Matrices));
        return OgcAnswer.Of(http, new JsonObject { ["links"] = new JsonArray([.. OgcAnswer.SelfLinks(http, OgcAnswer.WantsHtml(http))]), ["tilesets"] = new JsonArray(tileset) }, table.DatasetTitle);
    }

    internal static async Task<IResult> One(string collection, string matrices, HttpContext http, OpenDataLookup lookup, CancellationToken ct)
    {
        OgcAnswer.OnlyKnows(http);
        var table = await FindAsync(collection, matrices, lookup, ct);
        var tileset = Tileset(table);
        var tiles = OgcAnswer.Link($"{AddressOf(http, table)}/{Matrices}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", "item", VectorTile.MediaType, Text.Of("open-data.tiles.item"));
        tiles["templated"] = true;
        tileset["links"] = new JsonArray([.. OgcAnswer.SelfLinks(http, OgcAnswer.WantsHtml(http)), OgcAnswer.Link(MatricesAddress, "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme", OgcAnswer.Json, Matrices), tiles]);
        if (table.Table.Places!.Extent is [var west, var south, var east, var north])
        {
            tileset["boundingBox"] = new JsonObject { ["lowerLeft"] = new JsonArray(west, south), ["upperRight"] = new JsonArray(east, north), ["crs"] = OgcAnswer.Crs84 };
        }

        return OgcAnswer.Of(http, tileset, table.DatasetTitle);
    }

    internal static async Task<IResult> Tile(string collection, string matrices, string matrix, string row, string column, HttpContext http, OpenDataLookup lookup, TileDrawing drawing, CancellationToken ct)
    {
        foreach (var (name, values) in http.Request.Query)
        {
            if (name != "f" || values.Count > 1 || values.ToString() is not ("mvt" or "")) { throw new OgcException(400, "f: mvt, and no other parameter"); }
        }

        var table = await FindAsync(collection, matrices, lookup, ct);
        // Outside of the matrices' limits there is nothing (requirement 7).
        if (MapCell.Of(matrix, column, row) is not { } cell) { throw new OgcException(404, string.Create(CultureInfo.InvariantCulture, $"tileMatrix: 0 to {MapCell.Finest}; tileRow, tileCol: 0 to 2^tileMatrix - 1")); }
        return await TileAnswer.OfAsync(http, drawing, table.Table, new TableQuery(), "/", cell, CoordinateSystem.Wgs84, !(await lookup.GrantedAsync(ct)).Contains(table.Dataset), ct);
    }

    /// <summary>Where a collection's tilesets are.</summary>
    internal static string AddressOf(HttpContext http, PublicTable table) => $"{OgcAnswer.BaseOf(http)}{OgcModule.Root}/collections/{table.Resource.Id}/tiles";

    private static async Task<PublicTable> FindAsync(string collection, string matrices, OpenDataLookup lookup, CancellationToken ct) =>
        matrices == Matrices ? await OgcCollections.FindAsync(collection, lookup, ct) : throw new OgcException(404, $"No tile matrix set {OgcAnswer.Shortened(matrices)}; there is {Matrices}");

    private static JsonObject Tileset(PublicTable table) => new()
    {
        ["title"] = $"{table.DatasetTitle} · {table.Resource.Name}",
        ["dataType"] = "vector",
        ["crs"] = "http://www.opengis.net/def/crs/EPSG/0/3857",
        ["tileMatrixSetURI"] = MatricesAddress,
    };
}
