using System.Text;

namespace Zhengtong.EndToEnd;

/// <summary>A citizen finds a dataset, filters its rows and takes them along: at a desk and on a phone, with script and without, in both languages.</summary>
public sealed class OpenDataTests(Browser browser) : IClassFixture<Browser>
{
    [Theory]
    [InlineData("zh-CN", 1440)]
    [InlineData("en", 390)]
    public async Task Map_OfManyRows_IsDrawnFromTiles(string language, int width)
    {
        var name = $"many-parks-{width}";
        var (_, version) = await OpenedData.PublishParksAsync(browser.App, name, $"许多公园 {width}", 2_000);
        var page = await browser.Window(true, language, width);
        page.SetDefaultTimeout(20_000);
        var (tiles, refused) = (new List<int>(), new List<string>());
        page.Response += (_, response) => { if (response.Url.Contains(".mvt", StringComparison.Ordinal)) { tiles.Add(response.Status); } };
        page.Console += (_, message) => { if (message.Text.Contains("Content Security Policy", StringComparison.Ordinal)) { refused.Add(message.Text); } };
        await page.GotoAsync($"/dataset/{name}/resource/{version.Resources[0].Id}");
        // Without graphics the drawing of the first rows stays; the browser of the tests has them in software.
        await page.Locator("[data-map].tiled[data-idle]:not([data-idle='0'])").WaitForAsync();
        tiles.ShouldContain(200);
        tiles.ShouldAllBe(s => s == 200 || s == 204);
        (await page.Locator(".map-all").IsVisibleAsync()).ShouldBeTrue();
        await page.Locator(".map-tools [data-zoom='in']").ClickAsync();
        await page.Locator("[data-map]").FocusAsync();
        await page.Keyboard.PressAsync("-");
        await page.Locator(".map-tools [data-zoom='whole']").ClickAsync();
        await page.ShootAsync($"open-data-tiles-{language}-{width}");
        refused.ShouldBeEmpty();
        (await Accessibility.FindingsAsync(page)).ShouldBeEmpty();
        (await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBe(0);
    }

    [Theory]
    [InlineData("zh-CN", 1440, true)]
    [InlineData("zh-CN", 390, false)]
    [InlineData("en", 390, true)]
    [InlineData("en", 1440, false)]
    public async Task Citizen_FindsFiltersAndDownloads(string language, int width, bool script)
    {
        var (name, marks) = ($"parks-{language.ToLowerInvariant()}-{width}", script ? "script" : "plain");
        var (dataset, version) = await OpenedData.PublishParksAsync(browser.App, name, $"公园名录（{language} {width}）", 230);
        await OpenedData.PublishParksAsync(browser.App, name + "-closed", "不公开的名录", 3, d => d with { OpenAttribute = Zhengtong.OpenData.Model.OpenAttribute.Conditional, OpenCondition = "仅限科研使用，须承诺不再转让。" });
        var page = await browser.Window(script, language, width);
        page.SetDefaultTimeout(15_000);
        var findings = new List<string>();

        await page.GotoAsync("/open");
        await LookAsync("open");
        await page.Locator("#open-search").FillAsync($"公园 名录 {width}");
        await page.Locator(".hero button").ClickAsync();
        await page.Locator(".cards.datasets a").First.WaitForAsync();
        await LookAsync("list");
        await page.Locator($".cards.datasets a[href='/dataset/{name}']").ClickAsync();
        await page.Locator(".resources").WaitForAsync();
        await LookAsync("dataset");
        await page.Locator(".page-head .btn-primary").ClickAsync();
        await page.Locator("table.rows").WaitForAsync();
        await LookAsync("rows");

        await page.Locator(".rows-form summary").First.ClickAsync();
        await page.Locator("#c1").SelectOptionAsync("区县");
        await page.Locator("#o1").SelectOptionAsync("equal");
        await page.Locator("#v1").FillAsync("雁塔区");
        await page.Locator("form.rows-form details button").First.ClickAsync();
        await page.Locator("#c2").WaitForAsync();
        (await page.Locator("table.rows tbody td[data-label='区县']").AllInnerTextsAsync()).ShouldAllBe(t => t == "雁塔区");
        await LookAsync("filtered");

        var download = await page.RunAndWaitForDownloadAsync(() => page.Locator(".exports a", new() { HasTextString = "CSV" }).First.ClickAsync());
        var lines = (await File.ReadAllLinesAsync(await download.PathAsync(), Encoding.UTF8)).Where(l => l.Length > 0).ToList();
        lines.Count.ShouldBeGreaterThan(2);
        lines.Skip(1).ShouldAllBe(l => l.Contains("雁塔区"));
        download = await page.RunAndWaitForDownloadAsync(() => page.Locator(".page-head .btn-primary").ClickAsync());
        new FileInfo(await download.PathAsync()).Length.ShouldBe(version.Resources[0].Bytes);
        download.SuggestedFilename.ShouldBe("公园名录.csv");

        // A picture of one's own, of the filtered rows.
        await page.Locator(".pictures .section-head a").ClickAsync();
        await page.Locator("#kind").WaitForAsync();
        foreach (var (kind, x, by, y) in new[] { ("bar", "类型", "average", "面积"), ("pie", "类型", "count", ""), ("line", "建成日期", "count", ""), ("scatter", "经度", "count", "面积"), ("map", "类型", "count", "面积") })
        {
            await page.Locator("#kind").SelectOptionAsync(kind);
            await page.Locator("#x").SelectOptionAsync(x);
            await page.Locator("#by").SelectOptionAsync(by);
            await page.Locator("#y").SelectOptionAsync(y);
            await page.Locator(".build form button").ClickAsync();
            await page.WaitForURLAsync(new System.Text.RegularExpressions.Regex($"kind={kind}"));
            await page.Locator("figure.picture").WaitForAsync();
            await LookAsync($"chart-{kind}");
        }

        if (script)
        {
            var before = await page.Locator("[data-map] > svg").GetAttributeAsync("viewBox");
            await page.Locator("[data-zoom='in']").ClickAsync();
            (await page.Locator("[data-map] > svg").GetAttributeAsync("viewBox")).ShouldNotBe(before);
            await page.Locator("[data-zoom='whole']").ClickAsync();
            await page.Locator("[data-map]").FocusAsync();
            await page.Keyboard.PressAsync("+");
            await page.Keyboard.PressAsync("0");
            (await page.Locator("[data-map] > svg").GetAttributeAsync("viewBox")).ShouldBe(before);
        }

        await page.Locator("a[href*='/chart/embed?']").ClickAsync();
        await page.Locator("body.embedded figure").WaitForAsync();
        await LookAsync("embedded");
        await page.GotoAsync($"/dataset/{name}-closed");
        await LookAsync("conditional");
        (await page.Locator("a[href*='/download/']").CountAsync()).ShouldBe(0);
        findings.ShouldBeEmpty();
        dataset.Name.ShouldBe(name);

        async Task LookAsync(string what)
        {
            await page.ShootAsync($"open-data-{what}-{language}-{marks}");
            (await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBe(0, $"{what} scrolls sideways at {width}");
            if (script) { findings.AddRange(await Accessibility.FindingsAsync(page)); }
        }
    }
}
