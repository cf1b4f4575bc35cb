using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.TableFormats;
using Zhengtong.OpenData.Tables;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Portal;

/// <summary>Rows as files of every kind, read back by Python's own library, and Parquet by a reader in JavaScript that has nothing in common with what wrote it.</summary>
[OnDatabase]
public sealed class RowsFilesTests(PlatformFixture platform)
{
    /// <summary>What names and cells may be in the worst case.</summary>
    private static readonly string[] Names = ["a&b=c", "x, \"y\"", "<b>", "'; DROP TABLE t; --", "表情😀", " 空格 ", "9数", "c2"];

    private static readonly string?[][] Cells =
    [
        ["1", "\"", "a\nb", "\t", "<i>&amp;</i>", "=1+1", "007", "]]>"],
        [null, "", " 前后 ", "\r\n", "😀", "'", "110101199001011234", "NULL"],
        ["末", null, null, null, null, null, null, "\u3000"],
    ];

    [Theory]
    [InlineData("csv")]
    [InlineData("tsv")]
    [InlineData("xlsx")]
    [InlineData("json")]
    [InlineData("jsonl")]
    [InlineData("geojson")]
    [InlineData("xml")]
    [InlineData("parquet")]
    public async Task File_OfEveryFormat_IsReadBackCellForCell(string format)
    {
        var made = await Toilets.PublishAsync(platform);
        var path = $"/dataset/{made.Name}/resource/{made[0].Id}/rows.{format}";
        var answer = await platform.Visitor().GetAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe(TableFile.All.Single(f => f.Extension == format).MediaType.Split(';')[0]);
        answer.Content.Headers.ContentDisposition!.FileNameStar.ShouldBe($"toilets.{format}");
        var (names, rows) = await ReadBack(format, await answer.Content.ReadAsByteArrayAsync());
        names.Take(Toilets.Columns.Count).ShouldBe(Toilets.Columns.Select(c => c.Name));
        rows.Count.ShouldBe(Toilets.Count);
        foreach (var (n, row) in rows.Index())
        {
            var wanted = Toilets.Row(n + 1);
            for (var at = 0; at < wanted.Length; at++) { Same(row[at], wanted[at]).ShouldBeTrue($"{format}, row {n + 1}, {names[at]}: {row[at]} is not {wanted[at]}"); }
            if (format == "geojson") { (Same(row[^2], wanted[1]) && Same(row[^1], wanted[2])).ShouldBeTrue($"place of row {n + 1}"); }
        }

        // What the page narrows down is narrowed down in the file.
        var (_, narrow) = await ReadBack(format, await platform.Visitor().GetByteArrayAsync($"{path}?c1={Uri.EscapeDataString("蹲位")}&o1=equal&v1=3&q={Uri.EscapeDataString("公厕")}&sort={Uri.EscapeDataString("建成")}&dir=desc"));
        var left = Enumerable.Range(1, Toilets.Count).Select(Toilets.Row).Where(r => r[3] is 3L).OrderByDescending(r => (DateOnly)r[4]!).ToList();
        left.Count.ShouldBeInRange(5, 100);
        narrow.Select(r => r[0]).ShouldBe(left.Select(r => (string?)r[0]));
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("tsv")]
    [InlineData("xlsx")]
    [InlineData("json")]
    [InlineData("jsonl")]
    [InlineData("xml")]
    [InlineData("parquet")]
    public async Task File_OfHostileNamesAndCells_IsReadBackAsItIs(string format)
    {
        var made = await platform.PublishAsync(await platform.Department(), MadeFile.Table("t.csv", [.. Names.Select(n => new MadeColumn(n))], Cells));
        var (names, rows) = await ReadBack(format, await platform.Visitor().GetByteArrayAsync($"/dataset/{made.Name}/resource/{made[0].Id}/rows.{format}"));
        names.ShouldBe(Names);
        foreach (var (n, row) in Cells.Index())
        {
            // A text without characters and none at all are the same where there are no types; XML knows one kind of line end.
            rows[n].Select(c => Plain(c)).ShouldBe(row.Select(c => Plain(c)), $"{format}, row {n + 1}");
        }

        string Plain(string? cell) => format is "xml" or "xlsx" ? (cell ?? "").ReplaceLineEndings("\n") : cell ?? "";
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("xlsx")]
    [InlineData("parquet")]
    public async Task File_BrokenOff_GoesOnWhereItStopped(string format)
    {
        var made = await Toilets.PublishAsync(platform);
        var path = $"/dataset/{made.Name}/resource/{made[0].Id}/rows.{format}";
        // Nobody asked for the whole before: the part alone must be right.
        using var first = await Get(path, r => r.Headers.Range = new RangeHeaderValue(100, 199));
        first.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        var part = await first.Content.ReadAsByteArrayAsync();
        using var answer = await Get(path, _ => { });
        var whole = await answer.Content.ReadAsByteArrayAsync();
        part.ShouldBe(whole[100..200]);
        answer.Headers.ETag!.IsWeak.ShouldBeFalse();
        answer.Headers.ETag.ShouldBe(first.Headers.ETag);
        answer.Headers.AcceptRanges.ShouldBe(["bytes"]);
        answer.Content.Headers.ContentLength.ShouldBe(whole.Length);
        answer.Headers.GetValues("Repr-Digest").Single().ShouldBe($"sha-256=:{Convert.ToBase64String(SHA256.HashData(whole))}:");
        using var rest = await Get(path, r => { r.Headers.Range = new RangeHeaderValue(whole.Length - 50, null); r.Headers.IfRange = new RangeConditionHeaderValue(answer.Headers.ETag); });
        rest.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await rest.Content.ReadAsByteArrayAsync()).ShouldBe(whole[^50..]);
        using var same = await Get(path, r => r.Headers.IfNoneMatch.Add(answer.Headers.ETag));
        same.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        using var other = await Get($"{path}?c1={Uri.EscapeDataString("无障碍")}&o1=equal&v1=true", r => r.Headers.Range = new RangeHeaderValue(0, 0));
        other.Headers.ETag.ShouldNotBe(answer.Headers.ETag);
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("xlsx")]
    public async Task File_StreamedAndMade_AreTheSameBytes(string format)
    {
        await using var own = await OwnPlatform.StartAsync(b => b.Configuration["OpenData:Downloads:KeptMiB"] = "0");
        var services = own.App.Services;
        var table = await MadeTable.Of(services.GetRequiredService<ObjectStore>(), [MadeTable.Column("a", ColumnType.Text), MadeTable.Column("n", ColumnType.Integer)], Enumerable.Range(0, 20_000).Select(n => new object?[] { $"行{n}", (long)n }));
        var department = (await own.WithDb(DownloadTests.OwnDepartment)).Id;
        var made = await Published.PublishAsync(services, department, Published.Description(), Published.NewName(), [MadeFile.Text("t.csv", "x") with { Written = table }]);
        var path = $"/dataset/{made.Name}/resource/{made[0].Id}/rows.{format}";
        // Nothing is kept: the one is streamed, the other made as a whole for the sake of its part.
        var streamed = await own.Visitor().GetByteArrayAsync(path);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Range = new RangeHeaderValue(0, null);
        using var answer = await own.Visitor().SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBe(streamed);
    }

    [Fact]
    public async Task File_AskedPacked_IsTheSameRows()
    {
        var made = await Toilets.PublishAsync(platform);
        var path = $"/dataset/{made.Name}/resource/{made[0].Id}/rows.geojson";
        var plain = await platform.Visitor().GetStringAsync(path);
        using var answer = await Get(path, r => r.Headers.AcceptEncoding.ParseAdd("gzip"));
        answer.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        answer.Headers.ETag!.IsWeak.ShouldBeTrue();
        await using var unpacked = new GZipStream(await answer.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        (await new StreamReader(unpacked).ReadToEndAsync()).ShouldBe(plain);
    }

    [Fact]
    public async Task GeoJson_OfShiftedPlaces_ComesInBothSystems()
    {
        var made = await Toilets.PublishAsync(platform, CoordinateSystem.Gcj02);
        var path = $"/dataset/{made.Name}/resource/{made[0].Id}/rows.geojson";
        (await Place(path + "?coordinates=declared")).ShouldBe((108.01, 34.0));
        var (x, y) = await Place(path);
        // The shift is hundreds of metres: more than 0.001 and less than 0.02 degrees.
        Math.Abs(x - 108.01).ShouldBeInRange(0.001, 0.02);
        Math.Abs(y - 34.0).ShouldBeInRange(0.0005, 0.02);

        async Task<(double, double)> Place(string address)
        {
            using var json = JsonDocument.Parse(await platform.Visitor().GetStringAsync(address));
            var pair = json.RootElement.GetProperty("features")[0].GetProperty("geometry").GetProperty("coordinates");
            return (pair[0].GetDouble(), pair[1].GetDouble());
        }
    }

    [Fact]
    public async Task Csv_ForExcel_BeginsWithItsMark()
    {
        var made = await Toilets.PublishAsync(platform);
        var path = $"/dataset/{made.Name}/resource/{made[0].Id}/rows.csv";
        (await platform.Visitor().GetByteArrayAsync(path + "?bom=true"))[..3].ShouldBe([0xEF, 0xBB, 0xBF]);
        (await platform.Visitor().GetByteArrayAsync(path))[..3].ShouldNotBe([0xEF, 0xBB, 0xBF]);
    }

    [Fact]
    public async Task Workbook_OfMoreRowsThanASheet_IsRefused()
    {
        var table = await MadeTable.Generated(platform.App.Services.GetRequiredService<ObjectStore>(), [MadeTable.Column("n", ColumnType.Integer)], TableDownload.RowsOfASheet, "n AS c1");
        var made = await platform.PublishAsync(await platform.Department(), MadeFile.Text("n.csv", "x") with { Written = table });
        var path = $"/dataset/{made.Name}/resource/{made[0].Id}";
        var answer = await platform.Visitor().GetAsync($"{path}/rows.xlsx");
        answer.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await answer.ReadProblemCode()).ShouldBe("open-data.sheet-too-small");
        (await ReadBack("xlsx", await platform.Visitor().GetByteArrayAsync($"{path}/rows.xlsx?c1=n&o1=less&v1=5"))).Rows.Count.ShouldBe(5);
        (await platform.Visitor().GetPage(path)).ShouldNotContain("rows.xlsx");
        // A table without places is no map.
        (await platform.Visitor().GetAsync($"{path}/rows.geojson")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Pages_OfTheTable_LeadToEveryFile()
    {
        var made = await Toilets.PublishAsync(platform);
        foreach (var page in new[] { $"/dataset/{made.Name}", $"/dataset/{made.Name}/resource/{made[0].Id}" })
        {
            var html = await platform.Visitor().GetPage(page);
            foreach (var file in TableFile.All) { html.ShouldContain($"href=\"/dataset/{made.Name}/resource/{made[0].Id}/rows.{file.Extension}\"", customMessage: page); }
        }

        (await platform.Visitor().GetPage($"/dataset/{made.Name}")).ShouldContain($"href=\"/dataset/{made.Name}/datapackage.zip\"");
    }

    [Fact]
    public async Task Kept_MoreThanAllowed_ForgetsWhatWasNotUsedForLongest()
    {
        var scratch = platform.App.Services.GetRequiredService<TableScratch>();
        var kept = new KeptFiles(scratch, Options.Create(new DownloadOptions { KeptMiB = 1 }));
        foreach (var name in new[] { "a", "b" }) { await (await Make(name, 400_000)).Content.DisposeAsync(); }
        await using var a = kept.Open("a")!.Content;
        await (await Make("c", 400_000)).Content.DisposeAsync();
        kept.Open("b").ShouldBeNull();
        await (await Make("d", 900_000)).Content.DisposeAsync();
        kept.Open("a").ShouldBeNull();
        // Who reads it reads on.
        a.Length.ShouldBe(400_000);
        (await a.ReadAtLeastAsync(new byte[400_000], 400_000)).ShouldBe(400_000);
        await using var large = (await Make("e", 2_000_000)).Content;
        kept.Open("e").ShouldBeNull();
        large.Length.ShouldBe(2_000_000);

        Task<KeptFile> Make(string name, int bytes) => kept.MakeAsync(name, (path, ct) => File.WriteAllBytesAsync(path, new byte[bytes], ct), CancellationToken.None);
    }

    /// <summary>Names and cells that another program finds in the file.</summary>
    internal static async Task<(IReadOnlyList<string> Names, List<string?[]> Rows)> ReadBack(string format, byte[] file)
    {
        var path = Path.Combine(Path.GetTempPath(), $"zhengtong-rows-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}.{format}");
        try
        {
            await File.WriteAllBytesAsync(path, file);
            var (program, arguments) = format == "parquet" ? ("node", (string[])[Repository.Path("tests", "Zhengtong.Tests", "OpenData", "Portal", "read_parquet.mjs"), path])
                : ("python3", ["-B", Repository.Path("tests", "Zhengtong.Tests", "OpenData", "Portal", "read_rows.py"), format, path]);
            using var run = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 })!;
            var errors = run.StandardError.ReadToEndAsync();
            var output = await run.StandardOutput.ReadToEndAsync();
            await run.WaitForExitAsync();
            run.ExitCode.ShouldBe(0, await errors);
            using var found = JsonDocument.Parse(output);
            return ([.. found.RootElement.GetProperty("names").EnumerateArray().Select(n => n.GetString()!)], [.. found.RootElement.GetProperty("rows").EnumerateArray().Select(r => r.EnumerateArray().Select(c => c.GetString()).ToArray())]);
        }
        finally { File.Delete(path); }
    }

    private static bool Same(string? got, object? cell) => cell switch
    {
        null => string.IsNullOrEmpty(got),
        double or decimal or long => decimal.TryParse(got, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number == Convert.ToDecimal(cell, CultureInfo.InvariantCulture),
        _ => got == Cell.TextOf(cell),
    };

    private async Task<HttpResponseMessage> Get(string address, Action<HttpRequestMessage> with)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        with(request);
        return await platform.Visitor().SendAsync(request);
    }
}
