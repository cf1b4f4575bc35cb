using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;

namespace Zhengtong.Demonstration;

/// <summary>Synthetic and real data never meet: the demonstration is refused on a platform that holds anything else, and a platform that holds
/// the demonstration serves only as the demonstration, so that every page says so.</summary>
internal sealed class KeepApart(Deployment deployment, TimeProvider clock) : IStartupStep
{
    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        var db = scope.GetRequiredService<ZhengtongDb>();
        var marked = await db.DemonstrationMarks.AnyAsync(m => m.Name == DemonstrationMark.Begun, ct);
        if (marked == deployment.Demo) { return; }
        if (marked) { throw new RefusedToStartException(4, Text.Of("demonstration.only-demo")); }
        if (await db.Organisations.AnyAsync(ct) || await db.Users.AnyAsync(ct)) { throw new RefusedToStartException(4, Text.Of("demonstration.holds-real-data")); }

        db.DemonstrationMarks.Add(new DemonstrationMark { Name = DemonstrationMark.Begun, At = clock.GetUtcNow() });
        await db.SaveChangesAsync(ct);
    }
}
