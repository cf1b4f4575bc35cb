using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Capacity;

/// <summary>A day of a kind in a pool.</summary>
/// <param name="Day">The day.</param>
/// <param name="Total">What is physically there.</param>
/// <param name="Capacity">What may be allocated.</param>
/// <param name="Allocated">What is allocated.</param>
/// <param name="Used">What is really used; null where nothing measures it.</param>
public sealed record CapacityPoint(DateOnly Day, long Total, long Capacity, long Allocated, long? Used);

/// <summary>How full a kind of a pool is, three ways, and when it will be full.</summary>
/// <param name="PoolId">The pool.</param>
/// <param name="Pool">Its name.</param>
/// <param name="Kind">Code of the kind.</param>
/// <param name="Allocated">Allocated of what may be, in thousandths.</param>
/// <param name="Used">Really used of what is physically there, in thousandths; null where nothing measures it.</param>
/// <param name="Physical">Allocated of what is physically there, in thousandths; more than 1000 where the pool overcommits.</param>
/// <param name="Forecast">When what may be allocated is.</param>
/// <param name="History">The last 90 days.</param>
public sealed record CapacityRow(Guid PoolId, string Pool, string Kind, int Allocated, int? Used, int Physical, CapacityForecast Forecast, IReadOnlyList<CapacityPoint> History);

internal static class ReadCapacity
{
    private const int Days = 90;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/capacity", Handle).Requires(Right.SeePools).ProducesProblem(403);

    /// <summary>Read how full each pool is, by kind: allocated, used and physical, day by day, with the day when it will be full if it goes on so.</summary>
    /// <param name="pool">Only this pool.</param>
    /// <response code="200">By pool and kind.</response>
    internal static async Task<Ok<IReadOnlyList<CapacityRow>>> Handle(Guid? pool, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var from = ChinaTime.DateOf(clock.GetUtcNow()).AddDays(-Days);
        var days = db.CapacityDays.AsNoTracking().Where(d => d.Day >= from);
        if (pool is { } one) { days = days.Where(d => d.PoolId == one); }
        var names = await db.ResourcePools.ToDictionaryAsync(p => p.Id, p => p.Name, ct);
        IReadOnlyList<CapacityRow> rows = [.. (await days.ToListAsync(ct)).GroupBy(d => (d.PoolId, d.Kind)).Select(g =>
        {
            var (history, last) = (g.OrderBy(d => d.Day).ToList(), g.MaxBy(d => d.Day)!);
            return new CapacityRow(g.Key.PoolId, names[g.Key.PoolId], g.Key.Kind, Share(last.Allocated, last.Capacity), last.Used is { } used ? Share(used, last.Total) : null, Share(last.Allocated, last.Total),
                Forecasting.Of([.. history.Select(d => (d.Day, d.Allocated))], last.Capacity), [.. history.Select(d => new CapacityPoint(d.Day, d.Total, d.Capacity, d.Allocated, d.Used))]);
        }).OrderBy(r => r.Pool, StringComparer.Ordinal).ThenBy(r => r.Kind, StringComparer.Ordinal)];
        return TypedResults.Ok(rows);
    }

    private static int Share(long part, long whole) => whole == 0 ? 0 : (int)Int128.Min(int.MaxValue, (Int128)part * 1000 / whole);
}
