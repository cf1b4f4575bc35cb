using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.OpenData.Descriptions;
using Zhengtong.OpenData.Keys;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Reuse;
using Zhengtong.OpenData.TableFormats;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Portal;

/// <summary>The rows of a table that the page shows, all of them, as a file of any kind. GET /dataset/{name}/resource/{id}/rows.{format}; <c>bom=true</c> puts the mark before CSV and TSV that
/// spreadsheets want, <c>coordinates=declared</c> leaves GeoJSON in the system the publisher declared. Sent while it is read and kept beside, so that a broken download goes on where it stopped.</summary>
internal static class ExportRows
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapMethods("/dataset/{name}/resource/{id:guid}/rows.{format}", ["GET", "HEAD"], Handle)
        .AllowAnonymous().ExcludeFromDescription().RequireRateLimiting(RateLimits.Downloads).DisableRequestTimeout().WithPublicLimits("download", KeyScope.Downloads);

    internal static async Task<IResult> Handle(string name, Guid id, string format, Guid? version, HttpContext http, ZhengtongDb db, Readers readers, TableEngine engine, KeptFiles kept, TimeProvider clock, CancellationToken ct)
    {
        PublicReads.Open(http);
        if (await PublicDataset.FindAsync(db, readers, name, version, ct) is not { GivesData: true } found || found.Find(id) is not { Table: { } table } resource
            || TableFile.Find(format, table) is not { } file) { return OpenDataProblems.NotFound.Because(); }
        var asked = RowsAsked.Of(http.Request.QueryString.Value ?? "", table);
        if (asked.FaultsIn(table) is { Count: > 0 } faults) { return OpenDataProblems.RowsUnclear.For(faults.ToDictionary(f => $"v{f.Key + 1}", f => new[] { f.Value })); }
        var query = asked.WholeOf(table);
        try
        {
            // What the engine refuses is refused before the first byte, and a sheet that would not hold all rows too.
            var isSheet = file.Format == TableFormat.Xlsx;
            var look = await engine.AskAsync(table, query with { Limit = 0, Count = isSheet }, TableLimits.Download, ct);
            if (isSheet && look.Total >= TableDownload.RowsOfASheet) { return OpenDataProblems.SheetTooSmall.Because(); }
        }
        catch (TableQueryException e) { return OpenDataProblems.RowsUnclear.Because(Told(e)); }
        catch (TableQueryTooCostlyException) { return OpenDataProblems.TooCostly.Because(); }

        var fields = http.Request.Query;
        var (mark, system) = (fields["bom"] == "true" && file.Format is TableFormat.Csv or TableFormat.Tsv, fields["coordinates"] == "declared" ? table.Places?.System ?? CoordinateSystem.Wgs84 : CoordinateSystem.Wgs84);
        // Another build may write the same rows in other bytes.
        var state = $"{typeof(ExportRows).Module.ModuleVersionId}|{table.Content}|{format}|{mark}|{system}|{(asked with { Page = 1, After = null, Chart = null, Size = 20, Version = null }).Address("/")}";
        var tag = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state)))[..32];
        var answer = new RowsAnswer(engine, kept, table, query, file, mark, system)
        {
            Tag = tag,
            FileName = $"{Path.GetFileNameWithoutExtension(resource.FileName)}.{format}",
            Modified = found.Version.PublishedAt ?? found.Dataset.ModifiedAt,
            WhenBegun = () => Downloads.CountAsync(db, found.Dataset.Id, clock.GetUtcNow(), ct),
        };
        return await answer.OfAsync(http, ct);
    }

    /// <summary>What was wrong with the question, in the reader's language.</summary>
    internal static string Told(TableQueryException fault) => fault.Reason switch
    {
        TableQueryFault.UnknownColumn => Text.Of("open-data.portal.fault.column", fault.Column ?? ""),
        TableQueryFault.WrongValue => Text.Of("open-data.portal.fault.value", fault.Column ?? ""),
        _ => Text.Of("open-data.portal.fault.other", fault.Column ?? fault.Part),
    };
}

