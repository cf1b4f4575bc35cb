using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Import.Slices;

/// <summary>An import.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Dataset">The dataset.</param>
/// <param name="Resource">The file of the draft that it fills.</param>
/// <param name="FileName">The file's name.</param>
/// <param name="Format">Its format.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="State">Where it stands.</param>
/// <param name="CreatedAt">When it was ordered.</param>
/// <param name="StartedAt">When it last began.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Phase">1 while the file is looked through, 2 while the table is written; 0 before.</param>
/// <param name="Rows">Rows done in this phase; of the whole file when done.</param>
/// <param name="RowsPerSecond">Rows a second since it began; null when it does not run.</param>
/// <param name="BytesRead">Bytes of the file done in this phase.</param>
/// <param name="EstimatedEnd">When it will be done by the pace so far; null when that cannot be said.</param>
/// <param name="Fault">Code of why it failed.</param>
/// <param name="FaultTitle">What that means, in the reader's language.</param>
/// <param name="FaultDetail">Where in the file.</param>
/// <param name="BadRows">How many rows could not be read; they are at <c>bad-rows.csv</c>.</param>
/// <param name="Encoding">The file's own encoding.</param>
/// <param name="Warnings">What a person should know.</param>
/// <param name="Columns">Why each column is what it is; null until it is done.</param>
public sealed record ImportDetail(
    Guid Id, Guid Dataset, Guid Resource, string FileName, string Format, long Bytes, ImportState State, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt,
    int Phase, long Rows, double? RowsPerSecond, long BytesRead, DateTimeOffset? EstimatedEnd, string? Fault, string? FaultTitle, string? FaultDetail, long BadRows, string? Encoding,
    IReadOnlyList<ImportDetailWarning> Warnings, IReadOnlyList<ImportDetailColumn>? Columns);

/// <summary>What a person should know about the file.</summary>
/// <param name="Code">Its code.</param>
/// <param name="Title">What it means, in the reader's language.</param>
/// <param name="Detail">What in this case.</param>
public sealed record ImportDetailWarning(string Code, string Title, string? Detail);

/// <summary>Why a column is what it is; counted over all rows.</summary>
/// <param name="Position">Which column, from 1.</param>
/// <param name="Source">Its name in the file.</param>
/// <param name="Name">Its name in the table.</param>
/// <param name="Type">Its type.</param>
/// <param name="Ground">Code of the reason.</param>
/// <param name="GroundTitle">The reason, in the reader's language.</param>
/// <param name="Values">Cells with a value.</param>
/// <param name="Empty">Cells with nothing in them.</param>
/// <param name="Missing">Cells that say in words that there is no value, by the word.</param>
/// <param name="Likely">The type that most values would have.</param>
/// <param name="Against">How many values speak against that.</param>
/// <param name="AgainstValue">The first of them.</param>
/// <param name="AgainstLine">Its line or row.</param>
/// <param name="Grouped">Values with thousands separators.</param>
/// <param name="NameChanges">What was done to the name.</param>
public sealed record ImportDetailColumn(
    int Position, string Source, string Name, ColumnType Type, string Ground, string GroundTitle, long Values, long Empty, IReadOnlyDictionary<string, long> Missing, ColumnType? Likely, long Against,
    string? AgainstValue, long? AgainstLine, long Grouped, IReadOnlyList<string> NameChanges);

/// <summary>Imports of a dataset's draft, the newest first.</summary>
/// <param name="Items">At most 100.</param>
public sealed record ListImportsResponse(IReadOnlyList<ImportDetail> Items);

internal static class GetImport
{
    private const int Most = 100;

    internal static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/imports/{id:guid}", Handle).Requires(Right.OpenData).ProducesProblem(403).ProducesProblem(404);
        group.MapGet("/datasets/{id:guid}/draft/imports", HandleList).Requires(Right.OpenData).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
    }

    /// <summary>See how far an import is, and what it found.</summary>
    /// <response code="200">The import.</response>
    /// <response code="404">open-data.import-unknown</response>
    internal static async Task<Results<Ok<ImportDetail>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct) =>
        await ImportAccess.FindAsync(db, id, actor, ct) is { } job ? TypedResults.Ok(DetailOf(job, clock.GetUtcNow())) : OpenDataProblems.ImportUnknown.Because($"{id}");

    /// <summary>List the imports of a dataset's draft, the newest first; at most 100.</summary>
    /// <response code="200">The imports.</response>
    /// <response code="403">open-data.not-publisher</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.wrong-state</response>
    internal static async Task<Results<Ok<ListImportsResponse>, ProblemHttpResult>> HandleList(Guid id, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var (draft, problem) = await ImportAccess.DraftAsync(db, id, actor, ct);
        if (draft is null) { return problem!; }
        var jobs = await db.ImportJobs.AsNoTracking().Where(j => j.VersionId == draft.Id).OrderByDescending(j => j.CreatedAt).ThenByDescending(j => j.Id).Take(Most).ToListAsync(ct);
        return TypedResults.Ok(new ListImportsResponse([.. jobs.Select(j => DetailOf(j, clock.GetUtcNow()))]));
    }

    private static ImportDetail DetailOf(ImportJob job, DateTimeOffset now) => new(
        job.Id, job.DatasetId, job.ResourceId, job.FileName, job.Format, job.Bytes, job.State, job.CreatedAt, job.StartedAt, job.EndedAt, job.Phase, job.Rows,
        job is { State: ImportState.Running, StartedAt: { } began } && now > began ? Math.Round(job.Rows / (now - began).TotalSeconds, 1) : null, job.BytesRead, job.EstimatedEnd(now),
        job.Fault, job.Fault is { } fault ? Text.Of($"open-data.import.fault.{fault}") : null, job.FaultDetail, job.BadRowCount, job.Findings?.Encoding,
        [.. (job.Findings?.Warnings ?? []).Select(w => new ImportDetailWarning(w.Code, Text.Of($"open-data.import.warning.{w.Code}"), w.Detail))],
        job.Findings?.Columns.Select(c => new ImportDetailColumn(
            c.Position, c.Source, c.Name, c.Type, c.Ground, Text.Of($"open-data.import.ground.{c.Ground}"), c.Values, c.Empty, c.Missing, c.Likely, c.Against, c.AgainstValue, c.AgainstLine, c.Grouped, c.NameChanges)).ToList());
}
