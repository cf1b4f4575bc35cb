using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Quality;

/// <summary>The quality of a published dataset.</summary>
/// <param name="Day">When it was computed last, in China.</param>
/// <param name="Overall">Description and content, each for a half: 0 to 100.</param>
/// <param name="Metadata">The description, 0 to 405 points.</param>
/// <param name="Grade">Of the description: excellent (351 to 405), good (221 to 350), sufficient (121 to 220), bad.</param>
/// <param name="Content">The content, 0 to 100 points.</param>
/// <param name="Completeness">Share of cells with a value, 0 to 1; null without tables.</param>
/// <param name="Validity">Share of rows and columns without a fault, 0 to 1; null without tables.</param>
/// <param name="Uniqueness">Share of rows that repeat no other, 0 to 1; null when not measured.</param>
/// <param name="Timeliness">1 while it is as fresh as promised, down to 0.</param>
/// <param name="Metrics">The description's metrics, in the model's order.</param>
/// <param name="Remarks">What in the content could be better, the greatest share first.</param>
/// <param name="Trend">The last 90 days with a score, the oldest first.</param>
public sealed record DatasetQuality(DateOnly Day, double Overall, double Metadata, string Grade, double Content, double? Completeness, double? Validity, double? Uniqueness, double Timeliness,
    IReadOnlyList<DatasetQualityMetric> Metrics, IReadOnlyList<DatasetQualityRemark> Remarks, IReadOnlyList<DatasetQualityDay> Trend);

/// <summary>One metric of the description.</summary>
/// <param name="Id">Permanent name.</param>
/// <param name="Title">In the reader's language.</param>
/// <param name="Dimension">Where it belongs.</param>
/// <param name="Points">Most points.</param>
/// <param name="Earned">Points it gets.</param>
/// <param name="Mend">How to get the rest; null when all are there.</param>
public sealed record DatasetQualityMetric(string Id, string Title, QualityDimension Dimension, int Points, double Earned, string? Mend);

/// <summary>Something in the content that could be better.</summary>
/// <param name="Resource">The resource; null for the whole dataset.</param>
/// <param name="Column">The column; null when it is not about one.</param>
/// <param name="Kind">Permanent name.</param>
/// <param name="Title">In the reader's language.</param>
/// <param name="Count">Cells, rows or days.</param>
/// <param name="Share">Of all, 0 to 1.</param>
/// <param name="Mend">What to do.</param>
public sealed record DatasetQualityRemark(Guid? Resource, string? Column, string Kind, string Title, long Count, double Share, string Mend);

/// <summary>A day's scores.</summary>
/// <param name="Day">In China.</param>
/// <param name="Overall">0 to 100.</param>
/// <param name="Metadata">0 to 405.</param>
/// <param name="Content">0 to 100.</param>
public sealed record DatasetQualityDay(DateOnly Day, double Overall, double Metadata, double Content);

internal static class GetDatasetQuality
{
    private const int MostDays = 90;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/datasets/{id:guid}/quality", Handle).AllowAnonymous().ProducesProblem(404);

    /// <summary>Read the quality of a published dataset: scores, what is missing and how to mend it, and how it went.</summary>
    /// <param name="id">The dataset.</param>
    /// <response code="200">The scores.</response>
    /// <response code="404">open-data.not-found: no such published dataset, or it has no score yet (within a minute of its publication)</response>
    internal static async Task<Results<Ok<DatasetQuality>, ProblemHttpResult>> Handle(Guid id, ZhengtongDb db, CancellationToken ct) =>
        await ReadAsync(id, db, ct) is { } quality ? TypedResults.Ok(quality) : OpenDataProblems.NotFound.Because($"{id}");

    /// <summary>The same for pages; null when there is none.</summary>
    internal static async Task<DatasetQuality?> ReadAsync(Guid id, ZhengtongDb db, CancellationToken ct)
    {
        var score = await db.QualityScores.AsNoTracking().Where(q => q.DatasetId == id && q.IsLatest && db.Datasets.Any(d => d.Id == id && d.State == DatasetState.Published)).SingleOrDefaultAsync(ct);
        if (score is null) { return null; }
        var days = await db.QualityScores.Where(q => q.DatasetId == id).OrderByDescending(q => q.Day).Take(MostDays).Select(q => new { q.Day, q.Overall, q.Metadata, q.Content }).ToListAsync(ct);
        var content = score.Details.Content;
        return new DatasetQuality(
            score.Day, score.Overall / 10.0, score.Metadata / 10.0, MetadataScore.GradeOf(score.Metadata / 10.0), score.Content / 10.0,
            content.Completeness, content.Validity, content.Uniqueness, content.Timeliness,
            [.. score.Details.Metrics.Select(m => new DatasetQualityMetric(m.Id, Text.Of($"open-data.quality.metric.{m.Id}"), m.Dimension, m.Points, m.Earned, m.Earned < m.Points ? Text.Of($"open-data.quality.mend.{m.Id}") : null))],
            [.. content.Remarks.Select(r => new DatasetQualityRemark(r.ResourceId, r.Column, r.Kind, Text.Of($"open-data.quality.remark.{r.Kind}"), r.Count, r.Share, Text.Of($"open-data.quality.remedy.{r.Kind}")))],
            [.. days.AsEnumerable().Reverse().Select(d => new DatasetQualityDay(d.Day, d.Overall / 10.0, d.Metadata / 10.0, d.Content / 10.0))]);
    }
}
