using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Files;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes;

/// <summary>What nodes have to do about files, and what they may.</summary>
internal sealed class NodeFiles(ZhengtongDb db, AgreementsLookup agreements, CatalogueLookup catalogue, OrganisationKeys keys, TimeProvider clock)
{
    /// <summary>What a node does about files, for its configuration.</summary>
    internal async Task<NodeFileTasks> TasksOfAsync(Guid node, CancellationToken ct)
    {
        var organisation = await db.FrontEndNodes.Where(n => n.Id == node).Select(n => n.OrganisationId).SingleAsync(ct);
        var resources = await catalogue.ProvidedAsync(organisation, DeliveryKind.File, ct);
        var all = await agreements.OfPartyAsync(organisation, DeliveryKind.File, clock.GetUtcNow(), ct);
        var ids = all.Select(t => t.Id).ToList();
        var inboxes = await db.FileInboxes.Where(i => ids.Contains(i.AgreementId)).ToDictionaryAsync(i => i.AgreementId, i => i.NodeId, ct);
        // What was encrypted to the node before the inbox went elsewhere still waits for it alone.
        var waiting = await Waiting(node).Select(r => r.AgreementId).Distinct().ToListAsync(ct);
        List<NodeFileAgreement> outgoing = [], incoming = [];
        foreach (var terms in all)
        {
            if (Suite.Find(terms.Suite) is not { } suite) { continue; }
            var inbox = inboxes.GetValueOrDefault(terms.Id);
            if (terms.Provider == organisation && await keys.ReceiverAsync(terms.Consumer, inbox, suite, ct) is { } receiver) { outgoing.Add(new NodeFileAgreement(terms, KeyOf(receiver), null)); }
            if (terms.Consumer != organisation || (inbox != node && !waiting.Contains(terms.Id))) { continue; }
            var signers = await db.OrganisationKeys.AsNoTracking().Where(k => k.OrganisationId == terms.Provider && k.Suite == suite.Name && k.Use == KeyUse.Seal).OrderBy(k => k.Generation).ToListAsync(ct);
            incoming.Add(new NodeFileAgreement(terms, null, [.. signers.Select(KeyOf)]));
        }

        return new NodeFileTasks([.. resources.OrderBy(r => r.Id).Select(r => new NodeFileResource(r.Id, r.Code, r.Name))], [.. outgoing.OrderBy(a => a.Terms.Id)], [.. incoming.OrderBy(a => a.Terms.Id)]);
    }

    /// <summary>Differs whenever there may be something new for the node.</summary>
    internal async Task<string> NewsOfAsync(Guid node, CancellationToken ct)
    {
        var outgoing = await db.ExchangedFiles.Where(f => f.NodeId == node && f.State == FileState.Published).MaxAsync(f => (DateTimeOffset?)f.PublishedAt, ct);
        var incoming = await Waiting(node).MaxAsync(r => (DateTimeOffset?)r.PublishedAt, ct);
        return NodeDeliveries.Digest($"{outgoing:O} {incoming:O}");
    }

    /// <summary>What is encrypted to the node, kept, and not confirmed.</summary>
    internal IQueryable<FileRecipient> Waiting(Guid node) =>
        db.FileRecipients.AsNoTracking().Where(r => r.NodeId == node && r.State != RecipientState.DownloadConfirmed && db.ExchangedFiles.Any(f => f.Id == r.FileId && f.State == FileState.Published));

    /// <summary>A file that the node hands in; null for any other.</summary>
    internal Task<ExchangedFile?> FindAsync(NodeCaller caller, Guid file, CancellationToken ct) => db.ExchangedFiles.SingleOrDefaultAsync(f => f.Id == file && f.NodeId == caller.Id, ct);

    /// <summary>A recipient whose content key is wrapped to the node, with its file; null for any other.</summary>
    internal async Task<(FileRecipient Recipient, ExchangedFile File)?> FindReceivedAsync(NodeCaller caller, Guid recipient, CancellationToken ct)
    {
        var found = await db.FileRecipients.SingleOrDefaultAsync(r => r.Id == recipient && r.NodeId == caller.Id, ct);
        return found is null ? null : (found, await db.ExchangedFiles.SingleAsync(f => f.Id == found.FileId, ct));
    }

    /// <summary>The node's newest sealing key, when this is its id: one that was on a machine which is no longer the node seals nothing any more.</summary>
    internal async Task<OrganisationKey?> FindSealAsync(NodeCaller caller, Suite suite, string keyId, CancellationToken ct) =>
        await keys.FindOfNodeAsync(caller.Id, suite, KeyUse.Seal, ct) is { } key && key.KeyId == keyId ? key : null;

    private static NodeKey KeyOf(OrganisationKey key) => new(key.KeyId, Convert.ToBase64String(key.PublicKey));
}
