using System.Text;
using System.Text.Json;

namespace Zhengtong.OpenData.Import;

/// <summary>Reads the objects of the first array of objects in a JSON file, the objects of JSON lines, or the features of a GeoJSON collection. The file is cut into its elements by counting brackets, so that
/// one of any size costs its own row only.</summary>
internal sealed class JsonRows(ImportOptions limits, Stream file, JsonForm form) : RowSource(limits)
{
    private const string GeometryName = "geometry", IdName = "id";
    private readonly List<SourceColumn> columns = [];
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);
    private readonly byte[] block = new byte[64 * 1024];
    private byte[] element = new byte[4096];
    private int length, at, read;
    private long line = 1, consumed;
    private bool isOpened, isClosed, isTooLong;
    private int depth, above;

    internal override IReadOnlyList<SourceColumn> Columns => columns;

    internal override long BytesRead => consumed;

    internal override async ValueTask<bool> ReadAsync(CancellationToken ct)
    {
        if (!isOpened && form != JsonForm.Lines)
        {
            await OpenAsync(ct);
            isOpened = true;
        }

        if (!(form == JsonForm.Lines ? await NextLineAsync(ct) : await NextElementAsync(ct))) { return false; }
        Begin(columns.Count);
        if (isTooLong) { Spoil("cell-too-long"); }
        else { Take(); }
        return true;
    }

    internal override string RawOf(int most) => HeaderNames.Cut(Encoding.UTF8.GetString(element, 0, Math.Min(length, most * 3)), most);

    public override ValueTask DisposeAsync() => file.DisposeAsync();

    private async ValueTask<bool> FillAsync(CancellationToken ct)
    {
        if (at < read) { return true; }
        (at, read) = (0, await file.ReadAsync(block, ct));
        consumed += read;
        return read > 0;
    }

    /// <summary>Goes behind the bracket of the first array that holds objects; a single object is a table of one row.</summary>
    private async ValueTask OpenAsync(CancellationToken ct)
    {
        // Kept as long as it may still be the only object.
        var (text, escaped, waiting, started) = (false, false, false, false);
        length = 0;
        while (await FillAsync(ct))
        {
            var c = block[at];
            if (c is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') && !started)
            {
                started = true;
                Line = line;
                if (c is not ((byte)'{' or (byte)'[')) { throw new ImportFault("json", $"{consumed - read + at}"); }
            }

            // The object that follows an open bracket is left for the reading of elements.
            if (waiting && c == (byte)'{')
            {
                above = depth;
                return;
            }

            at++;
            Keep(c);
            if (c == (byte)'\n') { line++; }
            if (text)
            {
                if (escaped) { escaped = false; }
                else if (c == (byte)'\\') { escaped = true; }
                else if (c == (byte)'"') { text = false; }
                continue;
            }

            switch (c)
            {
                case (byte)'"':
                    (text, waiting) = (true, false);
                    break;
                case (byte)'[':
                    depth++;
                    waiting = true;
                    break;
                case (byte)'{':
                    depth++;
                    break;
                case (byte)']' or (byte)'}':
                    waiting = false;
                    if (--depth == 0)
                    {
                        isClosed = true;
                        return;
                    }

                    break;
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                    break;
                default:
                    waiting = false;
                    break;
            }
        }

        throw new ImportFault(started ? "json" : "empty", $"{consumed}");
    }

    private async ValueTask<bool> NextElementAsync(CancellationToken ct)
    {
        if (isClosed)
        {
            // One object and no array: given once.
            var isOnly = length > 0 && element[0] == (byte)'{' && !isTooLong;
            if (isOnly && columns.Count == 0 && above == 0)
            {
                above = -1;
                return true;
            }

            return false;
        }

        (length, isTooLong) = (0, false);
        var (text, escaped, inner) = (false, false, 0);
        while (await FillAsync(ct))
        {
            var c = block[at++];
            if (c == (byte)'\n') { line++; }
            if (inner == 0 && length == 0)
            {
                if (c is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)',') { continue; }
                if (c == (byte)']')
                {
                    await CloseAsync(ct);
                    return false;
                }

                Line = line;
            }

            if (text)
            {
                Keep(c);
                if (escaped) { escaped = false; }
                else if (c == (byte)'\\') { escaped = true; }
                else if (c == (byte)'"') { text = false; }
                continue;
            }

            if (inner == 0 && c is (byte)',' or (byte)']')
            {
                // An element that is no object; the bracket is for the next look.
                if (c == (byte)']') { at--; }
                return true;
            }

            Keep(c);
            switch (c)
            {
                case (byte)'"':
                    text = true;
                    break;
                case (byte)'{' or (byte)'[':
                    inner++;
                    break;
                case (byte)'}' or (byte)']':
                    if (--inner == 0) { return true; }
                    break;
            }
        }

        isClosed = true;
        above = -1;
        Warn("unfinished", $"{consumed}");
        return length > 0;
    }

    /// <summary>Looks whether what was open behind the array is closed too.</summary>
    private async ValueTask CloseAsync(CancellationToken ct)
    {
        (isClosed, above) = (true, -1);
        depth--;
        var (text, escaped) = (false, false);
        while (await FillAsync(ct))
        {
            var c = block[at++];
            if (text)
            {
                if (escaped) { escaped = false; }
                else if (c == (byte)'\\') { escaped = true; }
                else if (c == (byte)'"') { text = false; }
                continue;
            }

            if (c == (byte)'"') { text = true; }
            else if (c is (byte)'{' or (byte)'[') { depth++; }
            else if (c is (byte)'}' or (byte)']') { depth--; }
        }

        if (depth != 0) { Warn("unfinished", $"{consumed}"); }
    }

    private async ValueTask<bool> NextLineAsync(CancellationToken ct)
    {
        (length, isTooLong) = (0, false);
        var seen = false;
        while (await FillAsync(ct))
        {
            var part = block.AsMemory(at, read - at);
            var newline = part.Span.IndexOf((byte)'\n');
            var bytes = newline < 0 ? part : part[..newline];
            if (!seen) { Line = line; }
            seen = true;
            foreach (var b in bytes.Span) { Keep(b); }
            at += bytes.Length;
            if (newline < 0) { continue; }
            at++;
            line++;
            if (element.AsSpan(0, length).Trim(" \t\r"u8).IsEmpty)
            {
                (length, seen) = (0, false);
                continue;
            }

            return true;
        }

        return seen && !element.AsSpan(0, length).Trim(" \t\r"u8).IsEmpty;
    }

    private void Keep(byte b)
    {
        if (isTooLong) { return; }
        if (length == Limits.RowCharacters)
        {
            isTooLong = true;
            length = 16 * 1024;
            Array.Resize(ref element, length);
            return;
        }

        if (length == element.Length) { Array.Resize(ref element, length * 2); }
        element[length++] = b;
    }

    private void Take()
    {
        try
        {
            using var document = JsonDocument.Parse(element.AsMemory(0, length), new JsonDocumentOptions { MaxDepth = Limits.JsonDepth });
            var row = document.RootElement;
            if (row.ValueKind != JsonValueKind.Object)
            {
                Spoil("not-an-object");
                return;
            }

            if (form == JsonForm.Geo) { TakeFeature(row); }
            else { TakeMembers(row); }
        }
        catch (JsonException e) { Spoil("json", detail: e.Message); }
        // A text with half a surrogate pair.
        catch (InvalidOperationException e) { Spoil("json", detail: e.Message); }
    }

    private void TakeFeature(JsonElement feature)
    {
        if (!feature.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String || type.GetString() != "Feature")
        {
            Spoil("not-a-feature");
            return;
        }

        if (feature.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object) { TakeMembers(properties); }
        // Such a name among the properties keeps its own column: headers are made unique.
        if (feature.TryGetProperty(IdName, out var id)) { Take($"\0{IdName}", IdName, id); }
        if (!feature.TryGetProperty(GeometryName, out var geometry) || geometry.ValueKind == JsonValueKind.Null)
        {
            PlaceOf($"\0{GeometryName}", GeometryName);
            return;
        }

        var text = geometry.GetRawText();
        var column = PlaceOf($"\0{GeometryName}", GeometryName);
        if (GeometryCheck.FaultOf(text) is { } fault) { Spoil("geometry", column, fault); }
        else { Set(column, text, CellKind.Geometry); }
    }

    private void TakeMembers(JsonElement row)
    {
        foreach (var member in row.EnumerateObject()) { Take(member.Name, member.Name, member.Value); }
    }

    private void Take(string key, string name, JsonElement value)
    {
        var column = PlaceOf(key, name);
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                Set(column, value.GetString());
                break;
            case JsonValueKind.Number:
                Set(column, value.GetRawText(), CellKind.Number);
                break;
            case JsonValueKind.True:
                Set(column, "true", CellKind.Boolean);
                break;
            case JsonValueKind.False:
                Set(column, "false", CellKind.Boolean);
                break;
            case JsonValueKind.Object or JsonValueKind.Array:
                Set(column, value.GetRawText(), CellKind.Json);
                break;
        }
    }

    private int PlaceOf(string key, string name)
    {
        if (places.TryGetValue(key, out var place)) { return place; }
        if (columns.Count == Limits.Columns) { throw new ImportFault("too-many-columns", $"> {Limits.Columns}"); }
        places.Add(key, columns.Count);
        columns.Add(new SourceColumn(name, key == $"\0{GeometryName}" ? Model.ColumnType.Geometry : null));
        return columns.Count - 1;
    }
}

/// <summary>How JSON holds rows.</summary>
internal enum JsonForm
{
    /// <summary>An array of objects, wherever it stands.</summary>
    Array,
    /// <summary>An object a line.</summary>
    Lines,
    /// <summary>Features of a collection.</summary>
    Geo,
}
