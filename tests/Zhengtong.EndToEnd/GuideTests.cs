using System.Globalization;
using System.Text.Json;
using Zhengtong.Demonstration;
using Zhengtong.OpenData.Apps;

namespace Zhengtong.EndToEnd;

/// <summary>The portal's own apps on a phone: by division, around the reader, without a connection, to be installed; and at a desk.</summary>
public sealed class GuideTests(Browser browser) : IClassFixture<Browser>
{
    private static readonly string[] Templates = ["scenic-spots", "restaurants", "tourism-discounts", "public-toilets", "airport-bus", "hospitals", "clinics", "nursing-homes", "pharmacies"];

    /// <summary>The middle of the first county.</summary>
    private const float Longitude = 122.13f, Latitude = 34.27f;

    [Theory]
    [InlineData("tour", "sights", "zh-CN", 390, true)]
    [InlineData("tour", "buses", "en", 390, true)]
    [InlineData("health", "hospitals", "en", 390, true)]
    [InlineData("health", "clinics", "zh-CN", 1440, true)]
    [InlineData("tour", "dining", "en", 1440, false)]
    [InlineData("health", "nursing", "zh-CN", 390, false)]
    public async Task Reader_FindsAPlaceByDivision(string guide, string kind, string language, int width, bool script)
    {
        await OpenedData.PublishPlanAsync(browser.App, Templates);
        var page = await browser.Window(script, language, width);
        await using var context = page.Context;
        page.SetDefaultTimeout(15_000);
        var findings = new List<string>();
        await page.GotoAsync("/open");
        await page.Locator($"a[href='/apps/{guide}']").ClickAsync();
        await page.Locator(".guide-tiles").WaitForAsync();
        await LookAsync("home");
        await page.Locator($".guide-tiles a[href='/apps/{guide}/{kind}']").ClickAsync();
        await page.Locator("ol.places li").First.WaitForAsync();
        await LookAsync($"{kind}-list");
        await page.Locator("#district").SelectOptionAsync("990121");
        await page.Locator("[data-guide-form] button[type=submit]").ClickAsync();
        await page.WaitForURLAsync(url => url.Contains("district=990121", StringComparison.Ordinal));
        (await page.Locator("ol.places .where").AllInnerTextsAsync()).ShouldAllBe(t => t.Contains("柳泉县"));
        await page.Locator("[data-view]").ClickAsync();
        await page.Locator(".places-map").WaitForAsync();
        await LookAsync($"{kind}-map");
        await page.Locator("[data-view]").ClickAsync();
        await page.Locator("ol.places h2 a").First.ClickAsync();
        await page.Locator(".guide-facts").WaitForAsync();
        (await page.Locator("a[href^='tel:0']").CountAsync()).ShouldBe(1);
        (await page.Locator("a[href^='geo:34.']").CountAsync()).ShouldBe(1);
        await LookAsync($"{kind}-place");
        await page.GotoAsync($"/apps/{guide}/offline");
        await LookAsync("offline");
        findings.ShouldBeEmpty();

        async Task LookAsync(string what)
        {
            await page.ShootAsync($"guide-{guide}-{what}-{language}-{(script ? "script" : "plain")}");
            (await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBe(0, $"{what} scrolls sideways at {width}");
            if (script) { findings.AddRange(await Accessibility.FindingsAsync(page)); }
        }
    }

    [Fact]
    public async Task Reader_AroundThem_SeesTheNearestFirstAndSaysWhereTheyAreToNobody()
    {
        await OpenedData.PublishPlanAsync(browser.App, Templates);
        var page = await browser.Window(width: 390);
        await using var context = page.Context;
        page.SetDefaultTimeout(15_000);
        var asked = new List<string>();
        context.Request += (_, request) => asked.Add(request.Url + request.PostData);
        await context.GrantPermissionsAsync(["geolocation"], new() { Origin = browser.Address });
        await context.SetGeolocationAsync(new() { Longitude = Longitude, Latitude = Latitude });
        await page.GotoAsync("/apps/tour/toilets");
        await page.Locator("[data-around]").ClickAsync();
        await page.Locator(".places .distance").First.WaitForAsync();
        var far = (await page.Locator(".places .distance").AllInnerTextsAsync()).Select(Metres).ToList();
        far.Count.ShouldBe(60);
        far.ShouldBe(far.Order());
        // The nearest of all rows, not of a page.
        var (plan, province) = (OpenDataPlan.Load(), Province.Load());
        var synthetic = new SyntheticProvince(province);
        var nearest = plan.Datasets(province).Where(d => d.Template.Id == "public-toilets").SelectMany(d => new PlannedTable(d, synthetic, d.Versions).Rows())
            .MinBy(r => Distance((double)r[5]!, (double)r[6]!))!;
        (await page.Locator(".places h2 a").First.InnerTextAsync()).ShouldBe((string)nearest[1]!);
        far[0].ShouldBeInRange(Distance((double)nearest[5]!, (double)nearest[6]!) - 60, Distance((double)nearest[5]!, (double)nearest[6]!) + 60);
        (await Accessibility.FindingsAsync(page)).ShouldBeEmpty();
        await page.ShootAsync("guide-around");
        await page.Locator("#open").CheckAsync();
        await page.Locator("#district").SelectOptionAsync("9902");
        await page.Locator("[data-guide-form] button[type=submit]").ClickAsync();
        await page.WaitForFunctionAsync("() => [...document.querySelectorAll('.where')].every(w => w.textContent.includes('云泽市'))");
        (await page.Locator(".places .tone-off").CountAsync()).ShouldBe(0);
        await page.GotoAsync("/apps/tour/toilets?view=map&district=990101");
        await page.Locator("[data-around]").ClickAsync();
        await page.Locator(".spots .me").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await page.ShootAsync("guide-around-map");
        await page.Locator(".places-map [data-zoom='in']").ClickAsync();
        await page.GotoAsync($"/apps/tour/toilets/tourism-public-toilets-wenlan?key={new PlannedTable(plan.Datasets(province).Single(d => d.Name == "tourism-public-toilets-wenlan"), synthetic, 1).Rows().First()[0]}");
        await page.Locator("[data-distance]").WaitForAsync();
        asked.ShouldNotBeEmpty();
        asked.ShouldAllBe(a => !a.Contains("122.13", StringComparison.Ordinal) && !a.Contains("34.27", StringComparison.Ordinal));

        static double Metres(string text) => double.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture) * (text.EndsWith("km", StringComparison.Ordinal) ? 1000 : 1);

        static double Distance(double longitude, double latitude)
        {
            var (y, x) = ((latitude - Latitude) * Math.PI / 180, (longitude - Longitude) * Math.PI / 180);
            return 2 * 6371008.8 * Math.Asin(Math.Sqrt(Math.Pow(Math.Sin(y / 2), 2) + (Math.Cos(Latitude * Math.PI / 180) * Math.Cos(latitude * Math.PI / 180) * Math.Pow(Math.Sin(x / 2), 2))));
        }
    }

