using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Evidence;

/// <summary>Signs recorded calls, many at once: each provider's under one root, each consumer's under another. It looks for calls without a seal, so what a killed
/// process left is sealed by the next look. Seals, marks on the calls' groups and ledger entries are one transaction; before it nothing is sealed, after it nothing is sealed again.</summary>
internal sealed class CallSealing(IServiceScopeFactory scopes, JobLeases leases, TimeProvider clock, IOptions<ExchangeOptions> options, ILogger<CallSealing> log) : BackgroundService
{
    /// <summary>Most calls in one look; proofs of such a tree have 14 hashes.</summary>
    private const int MostAtOnce = 10_000;

    private const string Lease = "exchange.call-seals";

    /// <summary>Seals what is recorded and unsealed; 0 when nothing is, or when another process is at it.</summary>
    /// <returns>How many calls were sealed.</returns>
    internal async Task<int> SealAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        if (!await db.CallGroups.AnyAsync(g => g.ProviderSealId == null, ct)) { return 0; }
        await using var lease = await leases.TryTakeAsync(Lease, ct);
        if (lease is null) { return 0; }
        using var held = CancellationTokenSource.CreateLinkedTokenSource(ct, lease.Lost);
        return await SealAsync(db, scope.ServiceProvider.GetRequiredService<OrganisationKeys>(), held.Token);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Twice in the time allowed: a call waits for the look before it and for its own.
        var pause = TimeSpan.FromMilliseconds(Math.Max(1, options.Value.Calls.SealMilliseconds / 2));
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await SealAsync(stoppingToken) <= MostAtOnce - CallLog.MostAtOnce) { await Task.Delay(pause, clock, stoppingToken); }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { break; }
            catch (Exception e)
            {
                log.LogError(e, "Calls could not be sealed; the next look follows");
                await Task.Delay(TimeSpan.FromSeconds(1), clock, CancellationToken.None);
            }
        }
    }

    private async Task<int> SealAsync(ZhengtongDb db, OrganisationKeys keys, CancellationToken ct)
    {
        var groups = Together(await db.CallGroups.AsNoTracking().Where(g => g.ProviderSealId == null).OrderBy(g => g.Id).Take(MostAtOnce).ToListAsync(ct));
        if (groups.Count == 0) { return 0; }
        var ids = groups.ConvertAll(g => g.Id);
        var open = await db.Calls.AsNoTracking().Where(c => ids.Contains(c.GroupId)).OrderBy(c => c.Number).Select(c => new Open(c.ProviderId, c.ConsumerId, c.Suite, c.LeafHash)).ToListAsync(ct);
        Dictionary<(Guid, SuiteName), CallSeal> providers = [], consumers = [];
        foreach (var calls in open.GroupBy(c => (c.Provider, c.Suite))) { providers[calls.Key] = await SignAsync(db, keys, CallSide.Provider, calls.Key.Provider, calls.Key.Suite, [.. calls], ct); }
        foreach (var calls in open.GroupBy(c => (c.Consumer, c.Suite))) { consumers[calls.Key] = await SignAsync(db, keys, CallSide.Consumer, calls.Key.Consumer, calls.Key.Suite, [.. calls], ct); }

        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.SaveChangesAsync(ct);
        foreach (var pair in groups.GroupBy(g => (g.ProviderId, g.ConsumerId, g.Suite)))
        {
            var (own, other) = (providers[(pair.Key.ProviderId, pair.Key.Suite)].Id, consumers[(pair.Key.ConsumerId, pair.Key.Suite)].Id);
            var members = pair.Select(g => g.Id).ToList();
            var marked = await db.CallGroups.Where(g => members.Contains(g.Id) && g.ProviderSealId == null && g.ConsumerSealId == null)
                .ExecuteUpdateAsync(set => set.SetProperty(g => g.ProviderSealId, own).SetProperty(g => g.ConsumerSealId, other), ct);
            if (marked != members.Count) { throw new DbUpdateConcurrencyException($"{members.Count - marked} of {members.Count} groups of calls were sealed by another process"); }
        }

        await transaction.CommitAsync(ct);
        return open.Count;
    }

    /// <summary>The first of them with not more than <see cref="MostAtOnce"/> calls.</summary>
    private static List<CallGroup> Together(List<CallGroup> groups)
    {
        var calls = 0;
        return [.. groups.TakeWhile(g => (calls += g.Size) <= MostAtOnce)];
    }

    private async Task<CallSeal> SignAsync(ZhengtongDb db, OrganisationKeys keys, CallSide side, Guid organisation, SuiteName suiteName, List<Open> calls, CancellationToken ct)
    {
        var suite = Suite.Of(suiteName);
        var key = await keys.CurrentAsync(organisation, suite, KeyUse.Seal, ct);
        var before = await db.CallSeals.AsNoTracking().Where(s => s.KeyId == key.KeyId && s.Side == side).OrderByDescending(s => s.Sequence).Select(s => new { s.Sequence, s.Digest }).FirstOrDefaultAsync(ct);
        var now = Moment.Of(clock);
        var document = new CallSealDocument(
            CallSealDocument.FormatName, Guid.CreateVersion7(now), side, organisation, (before?.Sequence ?? 0) + 1, before?.Digest, calls.Count,
            Convert.ToHexStringLower(new CallTree(suite, [.. calls.Select(c => c.LeafHash)]).Root), now, suite.Word, key.KeyId);
        var text = CanonicalJson.Of(document);
        var seal = new CallSeal
        {
            Id = document.Id, Side = side, OrganisationId = organisation, Suite = suiteName, KeyId = key.KeyId, Sequence = document.Sequence, Size = calls.Count,
            Document = text, Digest = suite.DigestOf(text), Signature = keys.Sign(key, Encoding.UTF8.GetBytes(text)), SealedAt = now,
        };
        db.CallSeals.Add(seal);
        db.Ledger.Add(LedgerEntry.Of(side == CallSide.Provider ? "exchange.calls-sealed" : "exchange.calls-received", seal.Id, Actor.Platform, now,
            after: new { organisation, seal.KeyId, seal.Sequence, seal.Size, document.Root, seal.Digest, seal.Signature }));
        return seal;
    }

    private sealed record Open(Guid Provider, Guid Consumer, SuiteName Suite, byte[] LeafHash);
}
