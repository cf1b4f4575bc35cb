using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Calendar;

namespace Zhengtong.Exchange.Timetables;

/// <summary>Reads timetables for whoever runs or shows deliveries.</summary>
internal sealed class TimetableBook(ZhengtongDb db, WorkingCalendar calendar)
{
    /// <summary>How a delivery may be read now.</summary>
    internal async Task<Pace> FindAsync(Guid delivery, CancellationToken ct)
    {
        // Asked before each batch: one question.
        var found = await (
            from d in db.Deliveries.AsNoTracking()
            where d.Id == delivery
            join t in db.Timetables.AsNoTracking() on d.Id equals t.DeliveryId into ts
            from t in ts.DefaultIfEmpty()
            select new { d.AskedAt, Timetable = t }).SingleAsync(ct);
        return await PaceAsync(found.Timetable, found.AskedAt, ct);
    }

    /// <summary>The same for many at once: of those that have a timetable.</summary>
    /// <param name="asked">Deliveries, each with the moment at which a run was ordered.</param>
    /// <param name="ct">Stops the reading.</param>
    internal async Task<Dictionary<Guid, Pace>> FindAsync(IReadOnlyDictionary<Guid, DateTimeOffset?> asked, CancellationToken ct)
    {
        Dictionary<Guid, Pace> paces = [];
        foreach (var timetable in await db.Timetables.AsNoTracking().ToListAsync(ct))
        {
            if (asked.TryGetValue(timetable.DeliveryId, out var at)) { paces[timetable.DeliveryId] = await PaceAsync(timetable, at, ct); }
        }

        return paces;
    }

    private async Task<Pace> PaceAsync(Timetable? timetable, DateTimeOffset? asked, CancellationToken ct)
    {
        var terms = timetable is null ? PaceTerms.Free with { AskedAt = asked } : new PaceTerms(timetable.Windows, timetable.RowsPerSecond, timetable.BytesPerSecond, timetable.Priority, asked);
        return new Pace(terms, terms.NeedsCalendar ? await calendar.ReadAsync(ct) : Pace.NoCalendar);
    }
}
