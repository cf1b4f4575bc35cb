using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;

namespace Zhengtong.Cloud.Metering;

/// <summary>Folds what was written minute by minute into hours of a resource, hours into days, days into months, and lets go of what is older than it is kept.
/// Each step is one transaction that may be repeated.</summary>
internal static class Folding
{
    /// <summary>An hour is folded so long after its end: a reading may be late, or the window that it ends may have begun before.</summary>
    internal static readonly TimeSpan After = TimeSpan.FromMinutes(10);

    /// <summary>How long minutes are kept, in days.</summary>
    internal const int MinutesKept = 35;

    /// <summary>How long hours are kept, in months; days and months stay.</summary>
    internal const int HoursKept = 13;

    private const int AtOnce = 500;

    /// <summary>Hours since 1970 (UTC) of a moment.</summary>
    internal static int HourOf(DateTimeOffset at) => (int)(at.ToUnixTimeSeconds() / 3600);

    internal static DateTimeOffset StartOf(int hour) => DateTimeOffset.FromUnixTimeSeconds(hour * 3600L);

    /// <summary>The first hour of a day in China.</summary>
    internal static int FirstHourOf(DateOnly day) => HourOf(ChinaTime.StartOf(day));

    /// <summary>Folds the oldest hour that is over.</summary>
    /// <returns>How many resources it had; null when no hour waits.</returns>
    internal static async Task<int?> FoldHourAsync(ZhengtongDb db, DateTimeOffset now, CancellationToken ct)
    {
        var before = HourOf(now - After);
        if (await db.MeterSheets.Where(s => s.Hour < before).OrderBy(s => s.Hour).Select(s => (int?)s.Hour).FirstOrDefaultAsync(ct) is not { } hour) { return null; }
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var (slots, sheets) = (new Dictionary<Guid, MeterSlot[]>(), new List<Guid>());
        await foreach (var sheet in db.MeterSheets.AsNoTracking().Where(s => s.Hour == hour).OrderBy(s => s.Id).AsAsyncEnumerable().WithCancellation(ct))
        {
            sheets.Add(sheet.Id);
            SheetPack.Read(sheet.Slots, (resource, minute, slot) =>
            {
                if (!slots.TryGetValue(resource, out var own)) { slots[resource] = own = new MeterSlot[HourPack.Minutes]; }
                own[minute] = own[minute].With(slot);
            });
        }

        // An hour that was folded before and got a late sheet: what is there stays.
        foreach (var there in await db.MeterMinutes.AsNoTracking().Where(m => m.Hour == hour).ToListAsync(ct))
        {
            if (!slots.TryGetValue(there.ResourceId, out var own)) { continue; }
            var known = HourPack.Read(there.Slots);
            for (var n = 0; n < own.Length; n++) { own[n] = known[n].With(own[n]); }
        }

        var rows = slots.OrderBy(s => s.Key).Select(s => new MeterMinutes { ResourceId = s.Key, Hour = hour, Slots = HourPack.Write(s.Value) }).ToList();
        await ManyRows.PutAsync(db, "meter_minutes", ["resource_id", "hour"],
            [ManyColumn.Of("resource_id", n => rows[n].ResourceId), ManyColumn.Of("hour", n => rows[n].Hour), ManyColumn.Of("slots", n => rows[n].Slots)], rows.Count, ct);
        await AddToDaysAsync(db, hour, slots, ct);
        foreach (var some in sheets.Chunk(AtOnce)) { await db.MeterSheets.Where(s => some.Contains(s.Id)).ExecuteDeleteAsync(ct); }
        await transaction.CommitAsync(ct);
        return slots.Count;
    }

    /// <summary>Closes days that are over: their percentiles are taken from their minutes, and their months are counted again.</summary>
    /// <returns>How many rows; fewer than <see cref="AtOnce"/> when none waits any more.</returns>
    internal static async Task<int> CloseDaysAsync(ZhengtongDb db, DateTimeOffset now, CancellationToken ct)
    {
        var before = ChinaTime.DateOf(now - TimeSpan.FromHours(1) - After - TimeSpan.FromMinutes(5));
        var open = await db.MeterDays.AsNoTracking().Where(d => !d.IsClosed && d.Day < before).OrderBy(d => d.Day).ThenBy(d => d.ResourceId).Take(AtOnce).ToListAsync(ct);
        if (open.Count == 0) { return 0; }
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        foreach (var day in open.GroupBy(d => d.Day))
        {
            var (ids, first) = (day.Select(d => d.ResourceId).ToList(), FirstHourOf(day.Key));
            var minutes = (await db.MeterMinutes.AsNoTracking().Where(m => ids.Contains(m.ResourceId) && m.Hour >= first && m.Hour < first + 24).ToListAsync(ct)).ToLookup(m => m.ResourceId);
            await PutAsync(db, [.. day.Select(d => new MeterDay { ResourceId = d.ResourceId, Day = d.Day, Hours = d.Hours, IsClosed = true, Figures = Closed(d, [.. minutes[d.ResourceId]]) })], ct);
            await CountMonthAsync(db, new DateOnly(day.Key.Year, day.Key.Month, 1), ids, ct);
        }

        await transaction.CommitAsync(ct);
        return open.Count;
    }

