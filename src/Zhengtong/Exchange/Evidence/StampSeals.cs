using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Exchange.Evidence;

/// <summary>Has the seals of calls and the manifests of batches stamped with the time, over the SHA-256 of the signature's bytes. When the authority is away the job fails and comes again;
/// exchange and sealing go on, and what was left is stamped later.</summary>
internal sealed class StampSeals(ZhengtongDb db, TimeStampAuthority authority, TimeProvider clock, IOptions<ExchangeOptions> options) : IReconciler
{
    private const int MostAtOnce = 100;
    private const int AtATime = 4;

    public string Name => "exchange.time-stamps";

    public TimeSpan Every => TimeSpan.FromMilliseconds(Math.Max(100, options.Value.TimeStamping.EveryMilliseconds));

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        if (!authority.IsConfigured) { return Pass.Settled(); }
        var seals = await db.CallSeals.AsNoTracking().Where(s => s.StampedAt == null).OrderBy(s => s.SealedAt).Take(MostAtOnce).Select(s => new { s.Id, s.Signature }).ToListAsync(ct);
        await StampAsync(seals.ToDictionary(s => s.Id, s => s.Signature), (id, stamp, now) =>
            db.CallSeals.Where(s => s.Id == id && s.StampedAt == null).ExecuteUpdateAsync(set => set.SetProperty(s => s.Stamp, stamp).SetProperty(s => s.StampedAt, now), ct), ct);
        var batches = await db.Batches.AsNoTracking().Where(b => b.StampedAt == null).OrderBy(b => b.SealedAt).Take(MostAtOnce).Select(b => new { b.DeliveryId, b.Sequence, b.Signature }).ToListAsync(ct);
        await StampAsync(batches.ToDictionary(b => (b.DeliveryId, b.Sequence), b => b.Signature), (id, stamp, now) =>
            db.Batches.Where(b => b.DeliveryId == id.DeliveryId && b.Sequence == id.Sequence && b.StampedAt == null).ExecuteUpdateAsync(set => set.SetProperty(b => b.Stamp, stamp).SetProperty(b => b.StampedAt, now), ct), ct);
        var done = seals.Count + batches.Count;
        return seals.Count == MostAtOnce || batches.Count == MostAtOnce ? Pass.Unfinished(done) : Pass.Settled(done);
    }

    /// <summary>Asks for several at a time; those that came are kept, whatever became of the others.</summary>
    private async Task StampAsync<TKey>(Dictionary<TKey, string> signatures, Func<TKey, byte[], DateTimeOffset, Task> keep, CancellationToken ct) where TKey : notnull
    {
        ConcurrentDictionary<TKey, byte[]> stamps = [];
        try
        {
            await Parallel.ForEachAsync(signatures, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = ct }, async (one, stop) =>
                stamps[one.Key] = await authority.StampAsync(SHA256.HashData(Convert.FromBase64String(one.Value)), HashAlgorithmName.SHA256, stop));
        }
        finally
        {
            foreach (var (key, stamp) in stamps) { await keep(key, stamp, clock.GetUtcNow()); }
        }
    }
}
