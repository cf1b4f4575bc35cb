using System.Globalization;
using System.Text;
using System.Text.Json;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.OpenData.Import.Slices;

internal static class ExportBadRows
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/imports/{id:guid}/bad-rows.csv", Handle).Requires(Right.OpenData).Produces(200, contentType: "text/csv").ProducesProblem(403).ProducesProblem(404).DisableRequestTimeout();

    /// <summary>Download the rows that could not be read, with line, reason, column, value and the row as it stands in the file. CSV in UTF-8 with mark; cells are as they were, also where a spreadsheet would run them.</summary>
    /// <response code="200">The rows; none when all could be read.</response>
    /// <response code="404">open-data.import-unknown</response>
    internal static async Task<IResult> Handle(Guid id, Actor actor, ZhengtongDb db, ObjectStore store, CancellationToken ct)
    {
        if (await ImportAccess.FindAsync(db, id, actor, ct) is not { } job) { return OpenDataProblems.ImportUnknown.Because($"{id}"); }
        var rows = job.BadRows is { } digest ? await store.OpenAsync(digest, ct) : null;
        return TypedResults.Stream(stream => WriteAsync(stream, rows, ct), "text/csv; charset=utf-8", $"bad-rows-{id}.csv");
    }

    private static async Task WriteAsync(Stream stream, Stream? rows, CancellationToken ct)
    {
        await using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), 16_384, leaveOpen: true) { NewLine = "\r\n" };
        await writer.WriteLineAsync(string.Join(',', new[] { "line", "reason", "column", "value", "raw" }.Select(c => Quoted(Text.Of($"open-data.import.bad-row.{c}")))));
        if (rows is null) { return; }
        using var reader = new StreamReader(rows);
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            var row = JsonSerializer.Deserialize<BadRow>(line, BadRowList.Json)!;
            await writer.WriteLineAsync($"{row.Line.ToString(CultureInfo.InvariantCulture)},{Quoted(Text.Of($"open-data.import.reason.{row.Reason}"))},{Quoted(row.Column ?? "")},{Quoted(row.Value ?? "")},{Quoted(row.Raw)}");
        }
    }

    private static string Quoted(string text) => text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
