using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Import.Slices;

/// <summary>How a file of the draft is to be read; what is left out is found out from the file.</summary>
/// <param name="Columns">Decisions about columns of the file, at most 2,000.</param>
/// <param name="Delimiter">Separator of a text table: a comma, semicolon, tab or bar.</param>
/// <param name="Sheet">Sheet of a workbook, at most 100 characters.</param>
/// <param name="HeaderRow">Row in which the header of a sheet begins, 1 to 1,000.</param>
/// <param name="Missing">What stands for a missing value in columns that are not text, at most 50 texts of at most 100 characters.</param>
/// <param name="CoordinateSystem">What the coordinates are; the dataset's when not said.</param>
public sealed record ImportResourceRequest(
    [MaxLength(TableWriter.MostColumns)] IReadOnlyList<ImportResourceColumn>? Columns = null,
    [StringLength(1, MinimumLength = 1)] string? Delimiter = null,
    [StringLength(100)] string? Sheet = null,
    [Range(1, 1000)] int? HeaderRow = null,
    [MaxLength(50)] IReadOnlyList<string>? Missing = null,
    CoordinateSystem? CoordinateSystem = null);

/// <summary>A decision about one column of the file.</summary>
/// <param name="Position">Which column of the file, from 1.</param>
/// <param name="Name">Its name, 1 to 300 characters.</param>
/// <param name="Type">Its type; rows whose value is of another are listed as bad rows.</param>
/// <param name="Precision">Digits of a decimal, 1 to 28.</param>
/// <param name="Scale">Digits behind the point of a decimal, 0 to 28.</param>
/// <param name="Title">A name for readers where the name is a code, at most 300 characters.</param>
/// <param name="Description">What the values mean, at most 2,000 characters.</param>
/// <param name="Unit">Unit of measure, at most 40 characters.</param>
/// <param name="IsKey">Part of the key by which rows of two versions are told apart.</param>
public sealed record ImportResourceColumn(
    [Range(1, TableWriter.MostColumns)] int Position,
    [StringLength(300, MinimumLength = 1)] string? Name = null,
    ColumnType? Type = null,
    [Range(1, 28)] int? Precision = null,
    [Range(0, 28)] int? Scale = null,
    [StringLength(300)] string? Title = null,
    [StringLength(2000)] string? Description = null,
    [StringLength(40)] string? Unit = null,
    bool? IsKey = null);

internal static class ImportResource
{
    private const string Delimiters = ",;\t|";

    internal static void Map(IEndpointRouteBuilder group)
    {
        group.MapPost("/datasets/{id:guid}/draft/files/{resource:guid}/imports", Handle).Requires(Right.OpenData).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("/imports/{id:guid}/again", HandleAgain).Requires(Right.OpenData).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
    }

    /// <summary>Read a file of the draft as a typed table, or read it again with other decisions about its columns.</summary>
    /// <param name="id">The dataset.</param>
    /// <param name="resource">The file.</param>
    /// <response code="202">Waits for its turn; ledger event open-data.import-ordered.</response>
    /// <response code="400">open-data.import-format, open-data.invalid</response>
    /// <response code="403">open-data.not-publisher</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.wrong-state, open-data.import-under-way</response>
    internal static async Task<Results<Accepted<ImportOrdered>, ProblemHttpResult>> Handle(
        Guid id, Guid resource, ImportResourceRequest request, Actor actor, ZhengtongDb db, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        if (Faults(request) is { Count: > 0 } faults) { return OpenDataProblems.Invalid.For(faults); }
        var (draft, problem) = await ImportAccess.DraftAsync(db, id, actor, ct);
        if (draft is null) { return problem!; }
        if (draft.Resources.FirstOrDefault(r => r.Id == resource) is not { } file) { return OpenDataProblems.NotFound.Because($"{resource}"); }
        var format = FileImport.Reads(file.Format) ? file.Format : ImportAccess.FormatOf(file.FileName);
        if (format is null) { return OpenDataProblems.ImportFormat.Because(file.Format); }

        return await OrderAsync(draft, file.Id, file.Name, file.FileName, format, new PutObject(file.Content, file.Bytes), request, actor, db, reconcilers, clock, ct);
    }

    /// <summary>Read the file of an import again with other decisions, also when it failed or was stopped. Files stay for thirty days after their import.</summary>
    /// <response code="202">Waits for its turn; ledger event open-data.import-ordered.</response>
    /// <response code="400">open-data.invalid</response>
    /// <response code="404">open-data.import-unknown</response>
    /// <response code="409">open-data.wrong-state, open-data.import-under-way</response>
    internal static async Task<Results<Accepted<ImportOrdered>, ProblemHttpResult>> HandleAgain(
        Guid id, ImportResourceRequest request, Actor actor, ZhengtongDb db, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        if (Faults(request) is { Count: > 0 } faults) { return OpenDataProblems.Invalid.For(faults); }
        if (await ImportAccess.FindAsync(db, id, actor, ct) is not { } job) { return OpenDataProblems.ImportUnknown.Because($"{id}"); }
        var (draft, problem) = await ImportAccess.DraftAsync(db, job.DatasetId, actor, ct);
        if (draft is null) { return problem!; }
        if (draft.Id != job.VersionId) { return OpenDataProblems.WrongState.Because(job.FileName); }

        return await OrderAsync(draft, job.ResourceId, job.Name, job.FileName, job.Format, new PutObject(job.Content, job.Bytes), request, actor, db, reconcilers, clock, ct);
    }

    private static async Task<Results<Accepted<ImportOrdered>, ProblemHttpResult>> OrderAsync(
        DatasetVersion draft, Guid resource, string name, string fileName, string format, PutObject content, ImportResourceRequest request, Actor actor, ZhengtongDb db, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        var (job, problem) = await ImportAccess.OrderAsync(db, draft, resource, name, fileName, format, content, ChoicesOf(request), actor, clock.GetUtcNow(), ct);
        if (job is null) { return problem!; }
        reconcilers.Wake<ImportFiles>();
        return TypedResults.Accepted($"/api/v1/imports/{job.Id}", new ImportOrdered(job.Id, job.ResourceId));
    }

    private static Dictionary<string, string[]> Faults(ImportResourceRequest request)
    {
        var faults = new Dictionary<string, string[]>();
        if (request.Delimiter is { } delimiter && !Delimiters.Contains(delimiter, StringComparison.Ordinal)) { faults["delimiter"] = [Text.Of("open-data.import.delimiter")]; }
        foreach (var (n, column) in (request.Columns ?? []).Index())
        {
            if (column.Scale > (column.Precision ?? 28)) { faults[$"columns[{n}].scale"] = [Text.Of("open-data.import.scale")]; }
        }

        if (request.Missing?.Any(m => m is not { Length: > 0 and <= 100 }) == true) { faults["missing"] = [Text.Of("open-data.import.missing")]; }
        return faults;
    }

    private static ImportChoices ChoicesOf(ImportResourceRequest request) => new()
    {
        Columns = [.. (request.Columns ?? []).Select(c => new ColumnChoice(c.Position) { Name = c.Name, Type = c.Type, Precision = c.Precision, Scale = c.Scale, Title = c.Title, Description = c.Description, Unit = c.Unit, IsKey = c.IsKey })],
        Delimiter = request.Delimiter?[0],
        Sheet = request.Sheet,
        HeaderRow = request.HeaderRow,
        Missing = request.Missing,
        CoordinateSystem = request.CoordinateSystem ?? CoordinateSystem.None,
    };
}
