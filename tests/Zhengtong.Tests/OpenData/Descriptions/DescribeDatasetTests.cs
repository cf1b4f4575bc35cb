using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Descriptions;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Descriptions;

/// <summary>A dataset as RDF, judged by an independent reader.</summary>
[OnDatabase]
public sealed class DescribeDatasetTests(PlatformFixture platform)
{
    /// <summary>Quotes of all kinds, the end of a script, markup, escapes of every syntax, line ends, a tab, emoji, text from right to left.</summary>
    internal const string Hostile = "\"'`</script><script>alert(1)</script> & ]]> <!-- --> \\ \\u0041 \\n {{x}} ${x}\r\nnext\tline \U0001F600 \u202Eلغة عربية\u202C 数据 $$ ^^xsd:int @en .";

    private static readonly MadeColumn[] Columns = [new("站点", ColumnType.Text) { IsKey = true }, new("pm25", ColumnType.Decimal) { Title = "PM2.5", Unit = "µg/m³" }];

    private static MadeFile Hourly => MadeFile.Table("hourly.csv", Columns, ["万寿西宫", "35.50"], ["官园", null]);

    [Fact]
    public async Task Describe_Dataset_HoldsOneGraphInEverySyntaxAndWhatDcatApWants()
    {
        var department = await platform.Department("北京市生态环境局");
        var made = await platform.PublishAsync(department, Published.Description("空气质量逐小时监测") with { To = new DateOnly(2025, 12, 31), ContactMail = "open-data@example.gov.cn" }, Hourly);
        await platform.PublishNextAsync(made, Hourly);
        var subject = $"{Base}/dataset/{made.Id}";

        var graphs = await RdfReader.ReadAsync(await FetchAllAsync($"/dataset/{made.Name}"));
        foreach (var graph in graphs.Skip(1)) { graph.Except(graphs[0]).Concat(graphs[0].Except(graph)).ShouldBeEmpty(); }
        var dcat = graphs[0];
        dcat.Count.ShouldBeGreaterThan(80);
        DcatRules.Faults(dcat, subject).ShouldBeEmpty();

        dcat.Of(subject, "dct:title").ShouldBe([new ReadValue("空气质量逐小时监测", false, "zh", null)]);
        dcat.Texts(subject, "dcat:keyword").ShouldBe(["公园", "绿地"], ignoreOrder: true);
        dcat.Texts(subject, "dct:accessRights").ShouldBe(["http://publications.europa.eu/resource/authority/access-right/PUBLIC"]);
        dcat.Texts(subject, "dct:accrualPeriodicity").ShouldBe(["http://publications.europa.eu/resource/authority/frequency/ANNUAL"]);
        dcat.Texts(subject, "dcat:theme").ShouldBe(["http://publications.europa.eu/resource/authority/data-theme/ENVI", $"{Base}/theme/environment"], ignoreOrder: true);
        dcat.Texts($"{subject}#period", "dcat:startDate").ShouldBe(["2025-01-01"]);
        dcat.Texts($"{subject}#period", "dcat:endDate").ShouldBe(["2025-12-31"]);
        dcat.Texts($"{subject}#contact", "vcard:hasEmail").ShouldBe(["mailto:open-data@example.gov.cn"]);
        dcat.Texts($"{subject}#contact", "vcard:hasTelephone").ShouldBe(["tel:029-12345678"]);
        dcat.Of($"{Base}/organization/{department.Id}", "foaf:name").ShouldBe([new ReadValue("北京市生态环境局", false, "zh", null)]);
        dcat.Texts(subject, "dcat:version").ShouldBe(["2"]);
        dcat.Of(subject, "dcat:hasVersion").Count.ShouldBe(2);

        var distribution = $"{subject}/resource/{made[0].Id}";
        dcat.Texts(subject, "dcat:distribution").ShouldBe([distribution]);
        dcat.Texts(distribution, "dcat:downloadURL").ShouldBe([$"{distribution}/download/hourly.csv"]);
        dcat.Texts(distribution, "dct:format").ShouldBe(["http://publications.europa.eu/resource/authority/file-type/CSV"]);
        dcat.Texts(distribution, "dcat:mediaType").ShouldBe(["https://www.iana.org/assignments/media-types/text/csv"]);
        dcat.Texts(distribution, "dcat:byteSize").ShouldBe([Hourly.Content.Length.ToString()]);
        dcat.Texts($"{distribution}#checksum", "spdx:checksumValue").ShouldBe([Digest.Of(Hourly.Content).Value]);
        dcat.Texts(distribution, "dcat:accessService").ShouldBe([$"{Base}/api/3/action/datastore_search"]);
    }

