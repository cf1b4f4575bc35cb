using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Privacy;

namespace Zhengtong.OpenData.Quality;

/// <summary>Gives each published dataset its score of the day, and anew when a version was published.</summary>
internal sealed partial class ScoreDatasets(ZhengtongDb db, Examination examination, ObjectStore objects, TimeProvider clock, ILogger<ScoreDatasets> log) : IReconciler
{
    private const int AtOnce = 20;

    /// <summary>Whole rows are compared in tables up to this size; larger ones need a key.</summary>
    private const long MostWholeRows = 1_000_000;
    private static readonly TimeSpan China = TimeSpan.FromHours(8);

    public string Name => "open-data.quality";

    public TimeSpan Every => TimeSpan.FromSeconds(30);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var today = DayOf(now);
        var due = await db.Datasets.Where(d => d.State == DatasetState.Published && !db.QualityScores.Any(q => q.DatasetId == d.Id && q.Day == today && q.VersionId == d.CurrentVersionId))
            .OrderBy(d => d.Id).Take(AtOnce).ToListAsync(ct);
        foreach (var dataset in due) { await ScoreAsync(dataset, today, ct); }
        return due.Count == AtOnce ? Pass.Unfinished(due.Count) : Pass.Settled(due.Count);
    }

    private async Task ScoreAsync(Dataset dataset, DateOnly today, CancellationToken ct)
    {
        var version = await db.DatasetVersions.SingleAsync(v => v.Id == dataset.CurrentVersionId, ct);
        var latest = await db.QualityScores.Where(q => q.DatasetId == dataset.Id && q.IsLatest).SingleOrDefaultAsync(ct);
        var there = new HashSet<Guid>();
        foreach (var resource in version.Resources)
        {
            if (await objects.ExistsAsync(resource.Content, ct)) { there.Add(resource.Id); }
        }

        var uniqueness = latest?.VersionId == version.Id ? latest.Details.Uniqueness : await UniquenessOf(version, ct);
        var now = clock.GetUtcNow();
        var details = new QualityDetails
        {
            Metrics = MetadataScore.Of(dataset, version, r => there.Contains(r.Id)),
            Content = ContentScoring.Of(version, uniqueness, DayOf(version.PublishedAt ?? now), today),
            Uniqueness = uniqueness,
        };
        if (latest?.Day != today)
        {
            latest?.IsLatest = false;
            latest = new QualityScore { Id = Guid.CreateVersion7(now), DatasetId = dataset.Id, PublisherId = dataset.PublisherId, Day = today, VersionId = version.Id, Details = details, ComputedAt = now };
            db.QualityScores.Add(latest);
        }

        latest.Take(details, version.Id, now);
        await db.SaveChangesAsync(ct);
        db.ChangeTracker.Clear();
    }

    private async Task<IReadOnlyList<TableUniqueness>> UniquenessOf(DatasetVersion version, CancellationToken ct)
    {
        var measured = new List<TableUniqueness>();
        foreach (var resource in version.Resources)
        {
            if (resource.Table is not { Rows: > 0 } table) { continue; }
            var key = table.Columns.Where(c => c.IsKey).Select(c => c.Name).ToList();
            if (key.Count == 0 && table.Rows > MostWholeRows) { continue; }
            try
            {
                var grouping = await examination.GroupAsync(table, key.Count > 0 ? key : [.. table.Columns.Select(c => c.Name)], 2, ct);
                measured.Add(new(resource.Id, grouping.Rows, grouping.Groups, key.Count > 0));
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // One table that cannot be read keeps no other dataset from its score; its own goes without this part.
                LogUnreadable(log, e, resource.Id);
            }
        }

        return measured;
    }

    internal static DateOnly DayOf(DateTimeOffset moment) => DateOnly.FromDateTime(moment.ToOffset(China).DateTime);

    [LoggerMessage(LogLevel.Warning, "Rows of resource {Resource} could not be compared")]
    private static partial void LogUnreadable(ILogger log, Exception exception, Guid resource);
}
