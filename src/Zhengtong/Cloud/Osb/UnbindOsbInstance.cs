using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Databases;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Osb;

internal static class UnbindOsbInstance
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapDelete("/service_instances/{instance}/service_bindings/{binding}", Handle);

    /// <summary>Take a binding's login away; its sessions end. What it made stays with the database. Ledger event cloud.osb-unbound.</summary>
    internal static async Task<OsbAnswer> Handle(string instance, string binding, HttpContext http, ZhengtongDb db, DatabaseFulfilment databases, TimeProvider clock, CancellationToken ct)
    {
        var caller = OsbCaller.Of(http);
        var known = await OsbStanding.FindAsync(db, caller, instance, ct);
        if (DeprovisionOsbInstance.Names(http, known?.Instance) is { } wrong) { return wrong; }
        var row = known is null or { State: OsbState.Gone } ? null : await db.OsbBindings.SingleOrDefaultAsync(b => b.InstanceId == known.Instance.Id && b.RemoteId == binding, ct);
        if (row is null) { return OsbAnswer.Nothing(410); }

        // From here on it ends, whether the server can be asked now or not.
        await db.DatabaseLogins.Where(l => l.Id == row.Id).ExecuteUpdateAsync(set => set.SetProperty(l => l.IsEnding, true), ct);
        if (!await databases.TryDropLoginAsync(known!.Resource!, row.Id, ct)) { return OsbAnswer.Refuse(503, null, Text.Of("cloud.osb.not-now")); }
        db.OsbBindings.Remove(row);
        db.Ledger.Add(LedgerEntry.Of("cloud.osb-unbound", known.Resource!.Id, caller.Actor, clock.GetUtcNow(), after: new { binding }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OsbAnswer.Nothing(410); }
        return OsbAnswer.Ok(new { });
    }
}
