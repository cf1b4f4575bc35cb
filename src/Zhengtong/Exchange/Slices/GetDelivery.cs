using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Slices;

/// <summary>A delivery as it stands now.</summary>
/// <param name="Id">Its id.</param>
/// <param name="AgreementId">The agreement it fulfils.</param>
/// <param name="ResourceName">The information resource.</param>
/// <param name="Provider">Who gives.</param>
/// <param name="Consumer">Who takes.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Phase">What it reads.</param>
/// <param name="Rows">Rows the consumer gave its receipt for.</param>
/// <param name="Batches">Batches the consumer gave its receipt for.</param>
/// <param name="Bytes">Ciphertext bytes of these batches.</param>
/// <param name="Waiting">Sealed batches without a receipt yet.</param>
/// <param name="EstimatedRows">Rows of the snapshot as the provider's database estimates them; null before it began.</param>
/// <param name="Percent">How much of the snapshot the consumer has, 0 to 100; null outside the snapshot. The estimate may be off, so 100 is only said at the end.</param>
/// <param name="RowsPerSecond">Over the last receipts of up to 60 seconds; null without any.</param>
/// <param name="LastReceivedAt">When the last receipt came.</param>
/// <param name="NextRunAt">When the next run is due.</param>
/// <param name="Problem">Code of what keeps it; null when nothing does.</param>
/// <param name="ProblemTitle">What that means, in the reader's language.</param>
/// <param name="ProblemDetails">What exactly, in the reader's language.</param>
/// <param name="Latest">The last ten batches, the newest first.</param>
public sealed record GetDeliveryResponse(
    Guid Id, Guid AgreementId, string ResourceName, string Provider, string Consumer, DeliveryState State, DeliveryPhase Phase, long Rows, long Batches, long Bytes, int Waiting,
    long? EstimatedRows, int? Percent, long? RowsPerSecond, DateTimeOffset? LastReceivedAt, DateTimeOffset NextRunAt, string? Problem, string? ProblemTitle,
    IReadOnlyList<string> ProblemDetails, IReadOnlyList<BatchSummary> Latest);

/// <summary>A batch of a delivery.</summary>
/// <param name="Sequence">From 1.</param>
/// <param name="Phase">Snapshot or changes.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="Bytes">Ciphertext bytes.</param>
/// <param name="SealedAt">When the provider signed it.</param>
/// <param name="ReceivedAt">When the consumer's receipt came; null until then.</param>
public sealed record BatchSummary(long Sequence, DeliveryPhase Phase, int Rows, long Bytes, DateTimeOffset SealedAt, DateTimeOffset? ReceivedAt);

internal static class GetDelivery
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/deliveries/{id:guid}", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>A delivery to or from the caller's department: state, progress, rate, last problem, last batches.</summary>
    /// <response code="200">The delivery.</response>
    /// <response code="404">exchange.delivery-unknown</response>
    internal static async Task<Results<Ok<GetDeliveryResponse>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var found = await (
            from d in db.Deliveries.AsNoTracking().VisibleTo(actor)
            where d.Id == id
            join r in CatalogueLookup.Names(db) on d.ResourceId equals r.Id
            join p in db.Organisations on d.ProviderId equals p.Id
            join c in db.Organisations on d.ConsumerId equals c.Id
            select new { Delivery = d, Resource = r.Name, Provider = p.Name, Consumer = c.Name }).SingleOrDefaultAsync(ct);
        if (found is null) { return ExchangeProblems.DeliveryUnknown.Because($"{id}"); }

        var latest = await db.Batches.AsNoTracking().Where(b => b.DeliveryId == id).OrderByDescending(b => b.Sequence).Take(10)
            .Select(b => new BatchSummary(b.Sequence, b.Phase, b.Rows, b.Bytes, b.SealedAt, b.ReceivedAt)).ToListAsync(ct);
        var waiting = await db.Batches.CountAsync(b => b.DeliveryId == id && b.ReceivedAt == null, ct);
        var delivery = found.Delivery;
        return TypedResults.Ok(new GetDeliveryResponse(
            id, delivery.AgreementId, found.Resource, found.Provider, found.Consumer, delivery.State, delivery.Phase, delivery.RowsReceived, delivery.BatchesReceived, delivery.BytesReceived, waiting,
            delivery.EstimatedRows, PercentOf(delivery), await RateAsync(db, delivery, ct), delivery.LastReceivedAt, delivery.NextRunAt,
            delivery.Problem, delivery.Problem is { } code ? Text.Of(code) : null, SentencesOf(delivery), latest));
    }

    private static int? PercentOf(Delivery delivery) => (delivery.Phase, delivery.EstimatedRows) switch
    {
        (DeliveryPhase.Changes, _) or (_, null) => null,
        (_, <= 0) => 0,
        var (_, rows) => (int)Math.Clamp(delivery.RowsReceived * 100 / rows.Value, 0, 99),
    };

    private static async Task<long?> RateAsync(ZhengtongDb db, Delivery delivery, CancellationToken ct)
    {
        if (delivery.LastReceivedAt is not { } last) { return null; }
        var from = last.AddSeconds(-60);
        var recent = await db.Batches.AsNoTracking().Where(b => b.DeliveryId == delivery.Id && b.ReceivedAt >= from).Select(b => new { b.Rows, b.SealedAt, b.ReceivedAt }).ToListAsync(ct);
        if (recent.Count == 0) { return null; }
        var seconds = (last - recent.Min(b => b.SealedAt)).TotalSeconds;
        return seconds <= 0 ? null : (long)(recent.Sum(b => (long)b.Rows) / seconds);
    }

    private static List<string> SentencesOf(Delivery delivery) =>
        delivery.ProblemDetail is { } detail ? [.. JsonSerializer.Deserialize<List<Fault>>(detail)!.Select(f => f.Sentence)] : [];
}
