using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Files;

/// <summary>Sees that every agreement in force has every file of its resource that is still kept: signed by the provider, the content key wrapped to the consumer.
/// An agreement that comes into force later gets them at the next look. What a provider's front-end node encrypted that node signs and wraps itself, in the same way.</summary>
internal sealed class PublishFiles(ZhengtongDb db, AgreementsLookup agreements, OrganisationKeys keys, Reconcilers reconcilers, TimeProvider clock) : IReconciler
{
    private const int Most = 100;

    public string Name => "exchange.file-publications";

    public TimeSpan Every => TimeSpan.FromSeconds(2);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var count = 0;
        foreach (var terms in (await agreements.InForceAsync(clock.GetUtcNow(), ct)).Where(a => a.Kind == DeliveryKind.File))
        {
            if (Suite.Find(terms.Suite) is not { } suite) { continue; }
            var waiting = await db.ExchangedFiles.AsNoTracking()
                .Where(f => f.ResourceId == terms.ResourceId && f.ProviderId == terms.Provider && f.State == FileState.Published && f.NodeId == null && !db.FileRecipients.Any(r => r.FileId == f.Id && r.AgreementId == terms.Id))
                .OrderBy(f => f.PublishedAt).Take(Most).ToListAsync(ct);
            if (waiting.Count == 0) { continue; }
            var node = await db.FileInboxes.Where(i => i.AgreementId == terms.Id).Select(i => i.NodeId).SingleOrDefaultAsync(ct);
            // A node that lost its keys of this suite enrols again; until then nothing is encrypted to anybody else.
            if (await keys.ReceiverAsync(terms.Consumer, node, suite, ct) is not { } receiver) { continue; }
            foreach (var file in waiting) { await PublishAsync(file, terms, suite, receiver, ct); }
            count += waiting.Count;
            if (waiting.Count == Most) { return Pass.Unfinished(count); }
        }

        if (count > 0) { reconcilers.Wake<WatchFolders>(); }
        return Pass.Settled(count);
    }

    private async Task PublishAsync(ExchangedFile file, AgreementTerms terms, Suite suite, OrganisationKey receiver, CancellationToken ct)
    {
        var contentKey = await KeyWrap.OpenAsync(keys, file.Wrap, file.Id, ct);
        var wrap = KeyWrap.To(receiver, file.Id, contentKey);
        CryptographicOperations.ZeroMemory(contentKey);
        var seal = await keys.CurrentAsync(terms.Provider, suite, KeyUse.Seal, ct);
        var now = Moment.Of(clock);
        var manifest = CanonicalJson.Of(new FileManifest(
            FileManifest.FormatName, file.Id, file.ResourceId, terms.Id, terms.Digest, file.Name, file.ContentType, file.Length!.Value, FileManifest.DigestOf(file, suite), suite.Word,
            now, seal.KeyId, wrap.KeyId));
        var recipient = new FileRecipient
        {
            Id = Guid.CreateVersion7(now), FileId = file.Id, AgreementId = terms.Id, ConsumerId = terms.Consumer, NodeId = receiver.NodeId, Wrap = wrap.ToText(), Manifest = manifest,
            ManifestDigest = suite.DigestOf(manifest), Signature = keys.Sign(seal, Encoding.UTF8.GetBytes(manifest)), PublishedAt = now,
        };
        db.FileRecipients.Add(recipient);
        db.Ledger.Add(LedgerEntry.Of("exchange.file-published", recipient.Id, Actor.Platform, now, after: new { file = file.Id, agreement = terms.Id, recipient.ManifestDigest, recipient.Signature }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation() || e is DbUpdateConcurrencyException)
        {
            // Another process gave it in the same moment.
            db.ChangeTracker.Clear();
        }
    }
}
