using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Metering;
using Zhengtong.Cloud.Migration;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Savings;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Cloud.Views;

/// <summary>How much of a kind is allocated, used and there.</summary>
/// <param name="Kind">Code of the kind.</param>
/// <param name="Allocated">Held by resources of the departments, in the kind's unit.</param>
/// <param name="Used">Really used by them in the last five minutes; null where nothing measures it.</param>
/// <param name="Physical">What the hosts of the pools of the region have.</param>
/// <param name="Capacity">What of it may be allocated.</param>
public sealed record OverviewUse(string Kind, long Allocated, long? Used, long Physical, long Capacity);

/// <summary>The common cloud in a region.</summary>
/// <param name="Region">Code of the region; empty for the sum.</param>
/// <param name="Name">Its name; empty for the sum.</param>
/// <param name="Departments">Departments that should use the common cloud: all there are.</param>
/// <param name="DepartmentsOn">Departments that have a delivered resource.</param>
/// <param name="Systems">Business systems in use.</param>
/// <param name="SystemsOn">Those that have a delivered resource.</param>
/// <param name="NewSystems">Business systems registered this year.</param>
/// <param name="NewSystemsOn">Those of them that have a delivered resource.</param>
/// <param name="Legacy">Existing systems that the departments declared for migration.</param>
/// <param name="Migrated">Those of them that have moved.</param>
/// <param name="RoomsClosed">Machine rooms that were closed.</param>
/// <param name="Uses">By kind: <c>vcpu</c> in thousandths of a core, <c>memory</c> in MiB, <c>disk</c> in GiB.</param>
/// <param name="Saved">Yuan saved this year; null where no method was set.</param>
public sealed record RegionOverview(string Region, string Name, int Departments, int DepartmentsOn, int Systems, int SystemsOn, int NewSystems, int NewSystemsOn, int Legacy, int Migrated, int RoomsClosed, IReadOnlyList<OverviewUse> Uses, decimal? Saved);

/// <summary>The common cloud as its authority sees it.</summary>
/// <param name="At">When it was read.</param>
/// <param name="Year">The year of what is new and what is saved.</param>
/// <param name="Total">All in sight.</param>
/// <param name="Regions">Each region that has a department or a pool, by code.</param>
public sealed record CloudOverview(DateTimeOffset At, int Year, RegionOverview Total, IReadOnlyList<RegionOverview> Regions);

internal static class ReadOverview
{
    private static readonly string[] Kinds = ["vcpu", "memory", "disk"];

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/overview", Handle).Requires(Right.ManageQuotas).ProducesProblem(403);

