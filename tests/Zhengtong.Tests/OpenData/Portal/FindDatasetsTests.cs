using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Demonstration;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.OpenData.Harvest;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Portal;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;
using Zhengtong.Web;

namespace Zhengtong.Tests.OpenData.Portal;

/// <summary>The portal's list over our own and harvested datasets against a plain evaluation of the same question.</summary>
[OnDatabase]
public sealed class FindDatasetsTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly string[] Words = ["公园", "水质", "学校", "名录"];

    /// <summary>A dataset as the evaluation sees it; the source is null for our own.</summary>
    private sealed record Row(Guid Id, string Title, string Text, DateTimeOffset Modified, Guid? Source, IReadOnlyDictionary<DatasetFacet, string[]> Values);

    [Fact]
    public async Task Find_RandomQuestions_FindsCountsAndOrdersAsAPlainEvaluation()
    {
        await using var own = await OwnPlatform.StartAsync(_ => { });
        var rows = await FilledAsync(own);
        await using var scope = own.App.Services.CreateAsyncScope();
        var (db, memory) = (scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), scope.ServiceProvider.GetRequiredService<CatalogueMemory>());
        var dice = new Dice(11);
        for (var turn = 0; turn < 150; turn++)
        {
            var address = Question();
            var asked = DatasetsAsked.Of(address);
            var wanted = rows.Where(r => Fits(r, asked, null)).ToList();
            var (ours, theirs) = (InOrder(wanted.Where(r => r.Source is null), asked), InOrder(wanted.Where(r => r.Source is not null), asked));
            var groups = await CatalogueGroups.ReadAsync(db, memory, asked.Words, CancellationToken.None);
            CatalogueGroups.Totals(groups, asked).ShouldBe(((long)ours.Count, (long)theirs.Count), address);
            var facets = await FindDatasets.FacetsAsync(db, groups, asked, CancellationToken.None);
            foreach (var (facet, values) in facets)
            {
                var counts = rows.Where(r => Fits(r, asked, facet)).SelectMany(r => r.Values.GetValueOrDefault(facet, [])).CountBy(v => v).ToDictionary();
                if (facet == DatasetFacet.Source)
                {
                    counts.TryAdd(FindHarvested.Own, 0);
                    if (counts.Count == 1) { counts.Clear(); }
                }

                foreach (var chosen in asked.Chosen[facet]) { counts.TryAdd(chosen, 0); }
                values.ToDictionary(v => v.Value, v => (int)v.Count).OrderBy(v => v.Key, StringComparer.Ordinal).ShouldBe(counts.OrderBy(v => v.Key, StringComparer.Ordinal), $"{facet} of {address}");
                values.Select(v => v.Count).ShouldBeInOrder(SortDirection.Descending);
            }

            List<Guid> found = [], harvested = [];
            for (var page = 1; page <= 3; page++) { found.AddRange((await FindDatasets.PageAsync(db, memory, asked with { Page = page }, Start.AddYears(1), CancellationToken.None)).Select(c => c.Dataset.Id)); }
            for (var from = 0; from < 60; from += 7) { harvested.AddRange((await FindHarvested.PageAsync(db, asked, from, 7, CancellationToken.None)).Select(c => c.Dataset.Id)); }
            // How well words are answered the database says; each is found once all the same.
            var ranked = asked.Order == DatasetOrder.Relevance && asked.Words.Length > 0;
            found.ShouldBe(ours.Select(r => r.Id), ignoreOrder: ranked, address);
            harvested.ShouldBe(theirs.Select(r => r.Id), ignoreOrder: ranked, address);
            var all = new List<Guid>();
            await foreach (var card in FindDatasets.AllAsync(db, asked, Start.AddYears(1), CancellationToken.None)) { all.Add(card.Dataset.Id); }
            all.ShouldBe(found, address);
        }

        string Question()
        {
            var parts = new List<string>();
            if (dice.Below(2) == 0) { parts.Add($"text={Uri.EscapeDataString(dice.Below(8) == 0 ? "。" : Words[dice.Below(4)])}"); }
            foreach (var facet in Enum.GetValues<DatasetFacet>().Where(_ => dice.Below(4) == 0))
            {
                var values = Enumerable.Range(0, 1 + dice.Below(2)).Select(_ => rows[dice.Below(rows.Count)].Values.GetValueOrDefault(facet, ["nothing"]).FirstOrDefault("nothing"));
                parts.Add($"{DatasetsAsked.Field(facet)}={Uri.EscapeDataString(string.Join(',', values.Distinct()))}");
            }

            if (dice.Below(2) == 0) { parts.Add(dice.Below(2) == 0 ? "sort=title" : "sort=modified"); }
            return $"/dataset?{string.Join('&', parts)}";
        }
    }

    [Fact]
    public async Task Count_AfterPublication_IsNewAtOnceAndWithinATransactionOnceItIsCommitted()
    {
        await using var own = await OwnPlatform.StartAsync(_ => { });
        var publisher = await DepartmentAsync(own, 1, "610000");
        var asked = DatasetsAsked.Of("/dataset");
        async Task<long> CountAsync() => CatalogueGroups.Totals(await own.WithDb(db => CatalogueGroups.ReadAsync(db, own.App.Services.GetRequiredService<CatalogueMemory>(), "", CancellationToken.None)), asked).Own;
        var before = await CountAsync();
        var made = await Published.PublishAsync(own.App.Services, publisher, Published.Description(), Published.NewName(), [MadeFile.Text("a.csv", "a")]);
        (await CountAsync()).ShouldBe(before + 1);
        await own.WithDb(async db =>
        {
            // SQLite's only writer holds nobody up who reads.
            await using var transaction = await db.Database.BeginTransactionAsync();
            (await db.Datasets.SingleAsync(d => d.Id == made.Id)).Withdraw("撤回", Start);
            await db.SaveChangesAsync();
            (await CountAsync()).ShouldBe(before + 1);
            await transaction.CommitAsync();
            return 0;
        });
        (await CountAsync()).ShouldBe(before);
    }

    private static bool Fits(Row row, DatasetsAsked asked, DatasetFacet? but) =>
        (asked.Words.Length == 0 || row.Text.Contains(asked.Words, StringComparison.Ordinal))
        && asked.Chosen.All(c => c.Value.Count == 0 || c.Key == but || c.Value.Intersect(row.Values.GetValueOrDefault(c.Key, [])).Any());

    private static List<Row> InOrder(IEnumerable<Row> rows, DatasetsAsked asked) => asked.Order == DatasetOrder.Title
        ? [.. rows.OrderBy(r => r.Title, StringComparer.Ordinal)]
        : [.. rows.OrderByDescending(r => r.Modified).ThenBy(r => r.Id.ToString(), StringComparer.Ordinal)];

    private static async Task<IReadOnlyList<Row>> FilledAsync(OwnPlatform own)
    {
        var dice = new Dice(3);
        (string Region, Guid Id)[] publishers = [("610000", await DepartmentAsync(own, 1, "610000")), ("610100", await DepartmentAsync(own, 2, "610100"))];
        var rows = new List<Row>();
        for (var i = 0; i < 44; i++)
        {
            // Two of each moment: then the id decides.
            var at = Start.AddDays(i / 2);
            var publisher = publishers[dice.Below(2)];
            var description = Published.Description($"{i:00}{Words[dice.Below(4)]}") with
            {
                Notes = Words[dice.Below(4)], Keywords = [], Themes = dice.Below(2) == 0 ? ["environment"] : ["health", "education"], Licence = dice.Below(2) == 0 ? "cc-by" : "open-government-data",
                OpenAttribute = dice.Below(3) == 0 ? OpenAttribute.Conditional : OpenAttribute.Unconditional, UpdateCycle = dice.Below(2) == 0 ? UpdateCycle.Daily : UpdateCycle.Yearly, Region = dice.Below(2) == 0 ? "610100000000" : null,
            };
            var formats = dice.Below(2) == 0 ? new[] { "CSV" } : ["PDF", "XLSX"];
            var made = await Published.PublishAsync(own.App.Services, publisher.Id, description, $"found-{i}", [.. formats.Select(f => MadeFile.Text($"f.{f.ToLowerInvariant()}", "x"))], at);
            if (i % 11 == 10)
            {
                // What was taken back is nowhere.
                await own.WithDb(async db =>
                {
                    (await db.Datasets.SingleAsync(d => d.Id == made.Id)).Withdraw("撤回", at);
                    return await db.SaveChangesAsync();
                });
                continue;
            }

            rows.Add(new Row(made.Id, description.Title, $"{description.Title}|{description.Notes}", at, null, new Dictionary<DatasetFacet, string[]>
            {
                [DatasetFacet.Theme] = [.. description.Themes], [DatasetFacet.Format] = formats, [DatasetFacet.Licence] = [description.Licence], [DatasetFacet.Publisher] = [publisher.Id.ToString()],
                [DatasetFacet.Attribute] = [Show.Kebab(description.OpenAttribute.ToString())], [DatasetFacet.Cycle] = [Show.Kebab(description.UpdateCycle.ToString())],
                [DatasetFacet.Region] = [description.Region ?? RegionCode.Parse(publisher.Region).Value], [DatasetFacet.Source] = [FindHarvested.Own],
            }));
        }

        await own.WithDb(async db =>
        {
            HarvestSource[] sources = [.. Enumerable.Range(1, 2).Select(n => HarvestSource.Register($"来源{n}", HarvestKind.Ckan, $"https://portal{n}.example", 24, publishers[0].Id, Start))];
            foreach (var source in sources) { (source.IsEnabled, source.NextRunAt) = (false, Start.AddYears(90)); }
            db.HarvestSources.AddRange(sources);
            for (var i = 0; i < 30; i++)
            {
                var (at, source) = (Start.AddDays(i / 2), sources[dice.Below(2)]);
                var description = new HarvestedDescription
                {
                    Title = $"{i:00}{Words[dice.Below(4)]}", Notes = Words[dice.Below(4)], Themes = dice.Below(2) == 0 ? ["environment"] : ["health"], LicenceId = dice.Below(2) == 0 ? "cc-by" : null,
                    Distributions = dice.Below(2) == 0 ? [] : [new HarvestedDistribution("f", "https://portal.example/f", "CSV", null, "")],
                };
                var dataset = new HarvestedDataset { Id = Guid.CreateVersion7(at), SourceId = source.Id, Identifier = $"h-{i}", FirstSeenAt = at };
                dataset.Take(description, $"{i}", Guid.CreateVersion7(at), at);
                if (i % 10 == 9) { dataset.Withdraw(at); }
                db.HarvestedDatasets.Add(dataset);
                HarvestedSearch.Put(db, dataset, source, null);
                if (!dataset.IsShown) { continue; }
                rows.Add(new Row(dataset.Id, description.Title, $"{description.Title}|{description.Notes}", at, source.Id, new Dictionary<DatasetFacet, string[]>
                {
                    [DatasetFacet.Theme] = [.. description.Themes], [DatasetFacet.Format] = [.. description.Distributions.Select(d => d.Format)],
                    [DatasetFacet.Licence] = description.LicenceId is { } licence ? [licence] : [], [DatasetFacet.Source] = [source.Id.ToString()],
                }));
            }

            return await db.SaveChangesAsync();
        });
        return rows;
    }

    private static Task<Guid> DepartmentAsync(OwnPlatform own, int n, string region) => own.WithDb(async db =>
    {
        var code = RegionCode.Parse(region);
        if (!await db.Regions.AnyAsync(r => r.Code == code)) { db.Regions.Add(new Region { Code = code, Name = $"地区{n}", Level = code.Level, Parent = code.Parent }); }
        var made = new Organisation { Id = Guid.CreateVersion7(Start), CreditCode = CreditCode.FromBody($"1161000000000000{n}"), Name = $"第{n}局", ShortName = $"第{n}局", Region = code, Kind = OrganisationKind.Department };
        db.Organisations.Add(made);
        await db.SaveChangesAsync();
        return made.Id;
    });
}
