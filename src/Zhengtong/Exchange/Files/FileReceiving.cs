using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Monitor;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Metering;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Files;

/// <summary>The consumer's side of the file exchange: opens a file that was published to it, and confirms it with a receipt, whoever asks: the API, a page or the inbox.</summary>
internal sealed class FileReceiving(ZhengtongDb db, FileContent content, AgreementsLookup agreements, OrganisationKeys keys, TimeProvider clock)
{
    /// <summary>The recipient with its file, when it is the actor's organisation's.</summary>
    internal async Task<(FileRecipient Recipient, ExchangedFile File)?> FindAsync(Guid id, Actor actor, CancellationToken ct)
    {
        var recipient = await db.FileRecipients.SingleOrDefaultAsync(r => r.Id == id && r.ConsumerId == actor.Organisation, ct);
        return recipient is null ? null : (recipient, await db.ExchangedFiles.SingleAsync(f => f.Id == recipient.FileId, ct));
    }

    /// <summary>Opens the content for reading from any place, and notes that the recipient began to fetch it. Only while the agreement is in force.</summary>
    internal async Task<(FileReading? Content, ExchangedFile? File, ProblemHttpResult? Problem)> OpenAsync(Guid id, Actor actor, CancellationToken ct)
    {
        if (await FindAsync(id, actor, ct) is not var (recipient, file)) { return (null, null, ExchangeProblems.FileUnknown.Because($"{id}")); }
        if (recipient.NodeId is not null) { return (null, null, ExchangeProblems.FileOnNode.Because($"{id}")); }
        if (await StartAsync(recipient, file, actor, ct) is { } problem) { return (null, null, problem); }
        return (content.Open(await KeyWrap.OpenAsync(keys, recipient.Wrap, file.Id, ct), file.Id, file.Length!.Value), file, null);
    }

    /// <summary>Lets a recipient begin to fetch, or go on, and notes the beginning. Only while the agreement is in force.</summary>
    internal async Task<ProblemHttpResult?> StartAsync(FileRecipient recipient, ExchangedFile file, Actor actor, CancellationToken ct)
    {
        var id = recipient.Id;
        if (file.State != FileState.Published) { return ExchangeProblems.FileGone.Because($"{id}"); }
        var now = clock.GetUtcNow();
        if (await agreements.FindAsync(recipient.AgreementId, ct) is not { } terms || !terms.AllowsDelivery(now)) { return ExchangeProblems.NotInForce.Because($"{recipient.AgreementId}"); }

        if (recipient.State is RecipientState.Initialised or RecipientState.DownloadFailed)
        {
            recipient.Start(now);
            db.Ledger.Add(LedgerEntry.Of("exchange.file-download-started", id, actor, now, after: new { file = file.Id, agreement = recipient.AgreementId }));
            try { await db.SaveChangesAsync(ct); }
            // Another request of the same recipient came first: the same is noted.
            catch (DbUpdateConcurrencyException) { db.ChangeTracker.Clear(); }
        }

        return null;
    }

    /// <summary>Takes the consumer's word for what arrived. The right digest yields its signed receipt, once; a wrong one is noted and refused.</summary>
    /// <param name="id">The recipient's.</param>
    /// <param name="digest">Lower-case hex, by the agreement's suite.</param>
    /// <param name="actor">Of the consumer.</param>
    /// <param name="ct">Stops before the save.</param>
    internal async Task<ProblemHttpResult?> ConfirmAsync(Guid id, string digest, Actor actor, CancellationToken ct)
    {
        if (await FindAsync(id, actor, ct) is not var (recipient, file)) { return ExchangeProblems.FileUnknown.Because($"{id}"); }
        if (recipient.NodeId is not null) { return ExchangeProblems.FileOnNode.Because($"{id}"); }
        if (Settled(recipient, file, digest) is var (settled, answer) && settled) { return answer; }
        var manifest = FileManifest.Parse(recipient.Manifest)!;
        if (digest != manifest.Digest) { return await RefuseAsync(recipient, digest, actor, ct); }
        var suite = Suite.Parse(manifest.Suite);
        var seal = await keys.CurrentAsync(recipient.ConsumerId, suite, KeyUse.Seal, ct);
        var now = Moment.Of(clock);
        var receipt = CanonicalJson.Of(new FileCounterReceipt(
            FileCounterReceipt.FormatName, file.Id, recipient.AgreementId, recipient.ManifestDigest, digest, manifest.Length, now, suite.Word, seal.KeyId));
        return await RecordAsync(recipient, manifest, receipt, keys.Sign(seal, Encoding.UTF8.GetBytes(receipt)), actor, ct);
    }

    /// <summary>True with the answer when nothing is to be done about what the consumer says: it is confirmed already, or the content is gone.</summary>
    internal static (bool IsSettled, ProblemHttpResult? Answer) Settled(FileRecipient recipient, ExchangedFile file, string digest)
    {
        var manifest = FileManifest.Parse(recipient.Manifest)!;
        if (recipient.State == RecipientState.DownloadConfirmed) { return (true, digest == manifest.Digest ? null : ExchangeProblems.FileDigestWrong.Because(manifest.Suite)); }
        return file.State == FileState.Published ? (false, null) : (true, ExchangeProblems.FileGone.Because($"{recipient.Id}"));
    }

    /// <summary>Notes that something else arrived than the manifest says.</summary>
    internal async Task<ProblemHttpResult> RefuseAsync(FileRecipient recipient, string digest, Actor actor, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        recipient.Fail(digest);
        db.Ledger.Add(LedgerEntry.Of("exchange.file-confirmation-refused", recipient.Id, actor, now, after: new { file = recipient.FileId, digest }));
        FailureAccount.Record(db, recipient.AgreementId, recipient.ConsumerId, recipient.Id, now);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because($"{recipient.Id}"); }
        return ExchangeProblems.FileDigestWrong.Because(Suite.Parse(FileManifest.Parse(recipient.Manifest)!.Suite).DigestName);
    }

    /// <summary>Keeps the receipt that the consumer, or its node, signed.</summary>
    internal async Task<ProblemHttpResult?> RecordAsync(FileRecipient recipient, FileManifest manifest, string receipt, string signature, Actor actor, CancellationToken ct)
    {
        var now = Moment.Of(clock);
        recipient.Confirm(receipt, signature, now);
        FileAccount.Record(db, recipient, manifest.Length, now);
        db.Ledger.Add(LedgerEntry.Of("exchange.file-confirmed", recipient.Id, actor, now, after: new
        {
            file = recipient.FileId, agreement = recipient.AgreementId, recipient.ManifestDigest, receiptDigest = Suite.Parse(manifest.Suite).DigestOf(receipt), recipient.CounterSignature,
        }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because($"{recipient.Id}"); }
        return null;
    }
}

/// <summary>The one place where a confirmed file becomes usage: one file and its bytes that the consumer took under the agreement, in the same save as the receipt.</summary>
internal static class FileAccount
{
    internal const string Files = "exchange.files";
    internal const string Bytes = "exchange.file-bytes";

    internal static void Record(ZhengtongDb db, FileRecipient recipient, long length, DateTimeOffset now)
    {
        db.Usage.Add(UsageRecord.Of(Files, "file", 1, recipient.Id, recipient.ConsumerId, now, recipient.AgreementId));
        db.Usage.Add(UsageRecord.Of(Bytes, "byte", length, recipient.Id, recipient.ConsumerId, now, recipient.AgreementId));
    }
}
