using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Kernel.Search;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Search;

[OnDatabase]
public sealed class SearchIndexTests(PlatformFixture platform)
{
    private readonly string kind = $"test.{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";

    [Fact]
    public async Task Put_InATransaction_IsFoundThereAndGoesWithIt()
    {
        var subject = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        await platform.WithDb(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await SearchIndex.PutAsync(db, kind, subject, "水质监测", "", CancellationToken.None);
            await db.SaveChangesAsync();
            (await Found(db, "水质")).ShouldBe([subject]);
            await transaction.RollbackAsync();
            return 0;
        });
        (await platform.WithDb(db => Found(db, "水质"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Put_AgainAndRemoved_LeavesNothingOfTheOldText()
    {
        var subject = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        foreach (var text in new[] { "水质监测", "大气监测" }) { await Put(subject, text, ""); }
        (await platform.WithDb(db => Found(db, "水质"))).ShouldBeEmpty();
        (await platform.WithDb(db => Found(db, "大气"))).ShouldBe([subject]);
        await platform.WithDb(db => db.SearchEntries.Where(e => e.Kind == kind).ExecuteDeleteAsync());
        (await platform.WithDb(db => Found(db, "大气"))).ShouldBeEmpty();
        await Check();
    }

    [Fact]
    public async Task WithAll_Hits_RankTheNameAboveTheRest()
    {
        var (named, told) = (Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), Guid.CreateVersion7(TimeProvider.System.GetUtcNow()));
        await Put(told, "断面", "水质 监测 站点");
        await Put(named, "水质", "断面 监测 站点");
        var hits = await platform.WithDb(db => SearchIndex.WithAll(db, kind, Bigrams.ToFind("水质 站点")).OrderByDescending(h => h.Rank).ToListAsync());
        hits.Select(h => h.Subject).ShouldBe([named, told]);
        hits.ShouldAllBe(h => h.Rank > 0);
    }

    [Fact]
    public async Task Start_Again_FillsWhatIsMissingAndMakesNothingTwice()
    {
        var parties = await Agreements.Parties.Meet(platform);
        await platform.WithDb(db => db.SearchEntries.Where(e => e.Subject == parties.Resource).ExecuteDeleteAsync());
        for (var n = 0; n < 2; n++)
        {
            await using var scope = platform.App.Services.CreateAsyncScope();
            await new SearchTables().RunAsync(scope.ServiceProvider, CancellationToken.None);
            await new CatalogueSearch().RunAsync(scope.ServiceProvider, CancellationToken.None);
        }

        (await platform.WithDb(db => SearchIndex.WithAll(db, CatalogueSearch.Kind, Bigrams.ToFind("企业")).CountAsync(h => h.Subject == parties.Resource))).ShouldBe(1);
        await Check();
    }

    private Task<int> Put(Guid subject, string title, string body) => platform.WithDb(async db =>
    {
        await SearchIndex.PutAsync(db, kind, subject, title, body, CancellationToken.None);
        return await db.SaveChangesAsync();
    });

    private async Task<List<Guid>> Found(ZhengtongDb db, string text) => await SearchIndex.WithAll(db, kind, Bigrams.ToFind(text)).Select(h => h.Subject).ToListAsync();

    /// <summary>The embedded database compares its index with the entries; the other's index is made from them by the database itself.</summary>
    private async Task Check() => await platform.WithDb(async db =>
        db.Database.IsSqlite() ? await db.Database.ExecuteSqlRawAsync("INSERT INTO search_index(search_index, rank) VALUES ('integrity-check', 1)") : 0);
}
