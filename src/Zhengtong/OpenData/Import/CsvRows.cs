using System.Buffers;
using System.Text;

namespace Zhengtong.OpenData.Import;

/// <summary>Reads comma- or otherwise separated text as RFC 4180 has it. A quote that is never closed, or closed where no cell ends, costs the line it stands in and no more: reading goes on with the next.</summary>
internal sealed class CsvRows : RowSource
{
    private static readonly char[] Delimiters = [',', '\t', ';', '|'];
    private readonly FileStream file;
    private readonly StreamReader reader;
    private readonly char delimiter;
    private readonly SearchValues<char> stops;
    private readonly List<SourceColumn> columns = [];
    private char[] buffer = new char[64 * 1024];
    private char[] unquoted = new char[256];
    private int begin, end;
    private bool isEnd;
    private long line = 1;
    private int rawBegin, rawEnd;

    private CsvRows(ImportOptions limits, FileStream file, StreamReader reader, char delimiter) : base(limits)
    {
        (this.file, this.reader, this.delimiter) = (file, reader, delimiter);
        stops = SearchValues.Create([delimiter, '\r', '\n']);
    }

    internal override IReadOnlyList<SourceColumn> Columns => columns;

    internal override long BytesRead => file.Position;

    /// <summary>Opens a file and reads its header.</summary>
    internal static async Task<CsvRows> OpenAsync(string path, Encoding encoding, int mark, char? delimiter, ImportOptions limits, CancellationToken ct)
    {
        var found = delimiter ?? await FindDelimiterAsync(path, encoding, mark, ct);
        var file = TextEncoding.Open(path);
        file.Position = mark;
        var rows = new CsvRows(limits, file, new StreamReader(file, encoding, detectEncodingFromByteOrderMarks: false, bufferSize: 64 * 1024), found);
        try
        {
            await rows.ReadHeaderAsync(ct);
            return rows;
        }
        catch
        {
            await rows.DisposeAsync();
            throw;
        }
    }

    internal override async ValueTask<bool> ReadAsync(CancellationToken ct)
    {
        while (await NextAsync(ct))
        {
            // A line without anything is a row only where a row is one cell.
            if (Fault is null && Count == 1 && columns.Count > 1 && rawEnd == rawBegin) { continue; }
            if (Fault is null && Count != columns.Count) { CheckCount(); }
            return true;
        }

        return false;
    }

    internal override string RawOf(int most) => new(buffer, rawBegin, Math.Min(most, rawEnd - rawBegin));

    public override async ValueTask DisposeAsync()
    {
        reader.Dispose();
        await file.DisposeAsync();
    }

    private void CheckCount()
    {
        for (var n = columns.Count; n < Count; n++)
        {
            if (!this[n].IsEmpty)
            {
                Spoil("cell-count", detail: $"{Count} / {columns.Count}");
                return;
            }
        }

        if (Count < columns.Count) { Spoil("cell-count", detail: $"{Count} / {columns.Count}"); }
    }

    private async Task ReadHeaderAsync(CancellationToken ct)
    {
        while (await NextAsync(ct))
        {
            if (Fault is { } fault) { throw new ImportFault("header", fault); }
            if (rawEnd == rawBegin) { continue; }
            var count = Count;
            // Separators behind the last header are no columns unless cells are below them; then their rows say so.
            if (count > Limits.Columns) { throw new ImportFault("too-many-columns", $"{count} > {Limits.Columns}"); }
            for (var n = 0; n < count; n++) { columns.Add(new SourceColumn(this[n].ToString())); }
            return;
        }

        throw new ImportFault("empty");
    }

    /// <summary>Reads the next record into the cells; false at the end of the file.</summary>
    private async ValueTask<bool> NextAsync(CancellationToken ct)
    {
        while (true)
        {
            var outcome = Parse();
            if (outcome == Outcome.Row) { return true; }
            if (outcome == Outcome.End) { return false; }
            if (end - begin > Limits.RowCharacters)
            {
                await SkipLineAsync(ct);
                return true;
            }

            await FillAsync(ct);
        }
    }

    private async ValueTask FillAsync(CancellationToken ct)
    {
        if (begin > 0 && (end == buffer.Length || begin > buffer.Length / 2))
        {
            buffer.AsSpan(begin, end - begin).CopyTo(buffer);
            (begin, end) = (0, end - begin);
        }

        if (end == buffer.Length) { Array.Resize(ref buffer, buffer.Length * 2); }
        // All the room there is: a long row is not parsed again for each block.
        var read = await reader.ReadBlockAsync(buffer.AsMemory(end), ct);
        if (read == 0) { isEnd = true; }
        end += read;
    }

    /// <summary>Passes over a line that is longer than a row may be, without keeping it; its beginning stays for the list of bad rows.</summary>
    private async ValueTask SkipLineAsync(CancellationToken ct)
    {
        var kept = Math.Min(8192, end - begin);
        var newline = buffer.AsSpan(begin, end - begin).IndexOf('\n');
        Begin(0);
        Line = line;
        if (newline >= 0)
        {
            // An open quote took in the lines below: only its own line is lost.
            Spoil("quote-open");
            (rawBegin, rawEnd) = (begin, begin + newline);
            begin += newline + 1;
            line++;
            return;
        }

        Spoil("cell-too-long");
        var head = buffer.AsSpan(begin, kept).ToArray();
        while (true)
        {
            (begin, end) = (0, 0);
            if (buffer.Length > 1 << 20) { buffer = new char[64 * 1024]; }
            end = await reader.ReadAsync(buffer.AsMemory(16 * 1024), ct) is var read and > 0 ? read + (16 * 1024) : 0;
            if (end == 0)
            {
                isEnd = true;
                break;
            }

            newline = buffer.AsSpan(16 * 1024, end - (16 * 1024)).IndexOf('\n');
            if (newline < 0) { continue; }
            begin = (16 * 1024) + newline + 1;
            line++;
            break;
        }

        head.CopyTo(buffer, 0);
        (rawBegin, rawEnd) = (0, kept);
        if (end == 0) { (begin, end) = (16 * 1024, 16 * 1024); }
    }

