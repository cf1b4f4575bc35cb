using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Import;

/// <summary>Makes a typed table of a file, in memory that does not grow with it. The file is looked through once to learn from all values what each column may be without loss, and read again to write the table.
/// Rows that cannot be read are listed and the others are kept.</summary>
internal sealed class FileImport(ObjectStore store, TableWriter writer, TableScratch scratch, IOptions<ImportOptions> options)
{
    private static readonly FrozenSet<string> Formats = FrozenSet.ToFrozenSet(["CSV", "TSV", "XLSX", "JSON", "JSONL", "GEOJSON", "PARQUET", "XML"], StringComparer.Ordinal);
    private const int ReportEvery = 4096;

    /// <summary>True for formats in which a table can be: CSV, TSV, XLSX, JSON, JSONL, GEOJSON, PARQUET, XML.</summary>
    internal static bool Reads(string format) => Formats.Contains(format);

    /// <summary>Reads a file to its end. Not inside an open transaction of the platform's database.</summary>
    /// <param name="file">Its bytes from the beginning.</param>
    /// <param name="format">One that <see cref="Reads"/> knows, upper case.</param>
    /// <param name="choices">What a person decided.</param>
    /// <param name="progress">Called now and then on the reading thread; null for nobody.</param>
    /// <param name="ct">Stops it; nothing is left behind.</param>
    /// <exception cref="ImportFault">The file cannot be read as a table.</exception>
    internal async Task<ImportedTable> ReadAsync(Stream file, string format, ImportChoices choices, Action<ImportProgress>? progress, CancellationToken ct)
    {
        if (!Reads(format)) { throw new ImportFault("format", format); }
        var path = scratch.NewPath("source");
        try
        {
            await using (var spool = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous)) { await file.CopyToAsync(spool, 256 * 1024, ct); }
            return await ReadAsync(path, format, choices, progress, ct);
        }
        finally
        {
            TableScratch.Remove(path);
        }
    }

    private async Task<ImportedTable> ReadAsync(string path, string format, ImportChoices choices, Action<ImportProgress>? progress, CancellationToken ct)
    {
        if (new FileInfo(path).Length == 0) { throw new ImportFault("empty"); }
        var limits = options.Value;
        var (encoding, mark) = format is "XLSX" or "PARQUET" ? (null, 0) : ((Encoding?, int))await TextEncoding.FindAsync(path, ct);
        var missing = choices.Missing is { } own ? FrozenSet.ToFrozenSet(own, StringComparer.Ordinal) : CellShape.Missing;
        Task<RowSource> OpenAsync() => this.OpenAsync(path, format, encoding, mark, choices, limits, ct);

        List<ColumnWitness> witnesses;
        long rows;
        await using (var source = await OpenAsync()) { (witnesses, rows) = await HearAsync(source, missing, choices.Missing is not null, progress, limits, ct); }
        if (witnesses.Count == 0) { throw new ImportFault("empty"); }
        var (columns, evidence) = Plan(witnesses, choices, rows);
        var warnings = new List<ImportWarning>();
        var places = PlacesOf(columns, witnesses, choices, format, warnings);

        await using var bad = new BadRowList(scratch.NewPath("bad"), limits.ListedBadRows);
        await using (var source = await OpenAsync())
        {
            var table = await writer.WriteAsync(columns, RowsAsync(source, columns, missing, bad, progress, limits, ct), places, ct);
            var digest = await bad.PutAsync(store, ct);
            if (bad.Count > (table.Rows + bad.Count) * limits.BadShare) { throw new ImportFault("too-many-bad", $"{bad.Count} / {table.Rows + bad.Count}") { BadRows = digest, BadRowCount = bad.Count }; }
            warnings.InsertRange(0, source.Warnings);
            return new ImportedTable(table, evidence, digest, bad.Count, warnings, encoding?.WebName);
        }
    }

    private async Task<RowSource> OpenAsync(string path, string format, Encoding? encoding, int mark, ImportChoices choices, ImportOptions limits, CancellationToken ct)
    {
        switch (format)
        {
            case "CSV": return await CsvRows.OpenAsync(path, encoding!, mark, choices.Delimiter, limits, ct);
            case "TSV": return await CsvRows.OpenAsync(path, encoding!, mark, choices.Delimiter ?? '\t', limits, ct);
            case "XLSX": return await XlsxRows.OpenAsync(path, choices, limits, scratch, ct);
            case "PARQUET": return ParquetRows.Open(path, limits);
            case "XML": return await XmlRows.OpenAsync(path, encoding!, mark, limits, ct);
            default:
                var file = TextEncoding.Open(path);
                file.Position = mark;
                Stream utf8 = encoding is UTF8Encoding ? file : Encoding.CreateTranscodingStream(file, encoding!, new UTF8Encoding(false));
                return new JsonRows(limits, utf8, format switch { "JSONL" => JsonForm.Lines, "GEOJSON" => JsonForm.Geo, _ => JsonForm.Array });
        }
    }

    /// <summary>The first pass: every value of every row that can be read.</summary>
    private static async Task<(List<ColumnWitness> Witnesses, long Rows)> HearAsync(
        RowSource source, FrozenSet<string> missing, bool hasOwnMissing, Action<ImportProgress>? progress, ImportOptions limits, CancellationToken ct)
    {
        var witnesses = new List<ColumnWitness>();
        var words = missing.GetAlternateLookup<ReadOnlySpan<char>>();
        var (rows, seen) = (0L, 0L);
        while (await source.ReadAsync(ct))
        {
            if (++seen % ReportEvery == 0)
            {
                ct.ThrowIfCancellationRequested();
                progress?.Invoke(new ImportProgress(1, seen, source.BytesRead));
            }

            // Also of a bad row: the columns stay the same in both passes.
            while (witnesses.Count < source.Columns.Count) { witnesses.Add(new ColumnWitness(source.Columns[witnesses.Count], words, hasOwnMissing, limits.JsonDepth)); }
            if (source.Fault is not null) { continue; }
            rows++;
            for (var n = 0; n < source.Count; n++) { witnesses[n].Hear(source[n], source.KindOf(n), source.Line); }
        }

        while (witnesses.Count < source.Columns.Count) { witnesses.Add(new ColumnWitness(source.Columns[witnesses.Count], words, hasOwnMissing, limits.JsonDepth)); }
        progress?.Invoke(new ImportProgress(1, seen, source.BytesRead));
        return (witnesses, rows);
    }

    private static (IReadOnlyList<NewColumn> Columns, IReadOnlyList<ColumnEvidence> Evidence) Plan(List<ColumnWitness> witnesses, ImportChoices choices, long rows)
    {
        var chosen = choices.Columns.GroupBy(c => c.Position).ToDictionary(g => g.Key, g => g.Last());
        // A chosen name goes through the same rules: it cannot make two columns one.
        var names = HeaderNames.Of([.. witnesses.Select((w, n) => chosen.GetValueOrDefault(n + 1)?.Name ?? w.Source.Name)]);
        var (columns, evidence, hasGeometry) = (new List<NewColumn>(), new List<ColumnEvidence>(), false);
        foreach (var (n, witness) in witnesses.Index())
        {
            var choice = chosen.GetValueOrDefault(n + 1);
            var (type, ground) = witness.Decide();
            if (choice?.Type is { } wanted && wanted != type) { (type, ground) = (wanted, "chosen"); }
            // One place a row.
            if (type == ColumnType.Geometry && hasGeometry) { type = ColumnType.Json; }
            hasGeometry |= type == ColumnType.Geometry;
            var (precision, scale) = type == ColumnType.Decimal ? DigitsOf(witness, choice) : (0, 0);
            columns.Add(new NewColumn(names[n].Name, type)
            {
                Title = choice?.Title,
                Description = choice?.Description,
                Unit = choice?.Unit ?? HeaderNames.UnitOf(names[n].Name),
                Precision = precision,
                Scale = scale,
                IsKey = choice?.IsKey ?? false,
            });
            var likely = witness.LikelyOf();
            var markers = witness.Markers.Values.Sum();
            evidence.Add(new ColumnEvidence(n + 1, HeaderNames.Cut(witness.Source.Name, 300), names[n].Name, type, ground)
            {
                Values = witness.Values,
                Empty = rows - witness.Values - markers,
                Missing = witness.Markers,
                Likely = witness.Source.Declared is null ? likely.Type : type,
                Against = likely.Against,
                AgainstValue = likely.Value,
                AgainstLine = likely.Line,
                Grouped = witness.Grouped,
                NameChanges = names[n].Changes,
            });
        }

        return (columns, evidence);
    }

    private static (int Precision, int Scale) DigitsOf(ColumnWitness witness, ColumnChoice? choice)
    {
        var scale = Math.Clamp(choice?.Scale ?? Math.Max(witness.MostScale, witness.Source.Scale), 0, 28);
        var precision = choice?.Precision ?? Math.Max(witness.MostIntegerDigits + scale, witness.Source.Precision);
        // Room for a digit more than the values of today need costs nothing.
        return (Math.Clamp(Math.Max(precision, Math.Max(scale, 1)), 1, 28), scale);
    }

    private static NewPlaces? PlacesOf(IReadOnlyList<NewColumn> columns, List<ColumnWitness> witnesses, ImportChoices choices, string format, List<ImportWarning> warnings)
    {
        var geometry = columns.Index().Where(c => c.Item.Type == ColumnType.Geometry).Select(c => c.Index + 1).FirstOrDefault();
        var pair = geometry > 0 ? null : ColumnPlaces.PairOf([.. columns.Select((c, n) => (c.Name, witnesses[n].Source.Name, c.Type, witnesses[n]))]);
        if (geometry == 0 && pair is null) { return null; }
        // GeoJSON is WGS 84 unless somebody says otherwise (RFC 7946, 4).
        if (choices.CoordinateSystem == CoordinateSystem.None && format != "GEOJSON") { warnings.Add(new ImportWarning("coordinates-undeclared", null)); }
        return new NewPlaces(geometry, pair?.Longitude ?? 0, pair?.Latitude ?? 0, choices.CoordinateSystem);
    }

    /// <summary>The second pass: rows of typed cells; what does not fit goes to the list.</summary>
    private static async IAsyncEnumerable<object?[]> RowsAsync(
        RowSource source, IReadOnlyList<NewColumn> columns, FrozenSet<string> missing, BadRowList bad, Action<ImportProgress>? progress, ImportOptions limits, [EnumeratorCancellation] CancellationToken ct)
    {
        var words = missing.GetAlternateLookup<ReadOnlySpan<char>>();
        var readers = columns.Select(c => new CellValue(c, words, limits.JsonDepth)).ToArray();
        var cells = new object?[columns.Count];
        var seen = 0L;
        while (await source.ReadAsync(ct))
        {
            if (++seen % ReportEvery == 0)
            {
                ct.ThrowIfCancellationRequested();
                progress?.Invoke(new ImportProgress(2, seen, source.BytesRead));
            }

            if (source.Fault is { } fault)
            {
                var column = source.FaultColumn >= 0 && source.FaultColumn < columns.Count ? columns[source.FaultColumn].Name : null;
                bad.Add(new BadRow(source.Line, fault, column, source.FaultDetail, source.RawOf(BadRowList.RawLength)));
                continue;
            }

            if (Read(source, readers, cells) is var at and >= 0)
            {
                bad.Add(new BadRow(source.Line, "value", columns[at].Name, HeaderNames.Cut(source[at][..Math.Min(source[at].Length, 201)].ToString(), 200), source.RawOf(BadRowList.RawLength)));
                continue;
            }

            yield return cells;
        }

        progress?.Invoke(new ImportProgress(2, seen, source.BytesRead));
    }

    /// <summary>Reads a row into cells; the first column that does not fit, or -1.</summary>
    private static int Read(RowSource source, CellValue[] readers, object?[] cells)
    {
        for (var n = 0; n < readers.Length; n++)
        {
            if (!readers[n].TryRead(source[n], source.KindOf(n), out cells[n])) { return n; }
        }

        return -1;
    }
}
