using System.Data.Common;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Descriptions;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Descriptions;

/// <summary>A platform with 250 published datasets, one draft and one withdrawn, of which it is known when each was published.</summary>
public sealed class CatalogueOf250 : IAsyncLifetime
{
    internal static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly CountCommands counter = new();

    internal OwnPlatform Own { get; private set; } = null!;

    internal Guid Department { get; private set; }

    /// <summary>Names in the order of publication, an hour apart.</summary>
    internal List<string> Names { get; } = [];

    public async ValueTask InitializeAsync()
    {
        Own = await OwnPlatform.StartAsync(b =>
        {
            b.Configuration["Http:PerMinute:Visitor"] = "0";
            b.Services.AddHttpContextAccessor();
            b.Services.ConfigureDbContext<SqliteZhengtongDb>(o => o.AddInterceptors(counter));
            b.Services.ConfigureDbContext<PostgresZhengtongDb>(o => o.AddInterceptors(counter));
        });
        Department = await Own.WithDb(async db =>
        {
            var code = await db.Regions.OrderBy(r => r.Code).Select(r => r.Code).FirstAsync();
            var made = new Organisation { Id = Guid.CreateVersion7(Start), CreditCode = CreditCode.FromBody("11610000000000001"[..17]), Name = "数据局", ShortName = "数据局", Region = code, Kind = OrganisationKind.Authority };
            db.Organisations.Add(made);
            for (var n = 0; n < 252; n++)
            {
                var at = Start.AddHours(n);
                var description = Published.Description($"数据集 {n}");
                var name = $"set-{n:D3}";
                var dataset = new Dataset { Id = Guid.CreateVersion7(at), Name = name, PublisherId = made.Id, Description = description, CreatedAt = at, ModifiedAt = at };
                dataset.Describe(description);
                db.Datasets.Add(dataset);
                if (n == 250) { continue; }
                var version = new DatasetVersion { Id = Guid.CreateVersion7(at), DatasetId = dataset.Id, Number = 1, Description = description, Resources = [], CreatedAt = at };
                version.Publish(made.Id, Digest.Of("1"u8), "", at);
                db.DatasetVersions.Add(version);
                dataset.Publish(version, at);
                if (n == 251) { dataset.Withdraw(at); } else { Names.Add(name); }
            }

            await db.SaveChangesAsync();
            return made.Id;
        });
    }

    /// <summary>SQL commands that answering an address takes.</summary>
    internal async Task<int> CommandsOfAsync(string address)
    {
        counter.Commands = 0;
        var visitor = Own.Visitor();
        (await visitor.GetAsync(address)).StatusCode.ShouldBe(HttpStatusCode.OK, address);
        return counter.Commands;
    }

    public ValueTask DisposeAsync() => Own.DisposeAsync();

    /// <summary>Counts what requests ask; jobs in the background ask without one.</summary>
    private sealed class CountCommands : DbCommandInterceptor
    {
        private readonly HttpContextAccessor accessor = new();
        private int commands;

        internal int Commands { get => commands; set => commands = value; }

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            if (accessor.HttpContext is not null) { Interlocked.Increment(ref commands); }
            return ValueTask.FromResult(result);
        }
    }
}

/// <summary>The catalogue as a whole: walked to its end, narrowed down, counted.</summary>
[OnDatabase]
public sealed class DescribeCatalogueTests(CatalogueOf250 catalogue, PlatformFixture platform) : IClassFixture<CatalogueOf250>
{
    private readonly HttpClient visitor = catalogue.Own.Visitor();

