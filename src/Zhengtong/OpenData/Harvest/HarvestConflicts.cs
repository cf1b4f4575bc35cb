using Microsoft.EntityFrameworkCore;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Harvest;

/// <summary>Finds what of a source does not fit to other sources, to our own datasets, or to what was corrected here. Replaces what was found before; commits with the end of the run.</summary>
internal static class HarvestConflicts
{
    /// <summary>Most lines of one kind that a source has in the report.</summary>
    internal const int Most = 5_000;

    /// <summary>A title that so many datasets of a source have tells nothing, and its pairs would be without number.</summary>
    private const int MostAlike = 50;

    internal static async Task FindAsync(ZhengtongDb db, HarvestSource source, HarvestRun run, DateTimeOffset now, CancellationToken ct)
    {
        db.HarvestConflicts.RemoveRange(await db.HarvestConflicts.Where(c => c.Kind != HarvestConflictKind.InvalidMetadata && (c.SourceId == source.Id || c.OtherSourceId == source.Id)).ToListAsync(ct));
        // What was refused in an earlier run and is gone, or was taken since, is wrong no more.
        db.HarvestConflicts.RemoveRange(await db.HarvestConflicts.Where(c => c.Kind == HarvestConflictKind.InvalidMetadata && c.SourceId == source.Id
            && (c.HarvestedId == null ? c.FoundAt < run.StartedAt : db.HarvestedDatasets.Any(d => d.Id == c.HarvestedId && !d.IsPresent))).ToListAsync(ct));

        var own = db.HarvestedDatasets.AsNoTracking().Where(d => d.SourceId == source.Id && d.IsPresent);
        var others = db.HarvestedDatasets.AsNoTracking().Where(d => d.SourceId != source.Id && d.IsPresent);
        var pairs = await own.Join(others, d => d.Identifier, o => o.Identifier, (d, o) => new { d.Id, d.Identifier, d.Title, Other = o.Id, OtherSource = o.SourceId }).OrderBy(p => p.Id).Take(Most).ToListAsync(ct);
        db.HarvestConflicts.AddRange(pairs.Select(p => Line(HarvestConflictKind.SameIdentifier, p.Id, p.Identifier, p.Title, p.Other, p.OtherSource, null)));
        var ours = await own.Where(d => d.Uuid != null).Join(db.Datasets.AsNoTracking().Where(s => s.State != DatasetState.Draft), d => d.Uuid, s => (Guid?)s.Id, (d, s) => new { d.Id, d.Identifier, d.Title, Dataset = s.Id }).OrderBy(p => p.Id).Take(Most).ToListAsync(ct);
        db.HarvestConflicts.AddRange(ours.Select(p => Line(HarvestConflictKind.SameIdentifier, p.Id, p.Identifier, p.Title, null, null, p.Dataset)));

        // Whatever has the same identifier has the same title as a rule; that line is enough.
        var common = own.GroupBy(d => d.Title).Where(g => g.Count() > MostAlike).Select(g => g.Key);
        var titled = own.Where(d => !common.Contains(d.Title));
        var alike = await titled.Join(others, d => d.Title, o => o.Title, (d, o) => new { d.Id, d.Identifier, OtherIdentifier = o.Identifier, d.Title, Other = o.Id, OtherSource = o.SourceId })
            .Where(p => p.Identifier != p.OtherIdentifier).OrderBy(p => p.Id).Take(Most).ToListAsync(ct);
        db.HarvestConflicts.AddRange(alike.Select(p => Line(HarvestConflictKind.SameTitle, p.Id, p.Identifier, p.Title, p.Other, p.OtherSource, null)));
        var alikeOurs = await titled.Join(db.Datasets.AsNoTracking().Where(s => s.State == DatasetState.Published), d => d.Title, s => s.Title, (d, s) => new { d.Id, d.Identifier, d.Uuid, d.Title, Dataset = s.Id })
            .Where(p => p.Uuid == null || p.Uuid != p.Dataset).OrderBy(p => p.Id).Take(Most).ToListAsync(ct);
        db.HarvestConflicts.AddRange(alikeOurs.Select(p => Line(HarvestConflictKind.SameTitle, p.Id, p.Identifier, p.Title, null, null, p.Dataset)));

        var corrected = await own.Where(d => d.CorrectedHash != null && d.CorrectedHash != d.Hash).OrderBy(d => d.Id).Take(Most).Select(d => new { d.Id, d.Identifier, d.Title }).ToListAsync(ct);
        db.HarvestConflicts.AddRange(corrected.Select(p => Line(HarvestConflictKind.ChangedLocally, p.Id, p.Identifier, p.Title, null, null, null)));

        HarvestConflict Line(HarvestConflictKind kind, Guid entry, string identifier, string title, Guid? other, Guid? otherSource, Guid? dataset) => new()
        {
            Id = Guid.CreateVersion7(now), Kind = kind, SourceId = source.Id, Identifier = identifier, HarvestedId = entry, OtherHarvestedId = other, OtherSourceId = otherSource, DatasetId = dataset, Title = title, FoundAt = now,
        };
    }
}
