using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Metering;

/// <summary>How long the points of a course are.</summary>
public enum UsePeriod
{
    /// <summary>分钟: kept for 35 days.</summary>
    Minute,
    /// <summary>小时: kept for 13 months.</summary>
    Hour,
    /// <summary>日.</summary>
    Day,
    /// <summary>月.</summary>
    Month,
}

/// <summary>What a resource used in a stretch of time. What is not known is null, never 0.</summary>
/// <param name="StartsAt">Beginning.</param>
/// <param name="Coverage">How much of it is known, in thousandths.</param>
/// <param name="CpuMin">Processor in thousandths of a core: the least minute.</param>
/// <param name="CpuMean">The mean.</param>
/// <param name="CpuMax">The most.</param>
/// <param name="CpuP95">What 95 of 100 minutes do not exceed; null where minutes are no longer at hand.</param>
/// <param name="MemoryMean">Memory in MiB: the mean.</param>
/// <param name="MemoryMax">The most.</param>
/// <param name="DiskMax">Disk in MiB: the most.</param>
/// <param name="Received">Bytes in all.</param>
/// <param name="Sent">Bytes in all.</param>
public sealed record ResourceUsePoint(
    DateTimeOffset StartsAt, int Coverage, int? CpuMin, int? CpuMean, int? CpuMax, int? CpuP95, int? MemoryMean, int? MemoryMax, int? DiskMax, long? Received, long? Sent);

/// <summary>The course of a resource's use; stretches of which nothing is known are left out.</summary>
/// <param name="ResourceId">The resource.</param>
/// <param name="Number">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Cores">Processor that it has now, in thousandths of a core.</param>
/// <param name="MemoryMiB">Memory that it has now.</param>
/// <param name="DiskGiB">Disk that it has now.</param>
/// <param name="Period">Length of the points.</param>
/// <param name="Points">In their order.</param>
public sealed record ResourceUseCourse(Guid ResourceId, string Number, string Name, long Cores, long MemoryMiB, long DiskGiB, UsePeriod Period, IReadOnlyList<ResourceUsePoint> Points);

