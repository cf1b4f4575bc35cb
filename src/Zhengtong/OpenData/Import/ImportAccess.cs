using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Import;

/// <summary>Who may import what.</summary>
internal static class ImportAccess
{
    /// <summary>Most resources of a version.</summary>
    private const int MostResources = 200;

    /// <summary>The draft of a dataset of the actor's department.</summary>
    internal static async Task<(DatasetVersion? Draft, ProblemHttpResult? Problem)> DraftAsync(ZhengtongDb db, Guid dataset, Actor actor, CancellationToken ct)
    {
        var found = await db.Datasets.AsNoTracking().SingleOrDefaultAsync(d => d.Id == dataset, ct);
        if (found is null || (found.PublisherId != actor.Organisation && found.State == DatasetState.Draft)) { return (null, OpenDataProblems.NotFound.Because($"{dataset}")); }
        if (found.PublisherId != actor.Organisation) { return (null, OpenDataProblems.NotPublisher.Because(found.Title)); }
        var draft = await db.DatasetVersions.AsNoTracking().SingleOrDefaultAsync(v => v.DatasetId == dataset && v.State == VersionState.Draft, ct);
        return draft is null ? (null, OpenDataProblems.WrongState.Because(found.Title)) : (draft, null);
    }

    /// <summary>An import of the actor's department, tracked.</summary>
    internal static async Task<ImportJob?> FindAsync(ZhengtongDb db, Guid id, Actor actor, CancellationToken ct) =>
        await db.ImportJobs.SingleOrDefaultAsync(j => j.Id == id && db.Datasets.Any(d => d.Id == j.DatasetId && d.PublisherId == actor.Organisation), ct);

    /// <summary>Lets a file wait for its import.</summary>
    internal static async Task<(ImportJob? Job, ProblemHttpResult? Problem)> OrderAsync(
        ZhengtongDb db, DatasetVersion draft, Guid? resource, string name, string fileName, string format, PutObject content, ImportChoices choices, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        if (resource is null && draft.Resources.Count >= MostResources) { return (null, OpenDataProblems.WrongState.Because($"{MostResources}")); }
        var job = new ImportJob
        {
            Id = Guid.CreateVersion7(now),
            DatasetId = draft.DatasetId,
            VersionId = draft.Id,
            ResourceId = resource ?? Guid.CreateVersion7(now),
            Name = HeaderNames.Cut(Printable(name) is { Length: > 0 } printable ? printable : fileName, 200),
            FileName = fileName,
            Format = format,
            Content = content.Digest,
            Bytes = content.Length,
            Choices = choices.CoordinateSystem == CoordinateSystem.None ? choices with { CoordinateSystem = draft.Description.CoordinateSystem } : choices,
            RequestedBy = actor.Id,
            CreatedAt = now,
        }.Waits();
        db.ImportJobs.Add(job);
        db.ObjectReferences.Add(new ObjectReference { Digest = job.Content, Owner = job.Owner, Since = now });
        db.Ledger.Add(LedgerEntry.Of("open-data.import-ordered", job.Id, actor, now, after: new { dataset = job.DatasetId, version = job.VersionId, resource = job.ResourceId, job.FileName, job.Format, job.Bytes, sha256 = job.Content.Value }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return (null, OpenDataProblems.ImportUnderWay.Because(job.FileName)); }
        return (job, null);
    }

    /// <summary>A text without what the databases and pages cannot hold.</summary>
    internal static string Printable(string text) => string.Concat(text.Where(c => !char.IsControl(c))).Trim();

    /// <summary>The format a file name's ending says; null when no table can be in it.</summary>
    internal static string? FormatOf(string fileName)
    {
        var ending = Path.GetExtension(fileName).TrimStart('.').ToUpperInvariant();
        ending = ending switch { "NDJSON" => "JSONL", "TXT" or "TAB" => "TSV", "PQ" => "PARQUET", _ => ending };
        return FileImport.Reads(ending) ? ending : null;
    }

    /// <summary>The media type of a format that imports read.</summary>
    internal static string MediaTypeOf(string format) => format switch
    {
        "CSV" => "text/csv",
        "TSV" => "text/tab-separated-values",
        "XLSX" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "JSON" => "application/json",
        "JSONL" => "application/x-ndjson",
        "GEOJSON" => "application/geo+json",
        "PARQUET" => "application/vnd.apache.parquet",
        "XML" => "application/xml",
        _ => "application/octet-stream",
    };
}
