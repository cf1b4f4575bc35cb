using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.Quotas;

/// <summary>At the first start: the kinds that are there from the beginning, and the clock of placements.</summary>
internal sealed class KindsData : IStartupStep
{
    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        var db = scope.GetRequiredService<ZhengtongDb>();
        var there = await db.ResourceKinds.Select(k => k.Code).ToListAsync(ct);
        db.ResourceKinds.AddRange(ResourceKind.Seeds.Where(s => !there.Contains(s.Code)).Select(s => new ResourceKind { Code = s.Code, Name = "", Unit = s.Unit, IsOnHost = s.IsOnHost }));
        if (!await db.PlacementClocks.AnyAsync(ct)) { db.PlacementClocks.Add(new PlacementClock { Id = 1, Generation = 0 }); }
        await db.SaveChangesAsync(ct);
    }
}
