using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Portal;

/// <summary>Pictures by the reader's choice, against figures worked out from the rows.</summary>
[OnDatabase]
public sealed partial class ChartBuilderTests(PlatformFixture platform)
{
    private static readonly string Stalls = Uri.EscapeDataString("蹲位"), Built = Uri.EscapeDataString("建成"), Area = Uri.EscapeDataString("面积 m²"), Ramp = Uri.EscapeDataString("无障碍");

    private static IEnumerable<object?[]> Rows => Enumerable.Range(1, Toilets.Count).Select(Toilets.Row);

    [Theory]
    [InlineData("count")]
    [InlineData("sum")]
    [InlineData("average")]
    [InlineData("least")]
    [InlineData("greatest")]
    [InlineData("median")]
    public async Task Bars_OfEachFigure_AreAsTheRowsSay(string by)
    {
        var path = await Made();
        var figures = Figures(await platform.Visitor().GetPage($"{path}/chart?kind=bar&x={Ramp}&by={by}&y={Area}"));
        foreach (var group in Rows.GroupBy(r => (bool)r[7]!))
        {
            var areas = group.Select(r => (double)(decimal)r[6]!).Order().ToList();
            var wanted = by switch { "count" => areas.Count, "sum" => areas.Sum(), "average" => areas.Average(), "least" => areas[0], "greatest" => areas[^1], _ => (areas[(areas.Count - 1) / 2] + areas[areas.Count / 2]) / 2 };
            figures.Single(f => f.Label == (group.Key ? "true" : "false")).Value.ShouldBe(wanted, 0.006);
        }

        figures.Select(f => f.Value).ShouldBe(figures.Select(f => f.Value).OrderDescending());
    }

    [Fact]
    public async Task Line_OverYears_KeepsTheirOrder()
    {
        var path = await Made();
        var figures = Figures(await platform.Visitor().GetPage($"{path}/chart?kind=line&x={Built}&span=year&by=sum&y={Stalls}"));
        var wanted = Rows.GroupBy(r => ((DateOnly)r[4]!).Year).OrderBy(g => g.Key).Select(g => (g.Key.ToString(CultureInfo.InvariantCulture), (double)g.Sum(r => (long?)r[3] ?? 0))).ToList();
        figures.ShouldBe(wanted);
    }

    [Fact]
    public async Task Pie_OfManyValues_IsAWholeWithTheRest()
    {
        var path = await Made();
        var page = await platform.Visitor().GetPage($"{path}/chart?kind=pie&x={Stalls}&by=count");
        var figures = Figures(page);
        figures.Count.ShouldBe(6);
        figures[^1].Label.ShouldBe("Others");
        figures.Sum(f => f.Value).ShouldBe(Toilets.Count);
        Slice().Count(page).ShouldBe(6);
        // A mean is no share of anything.
        (await platform.Visitor().GetPage($"{path}/chart?kind=pie&x={Stalls}&by=average&y={Area}")).ShouldContain("A pie shows shares of a whole");
    }

    [Fact]
    public async Task Cloud_OfTwoNumbers_HasAPointForEachRow()
    {
        var path = await Made();
        var page = await platform.Visitor().GetPage($"{path}/chart?kind=scatter&x={Stalls}&y={Area}&c1={Ramp}&o1=equal&v1=true");
        var wanted = Rows.Where(r => r[7] is true && r[3] is not null).Select(r => (((long)r[3]!).ToString(CultureInfo.InvariantCulture), (double)(decimal)r[6]!)).ToList();
        Figures(page).ShouldBe(wanted);
        Regex.Count(page[page.IndexOf("class=\"cloud\"", StringComparison.Ordinal)..], "h0").ShouldBe(wanted.Count);
    }

    [Fact]
    public async Task Map_ColouredByANumber_HasItsClasses()
    {
        var path = await Made();
        var page = await platform.Visitor().GetPage($"{path}/chart?kind=map&y={Area}");
        Legend().Matches(page).Sum(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).ShouldBe(Rows.Count(r => r[1] is not null));
        foreach (var colour in new[] { "q0", "q1", "q2", "q3", "q4" }) { page.ShouldContain($"<g class=\"{colour}\">"); }
        page.ShouldContain("The table holds the first 200 rows");
    }

