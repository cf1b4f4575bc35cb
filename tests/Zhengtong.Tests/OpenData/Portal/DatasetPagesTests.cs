using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Portal;

/// <summary>The portal's front page, its list and the pages of datasets, as a browser without script reads them.</summary>
[OnDatabase]
public sealed partial class DatasetPagesTests(PlatformFixture platform)
{
    private const string Hostile = "<script>alert('x')</script>\"onload=\"1";

    private static MadeFile Parks() => MadeFile.Table("parks.csv", [new("名称"), new("面积", ColumnType.Decimal) { Unit = "公顷" }, new("建成", ColumnType.Date)],
        ["兴庆宫公园", "49.80", "1958-06-01"], ["革命公园", "10.50", "1927-02-01"], ["莲湖公园", null, "1916-01-01"]);

    [Theory]
    [InlineData("zh-CN", "数据开放平台")]
    [InlineData("en", "Open data")]
    public async Task Open_InEachLanguage_ShowsThemesNumbersAndTheNewest(string language, string name)
    {
        var made = await platform.PublishAsync(await platform.Department(), Published.Description($"Newest {Published.NewName()}"), Parks());
        var page = await platform.Visitor(language).GetPage("/open");
        page.ShouldContain($"<h1>{name}</h1>");
        page.ShouldContain($"href=\"/dataset/{made.Name}\"");
        page.ShouldContain("href=\"/dataset?theme=environment\"");
        page.ShouldContain("role=\"search\"");
    }

    [Fact]
    public async Task Home_WithDatasets_LeadsToThem()
    {
        var made = await platform.PublishAsync(await platform.Department(), Parks());
        var page = await platform.Visitor().GetPage("/");
        page.ShouldContain($"href=\"/dataset/{made.Name}\"");
        page.ShouldContain("href=\"/open\"");
    }

    [Fact]
    public async Task Dataset_Published_SaysEverythingAboutIt()
    {
        var department = await platform.Department();
        var made = await platform.PublishAsync(department, Published.Description() with { Notes = "# 说明\n\n**重点** [网站](https://example.org/a)" }, Parks());
        var page = await platform.Visitor().GetPage($"/dataset/{made.Name}");
        page.ShouldContain(department.Name);
        page.ShouldContain("<strong>重点</strong>");
        page.ShouldContain("<h2>说明</h2>");
        page.ShouldContain("3 rows");
        page.ShouldContain("1916-01-01 – 1958-06-01");
        page.ShouldContain("公顷");
        page.ShouldContain($"/dataset/{made.Name}/resource/{made[0].Id}/download/parks.csv");
        page.ShouldContain($"datastore_search?resource_id={made[0].Id}");
        page.ShouldContain($"/dataset/{made.Id}/version/{made.Version.Id}");
        page.ShouldContain("rel=\"canonical\"");
    }

    [Fact]
    public async Task Dataset_ById_LeadsToItsName()
    {
        var made = await platform.PublishAsync(await platform.Department(), Parks());
        var response = await platform.Visitor().GetAsync($"/dataset/{made.Id}");
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        response.Headers.Location!.ToString().ShouldEndWith($"/dataset/{made.Name}");
    }

