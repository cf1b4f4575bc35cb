using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Import;

[Collection(typeof(Alone))]
public sealed class HugeFileTests(PlatformFixture platform)
{
    [Fact]
    public async Task Read_TwoMillionCells_StaysInMemory()
    {
        var bench = new ImportBench(platform);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        long most = 0;
        await using var file = new HostileFileTests.Rows(200_000, row => $"{row},110101{row % 1000:000},企业{row},2026-08-{(row % 28) + 1:00},{row * 3}.25,是,{row % 7},甲乙丙丁,{row % 2},x\n", () => most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false)));
        var table = await bench.Read(file, "CSV");
        (table.Table.Rows, table.Table.Columns.Count, table.BadRowCount).ShouldBe((200_000, 10, 0));
        table.Table.Columns[1].Profile.Distinct.ShouldBe(1000);
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(50_000_000);
        (most - before).ShouldBeLessThan(200_000_000);
    }
}
