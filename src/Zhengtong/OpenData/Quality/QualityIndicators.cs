using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Metering;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Quality;

/// <summary>What the cockpit reads of published datasets and their quality, as it stands now.</summary>
internal static class QualityIndicators
{
    internal static void AddTo(IServiceCollection services)
    {
        services.AddIndicator("open-data.datasets-published", "dataset", RollUpPeriod.Day, "open-data.indicator-source.datasets", PublishedAsync);
        services.AddIndicator("open-data.metadata-score", "point", RollUpPeriod.Day, "open-data.indicator-source.metadata-score", (db, question, ct) => AverageAsync(db, question, isMetadata: true, ct));
        services.AddIndicator("open-data.content-score", "point", RollUpPeriod.Day, "open-data.indicator-source.content-score", (db, question, ct) => AverageAsync(db, question, isMetadata: false, ct));
    }

    private static async Task<IndicatorValue> PublishedAsync(ZhengtongDb db, IndicatorQuestion question, CancellationToken ct)
    {
        var organisations = question.OrganisationsOf(db);
        return IndicatorValue.Of(await db.Datasets.CountAsync(d => d.State == DatasetState.Published && d.PublishedAt < question.To && organisations.Contains(d.PublisherId), ct));
    }

    /// <summary>The mean of the newest scores; nothing when there are none.</summary>
    private static async Task<IndicatorValue> AverageAsync(ZhengtongDb db, IndicatorQuestion question, bool isMetadata, CancellationToken ct)
    {
        var organisations = question.OrganisationsOf(db);
        var scores = db.QualityScores.Where(q => q.IsLatest && organisations.Contains(q.PublisherId) && db.Datasets.Any(d => d.Id == q.DatasetId && d.State == DatasetState.Published));
        var count = await scores.LongCountAsync(ct);
        if (count == 0) { return new IndicatorValue(null, new Dictionary<string, decimal> { ["datasets"] = 0 }); }
        var sum = (isMetadata ? await scores.SumAsync(q => (long)q.Metadata, ct) : await scores.SumAsync(q => (long)q.Content, ct)) / 10m;
        return new IndicatorValue(Math.Round(sum / count, 2), new Dictionary<string, decimal> { ["points"] = sum, ["datasets"] = count });
    }
}
