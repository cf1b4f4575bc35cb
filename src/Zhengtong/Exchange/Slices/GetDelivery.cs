using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web;

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
/// <param name="Quarantined">Rows that wait in the provider's quarantine.</param>
/// <param name="Discarded">Rows that the provider discarded from quarantine and that were not mended since: the consumer does not have this version.</param>
/// <param name="EstimatedRows">Rows of the snapshot as the provider's database estimates them; null before it began.</param>
/// <param name="Percent">How much of the snapshot the consumer has, 0 to 100; null outside the snapshot. The estimate may be off, so 100 is only said at the end.</param>
/// <param name="RowsPerSecond">Over the last receipts of up to 60 seconds; null without any.</param>
/// <param name="LastReceivedAt">When the last receipt came.</param>
/// <param name="NextRunAt">When the next run is due.</param>
/// <param name="ClosedUntil">When its running hours open; null while it may run.</param>
/// <param name="GoesAhead">True while an ordered run goes ahead of closed running hours.</param>
/// <param name="SnapshotEndsAt">When the snapshot will be over at its rate, within its limits and its hours; null outside of a snapshot, and while nobody can tell.</param>
/// <param name="Problem">Code of what keeps it; null when nothing does.</param>
/// <param name="ProblemTitle">What that means, in the reader's language.</param>
/// <param name="ProblemDetails">What exactly, in the reader's language.</param>
/// <param name="StopReason">Why the agreement allows no delivery now, in the reader's language; null when it does.</param>
/// <param name="CopyReason">Why all rows are being copied anew, in the reader's language; null when they are not.</param>
/// <param name="LogBytes">Bytes of log that the provider's database keeps for the delivery; null when it keeps none.</param>
/// <param name="LogStatus">How sure it is to keep them, in its own word: reserved, extended, unreserved, lost.</param>
/// <param name="LogAlarmAt">Since when that is too much, or not sure; null while all is well.</param>
/// <param name="Latest">The last ten batches, the newest first.</param>
public sealed record GetDeliveryResponse(
    Guid Id, Guid AgreementId, string ResourceName, string Provider, string Consumer, DeliveryState State, DeliveryPhase Phase, long Rows, long Batches, long Bytes, int Waiting, int Quarantined, int Discarded,
    long? EstimatedRows, int? Percent, long? RowsPerSecond, DateTimeOffset? LastReceivedAt, DateTimeOffset NextRunAt, DateTimeOffset? ClosedUntil, bool GoesAhead, DateTimeOffset? SnapshotEndsAt, string? Problem, string? ProblemTitle,
    IReadOnlyList<string> ProblemDetails, string? StopReason, string? CopyReason, long? LogBytes, string? LogStatus, DateTimeOffset? LogAlarmAt, IReadOnlyList<BatchSummary> Latest);

/// <summary>A batch of a delivery.</summary>
/// <param name="Sequence">From 1.</param>
/// <param name="Phase">Snapshot or changes.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="Bytes">Ciphertext bytes.</param>
/// <param name="SealedAt">When the provider signed it.</param>
/// <param name="ReceivedAt">When the consumer's receipt came; null until then.</param>
/// <param name="VoidedAt">When it was given up, because the consumer can never take it and all rows are copied anew; null for every other batch.</param>
public sealed record BatchSummary(long Sequence, DeliveryPhase Phase, int Rows, long Bytes, DateTimeOffset SealedAt, DateTimeOffset? ReceivedAt, DateTimeOffset? VoidedAt);

