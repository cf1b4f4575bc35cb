using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Notices;
using Zhengtong.OpenData.Harvest;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Harvest;

/// <summary>What runs do with what portals say: changes, failures, and whatever is hostile.</summary>
[OnDatabase]
public sealed class HarvestPortalsTests(Harvester harvester) : IClassFixture<Harvester>, IAsyncLifetime
{
    private FakePortal portal = null!;

    public async ValueTask InitializeAsync() => portal = await FakePortal.StartAsync();

    public ValueTask DisposeAsync() => portal.DisposeAsync();

    private static List<object> Packages(int count) => [.. Enumerable.Range(1, count).Select(n => (object)FakePortal.Package(n))];

    [Fact]
    public async Task Harvest_ChangedAndGone_ChangesAndWithdraws()
    {
        var packages = Packages(20);
        portal.Serve(() => packages);
        var (source, first) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address);
        (first.Added, first.Refused).ShouldBe((20, 0));
        var kept = (await harvester.DatasetsAsync(source)).Single(d => d.Identifier == "id-0003");
        packages = [.. packages.Skip(1).Select((p, n) => n == 0 ? FakePortal.Package(2, "改名") : p)];
        var run = await harvester.AgainAsync(source);
        (run.State, run.Seen, run.Changed, run.Unchanged, run.Withdrawn).ShouldBe((HarvestState.Done, 19, 1, 18, 1));
        var now = await harvester.DatasetsAsync(source);
        now.Single(d => d.Identifier == "id-0001").IsShown.ShouldBeFalse();
        now.Single(d => d.Identifier == "id-0002").Title.ShouldBe("改名 2");
        now.Single(d => d.Identifier == "id-0003").Revision.ShouldBe(kept.Revision);
        (await harvester.PageAsync($"/dataset?source={source}&text={Uri.EscapeDataString("改名")}")).ShouldContain("改名 2");
        (await harvester.Own.Visitor().GetAsync($"/harvested/{now.Single(d => d.Identifier == "id-0001").Id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        // What comes back is shown again under the same address.
        packages = Packages(20);
        (await harvester.AgainAsync(source)).Changed.ShouldBe(2);
        (await harvester.DatasetsAsync(source)).Single(d => d.Identifier == "id-0001").IsShown.ShouldBeTrue();
        var events = await harvester.Own.WithDb(db => db.Ledger.AsNoTracking().Where(e => e.Subject == source.ToString()).Select(e => e.Event).ToListAsync());
        events.ShouldBe(["open-data.harvest-finished", "open-data.harvest-finished", "open-data.harvest-finished"]);
    }

    [Fact]
    public async Task Revise_TheName_FindsAllItsDatasetsByTheNewOneAlone()
    {
        portal.Serve(() => Packages(250));
        var (source, _) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address, "旧称平台");
        var hidden = (await harvester.DatasetsAsync(source))[7].Id;
        await harvester.Own.WithDb(async db =>
        {
            var (now, entry) = (TimeProvider.System.GetUtcNow(), await db.HarvestedDatasets.SingleAsync(d => d.Id == hidden));
            entry.Correct(new HarvestedCorrection(null, null, IsHidden: true), now);
            db.SearchEntries.Remove(await db.SearchEntries.SingleAsync(e => e.Kind == HarvestPortals.SearchKind && e.Subject == hidden));
            var renamed = await db.HarvestSources.SingleAsync(s => s.Id == source);
            renamed.Revise("新称门户", renamed.Address, renamed.EveryHours, renamed.IsEnabled, now);
            return await db.SaveChangesAsync();
        });
        await harvester.SettleAsync();
        (await FoundAsync(source, "新称门户")).ShouldBe(249, "What is hidden stays out of the index");
        (await FoundAsync(source, "旧称平台")).ShouldBe(0);
        (await harvester.Own.WithDb(db => db.HarvestSources.SingleAsync(s => s.Id == source))).Renamed.ShouldBeNull();
    }

