using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Backups;

/// <summary>An archive in the object store that no backup names yet.</summary>
/// <param name="Digest">The object.</param>
/// <param name="Length">Bytes before encryption.</param>
/// <param name="Key">Its key, sealed.</param>
internal sealed record KeptArchive(Digest Digest, long Length, byte[] Key);

/// <summary>The bytes of backups in the object store, each encrypted with a key of its own.</summary>
internal sealed class BackupStore(ObjectStore objects, Vault vault, TimeProvider clock)
{
    /// <summary>Takes an archive to its end. It counts only once <see cref="KeepAsync(ZhengtongDb, ResourceTask, string, string, KeptArchive, IReadOnlyList{BackupVolume}, CancellationToken)"/> has written down that it is there;
    /// until then its bytes are collected after <see cref="ObjectCollector.Grace"/>.</summary>
    /// <param name="id">What it is bound to: the task, or a volume's own id.</param>
    /// <param name="archive">Its bytes; disposed of.</param>
    /// <param name="atEnd">Asked when they have ended: throws when they are not whole.</param>
    /// <param name="ct">Stops it.</param>
    internal async Task<KeptArchive> TakeAsync(Guid id, Stream archive, Func<Task> atEnd, CancellationToken ct)
    {
        var key = RandomNumberGenerator.GetBytes(BackupContent.KeySize);
        var sealedKey = vault.Seal(key, ResourceBackup.PurposeOf(id));
        await using var content = BackupStream.Sealing(archive, key, id, atEnd);
        var put = await objects.PutAsync(content, ct);
        return new KeptArchive(put.Digest, content.Taken, sealedKey);
    }

    /// <summary>Takes an archive to its end, and writes down that it is there. Killed before the last line, nothing of it counts, and its bytes are collected.</summary>
    /// <returns>False when its name was taken meanwhile.</returns>
    internal async Task<bool> KeepAsync(ZhengtongDb db, ResourceTask task, string name, string source, Stream archive, Func<Task> atEnd, CancellationToken ct) =>
        await KeepAsync(db, task, name, source, await TakeAsync(task.Id, archive, atEnd, ct), [], ct);

    /// <summary>Writes down that a backup is there, with all that belongs to it, in one save.</summary>
    /// <param name="db">The database.</param>
    /// <param name="task">The task that makes it.</param>
    /// <param name="name">Its name.</param>
    /// <param name="source">What it is taken from.</param>
    /// <param name="taken">Its archive.</param>
    /// <param name="volumes">Those of its data volumes.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>False when its name was taken meanwhile.</returns>
    internal async Task<bool> KeepAsync(ZhengtongDb db, ResourceTask task, string name, string source, KeptArchive taken, IReadOnlyList<BackupVolume> volumes, CancellationToken ct)
    {
        var (now, isScheduled) = (clock.GetUtcNow(), task.AskedBy == Guid.Empty);
        var days = isScheduled ? await db.BackupPlans.Where(p => p.ResourceId == task.ResourceId).Select(p => (int?)p.Days).SingleOrDefaultAsync(ct) ?? BackupPlan.UsualDays : 0;
        var backup = new ResourceBackup
        {
            Id = task.Id, ResourceId = task.ResourceId, Name = name, IsScheduled = isScheduled, Digest = taken.Digest, Length = taken.Length, Key = taken.Key, Volumes = volumes, Source = source, At = now,
            ExpiresAt = isScheduled ? now.AddDays(days) : null,
        };
        List<object> rows = [backup, .. volumes.Select(v => v.Digest).Prepend(taken.Digest).Distinct().Select(d => new ObjectReference { Digest = d, Owner = backup.Owner, Since = now })];
        db.AddRange(rows);
        try
        {
            await db.SaveChangesAsync(ct);
            return true;
        }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            foreach (var row in rows) { db.Entry(row).State = EntityState.Detached; }
            // Done by another who had the same task counts as done.
            return await db.ResourceBackups.AnyAsync(b => b.Id == task.Id, ct);
        }
    }

    /// <summary>The backup as it reads in the clear, or null when its bytes are gone.</summary>
    /// <exception cref="CryptographicException">Its key is lost.</exception>
    internal Task<BackupStream?> OpenAsync(ResourceBackup backup, CancellationToken ct) => OpenAsync(backup.Id, backup.Digest, backup.Key, ct);

    /// <summary>The archive of a data volume, likewise.</summary>
    /// <exception cref="CryptographicException">Its key is lost.</exception>
    internal Task<BackupStream?> OpenAsync(BackupVolume volume, CancellationToken ct) => OpenAsync(volume.Id, volume.Digest, volume.Key, ct);

    private async Task<BackupStream?> OpenAsync(Guid id, Digest digest, byte[] sealedKey, CancellationToken ct) =>
        await objects.OpenAsync(digest, ct) is { } raw ? BackupStream.Opening(raw, vault.Open(sealedKey, ResourceBackup.PurposeOf(id)), id) : null;

    /// <summary>Backups go, and their bytes with the next collection.</summary>
    internal static async Task ForgetAsync(ZhengtongDb db, IReadOnlyList<ResourceBackup> backups, CancellationToken ct)
    {
        var owners = backups.Select(b => b.Owner).ToList();
        db.ObjectReferences.RemoveRange(await db.ObjectReferences.Where(r => owners.Contains(r.Owner)).ToListAsync(ct));
        db.ResourceBackups.RemoveRange(backups);
        await db.SaveChangesAsync(ct);
    }

    /// <summary>Its resource is gone: each stays a while longer, none less than it had.</summary>
    internal static async Task OutliveAsync(ZhengtongDb db, Guid resource, DateTimeOffset now, CancellationToken ct)
    {
        var until = now + ResourceBackup.KeptAfterRemoval;
        await db.ResourceBackups.Where(b => b.ResourceId == resource && (b.ExpiresAt == null || b.ExpiresAt < until)).ExecuteUpdateAsync(set => set.SetProperty(b => b.ExpiresAt, until), ct);
        await db.BackupPlans.Where(p => p.ResourceId == resource).ExecuteDeleteAsync(ct);
    }

    /// <summary>True while a resource that is yet to be made needs it.</summary>
    internal static IQueryable<ResourceBackup> Needed(ZhengtongDb db, IQueryable<ResourceBackup> backups) =>
        backups.Where(b => db.CloudResources.Any(r => r.BackupId == b.Id && r.DeliveredAt == null && r.Wish != ResourceWish.Removed));
}