    [Fact]
    public async Task Describe_HostileTexts_SurviveInEverySyntax()
    {
        var department = await platform.Department(PublicText.Cut($"部门{Hostile}", 150));
        var description = Published.Description($"题{Hostile}") with
        {
            Notes = Hostile + "\u0001\u0007\uFFFE\uD800",
            Keywords = [PublicText.Cut($"键{Hostile}", 90)],
            ContactName = PublicText.Cut($"室{Hostile}", 90),
            ContactMail = "a\"<b>@example\n.gov cn",
            ContactPhone = "<029>\"1",
            OpenCondition = Hostile,
        };
        var made = await platform.PublishAsync(department, description, MadeFile.Text($"文件\"<>#?%.csv", "a\r\n1\r\n") with { Name = PublicText.Cut($"名{Hostile}", 100) });
        var subject = $"{Base}/dataset/{made.Id}";
        var graphs = await RdfReader.ReadAsync(await FetchAllAsync($"/dataset/{made.Id}"));
        foreach (var graph in graphs.Skip(1)) { graph.Except(graphs[0]).Concat(graphs[0].Except(graph)).ShouldBeEmpty(); }
        var dcat = graphs[0];
        DcatRules.Faults(dcat).ShouldBeEmpty();
        dcat.Texts(subject, "dct:title").ShouldBe([$"题{Hostile}"]);
        // What XML cannot hold is replaced in every syntax alike.
        dcat.Texts(subject, "dct:description").ShouldBe([Hostile + "\uFFFD\uFFFD\uFFFD\uFFFD"]);
        dcat.Texts(subject, "dcat:keyword").ShouldBe([PublicText.Cut($"键{Hostile}", 90)]);
        dcat.Texts($"{subject}#contact", "vcard:fn").ShouldBe([PublicText.Cut($"室{Hostile}", 90)]);
        dcat.Texts($"{subject}#contact", "vcard:hasEmail").ShouldBe(["mailto:a%22%3Cb%3E@example%0A.gov%20cn"]);
        dcat.Texts($"{Base}/organization/{department.Id}", "foaf:name").ShouldBe([department.Name]);
        dcat.Texts($"{subject}/resource/{made[0].Id}", "dct:title").ShouldBe([PublicText.Cut($"名{Hostile}", 100)]);
        dcat.Texts($"{subject}/resource/{made[0].Id}", "dcat:downloadURL").Single().ShouldEndWith("/download/%E6%96%87%E4%BB%B6%22%3C%3E%23%3F%25.csv");

        await using var scope = platform.App.Services.CreateAsyncScope();
        var described = (await DescribedDatasets.FindAsync(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), made.Name, null, default))!;
        var block = SchemaOrg.Block(described, new PortalAddress(Base));
        Regex.Count(block, "<").ShouldBe(2, "Nothing but the element's own tags");
        var json = JsonDocument.Parse(block[(block.IndexOf('>') + 1)..block.LastIndexOf('<')]).RootElement;
        json.GetProperty("name").GetString().ShouldBe($"题{Hostile}");
        json.GetProperty("distribution")[0].GetProperty("name").GetString().ShouldBe(PublicText.Cut($"名{Hostile}", 100));
        foreach (var link in DiscoveryLinks.Of(described, new PortalAddress(Base))) { Regex.Count(link.Element, "[<>]").ShouldBe(2); }
    }

    [Fact]
    public async Task Describe_ClosedAndConditional_TellNoMoreThanTheyMay()
    {
        var department = await platform.Department();
        var closed = await platform.PublishAsync(department, Published.Description("涉密名录") with { OpenAttribute = OpenAttribute.NotOpen, OpenCondition = "依法不予开放", Notes = "SECRET-NOTES", Keywords = ["SECRETWORD"] }, Hourly);
        var conditional = await platform.PublishAsync(department, Published.Description("企业名录") with { OpenAttribute = OpenAttribute.Conditional, OpenCondition = "须经申请" }, Hourly);
        var visitor = platform.Visitor();

        var graph = (await RdfReader.ReadAsync(("ttl", await visitor.GetStringAsync($"/dataset/{closed.Name}.ttl"))))[0];
        DcatRules.Faults(graph).ShouldBeEmpty();
        graph.Texts($"{Base}/dataset/{closed.Id}", "dct:accessRights").Single().ShouldEndWith("/NON_PUBLIC");
        graph.Texts($"{Base}/dataset/{closed.Id}", "dct:description").ShouldBe(["依法不予开放"]);
        graph.Typed("dcat:Distribution").ShouldBeEmpty();

        graph = (await RdfReader.ReadAsync(("ttl", await visitor.GetStringAsync($"/dataset/{conditional.Name}.ttl"))))[0];
        DcatRules.Faults(graph).ShouldBeEmpty();
        graph.Texts($"{Base}/dataset/{conditional.Id}", "dct:accessRights").Single().ShouldEndWith("/RESTRICTED");
        graph.Typed("dcat:Distribution").Count.ShouldBe(1);
        graph.Where(s => s.Property == RdfReader.Full("dcat:downloadURL") || s.Property == RdfReader.Full("dcat:accessService")).ShouldBeEmpty();

        foreach (var name in new[] { closed.Name, conditional.Name })
        {
            foreach (var ending in new[] { "datapackage.json", "datapackage.zip" }) { (await visitor.GetAsync($"/dataset/{name}/{ending}")).StatusCode.ShouldBe(HttpStatusCode.NotFound); }
            var croissant = await visitor.GetStringAsync($"/dataset/{name}/croissant.jsonld");
            croissant.ShouldNotContain("/download/");
            croissant.ShouldNotContain("SECRET");
        }

        (await visitor.GetAsync($"/dataset/{closed.Id}/version/{closed.Version.Id}/manifest.json")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await using var scope = platform.App.Services.CreateAsyncScope();
        var described = (await DescribedDatasets.FindAsync(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), closed.Name, null, default))!;
        var block = SchemaOrg.Of(described, new PortalAddress(Base));
        block.ShouldNotContain("SECRET");
        block.ShouldNotContain("hourly.csv");
    }

    [Fact]
    public async Task Describe_ClosedLater_ClosesOlderVersionsToo()
    {
        var open = await platform.PublishAsync(await platform.Department(), Published.Description("曾经开放"), Hourly);
        await Published.NextAsync(platform.App.Services, open.Id, Published.Description("曾经开放") with { OpenAttribute = OpenAttribute.Conditional, OpenCondition = "须经申请" }, TimeProvider.System.GetUtcNow(), [Hourly]);
        var visitor = platform.Visitor();
        (await visitor.GetAsync($"/dataset/{open.Name}/version/{open.Version.Id}/datapackage.zip")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var graph = (await RdfReader.ReadAsync(("ttl", await visitor.GetStringAsync($"/dataset/{open.Name}/version/{open.Version.Id}.ttl"))))[0];
        graph.Where(s => s.Property == RdfReader.Full("dcat:downloadURL")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Describe_Version_HasItsOwnPermanentAddress()
    {
        var first = await platform.PublishAsync(await platform.Department(), Published.Description("第一题"), Hourly);
        await Published.NextAsync(platform.App.Services, first.Id, Published.Description("第二题"), TimeProvider.System.GetUtcNow(), [Hourly]);
        var address = $"{Base}/dataset/{first.Id}/version/{first.Version.Id}";
        var visitor = platform.Visitor();
        var graph = (await RdfReader.ReadAsync(("ttl", await visitor.GetStringAsync($"/dataset/{first.Id}/version/{first.Version.Id}.ttl"))))[0];
        DcatRules.Faults(graph, address).ShouldBeEmpty();
        graph.Texts(address, "dct:title").ShouldBe(["第一题"]);
        graph.Texts(address, "dcat:version").ShouldBe(["1"]);
        graph.Texts(address, "dcat:isVersionOf").ShouldBe([$"{Base}/dataset/{first.Id}"]);
        graph.Texts(graph.Texts(address, "dcat:distribution").Single(), "dcat:downloadURL").Single().ShouldEndWith($"hourly.csv?version={first.Version.Id}");
        (await visitor.GetStringAsync($"/dataset/{first.Id}/version/{first.Version.Id}/manifest.json")).ShouldContain($"\"dataset\":\"{first.Id}\"");
        (await visitor.GetStringAsync($"/dataset/{first.Id}/version/{first.Version.Id}/manifest.sig")).ShouldBe(first.Version.ManifestSignature);
        var page = await visitor.GetAsync($"/dataset/{first.Id}/version/{first.Version.Id}");
        (page.StatusCode, page.Headers.Location!.ToString()).ShouldBe((HttpStatusCode.Redirect, $"{Base}/dataset/{first.Name}/version/{first.Version.Id}"));
        (await visitor.GetAsync($"/dataset/{first.Id}/version/{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}.ttl")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("ttl")]
    [InlineData("jsonld")]
    public async Task Describe_NotPublic_Is404WithItsCode(string ending)
    {
        var made = await platform.PublishAsync(await platform.Department(), Hourly);
        var visitor = platform.Visitor();
        (await visitor.GetAsync($"/dataset/{made.Name}.{ending}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await platform.WithDb(async db =>
        {
            (await db.Datasets.SingleAsync(d => d.Id == made.Id)).Withdraw(TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        foreach (var address in new[] { $"{made.Name}.{ending}", $"{made.Id}.{ending}", $"{made.Id}/version/{made.Version.Id}.{ending}", $"{made.Id}/datapackage.zip", $"{made.Id}/datapackage.json", $"{made.Id}/croissant.jsonld", $"{made.Id}/version/{made.Version.Id}/manifest.json", $"none-such.{ending}" })
        {
            var answer = await visitor.GetAsync($"/dataset/{address}");
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound, address);
            (await answer.ReadProblemCode()).ShouldBe("open-data.not-found", address);
        }
    }

    [Fact]
    public async Task Describe_AskedAgain_SaysNotModifiedUntilItChanges()
    {
        var made = await platform.PublishAsync(await platform.Department(), Hourly);
        var visitor = platform.Visitor();
        var first = await visitor.GetAsync($"/dataset/{made.Name}.ttl");
        first.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["*"]);
        first.Content.Headers.LastModified.ShouldNotBeNull();
        (await AskAsync(r => r.Headers.IfNoneMatch.Add(first.Headers.ETag!))).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await AskAsync(r => r.Headers.IfModifiedSince = first.Content.Headers.LastModified)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await AskAsync(r => r.Headers.IfModifiedSince = first.Content.Headers.LastModified - TimeSpan.FromSeconds(1))).StatusCode.ShouldBe(HttpStatusCode.OK);
        await platform.PublishNextAsync(made, Hourly);
        (await AskAsync(r => r.Headers.IfNoneMatch.Add(first.Headers.ETag!))).StatusCode.ShouldBe(HttpStatusCode.OK);
        var head = await visitor.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/dataset/{made.Name}.ttl"));
        (head.StatusCode, (await head.Content.ReadAsByteArrayAsync()).Length).ShouldBe((HttpStatusCode.OK, 0));
        var preflight = await visitor.SendAsync(new HttpRequestMessage(HttpMethod.Options, $"/dataset/{made.Name}.ttl") { Headers = { { "Origin", "https://example.org" }, { "Access-Control-Request-Method", "GET" } } });
        preflight.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        preflight.Headers.GetValues("Access-Control-Allow-Headers").Single().ShouldContain("If-None-Match");

        Task<HttpResponseMessage> AskAsync(Action<HttpRequestMessage> change)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, $"/dataset/{made.Name}.ttl");
            change(request);
            return visitor.SendAsync(request);
        }
    }

    [Theory]
    [InlineData("text/turtle", "text/turtle")]
    [InlineData("application/rdf+xml", "application/rdf+xml")]
    [InlineData("application/ld+json, */*;q=0.1", "application/ld+json")]
    [InlineData("text/n3", "text/n3")]
    [InlineData("text/html;q=0.5, text/turtle", "text/turtle")]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", null)]
    [InlineData("text/html, text/turtle;q=0.9", null)]
    [InlineData("*/*", null)]
    public async Task Negotiate_ByAccept_GivesTheDescriptionOnlyToWhoNamesIt(string accept, string? mediaType)
    {
        var made = await platform.PublishAsync(await platform.Department(), Hourly);
        var visitor = platform.Visitor();
        foreach (var (address, at) in new[] { ($"/dataset/{made.Name}", $"{Base}/dataset/{made.Id}."), ($"/dataset/{made.Id}", $"{Base}/dataset/{made.Id}."), ("/", $"{Base}/catalog.") })
        {
            var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.TryAddWithoutValidation("Accept", accept);
            var answer = await visitor.SendAsync(request);
            answer.Headers.Vary.ShouldContain("Accept", address);
            if (mediaType is null) { answer.Content.Headers.ContentType?.MediaType.ShouldNotBeOneOf("text/turtle", "application/rdf+xml", "application/ld+json", "text/n3"); continue; }
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            answer.Content.Headers.ContentType!.MediaType.ShouldBe(mediaType);
            answer.Content.Headers.ContentLocation!.ToString().ShouldStartWith(at);
        }
    }

    [Fact]
    public async Task Describe_TablesWithPlaces_SaysWhatGroundTheyCover()
    {
        var department = await platform.Department();
        static DatasetResource Resource(params IReadOnlyList<double> extent) => new()
        {
            Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), Name = "a", Format = "XYZ", FileName = "a.xyz", MediaType = "not a type", Content = Digest.Of("a"u8), Bytes = 1,
            Table = new DataTable { Content = Digest.Of("b"u8), Bytes = 1, Rows = 1, Columns = [], Places = new TablePlaces(0, 1, 2, CoordinateSystem.Wgs84, extent) },
        };
        var made = await platform.PublishAsync(department, Hourly);
        var version = new DatasetVersion { Id = made.Version.Id, DatasetId = made.Id, Number = 1, Description = made.Version.Description, Resources = [Resource(108.5, 34, 109, 34.5), Resource(109, 33.25, 110, 34), Resource()], CreatedAt = made.Version.CreatedAt };
        var described = new Described(made.Dataset, version, department, "西安市");
        using var body = new MemoryStream();
        await RdfSyntax.Turtle.WriteAsync(DcatGraph.Of(described, [], new PortalAddress(Base)), body, default);
        var graph = (await RdfReader.ReadAsync(("ttl", System.Text.Encoding.UTF8.GetString(body.ToArray()))))[0];
        DcatRules.Faults(graph).ShouldBeEmpty();
        var place = $"{Base}/dataset/{made.Id}#place";
        graph.Texts(place, "dcat:bbox").ShouldBe(["POLYGON((108.5 33.25,110 33.25,110 34.5,108.5 34.5,108.5 33.25))"]);
        graph.Texts(place, "dcat:centroid").ShouldBe(["POINT(109.25 33.875)"]);
        graph.Texts(place, "skos:prefLabel").ShouldBe(["西安市"]);
        graph.Where(s => s.Property == RdfReader.Full("dcat:mediaType")).ShouldBeEmpty("What is no media type is not called one");
        JsonDocument.Parse(SchemaOrg.Of(described, new PortalAddress(Base))).RootElement.GetProperty("spatialCoverage").GetProperty("geo").GetProperty("box").GetString().ShouldBe("33.25 108.5 34.5 110");
    }

    [Fact]
    public async Task SchemaOrg_ShortNotes_AreMadeLongEnough()
    {
        var made = await platform.PublishAsync(await platform.Department(), Published.Description("短") with { Title = "短题", Notes = "短" }, Hourly);
        await using var scope = platform.App.Services.CreateAsyncScope();
        var described = (await DescribedDatasets.FindAsync(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), made.Name, null, default))!;
        var json = JsonDocument.Parse(SchemaOrg.Of(described, new PortalAddress(Base))).RootElement;
        json.GetProperty("description").GetString()!.Length.ShouldBeInRange(50, 5000);
        json.GetProperty("variableMeasured").EnumerateArray().Select(v => v.GetProperty("name").GetString()).ShouldBe(["站点", "pm25"]);
        json.GetProperty("license").GetString().ShouldBe($"{Base}/open/terms#open-government-data");
        json.GetProperty("temporalCoverage").GetString().ShouldBe("2025-01-01/..");
        var long1 = described with { Version = new DatasetVersion { Id = made.Version.Id, DatasetId = made.Id, Number = 1, Description = described.Says with { Notes = new string('长', 6000) }, Resources = [], CreatedAt = made.Version.CreatedAt } };
        JsonDocument.Parse(SchemaOrg.Of(long1, new PortalAddress(Base))).RootElement.GetProperty("description").GetString()!.Length.ShouldBe(5000);
    }

    [Fact]
    public void Faults_OfASeededGraph_AreFound()
    {
        const string Thing = "https://example.org/1";
        static ReadStatement Says(string subject, string property, string text, bool isIri = false, string? language = null, string? type = null) => new(subject, RdfReader.Full(property), new ReadValue(text, isIri, language, type is null ? null : RdfReader.Full(type)));
        List<ReadStatement> graph =
        [
            Says(Thing, "rdf:type", RdfReader.Full("dcat:Dataset"), isIri: true), Says(Thing, "dct:title", "no language"), Says(Thing, "dct:publisher", "https://example.org/untyped", isIri: true),
            Says(Thing, "dct:issued", "yesterday", type: "xsd:dateTime"), Says(Thing, "dcat:theme", "https://example.org/own", isIri: true),
        ];
        var faults = DcatRules.Faults(graph, Thing);
        faults.ShouldContain($"dcat:Dataset {Thing} lacks dct:description");
        faults.ShouldContain($"{Thing} lacks dcat:keyword");
        faults.ShouldContain($"dct:publisher of {Thing} is no foaf:Agent: https://example.org/untyped");
        faults.ShouldContain(f => f.StartsWith("https://example.org/untyped is not typed"));
        faults.ShouldContain($"dct:issued of {Thing} is no xsd:dateTime: yesterday");
        faults.ShouldContain($"dct:title of {Thing} says no language: no language");
        faults.ShouldContain($"dcat:theme of {Thing} is not from data-theme/");
    }

    private string Base => platform.Address.ToString().TrimEnd('/');

    private async Task<IReadOnlyList<(string Ending, string Document)>> FetchAllAsync(string address)
    {
        var visitor = platform.Visitor();
        var documents = new List<(string, string)>();
        foreach (var (ending, mediaType) in new[] { ("ttl", "text/turtle"), ("rdf", "application/rdf+xml"), ("jsonld", "application/ld+json"), ("xml", "application/rdf+xml"), ("n3", "text/n3") })
        {
            var answer = await visitor.GetAsync($"{address}.{ending}");
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, ending);
            answer.Content.Headers.ContentType!.ShouldBe(new MediaTypeHeaderValue(mediaType) { CharSet = "utf-8" });
            documents.Add((ending, await answer.Content.ReadAsStringAsync()));
        }

        return documents;
    }
}
