using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Xml;

namespace Zhengtong.OpenData.Import;

/// <summary>Reads one sheet of a workbook (ECMA-376). Formulas give the value that was kept with them; other files are never opened. Dates are numbers with a date's style, counted from 1900 or 1904.
/// Header rows: a title above is passed over, cells merged across and the rows below them become one name with the parts joined by <c>_</c>.</summary>
internal sealed class XlsxRows : RowSource
{
    private const int HeaderSearch = 20, MostSheetColumns = 16_384, MostParts = 10_000;
    private readonly ZipArchive zip;
    private readonly Gauge gauge;
    private readonly TableScratch scratch;
    private readonly List<SourceColumn> columns = [];
    private readonly Queue<SheetRow> ahead = new();
    private readonly List<Style> styles = [];
    private SharedTexts? texts;
    private XmlReader? sheet;
    private bool is1904;
    private long formulasWithout, cutNumbers;
    private SheetRow current = new(0, []);
    private long lastRow;

    private XlsxRows(ImportOptions limits, ZipArchive zip, TableScratch scratch) : base(limits) => (this.zip, this.scratch, gauge) = (zip, scratch, new Gauge(limits));

    internal override IReadOnlyList<SourceColumn> Columns => columns;

    internal override long BytesRead => gauge.Packed;

    internal static async Task<XlsxRows> OpenAsync(string path, ImportChoices choices, ImportOptions limits, TableScratch scratch, CancellationToken ct)
    {
        XlsxRows? rows = null;
        var file = TextEncoding.Open(path);
        try
        {
            rows = new XlsxRows(limits, new ZipArchive(file, ZipArchiveMode.Read), scratch);
            await rows.StartAsync(choices, ct);
            return rows;
        }
        catch (Exception e) when (e is InvalidDataException or XmlException or FormatException or OverflowException)
        {
            await (rows?.DisposeAsync() ?? file.DisposeAsync());
            throw new ImportFault("xlsx", e is XmlException { Message: var m } && m.Contains("DTD", StringComparison.Ordinal) ? "doctype" : e.GetType().Name);
        }
        catch
        {
            await (rows?.DisposeAsync() ?? file.DisposeAsync());
            throw;
        }
    }

    internal override async ValueTask<bool> ReadAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        try
        {
            while (ahead.TryDequeue(out var row) || (row = await NextAsync()) is not null)
            {
                current = row;
                Begin(columns.Count);
                Line = row.Number;
                var isEmpty = true;
                foreach (var cell in row.Cells)
                {
                    if (cell.Text.Length == 0 && !cell.IsTooLong) { continue; }
                    isEmpty = false;
                    if (cell.IsTooLong) { Spoil("cell-too-long", cell.Column < columns.Count ? cell.Column : -1); }
                    else if (cell.Column >= columns.Count) { Spoil("cell-count", detail: $"{cell.Column + 1} / {columns.Count}"); }
                    else { Set(cell.Column, cell.Text, cell.Kind); }
                }

                if (!isEmpty) { return true; }
            }
        }
        catch (Exception e) when (e is XmlException or InvalidDataException) { throw new ImportFault("xlsx", e.GetType().Name); }