    /// <summary>Read how the common cloud is used in the own region and below: departments on it against those there are, systems, what is allocated, used and physically there, and what was saved.</summary>
    /// <response code="200">The figures; one question each, however many departments there are.</response>
    internal static async Task<Ok<CloudOverview>> Handle(Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var year = ChinaTime.DateOf(now).Year;
        var (begin, below) = (ChinaTime.StartOf(new DateOnly(year, 1, 1)), actor.Region.Prefix + "%");
        var departments = await db.Organisations.Within(actor.Region).Where(o => o.Kind == OrganisationKind.Department).GroupBy(o => o.Region).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        // Amounts are kept as a document of their kinds: read one row after another and summed, so that nothing but the sums is kept.
        var held = new Dictionary<RegionCode, (long[] Amounts, HashSet<Guid> On)>();
        await foreach (var row in db.CloudResources.AsNoTracking().Where(r => r.State != CloudResourceState.Removed && EF.Functions.Like((string)(object)r.Region, below))
            .Select(r => new { r.Region, r.OrganisationId, r.Amounts, IsThere = r.DeliveredAt != null }).AsAsyncEnumerable().WithCancellation(ct))
        {
            if (!held.TryGetValue(row.Region, out var here)) { held[row.Region] = here = (new long[Kinds.Length], []); }
            foreach (var (n, kind) in Kinds.Index()) { here.Amounts[n] += row.Amounts.Get(kind); }
            if (row.IsThere) { here.On.Add(row.OrganisationId); }
        }

        var systems = new Dictionary<RegionCode, (int All, int On, int New, int NewOn)>();
        await foreach (var row in db.BusinessSystems.Where(s => s.RetiredAt == null).Join(db.Organisations.Within(actor.Region), s => s.OrganisationId, o => o.Id, (s, o) => new
        {
            o.Region, IsNew = s.CreatedAt >= begin, IsOn = db.CloudResources.Any(r => r.SystemId == s.Id && r.DeliveredAt != null && r.State != CloudResourceState.Removed),
        }).AsAsyncEnumerable().WithCancellation(ct))
        {
            var (all, on, young, youngOn) = systems.GetValueOrDefault(row.Region);
            systems[row.Region] = (all + 1, on + (row.IsOn ? 1 : 0), young + (row.IsNew ? 1 : 0), youngOn + (row is { IsNew: true, IsOn: true } ? 1 : 0));
        }

        var legacy = await db.LegacySystems.Join(db.Organisations.Within(actor.Region), s => s.OrganisationId, o => o.Id, (s, o) => new { o.Region, s.State }).GroupBy(s => new { s.Region, s.State })
            .Select(g => new { g.Key.Region, g.Key.State, Count = g.Count() }).ToListAsync(ct);
        var rooms = await db.MachineRooms.Where(r => r.ClosedAt != null).Join(db.Organisations.Within(actor.Region), r => r.OrganisationId, o => o.Id, (r, o) => o.Region).GroupBy(r => r).Select(g => new { g.Key, Count = g.Count() })
            .ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        var fresh = (now - ListResourceUse.Fresh).ToUnixTimeMilliseconds();
        var used = await db.MeterLatest.Where(l => l.ReadAt >= fresh).Join(db.CloudResources.Where(r => r.State != CloudResourceState.Removed && EF.Functions.Like((string)(object)r.Region, below)), l => l.ResourceId, r => r.Id, (l, r) => new { r.Region, l.Cpu, l.MemoryMiB })
            .GroupBy(l => l.Region).Select(g => new { g.Key, Cpu = g.Sum(l => (long?)l.Cpu), Memory = g.Sum(l => (long)l.MemoryMiB) }).ToDictionaryAsync(g => g.Key, ct);
        var physical = await db.HostInventories.Join(db.CloudHosts, i => i.HostId, h => h.Id, (i, h) => new { i.Kind, i.Total, i.Capacity, h.PoolId })
            .Join(db.ResourcePools.Where(p => EF.Functions.Like((string)(object)p.Region, below)), i => i.PoolId, p => p.Id, (i, p) => new { p.Region, i.Kind, i.Total, i.Capacity })
            .GroupBy(i => new { i.Region, i.Kind }).Select(g => new { g.Key.Region, g.Key.Kind, Total = g.Sum(i => i.Total), Capacity = g.Sum(i => i.Capacity) }).ToListAsync(ct);
        var savings = await ReadSavings.CountAsync(db, year, db.Organisations.Within(actor.Region).Select(o => o.Id), now, ct);

        var codes = departments.Keys.Concat(held.Keys).Concat(systems.Keys).Concat(physical.Select(p => p.Region)).Distinct().Order().ToList();
        var names = await db.Regions.AsNoTracking().Where(r => codes.Contains(r.Code)).ToDictionaryAsync(r => r.Code, r => r.Name, ct);
        var rows = codes.Select(code =>
        {
            var (here, of) = (held.GetValueOrDefault(code), systems.GetValueOrDefault(code));
            var load = used.GetValueOrDefault(code);
            return new RegionOverview($"{code}", names.GetValueOrDefault(code, ""), departments.GetValueOrDefault(code), here.On?.Count ?? 0, of.All, of.On, of.New, of.NewOn,
                legacy.Where(l => l.Region == code).Sum(l => l.Count), legacy.Where(l => l.Region == code && l.State == MigrationState.Moved).Sum(l => l.Count), rooms.GetValueOrDefault(code),
                [.. Kinds.Select((k, n) => new OverviewUse(k, here.Amounts?[n] ?? 0, k switch { "vcpu" => load?.Cpu, "memory" => load?.Memory, _ => null },
                    physical.FirstOrDefault(p => p.Region == code && p.Kind == k)?.Total ?? 0, physical.FirstOrDefault(p => p.Region == code && p.Kind == k)?.Capacity ?? 0))],
                savings is null ? null : savings.Regions.FirstOrDefault(s => s.Region == $"{code}")?.Saved ?? 0);
        }).ToList();
        return TypedResults.Ok(new CloudOverview(now, year, Sum(rows, savings?.Total.Saved), rows));
    }

    private static RegionOverview Sum(IReadOnlyList<RegionOverview> rows, decimal? saved) => new("", "", rows.Sum(r => r.Departments), rows.Sum(r => r.DepartmentsOn), rows.Sum(r => r.Systems), rows.Sum(r => r.SystemsOn),
        rows.Sum(r => r.NewSystems), rows.Sum(r => r.NewSystemsOn), rows.Sum(r => r.Legacy), rows.Sum(r => r.Migrated), rows.Sum(r => r.RoomsClosed), [.. Kinds.Select(k =>
        {
            var uses = rows.Select(r => r.Uses.Single(u => u.Kind == k)).ToList();
            return new OverviewUse(k, uses.Sum(u => u.Allocated), uses.Exists(u => u.Used is not null) ? uses.Sum(u => u.Used ?? 0) : null, uses.Sum(u => u.Physical), uses.Sum(u => u.Capacity));
        })], saved);
}
