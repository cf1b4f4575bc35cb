using System.Net.Http.Json;
using System.Text.Json;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Publishing;

[OnDatabase]
public sealed class CompareVersionsTests(PlatformFixture platform)
{
    [Fact]
    public async Task Compare_Files_TellsSameAddedRemovedAndWhatIsSaid()
    {
        var first = await platform.PublishAsync(await platform.Department(), MadeFile.Text("a.txt", "a") with { Id = Id() }, MadeFile.Text("b.txt", "b") with { Id = Id() });
        var second = await platform.PublishNextAsync(first, MadeFile.Text("a.txt", "a") with { Id = first[0].Id }, MadeFile.Text("c.txt", "c") with { Id = Id() });
        var found = await platform.Visitor().GetFromJsonAsync<JsonElement>($"/api/v1/datasets/{second.Id}/comparison?from=1&to=2");
        found.GetProperty("resources").EnumerateArray().Select(r => $"{r.GetProperty("name").GetString()} {r.GetProperty("change").GetString()}").ShouldBe(["a.txt same", "c.txt added", "b.txt removed"]);
        found.GetProperty("description").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Compare_Tables_TellsRowsByKeyAndColumns()
    {
        MadeColumn[] before = [new("编号", ColumnType.Integer) { IsKey = true }, new("名称"), new("旧")], after = [new("编号", ColumnType.Integer) { IsKey = true }, new("名称"), new("新", ColumnType.Integer)];
        var first = await platform.PublishAsync(await platform.Department(), MadeFile.Table("a.csv", before, ["1", "甲", "x"], ["2", "乙", "x"], ["3", "丙", "x"]));
        await platform.PublishNextAsync(first, MadeFile.Table("a.csv", after, ["4", "丁", "1"], ["2", "乙乙", "2"], ["1", "甲", "3"]));
        var file = (await platform.Visitor().GetFromJsonAsync<JsonElement>($"/api/v1/datasets/{first.Id}/comparison?from=1&to=2")).GetProperty("resources")[0];
        file.GetProperty("columns").EnumerateArray().Select(c => $"{c.GetProperty("change").GetString()} {c.GetProperty("before").GetString()}{c.GetProperty("after").GetString()}").ShouldBe(["added 新", "removed 旧"]);
        var rows = file.GetProperty("rows");
        rows.GetProperty("byKey").GetBoolean().ShouldBeTrue();
        ((string[])["added", "removed", "changed", "unchanged"]).Select(n => rows.GetProperty(n).GetInt64()).ShouldBe([1, 1, 1, 1]);
        var changed = rows.GetProperty("rows").EnumerateArray().Single(r => r.GetProperty("change").GetString() == "changed");
        changed.GetProperty("before").EnumerateArray().Select(c => c.GetString()).ShouldBe(["2", "乙"]);
        changed.GetProperty("after").EnumerateArray().Select(c => c.GetString()).ShouldBe(["2", "乙乙"]);
    }

    [Fact]
    public async Task Compare_ConditionalDataset_ShowsColumnsAndNoRow()
    {
        var description = Published.Description() with { OpenAttribute = OpenAttribute.Conditional, OpenCondition = "须申请" };
        var first = await platform.PublishAsync(await platform.Department(), description, MadeFile.Table("a.csv", [new("编号", ColumnType.Integer) { IsKey = true }], ["1"]));
        await platform.PublishNextAsync(first, MadeFile.Table("a.csv", [new("编号", ColumnType.Integer) { IsKey = true }, new("名称")], ["1", "x"]));
        var file = (await platform.Visitor().GetFromJsonAsync<JsonElement>($"/api/v1/datasets/{first.Id}/comparison?from=1&to=2")).GetProperty("resources")[0];
        file.GetProperty("columns")[0].GetProperty("change").GetString().ShouldBe("added");
        file.GetProperty("rows").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Compare_UnknownDatasetOrVersion_IsNotFound()
    {
        var first = await platform.PublishAsync(await platform.Department(), MadeFile.Text("a.txt", "a"));
        (await (await platform.Visitor().GetAsync($"/api/v1/datasets/{first.Id}/comparison?from=1&to=2")).ReadProblemCode()).ShouldBe("open-data.version-not-found");
        (await (await platform.Visitor().GetAsync("/api/v1/datasets/none-such/comparison?from=1&to=2")).ReadProblemCode()).ShouldBe("open-data.not-found");
        ((int)(await platform.Visitor().GetAsync($"/api/v1/datasets/{first.Id}/comparison?from=0&to=1")).StatusCode).ShouldBe(400);
    }

    private static Guid Id() => Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
}