    /// <summary>Lets go of minutes and hours that are older than they are kept.</summary>
    internal static async Task<int> LetGoAsync(ZhengtongDb db, DateTimeOffset now, CancellationToken ct)
    {
        var hour = HourOf(now.AddDays(-MinutesKept));
        var day = ChinaTime.DateOf(now).AddMonths(-HoursKept);
        return await db.MeterMinutes.Where(m => m.Hour < hour).ExecuteDeleteAsync(ct)
            + await db.MeterDays.Where(d => d.Day < day && d.Hours != null).ExecuteUpdateAsync(set => set.SetProperty(d => d.Hours, (byte[]?)null), ct);
    }

    /// <summary>The hours of a day that are kept, by hour of the day in China.</summary>
    internal static SortedDictionary<int, MeterFigures> HoursOf(MeterDay day) => day.Hours is { } packed ? DayPack.Read(packed) : [];

    /// <summary>A day whose minutes are all at hand gets their percentiles; one whose minutes are gone keeps what its hours said.</summary>
    private static MeterFigures Closed(MeterDay day, List<MeterMinutes> minutes)
    {
        var exact = MeterFigures.Of([.. minutes.SelectMany(m => HourPack.Read(m.Slots))]);
        return exact.Covered >= day.Figures.Covered ? exact : day.Figures;
    }

    private static async Task AddToDaysAsync(ZhengtongDb db, int hour, Dictionary<Guid, MeterSlot[]> slots, CancellationToken ct)
    {
        var day = ChinaTime.DateOf(StartOf(hour));
        var ofDay = hour - FirstHourOf(day);
        var there = await db.MeterDays.AsNoTracking().Where(d => d.Day == day).ToDictionaryAsync(d => d.ResourceId, ct);
        await PutAsync(db, [.. slots.OrderBy(s => s.Key).Select(s =>
        {
            var hours = there.TryGetValue(s.Key, out var known) ? HoursOf(known) : [];
            hours[ofDay] = MeterFigures.Of(s.Value);
            return new MeterDay { ResourceId = s.Key, Day = day, Figures = MeterFigures.Of(hours.Values), Hours = DayPack.Write(hours), IsClosed = false };
        })], ct);
    }

    private static async Task CountMonthAsync(ZhengtongDb db, DateOnly month, List<Guid> ids, CancellationToken ct)
    {
        var end = month.AddMonths(1);
        var days = (await db.MeterDays.AsNoTracking().Where(d => ids.Contains(d.ResourceId) && d.Day >= month && d.Day < end && d.IsClosed).Select(d => new { d.ResourceId, d.Figures }).ToListAsync(ct)).ToLookup(d => d.ResourceId, d => d.Figures);
        var rows = days.OrderBy(d => d.Key).Select(d => new MeterMonth { ResourceId = d.Key, Month = month, Figures = MeterFigures.Of([.. d]), Days = d.Count() }).ToList();
        await ManyRows.PutAsync(db, "meter_months", ["resource_id", "month"],
            [ManyColumn.Of("resource_id", n => rows[n].ResourceId), ManyColumn.Of("month", n => rows[n].Month), .. FigureColumns(n => rows[n].Figures), ManyColumn.Of("days", n => rows[n].Days)], rows.Count, ct);
    }

    private static Task PutAsync(ZhengtongDb db, List<MeterDay> rows, CancellationToken ct) => ManyRows.PutAsync(db, "meter_days", ["resource_id", "day"],
        [ManyColumn.Of("resource_id", n => rows[n].ResourceId), ManyColumn.Of("day", n => rows[n].Day), .. FigureColumns(n => rows[n].Figures), ManyColumn.Of("hours", n => rows[n].Hours), ManyColumn.Of("is_closed", n => rows[n].IsClosed)], rows.Count, ct);

    private static IEnumerable<ManyColumn> FigureColumns(Func<int, MeterFigures> of) =>
    [
        ManyColumn.Of("covered", n => of(n).Covered), ManyColumn.Of("cpu_min", n => of(n).CpuMin), ManyColumn.Of("cpu_mean", n => of(n).CpuMean), ManyColumn.Of("cpu_max", n => of(n).CpuMax),
        ManyColumn.Of("cpu_peak", n => of(n).CpuPeak), ManyColumn.Of("cpu_p95", n => of(n).CpuP95), ManyColumn.Of("gauged", n => of(n).Gauged), ManyColumn.Of("memory_mean", n => of(n).MemoryMean),
        ManyColumn.Of("memory_max", n => of(n).MemoryMax), ManyColumn.Of("memory_p95", n => of(n).MemoryP95), ManyColumn.Of("disk_max", n => of(n).DiskMax), ManyColumn.Of("received", n => of(n).Received), ManyColumn.Of("sent", n => of(n).Sent),
    ];
}
