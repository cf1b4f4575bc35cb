using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Portal;
using Zhengtong.OpenData.Tables;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Portal;

/// <summary>Places as they are drawn: where they are on the ground, on an empty ground and on a base map.</summary>
[OnDatabase]
public sealed partial class MapShapesTests(PlatformFixture platform)
{
    private static readonly BaseMap Empty = new(Options.Create(new BaseMapOptions()));

    [Fact]
    public void Project_KnownPlaces_StandWhereTheWorldHasThem()
    {
        BaseMap.Project(-180, 85.05112878).ShouldSatisfyAllConditions(p => p.X.ShouldBe(0), p => p.Y.ShouldBe(0, 1e-9));
        BaseMap.Project(0, 0).ShouldBe((0.5, 0.5));
        // Tile 13/6744/3104 of the usual numbering holds Tiananmen.
        var (x, y) = BaseMap.Project(116.3913, 39.9075);
        ((int)(x * 8192), (int)(y * 8192)).ShouldBe((6744, 3104));
    }

    [Theory]
    [InlineData(CoordinateSystem.Wgs84)]
    [InlineData(CoordinateSystem.Gcj02)]
    [InlineData(CoordinateSystem.Bd09)]
    public async Task Draw_DeclaredInAnySystem_IsWhereItIsOnTheGround(CoordinateSystem system)
    {
        // The same three places on the ground, written down in each system.
        (double X, double Y)[] ground = [(116.3913, 39.9075), (116.5, 39.8), (116.2, 40.0)];
        var table = await Written([new("名", ColumnType.Text), new("lon", ColumnType.Float), new("lat", ColumnType.Float)],
            ground.Select((g, n) => { var (x, y) = Coordinates.FromWgs84(g.X, g.Y, system); return new object?[] { $"p{n}", x, y }; }), new NewPlaces(0, 2, 3, system));
        var map = (await MapShapes.OfAsync(Engine, table, new TableQuery { Limit = 100 }, null, Empty, CancellationToken.None))!;
        foreach (var (got, wanted) in map.Extent.Zip([116.2, 39.8, 116.5, 40.0])) { got.ShouldBe(wanted, 1e-6); }
        map.Places.Select(p => p.Label).ShouldBe(["p0", "p1", "p2"]);
        map.Layers.Count.ShouldBe(1);
        Regex.Count(map.Layers[0].Dots, "h0").ShouldBe(3);
        // The eastmost is at the right side, the northmost above.
        map.Layers[0].Dots.ShouldContain(string.Create(CultureInfo.InvariantCulture, $"M{map.Width:0.#} "));
        map.Layers[0].Dots.ShouldContain(" 0h0");
    }

    [Fact]
    public async Task Draw_PointsLinesAndAreas_EachInItsWay()
    {
        string?[] shapes =
        [
            """{"type":"Point","coordinates":[108,34]}""", """{"type":"LineString","coordinates":[[108,34],[109,35],[109,34]]}""",
            """{"type":"Polygon","coordinates":[[[108,34],[109,34],[109,35],[108,35],[108,34]],[[108.2,34.2],[108.4,34.2],[108.4,34.4],[108.2,34.2]]]}""",
            """{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[108.5,34.5]}]}""", null,
        ];
        var table = await Written([new("名", ColumnType.Text), new("形", ColumnType.Geometry), new("数", ColumnType.Integer)], shapes.Select((s, n) => new object?[] { $"s{n}", s, n == 1 ? null : (long)n }), new NewPlaces(2, 0, 0, CoordinateSystem.Wgs84));
        var map = (await MapShapes.OfAsync(Engine, table, new TableQuery { Limit = 100 }, null, Empty, CancellationToken.None))!;
        map.Drawn.ShouldBe(4);
        var layer = map.Layers.ShouldHaveSingleItem();
        Regex.Count(layer.Dots, "h0").ShouldBe(2);
        Regex.Count(layer.Lines, "M").ShouldBe(1);
        // Ring and hole, both closed.
        Regex.Count(layer.Areas, "Z").ShouldBe(2);
        var coloured = (await MapShapes.OfAsync(Engine, table, new TableQuery { Limit = 100 }, table.Find("数"), Empty, CancellationToken.None))!;
        coloured.Classes.Select(c => (c.From, c.To, c.Rows)).ShouldBe([(0, 0, 1), (2, 2, 1), (3, 3, 1)]);
        // What has no number stands in the last layer.
        coloured.Layers[^1].Lines.ShouldNotBeEmpty();
        coloured.Layers.SkipLast(1).ShouldAllBe(l => l.Lines.Length == 0);
    }

