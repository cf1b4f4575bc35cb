using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Privacy;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Privacy;

/// <summary>What is found in files that are no tables, whatever they are written in.</summary>
public sealed class FileTextsTests(PlatformFixture platform)
{
    private const string Card = "11010519491231002X";

    public static TheoryData<string, byte[]> Files() => new()
    {
        { "TXT", Encoding.UTF8.GetBytes($"名单\n张三 {Card}\n") },
        { "TXT", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Card)] },
        { "TXT", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes($"名单 {Card}")] },
        { "TXT", CodePagesEncodingProvider.Instance.GetEncoding(54936)!.GetBytes($"名单：张三，身份证{Card}。") },
        { "XML", Encoding.UTF8.GetBytes($"<人><号>{Card}</号></人>") },
        { "JSON", Encoding.UTF8.GetBytes($$"""{"id":"{{Card}}"}""") },
        { "DOCX", Packed(("word/document.xml", $"<w:document><w:p><w:r><w:t>1101051949</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>1231002X</w:t></w:r></w:p></w:document>")) },
        { "XLSX", Packed(("xl/worksheets/sheet1.xml", $"<row><c><v>1</v></c><c><v>2</v></c></row>"), ("xl/sharedStrings.xml", $"<sst><si><t>{Card}</t></si></sst>")) },
        { "ZIP", Packed(($"{Card}.txt", "x")) },
        { "TXT", Encoding.UTF8.GetBytes($"{new string('字', 32 * 1024 - 8)}{Card}{new string('字', 40_000)}") },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Read_CardInAnyFile_IsFoundAndNotShown(string format, byte[] content)
    {
        var found = await ExamineAsync(format, content);
        var finding = found.ShouldHaveSingleItem();
        (finding.Finding.Kind, finding.Finding.Severity, finding.Finding.Sample).ShouldBe(("identity-card", FindingSeverity.Blocks, "110**************X"));
        finding.Content.ShouldBe(Digest.Of(content));
    }

    [Fact]
    public async Task Read_CellsOfASheet_AreNotJoined() =>
        (await ExamineAsync("XLSX", Packed(("xl/worksheets/sheet1.xml", "<row><c><v>44052418</v></c><c><v>8001010014</v></c></row>")))).ShouldBeEmpty();

    [Fact]
    public async Task Read_WhatIsNoText_IsToldAsUnread()
    {
        foreach (var content in new[] { "%PDF-1.7 x"u8.ToArray(), [1, 0, 2, 0], Packed(("word/media/image1.png", "x")) })
        {
            var finding = (await ExamineAsync("PDF", content)).ShouldHaveSingleItem().Finding;
            (finding.Kind, finding.Severity).ShouldBe(("unread-file", FindingSeverity.Warns));
        }
    }

    [Fact]
    public async Task Read_MoreThanTheBound_IsToldAsUnread()
    {
        var content = Encoding.UTF8.GetBytes($"{new string('x', 3_000)}\n{Card}");
        (await ExamineAsync("TXT", content, most: 2_000)).ShouldHaveSingleItem().Finding.Kind.ShouldBe("unread-file");
        (await ExamineAsync("TXT", Packed(("a.txt", new string('x', 3_000))), most: 2_000)).ShouldHaveSingleItem().Finding.Kind.ShouldBe("unread-file");
        (await ExamineAsync("TXT", content[..2_000], most: 2_000)).ShouldBeEmpty();
    }

    private async Task<IReadOnlyList<FindingIn>> ExamineAsync(string format, byte[] content, long most = 1 << 20)
    {
        var services = platform.App.Services;
        var put = await services.GetRequiredService<ObjectStore>().PutAsync(content, default);
        var resource = new DatasetResource { Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), Name = "x", Format = format, FileName = "x", MediaType = "text/plain", Content = put.Digest, Bytes = put.Length };
        var examination = new Examination(services.GetRequiredService<Zhengtong.OpenData.Tables.TableEngine>(), services.GetRequiredService<FileTexts>(), Options.Create(new PrivacyOptions { MostFileBytes = most }), TimeProvider.System);
        return await examination.ReadResourceAsync(resource, _ => Task.CompletedTask, default);
    }

    private static byte[] Packed(params (string Name, string Text)[] entries)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in entries)
            {
                using var entry = archive.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        return stream.ToArray();
    }
}
