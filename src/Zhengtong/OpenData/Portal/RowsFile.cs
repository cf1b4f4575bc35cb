using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Portal;

/// <summary>Rows as a file, one after the other in constant memory.</summary>
internal static class RowsFile
{
    private const int BlockSize = 32 * 1024;

    private static readonly JsonWriterOptions Loose = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The formats on offer with their media types, in the order they are shown.</summary>
    internal static readonly IReadOnlyList<(string Format, string MediaType)> Formats =
    [
        ("csv", "text/csv; charset=utf-8"), ("tsv", "text/tab-separated-values; charset=utf-8"), ("json", "application/json"), ("jsonl", "application/jsonl"),
    ];

    /// <summary>Writes them.</summary>
    /// <param name="body">Where to.</param>
    /// <param name="format">One of <see cref="Formats"/>.</param>
    /// <param name="columns">What the cells are.</param>
    /// <param name="rows">The rows; each is read before the next is asked for.</param>
    /// <param name="ct">Stops it.</param>
    internal static Task WriteAsync(Stream body, string format, IReadOnlyList<AnswerColumn> columns, IAsyncEnumerable<object?[]> rows, CancellationToken ct) => format switch
    {
        "csv" => WriteTextAsync(body, ',', columns, rows, ct),
        "tsv" => WriteTextAsync(body, '\t', columns, rows, ct),
        "json" => WriteJsonAsync(body, inLines: false, columns, rows, ct),
        "jsonl" => WriteJsonAsync(body, inLines: true, columns, rows, ct),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No such format"),
    };

    private static async Task WriteTextAsync(Stream body, char separator, IReadOnlyList<AnswerColumn> columns, IAsyncEnumerable<object?[]> rows, CancellationToken ct)
    {
        // With its mark spreadsheets read Chinese.
        await using var writer = new StreamWriter(body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: separator == ','), BlockSize, leaveOpen: true);
        var line = new StringBuilder();
        Append(columns.Select(c => c.Name));
        await writer.WriteAsync(line, ct);
        await foreach (var row in rows.WithCancellation(ct))
        {
            line.Clear();
            Append(row.Select(PortalWords.Exact));
            await writer.WriteAsync(line, ct);
        }

        void Append(IEnumerable<string> cells)
        {
            var isFirst = true;
            foreach (var cell in cells)
            {
                if (!isFirst) { line.Append(separator); }
                isFirst = false;
                if (cell.AsSpan().ContainsAny(separator, '"', '\r') || cell.Contains('\n', StringComparison.Ordinal)) { line.Append('"').Append(cell.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"'); }
                else { line.Append(cell); }
            }

            line.Append("\r\n");
        }
    }

    private static async Task WriteJsonAsync(Stream body, bool inLines, IReadOnlyList<AnswerColumn> columns, IAsyncEnumerable<object?[]> rows, CancellationToken ct)
    {
        var names = columns.Select(c => JsonEncodedText.Encode(c.Name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)).ToArray();
        var block = new ArrayBufferWriter<byte>(BlockSize * 2);
        await using var json = new Utf8JsonWriter(block, Loose);
        var isFirst = true;
        if (!inLines) { block.Write("["u8); }
        await foreach (var row in rows.WithCancellation(ct))
        {
            if (!isFirst) { block.Write(inLines ? "\n"u8 : ",\n"u8); }
            isFirst = false;
            json.Reset();
            json.WriteStartObject();
            for (var n = 0; n < names.Length; n++)
            {
                json.WritePropertyName(names[n]);
                Write(json, row[n], columns[n].Type);
            }

            json.WriteEndObject();
            json.Flush();
            if (block.WrittenCount < BlockSize) { continue; }
            await body.WriteAsync(block.WrittenMemory, ct);
            block.ResetWrittenCount();
        }

        block.Write(inLines ? isFirst ? ""u8 : "\n"u8 : "]"u8);
        await body.WriteAsync(block.WrittenMemory, ct);
    }

    private static void Write(Utf8JsonWriter json, object? cell, ColumnType type)
    {
        switch (cell)
        {
            case null: json.WriteNullValue(); break;
            case string text when type is ColumnType.Json or ColumnType.Geometry && IsJson(text): json.WriteRawValue(text, skipInputValidation: true); break;
            case bool yes: json.WriteBooleanValue(yes); break;
            case long number: json.WriteNumberValue(number); break;
            case decimal number: json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            // JSON has no word for what is no number.
            case double: json.WriteNullValue(); break;
            default: json.WriteStringValue(PortalWords.Exact(cell)); break;
        }
    }

    private static bool IsJson(string text)
    {
        try
        {
            using var parsed = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException) { return false; }
    }
}
