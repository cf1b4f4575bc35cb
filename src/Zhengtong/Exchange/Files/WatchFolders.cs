using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Agreements;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Files;

/// <summary>Looks at the outboxes and inboxes of departments hosted on the platform: below each department's own folder, <see cref="DepartmentFiles"/>.</summary>
internal sealed partial class WatchFolders(
    ZhengtongDb db, Outbox outbox, FileIntake intake, FileReceiving receiving, CatalogueLookup catalogue, AgreementsLookup agreements, Deployment deployment,
    IOptions<FilesOptions> options, TimeProvider clock, ILogger<WatchFolders> logger) : IReconciler
{
    private const int Most = 100;

    public string Name => "exchange.file-folders";

    public TimeSpan Every => TimeSpan.FromMilliseconds(options.Value.FolderMilliseconds);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var count = 0;
        var departments = Path.GetDirectoryName(deployment.PathOf("departments", "any"))!;
        foreach (var folder in Directory.EnumerateDirectories(departments).Where(FolderFile.IsFolder))
        {
            if (!Guid.TryParseExact(Path.GetFileName(folder), "D", out var organisation)) { continue; }
            // One department's broken folder does not hold up the others.
            try { count += await outbox.LookAsync(folder, TimeSpan.FromSeconds(options.Value.StillSeconds), CallsOf(organisation), ct); }
            catch (Exception e) when (IsOfOne(e)) { LogFolder(e, organisation); }
        }

        return Pass.Settled(count + await FillAsync(ct));
    }

    /// <summary>True for what is wrong with one folder, or with the content of one file, and not with the platform.</summary>
    private static bool IsOfOne(Exception e) => e is IOException or UnauthorizedAccessException or CryptographicException;

    private static Actor ActorOf(Guid organisation) => Actor.Platform with { Organisation = organisation };

    private OutboxCalls CallsOf(Guid organisation)
    {
        var actor = ActorOf(organisation);
        IReadOnlyDictionary<string, Guid>? folders = null;
        return new OutboxCalls(
            async (name, ct) =>
            {
                folders ??= OutboxCalls.FoldersOf((await catalogue.ProvidedAsync(organisation, DeliveryKind.File, ct)).Select(r => (r.Id, r.Code)));
                return folders.TryGetValue(name, out var resource) ? resource : null;
            },
            async (asked, _, ct) =>
            {
                db.ChangeTracker.Clear();
                var known = await db.ExchangedFiles.AsNoTracking().SingleOrDefaultAsync(f => f.Origin == asked.Origin, ct);
                return UploadOf(known ?? (await intake.BeginAsync(actor, asked, ct)).File);
            },
            async (id, offset, bytes, ct) => UploadOf((await intake.AppendAsync(actor, id, offset, bytes, null, null, endsHere: false, ct)).File),
            (id, ct) => intake.TerminateAsync(actor, id, ct));
    }

    private static OutboxUpload? UploadOf(ExchangedFile? file) => file is null ? null : new OutboxUpload(file.Id, file.Offset, file.State != FileState.Uploading);

    /// <summary>Puts what waits into the inboxes that are on.</summary>
    private async Task<int> FillAsync(CancellationToken ct)
    {
        var inboxes = await db.FileInboxes.AsNoTracking().Where(i => i.NodeId == null).ToListAsync(ct);
        var count = 0;
        foreach (var inbox in inboxes)
        {
            if (await agreements.FindAsync(inbox.AgreementId, ct) is not { } terms || !terms.AllowsDelivery(clock.GetUtcNow())) { continue; }
            var waiting = await (
                from r in db.FileRecipients.AsNoTracking()
                where r.AgreementId == inbox.AgreementId && r.NodeId == null && r.State != RecipientState.DownloadConfirmed
                join f in db.ExchangedFiles on r.FileId equals f.Id
                where f.State == FileState.Published
                orderby r.PublishedAt
                select new { r.Id, r.Manifest }).Take(Most).ToListAsync(ct);
            foreach (var file in waiting)
            {
                var manifest = FileManifest.Parse(file.Manifest)!;
                try
                {
                    var asked = new InboxFile(file.Id, terms.Number, manifest.Name, manifest.Length, manifest.Suite == Suite.National.Word, manifest.Digest);
                    if (await Inbox.PutAsync(DepartmentFiles.FolderOf(deployment, inbox.OrganisationId), asked, ReceivingOf(inbox.OrganisationId), ct)) { count++; }
                }
                catch (Exception e) when (IsOfOne(e)) { LogFolder(e, inbox.OrganisationId); }
            }
        }

        return count;
    }

    private InboxCalls ReceivingOf(Guid organisation)
    {
        var actor = ActorOf(organisation);
        return new InboxCalls(async (id, ct) => (await receiving.OpenAsync(id, actor, ct)).Content, async (id, digest, ct) =>
        {
            db.ChangeTracker.Clear();
            await receiving.ConfirmAsync(id, digest, actor, ct);
        });
    }

    [LoggerMessage(LogLevel.Warning, "The folder of department {Organisation} could not be worked on; it is tried again")]
    private partial void LogFolder(Exception failure, Guid organisation);
}
