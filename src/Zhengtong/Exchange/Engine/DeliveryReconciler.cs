using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Engine;

/// <summary>Keeps deliveries as agreements want them. It looks at levels, not at events: whatever was missed while the process was away is seen at the next look.</summary>
internal sealed class DeliveryReconciler(
    IServiceScopeFactory scopes, Delivering delivering, TimeProvider clock, IOptions<ExchangeOptions> options, ILogger<DeliveryReconciler> log) : BackgroundService
{
    private readonly Dictionary<Guid, Task> running = [];
    private readonly Dictionary<Guid, Horizon> horizons = [];
    private readonly SemaphoreSlim wake = new(0);

    /// <summary>Looks at once instead of at the next tick.</summary>
    internal void Wake() => wake.Release();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
                await wake.WaitAsync(options.Value.TickMilliseconds, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { break; }
            catch (Exception e)
            {
                log.LogError(e, "Deliveries could not be looked at; the next look follows");
                await Task.Delay(TimeSpan.FromMilliseconds(options.Value.TickMilliseconds), clock, CancellationToken.None);
            }
        }

        await Task.WhenAll(running.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task LookAsync(CancellationToken ct)
    {
        foreach (var (id, _) in running.Where(r => r.Value.IsCompleted).ToList()) { running.Remove(id); }
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var now = clock.GetUtcNow();
        var agreements = (await scope.ServiceProvider.GetRequiredService<AgreementsLookup>().InForceAsync(now, ct)).ToDictionary(a => a.Id);
        var inForce = agreements.Keys.ToList();
        var deliveries = await db.Deliveries.Where(d => d.State != DeliveryState.Stopped || inForce.Contains(d.AgreementId)).ToListAsync(ct);

        await CreateAsync(db, agreements.Values.Where(a => deliveries.All(d => d.AgreementId != a.Id)).ToList(), now, ct);
        foreach (var delivery in deliveries.Where(d => !running.ContainsKey(d.Id)))
        {
            var allowed = agreements.ContainsKey(delivery.AgreementId);
            if (allowed && delivery.State == DeliveryState.Stopped)
            {
                delivery.Resume(now);
                db.Ledger.Add(LedgerEntry.Of("exchange.delivery-resumed", delivery.Id, Actor.Platform, now, after: new { delivery.Phase, delivery.Sequence }));
                await db.SaveChangesAsync(ct);
            }

            if (running.Count >= options.Value.Parallel || (delivery.NextRunAt > now && (allowed || delivery.State == DeliveryState.Failed))) { continue; }
            if (!horizons.TryGetValue(delivery.Id, out var horizon)) { horizons[delivery.Id] = horizon = new Horizon(); }
            running[delivery.Id] = Task.Run(() => allowed ? delivering.RunAsync(delivery.Id, horizon, ct) : delivering.StopAsync(delivery.Id, ct), CancellationToken.None);
        }
    }

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
