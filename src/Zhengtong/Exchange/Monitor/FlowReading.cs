using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Files;
using Zhengtong.Exchange.Gateway;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Metering;

namespace Zhengtong.Exchange.Monitor;

/// <summary>Reads how agreements go from what deliveries, files and calls leave behind: receipts and the metering of the same saves. Nothing is counted a second time for it.</summary>
internal sealed class FlowReading(ZhengtongDb db, AgreementsLookup agreements, TimetableBook timetables, TimeProvider clock)
{
    /// <summary>Over what time a rate is taken.</summary>
    internal static readonly TimeSpan Recent = TimeSpan.FromMinutes(5);

    /// <summary>Meters of what arrived in the kind's own unit.</summary>
    internal static readonly string[] UnitMeters = [DeliveryAccount.Rows, FileAccount.Files, CallMeter.Calls];

    /// <summary>Meters of the bytes of it.</summary>
    internal static readonly string[] ByteMeters = [DeliveryAccount.Bytes, FileAccount.Bytes, CallMeter.Bytes];

    private static readonly string[] Meters = [.. UnitMeters, .. ByteMeters, FailureAccount.Failures];

    /// <summary>Every agreement in force with a party among the organisations, by number.</summary>
    /// <param name="reach">Whose; null for all.</param>
    /// <param name="ct">Stops it.</param>
    internal async Task<IReadOnlyList<Flow>> ReadAsync(IReadOnlySet<Guid>? reach, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var terms = (await agreements.InForceAsync(now, ct)).Where(a => reach is null || reach.Contains(a.Provider) || reach.Contains(a.Consumer)).OrderBy(a => a.Number, StringComparer.Ordinal).ToList();
        if (terms.Count == 0) { return []; }
        var (ids, resources, since) = (terms.ConvertAll(a => a.Id), terms.Select(a => a.ResourceId).Distinct().ToList(), now - Recent);
        var today = UsageRollUp.StartOf(RollUpPeriod.Day, now);

        var recent = (await db.Usage.AsNoTracking().Where(u => Meters.Contains(u.Meter) && u.At >= since && u.AgreementId != null)
            .GroupBy(u => new { Agreement = u.AgreementId!.Value, u.Meter }).Select(g => new { g.Key.Agreement, g.Key.Meter, Sum = g.Sum(u => u.Quantity) }).ToListAsync(ct)).ToLookup(u => u.Agreement);
        var hour = now.AddHours(-1);
        var failures = await db.Usage.AsNoTracking().Where(u => u.Meter == FailureAccount.Failures && u.At >= hour && u.AgreementId != null)
            .GroupBy(u => u.AgreementId!.Value).Select(g => new { Agreement = g.Key, Sum = g.Sum(u => u.Quantity) }).ToDictionaryAsync(u => u.Agreement, u => u.Sum, ct);
        var ofDay = (await db.UsageRollUps.AsNoTracking().Where(u => u.Period == RollUpPeriod.Day && u.StartsAt == today && Meters.Contains(u.Meter) && ids.Contains(u.AgreementId))
            .Select(u => new { Agreement = u.AgreementId, u.Meter, Sum = u.Quantity }).ToListAsync(ct)).ToLookup(u => u.Agreement);

        var deliveries = await db.Deliveries.AsNoTracking().Where(d => ids.Contains(d.AgreementId))
            .Select(d => new { d.Id, d.AgreementId, d.LastReceivedAt, d.CaughtUpAt, d.CreatedAt, d.Failures, d.AskedAt }).ToDictionaryAsync(d => d.AgreementId, ct);
        var paces = await timetables.FindAsync(deliveries.Values.ToDictionary(d => d.Id, d => d.AskedAt), ct);
        var deliveryIds = deliveries.Values.Select(d => d.Id).ToList();
        var batches = await db.Batches.AsNoTracking().Where(b => deliveryIds.Contains(b.DeliveryId) && b.ReceivedAt == null && b.VoidedAt == null)
            .GroupBy(b => b.DeliveryId).Select(g => new { Delivery = g.Key, Since = g.Min(b => b.SealedAt) }).ToDictionaryAsync(b => b.Delivery, b => b.Since, ct);
        var files = await db.FileRecipients.AsNoTracking().Where(r => ids.Contains(r.AgreementId))
            .GroupBy(r => r.AgreementId).Select(g => new { Agreement = g.Key, Published = g.Max(r => r.PublishedAt), Confirmed = g.Max(r => r.ConfirmedAt) }).ToDictionaryAsync(f => f.Agreement, ct);
        var waiting = await (from r in db.FileRecipients.AsNoTracking()
                             join f in db.ExchangedFiles on r.FileId equals f.Id
                             where ids.Contains(r.AgreementId) && r.State != RecipientState.DownloadConfirmed && f.State == FileState.Published
                             group r by r.AgreementId into g
                             select new { Agreement = g.Key, Since = g.Min(r => r.PublishedAt) }).ToDictionaryAsync(f => f.Agreement, f => f.Since, ct);
        var day = ChinaTime.DateOf(now);
        var quotas = await db.ApiQuotas.AsNoTracking().Where(q => q.Day == day && ids.Contains(q.AgreementId)).ToDictionaryAsync(q => q.AgreementId, q => q.Reserved, ct);
        var cycles = await CatalogueLookup.Names(db).Where(r => resources.Contains(r.Id)).ToDictionaryAsync(r => r.Id, r => r.UpdateCycle, ct);

        var flows = new List<Flow>(terms.Count);
        foreach (var agreement in terms)
        {
            var (delivery, file) = (deliveries.GetValueOrDefault(agreement.Id), files.GetValueOrDefault(agreement.Id));
            var lastCall = agreement.Kind != DeliveryKind.Api ? null
                : await db.Calls.AsNoTracking().Where(c => c.AgreementId == agreement.Id).OrderByDescending(c => c.ReceivedAt).Select(c => (DateTimeOffset?)c.AnsweredAt).FirstOrDefaultAsync(ct);
            flows.Add(new Flow(agreement.Id, agreement.Number, agreement.ResourceName, agreement.Kind, agreement.Provider, agreement.Consumer)
            {
                Units = recent[agreement.Id].Where(u => UnitMeters.Contains(u.Meter)).Sum(u => u.Sum),
                Bytes = recent[agreement.Id].Where(u => ByteMeters.Contains(u.Meter)).Sum(u => u.Sum),
                UnitsToday = ofDay[agreement.Id].Where(u => UnitMeters.Contains(u.Meter)).Sum(u => u.Sum),
                BytesToday = ofDay[agreement.Id].Where(u => ByteMeters.Contains(u.Meter)).Sum(u => u.Sum),
                FailuresToday = ofDay[agreement.Id].Where(u => u.Meter == FailureAccount.Failures).Sum(u => u.Sum),
                FailuresInHour = failures.GetValueOrDefault(agreement.Id),
                FailedRuns = delivery?.Failures ?? 0,
                LastSuccessAt = agreement.Kind switch { DeliveryKind.Table => Later(delivery?.LastReceivedAt, delivery?.CaughtUpAt), DeliveryKind.File => file?.Confirmed, _ => lastCall },
                WaitingSince = agreement.Kind switch
                {
                    DeliveryKind.Table => delivery is not null && batches.TryGetValue(delivery.Id, out var batch) ? batch : null,
                    DeliveryKind.File => waiting.TryGetValue(agreement.Id, out var published) ? published : null,
                    _ => null,
                },
                Cycle = agreement.Kind switch
                {
                    DeliveryKind.Table => TimeSpan.FromSeconds(agreement.EverySeconds),
                    DeliveryKind.File => LengthOf(cycles.GetValueOrDefault(agreement.ResourceId, UpdateCycle.OnDemand)),
                    _ => null,
                },
                AliveAt = new[]
                {
                    delivery?.LastReceivedAt, delivery?.CaughtUpAt, delivery?.CreatedAt, file?.Published, agreement.FlowsFrom, delivery is not null && paces.TryGetValue(delivery.Id, out var pace) ? OwedSince(pace, now) : null,
                }.Max()!.Value,
                QuotaPerDay = agreement.Limits?.CallsPerDay,
                QuotaUsed = quotas.GetValueOrDefault(agreement.Id),
                DeliveryId = delivery?.Id,
            });
        }

        return flows;
    }

    /// <summary>Outside its hours a delivery is silent by order: a sign of life is due from when they opened. Null when they are always open.</summary>
    private static DateTimeOffset? OwedSince(Pace pace, DateTimeOffset now) => pace.ClosedUntil(now) is not null ? now : pace.Hours.OpenSince(now);

    /// <summary>How long a cycle of a resource is at the longest; null where its provider promises none.</summary>
    internal static TimeSpan? LengthOf(UpdateCycle cycle) => cycle switch
    {
        UpdateCycle.Realtime or UpdateCycle.Daily => TimeSpan.FromDays(1),
        UpdateCycle.Weekly => TimeSpan.FromDays(7),
        UpdateCycle.Monthly => TimeSpan.FromDays(31),
        UpdateCycle.Quarterly => TimeSpan.FromDays(92),
        UpdateCycle.Yearly => TimeSpan.FromDays(366),
        _ => null,
    };

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) => one is null || other > one ? other : one;
}
