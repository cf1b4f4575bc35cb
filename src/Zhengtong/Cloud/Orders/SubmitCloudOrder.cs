using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Orders;

/// <summary>Submit a draft.</summary>
/// <param name="Revision">The revision the caller saw, from 1.</param>
public sealed record SubmitCloudOrderRequest([Range(1, int.MaxValue)] int Revision);

/// <summary>The order as submitted.</summary>
/// <param name="State">Submitted; or granted, where every step of its chain was passed over.</param>
/// <param name="Digest">Lower-case hex SHA-256 of the document that the department sealed.</param>
/// <param name="Revision">To be sent with what comes next.</param>
public sealed record CloudOrderSubmitted(OrderState State, string Digest, int Revision);

internal static class SubmitCloudOrder
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/orders/{id:guid}/submission", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Submit an order: it is written down in its one form and sealed by the department. Where a review chain applies it is reviewed; else an officer of the authority or of the operator decides.</summary>
    /// <response code="200">Submitted; ledger event cloud.order-submitted.</response>
    /// <response code="404">cloud.order-not-found</response>
    /// <response code="409">cloud.order-not-draft, cloud.order-over, cloud.system-retired, cloud.service-gone: what it names is not published any more, cloud.backup-gone, cloud.resource-gone, cloud.changed-meanwhile, agreements.review-seat-empty, agreements.review-own-supply; where every step is passed over, what a grant refuses</response>
    internal static async Task<Results<Ok<CloudOrderSubmitted>, ProblemHttpResult>> Handle(
        Guid id, SubmitCloudOrderRequest request, Actor actor, ZhengtongDb db, CloudServiceLookup services, OrganisationKeys keys, WorkingCalendar calendar, OrderGrant grant, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var order = await db.CloudOrders.SingleOrDefaultAsync(o => o.Id == id && o.OrganisationId == actor.Organisation, ct);
        if (order is null) { return CloudProblems.OrderNotFound.Because($"{id}"); }
        if (order.State != OrderState.Draft) { return CloudProblems.OrderNotDraft.Because(order.Number); }
        if (order.Revision != request.Revision) { return CloudProblems.ChangedMeanwhile.Because(order.Number); }
        if (order.Until <= now) { return CloudProblems.OrderOver.Because(order.Number); }
        var system = await db.BusinessSystems.AsNoTracking().SingleAsync(s => s.Id == order.SystemId, ct);
        if (system.RetiredAt is not null) { return CloudProblems.SystemRetired.Because(system.Name); }
        // Where the system has moved since, the draft is to be written anew.
        if (order.Kind == OrderKind.New && (system.Protection != order.Protection || !DraftCloudOrder.Allows(system.Zone, order.Zone))) { return CloudProblems.ChangedMeanwhile.Because(system.Name); }
        foreach (var item in order.Items)
        {
            if (await services.FindAsync(item.Service, item.Version, ct) is not { State: ServiceState.Published or ServiceState.Superseded }) { return CloudProblems.ServiceGone.Because(item.ServiceName); }
            if (item.Backup is { } backup && !await db.ResourceBackups.AnyAsync(b => b.Id == backup, ct)) { return CloudProblems.BackupGone.Because(item.Name); }
        }

        var resource = order.ResourceId is { } one ? await db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == one, ct) : null;
        if (resource is { IsGone: true } or { Wish: ResourceWish.Removed }) { return CloudProblems.ResourceGone.Because(resource.Number); }

        var key = await keys.CurrentAsync(actor.Organisation, Suite.International, KeyUse.Seal, ct);
        var document = CanonicalJson.Of(await DocumentAsync(order, system, resource?.Number, db, services, now, ct));
        var digest = Suite.International.DigestOf(document);
        var refusal = default(ProblemHttpResult);
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            order.Submit(document, digest, new Seal(actor.Organisation, actor.Id, actor.Name, now, key.KeyId, keys.Sign(key, Encoding.UTF8.GetBytes(document))), actor.Id, now);
            db.Ledger.Add(LedgerEntry.Of("cloud.order-submitted", order.Id, actor, now, order.Ground, after: new { order.Number, order.Digest, order.ConsumerSeal!.KeyId, order.ConsumerSeal.Signature, monthly = order.Monthly }));
            var opening = await ReviewDesk.OpenAsync(db, calendar, OrderReview.SubjectOf(order, system.Name), actor, now, ct);
            if (opening.Refusal is { } seat) { refusal = seat; }
            else
            {
                await db.SaveChangesAsync(ct);
                if (opening.Review is { State: ReviewState.Granted }) { refusal = await grant.GrantAsync(order, actor, now, ct); }
                if (refusal is null) { await transaction.CommitAsync(ct); }
            }
        }
        catch (Exception e) when (DatabaseErrors.IsLostRace(e)) { refusal = CloudProblems.ChangedMeanwhile.Because(order.Number); }

        if (refusal is null) { return TypedResults.Ok(new CloudOrderSubmitted(order.State, digest, order.Revision)); }
        // What was not saved must not be shown, nor saved by whoever uses the context next.
        db.ChangeTracker.Clear();
        return refusal;
    }

    private static async Task<OrderDocument> DocumentAsync(CloudOrder order, BusinessSystem system, string? resource, ZhengtongDb db, CloudServiceLookup services, DateTimeOffset now, CancellationToken ct)
    {
        Guid[] ids = [order.ProviderId, order.OrganisationId];
        var parties = await db.Organisations.Where(o => ids.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => new AgreementParty(o.Id, o.CreditCode.Value, o.Name), ct);
        var ordered = order.Items.Select(i => (i.Service, i.Plan)).ToHashSet();
        var prices = await CloudPriceLookup.AtAsync(db, [.. ordered.Select(o => o.Service).Distinct()], now, ct);
        var origins = order.Items.Select(i => i.Backup).OfType<Guid>().ToList();
        var backups = await db.ResourceBackups.AsNoTracking().Where(b => origins.Contains(b.Id)).Join(db.CloudResources, b => b.ResourceId, r => r.Id, (b, r) => new OrderedBackup(b.Id, r.Number, b.At)).ToDictionaryAsync(b => b.Id, ct);
        return new OrderDocument(OrderDocument.CurrentFormat, order.Id, order.Number, order.Kind, parties[order.ProviderId], parties[order.OrganisationId],
            new OrderedSystem(system.Id, system.Name, system.Protection, system.ProtectionRecord, system.Zone), order.ProjectId, order.Zone,
            [.. order.Items.Select(i => new OrderedItem(i.Name, i.Service, i.Version, i.Plan, i.Amounts, i.Image, i.Count, i.IsApart, i.UserDataDigest) { Backup = i.Backup is { } backup ? backups[backup] : null, Volumes = i.Volumes })],
            [.. prices.Where(p => ordered.Contains((p.ServiceCode, p.PlanCode))).Select(p => new OrderedPrice(p.ServiceCode, p.PlanCode, p.Meter, p.Amount.ToString("0.########", CultureInfo.InvariantCulture)))],
            resource, order.Until, order.Ground, Suite.International.Word, now);
    }
}
