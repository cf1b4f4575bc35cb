using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Portal;
using Zhengtong.OpenData.Tables;
using Zhengtong.OpenData.Tiles;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Tiles;

/// <summary>Tables on maps: tiles as another program reads them.</summary>
[OnDatabase]
public sealed class ExportTileTests(PlatformFixture platform)
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Theory]
    [InlineData(8)]
    [InlineData(11)]
    [InlineData(14)]
    public async Task Tile_OfPlaces_HoldsEachWhereItIsWithItsCells(int zoom)
    {
        var made = await Toilets.PublishAsync(platform);
        var (x, y) = TileOf(108.055, 34.045, zoom);
        var answer = await platform.Visitor().GetAsync($"/dataset/{made.Name}/resource/{made[0].Id}/tiles/{zoom}/{x}/{y}.mvt");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/vnd.mapbox-vector-tile");
        var features = await ReadTile.OfAsync(await answer.Content.ReadAsByteArrayAsync(), zoom, x, y);
        var rows = Enumerable.Range(1, Toilets.Count).Select(n => (Id: (long)n, Cells: Toilets.Row(n))).Where(r => r.Cells[1] is not null).ToDictionary(r => r.Id, r => r.Cells);
        // All that lie in it, and none that lies beyond its margin.
        features.Select(f => f.Id).ShouldBeUnique();
        var inside = rows.Where(r => TileOf((double)r.Value[1]!, (double)r.Value[2]!, zoom) == (x, y)).Select(r => r.Key).ToList();
        inside.ShouldNotBeEmpty();
        inside.Except(features.Select(f => f.Id)).ShouldBeEmpty();
        features.SelectMany(f => f.Parts).SelectMany(p => p).ShouldAllBe(p => p.X >= -64 && p.X <= 4160 && p.Y >= -64 && p.Y <= 4160);
        var unit = 360 / Math.Pow(2, zoom) / 4096;
        foreach (var feature in features)
        {
            var cells = rows[feature.Id];
            feature.Type.ShouldBe(1);
            var (longitude, latitude) = feature.Degrees;
            longitude.ShouldBe((double)cells[1]!, unit);
            latitude.ShouldBe((double)cells[2]!, unit);
            feature.Properties.GetProperty("名称").GetString().ShouldBe((string)cells[0]!);
            feature.Properties.GetProperty("面积 m²").GetDouble().ShouldBe((double)(decimal)cells[6]!);
            feature.Properties.GetProperty("无障碍").GetBoolean().ShouldBe((bool)cells[7]!);
            feature.Properties.GetProperty("建成").GetString().ShouldBe(Cell.TextOf(cells[4]));
            if (cells[3] is long places) { feature.Properties.GetProperty("蹲位").GetInt64().ShouldBe(places); }
            else { feature.Properties.TryGetProperty("蹲位", out _).ShouldBeFalse(); }
        }
    }

    [Theory]
    [InlineData(CoordinateSystem.Gcj02)]
    [InlineData(CoordinateSystem.Bd09)]
    [InlineData(CoordinateSystem.Cgcs2000)]
    public async Task Tile_OfAnySystem_IsWhereItIsOnTheGroundThatIsAskedFor(CoordinateSystem system)
    {
        var (longitude, latitude) = (116.3913, 39.9075);
        var (lon, lat) = Coordinates.FromWgs84(longitude, latitude, system);
        var table = await Written([new("lon", ColumnType.Float), new("lat", ColumnType.Float)], [[lon, lat]], new NewPlaces(0, 1, 2, system));
        foreach (var ground in (CoordinateSystem[])[CoordinateSystem.Wgs84, CoordinateSystem.Gcj02])
        {
            var (wantedX, wantedY) = Coordinates.FromWgs84(longitude, latitude, ground);
            var (x, y) = TileOf(wantedX, wantedY, 15);
            var feature = (await ReadTile.OfAsync(await Drawn(table, 15, x, y, ground), 15, x, y)).ShouldHaveSingleItem();
            // A unit is 30 centimetres there; the two systems are half a kilometre apart.
            feature.Degrees.Longitude.ShouldBe(wantedX, 0.000005);
            feature.Degrees.Latitude.ShouldBe(wantedY, 0.000005);
        }
    }

    [Fact]
    public async Task Tile_OfShapes_CutsTurnsAndKeepsThem()
    {
        string?[] shapes =
        [
            // A square with a hole, both turned the wrong way round; two areas; a line through the whole tile; one that leaves and comes back; too small to be seen; nothing; no geometry.
            """{"type":"Polygon","coordinates":[[[108.1,34.1],[108.1,34.5],[108.5,34.5],[108.5,34.1],[108.1,34.1]],[[108.2,34.2],[108.4,34.2],[108.4,34.4],[108.2,34.4],[108.2,34.2]]]}""",
            """{"type":"MultiPolygon","coordinates":[[[[100,30],[120,30],[120,40],[100,40],[100,30]]],[[[108.6,34.0],[108.7,34.0],[108.7,34.1],[108.6,34.0]]]]}""",
            """{"type":"LineString","coordinates":[[90,34.3],[130,34.3]]}""",
            """{"type":"MultiLineString","coordinates":[[[108.3,34.3],[108.3,60],[108.4,60],[108.4,34.3]]]}""",
            """{"type":"Polygon","coordinates":[[[108.3,34.3],[108.300001,34.3],[108.300001,34.300001],[108.3,34.3]]]}""",
            null,
            """{"type":"GeometryCollection","geometries":[{"type":"MultiPoint","coordinates":[[108.3,34.3],[108.31,34.31],[0,0]]},{"type":"LineString","coordinates":[[108.3,34.3],[108.35,34.35]]}]}""",
        ];
        var table = await Written([new("形", ColumnType.Geometry)], shapes.Select(s => new object?[] { s }), new NewPlaces(1, 0, 0, CoordinateSystem.Wgs84));
        const int Zoom = 8;
        var (x, y) = TileOf(108.3, 34.3, Zoom);
        var features = (await ReadTile.OfAsync(await Drawn(table, Zoom, x, y), Zoom, x, y)).ToLookup(f => f.Id);
        features[1].Single().ShouldSatisfyAllConditions(f => f.Type.ShouldBe(3), f => f.Areas.ShouldBe([2]), f => Doubled(f.Parts[0]).ShouldBePositive(), f => Doubled(f.Parts[1]).ShouldBeNegative());
        features[2].Single().ShouldSatisfyAllConditions(f => f.Areas.ShouldBe([1, 1]), f => f.Parts[0].Distinct().ShouldBe([(-64, -64), (4160, -64), (4160, 4160), (-64, 4160)], ignoreOrder: true));
        features[3].Single().ShouldSatisfyAllConditions(f => f.Type.ShouldBe(2), f => f.Parts.Single().Select(p => p.X).ShouldBe([-64, 4160]));
        features[4].Single().Parts.Count.ShouldBe(2);
        features[5].Single().ShouldSatisfyAllConditions(f => f.Areas.ShouldBe([1]), f => Doubled(f.Parts[0]).ShouldBe(128));
        features[6].ShouldBeEmpty();
        features[7].Select(f => (f.Type, f.Parts.Count)).ShouldBe([(2, 1), (1, 2)]);
    }

    [Fact]
    public async Task Tile_OfManyRows_StaysSmallAndCountsThemAll()
    {
        const int Rows = 60_000;
        var table = await Written([new("n", ColumnType.Integer), new("lon", ColumnType.Float), new("lat", ColumnType.Float)],
            Enumerable.Range(0, Rows).Select(n => new object?[] { (long)n, 100 + (n % 300 * 0.06), 25 + (n / 300 * 0.07) }), new NewPlaces(0, 2, 3, CoordinateSystem.Wgs84));
        foreach (var zoom in (int[])[0, 2])
        {
            var (x, y) = TileOf(108, 30, zoom);
            var tile = await Drawn(table, zoom, x, y);
            tile.Length.ShouldBeLessThan(300_000);
            var features = await ReadTile.OfAsync(tile, zoom, x, y);
            features.Count.ShouldBeInRange(10, 128 * 128);
            features.Sum(f => f.Properties.GetProperty("_count").GetInt64()).ShouldBe(Rows);
            // The dot stands where one of its rows is, whose number it has.
            foreach (var feature in features.Take(20))
            {
                var n = feature.Id - 1;
                feature.Degrees.Longitude.ShouldBe(100 + (n % 300 * 0.06), 360 / Math.Pow(2, zoom) / 4096);
            }

            // The same each time, also from another process.
            (await new TileDrawing(Engine).DrawAsync(table, new TableQuery(), "", new MapCell(zoom, x, y), CoordinateSystem.Wgs84, Ct)).ShouldBe(tile);
        }

        var (column, row) = TileOf(108, 30, 9);
        var near = await ReadTile.OfAsync(await Drawn(table, 9, column, row), 9, column, row);
        near.ShouldAllBe(f => f.Properties.GetProperty("n").GetInt64() == f.Id - 1);
    }

    [Fact]
    public async Task Tile_OfManyAreas_DrawsTheLargeAndCountsTheSmall()
    {
        // 6,000 specks and one area over all of them.
        var specks = Enumerable.Range(0, 6000).Select(n => string.Create(CultureInfo.InvariantCulture, $$"""{"type":"Point","coordinates":[{{100 + (n % 100 * 0.1)}},{{30 + (n / 100 * 0.1)}}]}"""));
        var table = await Written([new("形", ColumnType.Geometry)], specks.Append("""{"type":"Polygon","coordinates":[[[100,30],[110,30],[110,36],[100,36],[100,30]]]}""").Select(s => new object?[] { s }), new NewPlaces(1, 0, 0, CoordinateSystem.Wgs84));
        var (x, y) = TileOf(105, 33, 3);
        var features = await ReadTile.OfAsync(await Drawn(table, 3, x, y), 3, x, y);
        features.Single(f => f.Type == 3).Id.ShouldBe(6001);
        features.Where(f => f.Type == 1).Sum(f => f.Properties.GetProperty("_count").GetInt64()).ShouldBe(6000);
    }

    [Theory]
    [InlineData("-1/0/0")]
    [InlineData("23/0/0")]
    [InlineData("0/1/0")]
    [InlineData("0/0/1")]
    [InlineData("3/8/0")]
    [InlineData("3/0/-1")]
    [InlineData("99999999999999999999/0/0")]
    [InlineData("3/NaN/0")]
    [InlineData("3/1e1/0")]
    [InlineData("3/%27%20OR%201=1/0")]
    [InlineData("3/０/0")]
    [InlineData("+3/0/0")]
    public async Task Tile_ThatIsNone_IsRefused(string place)
    {
        var made = await Toilets.PublishAsync(platform);
        var answer = await platform.Visitor().GetAsync($"/dataset/{made.Name}/resource/{made[0].Id}/tiles/{place}.mvt");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.ReadProblemCode()).ShouldBe("open-data.bad-question");
        // The standard has another answer for it.
        var parts = place.Split('/');
        var same = await platform.Visitor().GetAsync($"/ogc/collections/{made[0].Id}/tiles/WebMercatorQuad/{parts[0]}/{parts[2]}/{parts[1]}");
        same.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await same.ReadProblemCode()).ShouldBe("open-data.not-found");
    }

    [Fact]
    public async Task Tile_KnownEmptyFilteredOrClosed_IsAnsweredSo()
    {
        var made = await Toilets.PublishAsync(platform);
        var (x, y) = TileOf(108.055, 34.045, 11);
        var path = $"/dataset/{made.Name}/resource/{made[0].Id}/tiles";
        var answer = await platform.Visitor().GetAsync($"{path}/11/{x}/{y}.mvt");
        answer.Headers.CacheControl!.ShouldSatisfyAllConditions(c => c.Public.ShouldBeTrue(), c => c.MaxAge.ShouldBe(TimeSpan.FromMinutes(5)));
        answer.Headers.GetValues("Access-Control-Allow-Origin").Single().ShouldBe("*");
        using var again = new HttpRequestMessage(HttpMethod.Get, $"{path}/11/{x}/{y}.mvt");
        again.Headers.IfNoneMatch.Add(answer.Headers.ETag.ShouldNotBeNull());
        (await platform.Visitor().SendAsync(again)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await platform.Visitor().GetAsync($"{path}/11/0/0.mvt")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var narrow = await platform.Visitor().GetAsync($"{path}/11/{x}/{y}.mvt?c1={Uri.EscapeDataString("蹲位")}&o1=equal&v1=3");
        narrow.Headers.ETag.ShouldNotBe(answer.Headers.ETag);
        var features = await ReadTile.OfAsync(await narrow.Content.ReadAsByteArrayAsync(), 11, x, y);
        features.ShouldNotBeEmpty();
        features.ShouldAllBe(f => f.Properties.GetProperty("蹲位").GetInt64() == 3);
        foreach (var wrong in (string[])["?c1=x&o1=equal&v1=1", "?ground=utm", $"?c1={Uri.EscapeDataString("蹲位")}&o1=equal&v1=drei"])
        {
            var refused = await platform.Visitor().GetAsync($"{path}/11/{x}/{y}.mvt{wrong}");
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest, wrong);
            refused.Headers.ETag.ShouldBeNull(wrong);
        }

        var closed = await Toilets.PublishAsync(platform, attribute: OpenAttribute.Conditional);
        (await platform.Visitor().GetAsync($"/dataset/{closed.Name}/resource/{closed[0].Id}/tiles/11/{x}/{y}.mvt")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await platform.Visitor().GetAsync($"/ogc/collections/{closed[0].Id}/tiles/WebMercatorQuad/11/{y}/{x}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var flat = await platform.PublishAsync(await platform.Department(), MadeFile.Table("t.csv", [new MadeColumn("a")], [["1"]]));
        (await platform.Visitor().GetAsync($"/dataset/{flat.Name}/resource/{flat[0].Id}/tiles/0/0/0.mvt")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Descriptions_OfBothInterfaces_LeadToTheSameTile()
    {
        var made = await Toilets.PublishAsync(platform);
        var (x, y) = TileOf(108.055, 34.045, 10);
        var told = await platform.Visitor().GetFromJsonAsync<JsonElement>($"/dataset/{made.Name}/resource/{made[0].Id}/tiles.json");
        told.GetProperty("tilejson").GetString().ShouldBe("3.0.0");
        told.GetProperty("bounds").EnumerateArray().Select(n => Math.Round(n.GetDouble(), 6)).ShouldBe([108, 34, 108.24, 34.09]);
        told.GetProperty("vector_layers")[0].GetProperty("fields").GetProperty("蹲位").GetString().ShouldBe("Number");
        var one = await platform.Visitor().GetByteArrayAsync(Filled(told.GetProperty("tiles")[0].GetString()!, ("{z}", 10), ("{x}", x), ("{y}", y)));

        var collection = await platform.Visitor().GetFromJsonAsync<JsonElement>($"/ogc/collections/{made[0].Id}");
        var sets = await platform.Visitor().GetFromJsonAsync<JsonElement>(Href(collection, "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"));
        var tileset = await platform.Visitor().GetFromJsonAsync<JsonElement>(Href(sets.GetProperty("tilesets")[0], "self"));
        tileset.GetProperty("dataType").GetString().ShouldBe("vector");
        tileset.GetProperty("tileMatrixSetURI").GetString().ShouldBe("http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad");
        var two = await platform.Visitor().GetByteArrayAsync(Filled(Href(tileset, "item"), ("{tileMatrix}", 10), ("{tileRow}", y), ("{tileCol}", x)));
        one.ShouldNotBeEmpty();
        two.ShouldBe(one);
        var conforms = (await platform.Visitor().GetFromJsonAsync<JsonElement>("/ogc/conformance")).GetProperty("conformsTo").EnumerateArray().Select(c => c.GetString());
        conforms.ShouldContain("http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt");
        (await platform.Visitor().GetAsync($"/ogc/collections/{made[0].Id}/tiles/WorldCRS84Quad/0/0/0")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await platform.Visitor().GetAsync($"/ogc/collections/{made[0].Id}/tiles/WebMercatorQuad/0/0/0?x=1")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        static string Href(JsonElement of, string relation) => of.GetProperty("links").EnumerateArray().First(l => l.GetProperty("rel").GetString() == relation).GetProperty("href").GetString()!;

        static string Filled(string address, params (string Name, int Value)[] parts) => parts.Aggregate(address, (a, p) => a.Replace(p.Name, p.Value.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }

    private TableEngine Engine => platform.App.Services.GetRequiredService<TableEngine>();

    private Task<byte[]> Drawn(DataTable table, int zoom, int x, int y, CoordinateSystem ground = CoordinateSystem.Wgs84) =>
        new TileDrawing(Engine).DrawAsync(table, new TableQuery(), "", MapCell.Of(Text(zoom), Text(x), Text(y)).ShouldNotBeNull(), ground, Ct);

    private Task<DataTable> Written(IReadOnlyList<NewColumn> columns, IEnumerable<object?[]> rows, NewPlaces places) =>
        platform.App.Services.GetRequiredService<TableWriter>().WriteAsync(columns, Each(rows), places, Ct);

    private static async IAsyncEnumerable<object?[]> Each(IEnumerable<object?[]> rows)
    {
        foreach (var row in rows) { yield return row; }
        await Task.CompletedTask;
    }

    private static (int X, int Y) TileOf(double longitude, double latitude, int zoom)
    {
        var (x, y) = BaseMap.Project(longitude, latitude);
        return ((int)(x * (1 << zoom)), (int)(y * (1 << zoom)));
    }

    private static long Doubled(IReadOnlyList<(int X, int Y)> ring) => ring.Zip(ring.Skip(1)).Sum(p => ((long)p.First.X * p.Second.Y) - ((long)p.Second.X * p.First.Y));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
