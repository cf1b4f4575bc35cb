using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Parquet;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Import;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Import;

/// <summary>Reads files as the platform does and looks at what came of them, the Parquet objects by another reader than the one that wrote them.</summary>
internal sealed class ImportBench(PlatformFixture platform)
{
    internal static readonly CancellationToken Ct = CancellationToken.None;

    internal ObjectStore Store => platform.App.Services.GetRequiredService<ObjectStore>();

    internal TableWriter Writer => platform.App.Services.GetRequiredService<TableWriter>();

    internal static Encoding Gb18030 => CodePagesEncodingProvider.Instance.GetEncoding("gb18030")!;

    internal Task<ImportedTable> Read(string text, string format = "CSV", ImportChoices? choices = null, Encoding? encoding = null) =>
        Read(new MemoryStream((encoding ?? new UTF8Encoding(false)).GetBytes(text)), format, choices);

    internal Task<ImportedTable> Read(Stream file, string format, ImportChoices? choices = null) =>
        platform.App.Services.GetRequiredService<FileImport>().ReadAsync(file, format, choices ?? ImportChoices.None, null, Ct);

    internal async Task<string> FaultOf(string text, string format = "CSV", ImportChoices? choices = null) => (await Should.ThrowAsync<ImportFault>(() => Read(text, format, choices))).Code;

    /// <summary>All cells of a table, by physical column, as text; null where there is none.</summary>
    internal async Task<Dictionary<string, string?[]>> Cells(Zhengtong.OpenData.Model.DataTable table)
    {
        await using var content = (await Store.OpenAsync(table.Content, Ct)).ShouldNotBeNull();
        var copy = new MemoryStream();
        await content.CopyToAsync(copy, Ct);
        copy.Length.ShouldBe(table.Bytes);
        copy.Position = 0;
        await using var reader = await ParquetReader.CreateAsync(copy);
        var cells = reader.Schema.GetDataFields().ToDictionary(f => f.Name, _ => new List<string?>());
        for (var group = 0; group < reader.RowGroupCount; group++)
        {
            using var rows = reader.OpenRowGroupReader(group);
            foreach (var field in reader.Schema.GetDataFields())
            {
                var count = (int)rows.RowCount;
                var list = cells[field.Name];
                if (field.ClrType == typeof(ReadOnlyMemory<char>) || field.ClrType == typeof(string))
                {
                    var texts = new string?[count];
                    await rows.ReadAsync(field, texts!.AsMemory()!, null, Ct);
                    list.AddRange(texts);
                }
                else if (field.ClrType == typeof(long)) { list.AddRange(await Column<long>()); }
                else if (field.ClrType == typeof(double)) { list.AddRange(await Column<double>()); }
                else if (field.ClrType == typeof(decimal)) { list.AddRange(await Column<decimal>()); }
                else if (field.ClrType == typeof(bool)) { list.AddRange(await Column<bool>()); }
                else if (field.ClrType == typeof(DateOnly)) { list.AddRange(await Column<DateOnly>()); }
                else if (field.ClrType == typeof(TimeOnly)) { list.AddRange(await Column<TimeOnly>()); }
                else if (field.ClrType == typeof(TimeSpan)) { list.AddRange(await Column<TimeSpan>()); }
                else { list.AddRange(await Column<DateTime>()); }

                async Task<IEnumerable<string?>> Column<T>() where T : struct
                {
                    if (!field.IsNullable)
                    {
                        var plain = new T[count];
                        await rows.ReadAsync<T>(field, plain.AsMemory(), null, Ct);
                        return plain.Select(v => TextOf(v));
                    }

                    var values = new T?[count];
                    await rows.ReadAsync<T>(field, values.AsMemory(), null, Ct);
                    return values.Select(v => v is null ? null : TextOf(v));
                }
            }
        }

        cells["_id"].ShouldBe(Enumerable.Range(1, (int)table.Rows).Select(n => $"{n}"));
        return cells.ToDictionary(c => c.Key, c => c.Value.ToArray());
    }

    /// <summary>The bad rows of a table.</summary>
    internal async Task<List<BadRow>> BadRows(ImportedTable table) => table.BadRows is { } digest ? await BadRows(digest) : [];

    internal async Task<List<BadRow>> BadRows(Digest digest)
    {
        await using var content = (await Store.OpenAsync(digest, Ct)).ShouldNotBeNull();
        using var reader = new StreamReader(content);
        var rows = new List<BadRow>();
        while (await reader.ReadLineAsync(Ct) is { } line) { rows.Add(JsonSerializer.Deserialize<BadRow>(line, BadRowList.Json)!); }
        return rows;
    }

    /// <summary>A workbook of one sheet from its parts.</summary>
    internal static MemoryStream Workbook(string sheetData, string styles = "", string shared = "", string workbookPr = "", string after = "", params (string Name, string Text)[] more)
    {
        const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", Office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Put("xl/workbook.xml", $"""<workbook xmlns="{Main}" xmlns:r="{Office}">{workbookPr}<sheets><sheet name="表" sheetId="1" r:id="rId1"/></sheets></workbook>""");
            Put("xl/_rels/workbook.xml.rels", """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="t" Target="worksheets/sheet1.xml"/></Relationships>""");
            Put("xl/worksheets/sheet1.xml", $"""<worksheet xmlns="{Main}"><sheetData>{sheetData}</sheetData>{after}</worksheet>""");
            if (styles.Length > 0) { Put("xl/styles.xml", $"""<styleSheet xmlns="{Main}">{styles}</styleSheet>"""); }
            if (shared.Length > 0) { Put("xl/sharedStrings.xml", $"""<sst xmlns="{Main}">{shared}</sst>"""); }
            foreach (var (name, text) in more) { Put(name, text); }

            void Put(string name, string text)
            {
                using var entry = zip.CreateEntry(name, CompressionLevel.Optimal).Open();
                entry.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        stream.Position = 0;
        return stream;
    }

    /// <summary>A row of a sheet with texts in its cells.</summary>
    internal static string SheetRow(int number, params string[] texts) => $"<row r=\"{number}\">{string.Concat(texts.Select((t, n) => t.Length == 0 ? "" : $"<c r=\"{(char)('A' + n)}{number}\" t=\"inlineStr\"><is><t>{t}</t></is></c>"))}</row>";

    private static string TextOf(object value) => value switch
    {
        bool b => b ? "true" : "false",
        DateOnly d => d.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime d when d.TimeOfDay == TimeSpan.Zero => d.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime d => d.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        TimeOnly t => t.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        TimeSpan t => t.ToString("c", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