    private async Task<int> FoundAsync(Guid source, string words) =>
        (await harvester.Own.Visitor().GetFromJsonAsync<System.Text.Json.JsonElement>($"/api/v1/harvested-datasets?source={source}&q={Uri.EscapeDataString(words)}")).GetProperty("total").GetInt32();

    [Fact]
    public async Task Harvest_MostGone_WithdrawsNothingWithoutLeave()
    {
        var packages = Packages(20);
        portal.Serve(() => packages);
        var (source, _) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address);
        packages = [];
        var run = await harvester.AgainAsync(source);
        (run.State, run.Fault, run.Withdrawn).ShouldBe((HarvestState.Failed, "shrunk", 0));
        (await harvester.DatasetsAsync(source)).ShouldAllBe(d => d.IsShown);
        (await harvester.AgainAsync(source, mayShrink: true)).Withdrawn.ShouldBe(20);
        (await harvester.DatasetsAsync(source)).ShouldAllBe(d => !d.IsShown);
        (await harvester.Own.WithDb(db => db.Notices.CountAsync(n => n.Href == $"/work/open-data/harvest/{source}" && n.Tone == NoticeTone.Warning))).ShouldBe(1);
    }

    [Fact]
    public async Task Harvest_BrokenOffBetweenPages_GoesOnBehindTheLastWholePage()
    {
        var packages = Packages(250);
        var failures = 0;
        portal.Serve(() => packages);
        var good = portal.Answer;
        portal.Answer = http =>
        {
            if (http.Request.Query["start"] != "100" || failures++ >= 3) { return good(http); }
            http.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        var (source, run) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address);
        (run.State, run.Added, run.Pages).ShouldBe((HarvestState.Done, 250, 3), run.Fault);
        run.Notes.Select(n => n.Code).ShouldBe(["status", "status", "status"]);
        portal.Calls.Count(c => c.Contains("start=0&", StringComparison.Ordinal)).ShouldBe(1);
        portal.Calls.Count(c => c.Contains("start=100&", StringComparison.Ordinal)).ShouldBe(4);
        (await harvester.DatasetsAsync(source)).Count.ShouldBe(250);
    }

    [Fact]
    public async Task Harvest_RunLeftByAKilledProcess_IsFinishedFromItsPlace()
    {
        portal.Serve(() => Packages(150));
        var now = TimeProvider.System.GetUtcNow();
        var source = HarvestSource.Register("被中断", HarvestKind.Ckan, portal.Address, 24, harvester.Authority.Id, now);
        source.Begin(now);
        var left = new HarvestRun { Id = Guid.CreateVersion7(now), SourceId = source.Id, StartedAt = now };
        left.Took(new HarvestCounts(100, 0, 0, 0, 0), "100", now);
        await harvester.AddAsync(source, left);
        await harvester.SettleAsync();
        var run = await harvester.LastRunAsync(source.Id);
        (run.Id, run.State, run.Seen, run.Added).ShouldBe((left.Id, HarvestState.Done, 150, 50));
        portal.Calls.ShouldAllBe(c => c.Contains("start=100&", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Harvest_AlwaysFailing_FailsWithItsReasonAndKeepsWhatStands()
    {
        portal.Serve(() => Packages(12));
        var (source, _) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address);
        portal.Answer = http => { http.Response.StatusCode = 500; return Task.CompletedTask; };
        var run = await harvester.AgainAsync(source);
        (run.State, run.Fault, run.FaultDetail, run.Failures).ShouldBe((HarvestState.Failed, "status", "500", 4));
        (await harvester.DatasetsAsync(source)).ShouldAllBe(d => d.IsShown);
        portal.Answer = http => { http.Response.StatusCode = 403; return Task.CompletedTask; };
        (await harvester.AgainAsync(source)).Failures.ShouldBe(0, "What is refused for good is not asked for again");
    }

    [Fact]
    public async Task Harvest_CorrectedHereAndChangedThere_KeepsTheCorrectionAndReportsIt()
    {
        var title = "公园";
        portal.Serve(() => [FakePortal.Package(1, title)]);
        var (source, _) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address);
        await harvester.Own.WithDb(async db =>
        {
            (await db.HarvestedDatasets.SingleAsync(d => d.SourceId == source)).Correct(new HarvestedCorrection("公园（更正）", ["tourism"], false), TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        await harvester.AgainAsync(source);
        (await harvester.Own.WithDb(db => db.HarvestConflicts.CountAsync(c => c.SourceId == source && c.Kind == HarvestConflictKind.ChangedLocally))).ShouldBe(0);
        title = "绿地";
        (await harvester.AgainAsync(source)).Changed.ShouldBe(1);
        var dataset = (await harvester.DatasetsAsync(source)).Single();
        (dataset.Title, dataset.ThemeList, dataset.Description.Title).ShouldBe(("公园（更正）", "|tourism|", "绿地 1"));
        (await harvester.Own.WithDb(db => db.HarvestConflicts.SingleAsync(c => c.SourceId == source && c.Kind == HarvestConflictKind.ChangedLocally))).HarvestedId.ShouldBe(dataset.Id);
    }

    [Fact]
    public async Task Harvest_SameTitleAtTwoSources_IsReportedOnce()
    {
        portal.Serve(() => [FakePortal.Package(1, "同名数据")]);
        var (one, _) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address);
        portal.Serve(() => [new Dictionary<string, object?>(FakePortal.Package(1, "同名数据")) { ["id"] = "another" }]);
        var (two, _) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address + "/two/..");
        var lines = await harvester.Own.WithDb(db => db.HarvestConflicts.AsNoTracking().Where(c => c.Kind == HarvestConflictKind.SameTitle && c.SourceId == two).ToListAsync());
        lines.Single().OtherSourceId.ShouldBe(one);
    }

    [Fact]
    public async Task Harvest_WrongTypesAndMissingParts_TakesWhatCanBeTakenAndReportsTheRest()
    {
        object[] bad =
        [
            17, "text", null!, new { }, new { id = "a" }, new { id = "b", title = new[] { 1 } }, new { id = new string('x', 400), title = "t" }, new { id = "n\0l", title = "t" },
            new { id = "c", title = "好", notes = 5, resources = "none", tags = new object[] { 1, new { name = 2 } }, organization = "x", metadata_modified = "yesterday" },
            new { id = "c", title = "again" },
            new { id = "d", title = new string('长', 500), notes = new string('文', 30_000), license_id = "cc-by", metadata_modified = "0001-01-01T00:00:00+14:00",
                resources = new object[] { new { name = "js", url = "javascript:alert(1)" }, new { url = "file:///etc/passwd" }, new { url = "https://user:pw@data.example/x" }, new { url = "https://data.example/n\0l.csv" }, new { url = "https://data.example/a.xlsx", size = "77", name = "<script>alert(1)</script>" } } },
        ];
        portal.Serve(() => bad);
        var (source, run) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address);
        (run.State, run.Seen, run.Added, run.Refused).ShouldBe((HarvestState.Done, 11, 2, 9), run.Fault);
        var taken = await harvester.DatasetsAsync(source);
        taken.Single(d => d.Identifier == "c").Description.Faults.ShouldBe(["wrong-type", "no-notes", "no-organisation", "no-licence", "no-distribution", "bad-date"], ignoreOrder: true);
        var long1 = taken.Single(d => d.Identifier == "d").Description;
        (long1.Title.Length, long1.Notes.Length, long1.LicenceId).ShouldBe((200, 20_000, "cc-by"));
        long1.Distributions.Single().ShouldBe(new HarvestedDistribution("<script>alert(1)</script>", "https://data.example/a.xlsx", "XLSX", 77, ""));
        long1.Faults.ShouldBe(["title-shortened", "notes-shortened", "no-organisation", "bad-link", "bad-date"], ignoreOrder: true);
        run.Notes.Count.ShouldBe(9);
        var report = await harvester.Own.WithDb(db => db.HarvestConflicts.AsNoTracking().Where(c => c.SourceId == source && c.Kind == HarvestConflictKind.InvalidMetadata).ToListAsync());
        report.Select(c => c.Identifier).ShouldContain("a");
        report.Select(c => c.Identifier).ShouldContain("d");
        var page = await harvester.PageAsync($"/harvested/{taken.Single(d => d.Identifier == "d").Id}");
        page.ShouldNotContain("<script>alert(1)");
        page.ShouldContain("&lt;script&gt;alert(1)");
        page.ShouldNotContain("javascript:");
        // The same once more changes nothing and reports the same.
        (await harvester.AgainAsync(source)).Unchanged.ShouldBe(2);
        (await harvester.Own.WithDb(db => db.HarvestConflicts.CountAsync(c => c.SourceId == source && c.Kind == HarvestConflictKind.InvalidMetadata))).ShouldBe(report.Count);
    }

    [Fact]
    public async Task Harvest_OneHugeDataset_PassesOverItAndTakesTheOthers()
    {
        var packages = Packages(30);
        packages[13] = new Dictionary<string, object?>(FakePortal.Package(14)) { ["notes"] = new string('a', 50_000_000) };
        portal.Serve(() => packages);
        var (source, run) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address);
        (run.State, run.Added, run.Refused).ShouldBe((HarvestState.Done, 29, 1), run.Fault);
        run.Notes.Single().ShouldBe(new HarvestNote("dataset-too-large", null, "14"));
        (await harvester.DatasetsAsync(source)).ShouldNotContain(d => d.Identifier == "id-0014");
    }

    public static TheoryData<string, string, string> BadAnswers() => new()
    {
        { "application/rdf+xml", "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;\">]><a>&d;</a>", "unreadable" },
        { "application/rdf+xml", "<?xml version=\"1.0\"?><!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "unreadable" },
        { "application/rdf+xml", $"<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:a=\"urn:a\">{string.Concat(Enumerable.Repeat("<a:A><a:b>", 5000))}", "unreadable" },
        { "application/rdf+xml", "<rdf:RDF", "unreadable" },
        { "text/turtle", "<a> <b> \"never ends", "unreadable" },
        { "text/turtle", $"<a> <b> {new string('[', 1)}{string.Concat(Enumerable.Repeat(" <p> [", 50_000))}", "unreadable" },
        { "text/turtle", new string('(', 100_000), "unreadable" },
        { "text/turtle", "<a> <b> <c> . @prefix a:", "unreadable" },
        { "text/turtle", "@base", "unreadable" },
        { "text/turtle", "<a> <b> ( . ) .", "unreadable" },
        // A short name that stands for a long one, and many of them.
        { "text/turtle", $"@prefix p: <http://a.example/{new string('x', 7900)}> . <a> <b> {string.Join(',', Enumerable.Repeat("p:a", 20_000))} .", "page-too-large" },
        // Few words of many things, and each thing hands its words on.
        { "application/ld+json", $"{{\"@context\": {{{string.Join(',', Enumerable.Range(0, 20_000).Select(n => $"\"a{n}\":\"urn:{n}\""))}}}, \"@graph\": [{string.Join(',', Enumerable.Repeat("{\"@context\":{}}", 200))}]}}", "page-too-large" },
        // Files that every dataset has.
        { "text/turtle", $"{string.Concat(Enumerable.Range(0, 50).Select(n => $"<d{n}> dcat:accessURL <f{n}> ; dct:description \"{new string('x', 30_000)}\" . "))}"
            + string.Concat(Enumerable.Range(0, 100).Select(n => $"<s{n}> a dcat:Dataset ; dct:title \"{n}\" ; dcat:distribution {string.Join(',', Enumerable.Range(0, 50).Select(d => $"<d{d}>"))} . ")), "page-too-large" },
        { "application/xml", "<error><message>Down for maintenance</message></error>", "unreadable" },
        { "text/turtle", "none:such a none:thing .", "unreadable" },
        { "application/ld+json", new string('[', 100_000), "unreadable" },
        { "application/ld+json", "{\"@graph\": [", "unreadable" },
        { "text/html", "<html><body>Not a catalogue</body></html>", "unreadable" },
        { "text/turtle", new string('#', 3_000_000), "page-too-large" },
    };

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task Harvest_HostileDocument_FailsWithAReason(string mediaType, string text, string fault)
    {
        portal.Say(mediaType, text);
        var (_, run) = await harvester.HarvestAsync(HarvestKind.Dcat, $"{portal.Address}/catalog");
        (run.State, run.Fault, run.Seen).ShouldBe((HarvestState.Failed, fault, 0));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"success\": false}")]
    [InlineData("{\"success\": true, \"result\": []}")]
    [InlineData("{\"success\": true, \"result\": {\"count\": \"many\", \"results\": []}}")]
    [InlineData("{\"success\": true, \"result\": {\"count\": 1, \"results\": {}}}")]
    [InlineData("<html>")]
    [InlineData("")]
    public async Task Harvest_AnswerThatIsNoPackageSearch_FailsWithAReason(string text)
    {
        portal.Say("application/json", text);
        var (_, run) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address);
        (run.State, run.Fault).ShouldBe((HarvestState.Failed, "unreadable"));
    }

    [Fact]
    public async Task Harvest_UnpackedTooLarge_FailsBeforeItIsInMemory()
    {
        portal.Answer = async http =>
        {
            http.Response.ContentType = "text/turtle";
            http.Response.Headers.ContentEncoding = "gzip";
            await using var packed = new GZipStream(http.Response.Body, CompressionLevel.Fastest);
            for (var n = 0; n < 100; n++) { await packed.WriteAsync(new byte[1_000_000]); }
        };
        var (_, run) = await harvester.HarvestAsync(HarvestKind.Dcat, $"{portal.Address}/catalog.ttl");
        (run.State, run.Fault).ShouldBe((HarvestState.Failed, "page-too-large"));
    }

    [Fact]
    public async Task Harvest_FewerThanSaid_FailsAndKeepsWhatStands()
    {
        var packages = Packages(120);
        portal.Serve(() => packages);
        var (source, _) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address);
        portal.Answer = http => http.Response.WriteAsJsonAsync(new { success = true, result = new { count = 120, results = http.Request.Query["start"] == "0" ? packages.Take(100) : [] } });
        var run = await harvester.AgainAsync(source);
        (run.State, run.Fault, run.FaultDetail, run.Withdrawn).ShouldBe((HarvestState.Failed, "unreadable", "100 / 120", 0));
        (await harvester.DatasetsAsync(source)).Count(d => d.IsShown).ShouldBe(120);
    }

    [Fact]
    public async Task Harvest_ChangedInTheFuture_CountsAsChangedNow()
    {
        portal.Serve(() => [new Dictionary<string, object?>(FakePortal.Package(1)) { ["metadata_modified"] = "2199-01-01T00:00:00" }]);
        var (source, _) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address);
        (await harvester.DatasetsAsync(source)).Single().ModifiedAt.ShouldBeLessThanOrEqualTo(TimeProvider.System.GetUtcNow());
    }

    [Fact]
    public async Task Harvest_MoreFilesThanAreKept_KeepsTheFirstAndSaysSo()
    {
        portal.Say("text/turtle", $"<s> a dcat:Dataset ; dct:title \"S\" ; dcat:distribution {string.Join(',', Enumerable.Range(0, 250).Select(n => $"[ dcat:downloadURL <https://data.example/{n}.csv> ]"))} .");
        var (source, _) = await harvester.HarvestAsync(HarvestKind.Dcat, $"{portal.Address}/many");
        var description = (await harvester.DatasetsAsync(source)).Single().Description;
        description.Distributions.Count.ShouldBe(200);
        description.Faults.ShouldContain("too-many-distributions");
    }

    [Fact]
    public async Task Harvest_ALongPage_IsTakenInPartsAndWhole()
    {
        portal.Say("text/turtle", string.Concat(Enumerable.Range(0, Harvester.MostDatasets).Select(n => $"<s{n}> a dcat:Dataset ; dct:title \"{n}\" . ")));
        var (source, run) = await harvester.HarvestAsync(HarvestKind.Dcat, $"{portal.Address}/large");
        (run.State, run.Added).ShouldBe((HarvestState.Done, Harvester.MostDatasets), run.Fault);
        (await harvester.AgainAsync(source)).Unchanged.ShouldBe(Harvester.MostDatasets);
    }

    [Fact]
    public async Task Harvest_ATitleThatVeryManyHave_IsNoConflict()
    {
        IReadOnlyList<object> Alike(string name) => [.. Enumerable.Range(1, 60).Select(n => new Dictionary<string, object?>(FakePortal.Package(n)) { ["id"] = $"{name}{n}", ["title"] = n <= 51 ? "各处皆有" : "少有" })];
        portal.Serve(() => Alike("a"));
        await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address + "/a/..");
        portal.Serve(() => Alike("b"));
        var (source, _) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address + "/b/..");
        var lines = await harvester.Own.WithDb(db => db.HarvestConflicts.AsNoTracking().Where(c => c.Kind == HarvestConflictKind.SameTitle && c.SourceId == source).ToListAsync());
        lines.Count.ShouldBe(81);
        lines.ShouldAllBe(l => l.Title == "少有");
    }

    [Fact]
    public async Task Harvest_EndlessPagesOfTheSame_StopsAtTheLoop()
    {
        var page = 0;
        portal.Answer = http =>
        {
            http.Response.ContentType = "text/turtle";
            return http.Response.WriteAsync($"""
                <#c> a dcat:Catalog ; dcat:dataset <urn:a>, <urn:b> .
                <urn:a> a dcat:Dataset ; dct:title "A" . <urn:b> a dcat:Dataset ; dct:title "B" .
                <?page={page}> hydra:next "{portal.Address}/catalog.ttl?page={++page}" .
                """);
        };
        var (source, run) = await harvester.HarvestAsync(HarvestKind.Dcat, $"{portal.Address}/catalog.ttl");
        (run.State, run.Fault, run.Pages).ShouldBe((HarvestState.Failed, "loop", 1));
        (await harvester.DatasetsAsync(source)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Harvest_EndlessNewDatasets_StopsAtTheBound()
    {
        portal.Answer = http =>
        {
            var start = int.Parse(http.Request.Query["start"]!, CultureInfo.InvariantCulture);
            return http.Response.WriteAsJsonAsync(new { success = true, result = new { count = long.MaxValue, results = Enumerable.Range(start, 100).Select(n => FakePortal.Package(n)) } });
        };
        var (source, run) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address);
        (run.State, run.Fault).ShouldBe((HarvestState.Failed, "too-many-datasets"));
        (await harvester.DatasetsAsync(source)).Count.ShouldBe(Harvester.MostDatasets);
    }

    [Fact]
    public async Task Harvest_EndlessEmptyPages_StopsAtTheBound()
    {
        var page = 0;
        portal.Answer = http =>
        {
            http.Response.ContentType = "text/turtle";
            return http.Response.WriteAsync($"<#c> a dcat:Catalog . <?p> hydra:nextPage <{portal.Address}/catalog.ttl?page={++page}> .");
        };
        var (_, run) = await harvester.HarvestAsync(HarvestKind.Dcat, $"{portal.Address}/catalog.ttl");
        (run.State, run.Fault, run.Pages).ShouldBe((HarvestState.Failed, "too-many-pages", 60));
    }

    [Theory]
    [InlineData("/again", "redirects")]
    [InlineData("file:///etc/passwd", "bad-address")]
    [InlineData("http://user:pw@127.0.0.1/", "bad-address")]
    [InlineData("http://169.254.169.254/latest/meta-data", "forbidden-address")]
    [InlineData("http://[::ffff:169.254.169.254]/", "forbidden-address")]
    public async Task Harvest_HostileRedirect_IsNotFollowed(string location, string fault)
    {
        portal.Answer = http =>
        {
            http.Response.Redirect(location);
            return Task.CompletedTask;
        };
        var (_, run) = await harvester.HarvestAsync(HarvestKind.Dcat, $"{portal.Address}/moved{Uri.EscapeDataString(location)}");
        (run.State, run.Fault).ShouldBe((HarvestState.Failed, fault));
        portal.Calls.Count.ShouldBe(fault == "redirects" ? 4 : 1);
    }

    [Fact]
    public async Task Harvest_NextPageInAForbiddenNetwork_IsNotFollowed()
    {
        portal.Say("text/turtle", "<#c> a dcat:Catalog ; dcat:dataset <urn:x> . <urn:x> dct:title \"X\" . <?p> hydra:next \"http://169.254.169.254/latest\" .");
        var (source, run) = await harvester.HarvestAsync(HarvestKind.Dcat, $"{portal.Address}/next");
        (run.State, run.Fault).ShouldBe((HarvestState.Failed, "forbidden-address"));
        (await harvester.DatasetsAsync(source)).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://localhost:{0}/")]
    [InlineData("http://[::1]:{0}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}/")]
    [InlineData("http://0.0.0.0:{0}/")]
    [InlineData("http://2130706433:{0}/")]
    [InlineData("http://10.0.0.1/")]
    [InlineData("http://192.168.1.1/")]
    [InlineData("http://172.16.0.1/")]
    [InlineData("http://100.100.100.200/latest/meta-data")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://[fd00::1]/")]
    [InlineData("http://[64:ff9b::7f00:1]/")]
    [InlineData("http://[2002:7f00:1::]/")]
    [InlineData("http://[2001:0:7f00:1::]/")]
    [InlineData("http://[fec0::1]/")]
    public async Task Get_PrivateAddressByDefault_IsNeverConnected(string address)
    {
        using var connections = new PortalConnections(Options.Create(new HarvestOptions()), TimeProvider.System);
        var target = new Uri(string.Format(CultureInfo.InvariantCulture, address, new Uri(portal.Address).Port));
        (await Should.ThrowAsync<HarvestFault>(connections.GetAsync(target, "*/*", CancellationToken.None))).Code.ShouldBe("forbidden-address");
        portal.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Remove_ASourceOfWhichNothingWasTaken_LeavesNoLineInTheReport()
    {
        portal.Serve(() => [new { id = "a" }]);
        var (source, run) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address);
        (run.Added, run.Refused).ShouldBe((0, 1));
        (await harvester.Own.WithDb(db => db.HarvestConflicts.CountAsync(c => c.SourceId == source))).ShouldBe(1);
        await harvester.Own.WithDb(async db =>
        {
            (await db.HarvestSources.SingleAsync(s => s.Id == source)).Remove(TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        await harvester.SettleAsync();
        (await harvester.Own.WithDb(db => db.HarvestConflicts.CountAsync(c => c.SourceId == source))).ShouldBe(0);
    }

    [Fact]
    public async Task Remove_ASource_WithdrawsWhatItBrought()
    {
        portal.Serve(() => Packages(5));
        var (source, _) = await harvester.HarvestAsync(HarvestKind.Ckan, portal.Address);
        await harvester.Own.WithDb(async db =>
        {
            (await db.HarvestSources.SingleAsync(s => s.Id == source)).Remove(TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        await harvester.SettleAsync();
        (await harvester.DatasetsAsync(source)).ShouldAllBe(d => !d.IsShown);
        (await harvester.Own.WithDb(db => db.SearchEntries.CountAsync(e => e.Kind == HarvestPortals.SearchKind && db.HarvestedDatasets.Any(d => d.Id == e.Subject && d.SourceId == source)))).ShouldBe(0);
    }
}
