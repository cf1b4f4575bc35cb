using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Regions;

[OnDatabase]
public sealed class DivisionsDataTests(PlatformFixture platform)
{
    [Fact]
    public void File_EachParent_StandsBeforeItsChildren()
    {
        var seen = new HashSet<RegionCode>();
        foreach (var division in DivisionsData.Read())
        {
            if (division.Code.Parent is { } parent) { seen.ShouldContain(parent, $"{division.Code}"); }
            seen.Add(division.Code).ShouldBeTrue($"{division.Code} stands twice");
            division.Name.Length.ShouldBeInRange(1, 100);
            (division.Code.Level <= RegionLevel.County).ShouldBeTrue();
        }

        seen.Count.ShouldBe(3351);
        seen.Count(c => c.Level == RegionLevel.Province).ShouldBe(34);
        seen.Count(c => c.Level == RegionLevel.City).ShouldBe(342);
    }

    [Fact]
    public async Task Start_First_LoadsEveryDivisionWithItsParentAndOneLedgerEntry()
    {
        await platform.Department();
        var rows = await platform.WithDb(db => db.Regions.AsNoTracking().ToDictionaryAsync(r => r.Code));
        foreach (var division in DivisionsData.Read())
        {
            var row = rows[division.Code];
            (row.Level, row.Parent).ShouldBe((division.Code.Level, division.Code.Parent));
        }

        rows[RegionCode.Parse("610000")].Name.ShouldBe("陕西省");
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "kernel.divisions-loaded" && e.Subject == $"divisions/{DivisionsData.Edition()}"))).ShouldBe(1);
    }

    [Fact]
    public async Task Start_Again_ChangesNothing_AndAddsOnlyWhatIsMissing()
    {
        await using var own = await OwnPlatform.StartAsync();
        var renamed = RegionCode.Parse("659012");
        await own.WithDb(async db =>
        {
            (await db.Regions.SingleAsync(r => r.Code == renamed)).Rename("另一个名称");
            db.Regions.Add(new Region { Code = RegionCode.Parse("98"), Name = "外省", Level = RegionLevel.Province });
            return await db.SaveChangesAsync();
        });
        for (var n = 0; n < 2; n++) { await LoadAsync(own); }
        (await own.WithDb(db => db.Regions.CountAsync())).ShouldBe(3352);

        // Another edition of the file would find the entry of this one only.
        await own.WithDb(db => db.Ledger.Where(e => e.Event == "kernel.divisions-loaded").ExecuteUpdateAsync(s => s.SetProperty(e => e.Subject, "divisions/earlier")));
        await own.WithDb(db => db.Regions.Where(r => r.Code == RegionCode.Parse("659011")).ExecuteDeleteAsync());
        await LoadAsync(own);
        (await own.WithDb(db => db.Regions.CountAsync())).ShouldBe(3352);
        (await own.WithDb(db => db.Regions.Where(r => r.Code == renamed).Select(r => r.Name).SingleAsync())).ShouldBe("另一个名称");
    }

    private static async Task LoadAsync(OwnPlatform own)
    {
        await using var scope = own.App.Services.CreateAsyncScope();
        await new DivisionsData(TimeProvider.System).RunAsync(scope.ServiceProvider, CancellationToken.None);
    }
}
