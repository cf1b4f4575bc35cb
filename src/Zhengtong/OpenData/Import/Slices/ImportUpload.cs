using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Import.Slices;

/// <summary>An import that was ordered.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Resource">The resource of the draft that it fills.</param>
public sealed record ImportOrdered(Guid Id, Guid Resource);

internal static class ImportUpload
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets/{id:guid}/draft/imports", Handle)
        .Requires(Right.OpenData).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(413).Accepts<Stream>("*/*").TakesUpTo(null).DisableRequestTimeout();

    /// <summary>Upload a file into the draft of a dataset and read it as a typed table; the body is the file. The draft has the file and its table when the import is done.</summary>
    /// <param name="id">The dataset.</param>
    /// <param name="fileName">The file's name; its ending says the format unless that is given: csv, tsv, xlsx, json, jsonl, geojson, parquet, xml. At most 500 characters.</param>
    /// <param name="name">What readers see; the file's name when not said. At most 200 characters.</param>
    /// <param name="format">The format; by the file's ending when not said.</param>
    /// <param name="resource">The file of the draft whose place it takes; nothing for a new one.</param>
    /// <response code="202">Stored, and waits for its turn; ledger event open-data.import-ordered.</response>
    /// <response code="400">open-data.import-format, open-data.import-file-name</response>
    /// <response code="403">open-data.not-publisher</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.wrong-state, open-data.import-under-way</response>
    /// <response code="413">open-data.import-too-large</response>
    internal static async Task<Results<Accepted<ImportOrdered>, ProblemHttpResult>> Handle(
        Guid id, [Required, StringLength(500)] string fileName, [StringLength(200)] string? name, [StringLength(20)] string? format, Guid? resource,
        HttpRequest http, Actor actor, ZhengtongDb db, ObjectStore store, Reconcilers reconcilers, IOptions<ImportOptions> options, TimeProvider clock, CancellationToken ct)
    {
        if (DraftFiles.SafeName(fileName) is not { } safe) { return OpenDataProblems.ImportFileName.Because(); }
        if ((format is null ? ImportAccess.FormatOf(safe) : FileImport.Reads(format.ToUpperInvariant()) ? format.ToUpperInvariant() : null) is not { } kind) { return OpenDataProblems.ImportFormat.Because(format ?? Path.GetExtension(safe)); }
        // Asked before the bytes come: who may not need not send gigabytes first.
        var (draft, problem) = await ImportAccess.DraftAsync(db, id, actor, ct);
        if (draft is null) { return problem!; }
        if (resource is { } wanted && draft.Resources.All(r => r.Id != wanted)) { return OpenDataProblems.NotFound.Because($"{wanted}"); }
        var most = options.Value.MaxBytes;
        if (http.ContentLength > most) { return OpenDataProblems.ImportTooLarge.Because($"{most}"); }

        PutObject put;
        try { put = await store.PutAsync(new BoundedStream(http.Body, most), ct); }
        catch (FileTooLongException) { return OpenDataProblems.ImportTooLarge.Because($"{most}"); }
        (draft, problem) = await ImportAccess.DraftAsync(db, id, actor, ct);
        if (draft is null) { return problem!; }
        var (job, refusal) = await ImportAccess.OrderAsync(db, draft, resource, name ?? safe, safe, kind, put, ImportChoices.None, actor, clock.GetUtcNow(), ct);
        if (job is null) { return refusal!; }
        reconcilers.Wake<ImportFiles>();
        return TypedResults.Accepted($"/api/v1/imports/{job.Id}", new ImportOrdered(job.Id, job.ResourceId));
    }
}
