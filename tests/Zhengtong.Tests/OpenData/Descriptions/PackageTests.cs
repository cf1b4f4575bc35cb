using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Zhengtong.OpenData.Descriptions;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Descriptions;

/// <summary>Data Package and Croissant: descriptors and the archive, read back by unzip.</summary>
[OnDatabase]
public sealed class PackageTests(PlatformFixture platform)
{
    [Fact]
    public async Task Archive_Unzipped_HoldsEveryFileByteForByte()
    {
        // Large enough to pass many buffers; the same name twice, in another case; names that would leave the folder.
        var large = new byte[3_000_000];
        for (var n = 0; n < large.Length; n++) { large[n] = (byte)((n * 31) ^ (n >> 9)); }
        MadeFile[] files =
        [
            MadeFile.Table("hourly.csv", [new("站点") { IsKey = true }], ["万寿西宫"]), MadeFile.Text("HOURLY.csv", "x"), new("../../etc/passwd", [1, 2, 3]), new(".hidden.bin", large),
            new("数据 \"1\"/\U0001F600.xlsx", large[..70_000]), new("", [9]), new("hourly.json", [0x7b, 0x7d]),
        ];
        var made = await platform.PublishAsync(await platform.Department(), files);
        var answer = await platform.Visitor().GetAsync($"/dataset/{made.Name}/datapackage.zip");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/zip");
        answer.Content.Headers.ContentDisposition!.FileNameStar.ShouldBe($"{made.Name}-1.zip");

        var folder = Directory.CreateTempSubdirectory("zhengtong-zip-");
        try
        {
            var zip = Path.Combine(folder.FullName, "package.zip");
            await File.WriteAllBytesAsync(zip, await answer.Content.ReadAsByteArrayAsync());
            using var run = Process.Start(new ProcessStartInfo("unzip", ["-q", zip, "-d", Path.Combine(folder.FullName, "out")]) { RedirectStandardError = true, RedirectStandardOutput = true, Environment = { ["LC_ALL"] = "C.UTF-8" } })!;
            var errors = await run.StandardError.ReadToEndAsync();
            await run.WaitForExitAsync();
            run.ExitCode.ShouldBe(0, errors);
            var package = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder.FullName, "out", "datapackage.json"))).RootElement;
            var resources = package.GetProperty("resources").EnumerateArray().ToList();
            resources.Select(r => r.GetProperty("path").GetString()).ShouldBe(["data/hourly.csv", "data/HOURLY-2.csv", "data/_.._etc_passwd", "data/hidden.bin", "data/数据 _1__\U0001F600.xlsx".Replace("\U0001F600", "_"), "data/file", "data/hourly.json"]);
            resources.Select(r => r.GetProperty("name").GetString()).Distinct().Count().ShouldBe(files.Length);
            foreach (var (n, resource) in resources.Index())
            {
                var bytes = await File.ReadAllBytesAsync(Path.Combine(folder.FullName, "out", resource.GetProperty("path").GetString()!));
                bytes.ShouldBe(files[n].Content);
                resource.GetProperty("hash").GetString().ShouldBe($"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}");
                resource.GetProperty("bytes").GetInt64().ShouldBe(bytes.Length);
            }
        }
        finally { folder.Delete(recursive: true); }
    }

    [Fact]
    public void Schema_OfEveryType_IsAsWorkedOutByHand()
    {
        static TableColumn Column(int position, string name, ColumnType type) => new(name, type) { Position = position, Profile = new ColumnProfile { Nulls = 0, Distinct = 1 } };
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            DataPackage.WriteSchema(json,
            [
                Column(1, "id", ColumnType.Text) with { IsKey = true, Title = "编号" }, Column(2, "n", ColumnType.Integer) with { IsKey = true, Profile = new ColumnProfile { Nulls = 2, Distinct = 1 } },
                Column(3, "d", ColumnType.Decimal) with { Unit = "万元", Precision = 10, Scale = 2 }, Column(4, "f", ColumnType.Float), Column(5, "b", ColumnType.Boolean), Column(6, "day", ColumnType.Date),
                Column(7, "t", ColumnType.Time), Column(8, "at", ColumnType.Timestamp), Column(9, "j", ColumnType.Json), Column(10, "g", ColumnType.Geometry) with { Description = "位置" },
            ]);
        }

        var expected = JsonDocument.Parse("""
            {"fields":[{"name":"id","type":"string","title":"编号","constraints":{"required":true}},{"name":"n","type":"integer"},{"name":"d","type":"number","unit":"万元"},{"name":"f","type":"number"},{"name":"b","type":"boolean"},
            {"name":"day","type":"date","format":"any"},{"name":"t","type":"time","format":"any"},{"name":"at","type":"datetime","format":"any"},{"name":"j","type":"any"},{"name":"g","type":"geojson","description":"位置"}],
            "primaryKey":["id","n"],"missingValues":[""]}
            """).RootElement;
        JsonElement.DeepEquals(JsonDocument.Parse(Encoding.UTF8.GetString(bytes.ToArray())).RootElement, expected).ShouldBeTrue(Encoding.UTF8.GetString(bytes.ToArray()));
    }

    [Fact]
    public async Task Descriptor_OnTheWeb_NamesFilesByTheirAddresses()
    {
        var made = await platform.PublishAsync(await platform.Department(), Published.Description("名录") with { Licence = "cc-by" }, MadeFile.Table("a.csv", [new("甲", ColumnType.Integer)], ["1"]));
        var package = JsonDocument.Parse(await platform.Visitor().GetStringAsync($"/dataset/{made.Id}/datapackage.json")).RootElement;
        package.GetProperty("$schema").GetString().ShouldBe("https://datapackage.org/profiles/2.0/datapackage.json");
        package.GetProperty("name").GetString().ShouldBe(made.Name);
        package.GetProperty("version").GetString().ShouldBe("1.0.0");
        package.GetProperty("licenses")[0].GetProperty("name").GetString().ShouldBe("CC-BY-4.0");
        package.GetProperty("licenses")[0].GetProperty("path").GetString().ShouldBe("https://creativecommons.org/licenses/by/4.0/");
        var resource = package.GetProperty("resources")[0];
        resource.GetProperty("path").GetString().ShouldBe($"{platform.Address}dataset/{made.Id}/resource/{made[0].Id}/download/a.csv");
        resource.GetProperty("type").GetString().ShouldBe("table");
        resource.GetProperty("schema").GetProperty("fields")[0].GetProperty("type").GetString().ShouldBe("integer");
    }

    [Fact]
    public async Task Croissant_Table_HasAFieldForEachColumn()
    {
        var made = await platform.PublishAsync(await platform.Department(), MadeFile.Table("a.csv", [new("甲\"</script>", ColumnType.Integer) { IsKey = true }, new("乙", ColumnType.Date)], ["1", "2026-01-01"]), MadeFile.Text("b.pdf", "b"));
        var text = await platform.Visitor().GetStringAsync($"/dataset/{made.Name}/croissant.jsonld");
        text.ShouldNotContain("</script>");
        var croissant = JsonDocument.Parse(text).RootElement;
        croissant.GetProperty("conformsTo").GetString().ShouldBe("http://mlcommons.org/croissant/1.0");
        var files = croissant.GetProperty("distribution").EnumerateArray().ToList();
        files.Select(f => f.GetProperty("sha256").GetString()).ShouldBe([made[0].Content.Value, made[1].Content.Value]);
        var records = croissant.GetProperty("recordSet").EnumerateArray().ToList().ShouldHaveSingleItem();
        var fields = records.GetProperty("field").EnumerateArray().ToList();
        fields.Select(f => (f.GetProperty("name").GetString(), f.GetProperty("dataType").GetString(), f.GetProperty("source").GetProperty("extract").GetProperty("column").GetString()))
            .ShouldBe([("甲\"</script>", "sc:Integer", "甲\"</script>"), ("乙", "sc:Date", "乙")]);
        fields[0].GetProperty("source").GetProperty("fileObject").GetProperty("@id").GetString().ShouldBe(files[0].GetProperty("@id").GetString());
        records.GetProperty("key")[0].GetProperty("@id").GetString().ShouldBe(fields[0].GetProperty("@id").GetString());
    }
}
