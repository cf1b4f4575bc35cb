using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using MiniExcelLibs;
using Zhengtong.Kernel.Http;
using Zhengtong.Web.Components;

namespace Zhengtong.Web;

/// <summary>A list as a file: the columns of the table on the page, every row that the filter leaves, streamed.</summary>
internal static class TableExport
{
    /// <summary>A CSV (RFC 4180, UTF-8 with mark, so that spreadsheets read Chinese) or an XLSX file.</summary>
    /// <param name="format"><c>csv</c> or <c>xlsx</c>; anything else is not found.</param>
    /// <param name="name">File name without ending.</param>
    /// <param name="columns">The columns, as on the page.</param>
    /// <param name="rows">Every row, in order.</param>
    internal static IResult Of<TRow>(string format, string name, IReadOnlyList<Column<TRow>> columns, IAsyncEnumerable<TRow> rows) => format switch
    {
        "csv" => TypedResults.Stream(stream => WriteCsvAsync(stream, columns, rows), "text/csv; charset=utf-8", $"{name}.csv"),
        "xlsx" => new Xlsx<TRow>(name, columns, rows),
        _ => TypedResults.NotFound(),
    };

    /// <summary>Every row of a list that is read page by page; ends quietly where a page cannot be read.</summary>
    internal static async IAsyncEnumerable<TRow> AllPages<TRow>(Func<PageQuery, Task<Page<TRow>?>> read)
    {
        for (var page = await read(new PageQuery { Limit = 200 }); page is not null; page = page.Next is null ? null : await read(new PageQuery { Limit = 200, After = page.Next }))
        {
            foreach (var row in page.Items) { yield return row; }
        }
    }

    private static async Task WriteCsvAsync<TRow>(Stream stream, IReadOnlyList<Column<TRow>> columns, IAsyncEnumerable<TRow> rows)
    {
        await using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), 16_384, leaveOpen: true) { NewLine = "\r\n" };
        await writer.WriteLineAsync(string.Join(',', columns.Select(c => Quoted(c.Title))));
        await foreach (var row in rows)
        {
            await writer.WriteLineAsync(string.Join(',', columns.Select(c => Quoted(Plain(c.Value(row))))));
        }
    }

    /// <summary>Numbers without groups, moments with seconds; all else as on the page. Text that a spreadsheet would run as a formula is made text.</summary>
    private static string Plain(object? value) => value switch
    {
        decimal or long or int or double => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        string text when text.Length > 0 && "=+-@\t\r".Contains(text[0], StringComparison.Ordinal) => "'" + text,
        _ => Show.Cell(value),
    };

    private static string Quoted(string text) => text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    private sealed class Xlsx<TRow>(string name, IReadOnlyList<Column<TRow>> columns, IAsyncEnumerable<TRow> rows) : IResult
    {
        public async Task ExecuteAsync(HttpContext http)
        {
            http.Response.ContentType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            http.Response.Headers.ContentDisposition = new Microsoft.Net.Http.Headers.ContentDispositionHeaderValue("attachment") { FileNameStar = $"{name}.xlsx" }.ToString();
            // The writer closes its archive synchronously.
            http.Features.GetRequiredFeature<IHttpBodyControlFeature>().AllowSynchronousIO = true;
            await http.Response.Body.SaveAsAsync(Cells(), cancellationToken: http.RequestAborted);
        }

        private IEnumerable<Dictionary<string, object?>> Cells()
        {
            foreach (var row in rows.ToBlockingEnumerable())
            {
                yield return columns.ToDictionary(c => c.Title, c => c.Value(row) switch
                {
                    decimal or long or int or double => c.Value(row),
                    var value => Show.Cell(value),
                });
            }
        }
    }
}
