using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
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
            db.ChangeTracker.Clear();
        }

        Progress.Say("demonstration.progress.catalogue", await db.Resources.CountAsync(ct), watch.Elapsed.TotalSeconds);
    }

    private async Task RegisterAsync(ZhengtongDb db, Actor officer, SyntheticTable table, CancellationToken ct)
    {
        var spec = table.Spec;
        var name = spec.Publish ?? spec.Title;
        var mine = db.Resources.AsNoTracking().Where(r => r.ProviderId == officer.Organisation && r.Name == name);
        if (!await mine.AnyAsync(ct))
        {
            Expect.Done<Created<RegisterResourceResponse>>((await RegisterResource.Handle(
                new RegisterResourceRequest(name, spec.Abstract, spec.Sharing, spec.Condition, spec.Cycle,
                    [.. table.Columns.Select(c => new RegisterResourceItem(c.Title, c.Name, c.Type, c.Length, c.IsKey, null))]),
                officer, db, clock, ct)).Result);
        }

        var resource = await mine.SingleAsync(ct);
        if (resource.State == ResourceState.Draft) { Expect.Done<NoContent>((await PublishResource.Handle(resource.Id, new PublishResourceRequest(resource.Revision), officer, db, clock, ct)).Result); }
    }
}