/// <summary>Rows on their way: streamed and kept beside; from the kept file when there is one, when a part is asked for, or when the format is made as a file.</summary>
internal sealed class RowsAnswer(TableEngine engine, KeptFiles kept, DataTable table, TableQuery query, TableFile file, bool mark, CoordinateSystem system) : IResult
{
    /// <summary>What tells these bytes from all others.</summary>
    internal required string Tag { get; init; }

    /// <summary>What it is saved as.</summary>
    internal required string FileName { get; init; }

    /// <summary>When the rows were published.</summary>
    internal required DateTimeOffset Modified { get; init; }

    /// <summary>Called once before the first byte.</summary>
    internal required Func<Task> WhenBegun { get; init; }

    /// <summary>The answer for this request.</summary>
    internal async Task<IResult> OfAsync(HttpContext http, CancellationToken ct)
    {
        // On the way packed it is another representation, without ranges and with a weak tag.
        if (Packed(http.Request)) { return this; }
        var isPart = http.Request.Headers.Range.Count > 0 || http.Request.Headers.IfMatch.Count > 0;
        if (kept.Open(Tag) is { } known) { return Whole(http, known); }
        if (!isPart && file.Format != TableFormat.Parquet) { return this; }
        try { return Whole(http, await kept.MakeAsync(Tag, MakeAsync, ct)); }
        catch (TableQueryTooCostlyException) { return OpenDataProblems.TooCostly.Because(); }
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        var ct = httpContext.RequestAborted;
        var isPacked = Packed(request);
        var (tag, answer) = (new EntityTagHeaderValue($"\"{Tag}\"", isPacked), response.GetTypedHeaders());
        answer.ETag = tag;
        response.Headers.CacheControl = "no-cache";
        if (request.GetTypedHeaders().IfNoneMatch is { Count: > 0 } tags && tags.Any(t => t.Equals(EntityTagHeaderValue.Any) || t.Compare(tag, useStrongComparison: false)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = file.MediaType;
        answer.ContentDisposition = FileDownload.Attachment(FileName);
        if (!isPacked)
        {
            response.Headers.AcceptRanges = "bytes";
            response.Headers.ContentEncoding = "identity";
        }

        if (HttpMethods.IsHead(request.Method)) { return; }
        await WhenBegun();
        if (isPacked && kept.Open(Tag) is { } known)
        {
            await using var content = known.Content;
            await content.CopyToAsync(response.Body, ct);
            return;
        }

        await using var beside = kept.Beside(Tag, response.Body);
        try { await WriteAsync(beside, ct); }
        catch (TableQueryTooCostlyException) when (!response.HasStarted)
        {
            response.Clear();
            await OpenDataProblems.TooCostly.Because().ExecuteAsync(httpContext);
            return;
        }

        await beside.Keep();
    }

    private bool Packed(HttpRequest request) => file.Packs && request.Headers.Range.Count == 0
        && request.GetTypedHeaders().AcceptEncoding.Any(e => e.Quality is not 0 && (e.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) || e.Value.Equals("br", StringComparison.OrdinalIgnoreCase)));

    private FileDownload Whole(HttpContext http, KeptFile known)
    {
        http.Response.RegisterForDisposeAsync(known.Content);
        return new FileDownload(known.Digest, known.Content.Length, file.MediaType, FileName, Modified, (range, _) =>
        {
            known.Content.Seek(range?.From ?? 0, SeekOrigin.Begin);
            return Task.FromResult<Stream>(known.Content);
        }, WhenBegun)
        {
            // Parquet is always made first, and made anew it may be other bytes: its digest is its tag.
            Tag = file.Format == TableFormat.Parquet ? known.Digest.Value : Tag,
        };
    }

    private async Task MakeAsync(string path, CancellationToken ct)
    {
        if (file.Format == TableFormat.Parquet)
        {
            await engine.CopyAsync(table, query, path, TableLimits.Download, ct);
            return;
        }

        await using var to = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
        await WriteAsync(to, ct);
    }

    private async Task WriteAsync(Stream to, CancellationToken ct)
    {
        await using var gathering = new GatheringStream(to);
        await TableDownload.WriteAsync(engine, table, query, file.Format, gathering, mark, system, ct);
        await gathering.FlushAsync(ct);
    }
}
