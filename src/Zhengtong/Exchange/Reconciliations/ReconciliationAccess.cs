using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>Who sees reconciliations: whoever sees the delivery. Keys are for its two parties alone.</summary>
internal static class ReconciliationAccess
{
    internal static IQueryable<Reconciliation> VisibleTo(this IQueryable<Reconciliation> reconciliations, ZhengtongDb db, Actor actor) =>
        reconciliations.Where(r => db.Deliveries.VisibleTo(actor).Any(d => d.Id == r.DeliveryId));

    internal static bool HasParty(this Delivery delivery, Guid organisation) => delivery.ProviderId == organisation || delivery.ConsumerId == organisation;
}
