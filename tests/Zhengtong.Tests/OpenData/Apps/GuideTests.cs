using System.Buffers.Binary;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Demonstration;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Regions;
using Zhengtong.OpenData.Apps;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Apps;

/// <summary>The portal's own apps over datasets of the demonstration province.</summary>
[OnDatabase]
public sealed partial class GuideTests(PlatformFixture platform) : IAsyncLifetime
{
    private static readonly SemaphoreSlim Once = new(1);
    private static readonly string[] Templates = ["scenic-spots", "airport-bus", "tourism-discounts", "hospitals"];
    private static readonly OpenDataPlan Plan = OpenDataPlan.Load();
    private static readonly Province Province = Province.Load();

    public async ValueTask InitializeAsync()
    {
        await Once.WaitAsync();
        try
        {
            if (await platform.WithDb(db => db.Datasets.AnyAsync(d => d.Name == "health-hospitals-wanglan"))) { return; }
            await platform.WithDb(async db =>
            {
                foreach (var region in Province.Regions.Select(r => (Code: RegionCode.Parse(r.Code), r.Name)))
                {
                    if (!await db.Regions.AnyAsync(r => r.Code == region.Code)) { db.Regions.Add(new Region { Code = region.Code, Name = region.Name, Level = region.Code.Level, Parent = region.Code.Parent }); }
                }

                return await db.SaveChangesAsync();
            });
            var (department, writer, synthetic) = (await platform.Department(), platform.App.Services.GetRequiredService<TableWriter>(), new SyntheticProvince(Province));
            // The hospitals of the third city last: who finds them finds all.
            foreach (var planned in Plan.Datasets(Province).Where(d => Templates.Contains(d.Template.Id)).OrderBy(d => Array.IndexOf(Templates, d.Template.Id)).ThenBy(d => d.Region.Code, StringComparer.Ordinal))
            {
                var table = new PlannedTable(planned, synthetic, planned.Versions);
                var rows = table.Rows().ToList();
                var file = new MadeFile($"{planned.Name}.csv", PlannedFiles.Csv(table.Columns, rows)) { Written = await writer.WriteAsync(table.Columns, rows.ToAsyncEnumerable(), table.Places, CancellationToken.None) };
                await Published.PublishAsync(platform.App.Services, department.Id, planned.Description(), planned.Name, [file]);
            }
        }
        finally { Once.Release(); }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static List<object?[]> Rows(string name) => [.. new PlannedTable(Plan.Datasets(Province).Single(d => d.Name == name), new SyntheticProvince(Province), Plan.Datasets(Province).Single(d => d.Name == name).Versions).Rows()];

    [Theory]
    [InlineData("zh-CN", "tour", "游览指南", "景点")]
    [InlineData("en", "tour", "Travel guide", "Sights")]
    [InlineData("en", "health", "Health guide", "Hospitals")]
    public async Task Guide_InEachLanguage_ShowsKindsDivisionsAndSources(string language, string guide, string name, string kind)
    {
        var page = await platform.Visitor(language).GetPage($"/apps/{guide}");
        page.ShouldContain($"<h1>{name}</h1>");
        page.ShouldContain($">{kind}</a>");
        page.ShouldContain("明川市文澜区");
        page.ShouldContain($"href=\"/dataset/{(guide == "tour" ? "tourism-scenic-spots-mingchuan" : "health-hospitals-mingchuan")}\"");
        page.ShouldContain($"href=\"/apps/{guide}/manifest.webmanifest?lang={language}\"");
        page.Length.ShouldBeLessThan(100_000);
        (await platform.Visitor(language).GetPage("/open")).ShouldContain($"href=\"/apps/{guide}\"");
    }

    [Fact]
    public async Task List_WithoutConditions_ShowsEveryPlaceOnceOverItsPages()
    {
        var expected = new[] { "mingchuan", "wanglan", "yunze" }.SelectMany(c => Rows($"tourism-scenic-spots-{c}")).Select(r => (string)r[0]!).ToList();
        var (shown, visitor) = (new List<string>(), platform.Visitor());
        for (var page = 1; shown.Count < expected.Count; page++)
        {
            var text = await visitor.GetPage($"/apps/tour/sights?page={page}");
            var keys = Places().Matches(text).Select(m => m.Groups[1].Value).ToList();
            keys.ShouldNotBeEmpty($"page {page}");
            text.ShouldContain($"{expected.Count} places");
            shown.AddRange(keys);
        }

        shown.ShouldBe(expected);
        (await visitor.GetPage("/apps/tour/sights?page=900")).ShouldNotContain("rel=\"next\"");
    }

    [Fact]
    public async Task List_ByDistrictLevelAndWords_ShowsOnlyThose()
    {
        var visitor = platform.Visitor();
        var rows = Rows("tourism-scenic-spots-mingchuan");
        var county = Places().Matches(await visitor.GetPage("/apps/tour/sights?district=990121")).Select(m => m.Groups[1].Value);
        county.ShouldBe(rows.Where(r => (string)r[5]! == "990121").Select(r => (string)r[0]!).Take(30));
        var city = await visitor.GetPage("/apps/tour/sights?district=9901");
        city.ShouldContain($"{rows.Count} places");
        var level = (string)rows[0][2]!;
        Places().Matches(await visitor.GetPage($"/apps/tour/sights?district=9901&level={Uri.EscapeDataString(level)}")).Count.ShouldBe(Math.Min(30, rows.Count(r => (string)r[2]! == level)));
        var found = await visitor.GetPage($"/apps/tour/sights?q={Uri.EscapeDataString((string)rows[3][1]!)}");
        found.ShouldContain((string)rows[3][0]!);
        (await visitor.GetPage("/apps/tour/sights?district=110000")).ShouldContain("Nothing fits");
    }

    [Fact]
    public async Task List_OpenNow_ShowsNothingThatIsClosed()
    {
        foreach (var kind in new[] { "tour/sights", "tour/offers", "health/hospitals" })
        {
            var page = await platform.Visitor().GetPage($"/apps/{kind}?open=true");
            page.ShouldNotContain("tone-off");
            // Some are open the whole day.
            if (kind != "tour/offers") { page.ShouldContain("tone-good"); }
        }
    }

    [Theory]
    [InlineData(true, "2026-11-25T03:00:00+08:00", PlaceStates.Emergency)]
    [InlineData(true, "2026-11-25T10:00:00+08:00", PlaceStates.Open)]
    [InlineData(false, "2026-11-25T03:00:00+08:00", PlaceStates.Closed)]
    [InlineData(null, "2026-11-25T03:00:00+08:00", PlaceStates.Closed)]
    public async Task State_OfAHospitalWithAnEmergencyDepartment_IsNeverSimplyClosed(bool? emergency, string at, PlaceStates state)
    {
        var table = new DataTable
        {
            Content = Digest.Of("hospitals"u8), Bytes = 1, Rows = 1,
            Columns = [Column("name", ColumnType.Text, 1), Column("opening_hours", ColumnType.Text, 2), Column("emergency", ColumnType.Boolean, 3)],
        };
        var resource = new DatasetResource { Id = Guid.Empty, Name = "医院", Format = "CSV", FileName = "a.csv", MediaType = "text/csv", Content = table.Content, Bytes = 1, Table = table };
        var place = new GuidePlace(new GuideSource { Dataset = "hospitals", Title = "医院", Resource = resource, Columns = GuideColumns.Of(table)! }, [1L, "第一医院", "08:00-17:30", emergency]);
        var clock = await platform.WithDb(db => GuideClock.ReadAsync(db, new Stopped(DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture)), default));
        place.StateAt(clock).State.ToString().ShouldBe(state.ToString());

        static TableColumn Column(string name, ColumnType type, int position) => new(name, type) { Position = position, Profile = new ColumnProfile { Nulls = 0, Distinct = 1 } };
    }

