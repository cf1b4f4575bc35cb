using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Zhengtong.Cloud.Sites;

namespace Zhengtong.Tests.Cloud.Sites;

/// <summary>What strangers pack, and what of it goes on.</summary>
public sealed class SiteArchiveTests
{
    [Fact]
    public async Task Plain_IsPackedAnewWithEveryByte_AndModesOfOurOwn()
    {
        var long_ = $"docs/{new string('长', 60)}/a.html";
        using var zip = Zip([("index.html", "首页", 0x81FF), ("css/a.css", "body{}", 0), (long_, "长", 0), ("empty/", "", 0x41ED)]);
        using var tar = new MemoryStream();
        var content = await SiteArchive.RepackAsync(zip, tar, default);
        content.ShouldBe(new SiteContent(3, 6 + 6 + 3));
        tar.Position = 0;
        var found = new Dictionary<string, string?>();
        await using var reader = new TarReader(tar);
        while (await reader.GetNextEntryAsync() is { } entry)
        {
            (entry.EntryType is TarEntryType.RegularFile or TarEntryType.Directory).ShouldBeTrue();
            (entry.Mode & (UnixFileMode.SetUser | UnixFileMode.SetGroup | UnixFileMode.OtherWrite)).ShouldBe(UnixFileMode.None);
            if (entry.EntryType == TarEntryType.RegularFile) { (entry.Mode & UnixFileMode.UserExecute).ShouldBe(UnixFileMode.None); }
            found[entry.Name] = entry.DataStream is { } data ? await new StreamReader(data).ReadToEndAsync() : null;
        }

        found["index.html"].ShouldBe("首页");
        found["css/a.css"].ShouldBe("body{}");
        found[long_].ShouldBe("长");
        found.Keys.ShouldContain("empty/");
    }

    [Theory]
    [InlineData("../a.html", 0, "path")]
    [InlineData("a/../../b", 0, "path")]
    [InlineData("/etc/passwd", 0, "path")]
    [InlineData("a\\..\\b", 0, "path")]
    [InlineData("a//b", 0, "path")]
    [InlineData("./a", 0, "path")]
    [InlineData("a\nb", 0, "path")]
    [InlineData("link", 0xA1FF, "kind")]
    [InlineData("pipe", 0x11FF, "kind")]
    [InlineData("device", 0x61FF, "kind")]
    [InlineData("folder", 0x41ED, "kind")]
    [InlineData("index.html", 0, "twice")]
    [InlineData("index.html/b", 0, "twice")]
    public async Task Strange_IsRefusedAndNamed(string path, int mode, string fault)
    {
        using var zip = Zip([("index.html", "x", 0), (path, "/etc/passwd", mode)]);
        (await SiteArchive.RepackAsync(zip, new MemoryStream(), default)).Fault.ShouldBe(fault);
    }

    [Fact]
    public async Task TooLongTooManyTooLargeNoIndexNoZip_AreRefused()
    {
        (await FaultOf([("index.html", "x", 0), ($"{new string('a', 201)}", "x", 0)])).ShouldBe("path");
        (await FaultOf([("a.html", "x", 0)])).ShouldBe("index");
        (await FaultOf([("index.html", "x", 0), ("index.html/", "", 0)])).ShouldBe("twice");
        (await FaultOf([("index.html", "x", 0), .. Enumerable.Range(0, SiteArchive.MostEntries).Select(n => ($"{n}", "", 0))])).ShouldBe("many");
        // Folders that only paths name count too.
        (await FaultOf([("index.html", "x", 0), .. Enumerable.Range(0, SiteArchive.MostEntries / 2).Select(n => ($"{n}/{n}", "", 0))])).ShouldBe("many");
        (await SiteArchive.RepackAsync(new MemoryStream("PK no zip at all"u8.ToArray()), new MemoryStream(), default)).Fault.ShouldBe("unreadable");
        using var cut = Zip([("index.html", new string('x', 10_000), 0)]);
        (await SiteArchive.RepackAsync(new MemoryStream(cut.ToArray()[..^30]), new MemoryStream(), default)).Fault.ShouldBe("unreadable");
    }

    [Fact]
    public async Task Bomb_IsRefusedByWhatComesOut_NotByWhatItSays()
    {
        var file = Path.GetTempFileName();
        try
        {
            await using (var packed = File.Create(file))
            await using (var archive = new ZipArchive(packed, ZipArchiveMode.Create))
            {
                await using var entry = await archive.CreateEntry("index.html", CompressionLevel.Fastest).OpenAsync();
                var zeros = new byte[1 << 20];
                for (var n = 0; n <= SiteArchive.MostBytes >> 20; n++) { await entry.WriteAsync(zeros); }
            }

            var bytes = await File.ReadAllBytesAsync(file);
            bytes.Length.ShouldBeLessThan(SiteArchive.MostZipBytes);
            await using var tar = new FileStream(file, new FileStreamOptions { Mode = FileMode.Truncate, Access = FileAccess.ReadWrite });
            (await SiteArchive.RepackAsync(new MemoryStream(bytes), tar, default)).Fault.ShouldBe("large");
            tar.Length.ShouldBeLessThan(SiteArchive.MostBytes + (2 << 20));
        }
        finally { File.Delete(file); }
    }

    private static async Task<string?> FaultOf(IEnumerable<(string, string, int)> entries)
    {
        using var zip = Zip(entries);
        return (await SiteArchive.RepackAsync(zip, new MemoryStream(), default)).Fault;
    }

    /// <summary>A zip with these paths, contents and Unix modes.</summary>
    internal static MemoryStream Zip(IEnumerable<(string Path, string Content, int Mode)> entries)
    {
        var packed = new MemoryStream();
        using (var archive = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (path, content, mode) in entries)
            {
                var entry = archive.CreateEntry(path);
                entry.ExternalAttributes = mode << 16;
                // The same files are the same bytes, whenever they were packed.
                entry.LastWriteTime = new DateTimeOffset(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);
                using var writer = entry.Open();
                writer.Write(Encoding.UTF8.GetBytes(content));
            }
        }

        packed.Position = 0;
        return packed;
    }
}
