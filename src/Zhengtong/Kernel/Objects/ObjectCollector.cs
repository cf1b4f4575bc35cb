using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Kernel.Objects;

/// <summary>Removes objects that nobody refers to and that were last put longer ago than the grace period.
/// Safe beside puts and new references, and beside another collector.</summary>
internal sealed class ObjectCollector(ZhengtongDb db, ObjectStore store, Deployment deployment, TimeProvider clock) : IReconciler
{
    /// <summary>Long enough for the slowest save between a put and its reference.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromDays(1);

    public string Name => "kernel.objects";

    public TimeSpan Every => TimeSpan.FromHours(6);

    public async Task<Pass> ReconcileAsync(CancellationToken ct) => Pass.Settled(await CollectAsync(Grace, ct));

    /// <summary>Collects once; returns how many objects went.</summary>
    internal async Task<int> CollectAsync(TimeSpan grace, CancellationToken ct)
    {
        var before = clock.GetUtcNow() - grace;
        var old = await db.StoredObjects.Where(o => o.TouchedAt < before && !db.ObjectReferences.Any(r => r.Digest == o.Digest)).Select(o => o.Digest).ToListAsync(ct);
        var gone = 0;
        foreach (var digest in old)
        {
            if (await TakeAsync(digest, before, ct)) { gone++; }
        }

        RemoveAbandonedDrafts(before);
        return gone;
    }

    /// <summary>Row and bytes go in one transaction: whoever puts the same content meanwhile waits on the row, and publishes it again after us.</summary>
    private async Task<bool> TakeAsync(Digest digest, DateTimeOffset before, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        try
        {
            var taken = await db.StoredObjects.Where(o => o.Digest == digest && o.TouchedAt < before && !db.ObjectReferences.Any(r => r.Digest == o.Digest)).ExecuteDeleteAsync(ct);
            if (taken == 0) { return false; }
        }
        catch (Exception e) when (DatabaseErrors.IsStillReferenced(e))
        {
            // Somebody began to need it in this moment.
            return false;
        }

        await store.DeleteAsync(digest, ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    /// <summary>What a process left half written when it was killed.</summary>
    private void RemoveAbandonedDrafts(DateTimeOffset before)
    {
        var incoming = new DirectoryInfo(Path.GetDirectoryName(deployment.PathOf("objects", "incoming", "any"))!);
        foreach (var draft in incoming.EnumerateFiles().Where(f => f.LastWriteTimeUtc < before.UtcDateTime)) { draft.Delete(); }
    }
}
