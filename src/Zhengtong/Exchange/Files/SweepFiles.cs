using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Files;

/// <summary>Ends what has had its time: uploads that nobody goes on with, files that everybody has or that reached their latest day. The record comes first, then the content goes.</summary>
internal sealed class SweepFiles(ZhengtongDb db, FileContent content, JobLeases leases, IOptions<FilesOptions> options, TimeProvider clock) : IReconciler
{
    private const int Most = 100;

    public string Name => "exchange.file-sweeps";

    public TimeSpan Every => TimeSpan.FromMinutes(1);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var count = await ExpireAsync(now, ct) + await PurgeAsync(now, ct);
        var left = await db.ExchangedFiles.Where(f => f.IsLeft).OrderBy(f => f.Id).Take(Most).ToListAsync(ct);
        foreach (var file in left)
        {
            await content.RemoveAsync(file.Id, ct);
            file.Swept();
            await db.SaveChangesAsync(ct);
        }

        return left.Count == Most ? Pass.Unfinished(count + left.Count) : Pass.Settled(count + left.Count);
    }

    private async Task<int> ExpireAsync(DateTimeOffset now, CancellationToken ct)
    {
        var expired = await db.ExchangedFiles.Where(f => f.State == FileState.Uploading && f.ExpiresAt <= now).OrderBy(f => f.Id).Take(Most).ToListAsync(ct);
        var count = 0;
        foreach (var file in expired)
        {
            // Whoever holds the lease is sending bytes at this moment.
            await using var lease = await leases.TryTakeAsync(FileIntake.LeaseOf(file.Id), ct);
            if (lease is null) { continue; }
            await db.Entry(file).ReloadAsync(ct);
            if (file.State != FileState.Uploading || file.ExpiresAt > now) { continue; }
            file.Purge(now);
            db.Ledger.Add(LedgerEntry.Of("exchange.upload-expired", file.Id, Actor.Platform, now, after: new { file.Offset, file.Length, file.ExpiresAt }));
            await db.SaveChangesAsync(ct);
            count++;
        }

        return count;
    }

    private async Task<int> PurgeAsync(DateTimeOffset now, CancellationToken ct)
    {
        var defaults = options.Value;
        // A file that is younger than the shortest time for which any is kept need not be looked at.
        var oldest = now.AddDays(-Math.Min(defaults.KeepDays, await db.FileRetentions.MinAsync(r => (int?)r.KeepDays, ct) ?? defaults.KeepDays));
        var kept = await (
            from f in db.ExchangedFiles.AsNoTracking()
            where f.State == FileState.Published && f.PublishedAt <= oldest
            join r in db.FileRetentions on f.ResourceId equals r.ResourceId into set
            from r in set.DefaultIfEmpty()
            select new
            {
                f.Id,
                f.PublishedAt,
                Keep = (int?)r.KeepDays,
                Latest = (int?)r.LatestDays,
                Recipients = db.FileRecipients.Count(x => x.FileId == f.Id),
                Unconfirmed = db.FileRecipients.Count(x => x.FileId == f.Id && x.State != RecipientState.DownloadConfirmed),
            }).ToListAsync(ct);
        var count = 0;
        foreach (var found in kept)
        {
            var isLatest = found.PublishedAt!.Value.AddDays(found.Latest ?? defaults.LatestDays) <= now;
            var isDone = found is { Recipients: > 0, Unconfirmed: 0 } && found.PublishedAt!.Value.AddDays(found.Keep ?? defaults.KeepDays) <= now;
            if (!isLatest && !isDone) { continue; }
            var file = await db.ExchangedFiles.SingleAsync(f => f.Id == found.Id, ct);
            var recipients = await db.FileRecipients.Where(r => r.FileId == found.Id).ToListAsync(ct);
            var without = recipients.Where(r => r.State != RecipientState.DownloadConfirmed).Select(r => r.AgreementId).ToList();
            file.Purge(now);
            foreach (var recipient in recipients) { recipient.Wrap = null; }
            db.Ledger.Add(without.Count == 0
                ? LedgerEntry.Of("exchange.file-purged", file.Id, Actor.Platform, now, after: new { resource = file.ResourceId, recipients = recipients.Count })
                : LedgerEntry.Of("exchange.file-purged-unconfirmed", file.Id, Actor.Platform, now, after: new { resource = file.ResourceId, agreements = without }));
            try { await db.SaveChangesAsync(ct); }
            catch (DbUpdateConcurrencyException)
            {
                // Somebody confirmed it in this moment: looked at again next time.
                db.ChangeTracker.Clear();
                continue;
            }

            count++;
        }

        return count;
    }
}
