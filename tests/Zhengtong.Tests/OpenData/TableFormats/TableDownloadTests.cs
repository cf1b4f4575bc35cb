using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using MiniExcelLibs;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.TableFormats;
using Zhengtong.OpenData.Tables;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.TableFormats;

[OnDatabase]
public sealed class TableDownloadTests(PlatformFixture platform)
{
    [Fact]
    public async Task Write_Csv_QuotesWhatNeedsIt() =>
        (await Written(TableFormat.Csv, bom: true)).ShouldBe("\uFEFF_id,\"x, \"\"y\"\"\",n,lon,lat\n1,\"a\n\"\"b\"\"\",9007199254740993,116.3913,39.9075\n2,,,,\n");

    [Fact]
    public async Task Write_Json_KeepsEveryDigit()
    {
        var rows = JsonNode.Parse(await Written(TableFormat.Json))!.AsArray();
        rows.Count.ShouldBe(2);
        rows[0]!["n"]!.GetValue<string>().ShouldBe("9007199254740993");
        rows[1]!["n"].ShouldBeNull();
        (await Written(TableFormat.JsonLines)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2);
    }

    [Fact]
    public async Task Write_GeoJson_InBothSystems()
    {
        var features = JsonNode.Parse(await Written(TableFormat.GeoJson))!["features"]!.AsArray();
        features[0]!["geometry"]!["coordinates"]!.AsArray().Select(n => (double)n!).ShouldBe([116.3913, 39.9075]);
        features[1]!["geometry"].ShouldBeNull();
        features[1]!["id"]!.GetValue<int>().ShouldBe(2);
    }

    [Fact]
    public async Task Write_Xml_IsWellFormedAndNamesNulls()
    {
        var rows = XDocument.Parse(await Written(TableFormat.Xml)).Root!.Elements().ToList();
        rows[0].Attribute("_id")!.Value.ShouldBe("1");
        rows[1].Elements().ShouldAllBe(e => e.FirstAttribute!.Name.LocalName == "nil");
    }

    [Fact]
    public async Task Write_Workbook_HasLongDigitsAsText()
    {
        using var file = new MemoryStream();
        await Write(TableFormat.Xlsx, file, false);
        file.Position = 0;
        var rows = file.Query(useHeaderRow: true).Cast<IDictionary<string, object?>>().ToList();
        rows.Count.ShouldBe(2);
        rows[0]["n"].ShouldBe("9007199254740993");
        rows[0]["lon"].ShouldBe(116.3913);
    }

    private async Task<string> Written(TableFormat format, bool bom = false)
    {
        using var to = new MemoryStream();
        await Write(format, to, bom);
        return Encoding.UTF8.GetString(to.ToArray());
    }

    private async Task Write(TableFormat format, Stream to, bool bom)
    {
        var services = platform.App.Services;
        var table = await MadeTable.Of(services.GetRequiredService<ObjectStore>(),
            [MadeTable.Column("x, \"y\"", ColumnType.Text), MadeTable.Column("n", ColumnType.Integer), MadeTable.Column("lon", ColumnType.Float), MadeTable.Column("lat", ColumnType.Float)],
            [["a\n\"b\"", 9_007_199_254_740_993L, 116.3913, 39.9075], [null, null, null, null]], places: (3, 4));
        await TableDownload.WriteAsync(services.GetRequiredService<TableEngine>(), table, new TableQuery { Limit = int.MaxValue }, format, to, bom, CoordinateSystem.Wgs84, CancellationToken.None);
    }
}
