using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Support;

[OnDatabase]
public sealed class PublishedTests(PlatformFixture platform)
{
    [Fact]
    public async Task PublishAsync_TwoVersions_KeepIdsAndObjects()
    {
        var first = await platform.PublishAsync(await platform.Department(),
            MadeFile.Table("parks.csv", [new("编号", ColumnType.Integer) { IsKey = true }, new("名称"), new("面积", ColumnType.Decimal)], ["1", "兴庆宫公园", "50.00"], ["2", "环城公园", null]),
            MadeFile.Text("readme.txt", "说明"));
        var second = await platform.PublishNextAsync(first, MadeFile.Table("parks.csv", [new("编号", ColumnType.Integer) { IsKey = true }, new("名称")], ["1", "兴庆宫公园"]));
        second.Version.Number.ShouldBe(2);
        second[0].Id.ShouldBe(first[0].Id);
        first[0].Table!.Rows.ShouldBe(2);
        first[0].Table!.Columns[2].Profile.Nulls.ShouldBe(1);

        var read = await platform.WithDb(db => db.DatasetVersions.AsNoTracking().SingleAsync(v => v.Id == first.Version.Id));
        read.State.ShouldBe(VersionState.Published);
        read.Resources[0].Table!.Columns[2].ShouldSatisfyAllConditions(c => c.Physical.ShouldBe("c3"), c => c.Scale.ShouldBe(2));
        var owned = await platform.WithDb(db => db.ObjectReferences.CountAsync(r => r.Owner == VersionObjects.OwnerOf(first.Version.Id)));
        owned.ShouldBe(4, "Two files, one table, one manifest");
        var store = platform.App.Services.GetRequiredService<ObjectStore>();
        await using var table = await store.OpenAsync(read.Resources[0].Table!.Content, default);
        var magic = new byte[4];
        await table!.ReadExactlyAsync(magic);
        magic.ShouldBe("PAR1"u8.ToArray());
    }
}
