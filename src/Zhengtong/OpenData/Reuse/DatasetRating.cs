using Microsoft.EntityFrameworkCore;

namespace Zhengtong.OpenData.Reuse;

/// <summary>How a dataset was rated by one voice 评分; a later rating of the same voice takes its place.</summary>
internal sealed class DatasetRating
{
    internal required Guid DatasetId { get; init; }

    /// <summary>Who rated, as <see cref="Voice.Mark"/>; never shown.</summary>
    internal required string Voice { get; init; }

    /// <summary>1 to 5.</summary>
    internal required int Stars { get; set; }

    internal required DateTimeOffset At { get; set; }
}

/// <summary>All ratings of a dataset together.</summary>
/// <param name="Average">Mean of the stars to one digit, 1 to 5; null without ratings.</param>
/// <param name="Count">How many voices rated.</param>
/// <param name="ByStars">How many gave 1, 2, 3, 4 and 5 stars.</param>
public sealed record DatasetRatingSummary(decimal? Average, long Count, IReadOnlyList<long> ByStars)
{
    internal static async Task<DatasetRatingSummary> ReadAsync(ZhengtongDb db, Guid dataset, CancellationToken ct)
    {
        var counts = await db.DatasetRatings.AsNoTracking().Where(r => r.DatasetId == dataset).GroupBy(r => r.Stars).Select(g => new { g.Key, Count = g.LongCount() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        var count = counts.Values.Sum();
        return new DatasetRatingSummary(
            count == 0 ? null : Math.Round((decimal)counts.Sum(c => c.Key * c.Value) / count, 1, MidpointRounding.AwayFromZero), count, [.. Enumerable.Range(1, 5).Select(s => counts.GetValueOrDefault(s))]);
    }
}
