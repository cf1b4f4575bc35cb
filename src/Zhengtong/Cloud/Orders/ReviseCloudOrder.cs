using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Cloud.Backups;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Orders;

/// <summary>A draft as it is to be.</summary>
/// <param name="Order">What is ordered, amounts without data volumes; an item of the same place and name without user data keeps what it had.</param>
public sealed record ReviseCloudOrderRequest([Required] CloudOrderText Order);

internal static class ReviseCloudOrder
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/cloud/orders/{id:guid}", Handle)
        .Requires(Right.Apply).TakesUpTo(24 * DraftCloudOrder.MostUserData).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(428);

    /// <summary>Change a draft of the own department; name the revision seen in If-Match. An item that is to be made from a backup stays so while it asks for one of the same form.</summary>
    /// <response code="204">Changed; ledger event cloud.order-revised.</response>
    /// <response code="400">cloud.order-invalid</response>
    /// <response code="404">cloud.order-not-found</response>
    /// <response code="409">cloud.order-not-draft, cloud.changed-meanwhile</response>
    /// <response code="412">kernel.changed-meanwhile</response>
    /// <response code="428">kernel.precondition-needed</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, ReviseCloudOrderRequest request, HttpContext http, Actor actor, ZhengtongDb db, CloudServiceLookup services, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        var order = await db.CloudOrders.SingleOrDefaultAsync(o => o.Id == id && o.OrganisationId == actor.Organisation, ct);
        if (order is null) { return CloudProblems.OrderNotFound.Because($"{id}"); }
        if (http.PreconditionFails(order.Revision) is { } failed) { return failed; }
        if (order.State != OrderState.Draft || order.Kind != OrderKind.New) { return CloudProblems.OrderNotDraft.Because(order.Number); }
        var now = clock.GetUtcNow();
        var (written, faults) = await DraftCloudOrder.WriteAsync(request.Order, actor, db, services, now, ct);
        if (written is null) { return CloudProblems.OrderInvalid.For(faults); }

        var (before, old) = (DraftCloudOrder.Told(order), order.Items);
        var kept = await db.OrderUserData.Where(d => d.OrderId == id).ToListAsync(ct);
        var items = new List<OrderItem>();
        foreach (var (n, item) in written.Items.Index())
        {
            var there = kept.Find(d => d.Item == n + 1);
            var stays = item.UserDataDigest is null && there is not null && n < old.Count && old[n].Name == item.Name && item.Form == Catalogue.Model.ServiceForm.Instance;
            var kin = n < old.Count && old[n].Form == item.Form && item.Count == 1 ? old[n].Backup : null;
            var made = stays ? item with { UserDataDigest = old[n].UserDataDigest } : item;
            // Its volumes are those of the backup, whatever else it asks for.
            items.Add(kin is { } origin && await db.ResourceBackups.AsNoTracking().SingleOrDefaultAsync(b => b.Id == origin, ct) is { } backup ? await RestoreBackup.ItemOfAsync(db, made, backup, services, now, ct) : made with { Backup = kin });
            if (request.Order.Items[n].UserData is { Length: > 0 } data)
            {
                var closed = DraftCloudOrder.SealOf(vault, id, n + 1, data);
                if (there is null) { db.OrderUserData.Add(closed); } else { there.Sealed = closed.Sealed; }
            }
            else if (there is not null && !stays) { db.OrderUserData.Remove(there); }
        }

        db.OrderUserData.RemoveRange(kept.Where(d => d.Item > items.Count));
        (order.ProviderId, order.ProjectId, order.SystemId, order.Zone, order.Protection, order.Items, order.Until, order.Ground) =
            (written.Provider, request.Order.ProjectId, request.Order.SystemId, request.Order.Zone, written.Protection, items, ChinaTime.StartOf(request.Order.Until.AddDays(1)), request.Order.Ground);
        order.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.order-revised", order.Id, actor, now, order.Ground, before, DraftCloudOrder.Told(order)));
        try { await db.SaveChangesAsync(ct); }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { return CloudProblems.ChangedMeanwhile.Because(order.Number); }
        return TypedResults.NoContent();
    }
}
