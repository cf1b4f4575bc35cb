using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Engine;

/// <summary>Keeps deliveries as agreements want them. It looks at levels, not at events: whatever was missed while the process was away is seen at the next look.
/// While more are due than may run at once, priority and waiting decide who goes first; one whose rate is limited gives its turn away while it rests.</summary>
internal sealed class DeliveryReconciler(
    IServiceScopeFactory scopes, Delivering delivering, TimeProvider clock, IOptions<ExchangeOptions> options, ILogger<DeliveryReconciler> log) : BackgroundService
{
    private readonly Dictionary<Guid, Task> running = [];
    private readonly Dictionary<Guid, Horizon> horizons = [];
    private readonly SemaphoreSlim wake = new(0);

    /// <summary>What the last look found, by when it is due; what began to run since then is not in it any more.</summary>
    private readonly Turns turns = new(TimeSpan.FromSeconds(options.Value.PrioritySeconds));
    private volatile bool isAsked = true;

    /// <summary>Somebody who is due has no room: nobody goes on beyond what is due to him.</summary>
    private volatile bool isCrowded;

    /// <summary>Looks at once instead of at the next tick.</summary>
    internal void Wake()
    {
        isAsked = true;
        wake.Release();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var tick = TimeSpan.FromMilliseconds(options.Value.TickMilliseconds);
        var looked = clock.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (isAsked || clock.GetElapsedTime(looked) >= tick)
                {
                    (isAsked, looked) = (false, clock.GetTimestamp());
                    await LookAsync(stoppingToken);
                }

                var next = Begin(stoppingToken);
                var pause = tick - clock.GetElapsedTime(looked);
                if (next - clock.GetUtcNow() is { } due && due < pause) { pause = due; }
                await wake.WaitAsync(pause > TimeSpan.Zero ? pause : TimeSpan.Zero, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { break; }
            catch (Exception e)
            {
                log.LogError(e, "Deliveries could not be looked at; the next look follows");
                await Task.Delay(tick, clock, CancellationToken.None);
            }
        }

        await Task.WhenAll(running.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task LookAsync(CancellationToken ct)
    {
        Forget();
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var now = clock.GetUtcNow();
        var agreements = (await scope.ServiceProvider.GetRequiredService<AgreementsLookup>().InForceAsync(now, ct)).Where(a => a.Kind == DeliveryKind.Table).ToDictionary(a => a.Id);
        var inForce = agreements.Keys.ToList();
        var deliveries = await db.Deliveries.Where(d => d.State != DeliveryState.Stopped || inForce.Contains(d.AgreementId)).ToListAsync(ct);

        turns.Clear();
        var known = deliveries.Select(d => d.AgreementId).ToHashSet();
        await CreateAsync(db, agreements.Values.Where(a => !known.Contains(a.Id)).ToList(), now, ct);
        var paces = await scope.ServiceProvider.GetRequiredService<TimetableBook>().FindAsync(deliveries.ToDictionary(d => d.Id, d => d.AskedAt), ct);
        var closed = paces.Select(p => (Delivery: p.Key, Until: p.Value.ClosedUntil(now))).Where(p => p.Until is not null).ToDictionary(p => p.Delivery, p => p.Until!.Value);
        var rests = await RestingAsync(scope.ServiceProvider.GetRequiredService<NodeDeliveries>(), db, closed, ct);
        foreach (var delivery in deliveries.Where(d => !running.ContainsKey(d.Id)))
        {
            var allowed = agreements.ContainsKey(delivery.AgreementId);
            if (allowed && delivery.State == DeliveryState.Stopped)
            {
                delivery.Resume(now);
                db.Ledger.Add(LedgerEntry.Of("exchange.delivery-resumed", delivery.Id, Actor.Platform, now, after: new { delivery.Phase, delivery.Sequence }));
                await db.SaveChangesAsync(ct);
            }

            // A front-end node does by itself what is its to do.
            if (allowed && rests.Contains(delivery.Id)) { continue; }
            // What is to stop does not wait for its turn.
            var due = allowed || delivery.State == DeliveryState.Failed ? DueAt(delivery, agreements.GetValueOrDefault(delivery.AgreementId), now) : DateTimeOffset.MinValue;
            // One that says it runs and does not was broken off: hours or not, a run puts that right, and reads nothing.
            if (allowed && delivery.State != DeliveryState.Running && closed.TryGetValue(delivery.Id, out var opens) && opens > due) { due = opens; }
            turns.Add(new Turn(delivery.Id, allowed, paces.GetValueOrDefault(delivery.Id, Pace.Free).Terms.Priority), due);
        }
    }

    /// <summary>Deliveries of which nothing is to be done here now: the provider's half is on a node, and so is the consumer's, or nothing waits for it; or both tables are being compared. Hours are
    /// the provider's: a consumer for whom something waits gets it though they are closed, and is taken out of those.</summary>
    private static async Task<HashSet<Guid>> RestingAsync(NodeDeliveries nodes, ZhengtongDb db, Dictionary<Guid, DateTimeOffset> closed, CancellationToken ct)
    {
        var halves = await nodes.AllHalvesAsync(ct);
        var provided = halves.Where(h => h.Value.Provider is not null).Select(h => h.Key).ToList();
        var received = provided.Union(closed.Keys).Where(d => halves.GetValueOrDefault(d, Halves.Hosted).Consumer is null).ToList();
        var waiting = received.Count == 0 ? [] : await db.Batches.Where(b => received.Contains(b.DeliveryId) && b.ReceivedAt == null && b.VoidedAt == null).Select(b => b.DeliveryId).Distinct().ToListAsync(ct);
        foreach (var delivery in waiting) { closed.Remove(delivery); }
        // A hosted provider's half stays where it is while a node is asked about the consumer's table.
        var compared = await (from p in db.ComparisonPasses join r in db.Reconciliations on p.ReconciliationId equals r.Id select r.DeliveryId).Distinct().ToListAsync(ct);
        return [.. provided.Except(waiting), .. compared.Except(provided)];
    }

    /// <summary>Begins what is due, as far as there is room; when the next one will be due, or null when there is none or no room for it.</summary>
    private DateTimeOffset? Begin(CancellationToken ct)
    {
        Forget();
        while (running.Keys.Count(d => !delivering.Rests(d)) < options.Value.Parallel)
        {
            isCrowded = false;
            if (turns.Take(clock.GetUtcNow()) is not { } turn) { return turns.NextAt; }
            if (!horizons.TryGetValue(turn.Delivery, out var horizon)) { horizons[turn.Delivery] = horizon = new Horizon(clock); }
            running[turn.Delivery] = Task.Run(() => RunAsync(turn, horizon, ct), CancellationToken.None);
        }

        isCrowded = turns.IsDue(clock.GetUtcNow());
        return null;
    }

    private async Task RunAsync(Turn turn, Horizon horizon, CancellationToken ct)
    {
        try { await (turn.IsAllowed ? delivering.RunAsync(turn.Delivery, horizon, () => !isCrowded, ct) : delivering.StopAsync(turn.Delivery, ct)); }
        finally { wake.Release(); }
    }

    private void Forget()
    {
        foreach (var (id, _) in running.Where(r => r.Value.IsCompleted).ToList()) { running.Remove(id); }
    }

    /// <summary>When it is due: when somebody ordered a run, at once and before whatever is merely due. A moment further ahead than any run is ever put off was set by a clock that has been set back since: then nobody waits for it.</summary>
    private static DateTimeOffset DueAt(Delivery delivery, AgreementTerms? terms, DateTimeOffset now) =>
        delivery.IsOrdered ? DateTimeOffset.MinValue : Moment.Due(delivery.NextRunAt, TimeSpan.FromSeconds(Math.Max(Delivery.MostBackOffSeconds, terms?.EverySeconds ?? 0)), now);

    /// <summary>An agreement in force whose resource is mounted and whose consumer said where to gets its delivery.</summary>
    private static async Task CreateAsync(ZhengtongDb db, List<AgreementTerms> without, DateTimeOffset now, CancellationToken ct)
    {
        if (without.Count == 0) { return; }
        var mounted = (await db.Mounts.Select(m => m.ResourceId).ToListAsync(ct)).ToHashSet();
        var taken = (await db.Intakes.Select(i => i.AgreementId).ToListAsync(ct)).ToHashSet();
        foreach (var terms in without.Where(a => mounted.Contains(a.ResourceId) && taken.Contains(a.Id)))
        {
            var delivery = new Delivery
            {
                Id = Guid.CreateVersion7(now), AgreementId = terms.Id, ResourceId = terms.ResourceId, ProviderId = terms.Provider, ConsumerId = terms.Consumer,
                CreatedAt = now, NextRunAt = now,
            };
            db.Deliveries.Add(delivery);
            db.Ledger.Add(LedgerEntry.Of("exchange.delivery-started", delivery.Id, Actor.Platform, now, after: new { agreement = terms.Id, terms.Number }));
        }

        await db.SaveChangesAsync(ct);
    }
}