    [Fact]
    public async Task Reader_WithoutAConnection_SeesWhatWasSeenAndSearchesIt()
    {
        await OpenedData.PublishPlanAsync(browser.App, Templates);
        var page = await browser.Window(language: "zh-CN", width: 390);
        await using var context = page.Context;
        page.SetDefaultTimeout(15_000);
        await context.GrantPermissionsAsync(["geolocation"], new() { Origin = browser.Address });
        await context.SetGeolocationAsync(new() { Longitude = Longitude, Latitude = Latitude });
        await page.GotoAsync("/apps/health/hospitals");
        await page.WaitForFunctionAsync("() => navigator.serviceWorker.controller !== null");
        await Kept("guide-health-pages-zh-CN", "/apps/health/hospitals");
        await Kept("guide-health-data", "guide.json", "/api/v1/calendar/");
        await page.UntilAsync("async () => (await (await caches.open('guide-health-data')).keys()).filter(k => k.url.includes('/ogc/')).length === 3");
        var place = await page.Locator("ol.places h2 a").First.InnerTextAsync();
        await page.Locator("ol.places h2 a").First.ClickAsync();
        await page.Locator(".guide-facts").WaitForAsync();
        await Kept("guide-health-pages-zh-CN", "key=");
        var seen = page.Url;

        await context.SetOfflineAsync(true);
        await page.GotoAsync(seen);
        (await page.Locator("h1").InnerTextAsync()).ShouldBe(place);
        await page.Locator("[data-offline]").WaitForAsync();
        // A list that was never asked for so, out of the rows that were.
        await page.GotoAsync("/apps/health/hospitals?district=990301");
        await page.WaitForFunctionAsync("() => document.querySelectorAll('.places li').length > 3 && [...document.querySelectorAll('.where')].every(w => w.textContent.includes('帆影区'))");
        await page.Locator("[data-around]").ClickAsync();
        await page.Locator(".places .distance").First.WaitForAsync();
        (await Accessibility.FindingsAsync(page)).ShouldBeEmpty();
        await page.ShootAsync("guide-offline-list");
        // What was never seen says what was.
        await page.GotoAsync("/apps/health/pharmacies");
        await page.Locator("[data-kept] a").First.WaitForAsync();
        (await page.Locator("[data-kept] a").AllInnerTextsAsync()).ShouldContain(t => t.StartsWith(place, StringComparison.Ordinal));
        (await Accessibility.FindingsAsync(page)).ShouldBeEmpty();
        await page.ShootAsync("guide-offline-page");
        await context.SetOfflineAsync(false);
        await page.GotoAsync("/apps/health/pharmacies");
        await page.Locator("ol.places li").First.WaitForAsync();
        (await page.Locator("[data-offline]").IsVisibleAsync()).ShouldBeFalse();
        // Nothing outside the guide is the worker's affair.
        (await page.EvaluateAsync<string>("async () => new URL((await navigator.serviceWorker.getRegistration()).scope).pathname")).ShouldBe("/apps/health");

        async Task Kept(string cache, params string[] parts)
        {
            foreach (var part in parts) { await page.UntilAsync("async ([cache, part]) => (await (await caches.open(cache)).keys()).some(k => k.url.includes(part))", new[] { cache, part }); }
        }
    }