internal static class ReadResourceUse
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/usage/{id:guid}", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read what a resource used over a time.</summary>
    /// <param name="id">The resource.</param>
    /// <param name="period">Length of the points; hours unless said.</param>
    /// <param name="from">Beginning; when left out, as far back as 3 hours of minutes, 2 days of hours, 31 days or 13 months.</param>
    /// <param name="to">End, exclusive; now when left out. At most 2 days of minutes, 62 days of hours, 2 years of days, 10 years of months.</param>
    /// <response code="200">The course.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="404">cloud.resource-unknown</response>
    internal static async Task<Results<Ok<ResourceUseCourse>, ProblemHttpResult>> Handle(Guid id, Choice<UsePeriod>? period, DateTimeOffset? from, DateTimeOffset? to, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var resource = await ResourceReach.Resources(db, actor).SingleOrDefaultAsync(r => r.Id == id, ct);
        if (resource is null) { return CloudProblems.ResourceUnknown.Because($"{id}"); }
        var by = period?.Value ?? UsePeriod.Hour;
        var (usual, most) = by switch
        {
            UsePeriod.Minute => (TimeSpan.FromHours(3), TimeSpan.FromDays(2)), UsePeriod.Hour => (TimeSpan.FromDays(2), TimeSpan.FromDays(62)),
            UsePeriod.Day => (TimeSpan.FromDays(31), TimeSpan.FromDays(732)), _ => (TimeSpan.FromDays(396), TimeSpan.FromDays(3660)),
        };
        var end = to ?? clock.GetUtcNow();
        if (end.Year is < 2000 or > 2200 || from is { Year: < 2000 or > 2200 } || (from ?? end - usual) >= end || end - (from ?? end - usual) > most)
        {
            return CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["from"] = [Text.Of("cloud.usage.too-long", (int)most.TotalDays)] });
        }

        var points = await PointsAsync(db, id, by, from ?? end - usual, end, ct);
        return TypedResults.Ok(new ResourceUseCourse(id, resource.Number, resource.Name, resource.Amounts.Get("vcpu"), resource.Amounts.Get("memory"), resource.Amounts.Get("disk"), by, points));
    }

    private static async Task<IReadOnlyList<ResourceUsePoint>> PointsAsync(ZhengtongDb db, Guid id, UsePeriod by, DateTimeOffset from, DateTimeOffset end, CancellationToken ct)
    {
        switch (by)
        {
            case UsePeriod.Minute:
                return [.. (await MinutesAsync(db, id, from, end, ct)).Select(m => Point(DateTimeOffset.FromUnixTimeSeconds(m.Minute * 60), 1, MeterFigures.Of([m.Slot]))).Where(p => p.StartsAt >= from && p.StartsAt < end)];
            case UsePeriod.Hour:
                var (firstDay, lastDay) = (ChinaTime.DateOf(from), ChinaTime.DateOf(end));
                return [.. (await db.MeterDays.AsNoTracking().Where(d => d.ResourceId == id && d.Day >= firstDay && d.Day <= lastDay).OrderBy(d => d.Day).ToListAsync(ct))
                    .SelectMany(d => Folding.HoursOf(d).Select(h => Point(ChinaTime.StartOf(d.Day).AddHours(h.Key), 60, h.Value))).Where(p => p.StartsAt >= from && p.StartsAt < end)];
            case UsePeriod.Day:
                var (first, last) = (ChinaTime.DateOf(from), ChinaTime.DateOf(end));
                return [.. (await db.MeterDays.AsNoTracking().Where(d => d.ResourceId == id && d.Day >= first && d.Day <= last).OrderBy(d => d.Day).Select(d => new { d.Day, d.Figures }).ToListAsync(ct))
                    .Select(d => Point(ChinaTime.StartOf(d.Day), 24 * 60, d.Figures))];
            default:
                var (begin, until) = (ChinaTime.DateOf(from), ChinaTime.DateOf(end));
                return [.. (await db.MeterMonths.AsNoTracking().Where(m => m.ResourceId == id && m.Month >= begin.AddDays(1 - begin.Day) && m.Month <= until).OrderBy(m => m.Month).ToListAsync(ct))
                    .Select(m => Point(ChinaTime.StartOf(m.Month), DateTime.DaysInMonth(m.Month.Year, m.Month.Month) * 24 * 60, m.Figures))];
        }
    }

    /// <summary>Minutes from the hours that are folded, and of the hours that are not from their sheets.</summary>
    private static async Task<IEnumerable<(long Minute, MeterSlot Slot)>> MinutesAsync(ZhengtongDb db, Guid id, DateTimeOffset from, DateTimeOffset end, CancellationToken ct)
    {
        var (first, last) = (Folding.HourOf(from), Folding.HourOf(end));
        var minutes = new SortedDictionary<long, MeterSlot>();
        foreach (var hour in await db.MeterMinutes.AsNoTracking().Where(m => m.ResourceId == id && m.Hour >= first && m.Hour <= last).ToListAsync(ct))
        {
            foreach (var (n, slot) in HourPack.Read(hour.Slots).Index()) { minutes[(hour.Hour * 60L) + n] = slot; }
        }

        await foreach (var sheet in db.MeterSheets.AsNoTracking().Where(s => s.Hour >= first && s.Hour <= last).OrderBy(s => s.Id).AsAsyncEnumerable().WithCancellation(ct))
        {
            SheetPack.Find(sheet.Slots, id, (minute, slot) => minutes[(sheet.Hour * 60L) + minute] = minutes.GetValueOrDefault((sheet.Hour * 60L) + minute).With(slot));
        }

        return minutes.Where(m => m.Value.Marks != SlotMarks.None).Select(m => (m.Key, m.Value));
    }

    private static ResourceUsePoint Point(DateTimeOffset at, int minutes, MeterFigures f)
    {
        var (rated, gauged) = (f.Covered > 0, f.Gauged > 0);
        return new ResourceUsePoint(at, f.CoverageOf(minutes), rated ? f.CpuMin : null, rated ? f.CpuMean : null, rated ? f.CpuMax : null, f.CpuP95, gauged ? f.MemoryMean : null, gauged ? f.MemoryMax : null, gauged ? f.DiskMax : null,
            rated ? f.Received : null, rated ? f.Sent : null);
    }
}