internal static class GetDelivery
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/deliveries/{id:guid}", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>A delivery to or from the caller's department: state, progress, rate, last problem, last batches.</summary>
    /// <response code="200">The delivery.</response>
    /// <response code="404">exchange.delivery-unknown</response>
    internal static async Task<Results<Ok<GetDeliveryResponse>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, AgreementsLookup agreements, TimetableBook timetables, TimeProvider clock, CancellationToken ct)
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
            .Select(b => new BatchSummary(b.Sequence, b.Phase, b.Rows, b.Bytes, b.SealedAt, b.ReceivedAt, b.VoidedAt)).ToListAsync(ct);
        var waiting = await db.Batches.CountAsync(b => b.DeliveryId == id && b.ReceivedAt == null && b.VoidedAt == null, ct);
        var discarded = await db.Quarantine.CountAsync(q => q.DeliveryId == id && q.State == QuarantineState.Discarded, ct);
        var delivery = found.Delivery;
        var (pace, now, rate) = (await timetables.FindAsync(id, ct), clock.GetUtcNow(), await RateAsync(db, delivery, ct));
        var closed = delivery.State == DeliveryState.Stopped ? null : pace.ClosedUntil(now);
        return TypedResults.Ok(new GetDeliveryResponse(
            id, delivery.AgreementId, found.Resource, found.Provider, found.Consumer, delivery.State, delivery.Phase, delivery.RowsReceived, delivery.BatchesReceived, delivery.BytesReceived, waiting, await QuarantineBook.Open(db, id).CountAsync(ct), discarded,
            delivery.EstimatedRows, PercentOf(delivery), rate, delivery.LastReceivedAt, delivery.IsOrdered ? now : delivery.NextRunAt,
            closed, delivery.State != DeliveryState.Stopped && pace.GoesAhead(now), EndOf(delivery, rate, pace, now),
            delivery.Problem, delivery.Problem is { } code ? Text.Of(code) : null, SentencesOf(delivery), StopReasonOf(await agreements.FindAsync(delivery.AgreementId, ct), now),
            delivery.CopyReason is { } reason ? JsonSerializer.Deserialize<Fault>(reason)!.Sentence : null, delivery.LogBytes, delivery.LogStatus, delivery.LogAlarmAt, latest));
    }

    private static int? PercentOf(Delivery delivery) => (delivery.Phase, delivery.EstimatedRows) switch
    {
        (DeliveryPhase.Changes, _) or (_, null) => null,
        (_, <= 0) => 0,
        var (_, rows) => (int)Math.Clamp(delivery.RowsReceived * 100 / rows.Value, 0, 99),
    };

    private static DateTimeOffset? EndOf(Delivery delivery, long? measured, Pace pace, DateTimeOffset now)
    {
        if (delivery is not { Phase: DeliveryPhase.Snapshot, EstimatedRows: { } rows } || delivery.State == DeliveryState.Stopped) { return null; }
        var left = rows - delivery.RowsReceived;
        // Bytes of a row are only known from those that came.
        var bytes = delivery.RowsReceived == 0 ? 0 : delivery.BytesReceived / delivery.RowsReceived;
        var seconds = Math.Max(measured is > 0 ? (double)left / measured.Value : 0, pace.CostOf((int)Math.Clamp(left, 0, int.MaxValue), left * bytes).TotalSeconds);
        if (left <= 0 || seconds <= 0 || seconds > TimeSpan.FromDays(3_650).TotalSeconds) { return null; }
        return pace.GoesAhead(now) ? now.AddSeconds(seconds) : pace.Hours.After(now, TimeSpan.FromSeconds(seconds));
    }

    private static async Task<long?> RateAsync(ZhengtongDb db, Delivery delivery, CancellationToken ct)
    {
        if (delivery.LastReceivedAt is not { } last) { return null; }
        var from = last.AddSeconds(-60);
        var recent = await db.Batches.AsNoTracking().Where(b => b.DeliveryId == delivery.Id && b.ReceivedAt >= from).Select(b => new { b.Rows, b.SealedAt, b.ReceivedAt }).ToListAsync(ct);
        if (recent.Count == 0) { return null; }
        var seconds = (last - recent.Min(b => b.SealedAt)).TotalSeconds;
        return seconds <= 0 ? null : (long)(recent.Sum(b => (long)b.Rows) / seconds);
    }

    private static string? StopReasonOf(AgreementTerms? terms, DateTimeOffset now) => terms switch
    {
        null or { State: AgreementState.Revoked } => Text.Of("exchange.stop-reason.revoked"),
        { State: AgreementState.Expired } => Text.Of("exchange.stop-reason.expired", Show.Moment(terms.Until)),
        _ when terms.Until <= now => Text.Of("exchange.stop-reason.expired", Show.Moment(terms.Until)),
        { State: AgreementState.Suspended } => Text.Of("exchange.stop-reason.suspended"),
        _ when terms.From > now => Text.Of("exchange.stop-reason.not-begun", Show.Moment(terms.From)),
        _ => null,
    };

    private static List<string> SentencesOf(Delivery delivery) =>
        delivery.ProblemDetail is { } detail ? [.. JsonSerializer.Deserialize<List<Fault>>(detail)!.Select(f => f.Sentence)] : [];
}