    [Fact]
    public async Task Catalogue_Walked_MeetsEveryDatasetOnce()
    {
        var (met, pages, address) = (new List<string>(), 0, (string?)"/catalog.jsonld");
        while (address is not null)
        {
            var document = JsonDocument.Parse(await visitor.GetStringAsync(address)).RootElement.GetProperty("@graph");
            var things = document.EnumerateArray().ToList();
            met.AddRange(things.Where(t => t.TryGetProperty("dct:identifier", out _) && Types(t).Contains("dcat:Dataset")).Select(t => t.GetProperty("dct:title")[0].GetProperty("@value").GetString()!));
            var paging = things.Single(t => Types(t).Contains("hydra:PagedCollection"));
            Value(paging, "hydra:totalItems").ShouldBe("250");
            Value(paging, "hydra:itemsPerPage").ShouldBe("100");
            foreach (var name in new[] { "first", "previous", "next", "last" }) { Value(paging, $"hydra:{name}Page").ShouldBe(Value(paging, $"hydra:{name}")); }
            Value(paging, "hydra:first").ShouldEndWith("/catalog.jsonld?page=1");
            Value(paging, "hydra:last").ShouldEndWith("/catalog.jsonld?page=3");
            Value(paging, "hydra:previous").ShouldBe(pages == 0 ? null : $"{Base}/catalog.jsonld?page={pages}");
            address = Value(paging, "hydra:next");
            pages++;
        }

        pages.ShouldBe(3);
        met.ShouldBe(Enumerable.Range(0, 250).Select(n => $"数据集 {n}"));

        static List<string?> Types(JsonElement thing) => [.. thing.GetProperty("@type").EnumerateArray().Select(t => t.GetString())];
        static string? Value(JsonElement thing, string property) => thing.TryGetProperty(property, out var values) ? values[0].GetProperty("@value").GetString() : null;
    }

    [Fact]
    public async Task Catalogue_Page_HoldsOneGraphInEverySyntaxAndWhatDcatApWants()
    {
        // On the shared platform others publish meanwhile: a word of its own keeps to these.
        var word = $"w{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
        var made = new List<PublishedDataset>();
        for (var n = 0; n < 3; n++)
        {
            made.Add(await platform.PublishAsync(await platform.Department(), Published.Description($"{word} {n}"), MadeFile.Table("a.csv", [new("甲", ColumnType.Integer)], ["1"]), MadeFile.Text("b.pdf", "b")));
        }

        var address = platform.Address.ToString().TrimEnd('/');
        var documents = new List<(string, string)>();
        foreach (var ending in new[] { "ttl", "rdf", "jsonld" }) { documents.Add((ending, await platform.Visitor().GetStringAsync($"/catalog.{ending}?q={word}&profiles=euro_dcat_ap_3"))); }
        var graphs = await RdfReader.ReadAsync(documents);
        // The paging node names its own syntax; the catalogue's date moves when somebody else publishes.
        foreach (var graph in graphs) { graph.RemoveWhere(s => s.Property.StartsWith(RdfReader.Full("hydra:")) || s.Value.Text.StartsWith(RdfReader.Full("hydra:")) || (s.Subject == $"{address}/" && s.Property == RdfReader.Full("dct:modified"))); }
        foreach (var graph in graphs.Skip(1)) { graph.Except(graphs[0]).Concat(graphs[0].Except(graph)).ShouldBeEmpty(); }

        var whole = (await RdfReader.ReadAsync(documents[0]))[0];
        var subjects = made.ConvertAll(m => $"{address}/dataset/{m.Id}");
        whole.Texts($"{address}/", "dcat:dataset").ShouldBe(subjects, ignoreOrder: true);
        DcatRules.Faults(whole, [.. subjects]).ShouldBeEmpty();
        whole.Of($"{address}/", "dct:title").Select(t => t.Language).ShouldBe(["zh", "en"], ignoreOrder: true);
        whole.Typed("hydra:PagedCollection").Single().ShouldBe($"{address}/catalog.ttl?q={word}&profiles=euro_dcat_ap_3&page=1");
    }

    [Fact]
    public async Task Catalogue_ModifiedSince_GivesWhatWasPublishedThenOrLater()
    {
        (await TotalAsync("2026-01-10")).ShouldBe(250 - (24 * 9));
        (await TotalAsync("2026-01-10T08:00:00%2B08:00")).ShouldBe(250 - (24 * 9));
        (await TotalAsync("2026-01-01T01:00:00Z")).ShouldBe(249);
        (await TotalAsync("2027-01-01")).ShouldBe(0);

        async Task<int> TotalAsync(string since) => int.Parse(Regex.Match(await visitor.GetStringAsync($"/catalog.ttl?modified_since={since}"), "totalItems \"(\\d+)\"").Groups[1].Value);
    }

