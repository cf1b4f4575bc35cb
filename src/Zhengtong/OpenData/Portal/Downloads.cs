using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Model;
using Zhengtong.Web;

namespace Zhengtong.OpenData.Portal;

/// <summary>Counts downloads; any number of readers at once.</summary>
internal static class Downloads
{
    /// <summary>Days of the ranking, today among them.</summary>
    internal const int RankedDays = 30;

    /// <summary>The first day of the ranking.</summary>
    internal static DateOnly RankedSince(DateTimeOffset now) => Today(now).AddDays(1 - RankedDays);

    /// <summary>One more download of the dataset today. The database adds, so that nobody's count is lost; what the context tracks is not saved.</summary>
    internal static async Task CountAsync(ZhengtongDb db, Guid dataset, DateTimeOffset now, CancellationToken ct)
    {
        var day = Today(now);
        while (await db.DownloadCounts.Where(c => c.DatasetId == dataset && c.Day == day).ExecuteUpdateAsync(c => c.SetProperty(x => x.Count, x => x.Count + 1), ct) == 0)
        {
            var first = db.DownloadCounts.Add(new DownloadCount { DatasetId = dataset, Day = day, Count = 1 });
            try
            {
                await db.SaveChangesAsync(ct);
                return;
            }
            catch (DbUpdateException e) when (e.IsUniqueViolation())
            {
                // Another was the day's first in the same moment: add to theirs.
                first.State = EntityState.Detached;
            }
        }
    }

    private static DateOnly Today(DateTimeOffset now) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, Show.Zone).Date);
}
