using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;

namespace Zhengtong.Cloud.Reclaim;

/// <summary>A resource with its evidence.</summary>
internal sealed record Evident(CloudResource Resource, Evidence Evidence, IReadOnlyList<EvidenceDay> Days)
{
    /// <summary>True when it is known well enough to be judged.</summary>
    internal bool Suffices(ReclaimRules rules) => Evidence.Days >= rules.Days && Evidence.Coverage >= rules.Coverage;
}

/// <summary>Reads what the days of resources say against the rules in force. Days before the resource had its present size say nothing.</summary>
internal static class Finding
{
    /// <summary>The rules of the newest version; the program's own where none was set.</summary>
    internal static async Task<ReclaimRules> RulesAsync(ZhengtongDb db, CancellationToken ct) =>
        await db.ReclaimRules.AsNoTracking().OrderByDescending(r => r.Version).FirstOrDefaultAsync(ct) ?? Own;

    internal static async Task<ReclaimRules> RulesAsync(ZhengtongDb db, int version, CancellationToken ct) => version == 0 ? Own : await db.ReclaimRules.AsNoTracking().SingleAsync(r => r.Version == version, ct);

    private static readonly ReclaimRules Own = new() { Version = 0, IdleCpu = 50, UnderusedCpu = 400, Days = 30, Coverage = 950, ObjectionDays = 5, KeptDays = 10, SetAt = DateTimeOffset.UnixEpoch, SetBy = Guid.Empty, Reason = "" };

    /// <summary>Evidence of some resources, all that are instances and have a processor of their own.</summary>
    internal static async Task<IReadOnlyList<Evident>> OfAsync(ZhengtongDb db, IReadOnlyList<CloudResource> resources, ReclaimRules rules, DateTimeOffset now, CancellationToken ct)
    {
        var today = ChinaTime.DateOf(now);
        var from = today.AddDays(-rules.Days);
        var found = new List<Evident>();
        foreach (var some in resources.Where(r => r.Form == ResourceForm.Instance && r.Amounts.Get("vcpu") > 0 && r.Amounts.Get("memory") > 0).Chunk(500))
        {
            var ids = some.Select(r => r.Id).ToList();
            var begin = ChinaTime.StartOf(from);
            var spans = (await db.ResourceSpans.AsNoTracking().Where(s => ids.Contains(s.ResourceId) && (s.Until == null || s.Until > begin)).ToListAsync(ct)).ToLookup(s => s.ResourceId);
            var days = (await db.MeterDays.AsNoTracking().Where(d => ids.Contains(d.ResourceId) && d.Day >= from && d.Day < today).Select(d => new { d.ResourceId, d.Day, d.Figures }).ToListAsync(ct)).ToLookup(d => d.ResourceId);
            foreach (var resource in some)
            {
                // Another size until then, or stopped: what it did not do then is no evidence.
                var other = spans[resource.Id].Where(s => s.Until is not null && (!s.IsRunning || !s.Amounts.SequenceEqual(resource.Amounts))).Select(s => ChinaTime.DateOf(s.Until!.Value)).DefaultIfEmpty(DateOnly.MinValue).Max();
                var (cores, memory) = (resource.Amounts.Get("vcpu"), resource.Amounts.Get("memory"));
                var own = days[resource.Id].Where(d => d.Day > other && d.Figures.Covered > 0).OrderBy(d => d.Day)
                    .Select(d => new EvidenceDay(Share(d.Figures.CpuMean, cores), Share(d.Figures.CpuPeak, cores), Share(d.Figures.MemoryMax, memory), d.Figures.Covered)).ToList();
                found.Add(new Evident(resource, Evidence.Of(own, rules.Days), own));
            }
        }

        return found;
    }

    private static int Share(long used, long had) => (int)Math.Min(1000, used * 1000 / had);
}
