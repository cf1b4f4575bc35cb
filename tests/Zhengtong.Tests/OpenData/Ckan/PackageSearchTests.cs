using Microsoft.AspNetCore.Http;
using System.Data.Common;
using System.Text.Json;
using CsCheck;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Demonstration;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Ckan;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Ckan;

[OnDatabase]
public sealed class PackageSearchTests(PlatformFixture platform)
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Get_Words_FindChineseAnywhereAndOtherWordsByTheirBeginning()
    {
        var (client, mine) = await Filled();
        foreach (var (q, found) in new (string, string[])[]
        {
            ("空气", ["air"]), ("气质", ["air"]), ("空气 公园", []), ("空气 OR 学校", ["air", "school"]), ("环境", ["air", "water"]), ("AQI", ["air"]), ("aq", ["air"]), ("qi", []),
            ("\"空气质量\"", ["air"]), ("空气质量*", ["air"]), ("环境 -空气", ["water"]), ("*:*", ["air", "school", "water"]), ("", ["air", "school", "water"]), ("水 (", ["water"]), ("%", []),
            ("title:空气", ["air"]), ("title:空气质", ["air"]), ("notes:逐小时", ["air"]), ("notes:空气", []), ("tags:水", ["water"]), ("tags:水质", []), ("tags:水*", ["water"]), ("groups:environment", ["air", "water"]),
            ("res_format:CSV", ["air", "water"]), ("res_format:csv", []), ("res_name:名单", ["school"]), ("name:NAME-*", []), ("license_id:cc-by", ["school"]), ("isopen:true", ["air", "school", "water"]),
            ("extras_update_frequency:daily", ["air"]), ("update_frequency:daily", ["air"]), ("extras_hvd:高价值", ["air"]), ("hvd:高价值数据", ["air"]), ("hvd:高", []), ("extras_hvd:*", ["air"]), ("-extras_hvd:*", ["school", "water"]),
            ("extras_open_attribute:conditional", ["water"]), ("maintainer:信息中心", ["air", "school", "water"]), ("num_resources:2", ["school"]), ("num_resources:[2 TO *]", ["school"]), ("spatial_region:6101*", ["air"]),
            ("metadata_modified:[2026-03-02T00:00:00Z TO *]", ["school", "water"]), ("metadata_created:{* TO 2026-03-02}", ["air"]), ("metadata_modified:[NOW-1DAY TO NOW]", []), ("state:draft", []), ("+state:active", ["air", "school", "water"]),
            ("tags:(空气质量 OR 水) AND NOT res_format:CSV", []), ("title:水 OR title:学校", ["school", "water"]), ("vocab_x:y", []), ("dataset_type:dataset", ["air", "school", "water"]),
        })
        {
            var result = await client.Result($"package_search?rows=100&sort=name&fq=organization:{mine}&q={Uri.EscapeDataString(q)}");
            NamesOf(result).ShouldBe(found.Select(f => $"{f}-{mine}"), $"q={q}");
            result.GetProperty("count").GetInt32().ShouldBe(found.Length);
        }
    }

    [Fact]
    public async Task Get_RandomQueries_FindWhatAnEvaluatorFinds()
    {
        var publisher = await platform.Department("测试数据局");
        var slug = CkanOrganisations.NameOf(publisher);
        var dice = new Dice(7);
        string[] words = ["公园", "水质", "学校", "名录", "监测"];
        var all = new List<PublishedDataset>();
        for (var i = 0; i < 24; i++)
        {
            var description = Published.Description($"{words[dice.Below(5)]}{words[dice.Below(5)]}") with
            {
                Notes = words[dice.Below(5)], Themes = dice.Below(2) == 0 ? ["environment"] : ["health", "education"], Keywords = [words[dice.Below(5)], .. dice.Below(2) == 0 ? (string[])["旧"] : []],
                Licence = dice.Below(2) == 0 ? "cc-by" : "open-government-data", UpdateCycle = dice.Below(2) == 0 ? UpdateCycle.Daily : UpdateCycle.Yearly,
            };
            all.Add(await Published.PublishAsync(platform.App.Services, publisher.Id, description, $"r{i % 3}-{i}-{slug}", [MadeFile.Text(dice.Below(2) == 0 ? "a.csv" : "b.pdf", "x")], Start.AddDays(i)));
        }

        var word = Gen.OneOf<string>(words);
        var leaf = Gen.OneOf<SolrQuery>(
            word.Select(w => (SolrQuery)new SolrQuery.Term(null, [w])),
            Gen.Select(Gen.OneOf<string>("title", "notes", "tags"), word, (f, w) => (SolrQuery)new SolrQuery.Term(f, [w])),
            Gen.Select(word, w => (SolrQuery)new SolrQuery.Term("tags", [w[..1], ""])),
            Gen.OneOf<string>("CSV", "PDF", "csv").Select(f => (SolrQuery)new SolrQuery.Term("res_format", [f])),
            Gen.OneOf<string>("environment", "health", "law").Select(g => (SolrQuery)new SolrQuery.Term("groups", [g])),
            Gen.OneOf<string>("cc-by", "cc-zero").Select(l => (SolrQuery)new SolrQuery.Phrase("license_id", l)),
            Gen.OneOf<string>("daily", "yearly").Select(u => (SolrQuery)new SolrQuery.Term("extras_update_frequency", [u])),
            Gen.Int[0, 2].Select(n => (SolrQuery)new SolrQuery.Term("name", [$"r{n}-", ""])),
            Gen.Select(Gen.Int[0, 24], Gen.Int[0, 24], Gen.Bool, Gen.Bool, (a, b, low, high) => (SolrQuery)new SolrQuery.Range("metadata_modified", Day(a), Day(b), low, high)),
            Gen.OneOf<string>("tags", "res_format", "extras_none").Select(f => (SolrQuery)new SolrQuery.HasValue(f)),
            Gen.Const((SolrQuery)new SolrQuery.Everything()));
        var queries = new List<SolrQuery>();
        SolrParserTests.Tree(leaf, 3).Sample(q => { lock (queries) { queries.Add(q); } }, iter: 150, threads: 1);
        var client = platform.Visitor();
        var nonempty = 0;
        foreach (var query in queries)
        {
            var result = await client.Result($"package_search?rows=1000&fl=name&sort=name%20asc&fq=organization:{slug}&q={Uri.EscapeDataString(query.ToString())}");
            var expected = all.Where(d => Satisfies(d, query)).Select(d => d.Name).Order(StringComparer.Ordinal).ToList();
            NamesOf(result).Order(StringComparer.Ordinal).ToList().ShouldBe(expected, customMessage: query.ToString());
            if (expected.Count is > 0 and < 24) { nonempty++; }
        }

        nonempty.ShouldBeGreaterThan(50);

        static string Day(int n) => Start.AddDays(n).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Get_Facets_CountAndAreShownByTitleDescending()
    {
        var (client, mine) = await Filled();
        var result = await client.Result($"package_search?rows=0&fq=organization:{mine}&facet.field={Uri.EscapeDataString("[\"organization\",\"groups\",\"tags\",\"res_format\",\"license_id\",\"vocab_x\"]")}");
        result.GetProperty("results").GetArrayLength().ShouldBe(0);
        result.GetProperty("count").GetInt32().ShouldBe(3);
        var facets = result.GetProperty("facets");
        facets.GetProperty("organization").GetRawText().ShouldBe($"{{\"{mine}\":3}}");
        facets.GetProperty("groups").GetProperty("environment").GetInt32().ShouldBe(2);
        facets.GetProperty("res_format").GetProperty("CSV").GetInt32().ShouldBe(2);
        facets.GetProperty("tags").GetProperty("水").GetInt32().ShouldBe(1);
        facets.GetProperty("vocab_x").GetRawText().ShouldBe("{}");
        var shown = result.GetProperty("search_facets").GetProperty("groups");
        shown.GetProperty("title").GetString().ShouldBe("groups");
        var titles = shown.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("display_name").GetString()!).ToList();
        titles.ShouldBe(titles.OrderDescending(StringComparer.Ordinal));
        (await client.Result($"package_search?rows=0&fq=organization:{mine}&facet.field=tags&facet.limit=1")).GetProperty("facets").GetProperty("tags").EnumerateObject().Count().ShouldBe(1);
        (await client.Result($"package_search?rows=0&fq=organization:{mine}&facet.field=tags&facet.mincount=2")).GetProperty("facets").GetProperty("tags").GetRawText().ShouldBe("{}");
        (await client.Result($"package_search?rows=0&fq=organization:{mine}")).GetProperty("search_facets").GetRawText().ShouldBe("{}");
        (await client.Result($"package_search?rows=0&facet=false&facet.field=tags&fq=organization:{mine}")).GetProperty("facets").GetRawText().ShouldBe("{}");
    }

    [Fact]
    public async Task Get_SortPageAndFields_AreKept()
    {
        var (client, mine) = await Filled();
        var query = $"package_search?fq=organization:{mine}";
        NamesOf(await client.Result(query + "&sort=metadata_modified%20desc")).ShouldBe([$"water-{mine}", $"school-{mine}", $"air-{mine}"]);
        NamesOf(await client.Result(query + "&sort=name%20desc&rows=1&start=1")).ShouldBe([$"school-{mine}"]);
        NamesOf(await client.Result(query + "&sort=title_string%20asc,%20name%20desc&start=100")).ShouldBeEmpty();
        // A title that holds the word stands before a text that does.
        NamesOf(await client.Result(query + $"&q={Uri.EscapeDataString("空气 OR 环境")}")).Count.ShouldBe(2);
        NamesOf(await client.Result(query + $"&q={Uri.EscapeDataString("环境")}")).First().ShouldBe($"water-{mine}");
        var only = (await client.Result(query + "&sort=name&rows=1&fl=id,tags,res_format,organization")).GetProperty("results")[0];
        only.EnumerateObject().Select(m => m.Name).ShouldBe(["id", "tags", "res_format", "organization"]);
        (await client.Result(query + "&fl=[\"name\"]&rows=1&sort=name")).GetProperty("results")[0].GetRawText().ShouldBe($"{{\"name\":\"air-{mine}\"}}");
        (await client.Result(query)).GetProperty("sort").GetString().ShouldBe("score desc, metadata_modified desc");
        (await client.Result(query + "&rows=5000")).GetProperty("results").GetArrayLength().ShouldBe(3);
        (await client.PostResult("package_search", new { fq_list = new[] { $"organization:{mine}", "res_format:CSV" }, rows = "1", include_private = true, ext_anything = 1, use_default_schema = "false" })).GetProperty("count").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task Get_ManyRows_TakesAConstantNumberOfQueries()
    {
        var counter = new CommandCounter();
        await using var own = await OwnPlatform.StartAsync(b =>
        {
            b.Services.ConfigureDbContext<SqliteZhengtongDb>(o => o.AddInterceptors(counter));
            b.Services.ConfigureDbContext<PostgresZhengtongDb>(o => o.AddInterceptors(counter));
        });
        var publisher = await own.WithDb(async db =>
        {
            if (!await db.Regions.AnyAsync(r => r.Code == RegionCode.Parse("610000"))) { db.Regions.Add(new Region { Code = RegionCode.Parse("610000"), Name = "Shaanxi", Level = RegionCode.Parse("610000").Level }); }
            var o = new Organisation { Id = Guid.CreateVersion7(Start), CreditCode = CreditCode.FromBody("11610000009999999"), Name = "省数据局", ShortName = "数据局", Region = RegionCode.Parse("610000"), Kind = OrganisationKind.Department };
            db.Organisations.Add(o);
            await db.SaveChangesAsync();
            return o.Id;
        });
        for (var i = 0; i < 40; i++) { await Published.PublishAsync(own.App.Services, publisher, Published.Description($"数据{i}"), $"d-{i}", [MadeFile.Text("a.txt", "x"), MadeFile.Text("b.csv", "y")]); }
        var client = own.Visitor();
        const string Facets = "&facet.field=[\"organization\",\"groups\",\"tags\",\"res_format\"]";
        // The first question of a kind may ask the server for types besides.
        await client.Result("package_search?q=数据&rows=2" + Facets);
        var few = await counter.Of(() => client.Result("package_search?q=数据&rows=2" + Facets));
        var many = await counter.Of(() => client.Result("package_search?q=数据&rows=1000" + Facets));
        many.Result.GetProperty("results").GetArrayLength().ShouldBe(40);
        many.Commands.ShouldBe(few.Commands);
        many.Commands.ShouldBe(3, "Rows, publishers, resources; what was counted, and the order, is kept");
        // A licence that none has is left out: the same, asked anew each time.
        var asked = 0;
        foreach (var rows in new[] { 2, 1000 })
        {
            (await counter.Of(() => client.Result($"package_search?q=数据&rows={rows}&fq=-license_id:none-{++asked}{Facets}"))).Commands.ShouldBe(7, "Count with facets, their departments, tags, order; rows, publishers, resources");
        }

        (await counter.Of(() => client.Result("package_search?rows=1000"))).Commands.ShouldBe(4);
        (await counter.Of(() => client.Result("current_package_list_with_resources"))).Commands.ShouldBe(3);
        (await counter.Of(() => client.Result("organization_list?all_fields=true"))).Commands.ShouldBe(1);
        (await counter.Of(() => client.Result("group_list?all_fields=true"))).Commands.ShouldBe(1);
    }

    /// <summary>Three datasets of a department of its own; its name, by which they are told from others'.</summary>
    private async Task<(HttpClient Client, string Organisation)> Filled()
    {
        var publisher = await platform.Department();
        var slug = CkanOrganisations.NameOf(publisher);
        await Publish("air", Published.Description("空气质量 AQI") with { Notes = "环境 逐小时监测", Keywords = ["空气质量"], Themes = ["environment"], UpdateCycle = UpdateCycle.Daily, Region = "610100000000", Extras = [new ExtraPair("hvd", "高价值数据")] }, 0, MadeFile.Text("air.csv", "a"));
        await Publish("school", Published.Description("学校") with { Notes = "", Keywords = ["教育"], Themes = ["education"], Licence = "cc-by" }, 1, MadeFile.Text("school.pdf", "a") with { Name = "学校名单" }, MadeFile.Text("b.txt", "b"));
        await Publish("water", Published.Description("水环境") with { Notes = "断面", Keywords = ["水"], Themes = ["environment", "health"], OpenAttribute = OpenAttribute.Conditional, OpenCondition = "科研" }, 2, MadeFile.Text("water.csv", "a"));
        return (platform.Visitor(), slug);

        Task Publish(string name, DatasetDescription description, int day, params MadeFile[] files) => Published.PublishAsync(platform.App.Services, publisher.Id, description, $"{name}-{slug}", files, Start.AddDays(day));
    }

    private static List<string> NamesOf(JsonElement result) => [.. result.GetProperty("results").EnumerateArray().Select(r => r.GetProperty("name").GetString()!)];

    private static bool Satisfies(PublishedDataset dataset, SolrQuery query)
    {
        var d = dataset.Dataset.Description;
        return query switch
        {
            SolrQuery.Everything => true,
            SolrQuery.And and => and.Parts.All(p => Satisfies(dataset, p)),
            SolrQuery.Or or => or.Parts.Any(p => Satisfies(dataset, p)),
            SolrQuery.Not not => !Satisfies(dataset, not.Part),
            SolrQuery.HasValue v => v.Field != "extras_none",
            SolrQuery.Range r => (r.Low is null || (r.WithLow ? dataset.Dataset.ModifiedAt >= At(r.Low) : dataset.Dataset.ModifiedAt > At(r.Low))) && (r.High is null || (r.WithHigh ? dataset.Dataset.ModifiedAt <= At(r.High) : dataset.Dataset.ModifiedAt < At(r.High))),
            SolrQuery.Phrase p => d.Licence == p.Text,
            SolrQuery.Term { Field: null } t => Bigrams.ToFind(t.Pieces[0]).All(f => Terms(d).Any(x => f.IsPrefix ? x.StartsWith(f.Text, StringComparison.Ordinal) : x == f.Text)),
            SolrQuery.Term { Field: "title" } t => d.Title.Contains(t.Pieces[0], StringComparison.Ordinal),
            SolrQuery.Term { Field: "notes" } t => d.Notes.Contains(t.Pieces[0], StringComparison.Ordinal),
            SolrQuery.Term { Field: "tags" } t => t.Pieces.Count == 1 ? d.Keywords.Contains(t.Pieces[0]) : d.Keywords.Any(k => k.StartsWith(t.Pieces[0], StringComparison.Ordinal)),
            SolrQuery.Term { Field: "res_format" } t => dataset[0].Format == t.Pieces[0],
            SolrQuery.Term { Field: "groups" } t => d.Themes.Contains(t.Pieces[0]),
            SolrQuery.Term { Field: "extras_update_frequency" } t => d.UpdateCycle.ToString().Equals(t.Pieces[0], StringComparison.OrdinalIgnoreCase),
            SolrQuery.Term { Field: "name" } t => dataset.Name.StartsWith(t.Pieces[0], StringComparison.Ordinal),
            _ => throw new NotSupportedException(query.ToString()),
        };

        static DateTimeOffset At(string text) => SolrDates.Parse(text, Start);
    }

    private static HashSet<string> Terms(DatasetDescription d) => [.. Bigrams.ToIndex(string.Join('\n', [d.Title, d.Notes, .. d.Keywords, "测试数据局"])).Split(' ')];

    /// <summary>Counts the commands that reach the database.</summary>
    private sealed class CommandCounter : DbCommandInterceptor
    {
        private static readonly HttpContextAccessor Calls = new();
        private int commands;

        internal async Task<(JsonElement Result, int Commands)> Of(Func<Task<JsonElement>> call)
        {
            await call();
            // Once more: what is asked once only is no part of it.
            Interlocked.Exchange(ref commands, 0);
            return (await call(), Volatile.Read(ref commands));
        }

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            // What the platform's jobs ask meanwhile belongs to no call.
            if (Calls.HttpContext is not null) { Interlocked.Increment(ref commands); }
            return base.ReaderExecutingAsync(command, eventData, result, cancellationToken);
        }
    }
}
