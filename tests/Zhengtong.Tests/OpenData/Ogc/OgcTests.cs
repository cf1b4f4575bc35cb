using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using CsCheck;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Ogc;

[OnDatabase]
public sealed class OgcTests(PlatformFixture platform)
{
    [Fact]
    public async Task Landing_LeadsToEverything()
    {
        var client = platform.Visitor();
        var landing = await client.GetFromJsonAsync<JsonElement>("/ogc");
        var links = landing.GetProperty("links").EnumerateArray().ToDictionary(l => l.GetProperty("rel").GetString() + " " + l.GetProperty("type").GetString(), l => l.GetProperty("href").GetString()!);
        foreach (var rel in new[] { "self application/json", "alternate text/html", "service-desc application/vnd.oai.openapi+json;version=3.0", "conformance application/json", "data application/json" })
        {
            (await client.GetAsync(links[rel])).StatusCode.ShouldBe(HttpStatusCode.OK, rel);
        }

        var conforms = (await client.GetFromJsonAsync<JsonElement>("/ogc/conformance")).GetProperty("conformsTo").EnumerateArray().Select(c => c.GetString()).ToList();
        conforms.ShouldContain("http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core");
        var api = await client.GetFromJsonAsync<JsonElement>("/ogc/api");
        api.GetProperty("openapi").GetString().ShouldBe("3.0.3");
        api.GetProperty("paths").EnumerateObject().Count().ShouldBe(10);
        (await client.GetAsync("/ogc?f=html")).Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        using var browser = new HttpRequestMessage(HttpMethod.Get, "/ogc/collections");
        browser.Headers.Accept.ParseAdd("text/html,application/xhtml+xml,application/json;q=0.5");
        (await client.SendAsync(browser)).Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
    }