    private Outcome Parse()
    {
        var at = begin;
        if (at == end) { return isEnd ? Outcome.End : Outcome.More; }
        Begin(0);
        Line = line;
        var (column, lines) = (0, 0);
        while (true)
        {
            if (at == end)
            {
                if (!isEnd) { return Outcome.More; }
                Set(column, default);
                return Finish(at, at, lines);
            }

            if (buffer[at] == '"')
            {
                var close = Quoted(at, column, ref lines);
                if (close == -1) { return isEnd ? Broken("quote-open") : Outcome.More; }
                if (close == -2) { return Broken("quote-stray"); }
                at = close;
            }
            else
            {
                var length = buffer.AsSpan(at, end - at).IndexOfAny(stops);
                if (length < 0)
                {
                    if (!isEnd) { return Outcome.More; }
                    length = end - at;
                }

                Set(column, buffer.AsSpan(at, length));
                at += length;
            }

            column++;
            if (column > Limits.Columns * 8) { return Broken("cell-count"); }
            if (at == end) { return isEnd ? Finish(at, at, lines) : Outcome.More; }
            if (buffer[at] == delimiter)
            {
                at++;
                continue;
            }

            // CR LF, LF or CR alone.
            if (buffer[at] == '\r' && at + 1 == end && !isEnd) { return Outcome.More; }
            return Finish(at, at + (buffer[at] == '\r' && at + 1 < end && buffer[at + 1] == '\n' ? 2 : 1), lines + 1);
        }
    }

    /// <summary>Reads a cell in quotes; returns where it ends, -1 when more characters are needed, -2 when something stands behind its closing quote.</summary>
    private int Quoted(int at, int column, ref int lines)
    {
        var (from, length) = (at + 1, 0);
        while (true)
        {
            var quote = buffer.AsSpan(from, end - from).IndexOf('"');
            if (quote < 0) { return -1; }
            var after = from + quote + 1;
            if (after == end && !isEnd) { return -1; }
            var isDoubled = after < end && buffer[after] == '"';
            var part = buffer.AsSpan(from, quote + (isDoubled ? 1 : 0));
            lines += part.Count('\n');
            if (!isDoubled)
            {
                if (after < end && buffer[after] != delimiter && buffer[after] is not ('\r' or '\n')) { return -2; }
                if (length == 0)
                {
                    Set(column, part);
                    return after;
                }
            }

            if (length + part.Length > unquoted.Length) { Array.Resize(ref unquoted, Math.Max(unquoted.Length * 2, length + part.Length)); }
            part.CopyTo(unquoted.AsSpan(length));
            length += part.Length;
            if (!isDoubled)
            {
                Set(column, unquoted.AsSpan(0, length));
                return after;
            }

            from = after + 1;
        }
    }

    private Outcome Finish(int at, int next, int lines)
    {
        (rawBegin, rawEnd) = (begin, at);
        begin = next;
        line += lines;
        return Outcome.Row;
    }

    /// <summary>Gives up the line in which the record began.</summary>
    private Outcome Broken(string reason)
    {
        var newline = buffer.AsSpan(begin, end - begin).IndexOfAny('\r', '\n');
        if (newline < 0 && !isEnd) { return Outcome.More; }
        var at = newline < 0 ? end : begin + newline;
        if (newline >= 0 && buffer[at] == '\r' && at + 1 == end && !isEnd) { return Outcome.More; }
        Begin(0);
        Spoil(reason);
        return newline < 0 ? Finish(at, at, 0) : Finish(at, at + (buffer[at] == '\r' && at + 1 < end && buffer[at + 1] == '\n' ? 2 : 1), 1);
    }

    /// <summary>The separator that makes the first lines a table of more than one column; a comma when none does.</summary>
    private static async Task<char> FindDelimiterAsync(string path, Encoding encoding, int mark, CancellationToken ct)
    {
        await using var file = TextEncoding.Open(path);
        file.Position = mark;
        using var reader = new StreamReader(file, encoding, detectEncodingFromByteOrderMarks: false);
        var head = new char[64 * 1024];
        var length = await reader.ReadBlockAsync(head, ct);
        var counts = Delimiters.Select(d => CountsOf(head.AsSpan(0, length), d)).ToList();
        if (counts[0].Header > 0) { return ','; }
        var best = counts.Index().Where(c => c.Item.Header > 0 && c.Item.IsSteady).OrderByDescending(c => c.Item.Header).FirstOrDefault();
        return best.Item.Header > 0 ? Delimiters[best.Index] : ',';
    }

    private static (int Header, bool IsSteady) CountsOf(ReadOnlySpan<char> head, char delimiter)
    {
        var (header, steady, count, quoted, lines) = (-1, true, 0, false, 0);
        foreach (var c in head)
        {
            if (c == '"') { quoted = !quoted; }
            else if (quoted) { continue; }
            else if (c == delimiter) { count++; }
            else if (c == '\n')
            {
                if (header < 0) { header = count; }
                else if (count != header) { steady = false; }
                count = 0;
                if (++lines == 50) { break; }
            }
        }

        return (header < 0 ? count : header, steady);
    }

    private enum Outcome { Row, More, End }
}