    [Fact]
    public async Task Tiles_OfTheBaseMap_CoverTheDrawingAndNothingElse()
    {
        var ground = new BaseMap(Options.Create(new BaseMapOptions { Tiles = ["https://tiles.example.org/{z}/{x}/{y}.png"] }));
        var table = await Written([new("lon", ColumnType.Float), new("lat", ColumnType.Float)], [[116.2, 39.8], [116.5, 40.0]], new NewPlaces(0, 1, 2, CoordinateSystem.Wgs84));
        var map = (await MapShapes.OfAsync(Engine, table, new TableQuery { Limit = 100 }, null, ground, CancellationToken.None))!;
        map.Tiles.Count.ShouldBeInRange(1, 25);
        map.Tiles.Min(t => t.X).ShouldBeLessThanOrEqualTo(-20);
        map.Tiles.Max(t => t.X + t.Side).ShouldBeGreaterThanOrEqualTo(map.Width + 20);
        map.Tiles.Min(t => t.Y).ShouldBeLessThanOrEqualTo(-20);
        map.Tiles.Max(t => t.Y + t.Side).ShouldBeGreaterThanOrEqualTo(map.Height + 20);
        map.Tiles.ShouldAllBe(t => t.X < map.Width + 20 && t.Y < map.Height + 20 && t.X + t.Side > -20 && t.Y + t.Side > -20);
        // Each picture stands where its numbers say.
        foreach (var tile in map.Tiles)
        {
            var numbers = Numbers().Match(tile.Address).Groups.Values.Skip(1).Select(g => double.Parse(g.Value, CultureInfo.InvariantCulture)).ToList();
            tile.X.ShouldBe(((numbers[1] / Math.Pow(2, numbers[0])) - map.Frame.West) * map.Frame.Scale, 0.01);
            tile.Y.ShouldBe(((numbers[2] / Math.Pow(2, numbers[0])) - map.Frame.North) * map.Frame.Scale, 0.01);
        }
    }

    [Theory]
    [InlineData("ftp://a/{z}/{x}/{y}")]
    [InlineData("https://a/{z}/{x}")]
    [InlineData("/tiles/{z}/{x}/{y}")]
    [InlineData("https://a; script-src *//{z}/{x}/{y}")]
    public void Tiles_ThatAreNoAddress_AreRefused(string tiles) =>
        new BaseMapCheck().Validate(null, new BaseMapOptions { Tiles = [tiles] }).Failed.ShouldBeTrue();

    [Fact]
    public async Task Page_WithABaseMap_LoadsItFromThereAlone()
    {
        await using var own = await OwnPlatform.StartAsync(b =>
        {
            b.Configuration["OpenData:Map:Tiles:0"] = "https://tiles.example.org/{z}/{x}/{y}.png";
            b.Configuration["OpenData:Map:Attribution"] = "示例图 审图号 0000";
        });
        var department = (await own.WithDb(DownloadTests.OwnDepartment)).Id;
        var table = await own.App.Services.GetRequiredService<TableWriter>().WriteAsync([new("lon", ColumnType.Float), new("lat", ColumnType.Float)], Each([[116.2, 39.8], [116.5, 40.0]]), new NewPlaces(0, 1, 2, CoordinateSystem.Wgs84), CancellationToken.None);
        var made = await Published.PublishAsync(own.App.Services, department, Published.Description(), Published.NewName(), [MadeFile.Text("t.csv", "x") with { Written = table }]);
        foreach (var path in new[] { "", "/chart?kind=map", "/chart/embed?kind=map" })
        {
            var answer = await own.Visitor().GetAsync($"/dataset/{made.Name}/resource/{made[0].Id}{path}");
            answer.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("img-src 'self' data: https://tiles.example.org;", customMessage: path);
            var html = await answer.Content.ReadAsStringAsync();
            html.ShouldContain("<image href=\"https://tiles.example.org/", customMessage: path);
            html.ShouldContain("示例图 审图号 0000", customMessage: path);
        }

        // Whoever sets none loads none.
        var plain = await Toilets.PublishAsync(platform);
        var page = await platform.Visitor().GetAsync($"/dataset/{plain.Name}/resource/{plain[0].Id}");
        page.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("img-src 'self' data:;");
        (await page.Content.ReadAsStringAsync()).ShouldNotContain("<image");
    }

    [Theory]
    [InlineData("ftp://maps.example.org/style.json", "", false)]
    [InlineData("style.json", "", false)]
    [InlineData("https://a; script-src *", "", false)]
    [InlineData("https://maps.example.org/style.json", "https://tiles.example.org/path", false)]
    [InlineData("https://maps.example.org/style.json", "tiles.example.org", false)]
    [InlineData("https://maps.example.org/style.json", "https://*.example.org", false)]
    [InlineData("https://maps.example.org/style.json", "https://tiles.example.org", true)]
    [InlineData("https://maps.example.org/style.json?key=1", "", true)]
    public void Style_ThatIsNoAddressOrHost_IsRefused(string style, string host, bool isRight) =>
        new BaseMapCheck().Validate(null, new BaseMapOptions { Style = style, Hosts = host.Length > 0 ? [host] : [] }).Succeeded.ShouldBe(isRight);

