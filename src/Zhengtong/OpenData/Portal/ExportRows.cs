using System.Security.Cryptography;
using System.Text;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Reuse;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Portal;

/// <summary>The rows of a table that the page shows, all of them, as a file. GET /dataset/{name}/resource/{id}/rows.{format}.</summary>
internal static class ExportRows
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapMethods("/dataset/{name}/resource/{id:guid}/rows.{format}", ["GET", "HEAD"], Handle)
        .AllowAnonymous().ExcludeFromDescription().RequireRateLimiting(RateLimits.Downloads).DisableRequestTimeout();

    internal static async Task<IResult> Handle(string name, Guid id, string format, Guid? version, HttpContext http, ZhengtongDb db, Readers readers, TableEngine engine, TimeProvider clock, CancellationToken ct)
    {
        var mediaType = RowsFile.Formats.FirstOrDefault(f => f.Format == format).MediaType;
        if (mediaType is null || await PublicDataset.FindAsync(db, readers, name, version, ct) is not { GivesData: true } found || found.Find(id) is not { Table: { } table } resource) { return OpenDataProblems.NotFound.Because(); }
        var asked = RowsAsked.Of(http.Request.QueryString.Value ?? "", table);
        if (asked.FaultsIn(table) is { Count: > 0 } faults) { return OpenDataProblems.RowsUnclear.For(faults.ToDictionary(f => $"v{f.Key + 1}", f => new[] { f.Value })); }
        var query = asked.WholeOf(table);
        IReadOnlyList<AnswerColumn> columns;
        try
        {
            columns = engine.ColumnsOf(table, query);
            // What the engine refuses is refused before the first byte.
            await engine.AskAsync(table, query with { Limit = 0 }, TableLimits.Public, ct);
        }
        catch (TableQueryException e) { return OpenDataProblems.RowsUnclear.Because(Told(e)); }

        var tag = $"W/\"{Digest(table, asked, format)}\"";
        http.Response.Headers.ETag = tag;
        http.Response.Headers.CacheControl = "no-cache";
        if (http.Request.Headers.IfNoneMatch == tag) { return TypedResults.StatusCode(StatusCodes.Status304NotModified); }
        http.Response.ContentType = mediaType;
        http.Response.GetTypedHeaders().ContentDisposition = ObjectDownload.Attachment($"{Path.GetFileNameWithoutExtension(resource.FileName)}.{format}");
        if (HttpMethods.IsHead(http.Request.Method)) { return TypedResults.Empty; }
        await Downloads.CountAsync(db, found.Dataset.Id, clock.GetUtcNow(), ct);
        await RowsFile.WriteAsync(http.Response.Body, format, columns, engine.StreamAsync(table, query, TableLimits.Download, ct), ct);
        return TypedResults.Empty;
    }

    /// <summary>What was wrong with the question, in the reader's language.</summary>
    internal static string Told(TableQueryException fault) => fault.Reason switch
    {
        TableQueryFault.UnknownColumn => Text.Of("open-data.portal.fault.column", fault.Column ?? ""),
        TableQueryFault.WrongValue => Text.Of("open-data.portal.fault.value", fault.Column ?? ""),
        _ => Text.Of("open-data.portal.fault.other", fault.Column ?? fault.Part),
    };

    private static string Digest(DataTable table, RowsAsked asked, string format) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{table.Content}|{format}|{(asked with { Page = 1, After = null, Chart = null, Size = 20 }).Address("/")}")))[..32];
}
