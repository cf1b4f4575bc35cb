using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.BackFills;

/// <summary>Which rows are to be delivered again.</summary>
/// <param name="Column">An agreed item that is not masked and has an order: text, integer, decimal, float, date or timestamp. The provider may also name the watermark of its table.</param>
/// <param name="From">The first value, included, 1 to 200 characters: <c>1000</c>, <c>12.50</c>, <c>2026-11-23</c>, <c>2026-11-23T08:00:00Z</c>; a moment without an offset is China's time.</param>
/// <param name="Until">The last value, included, in the same form; not before <paramref name="From"/>.</param>
public sealed record OrderBackFillRequest(
    [Required, StringLength(63)] string Column,
    [Required, StringLength(200)] string From,
    [Required, StringLength(200)] string Until);

/// <summary>A back-fill that was ordered.</summary>
/// <param name="Id">Its id.</param>
public sealed record OrderBackFillResponse(Guid Id);

internal static class OrderBackFill
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/deliveries/{id:guid}/back-fills", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Order a back-fill 补传: the agreed rows whose value lies between two given ones are delivered again as the provider has them now, in sealed and receipted batches. The stream of
    /// changes goes on where it was. Rows that the provider no longer has are not touched: a reconciliation finds those. One at a time a delivery.</summary>
    /// <response code="202">Ordered; ledger event exchange.back-fill-ordered.</response>
    /// <response code="400">exchange.back-fill-invalid with every fault</response>
    /// <response code="403">exchange.not-a-party</response>
    /// <response code="404">exchange.delivery-unknown</response>
    /// <response code="409">exchange.not-in-force, exchange.snapshot-unfinished, exchange.back-fill-under-way</response>
    internal static async Task<Results<Accepted<OrderBackFillResponse>, ProblemHttpResult>> Handle(
        Guid id, OrderBackFillRequest request, Actor actor, ZhengtongDb db, AgreementsLookup agreements, Vault vault, DeliveryReconciler deliveries, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var delivery = await db.Deliveries.AsNoTracking().VisibleTo(actor).SingleOrDefaultAsync(d => d.Id == id, ct);
        if (delivery is null) { return ExchangeProblems.DeliveryUnknown.Because($"{id}"); }
        if (!delivery.HasParty(actor.Organisation)) { return ExchangeProblems.NotAParty.Because($"{id}"); }
        if (await agreements.FindAsync(delivery.AgreementId, ct) is not { } terms || !terms.AllowsDelivery(now)) { return ExchangeProblems.NotInForce.Because($"{delivery.AgreementId}"); }
        if (delivery.SnapshotFinishedAt is null) { return ExchangeProblems.SnapshotUnfinished.Because($"{id}"); }
        var mount = await db.Mounts.AsNoTracking().SingleOrDefaultAsync(m => m.ResourceId == delivery.ResourceId && m.OrganisationId == delivery.ProviderId, ct);
        var watermark = delivery.ProviderId == actor.Organisation ? mount?.WatermarkColumn : null;
        if (Read(request, terms.Items, watermark, out var range) is { Count: > 0 } faults) { return ExchangeProblems.BackFillInvalid.For(faults); }
        if (await db.BackFills.AnyAsync(b => b.ActiveDeliveryId == id, ct)) { return ExchangeProblems.BackFillUnderWay.Because($"{id}"); }

        var backFillId = Guid.CreateVersion7(now);
        db.BackFills.Add(BackFill.Of(backFillId, id, actor.Organisation, request.Column, BackFilling.Seal(vault, backFillId, range), now));
        db.Ledger.Add(LedgerEntry.Of("exchange.back-fill-ordered", backFillId, actor, now, after: new { delivery = id, request.Column }));
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return ExchangeProblems.BackFillUnderWay.Because($"{id}"); }
        await db.Deliveries.OrderRunAsync(id, ct);
        await transaction.CommitAsync(ct);
        deliveries.Wake();
        return TypedResults.Accepted($"/api/v1/deliveries/{id}/back-fills", new OrderBackFillResponse(backFillId));
    }

    /// <summary>Columns that may be named, with their types; a watermark that is not agreed has the type of its values.</summary>
    internal static IEnumerable<(string Column, string Name, ItemType? Type)> ColumnsOf(IReadOnlyList<AgreedItem> items, string? watermark)
    {
        // By the range of a masked item one could find out what the mask hides.
        foreach (var item in items.Where(i => i.Mask == ItemMask.None && BackFillValues.HasOrder(i.Type)).OrderByDescending(i => i.IsKey)) { yield return (item.Column, item.Name, item.Type); }
        if (watermark is not null && items.All(i => i.Column != watermark)) { yield return (watermark, Text.Of("exchange.watermark"), null); }
    }

    /// <summary>Every fault of the request, by field; none when the range is right.</summary>
    private static Dictionary<string, string[]> Read(OrderBackFillRequest request, IReadOnlyList<AgreedItem> items, string? watermark, out BackFillRange range)
    {
        Dictionary<string, string[]> faults = [];
        range = new BackFillRange(request.From, request.Until);
        var named = ColumnsOf(items, watermark).FirstOrDefault(c => c.Column == request.Column);
        if (named.Column is null) { faults["column"] = [Text.Of("exchange.back-fill.column-unfit")]; }
        // All faults at once: values of an item that cannot be named are looked at too.
        if ((named.Column is null ? items.FirstOrDefault(i => i.Column == request.Column)?.Type : named.Type ?? BackFillValues.TypeOfWatermark(request.From)) is not { } type) { return faults; }
        var (from, until) = (BackFillValues.Invariant(type, request.From), BackFillValues.Invariant(type, request.Until));
        var wrong = Text.Of("exchange.back-fill.value-unfit", Web.Show.Word("catalogue", type));
        if (from is null) { faults["from"] = [wrong]; }
        if (until is null) { faults["until"] = [wrong]; }
        if (from is null || until is null) { return faults; }
        if (BackFillValues.IsEmpty(type, from, until)) { faults["until"] = [Text.Of("exchange.back-fill.until-before-from")]; }
        range = new BackFillRange(from, until);
        return faults;
    }
}
