using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Demonstration;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Demonstration;

/// <summary>A few of the templates: every way in which a dataset comes about.</summary>
[OnDatabase(Once = true)]
public sealed class SeedOpenDataTests : IAsyncLifetime
{
    private static readonly string[] Chosen = ["scenic-spots", "hospitals", "visits-by-age", "emergency-supplies", "black-list"];

    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-demo-").FullName;
    private WebApplication app = null!;
    private OpenDataPlan plan = null!;

    private IReadOnlyList<PlannedDataset> Planned => plan.Datasets(Province.Load());

    public async ValueTask InitializeAsync()
    {
        var database = PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync();
        app = Platform.Build(new Deployment(folder, database, "http://127.0.0.1:0", Demo: true), builder => builder.Configuration["Demonstration:Share"] = "0.01");
        await app.PrepareOnCopyAsync();
        var all = OpenDataPlan.Load();
        plan = all with { Templates = [.. all.Templates.Where(t => Chosen.Contains(t.Id))] };
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Seed_Twice_PublishesEachVersionOnce()
    {
        (await SeedAsync(CancellationToken.None)).Count.ShouldBe(Planned.Count);
        var first = await CountsAsync();
        first.Datasets.ShouldBe(Planned.Count);
        first.Versions.ShouldBe(Planned.Sum(d => d.Versions));

        (await SeedAsync(CancellationToken.None)).Count.ShouldBe(0);
        (await CountsAsync()).ShouldBe(first);
    }

    [Fact]
    public async Task Seed_KilledInBetween_IsGoneOnWithByTheNext()
    {
        using var kill = new CancellationTokenSource();
        var seeding = Task.Run(() => SeedAsync(kill.Token));
        while (!seeding.IsCompleted && (await CountsAsync()).Versions < 3) { await Task.Delay(10); }
        await kill.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(seeding);
        (await CountsAsync()).Versions.ShouldBeInRange(3, Planned.Sum(d => d.Versions) - 1);

        await SeedAsync(CancellationToken.None);
        var counts = await CountsAsync();
        counts.Datasets.ShouldBe(Planned.Count);
        counts.Versions.ShouldBe(Planned.Sum(d => d.Versions));
        counts.Published.ShouldBe(counts.Versions);
    }

    [Fact]
    public async Task Seed_Done_DatasetsArePublicWithTablesByThreeOfficers()
    {
        await SeedAsync(CancellationToken.None);
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        foreach (var planned in Planned)
        {
            var dataset = await db.Datasets.SingleAsync(d => d.Name == planned.Name);
            dataset.State.ShouldBe(DatasetState.Published, planned.Name);
            dataset.Current.ShouldBe(planned.Versions, planned.Name);
            dataset.KeywordList.ShouldContain($"|{plan.MarkKeyword}|");
            var version = await db.DatasetVersions.SingleAsync(v => v.Id == dataset.CurrentVersionId);
            version.State.ShouldBe(VersionState.Published);
            new[] { version.ProposedBy, version.ExaminedBy, version.ApprovedBy }.Distinct().Count().ShouldBe(3);
            (await db.SearchEntries.AnyAsync(e => e.Kind == DatasetSearch.Kind && e.Subject == dataset.Id)).ShouldBeTrue(planned.Name);
            if (planned.Template.Open == OpenAttribute.NotOpen)
            {
                version.Resources.ShouldBeEmpty();
                continue;
            }

            version.Resources.Count.ShouldBe(planned.Template.Document ? 2 : 1);
            await ShouldHoldAsync(scope.ServiceProvider.GetRequiredService<ObjectStore>(), planned, version);
            (await db.ObjectReferences.CountAsync(r => r.Owner == VersionObjects.OwnerOf(version.Id))).ShouldBe(VersionObjects.Of(version.Resources).Count + 1);
        }
    }

    /// <summary>The CSV beside the table has exactly its rows, and both are in the store.</summary>
    private static async Task ShouldHoldAsync(ObjectStore store, PlannedDataset planned, DatasetVersion version)
    {
        var resource = version.Resources[0];
        var table = resource.Table.ShouldNotBeNull();
        table.Rows.ShouldBe(new PlannedTable(planned, Province(), planned.Versions).Rows().LongCount());
        (await store.ExistsAsync(table.Content, default)).ShouldBeTrue();
        await using var content = await store.OpenAsync(resource.Content, default);
        using var csv = new StreamReader(content.ShouldNotBeNull());
        var lines = (await csv.ReadToEndAsync()).TrimEnd().Split("\r\n");
        lines[0].ShouldBe(string.Join(',', table.Columns.Select(c => c.Name)));
        lines.Length.ShouldBe((int)table.Rows + 1);
        if (table.Columns.Any(c => c.Name == "longitude")) { table.Places.ShouldNotBeNull().Extent.Count.ShouldBe(4); }
        static SyntheticProvince Province() => new(Zhengtong.Demonstration.Province.Load());
    }

    private async Task<Pass> SeedAsync(CancellationToken ct)
    {
        await using var scope = app.Services.CreateAsyncScope();
        return await ActivatorUtilities.CreateInstance<SeedOpenData>(scope.ServiceProvider, plan).ReconcileAsync(ct);
    }

    private async Task<Counts> CountsAsync()
    {
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        return new Counts(await db.Datasets.CountAsync(), await db.DatasetVersions.CountAsync(), await db.Ledger.CountAsync(e => e.Event == "open-data.published"));
    }

    private sealed record Counts(int Datasets, int Versions, int Published);
}