    [Fact]
    public void Style_BesidePictures_IsRefused() =>
        new BaseMapCheck().Validate(null, new BaseMapOptions { Style = "https://maps.example.org/style.json", Tiles = ["https://tiles.example.org/{z}/{x}/{y}.png"] }).Failed.ShouldBeTrue();

    [Fact]
    public async Task Page_OfMoreRowsThanADrawing_LeadsToTilesOfThemAll()
    {
        var table = await Written([new("名", ColumnType.Text), new("lon", ColumnType.Float), new("lat", ColumnType.Float)], Enumerable.Range(0, MapShapes.MostRows + 1).Select(n => new object?[] { n == 0 ? "甲" : "乙", 108 + (n * 0.001), 34.0 }), new NewPlaces(0, 2, 3, CoordinateSystem.Wgs84));
        var made = await platform.PublishAsync(await platform.Department(), MadeFile.Text("t.csv", "x") with { Written = table });
        var path = $"/dataset/{made.Name}/resource/{made[0].Id}";
        var html = await platform.Visitor().GetStringAsync(path);
        html.ShouldContain($"data-layer=\"{path}/tiles/{{z}}/{{x}}/{{y}}.mvt\"");
        html.ShouldContain("data-extent=\"108 34 ");
        (await platform.Visitor().GetStringAsync($"{path}/chart?kind=map")).ShouldContain("data-layer=");
        // What the drawing holds needs none, and keeps its filter where it has some.
        (await platform.Visitor().GetStringAsync($"{path}?c1=%E5%90%8D&o1=equal&v1=%E7%94%B2")).ShouldNotContain("data-layer=");
        (await platform.Visitor().GetStringAsync($"{path}?q=%E4%B9%99")).ShouldNotContain("data-layer=");
        (await platform.Visitor().GetStringAsync($"{path}?c1=lat&o1=equal&v1=34")).ShouldContain("y}.mvt?c1=lat&amp;o1=equal&amp;v1=34\"");
    }

    [Fact]
    public async Task Page_WithAStyle_ReadsItFromThereAlone()
    {
        await using var own = await OwnPlatform.StartAsync(b =>
        {
            b.Configuration["OpenData:Map:Style"] = "https://maps.example.org/styles/plain.json?key=abc";
            b.Configuration["OpenData:Map:Hosts:0"] = "https://tiles.example.org";
            b.Configuration["OpenData:Map:System"] = "Gcj02";
            b.Configuration["OpenData:Map:Attribution"] = "示例图 审图号 0001";
        });
        var department = (await own.WithDb(DownloadTests.OwnDepartment)).Id;
        var table = await own.App.Services.GetRequiredService<TableWriter>().WriteAsync([new("lon", ColumnType.Float), new("lat", ColumnType.Float)], Each([[116.2, 39.8], [116.5, 40.0]]), new NewPlaces(0, 1, 2, CoordinateSystem.Wgs84), CancellationToken.None);
        var made = await Published.PublishAsync(own.App.Services, department, Published.Description(), Published.NewName(), [MadeFile.Text("t.csv", "x") with { Written = table }]);
        foreach (var path in new[] { "", "/chart?kind=map", "/chart/embed?kind=map" })
        {
            var answer = await own.Visitor().GetAsync($"/dataset/{made.Name}/resource/{made[0].Id}{path}");
            answer.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("img-src 'self' data: https://maps.example.org https://tiles.example.org; connect-src 'self' https://maps.example.org https://tiles.example.org;", customMessage: path);
            var html = await answer.Content.ReadAsStringAsync();
            html.ShouldContain("data-style=\"https://maps.example.org/styles/plain.json?key=abc\"", customMessage: path);
            html.ShouldContain("/tiles/{z}/{x}/{y}.mvt?ground=gcj02\"", customMessage: path);
            html.ShouldContain("示例图 审图号 0001", customMessage: path);
            html.ShouldNotContain("<image", customMessage: path);
        }
    }

    private TableEngine Engine => platform.App.Services.GetRequiredService<TableEngine>();

    private Task<DataTable> Written(IReadOnlyList<NewColumn> columns, IEnumerable<object?[]> rows, NewPlaces places) =>
        platform.App.Services.GetRequiredService<TableWriter>().WriteAsync(columns, Each(rows), places, CancellationToken.None);

    private static async IAsyncEnumerable<object?[]> Each(IEnumerable<object?[]> rows)
    {
        foreach (var row in rows) { yield return row; }
        await Task.CompletedTask;
    }

    [GeneratedRegex("/(\\d+)/(\\d+)/(\\d+)\\.png$")]
    private static partial Regex Numbers();
}
