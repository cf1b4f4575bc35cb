using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Timetables;

/// <summary>What the slices that change a part of a timetable have in common: the first of them makes it.</summary>
internal static class TimetableChange
{
    internal static async Task<Timetable> TimetableToChangeAsync(this ZhengtongDb db, Guid delivery, CancellationToken ct)
    {
        if (await db.Timetables.SingleOrDefaultAsync(t => t.DeliveryId == delivery, ct) is { } known) { return known; }
        var made = new Timetable { DeliveryId = delivery };
        db.Timetables.Add(made);
        return made;
    }

    /// <summary>False when somebody else changed or made it meanwhile: nothing is saved.</summary>
    internal static async Task<bool> SaveTimetableAsync(this ZhengtongDb db, CancellationToken ct)
    {
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return false; }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return false; }
        return true;
    }
}