    [Theory]
    [InlineData("kind=line&x=%E5%90%8D%E7%A7%B0", "neither number nor time")]
    [InlineData("kind=bar&x=none", "no column none")]
    [InlineData("kind=bar&x=%E5%90%8D%E7%A7%B0&by=sum", "Choose a column of numbers")]
    [InlineData("kind=bar&x=lon&by=sum&y=%E5%90%8D%E7%A7%B0", "no column of numbers")]
    [InlineData("kind=scatter&x=lon", "Choose a column of numbers")]
    [InlineData("kind=map&y=%E5%90%8D%E7%A7%B0", "no column of numbers")]
    [InlineData("kind=bar&x=lon&c1=lon&o1=greater&v1=abc", "does not fit the column")]
    public async Task Chart_ThatCannotBe_SaysWhy(string query, string why)
    {
        var path = await Made();
        var page = await platform.Visitor().GetPage($"{path}/chart?{query}");
        page.ShouldContain("It cannot be drawn yet");
        page.ShouldContain(why);
        (await platform.Visitor().GetStringAsync($"{path}/chart/embed?{query}")).ShouldContain(why);
    }

    [Fact]
    public async Task Embed_Alone_MayBeFramedByAnybody()
    {
        var path = await Made();
        var title = Uri.EscapeDataString("</title><script>alert(1)</script>");
        var embed = await platform.Visitor().GetAsync($"{path}/chart/embed?kind=bar&x={Ramp}&title={title}");
        embed.StatusCode.ShouldBe(HttpStatusCode.OK);
        embed.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("frame-ancestors *");
        var html = await embed.Content.ReadAsStringAsync();
        html.ShouldNotContain("<script>alert");
        html.ShouldContain("<table");
        html.ShouldContain("&lt;script&gt;alert(1)");
        var page = await platform.Visitor().GetAsync($"{path}/chart?kind=bar&x={Ramp}&title={title}");
        page.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("frame-ancestors 'none'");
        WebUtility.HtmlDecode(await page.Content.ReadAsStringAsync()).ShouldContain($"<iframe src=\"{platform.Address.ToString().TrimEnd('/')}{path}/chart/embed?kind=bar&x={Ramp}");
        (await platform.Visitor().GetAsync($"/dataset/none/resource/{Guid.Empty}/chart/embed")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Embed_OfWhatIsNotOpen_DoesNotExist()
    {
        var made = await Toilets.PublishAsync(platform, attribute: OpenAttribute.Conditional);
        (await platform.Visitor().GetAsync($"/dataset/{made.Name}/resource/{made[0].Id}/chart/embed?kind=bar&x={Ramp}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await platform.Visitor().GetAsync($"/dataset/{made.Name}/resource/{made[0].Id}/chart?kind=bar&x={Ramp}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("zh-CN", "绘制图表")]
    [InlineData("en", "Draw a chart")]
    public async Task Page_InEachLanguage_BeginsWithAPicture(string language, string title)
    {
        var path = await Made();
        var page = await platform.Visitor(language).GetPage($"{path}/chart");
        page.ShouldContain(title);
        page.ShouldContain("<figure");
        page.ShouldNotContain("open-data.portal.");
        (await platform.Visitor(language).GetPage(path)).ShouldContain($"href=\"{path}/chart\"");
    }

    private async Task<string> Made()
    {
        var made = await Toilets.PublishAsync(platform);
        return $"/dataset/{made.Name}/resource/{made[0].Id}";
    }

    private static List<(string Label, double Value)> Figures(string page) =>
        [.. Figure().Matches(page[page.IndexOf("plain-table", StringComparison.Ordinal)..]).Select(m => (WebUtility.HtmlDecode(m.Groups[1].Value), double.Parse(m.Groups[2].Value.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)))];

    [GeneratedRegex("<th scope=\"row\">([^<]*)</th><td class=\"num\">([-0-9,.]+)</td>")]
    private static partial Regex Figure();

    [GeneratedRegex("<path class=\"slice ")]
    private static partial Regex Slice();

    [GeneratedRegex("<span class=\"small-print\">(\\d+) rows</span></li>")]
    private static partial Regex Legend();
}
