using System.Text;
using System.Text.Json;
using System.Xml;

namespace Zhengtong.OpenData.Import;

/// <summary>Reads the repeated elements of an XML file as rows: the elements nearest to the root that come more than once under one path and hold others. Their attributes and leaves are the columns,
/// deeper leaves under names joined by dots; what repeats within a row is a JSON array. No document type, no entities, no other files.</summary>
internal sealed class XmlRows : RowSource
{
    private readonly FileStream file;
    private readonly XmlReader reader;
    private readonly string rowPath;
    private readonly List<SourceColumn> columns = [];
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);
    private readonly Dictionary<int, List<string>> repeated = [];
    private readonly StringBuilder raw = new();
    private readonly List<string> path = [];
    private bool isBroken;

    private XmlRows(ImportOptions limits, FileStream file, XmlReader reader, string rowPath) : base(limits) => (this.file, this.reader, this.rowPath) = (file, reader, rowPath);

    internal override IReadOnlyList<SourceColumn> Columns => columns;

    internal override long BytesRead => file.Position;

    internal static async Task<XmlRows> OpenAsync(string path, Encoding encoding, int mark, ImportOptions limits, CancellationToken ct)
    {
        var rowPath = await FindRowsAsync(path, encoding, mark, limits, ct);
        var file = TextEncoding.Open(path);
        return new XmlRows(limits, file, ReaderOf(file, encoding, mark), rowPath);
    }

    internal override async ValueTask<bool> ReadAsync(CancellationToken ct)
    {
        if (isBroken) { return false; }
        try
        {
            while (await reader.ReadAsync())
            {
                ct.ThrowIfCancellationRequested();
                if (reader.NodeType == XmlNodeType.EndElement) { path.RemoveAt(path.Count - 1); }
                if (reader.NodeType != XmlNodeType.Element) { continue; }
                path.Add(reader.LocalName);
                if (string.Join('/', path) == rowPath)
                {
                    await ReadRowAsync(ct);
                    path.RemoveAt(path.Count - 1);
                    return true;
                }

                if (reader.IsEmptyElement) { path.RemoveAt(path.Count - 1); }
            }

            return false;
        }
        catch (XmlException e)
        {
            // XML that breaks cannot be read behind the break; what stood before it is kept.
            isBroken = true;
            Begin(columns.Count);
            Line = Math.Max(1, e.LineNumber);
            Spoil("xml", detail: e.Message);
            Warn("unfinished", $"{e.LineNumber}:{e.LinePosition}");
            return true;
        }
    }

    internal override string RawOf(int most) => HeaderNames.Cut(raw.ToString(), most);

    public override async ValueTask DisposeAsync()
    {
        reader.Dispose();
        await file.DisposeAsync();
    }

    /// <summary>The encoding was found from the bytes; what the declaration says does not count.</summary>
    private static XmlReader ReaderOf(FileStream file, Encoding encoding, int mark)
    {
        file.Position = mark;
        return XmlReader.Create(new StreamReader(file, encoding, detectEncodingFromByteOrderMarks: false), SettingsOf());
    }

    private static XmlReaderSettings SettingsOf() => new()
    {
        Async = true, DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true, IgnoreWhitespace = true, MaxCharactersFromEntities = 1024,
    };

    private static async Task<string> FindRowsAsync(string path, Encoding encoding, int mark, ImportOptions limits, CancellationToken ct)
    {
        await using var file = TextEncoding.Open(path);
        using var reader = ReaderOf(file, encoding, mark);
        var counts = new Dictionary<string, (int Depth, long Count, bool HasParts)>(StringComparer.Ordinal);
        var open = new List<string>();
        try
        {
            while (await reader.ReadAsync())
            {
                ct.ThrowIfCancellationRequested();
                if (reader.NodeType == XmlNodeType.EndElement) { open.RemoveAt(open.Count - 1); }
                if (reader.NodeType != XmlNodeType.Element) { continue; }
                if (open.Count > 0 && counts.TryGetValue(open[^1], out var parent)) { counts[open[^1]] = parent with { HasParts = true }; }
                var name = open.Count == 0 ? reader.LocalName : $"{open[^1]}/{reader.LocalName}";
                if (open.Count > limits.JsonDepth) { throw new ImportFault("xml", "depth"); }
                if (counts.Count < 10_000 || counts.ContainsKey(name))
                {
                    var known = counts.GetValueOrDefault(name);
                    counts[name] = (open.Count, known.Count + 1, known.HasParts || reader.HasAttributes);
                }

                if (!reader.IsEmptyElement) { open.Add(name); }
            }
        }
        catch (XmlException e) when (counts.Count > 1 && !e.Message.Contains("DTD", StringComparison.Ordinal))
        {
            // Broken further down: the rows before are read.
        }
        catch (XmlException e) { throw new ImportFault(e.Message.Contains("DTD", StringComparison.Ordinal) ? "xml-doctype" : "xml", $"{e.LineNumber}:{e.LinePosition}"); }
        var rows = counts.Where(c => c.Value is { Depth: > 0, HasParts: true }).OrderBy(c => c.Value.Count < 2).ThenBy(c => c.Value.Depth).ThenByDescending(c => c.Value.Count).ToList();
        return rows.Count > 0 ? rows[0].Key : counts.Count > 0 ? counts.MinBy(c => c.Value.Depth).Key : throw new ImportFault("empty");
    }

    private async Task ReadRowAsync(CancellationToken ct)
    {
        Begin(columns.Count);
        repeated.Clear();
        raw.Clear();
        Line = ((IXmlLineInfo)reader).LineNumber;
        var names = new List<string>();
        var leaf = new StringBuilder();
        var room = new char[4096];
        var (depth, total) = (reader.Depth, 0L);
        raw.Append('<').Append(reader.LocalName).Append('>');
        TakeAttributes("");
        if (reader.IsEmptyElement) { return; }
        var isLeaf = true;
        while (await reader.ReadAsync())
        {
            ct.ThrowIfCancellationRequested();
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    names.Add(reader.LocalName);
                    Note($"<{reader.LocalName}>");
                    TakeAttributes(string.Join('.', names) + ".");
                    leaf.Clear();
                    isLeaf = true;
                    if (reader.IsEmptyElement)
                    {
                        PlaceOf(string.Join('.', names));
                        names.RemoveAt(names.Count - 1);
                        isLeaf = false;
                    }

                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace:
                    while (await reader.ReadValueChunkAsync(room, 0, room.Length) is var count and > 0)
                    {
                        total += count;
                        if (leaf.Length <= Limits.CellCharacters && total <= Limits.RowCharacters) { leaf.Append(room, 0, count); }
                        Note(room.AsSpan(0, count));
                    }

                    break;
                case XmlNodeType.EndElement:
                    if (reader.Depth == depth)
                    {
                        if (names.Count == 0 && leaf.Length > 0) { Take("value", leaf.ToString()); }
                        Finish();
                        return;
                    }

                    if (isLeaf) { Take(string.Join('.', names), leaf.ToString()); }
                    Note($"</{reader.LocalName}>");
                    names.RemoveAt(names.Count - 1);
                    leaf.Clear();
                    isLeaf = false;
                    break;
            }
        }
    }

    private void Note(ReadOnlySpan<char> part)
    {
        if (raw.Length < 4000) { raw.Append(part[..Math.Min(part.Length, 4000)]); }
    }

    private void TakeAttributes(string prefix)
    {
        if (!reader.HasAttributes) { return; }
        while (reader.MoveToNextAttribute())
        {
            if (reader.Prefix is "xmlns" || reader.Name == "xmlns") { continue; }
            Note($" {reader.LocalName}=\"{HeaderNames.Cut(reader.Value, 1000)}\"");
            Take(prefix + reader.LocalName, reader.Value);
        }

        reader.MoveToElement();
    }

    private void Take(string name, string value)
    {
        var column = PlaceOf(name);
        if (repeated.TryGetValue(column, out var values))
        {
            values.Add(value);
            return;
        }

        repeated.Add(column, [value]);
        Set(column, value);
    }

    private void Finish()
    {
        foreach (var (column, values) in repeated)
        {
            if (values.Count > 1) { Set(column, JsonSerializer.Serialize(values, Plain), CellKind.Json); }
        }
    }

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private int PlaceOf(string name)
    {
        if (places.TryGetValue(name, out var place)) { return place; }
        if (columns.Count == Limits.Columns) { throw new ImportFault("too-many-columns", $"> {Limits.Columns}"); }
        places.Add(name, columns.Count);
        columns.Add(new SourceColumn(name));
        return columns.Count - 1;
    }
}