    [Fact]
    public async Task Dataset_Draft_IsNowhere()
    {
        var department = await platform.Department();
        var title = $"Draft {Published.NewName()}";
        var dataset = new Dataset { Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), Name = Published.NewName(), PublisherId = department.Id, Description = Published.Description(title), CreatedAt = TimeProvider.System.GetUtcNow(), ModifiedAt = TimeProvider.System.GetUtcNow() };
        dataset.Describe(dataset.Description);
        await platform.WithDb(async db =>
        {
            db.Datasets.Add(dataset);
            return await db.SaveChangesAsync();
        });
        var visitor = platform.Visitor();
        (await visitor.GetAsync($"/dataset/{dataset.Name}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await visitor.GetAsync($"/dataset/{dataset.Id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await visitor.GetPage($"/dataset?publisher={department.Id}")).ShouldNotContain(title);
        (await visitor.GetAsync($"/organization/{department.Id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Dataset_NextVersionInDraft_ShowsThePublishedOneOnly()
    {
        var made = await platform.PublishAsync(await platform.Department(), Parks());
        var draft = new DatasetVersion { Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), DatasetId = made.Id, Number = 2, Description = Published.Description("未公开的标题"), Resources = made.Version.Resources, CreatedAt = TimeProvider.System.GetUtcNow() };
        await platform.WithDb(async db =>
        {
            db.DatasetVersions.Add(draft);
            return await db.SaveChangesAsync();
        });
        var visitor = platform.Visitor();
        (await visitor.GetPage($"/dataset/{made.Name}")).ShouldNotContain(draft.Id.ToString());
        foreach (var below in new[] { $"/version/{draft.Id}", $"/resource/{made[0].Id}?version={draft.Id}", $"/resource/{made[0].Id}/rows.csv?version={draft.Id}", $"/resource/{made[0].Id}/download/x?version={draft.Id}" })
        {
            (await visitor.GetAsync($"/dataset/{made.Name}{below}")).StatusCode.ShouldBe(HttpStatusCode.NotFound, below);
        }
    }

    [Fact]
    public async Task Dataset_NotOpen_SaysOnlyThatItIsThereAndWhy()
    {
        var made = await platform.PublishAsync(await platform.Department(),
            Published.Description("不开放的数据") with { OpenAttribute = OpenAttribute.NotOpen, OpenCondition = "依法保密", Notes = "内部说明文字" }, Parks());
        var visitor = platform.Visitor();
        var page = await visitor.GetPage($"/dataset/{made.Name}");
        page.ShouldContain("不开放的数据");
        page.ShouldContain("依法保密");
        page.ShouldNotContain("内部说明文字");
        page.ShouldNotContain("面积");
        page.ShouldNotContain(made[0].Id.ToString());
        (await visitor.GetPage($"/dataset?publisher={made.Dataset.PublisherId}")).ShouldNotContain("内部说明文字");
        await GivesNothing(visitor, made);
    }

    [Fact]
    public async Task Dataset_Conditional_DescribesItselfAndGivesNoRows()
    {
        var made = await platform.PublishAsync(await platform.Department(),
            Published.Description() with { OpenAttribute = OpenAttribute.Conditional, OpenCondition = "仅限科研", Notes = "公开的说明" }, Parks());
        var visitor = platform.Visitor();
        var page = await visitor.GetPage($"/dataset/{made.Name}");
        page.ShouldContain("公开的说明");
        page.ShouldContain("仅限科研");
        page.ShouldContain("面积");
        // What is in the rows stays in the rows: neither ends of a column nor frequent values.
        page.ShouldNotContain("1916-01-01");
        await GivesNothing(visitor, made);
    }

    [Fact]
    public async Task Dataset_ClosedLater_GivesNoOlderVersionEither()
    {
        var made = await platform.PublishAsync(await platform.Department(), Parks());
        await Published.NextAsync(platform.App.Services, made.Id, made.Version.Description with { OpenAttribute = OpenAttribute.Conditional, OpenCondition = "申请" }, TimeProvider.System.GetUtcNow(), [Parks()]);
        var visitor = platform.Visitor();
        (await visitor.GetAsync($"/dataset/{made.Name}/resource/{made[0].Id}/download/parks.csv?version={made.Version.Id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await visitor.GetPage($"/dataset/{made.Name}/version/{made.Version.Id}")).ShouldNotContain("/download/");
    }

    [Fact]
    public async Task Dataset_Withdrawn_SaysSoAndGivesNothing()
    {
        var made = await platform.PublishAsync(await platform.Department(), Parks());
        await platform.WithDb(async db =>
        {
            (await db.Datasets.SingleAsync(d => d.Id == made.Id)).Withdraw(TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        var visitor = platform.Visitor();
        (await visitor.GetPage($"/dataset/{made.Name}")).ShouldContain("withdrawn");
        (await visitor.GetPage($"/dataset?publisher={made.Dataset.PublisherId}")).ShouldNotContain(made.Name);
        await GivesNothing(visitor, made);
    }

    [Fact]
    public async Task Version_Older_HasItsOwnPageAndData()
    {
        var first = await platform.PublishAsync(await platform.Department(), MadeFile.Table("a.csv", [new("v")], ["one"]));
        var second = await platform.PublishNextAsync(first, MadeFile.Table("a.csv", [new("v")], ["two"]));
        var visitor = platform.Visitor();
        var page = await visitor.GetPage($"/dataset/{first.Name}/version/{first.Version.Id}");
        page.ShouldContain("This is version 1, not the latest.");
        page.ShouldContain($"/version/{second.Version.Id}");
        (await visitor.GetStringAsync($"/dataset/{first.Name}/resource/{first[0].Id}/download/a.csv?version={first.Version.Id}")).ShouldBe("v\r\none\r\n");
        (await visitor.GetStringAsync($"/dataset/{first.Name}/resource/{first[0].Id}/download/a.csv")).ShouldBe("v\r\ntwo\r\n");
    }

    [Fact]
    public async Task Pages_HostileTexts_StayText()
    {
        var description = Published.Description(Hostile) with
        {
            Notes = $"{Hostile}\n\n[a](javascript:alert(1)) ![b](https://example.org/x.png) <img src=x onerror=alert(1)>\n\n<javascript:alert(2)>",
            OpenCondition = Hostile, Keywords = [Hostile], ContactName = Hostile, ContactMail = "a@b.c?x=\"><script>", ContactPhone = Hostile,
        };
        var file = MadeFile.Table("a.csv", [new(Hostile) { Title = Hostile, Unit = "<b>" }, new("n", ColumnType.Integer)], [Hostile, "1"], [Hostile, "2"]) with { Name = Hostile };
        var made = await platform.PublishAsync(await platform.Department(Hostile), description, file);
        var visitor = platform.Visitor();
        foreach (var address in new[] { "/open", "/", $"/dataset?text={Uri.EscapeDataString(Hostile)}", $"/dataset?publisher={made.Dataset.PublisherId}&theme={Uri.EscapeDataString(Hostile)}", $"/dataset/{made.Name}", $"/dataset/{made.Name}/version/{made.Version.Id}",
            $"/dataset/{made.Name}/resource/{made[0].Id}?q={Uri.EscapeDataString(Hostile)}&c1={Uri.EscapeDataString(Hostile)}&o1=equal&v1={Uri.EscapeDataString(Hostile)}&sort={Uri.EscapeDataString(Hostile)}" })
        {
            var page = await visitor.GetPage(address);
            page.ShouldNotContain("<script>alert", Case.Insensitive, address);
            page.ShouldNotContain("\"onload=\"", Case.Insensitive, address);
            page.ShouldNotContain("<img src=x", Case.Insensitive, address);
            page.ShouldNotContain("href=\"javascript:", Case.Insensitive, address);
            page.ShouldNotContain("\"><script>", Case.Insensitive, address);
        }
    }

    [Fact]
    public async Task List_Facets_NarrowCountAndCanBeTakenAway()
    {
        var (one, two) = (await platform.Department(), await platform.Department());
        var word = $"w{Published.NewName()[5..17]}";
        var a = await platform.PublishAsync(one, Published.Description($"甲 {word}") with { Themes = ["health", "education"], Licence = "cc-by", UpdateCycle = Zhengtong.Catalogue.Model.UpdateCycle.Daily }, Parks());
        var b = await platform.PublishAsync(two, Published.Description($"乙 {word}") with { Themes = ["health"], Region = "610100000000" }, MadeFile.Text("note.txt", "x"));
        var c = await platform.PublishAsync(two, Published.Description($"丙 {word}") with { Themes = ["transport"], OpenAttribute = OpenAttribute.Conditional, OpenCondition = "申请" }, Parks());
        await Finds($"text={word}", a, b, c);
        await Finds($"text={word}&theme=health", a, b);
        await Finds($"text={word}&theme=health,transport", a, b, c);
        await Finds($"text={word}&theme=education", a);
        await Finds($"text={word}&publisher={two.Id}", b, c);
        await Finds($"text={word}&format=CSV", a, c);
        await Finds($"text={word}&format=TXT", b);
        await Finds($"text={word}&licence=cc-by", a);
        await Finds($"text={word}&attribute=conditional", c);
        await Finds($"text={word}&cycle=daily", a);
        await Finds($"text={word}&region=610100000000", b);
        await Finds($"text={word}&theme=health&attribute=conditional");
        await Finds($"text={word}&theme=none-such");

        var page = await platform.Visitor().GetPage($"/dataset?text={word}&theme=health");
        page.ShouldContain("2 datasets");
        // The facet's own values are counted without its choice.
        FacetCount(page, "Transport").ShouldBe("1");
        FacetCount(page, "Health").ShouldBe("2");
        page.ShouldContain($"aria-label=\"Remove filter: Health\"");
        var nothing = await platform.Visitor().GetPage($"/dataset?text={word}&theme=none-such");
        nothing.ShouldContain("Remove filter: none-such");
        nothing.ShouldContain($"href=\"/dataset?text={word}\"");

        async Task Finds(string query, params PublishedDataset[] expected)
        {
            var found = CardLink().Matches(await platform.Visitor().GetPage($"/dataset?{query}")).Select(m => m.Groups[1].Value).ToList();
            found.ShouldBe(expected.Select(e => e.Name), ignoreOrder: true, query);
        }
    }

    [Fact]
    public async Task List_ChineseWordsAndColumnNames_FindTheDataset()
    {
        var column = $"水质{Published.NewName()[30..]}";
        var made = await platform.PublishAsync(await platform.Department(), MadeFile.Table("a.csv", [new(column)], ["1"]));
        (await platform.Visitor().GetPage($"/dataset?text={Uri.EscapeDataString(column)}")).ShouldContain(made.Name);
        (await platform.Visitor().GetPage("/dataset?text=%22%27*%28")).ShouldContain("0 datasets");
    }

    [Fact]
    public async Task List_SortedAndPaged_ShowsEachOnce()
    {
        var department = await platform.Department();
        for (var n = 0; n < 23; n++) { await platform.PublishAsync(department, Published.Description($"T{n:D2}"), MadeFile.Text("a.txt", "x")); }
        var titles = new List<string>();
        foreach (var page in new[] { 1, 2 })
        {
            var html = await platform.Visitor().GetPage($"/dataset?publisher={department.Id}&sort=title&page={page}");
            titles.AddRange(CardTitle().Matches(html).Select(m => m.Groups[1].Value));
            html.ShouldContain($"Page {page} of 2");
        }

        titles.ShouldBe(Enumerable.Range(0, 23).Select(n => $"T{n:D2}"));
        var csv = await platform.Visitor().GetStringAsync($"/dataset/export.csv?publisher={department.Id}&sort=title");
        csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(24);
        var xlsx = await platform.Visitor().GetAsync($"/dataset/export.xlsx?publisher={department.Id}");
        xlsx.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await xlsx.Content.ReadAsByteArrayAsync())[..2].ShouldBe("PK"u8.ToArray());
    }

    [Fact]
    public async Task Addresses_OfOtherPortals_LeadToTheList()
    {
        var made = await platform.PublishAsync(await platform.Department(), Parks());
        var organisation = await platform.WithDb(db => db.Organisations.SingleAsync(o => o.Id == made.Dataset.PublisherId));
        await Leads("/group/health", "/dataset?theme=health");
        await Leads($"/organization/{organisation.CreditCode}", $"/dataset?publisher={organisation.Id}");
        (await platform.Visitor().GetAsync("/group/none-such")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        async Task Leads(string from, string to) => (await platform.Visitor().GetAsync(from)).Headers.Location!.ToString().ShouldBe(to);
    }

    [Theory]
    [InlineData("/open")]
    [InlineData("/dataset")]
    public async Task Page_Portal_NeedsNoScriptAndIsSmall(string address)
    {
        await platform.PublishAsync(await platform.Department(), Parks());
        var page = await platform.Visitor().GetPage(address);
        System.Text.Encoding.UTF8.GetByteCount(page).ShouldBeLessThan(120_000);
        page.ShouldNotContain(" style=\"");
    }

    private static async Task GivesNothing(HttpClient visitor, PublishedDataset made)
    {
        foreach (var below in new[] { "", "/rows.csv", "/rows.json", "/download/parks.csv" })
        {
            var response = await visitor.GetAsync($"/dataset/{made.Name}/resource/{made[0].Id}{below}");
            response.StatusCode.ShouldBe(HttpStatusCode.NotFound, below);
            (await response.Content.ReadAsStringAsync()).ShouldNotContain("兴庆宫");
        }
    }

    private static string? FacetCount(string page, string label) =>
        Regex.Match(page, $"<span>{label}</span><span class=\"numeric\">([0-9,]+)</span>") is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex("<li><a href=\"/dataset/(made-[0-9a-f]+)\">")]
    private static partial Regex CardLink();

    [GeneratedRegex("<li><a href=\"/dataset/made-[0-9a-f]+\">(T\\d\\d)</a>")]
    private static partial Regex CardTitle();
}
