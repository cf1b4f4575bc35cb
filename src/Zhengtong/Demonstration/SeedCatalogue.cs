using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Slices;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Demonstration;

/// <summary>The departments' officers register their tables as information resources, by the same rules as anybody's.</summary>
internal sealed class SeedCatalogue(SyntheticProvince synthetic, TimeProvider clock) : IStartupStep
{
    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var db = scope.GetRequiredService<ZhengtongDb>();
        foreach (var table in synthetic.Tables)
        {
            var officer = await Officers.ActorAsync(db, $"{table.Spec.Department}-officer", ct);
            await RegisterAsync(db, officer, table, ct);
        }

        Progress.Say("demonstration.progress.catalogue", await db.Resources.CountAsync(ct), watch.Elapsed.TotalSeconds);
    }

    private async Task RegisterAsync(ZhengtongDb db, Actor officer, SyntheticTable table, CancellationToken ct)
    {
        var spec = table.Spec;
        var name = spec.Publish ?? spec.Title;
        if (await db.Resources.AnyAsync(r => r.ProviderId == officer.Organisation && r.Name == name, ct)) { return; }
        var outcome = await RegisterResource.Handle(
            new RegisterResourceRequest(name, spec.Abstract, spec.Sharing, spec.Condition, spec.Cycle,
                [.. table.Columns.Select(c => new RegisterResourceItem(c.Title, c.Name, c.Type, c.Length, c.IsKey, null))]),
            officer, db, clock, ct);
        Expect.Done<Created<RegisterResourceResponse>>(outcome.Result);
    }
}