    /// <summary>What <see cref="PlaceState"/> says; a test's arguments are public.</summary>
    public enum PlaceStates
    {
        /// <summary>Open.</summary>
        Open,
        /// <summary>Closed.</summary>
        Closed,
        /// <summary>Only the emergency department is open.</summary>
        Emergency,
    }

    private sealed class Stopped(DateTimeOffset at) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => at.ToUniversalTime();
    }

    [Fact]
    public async Task List_OpenNow_FindsEveryEmergencyDepartment()
    {
        var rows = Rows("health-hospitals-mingchuan");
        var planned = Plan.Datasets(Province).Single(d => d.Name == "health-hospitals-mingchuan");
        var emergency = new PlannedTable(planned, new SyntheticProvince(Province), planned.Versions).Columns.Select(c => c.Name).ToList().IndexOf("emergency");
        emergency.ShouldBeGreaterThan(0);
        var keysOf = rows.Where(r => r[emergency] is true).Select(r => (string)r[0]!).ToList();
        keysOf.ShouldNotBeEmpty();
        var found = new List<string>();
        for (var n = 1; n <= 40; n++)
        {
            var page = await platform.Visitor().GetPage($"/apps/health/hospitals?open=true&page={n}");
            page.ShouldNotContain(">Closed<");
            var keys = Places().Matches(page).Select(m => m.Groups[1].Value).ToList();
            if (keys.Count == 0) { break; }
            found.AddRange(keys);
        }

        keysOf.Except(found).ShouldBeEmpty("An emergency department is always open");
    }

    [Fact]
    public async Task Map_OfADistrict_HasADotForEachPlaceThatLeadsToIt()
    {
        var page = await platform.Visitor().GetPage("/apps/tour/sights?district=990101&view=map");
        var rows = Rows("tourism-scenic-spots-mingchuan").Where(r => (string)r[5]! == "990101").ToList();
        Dots().Count(page).ShouldBe(rows.Count);
        page.ShouldContain($"href=\"/apps/tour/sights/tourism-scenic-spots-mingchuan?key={rows[0][0]}\"");
        page.ShouldNotContain("<ol class=\"places\">");
    }

    [Theory]
    [InlineData("?q=%3Cscript%3Ealert(1)%3C/script%3E")]
    [InlineData("?q=%00%01%ED%A0%80&district=%27%3B--&level=%22onload%3D&page=-1&open=maybe&view=%3C")]
    [InlineData("?district=99999999999999999999&page=99999999999999")]
    [InlineData("?level=' OR 1=1")]
    [InlineData("?q=a%20b%20c%20d%20e%20f%20g%20h%20i%20j%20k%20l%20m%20n%20o%20p%20q%20r%20s%20t%20u%20v%20w%20x%20y%20z")]
    [InlineData("?q=a&q=b&district=9901&district=9902")]
    public async Task List_HostileQuery_IsAnsweredAsAPage(string query)
    {
        var page = await platform.Visitor().GetPage($"/apps/tour/sights{query}");
        page.ShouldNotContain("<script>alert");
        page.ShouldNotContain("\"onload=");
    }

    [Fact]
    public async Task Place_OfAKey_SaysHowToReachItAndWhereItStands()
    {
        var row = Rows("health-hospitals-mingchuan")[0];
        var (key, name, phone) = ((string)row[0]!, (string)row[1]!, (string)row[^1]!);
        var page = await platform.Visitor().GetPage($"/apps/health/hospitals/health-hospitals-mingchuan?key={key}");
        page.ShouldContain($">{name}</h1>");
        page.ShouldContain($"href=\"tel:{phone}\"");
        page.ShouldContain("href=\"geo:");
        page.ShouldContain("href=\"/dataset/health-hospitals-mingchuan\"");
        page.ShouldContain("register fee");
        page.ShouldNotContain("places-map", customMessage: "There is no base map, and one dot on an empty ground tells nothing");
        (await platform.Visitor("zh-CN").GetPage($"/apps/health/hospitals/health-hospitals-mingchuan?key={key}")).ShouldContain("普通门诊诊察费");
    }

    [Fact]
    public async Task Place_OfABusStop_HasATimetableFromFirstToLast()
    {
        var row = Rows("transport-airport-bus-mingchuan")[0];
        var page = await platform.Visitor().GetPage($"/apps/tour/buses/transport-airport-bus-mingchuan?key={row[0]}");
        // 05:30 at the airport, seven minutes to the first stop, every twenty minutes until 22:00.
        page.ShouldContain("First 05:37, last 22:07, every 20 minutes.");
        page.ShouldContain("data-first=\"337\" data-last=\"1327\" data-every=\"20\"");
        page.ShouldContain("37  57");
    }

    [Theory]
    [InlineData("/apps/none")]
    [InlineData("/apps/tour/none")]
    [InlineData("/apps/tour/hospitals")]
    [InlineData("/apps/none/manifest.webmanifest")]
    [InlineData("/apps/none/worker.js")]
    [InlineData("/apps/none/guide.json")]
    [InlineData("/apps/none/offline")]
    [InlineData("/apps/tour/sights/tourism-scenic-spots-mingchuan")]
    [InlineData("/apps/tour/sights/tourism-scenic-spots-mingchuan?key=none")]
    [InlineData("/apps/tour/sights/tourism-scenic-spots-mingchuan?key=%00")]
    [InlineData("/apps/tour/sights/health-hospitals-mingchuan?key=1")]
    [InlineData("/apps/tour/sights/none?key=1")]
    public async Task Address_OfNothing_IsNotFound(string address) => (await platform.Visitor().GetAsync(address)).StatusCode.ShouldBe(HttpStatusCode.NotFound);

    [Theory]
    [InlineData("tour", "zh-CN", "游览指南")]
    [InlineData("tour", "en", "Travel guide")]
    [InlineData("health", "zh-CN", "就医指南")]
    [InlineData("health", "en", "Health guide")]
    public async Task Manifest_InEachLanguage_MakesItInstallable(string guide, string language, string name)
    {
        var visitor = platform.Visitor("de");
        var response = await visitor.GetAsync($"/apps/{guide}/manifest.webmanifest?lang={language}");
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/manifest+json");
        var manifest = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        manifest.GetProperty("name").GetString().ShouldBe(name);
        manifest.GetProperty("lang").GetString().ShouldBe(language);
        manifest.GetProperty("display").GetString().ShouldBe("standalone");
        foreach (var member in new[] { "id", "start_url", "scope" }) { manifest.GetProperty(member).GetString().ShouldBe($"/apps/{guide}"); }
        foreach (var shortcut in manifest.GetProperty("shortcuts").EnumerateArray()) { await visitor.GetPage(shortcut.GetProperty("url").GetString()!); }
        var icons = manifest.GetProperty("icons").EnumerateArray().Select(i => (Src: i.GetProperty("src").GetString()!, Sizes: i.GetProperty("sizes").GetString()!, Purpose: i.GetProperty("purpose").GetString()!)).ToList();
        icons.ShouldContain(i => i.Sizes == "192x192" && i.Purpose == "any");
        icons.ShouldContain(i => i.Sizes == "512x512" && i.Purpose == "maskable");
        foreach (var (src, sizes, _) in icons)
        {
            var file = await visitor.GetAsync(src);
            file.StatusCode.ShouldBe(HttpStatusCode.OK, src);
            if (sizes == "any") { file.Content.Headers.ContentType!.MediaType.ShouldBe("image/svg+xml"); continue; }
            file.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
            var bytes = await file.Content.ReadAsByteArrayAsync();
            $"{BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16))}x{BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(20))}".ShouldBe(sizes);
        }
    }

    [Fact]
    public async Task Worker_OfEachGuide_AnswersForItsPagesOnly()
    {
        foreach (var guide in new[] { "tour", "health" })
        {
            var response = await platform.Visitor().GetAsync($"/apps/{guide}/worker.js");
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Content.Headers.ContentType!.MediaType.ShouldBe("text/javascript");
            response.Headers.GetValues("Service-Worker-Allowed").ShouldBe([$"/apps/{guide}"]);
            response.Headers.CacheControl!.NoCache.ShouldBeTrue();
            var text = await response.Content.ReadAsStringAsync();
            text.ShouldContain($"\"root\":\"/apps/{guide}\"");
            var settings = JsonDocument.Parse(Settings().Match(text).Groups[1].Value).RootElement;
            settings.GetProperty("version").GetString()!.Length.ShouldBe(16);
            foreach (var file in settings.GetProperty("shell").EnumerateArray()) { (await platform.Visitor().GetAsync(file.GetString())).StatusCode.ShouldBe(HttpStatusCode.OK, file.GetString()); }
        }
    }

    [Fact]
    public async Task Headers_OfPages_AllowThePositionHereAndNowhereElse()
    {
        foreach (var address in new[] { "/apps/tour", "/apps/tour/sights", "/apps/tour/offline" })
        {
            var response = await platform.Visitor().GetAsync(address);
            response.Headers.GetValues("Permissions-Policy").Single().ShouldContain("geolocation=(self)");
            var policy = response.Headers.GetValues("Content-Security-Policy").Single();
            policy.ShouldContain("default-src 'self'");
            policy.ShouldNotContain("unsafe");
            var page = await response.Content.ReadAsStringAsync();
            InlineScripts().Matches(page).Select(m => m.Value).ShouldAllBe(s => s.Contains("src=\"/") || s.Contains("type=\"application/json\""));
            page.ShouldNotContain(" style=\"");
        }

        (await platform.Visitor().GetAsync("/open")).Headers.GetValues("Permissions-Policy").Single().ShouldContain("geolocation=()");
    }

    [Fact]
    public async Task Description_OfEachGuide_NamesWhatThePublicInterfacesGive()
    {
        var visitor = platform.Visitor();
        foreach (var guide in new[] { "tour", "health" })
        {
            var response = await visitor.GetAsync($"/apps/{guide}/guide.json?lang=en");
            response.Headers.ETag.ShouldNotBeNull();
            using var again = new HttpRequestMessage(HttpMethod.Get, $"/apps/{guide}/guide.json?lang=en");
            again.Headers.IfNoneMatch.Add(response.Headers.ETag);
            (await visitor.SendAsync(again)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
            var told = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
            var sources = told.GetProperty("kinds").EnumerateArray().SelectMany(k => k.GetProperty("sources").EnumerateArray()).ToList();
            sources.Count.ShouldBeGreaterThanOrEqualTo(guide == "tour" ? 9 : 3);
            foreach (var source in sources)
            {
                var items = JsonDocument.Parse(await visitor.GetStringAsync($"{source.GetProperty("items").GetString()}?limit=500")).RootElement;
                var features = items.GetProperty("features").EnumerateArray().ToList();
                features.Count.ShouldBe(source.GetProperty("rows").GetInt32());
                foreach (var column in source.GetProperty("columns").EnumerateObject()) { features[0].GetProperty("properties").TryGetProperty(column.Value.GetString()!, out _).ShouldBeTrue($"{source.GetProperty("dataset")}: {column.Name}"); }
                foreach (var feature in features)
                {
                    var hours = feature.GetProperty("properties").GetProperty(source.GetProperty("columns").GetProperty("hours").GetString()!).GetString()!;
                    told.GetProperty("hours").TryGetProperty(hours, out _).ShouldBeTrue(hours);
                    told.GetProperty("districts").TryGetProperty(feature.GetProperty("properties").GetProperty("district_code").GetString()!, out _).ShouldBeTrue();
                }
            }
        }
    }

    [Fact]
    public async Task Items_AskedAgain_AreNotSentAgain()
    {
        var visitor = platform.Visitor();
        var id = await platform.WithDb(db => db.PublicResources.Where(r => db.Datasets.Any(d => d.Id == r.DatasetId && d.Name == "health-hospitals-mingchuan")).Select(r => r.Id).FirstAsync());
        var first = await visitor.GetAsync($"/ogc/collections/{id}/items?limit=500");
        using var again = new HttpRequestMessage(HttpMethod.Get, $"/ogc/collections/{id}/items?limit=500");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag.ShouldNotBeNull());
        var second = await visitor.SendAsync(again);
        second.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await second.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
        using var other = new HttpRequestMessage(HttpMethod.Get, $"/ogc/collections/{id}/items?limit=5");
        other.Headers.IfNoneMatch.Add(first.Headers.ETag);
        (await visitor.SendAsync(other)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [GeneratedRegex("<h2[^>]*><a href=\"[^\"]*\\?key=([^\"]+)\">")]
    private static partial Regex Places();

    [GeneratedRegex("vector-effect=\"non-scaling-stroke\"")]
    private static partial Regex Dots();

    [GeneratedRegex("<script[^>]*>")]
    private static partial Regex InlineScripts();

    [GeneratedRegex("^self\\.guide = (.*);$", RegexOptions.Multiline)]
    private static partial Regex Settings();
}
