using System.Net;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Harvest;

/// <summary>A second real platform, with more datasets than a page holds.</summary>
public sealed class SecondPlatform : IAsyncLifetime
{
    internal const int Datasets = 120;

    internal OwnPlatform Own { get; private set; } = null!;

    internal Organisation Department { get; private set; } = null!;

    internal List<PublishedDataset> Made { get; } = [];

    internal string Address => Own.App.Urls.First();

    public async ValueTask InitializeAsync()
    {
        Own = await OwnPlatform.StartAsync(b =>
        {
            b.Configuration["Http:PerMinute:Visitor"] = "0";
            b.Configuration["OpenData:Limits:VisitorPerMinute"] = "0";
        });
        Department = await Harvester.DepartmentAsync(Own, "邻市园林局", "11610000000000003");
        for (var n = 0; n < Datasets; n++)
        {
            var description = Published.Description($"邻市公园名录 {n}") with { Licence = "cc-by", Themes = n == 0 ? ["culture", "tourism"] : ["environment"], Notes = $"第 {n} 片区。\n\n每年更新。" };
            var files = n == 0 ? new[] { MadeFile.Table("公园 parks.csv", [new("名称"), new("面积", ColumnType.Decimal)], ["兴庆宫公园", "49.80"]), MadeFile.Text("说明.pdf", "说明") } : [MadeFile.Text("list.txt", $"{n}")];
            Made.Add(await Published.PublishAsync(Own.App.Services, Department.Id, description, $"parks-{n:D3}", files));
        }
    }

    public ValueTask DisposeAsync() => Own.DisposeAsync();
}