    [Fact]
    public async Task Reader_WithoutAConnection_ReadsInTheLanguageChosen()
    {
        await OpenedData.PublishPlanAsync(browser.App, Templates);
        var page = await browser.Window(language: "zh-CN", width: 390);
        await using var context = page.Context;
        page.SetDefaultTimeout(15_000);
        await page.GotoAsync("/apps/health/hospitals");
        await page.WaitForFunctionAsync("() => navigator.serviceWorker.controller !== null");
        await SeenAsync("zh-CN");
        await page.Locator(".guide-bar a[hreflang=en]").ClickAsync();
        await page.Locator("html[lang=en]").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await SeenAsync("en");
        await context.SetOfflineAsync(true);
        await page.GotoAsync("/apps/health/hospitals");
        (await HeadingAsync()).ShouldBe("Hospitals");
        // Never seen in any language: the page in its place is in the one chosen.
        await page.GotoAsync("/apps/health/pharmacies");
        (await page.Locator("html").GetAttributeAsync("lang")).ShouldBe("en");
        await page.Locator(".guide-bar a[hreflang=zh-CN]").ClickAsync();
        await page.Locator("html[lang=zh-CN]").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await page.GotoAsync("/apps/health/hospitals");
        (await HeadingAsync()).ShouldBe("医院");
        // The platform hears of it when it is there again.
        await context.SetOfflineAsync(false);
        await page.GotoAsync("/apps/health/hospitals");
        await page.WaitForFunctionAsync("() => document.documentElement.lang === 'zh-CN' && localStorage.getItem('guide-language') === null");
        (await context.CookiesAsync()).Single(c => c.Name == "lang").Value.ShouldBe("zh-CN");

        Task<string> HeadingAsync() => page.Locator("h1").InnerTextAsync();

        Task SeenAsync(string language) => page.UntilAsync("async cache => (await (await caches.open(cache)).keys()).some(k => k.url.endsWith('/apps/health/hospitals'))", $"guide-health-pages-{language}");
    }

    [Fact]
    public async Task Map_TwoFingers_ZoomItAboutWhatTheyHold()
    {
        await OpenedData.PublishPlanAsync(browser.App, Templates);
        var page = await browser.Window(language: "en", width: 390);
        await using var context = page.Context;
        page.SetDefaultTimeout(15_000);
        await page.GotoAsync("/apps/health/hospitals?view=map");
        var map = page.Locator(".places-map [data-map] > svg");
        await map.ScrollIntoViewIfNeededAsync();
        await page.WaitForFunctionAsync("() => document.querySelector('[data-map][data-held]') !== null");
        var frame = (await map.BoundingBoxAsync())!;
        var (x, y) = (frame.X + (frame.Width * 0.4f), frame.Y + (frame.Height / 2));
        var before = await StandsAsync();
        var devtools = await context.NewCDPSessionAsync(page);
        await TouchAsync("touchStart", (x - 30, y));
        await TouchAsync("touchStart", (x - 30, y), (x + 30, y));
        for (var n = 1; n <= 6; n++) { await TouchAsync("touchMove", (x - 30 - (n * 10), y), (x + 30 + (n * 10), y)); }
        await TouchAsync("touchEnd");
        await page.Locator("[data-map].moved").WaitForAsync();
        var after = await StandsAsync();
        (before[0] / after[0]).ShouldBe(3, 0.2);
        Math.Abs(before[1] - after[1]).ShouldBeLessThan(before[0] / 100);
        Math.Abs(before[2] - after[2]).ShouldBeLessThan(before[0] / 100);
        // Together again.
        await TouchAsync("touchStart", (x - 90, y));
        await TouchAsync("touchStart", (x - 90, y), (x + 90, y));
        for (var n = 1; n <= 6; n++) { await TouchAsync("touchMove", (x - 90 + (n * 10), y), (x + 90 - (n * 10), y)); }
        await TouchAsync("touchEnd");
        ((await StandsAsync())[0] / before[0]).ShouldBe(1, 0.1);
        // Buttons do what they did.
        await page.Locator(".places-map [data-zoom=in]").ClickAsync();
        (before[0] / (await StandsAsync())[0]).ShouldBe(2, 0.2);

        // How wide the part is that is seen, and what lies at the point.
        Task<double[]> StandsAsync() => page.EvaluateAsync<double[]>("""
            ([x, y]) => {
              const svg = document.querySelector(".places-map [data-map] > svg"), at = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM().inverse());
              return [svg.viewBox.baseVal.width, at.x, at.y];
            }
            """, new[] { x, y });

        Task TouchAsync(string type, params (float X, float Y)[] points) =>
            devtools.SendAsync("Input.dispatchTouchEvent", new Dictionary<string, object> { ["type"] = type, ["touchPoints"] = points.Select((p, id) => new { x = p.X, y = p.Y, id }).ToArray() });
    }