        if (formulasWithout > 0) { Warn("formulas-without-values", $"{formulasWithout}"); }
        if (cutNumbers > 0) { Warn("digits-cut", $"{cutNumbers}"); }
        return false;
    }

    internal override string RawOf(int most) => HeaderNames.Cut(string.Join('\t', current.Cells.Take(200).Select(c => HeaderNames.Cut(c.Text, 1000))), most);

    public override ValueTask DisposeAsync()
    {
        sheet?.Dispose();
        texts?.Dispose();
        zip.Dispose();
        return ValueTask.CompletedTask;
    }

    private static XmlReaderSettings Settings { get; } = new() { Async = true, DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true };

    private async Task StartAsync(ImportChoices choices, CancellationToken ct)
    {
        if (zip.Entries.Count > MostParts) { throw new ImportFault("unpacked", $"{zip.Entries.Count}"); }
        if (zip.Entries.Any(e => e.FullName.Contains("externalLinks/", StringComparison.OrdinalIgnoreCase))) { Warn("external-links"); }
        var part = await FindSheetAsync(choices, ct);
        await ReadStylesAsync(ct);
        if (zip.GetEntry("xl/sharedStrings.xml") is { } shared) { texts = await SharedTexts.ReadAsync(Reader(shared), scratch.NewPath("texts"), Limits, ct); }
        var merges = await FindMergesAsync(part, ct);
        sheet = Reader(part);
        await ReadHeaderAsync(choices, merges);
    }

    private XmlReader Reader(ZipArchiveEntry entry) => XmlReader.Create(gauge.Open(entry), Settings);

    private async Task<ZipArchiveEntry> FindSheetAsync(ImportChoices choices, CancellationToken ct)
    {
        var workbook = zip.GetEntry("xl/workbook.xml") ?? throw new ImportFault("xlsx", "workbook");
        var sheets = new List<(string Name, string Relation, bool IsHidden)>();
        using (var reader = Reader(workbook))
        {
            while (await reader.ReadAsync())
            {
                ct.ThrowIfCancellationRequested();
                if (reader.NodeType != XmlNodeType.Element) { continue; }
                if (reader.LocalName == "workbookPr") { is1904 = reader.GetAttribute("date1904") is "1" or "true"; }
                if (reader.LocalName != "sheet" || sheets.Count > 1000) { continue; }
                var relation = reader.GetAttribute("id", "http://schemas.openxmlformats.org/officeDocument/2006/relationships") ?? reader.GetAttribute("id", "http://purl.oclc.org/ooxml/officeDocument/relationships");
                sheets.Add((reader.GetAttribute("name") ?? "", relation ?? "", reader.GetAttribute("state") is "hidden" or "veryHidden"));
            }
        }

        var targets = new Dictionary<string, string>(StringComparer.Ordinal);
        if (zip.GetEntry("xl/_rels/workbook.xml.rels") is { } relations)
        {
            using var reader = Reader(relations);
            while (await reader.ReadAsync())
            {
                if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "Relationship" && reader.GetAttribute("TargetMode") != "External") { targets[reader.GetAttribute("Id") ?? ""] = reader.GetAttribute("Target") ?? ""; }
            }
        }

        ZipArchiveEntry? PartOf(string relation) => targets.TryGetValue(relation, out var target) ? zip.GetEntry(target.StartsWith('/') ? target[1..] : $"xl/{target}") : null;
        var usable = sheets.Where(s => PartOf(s.Relation) is not null).ToList();
        if (choices.Sheet is { } wanted)
        {
            return usable.Where(s => s.Name == wanted).Select(s => PartOf(s.Relation)).FirstOrDefault() ?? throw new ImportFault("sheet", HeaderNames.Cut(string.Join(", ", sheets.Select(s => s.Name)), 500));
        }

        foreach (var found in usable.OrderBy(s => s.IsHidden))
        {
            var part = PartOf(found.Relation)!;
            if (!await HasCellsAsync(part)) { continue; }
            if (usable.Count > 1) { Warn("other-sheets", string.Join(", ", usable.Where(s => s != found).Select(s => s.Name))); }
            return part;
        }

        throw new ImportFault("empty");
    }

    private async Task<bool> HasCellsAsync(ZipArchiveEntry part)
    {
        using var reader = Reader(part);
        while (await reader.ReadAsync())
        {
            if (reader.NodeType == XmlNodeType.Element && reader.LocalName is "v" or "t" && reader.NodeType == XmlNodeType.Element) { return true; }
        }

        return false;
    }

    private async Task ReadStylesAsync(CancellationToken ct)
    {
        if (zip.GetEntry("xl/styles.xml") is not { } part) { return; }
        var formats = new Dictionary<int, string>();
        using var reader = Reader(part);
        var inside = false;
        while (await reader.ReadAsync())
        {
            ct.ThrowIfCancellationRequested();
            if (reader.NodeType == XmlNodeType.EndElement && reader.LocalName == "cellXfs") { return; }
            if (reader.NodeType != XmlNodeType.Element) { continue; }
            if (reader.LocalName == "numFmt" && int.TryParse(reader.GetAttribute("numFmtId"), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) { formats[id] = reader.GetAttribute("formatCode") ?? ""; }
            if (reader.LocalName == "cellXfs") { inside = true; }
            if (!inside || reader.LocalName != "xf") { continue; }
            _ = int.TryParse(reader.GetAttribute("numFmtId"), NumberStyles.None, CultureInfo.InvariantCulture, out var format);
            if (styles.Count < 65_536) { styles.Add(Style.Of(format, formats.GetValueOrDefault(format))); }
        }
    }

    /// <summary>The merged areas of the sheet's first rows; they stand behind the rows, so the part is looked through once for them.</summary>
    private async Task<List<Area>> FindMergesAsync(ZipArchiveEntry part, CancellationToken ct)
    {
        var areas = new List<Area>();
        using var reader = Reader(part);
        var below = 0L;
        await reader.MoveToContentAsync();
        while (!reader.EOF)
        {
            ct.ThrowIfCancellationRequested();
            if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "sheetData")
            {
                await reader.SkipAsync();
                continue;
            }

            if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "mergeCell" && Area.TryParse(reader.GetAttribute("ref"), out var area))
            {
                if (area.Top <= HeaderSearch + 100 && areas.Count < 20_000) { areas.Add(area); }
                else { below++; }
            }

            await reader.ReadAsync();
        }

        if (below > 0) { Warn("merged-cells", $"{below}"); }
        return areas;
    }

    private async Task ReadHeaderAsync(ImportChoices choices, List<Area> merges)
    {
        var head = new List<SheetRow>();
        while (head.Count < HeaderSearch + (choices.HeaderRow ?? 0) && await NextAsync() is { } row)
        {
            if (row.Number < choices.HeaderRow) { continue; }
            if (row.Cells.Any(c => c.Text.Length > 0)) { head.Add(row); }
        }

        if (head.Count == 0) { throw new ImportFault("empty"); }
        var first = 0;
        if (choices.HeaderRow is null)
        {
            // A title stands alone above what has more cells.
            static int Filled(SheetRow row) => row.Cells.Count(c => c.Text.Length > 0);
            while (first + 1 < head.Count && Filled(head[first]) == 1 && Filled(head[first + 1]) > 1) { first++; }
            if (first + 2 < head.Count && Filled(head[first]) == 1 && Filled(head[first + 2]) > 2) { first += 2; }
            if (first > 0) { Warn("title-rows", $"{head[first - 1].Number}"); }
        }

        var top = head[first];
        // A cell merged across has others below it that say more; one merged downwards reaches as far as the header.
        var own = merges.Where(m => m.Top == top.Number).ToList();
        var bottom = own.Count == 0 ? top.Number : own.Max(m => m.Bottom + (m.Left < m.Right && own.Exists(o => o.Bottom > m.Bottom || (o.Left == o.Right && o.Bottom > o.Top)) ? 0 : m.Left < m.Right && m.Bottom == top.Number ? 1 : 0));
        bottom = Math.Min(bottom, top.Number + 5);
        var rows = head.Skip(first).TakeWhile(r => r.Number <= bottom).ToList();
        var width = rows.SelectMany(r => r.Cells).Where(c => c.Text.Length > 0).Select(c => c.Column + 1).Append(0).Max();
        foreach (var merge in merges.Where(m => m.Top >= top.Number && m.Bottom <= bottom)) { width = Math.Max(width, merge.Right); }
        if (width > Limits.Columns) { throw new ImportFault("too-many-columns", $"{width} > {Limits.Columns}"); }
        for (var column = 0; column < width; column++)
        {
            var parts = new List<string>();
            foreach (var row in rows)
            {
                var area = merges.Find(m => m.Holds(row.Number, column + 1));
                var text = area is null ? row.TextOf(column) : rows.Find(r => r.Number == area.Top)?.TextOf(area.Left - 1) ?? "";
                if (text.Length > 0 && (parts.Count == 0 || parts[^1] != text)) { parts.Add(text); }
            }

            columns.Add(new SourceColumn(string.Join('_', parts)));
        }

        if (rows.Count > 1) { Warn("header-rows", $"{top.Number}-{bottom}"); }
        foreach (var row in head.Skip(first + rows.Count)) { ahead.Enqueue(row); }
    }

    /// <summary>The next row of the sheet; null at its end.</summary>
    private async ValueTask<SheetRow?> NextAsync()
    {
        while (await sheet!.ReadAsync())
        {
            if (sheet.NodeType == XmlNodeType.EndElement && sheet.LocalName == "sheetData") { return null; }
            if (sheet.NodeType != XmlNodeType.Element || sheet.LocalName != "row") { continue; }
            lastRow = long.TryParse(sheet.GetAttribute("r"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : lastRow + 1;
            var cells = new List<SheetCell>();
            if (!sheet.IsEmptyElement) { await ReadCellsAsync(cells); }
            return new SheetRow(lastRow, cells);
        }

        return null;
    }

    private async Task ReadCellsAsync(List<SheetCell> cells)
    {
        var column = -1;
        var room = new char[1024];
        var value = new StringBuilder();
        while (await sheet!.ReadAsync())
        {
            if (sheet.NodeType == XmlNodeType.EndElement && sheet.LocalName == "row") { return; }
            if (sheet.NodeType != XmlNodeType.Element || sheet.LocalName != "c") { continue; }
            column = Area.ColumnOf(sheet.GetAttribute("r")) is var at and > 0 ? at - 1 : column + 1;
            var type = sheet.GetAttribute("t") ?? "n";
            _ = int.TryParse(sheet.GetAttribute("s"), NumberStyles.None, CultureInfo.InvariantCulture, out var style);
            if (sheet.IsEmptyElement || column >= MostSheetColumns) { continue; }
            var (inside, hasFormula, hasValue, isTooLong, isPhonetic) = ("", false, false, false, false);
            value.Clear();
            while (await sheet.ReadAsync())
            {
                if (sheet.NodeType == XmlNodeType.EndElement)
                {
                    if (sheet.LocalName == "c") { break; }
                    if (sheet.LocalName == "rPh") { isPhonetic = false; }
                    inside = "";
                }
                else if (sheet.NodeType == XmlNodeType.Element)
                {
                    inside = sheet.IsEmptyElement ? "" : sheet.LocalName;
                    isPhonetic |= inside == "rPh";
                    hasFormula |= sheet.LocalName == "f";
                }
                else if (inside is "v" or "t" && !isPhonetic && sheet.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace && inside is "v" or "t")
                {
                    hasValue = true;
                    while (await sheet.ReadValueChunkAsync(room, 0, room.Length) is var count and > 0)
                    {
                        if (value.Length + count <= Limits.CellCharacters) { value.Append(room, 0, count); }
                        else { isTooLong = true; }
                    }
                }
            }

            if (hasFormula && !hasValue) { formulasWithout++; }
            cells.Add(isTooLong ? new SheetCell(column, HeaderNames.Cut(value.ToString(), 1000), CellKind.Text, true) : CellOf(column, type, style, value.ToString()));
        }
    }

    private SheetCell CellOf(int column, string type, int style, string value)
    {
        switch (type)
        {
            case "s":
                return new SheetCell(column, int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && texts?.Find(n) is { } text ? text : "", CellKind.Text, false);
            case "b":
                return new SheetCell(column, value is "1" or "true" ? "true" : "false", CellKind.Boolean, false);
            case "d":
                return new SheetCell(column, value.TrimEnd('Z'), CellKind.Date, false);
            case "n" when value.Length > 0:
                var format = style < styles.Count ? styles[style] : default;
                if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number)) { return new SheetCell(column, value, CellKind.Text, false); }
                if (format.IsDate && DateOf(number, format) is { } date) { return new SheetCell(column, date, CellKind.Date, false); }
                // 000000 shows a code with its leading zeros; the code is meant.
                if (format.Zeros > 1 && number >= 0 && number < 1e15 && number == Math.Floor(number)) { return new SheetCell(column, ((long)number).ToString(CultureInfo.InvariantCulture).PadLeft(format.Zeros, '0'), CellKind.Text, false); }
                if (Math.Abs(number) >= 1e15 && number == Math.Floor(number)) { cutNumbers++; }
                return new SheetCell(column, Math.Abs(number) < 1e15 && number == Math.Floor(number) ? ((long)number).ToString(CultureInfo.InvariantCulture) : Plain(number), CellKind.Number, false);
            default:
                return new SheetCell(column, Unescape(value), CellKind.Text, false);
        }
    }

    /// <summary>The number as a workbook shows it: 15 digits, without a power where it can be.</summary>
    private static string Plain(double number)
    {
        var text = number.ToString("G15", CultureInfo.InvariantCulture);
        return text.Contains('E', StringComparison.Ordinal) && Math.Abs(number) is >= 1e-9 and < 1e28 ? ((decimal)number).ToString(CultureInfo.InvariantCulture) : text;
    }

    private string? DateOf(double serial, Style format)
    {
        // The day that 1900 did not have, 29 February, is counted.
        if (serial < 0 || serial >= 2_958_466) { return null; }
        var day = is1904 ? new DateTime(1904, 1, 1) : serial < 60 ? new DateTime(1899, 12, 31) : new DateTime(1899, 12, 30);
        var ticks = (long)Math.Round(serial * 86_400_000) * TimeSpan.TicksPerMillisecond;
        var moment = day.AddTicks(ticks);
        if (serial < 1 && format.IsTimeOnly) { return moment.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture); }
        return moment.TimeOfDay == TimeSpan.Zero ? moment.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : moment.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture);
    }

    /// <summary>_x000D_ and the like, by which control characters are written.</summary>
    internal static string Unescape(string text)
    {
        if (!text.Contains("_x", StringComparison.Ordinal)) { return text; }
        var plain = new StringBuilder(text.Length);
        for (var n = 0; n < text.Length; n++)
        {
            if (text[n] == '_' && n + 6 < text.Length && text[n + 1] == 'x' && text[n + 6] == '_' && ushort.TryParse(text.AsSpan(n + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) && !char.IsSurrogate((char)code))
            {
                plain.Append((char)code);
                n += 6;
            }
            else { plain.Append(text[n]); }
        }

        return plain.ToString();
    }

    private sealed record SheetRow(long Number, List<SheetCell> Cells)
    {
        internal string TextOf(int column) => Cells.Find(c => c.Column == column).Text ?? "";
    }

    private readonly record struct SheetCell(int Column, string Text, CellKind Kind, bool IsTooLong);

    private sealed record Area(int Left, long Top, int Right, long Bottom)
    {
        internal bool Holds(long row, int column) => row >= Top && row <= Bottom && column >= Left && column <= Right;

        internal static bool TryParse(string? reference, out Area area)
        {
            area = new Area(0, 0, 0, 0);
            if (reference?.Split(':') is not [var from, var to]) { return false; }
            var (left, right) = (ColumnOf(from), ColumnOf(to));
            if (left == 0 || right == 0 || !long.TryParse(from.AsSpan(from.IndexOfAnyInRange('0', '9')), NumberStyles.None, CultureInfo.InvariantCulture, out var top)
                || !long.TryParse(to.AsSpan(to.IndexOfAnyInRange('0', '9')), NumberStyles.None, CultureInfo.InvariantCulture, out var bottom)) { return false; }
            area = new Area(left, top, right, bottom);
            return true;
        }

        /// <summary>The column of a reference such as AB12, from 1; 0 for what is none.</summary>
        internal static int ColumnOf(string? reference)
        {
            var column = 0;
            foreach (var c in reference ?? "")
            {
                if (char.IsAsciiDigit(c)) { return column; }
                if (c is not (>= 'A' and <= 'Z') || column > MostSheetColumns) { return 0; }
                column = (column * 26) + c - 'A' + 1;
            }

            return 0;
        }
    }

    private readonly record struct Style(bool IsDate, bool IsTimeOnly, int Zeros)
    {
        internal static Style Of(int id, string? code)
        {
            if (id is (>= 14 and <= 17) or 22 or (>= 27 and <= 31) or 36 or (>= 50 and <= 54) or 57 or 58) { return new(true, false, 0); }
            if (id is (>= 18 and <= 21) or (>= 32 and <= 35) or (>= 45 and <= 47) or 55 or 56) { return new(true, true, 0); }
            if (code is null) { return default; }
            if (code.Length is > 1 and <= 20 && code.All(c => c == '0')) { return new(false, false, code.Length); }
            var (plain, quoted) = (new StringBuilder(), false);
            for (var n = 0; n < code.Length; n++)
            {
                if (code[n] == '"') { quoted = !quoted; }
                else if (quoted) { continue; }
                else if (code[n] is '\\' or '_' or '*') { n++; }
                else if (code[n] == '[' && code.IndexOf(']', n) is var close and > 0)
                {
                    // [h] counts hours; [Red] and [$-804] say nothing about dates.
                    if (code[(n + 1)..close].All(c => c is 'h' or 'm' or 's' or 'H' or 'M' or 'S')) { plain.Append(code.AsSpan(n + 1, close - n - 1)); }
                    n = close;
                }
                else if (code[n] == ';') { break; }
                else { plain.Append(char.ToLowerInvariant(code[n])); }
            }

            var text = plain.ToString();
            if (text.Contains("general", StringComparison.Ordinal) || text.ContainsAny('#', '?')) { return default; }
            var (date, time) = (text.ContainsAny('y', 'd'), text.ContainsAny('h', 's'));
            return date || time || text.Contains('m', StringComparison.Ordinal) ? new(true, !date && time, 0) : default;
        }
    }

    /// <summary>Counts what is unpacked, over all parts.</summary>
    private sealed class Gauge(ImportOptions limits)
    {
        private const long Small = 64_000_000;
        private long total;

        internal long Packed { get; private set; }

        internal Stream Open(ZipArchiveEntry entry) => new Counted(entry.Open(), this, entry.CompressedLength);

        private void Count(int bytes, long part, long packed)
        {
            total += bytes;
            Packed = Math.Max(Packed, Math.Min(packed, part));
            // Each part is read up to three times.
            if (part > limits.UnpackedBytes || total > limits.UnpackedBytes * 3 || (part > Small && part / Math.Max(1, packed) > limits.UnpackedRatio)) { throw new ImportFault("unpacked", $"{part} / {packed}"); }
        }

        private sealed class Counted(Stream inner, Gauge gauge, long packed) : Stream
        {
            private long part;

            public override bool CanRead => true;

            public override bool CanSeek => false;

            public override bool CanWrite => false;

            public override long Length => throw new NotSupportedException();

            public override long Position { get => part; set => throw new NotSupportedException(); }

            public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => Count(await inner.ReadAsync(buffer, cancellationToken));

            public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

            public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

            public override void Flush() { }

            public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

            public override void SetLength(long value) => throw new NotSupportedException();

            public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

            protected override void Dispose(bool disposing)
            {
                if (disposing) { inner.Dispose(); }
                base.Dispose(disposing);
            }

            private int Count(int read)
            {
                part += read;
                gauge.Count(read, part, packed);
                return read;
            }
        }
    }
}