/// <summary>One real platform harvests another by each way that it offers.</summary>
[OnDatabase]
public sealed class SecondPlatformTests(Harvester harvester, SecondPlatform second) : IClassFixture<Harvester>, IClassFixture<SecondPlatform>
{
    public static TheoryData<HarvestKind, string> Ways() => new()
    {
        { HarvestKind.Ckan, "/" }, { HarvestKind.Ckan, "/api/3/action/" }, { HarvestKind.Dcat, "/catalog.ttl" }, { HarvestKind.Dcat, "/catalog.rdf" }, { HarvestKind.Dcat, "/catalog.jsonld" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Harvest_TheSecondPlatform_TakesEveryDatasetAsItIs(HarvestKind kind, string path)
    {
        var (source, run) = await harvester.HarvestAsync(kind, second.Address + path, $"邻市 {kind}{path}");
        run.State.ShouldBe(HarvestState.Done, run.Fault + run.FaultDetail);
        (run.Seen, run.Added, run.Refused, run.Withdrawn).ShouldBe((SecondPlatform.Datasets, SecondPlatform.Datasets, 0, 0), string.Join(' ', run.Notes));
        run.Pages.ShouldBe(2);
        var taken = (await harvester.DatasetsAsync(source)).ToDictionary(d => d.Identifier);
        taken.Keys.ShouldBe(second.Made.Select(m => m.Id.ToString()), ignoreOrder: true);
        foreach (var made in second.Made)
        {
            var d = taken[made.Id.ToString()].Description;
            d.Title.ShouldBe(made.Version.Description.Title);
            d.Notes.ShouldBe(made.Version.Description.Notes);
            d.Organisation.ShouldBe("邻市园林局");
            d.LicenceId.ShouldBe("cc-by");
            d.Keywords.ShouldBe(["公园", "绿地"], ignoreOrder: true);
            d.Faults.ShouldBeEmpty();
            d.ModifiedAt!.Value.ToUnixTimeSeconds().ShouldBe(made.Dataset.ModifiedAt.ToUnixTimeSeconds());
            d.Page.ShouldBe($"{second.Address}/dataset/{made.Name}");
        }

        var first = taken[second.Made[0].Id.ToString()];
        first.Description.Themes.ShouldBe(["culture", "tourism"], ignoreOrder: true);
        first.FormatList.ShouldBe("|CSV|PDF|");
        first.Description.Distributions.Count.ShouldBe(2);
        var file = first.Description.Distributions[0];
        (file.Name, file.Format, file.Bytes).ShouldBe(("公园 parks.csv", "CSV", second.Made[0][0].Bytes));
        var answer = await second.Own.Visitor().GetAsync(file.Address);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, file.Address);
        (await answer.Content.ReadAsByteArrayAsync()).LongLength.ShouldBe(second.Made[0][0].Bytes);
        taken[second.Made[1].Id.ToString()].Description.Themes.ShouldBe(["environment"]);
    }

    [Fact]
    public async Task Harvest_Unchanged_TouchesNothing()
    {
        var (source, _) = await harvester.HarvestAsync(HarvestKind.Dcat, second.Address + "/catalog.ttl?profiles=unchanged");
        var before = await harvester.DatasetsAsync(source);
        var run = await harvester.AgainAsync(source);
        (run.Seen, run.Unchanged, run.Added, run.Changed, run.Withdrawn).ShouldBe((SecondPlatform.Datasets, SecondPlatform.Datasets, 0, 0, 0));
        var after = await harvester.DatasetsAsync(source);
        after.Select(d => (d.Id, d.Revision, d.ChangedAt, d.Hash)).ShouldBe(before.Select(d => (d.Id, d.Revision, d.ChangedAt, d.Hash)));
    }

    [Fact]
    public async Task Harvest_ByBothWays_ReportsTheSameIdentifiers()
    {
        var (ckan, _) = await harvester.HarvestAsync(HarvestKind.Ckan, second.Address + "/api/3");
        var (dcat, _) = await harvester.HarvestAsync(HarvestKind.Dcat, second.Address + "/catalog.xml");
        var conflicts = await harvester.Own.WithDb(db => db.HarvestConflicts.AsNoTracking().Where(c => c.SourceId == dcat && c.OtherSourceId == ckan && c.Kind == HarvestConflictKind.SameIdentifier).ToListAsync());
        conflicts.Select(c => c.Identifier).ShouldBe(second.Made.Select(m => m.Id.ToString()), ignoreOrder: true);
        conflicts.ShouldAllBe(c => c.HarvestedId != null && c.OtherHarvestedId != null);
    }

    [Fact]
    public async Task Harvest_ThePlatformItself_ReportsItsOwnDatasets()
    {
        var own = await Published.PublishAsync(harvester.Own.App.Services, harvester.Authority.Id, Published.Description("本平台公园"), Published.NewName(), [MadeFile.Text("a.txt", "1")]);
        var (source, run) = await harvester.HarvestAsync(HarvestKind.Ckan, harvester.Own.App.Urls.First());
        run.State.ShouldBe(HarvestState.Done, run.Fault);
        var conflict = await harvester.Own.WithDb(db => db.HarvestConflicts.AsNoTracking().SingleAsync(c => c.SourceId == source && c.DatasetId == own.Id));
        conflict.Kind.ShouldBe(HarvestConflictKind.SameIdentifier);
    }

    [Fact]
    public async Task Pages_AfterAHarvest_ShowWhatIsFoundWithItsOrigin()
    {
        var (source, _) = await harvester.HarvestAsync(HarvestKind.Dcat, second.Address + "/catalog.n3", "南邻市开放平台");
        var list = await harvester.PageAsync($"/dataset?text={Uri.EscapeDataString("邻市公园名录 0")}&source={source}");
        list.ShouldContain("邻市公园名录 0");
        list.ShouldContain("From 南邻市开放平台");
        var entry = (await harvester.DatasetsAsync(source)).Single(d => d.Identifier == second.Made[0].Id.ToString());
        list.ShouldContain($"/harvested/{entry.Id}");
        var page = await harvester.PageAsync($"/harvested/{entry.Id}");
        page.ShouldContain("邻市园林局");
        page.ShouldContain(WebUtility.HtmlEncode(entry.Description.Distributions[0].Address));
        page.ShouldContain($"{second.Address}/dataset/{second.Made[0].Name}");
        // All pages together list each once.
        var last = await harvester.PageAsync($"/dataset?source={source}&page=6");
        System.Text.RegularExpressions.Regex.Count(last, "href=\"/harvested/").ShouldBe(20);
        System.Text.RegularExpressions.Regex.Count(await harvester.PageAsync($"/dataset?source={source}&page=7"), "href=\"/harvested/").ShouldBe(0);
        (await harvester.Own.Visitor().GetAsync($"/harvested/{source}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }
}
