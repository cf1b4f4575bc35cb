using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Catalogue.Slices;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Demonstration;

/// <summary>The departments' officers register their tables, files and services as information resources, by the same rules as anybody's.</summary>
internal sealed class SeedCatalogue(Province province, SyntheticProvince synthetic, TimeProvider clock) : IStartupStep
{
    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var db = scope.GetRequiredService<ZhengtongDb>();
        var tables = synthetic.Tables.Select(t => (t.Spec.Department, Request: RequestFor(t)));
        foreach (var (department, request) in tables.Concat(province.Offerings.Select(o => (o.Department, Request: RequestFor(o)))))
        {
            await RegisterAsync(db, await Officers.ActorAsync(db, $"{department}-officer", ct), request, ct);
            db.ChangeTracker.Clear();
        }

        Progress.Say("demonstration.progress.catalogue", await db.Resources.CountAsync(ct), watch.Elapsed.TotalSeconds);
    }

    private async Task RegisterAsync(ZhengtongDb db, Actor officer, RegisterResourceRequest request, CancellationToken ct)
    {
        var mine = db.Resources.AsNoTracking().Where(r => r.ProviderId == officer.Organisation && r.Name == request.Name);
        if (!await mine.AnyAsync(ct)) { Expect.Done<Created<RegisterResourceResponse>>((await RegisterResource.Handle(request, officer, db, clock, ct)).Result); }
        var resource = await mine.SingleAsync(ct);
        if (resource.State == ResourceState.Draft) { Expect.Done<NoContent>((await PublishResource.Handle(resource.Id, new PublishResourceRequest(resource.Revision), officer, db, clock, ct)).Result); }
    }

    private static RegisterResourceRequest RequestFor(SyntheticTable table) => new(
        table.Spec.Publish ?? table.Spec.Title, table.Spec.Abstract, table.Spec.Sharing, table.Spec.Condition, table.Spec.Cycle,
        [.. table.Columns.Select(c => new RegisterResourceItem(c.Title, c.Name, c.Type, c.Length, c.IsKey, null))]);

    private static RegisterResourceRequest RequestFor(ProvinceOffering offering) => new(
        offering.Name, offering.Abstract, offering.Sharing, offering.Condition, offering.Cycle, [.. (offering.Members ?? []).Select(MemberOf)], offering.Kind, offering.OpenApi?.GetRawText());

    private static RegisterResourceItem MemberOf(IReadOnlyList<string> member)
    {
        var type = member[2].Split(' ');
        return new RegisterResourceItem(member[1], member[0], Enum.Parse<ItemType>(type[0]), type.Length > 1 ? int.Parse(type[1], CultureInfo.InvariantCulture) : null, false, null);
    }
}
