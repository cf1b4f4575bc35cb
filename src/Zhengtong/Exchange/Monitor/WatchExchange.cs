using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Web;

namespace Zhengtong.Exchange.Monitor;

/// <summary>Raises an alarm for each reason it finds and clears those whose reason is over, tells both sides, and hands the figures to Prometheus.</summary>
internal sealed class WatchExchange(
    ZhengtongDb db, FlowReading flows, TimeStampAuthority authority, ExchangeGauges gauges, TimeProvider clock, IOptions<MonitorOptions> options, IOptions<NodeOptions> nodes, ILogger<WatchExchange> log) : IReconciler
{
    public string Name => "exchange.monitor";

    public TimeSpan Every => TimeSpan.FromSeconds(options.Value.EverySeconds);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var read = await flows.ReadAsync(null, ct);
        var findings = read.SelectMany(f => AlarmRules.Of(f, options.Value, now)).Concat(await KeysAsync(now, ct)).Concat(await NodeAlarms.FindAsync(db, nodes.Value, options.Value, now, ct)).ToDictionary(f => f.Key);
        var open = await db.Alarms.Where(a => a.Open != null).ToDictionaryAsync(a => a.Open!, ct);

        var changed = 0;
        foreach (var (key, finding) in findings)
        {
            if (open.TryGetValue(key, out var known)) { known.Seen(now); continue; }
            var alarm = Alarm.Raise(finding, now);
            db.Alarms.Add(alarm);
            db.Ledger.Add(LedgerEntry.Of("exchange.alarm-raised", alarm.Id, Actor.Platform, now, after: new { alarm.Kind, alarm.Subject, alarm.Figure, alarm.Limit, agreement = alarm.AgreementId }));
            Tell(alarm, "raised", NoticeTone.Warning, now);
            open.Add(key, alarm);
            changed++;
        }

        foreach (var (key, alarm) in open.Where(a => !findings.ContainsKey(a.Key) && now - a.Value.SeenAt >= TimeSpan.FromSeconds(options.Value.CalmSeconds)).ToList())
        {
            alarm.Clear(now);
            db.Ledger.Add(LedgerEntry.Of("exchange.alarm-cleared", alarm.Id, Actor.Platform, now, after: new { alarm.Kind, alarm.Subject, agreement = alarm.AgreementId }));
            Tell(alarm, "cleared", NoticeTone.Good, now);
            open.Remove(key);
            changed++;
        }

        await db.SaveChangesAsync(ct);
        gauges.Show(read, [.. open.Values], now);
        return Pass.Settled(changed);
    }

    /// <summary>Both sides are told, each once.</summary>
    private void Tell(Alarm alarm, string what, NoticeTone tone, DateTimeOffset now)
    {
        foreach (var side in new[] { alarm.ProviderId, alarm.ConsumerId }.Distinct())
        {
            db.Notices.Add(Notice.Of(side, tone, $"exchange.alarm.{Show.Kebab(alarm.Kind.ToString())}-{what}", $"/work/exchange/monitor/alarms/{alarm.Id}", now, alarm.Name));
        }
    }

    /// <summary>Sealing keys in use beyond their time, and the certificate of the time-stamping authority.</summary>
    private async Task<List<AlarmFinding>> KeysAsync(DateTimeOffset now, CancellationToken ct)
    {
        List<AlarmFinding> found = [];
        if (options.Value.KeyDays > 0)
        {
            var old = now.AddDays(options.Value.KeyWarningDays - options.Value.KeyDays);
            var keys = await db.OrganisationKeys.AsNoTracking().Where(k => k.Use == KeyUse.Seal && k.CreatedAt < old
                && !db.OrganisationKeys.Any(l => l.OrganisationId == k.OrganisationId && l.Suite == k.Suite && l.Use == k.Use && l.Generation > k.Generation))
                .Select(k => new { k.KeyId, k.OrganisationId, k.CreatedAt }).ToListAsync(ct);
            found.AddRange(keys.Select(k => AlarmRules.OfKey($"key:{k.KeyId}", k.KeyId, k.OrganisationId, k.CreatedAt.AddDays(options.Value.KeyDays), options.Value, now)).OfType<AlarmFinding>());
        }

        if (authority.IsConfigured && await db.Organisations.Where(o => o.Kind == OrganisationKind.Operator).OrderBy(o => o.Id).Select(o => (Guid?)o.Id).FirstOrDefaultAsync(ct) is { } holder)
        {
            try
            {
                using var trusted = authority.Trusted();
                if (AlarmRules.OfKey("certificate:time-stamping", trusted.Subject, holder, trusted.NotAfter.ToUniversalTime(), options.Value, now) is { } ending) { found.Add(ending); }
            }
            catch (TimeStampException e)
            {
                log.LogWarning(e, "The certificate of the time-stamping authority cannot be read; its end is not watched");
            }
        }

        return found;
    }
}