    [Fact]
    public async Task Script_OpenUntil_IsWhatTheServerSays()
    {
        await OpenedData.PublishPlanAsync(browser.App, Templates);
        var page = await browser.Window(width: 390);
        await using var context = page.Context;
        await page.GotoAsync("/apps/tour");
        string[] texts = ["08:30-17:30", "08:00-12:00、14:00-17:30", "全天", "周一至周五08:30-17:30", "周一至周六08:00-12:00、14:00-18:00", "法定节假日除外", "17:00-次日02:00", "周五22:00-06:00", "周二、周四、周六"];
        var holiday = new DateOnly(2026, 1, 1);
        var cases = (from text in texts
                     from rests in new[] { 0, 1, 8 }
                     from hour in Enumerable.Range(0, 24 * 9)
                     select (Hours: OpeningHours.Parse(text)!, Rests: rests, At: new DateTime(2025, 12, 28, 0, 30, 0, DateTimeKind.Utc).AddHours(hour))).ToList();
        var expected = cases.Select(c => c.Hours.OpenUntil(c.At, c.Rests, d => d == holiday ? DayKind.Holiday : d == new DateOnly(2026, 1, 4) ? DayKind.Worked : DayKind.Usual)).ToList();
        var given = JsonSerializer.Serialize(cases.Select(c => new { spans = c.Hours.Spans.Select(s => new[] { s.Days, s.From, s.To }), notOnHolidays = c.Hours.NotOnHolidays, rests = c.Rests, at = c.At.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) }));
        var said = await page.EvaluateAsync<JsonElement>("""
            async given => {
              const { openUntil } = await import("/guide.js"), kinds = { "2026-01-01": "holiday", "2026-01-04": "worked" };
              return JSON.parse(given).map(c => openUntil(c, c.rests, new Date(c.at), day => kinds[day]));
            }
            """, given);
        said.EnumerateArray().Select(s => s.ValueKind == JsonValueKind.Null ? (int?)null : s.GetInt32()).ShouldBe(expected);
        expected.ShouldContain(e => e != null);
        expected.ShouldContain(e => e == null);
    }

    [Fact]
    public async Task Browser_ReadsTheManifest_WithoutErrors()
    {
        await OpenedData.PublishPlanAsync(browser.App, Templates);
        var page = await browser.Window(language: "zh-CN", width: 390);
        await using var context = page.Context;
        var errors = new List<string>();
        page.Console += (_, message) => { if (message.Type == "error") { errors.Add(message.Text); } };
        await page.GotoAsync("/apps/tour");
        await page.WaitForFunctionAsync("() => navigator.serviceWorker.controller !== null");
        var devtools = await context.NewCDPSessionAsync(page);
        var manifest = (await devtools.SendAsync("Page.getAppManifest"))!.Value;
        manifest.GetProperty("errors").GetArrayLength().ShouldBe(0);
        manifest.GetProperty("data").GetString()!.ShouldContain("\"display\":\"standalone\"");
        var faults = (await devtools.SendAsync("Page.getInstallabilityErrors"))!.Value.GetProperty("installabilityErrors").EnumerateArray().Select(e => e.GetProperty("errorId").GetString()).ToList();
        // A window without a history may not install; anything else is ours.
        faults.Where(f => f != "in-incognito").ShouldBeEmpty();
        errors.ShouldBeEmpty();
    }
}