    [Fact]
    public async Task Collection_SaysWhereItLiesAndWhen()
    {
        var made = await Toilets.PublishAsync(platform);
        var collection = await platform.Visitor().GetFromJsonAsync<JsonElement>($"/ogc/collections/{made[0].Id}");
        collection.GetProperty("id").GetString().ShouldBe(made[0].Id.ToString());
        collection.GetProperty("itemType").GetString().ShouldBe("feature");
        var box = collection.GetProperty("extent").GetProperty("spatial").GetProperty("bbox")[0].EnumerateArray().Select(n => Math.Round(n.GetDouble(), 6)).ToList();
        // The row furthest to the north, the 250th, has no place.
        box.ShouldBe([108, 34, 108.24, 34.09]);
        collection.GetProperty("extent").GetProperty("temporal").GetProperty("interval")[0][0].GetString().ShouldBe("2025-01-01T00:00:00Z");
        collection.GetProperty("links").EnumerateArray().ShouldContain(l => l.GetProperty("rel").GetString() == "items" && l.GetProperty("type").GetString() == "application/geo+json");
        var all = await platform.Visitor().GetFromJsonAsync<JsonElement>("/ogc/collections");
        all.GetProperty("collections").EnumerateArray().Count().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Items_ByPages_GiveEachFeatureOnce()
    {
        var made = await Toilets.PublishAsync(platform);
        var client = platform.Visitor();
        List<long> ids = [];
        var address = $"/ogc/collections/{made[0].Id}/items?limit=40";
        for (var pages = 0; address is not null; pages++)
        {
            pages.ShouldBeLessThan(10);
            var answer = await client.GetAsync(address);
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/geo+json");
            var page = await answer.Content.ReadFromJsonAsync<JsonElement>();
            page.GetProperty("numberMatched").GetInt64().ShouldBe(Toilets.Count);
            page.GetProperty("numberReturned").GetInt32().ShouldBe(page.GetProperty("features").GetArrayLength());
            ids.AddRange(page.GetProperty("features").EnumerateArray().Select(f => f.GetProperty("id").GetInt64()));
            address = page.GetProperty("links").EnumerateArray().Where(l => l.GetProperty("rel").GetString() == "next").Select(l => l.GetProperty("href").GetString()).SingleOrDefault();
        }

        ids.ShouldBe(Enumerable.Range(1, Toilets.Count).Select(n => (long)n));
    }

    [Fact]
    public async Task Item_HasItsPlaceOnceAndItsOtherCells()
    {
        var made = await Toilets.PublishAsync(platform);
        var feature = await platform.Visitor().GetFromJsonAsync<JsonElement>($"/ogc/collections/{made[0].Id}/items/26");
        feature.GetProperty("geometry").GetProperty("coordinates").EnumerateArray().Select(n => n.GetDouble()).ShouldBe([108.01, 34.01], 1e-9);
        var properties = feature.GetProperty("properties");
        properties.TryGetProperty("lon", out _).ShouldBeFalse();
        properties.GetProperty("名称").GetString().ShouldBe("公厕26号");
        properties.GetProperty("面积 m²").GetDecimal().ShouldBe(26.25m);
        properties.GetProperty("更新").GetString().ShouldBe("2026-01-02T10:00:00");
        feature.GetProperty("links").EnumerateArray().Select(l => l.GetProperty("rel").GetString()).ShouldBe(["self", "alternate", "collection"]);
        var without = await platform.Visitor().GetFromJsonAsync<JsonElement>($"/ogc/collections/{made[0].Id}/items/10");
        without.GetProperty("geometry").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Items_OfAnotherSystem_AreTurnedIntoWgs84()
    {
        var made = await Toilets.PublishAsync(platform, CoordinateSystem.Bd09);
        var feature = await platform.Visitor().GetFromJsonAsync<JsonElement>($"/ogc/collections/{made[0].Id}/items/26");
        var (x, y) = Coordinates.ToWgs84(108.01, 34.01, CoordinateSystem.Bd09);
        feature.GetProperty("geometry").GetProperty("coordinates").EnumerateArray().Select(n => n.GetDouble()).ShouldBe([x, y], 1e-7);
        // The box is asked in WGS 84 too.
        var near = FormattableString.Invariant($"{x - 0.001},{y - 0.001},{x + 0.001},{y + 0.001}");
        var found = await platform.Visitor().GetFromJsonAsync<JsonElement>($"/ogc/collections/{made[0].Id}/items?bbox={near}");
        found.GetProperty("features").EnumerateArray().Select(f => f.GetProperty("id").GetInt64()).ShouldBe([26]);
    }

    [Theory]
    [InlineData("bbox=108.005,34.005,108.015,34.015", new[] { 26 })]
    [InlineData("bbox=108.005,34.005,0,108.015,34.015,100", new[] { 26 })]
    [InlineData("datetime=2026-01-01T09:00:00Z", new[] { 1 }, true)]
    [InlineData("名称=公厕7号", new[] { 7 })]
    [InlineData("蹲位=3&无障碍=true&limit=3", new[] { 3, 15, 27 })]
    public async Task Items_Asked_AreTheOnesMeant(string query, int[] expected, bool byMoment = false)
    {
        var made = await Toilets.PublishAsync(platform);
        var found = await platform.Visitor().GetFromJsonAsync<JsonElement>($"/ogc/collections/{made[0].Id}/items?{query}");
        var ids = found.GetProperty("features").EnumerateArray().Select(f => f.GetProperty("id").GetInt32()).ToList();
        // The first column of time is the day of building: an instant of 2026 meets none of them.
        if (byMoment) { ids.ShouldBeEmpty(); }
        else { ids.ShouldBe(expected); }
    }

    [Fact]
    public async Task Items_InAnInterval_AgreeWithTheRows()
    {
        var made = await Toilets.PublishAsync(platform);
        var found = await platform.Visitor().GetFromJsonAsync<JsonElement>($"/ogc/collections/{made[0].Id}/items?limit=1000&datetime=2005-01-01/2006-06-01");
        var expected = Enumerable.Range(1, Toilets.Count).Where(n => (DateOnly)Toilets.Row(n)[4]! is var d && d >= new DateOnly(2005, 1, 1) && d <= new DateOnly(2006, 6, 1));
        found.GetProperty("features").EnumerateArray().Select(f => f.GetProperty("id").GetInt32()).ShouldBe(expected);
        var open = await platform.Visitor().GetFromJsonAsync<JsonElement>($"/ogc/collections/{made[0].Id}/items?limit=1000&datetime=2019-01-01/..");
        open.GetProperty("numberMatched").GetInt32().ShouldBe(Enumerable.Range(1, Toilets.Count).Count(n => ((DateOnly)Toilets.Row(n)[4]!).Year >= 2019));
    }

    [Theory]
    [InlineData("foo=1")]
    [InlineData("limit=0")]
    [InlineData("limit=x")]
    [InlineData("bbox=1,2,3")]
    [InlineData("bbox=a,b,c,d")]
    [InlineData("bbox=0,50,10,40")]
    [InlineData("bbox=-181,0,0,0")]
    [InlineData("datetime=yesterday")]
    [InlineData("datetime=2026-01-01T00:00:00")]
    [InlineData("datetime=2026-02-01/2026-01-01")]
    [InlineData("datetime=..")]
    [InlineData("蹲位=many")]
    [InlineData("cursor=broken")]
    [InlineData("f=xml")]
    [InlineData("limit=1&limit=2")]
    public async Task Items_AskedWrongly_AreRefusedAsAProblem(string query)
    {
        var made = await Toilets.PublishAsync(platform);
        var answer = await platform.Visitor().GetAsync($"/ogc/collections/{made[0].Id}/items?{query}");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest, query);
        (await answer.ReadProblemCode()).ShouldBe("open-data.bad-question");
    }

    [Fact]
    public async Task Items_OfWhatIsNotGivenOrNotThere_AreNotFound()
    {
        var conditional = await Toilets.PublishAsync(platform, attribute: OpenAttribute.Conditional);
        var open = await Toilets.PublishAsync(platform);
        var client = platform.Visitor();
        foreach (var path in new[] { $"{conditional[0].Id}", $"{conditional[0].Id}/items", "nothing", $"{open[0].Id}/items/0", $"{open[0].Id}/items/251", $"{open[0].Id}/items/x" })
        {
            (await client.GetAsync($"/ogc/collections/{path}")).StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
        }
    }

    [Fact]
    public async Task Items_AskedAnyhow_NeverBreak()
    {
        var made = await Toilets.PublishAsync(platform);
        var client = platform.Visitor();
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/geo+json"));
        var names = Pick.Of("limit", "bbox", "datetime", "cursor", "f", "名称", "蹲位", "建成", "面积 m²", "无障碍", "x'; DROP TABLE a; --", "");
        var values = Gen.OneOf(Gen.String[0, 30], Pick.Of("1", "-1", "1e999", "NaN", "108,34,109,35", "../..", "/", "2026-01-01/..", "9999-12-31", "0001-01-01", "true", "null", "'", "\"", "\0", "%"));
        await Gen.Select(names, values).Array[1, 4].SampleAsync(async pairs =>
        {
            var query = string.Join('&', pairs.Select(p => $"{Uri.EscapeDataString(p.Item1)}={Uri.EscapeDataString(new string([.. p.Item2.Where(c => !char.IsSurrogate(c))]))}"));
            var answer = await client.GetAsync($"/ogc/collections/{made[0].Id}/items?{query}");
            ((int)answer.StatusCode).ShouldBeOneOf(200, 400);
            if (answer.StatusCode == HttpStatusCode.BadRequest) { answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json", query); }
        }, iter: 300, threads: 2);
    }
}