    [Theory]
    [InlineData("page=0", 400, "open-data.invalid")]
    [InlineData("page=-1", 400, "open-data.invalid")]
    [InlineData("page=x", 400, "open-data.invalid")]
    [InlineData("page=99999999999", 400, "open-data.invalid")]
    [InlineData("modified_since=yesterday", 400, "open-data.invalid")]
    [InlineData("page=4", 404, "open-data.not-found")]
    public async Task Catalogue_AskedForNonsense_IsRefused(string query, int status, string code)
    {
        var answer = await visitor.GetAsync($"/catalog.ttl?{query}");
        ((int)answer.StatusCode, await answer.ReadProblemCode()).ShouldBe((status, code));
    }

    [Fact]
    public async Task Catalogue_SearchWithoutWords_FindsNothingAndNeverFails()
    {
        foreach (var q in new[] { "%27%22)--", "*", "none-such-anywhere", "%00", "%F0%9F%98%80" })
        {
            var answer = await visitor.GetAsync($"/catalog.ttl?q={q}");
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, q);
            (await answer.Content.ReadAsStringAsync()).ShouldContain("totalItems \"0\"");
        }
    }

    [Fact]
    public async Task Answering_APage_TakesAsManyCommandsAsAnswersForOne()
    {
        foreach (var (many, few) in new[] { ("/catalog.ttl", "/catalog.ttl?modified_since=2026-01-11T09:00:00Z"), ("/feeds/datasets.atom", "/feeds/datasets.atom?page=5"), ("/sitemap/1.xml", "/sitemap/1.xml") })
        {
            var commands = await catalogue.CommandsOfAsync(many);
            commands.ShouldBeInRange(1, 8, many);
            commands.ShouldBe(await catalogue.CommandsOfAsync(few), many);
        }

        (await visitor.GetStringAsync("/catalog.ttl?modified_since=2026-01-11T09:00:00Z")).ShouldContain("totalItems \"1\"");
        (await catalogue.CommandsOfAsync("/dataset/set-000.ttl")).ShouldBe(3);
        // Three hundreds, and one more look that finds the end.
        (await catalogue.CommandsOfAsync("/data.json")).ShouldBe(2 + (3 * 3) + 1);
    }

    [Fact]
    public async Task Catalogue_NotChanged_IsNotSentAgain()
    {
        foreach (var address in new[] { "/catalog.ttl", "/data.json", "/sitemap.xml", "/sitemap/1.xml", "/feeds/datasets.atom", "/robots.txt" })
        {
            var first = await visitor.GetAsync(address);
            first.StatusCode.ShouldBe(HttpStatusCode.OK, address);
            first.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["*"], address);
            var again = await visitor.SendAsync(new HttpRequestMessage(HttpMethod.Get, address) { Headers = { IfNoneMatch = { first.Headers.ETag! } } });
            again.StatusCode.ShouldBe(HttpStatusCode.NotModified, address);
        }
    }

    [Theory]
    [InlineData("/catalog.ttl")]
    [InlineData("/catalog.rdf")]
    [InlineData("/catalog.jsonld")]
    [InlineData("/feeds/datasets.atom")]
    [InlineData("/data.json")]
    public async Task Catalogue_ForWhoUnpacks_IsPacked(string address)
    {
        var answer = await visitor.SendAsync(new HttpRequestMessage(HttpMethod.Get, address) { Headers = { { "Accept-Encoding", "br" } } });
        answer.Content.Headers.ContentEncoding.ShouldBe(["br"]);
    }

    [Fact]
    public async Task DataJson_Whole_HoldsEveryDatasetWithWhatTheSchemaWants()
    {
        var document = JsonDocument.Parse(await visitor.GetStringAsync("/data.json")).RootElement;
        document.GetProperty("conformsTo").GetString().ShouldBe("https://project-open-data.cio.gov/v1.1/schema");
        var datasets = document.GetProperty("dataset").EnumerateArray().ToList();
        datasets.Select(d => d.GetProperty("title").GetString()).ShouldBe(Enumerable.Range(0, 250).Select(n => $"数据集 {n}"));
        foreach (var dataset in datasets)
        {
            foreach (var wanted in new[] { "title", "description", "keyword", "modified", "publisher", "contactPoint", "identifier", "accessLevel" }) { dataset.TryGetProperty(wanted, out _).ShouldBeTrue(wanted); }
            dataset.GetProperty("accessLevel").GetString().ShouldBe("public");
        }
    }

    [Fact]
    public async Task Sitemap_Whole_LeadsToEveryDataset()
    {
        XNamespace space = "http://www.sitemaps.org/schemas/sitemap/0.9";
        var robots = await visitor.GetStringAsync("/robots.txt");
        robots.ShouldContain($"Sitemap: {Base}/sitemap.xml");
        var index = XDocument.Parse(await visitor.GetStringAsync("/sitemap.xml")).Root!;
        var map = index.Elements(space + "sitemap").ShouldHaveSingleItem();
        ((string)map.Element(space + "loc")!).ShouldBe($"{Base}/sitemap/1.xml");
        ((string)map.Element(space + "lastmod")!).ShouldBe("2026-01-11T09:00:00Z");
        var urls = XDocument.Parse(await visitor.GetStringAsync("/sitemap/1.xml")).Root!.Elements(space + "url").ToList();
        urls.Select(u => (string)u.Element(space + "loc")!).ShouldBe(catalogue.Names.Select(n => $"{Base}/dataset/{n}"));
        ((string)urls[1].Element(space + "lastmod")!).ShouldBe("2026-01-01T01:00:00Z");
        (await visitor.GetAsync("/sitemap/2.xml")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        MapSite.PagesOf(50_000).ShouldBe(1);
        MapSite.PagesOf(50_001).ShouldBe(2);
    }

    [Fact]
    public async Task Feed_Walked_MeetsEveryDatasetOnceNewestFirst()
    {
        foreach (var feed in new[] { "/feeds/datasets.atom", $"/feeds/organization/{catalogue.Department}.atom", "/feeds/theme/environment.atom" })
        {
            var (met, pages, address) = (new List<string>(), 0, (string?)feed);
            while (address is not null)
            {
                var root = XDocument.Parse(await visitor.GetStringAsync(address)).Root!;
                met.AddRange(root.Elements(Atom + "entry").Select(e => (string)e.Element(Atom + "title")!));
                root.Element(Atom + "id")!.Value.ShouldBe(Base + feed);
                Link(root, "first").ShouldBe(Base + feed);
                Link(root, "last").ShouldBe($"{Base}{feed}?page=5");
                (Link(root, "previous") is null).ShouldBe(pages == 0);
                address = Link(root, "next");
                pages++;
            }

            pages.ShouldBe(5);
            met.ShouldBe(Enumerable.Range(0, 250).Reverse().Select(n => $"数据集 {n}"), feed);
        }

        (await visitor.GetStringAsync("/feeds/theme/health.atom")).ShouldNotContain("<entry");
        foreach (var none in new[] { "/feeds/theme/none-such.atom", $"/feeds/organization/{Guid.CreateVersion7(CatalogueOf250.Start)}.atom", "/feeds/datasets.atom?page=6", "/feeds/datasets.atom?page=x", "/feeds/dataset/set-250.atom", "/feeds/dataset/set-251.atom" })
        {
            (await visitor.GetAsync(none)).StatusCode.ShouldBe(HttpStatusCode.NotFound, none);
        }
    }

    [Fact]
    public async Task Feed_OfADataset_HoldsItsVersionsWithHostileTextEscaped()
    {
        var made = await platform.PublishAsync(await platform.Department(), Published.Description($"题{DescribeDatasetTests.Hostile}\u0001"), MadeFile.Text("a.txt", "a"));
        await platform.PublishNextAsync(made, MadeFile.Text("a.txt", "b"));
        var root = XDocument.Parse(await platform.Visitor().GetStringAsync($"/feeds/dataset/{made.Name}.atom")).Root!;
        var entries = root.Elements(Atom + "entry").ToList();
        entries.Count.ShouldBe(2);
        // XML reads a carriage return before a line end as one line end.
        entries[0].Element(Atom + "title")!.Value.ReplaceLineEndings("\n").ShouldBe($"题{DescribeDatasetTests.Hostile}\uFFFD, version 2".ReplaceLineEndings("\n"));
        entries[1].Element(Atom + "id")!.Value.ShouldEndWith($"/dataset/{made.Id}/version/{made.Version.Id}");
    }

    private static readonly XNamespace Atom = "http://www.w3.org/2005/Atom";

    private string Base => catalogue.Own.App.Urls.First().TrimEnd('/');

    private static string? Link(XElement feed, string relation) => (string?)feed.Elements(Atom + "link").SingleOrDefault(l => (string)l.Attribute("rel")! == relation)?.Attribute("href");
}
