using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Zhengtong.OpenData.Descriptions;
using Zhengtong.OpenData.Keys;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Portal;
using Zhengtong.OpenData.Reuse;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Tiles;

/// <summary>The places of a table as Mapbox Vector Tiles. GET /dataset/{name}/resource/{id}/tiles/{z}/{x}/{y}.mvt, of the rows that the page's own parameters leave; <c>ground=gcj02</c> draws for a base map
/// of that system, else it is WGS 84. /dataset/{name}/resource/{id}/tiles.json describes them (TileJSON 3.0).</summary>
internal static class ExportTile
{
    /// <summary>The level behind which maps enlarge what they have.</summary>
    internal const int MostZoom = 16;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPublicGet("/dataset/{name}/resource/{id:guid}/tiles/{z}/{x}/{y}.mvt", Handle, KeyScope.Rows);
        app.MapPublicGet("/dataset/{name}/resource/{id:guid}/tiles.json", Describe, KeyScope.Rows);
    }

    internal static async Task<IResult> Handle(string name, Guid id, string z, string x, string y, Guid? version, HttpContext http, ZhengtongDb db, Readers readers, TileDrawing drawing, CancellationToken ct)
    {
        if (await FindAsync(name, id, version, db, readers, ct) is not ({ } found, { } table)) { return OpenDataProblems.NotFound.Because(); }
        if (MapCell.Of(z, x, y) is not { } cell) { return OpenDataProblems.BadQuestion.Because(string.Create(CultureInfo.InvariantCulture, $"z: 0 to {MapCell.Finest}; x, y: 0 to 2^z - 1")); }
        var ground = http.Request.Query["ground"].ToString();
        if (!(ground.Length == 0 || ground is "wgs84" or "gcj02")) { return OpenDataProblems.BadQuestion.Because("ground: wgs84, gcj02"); }
        var asked = RowsAsked.Of(http.Request.QueryString.Value ?? "", table) with { Page = 1, After = null, Chart = null, Sort = null, Descending = false, Columns = [], Version = null, Size = Web.Components.Listing.Sizes[0] };
        if (asked.FaultsIn(table) is { Count: > 0 } faults) { return OpenDataProblems.RowsUnclear.For(faults.ToDictionary(f => $"v{f.Key + 1}", f => new[] { f.Value })); }
        try { return await TileAnswer.OfAsync(http, drawing, table, asked.WholeOf(table), asked.Address("/"), cell, ground == "gcj02" ? CoordinateSystem.Gcj02 : CoordinateSystem.Wgs84, !found.IsGranted, ct); }
        catch (TableQueryException e) { return OpenDataProblems.RowsUnclear.Because(ExportRows.Told(e)); }
        catch (TableQueryTooCostlyException e) { return OpenDataProblems.TooCostly.Because(e.Message); }
    }

    internal static async Task<IResult> Describe(string name, Guid id, Guid? version, HttpContext http, ZhengtongDb db, Readers readers, CancellationToken ct)
    {
        if (await FindAsync(name, id, version, db, readers, ct) is not ({ } found, { } table)) { return OpenDataProblems.NotFound.Because(); }
        var tiles = $"{PortalAddress.Of(http).Resource(found.Dataset.Id, id)}/tiles/{{z}}/{{x}}/{{y}}.mvt{http.Request.QueryString.ToUriComponent()}";
        var fields = new JsonObject { [TileDrawing.CountName] = "Number" };
        foreach (var column in TileDrawing.PropertiesOf(table)) { fields[column.Name] = column.Type switch { ColumnType.Integer or ColumnType.Decimal or ColumnType.Float => "Number", ColumnType.Boolean => "Boolean", _ => "String" }; }
        var answer = new JsonObject
        {
            ["tilejson"] = "3.0.0",
            ["name"] = $"{found.Version.Description.Title} · {found.Find(id)!.Name}",
            ["attribution"] = System.Net.WebUtility.HtmlEncode(found.Publisher.Name),
            ["scheme"] = "xyz",
            ["tiles"] = new JsonArray(tiles),
            ["minzoom"] = 0,
            ["maxzoom"] = MostZoom,
            ["vector_layers"] = new JsonArray(new JsonObject { ["id"] = TileDrawing.Layer, ["fields"] = fields }),
        };
        if (table.Places!.Extent is [var west, var south, var east, var north]) { answer["bounds"] = new JsonArray(west, south, east, north); }
        return Results.Text(answer.ToJsonString(), "application/json", Encoding.UTF8);
    }

    /// <summary>The table with places that the reader may read.</summary>
    private static async Task<(PublicDataset? Found, DataTable? Table)> FindAsync(string name, Guid id, Guid? version, ZhengtongDb db, Readers readers, CancellationToken ct) =>
        await PublicDataset.FindAsync(db, readers, name, version, ct) is { GivesData: true } found && found.Find(id) is { Table: { Places: not null } table } ? (found, table) : (null, null);
}
