using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Privacy;

/// <summary>How a column of a draft's table is to be masked.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Column">Published name of the column.</param>
/// <param name="Mask">How; a text in every way, a whole number, a date or a moment only generalised.</param>
/// <param name="Keep">Characters or digits that stay (keepLast, generalise), or 1 for the year and 2 for the month; nothing for other masks.</param>
public sealed record MaskColumnRequest(Guid Resource, [Required, StringLength(300, MinimumLength = 1)] string Column, ItemMask Mask, int? Keep);

internal static class MaskColumn
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets/{id:guid}/draft/masks", Handle).DisableRequestTimeout()
        .Requires(Right.OpenData).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(428);

    /// <summary>Mask a column of a table in the draft. The table is written anew, and the file, which holds the values, is replaced by a CSV file of the masked table; both leave the draft.
    /// Hashes are made with a secret that nobody keeps: equal values are equal within the table and nowhere else. Name the revision of the version seen in If-Match.</summary>
    /// <param name="id">The dataset.</param>
    /// <param name="request">What and how.</param>
    /// <response code="204">Masked; ledger event open-data.column-masked.</response>
    /// <response code="400">open-data.invalid: no such column, or it cannot be masked so</response>
    /// <response code="403">open-data.not-publisher</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.wrong-state, open-data.changed-meanwhile</response>
    /// <response code="412">kernel.changed-meanwhile</response>
    /// <response code="428">kernel.precondition-needed</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, MaskColumnRequest request, HttpContext http, Actor actor, ZhengtongDb db,
        TableEngine engine, TableWriter writer, TableScratch scratch, ObjectStore store, TimeProvider clock, CancellationToken ct)
    {
        var dataset = await db.Datasets.SingleOrDefaultAsync(d => d.Id == id && (d.PublisherId == actor.Organisation || d.State != DatasetState.Draft), ct);
        if (dataset is null) { return OpenDataProblems.NotFound.Because($"{id}"); }
        if (dataset.PublisherId != actor.Organisation) { return OpenDataProblems.NotPublisher.Because(dataset.Title); }
        var version = await db.DatasetVersions.SingleOrDefaultAsync(v => v.DatasetId == id && v.State == VersionState.Draft, ct);
        if (version is null) { return OpenDataProblems.WrongState.Because(dataset.Title); }
        if (http.PreconditionFails(version.Revision) is { } failed) { return failed; }
        if (version.Resources.FirstOrDefault(r => r.Id == request.Resource) is not { Table: { } table } resource) { return OpenDataProblems.NotFound.Because($"{request.Resource}"); }
        if (table.Find(request.Column) is not { } column) { return OpenDataProblems.Invalid.For(new Dictionary<string, string[]> { ["column"] = [Text.Of("open-data.privacy.column-unknown")] }); }
        if (!ColumnMask.Fits(request.Mask, request.Keep, column.Type)) { return OpenDataProblems.Invalid.For(new Dictionary<string, string[]> { ["mask"] = [Text.Of("open-data.privacy.mask-unfit")] }); }

        var mask = new ColumnMask(request.Mask, request.Keep ?? 0, column.Type, RandomNumberGenerator.GetBytes(32));
        var path = scratch.NewPath("csv");
        DataTable masked;
        PutObject file;
        try
        {
            await using (var csv = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
            {
                await csv.WriteAsync($"{string.Join(',', table.Columns.Select(c => ColumnMask.CsvOf(c.Name)))}\r\n");
                masked = await writer.WriteAsync([.. table.Columns.Select(c => NewOf(c, isMasked: c == column, request.Mask))], MaskAsync(engine, table, column, mask, csv, ct), PlacesOf(table, column), ct);
            }

            await using var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
            file = await store.PutAsync(content, ct);
        }
        finally { TableScratch.Remove(path); }

        var now = clock.GetUtcNow();
        var written = resource with
        {
            Table = masked, Content = file.Digest, Bytes = file.Length, Format = "CSV", MediaType = "text/csv", FileName = Path.ChangeExtension(resource.FileName, ".csv"), BadRows = null, BadRowCount = 0,
        };
        version.Draft(version.Description, [.. version.Resources.Select(r => r.Id == resource.Id ? written : r)], version.ChangeNote);
        await VersionObjects.ReferAsync(db, version, now, ct);
        db.Ledger.Add(LedgerEntry.Of("open-data.column-masked", dataset.Id, actor, now,
            before: new { sha256 = resource.Content.Value }, after: new { version.Number, resource = resource.Id, request.Column, request.Mask, request.Keep, sha256 = file.Digest.Value }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }
        return TypedResults.NoContent();
    }

    /// <summary>The rows with that column masked; each is written to the CSV file on its way.</summary>
    private static async IAsyncEnumerable<object?[]> MaskAsync(
        TableEngine engine, DataTable table, TableColumn column, ColumnMask mask, StreamWriter csv, [EnumeratorCancellation] CancellationToken ct)
    {
        var question = new TableQuery { Columns = [.. table.Columns.Select(c => c.Name)], Limit = int.MaxValue };
        var place = column.Position - 1;
        var cells = new object?[table.Columns.Count];
        await foreach (var row in engine.StreamAsync(table, question, TableLimits.Download, ct))
        {
            Array.Copy(row, cells, cells.Length);
            cells[place] = mask.Of(cells[place]);
            for (var n = 0; n < cells.Length; n++)
            {
                if (n > 0) { await csv.WriteAsync(','); }
                await csv.WriteAsync(ColumnMask.CsvOf(cells[n]));
            }

            await csv.WriteAsync("\r\n");
            yield return cells;
        }
    }

    /// <summary>A masked column tells rows apart no longer, unless by its hash.</summary>
    private static NewColumn NewOf(TableColumn column, bool isMasked, ItemMask mask) => new(column.Name, column.Type)
    {
        Title = column.Title, Description = column.Description, Unit = column.Unit, Precision = column.Precision, Scale = column.Scale, IsKey = column.IsKey && (!isMasked || mask == ItemMask.Hash),
    };

    private static NewPlaces? PlacesOf(DataTable table, TableColumn masked) =>
        table.Places is { } places && masked.Position != places.Geometry && masked.Position != places.Longitude && masked.Position != places.Latitude
            ? new NewPlaces(places.Geometry, places.Longitude, places.Latitude, places.System)
            : null;
}
