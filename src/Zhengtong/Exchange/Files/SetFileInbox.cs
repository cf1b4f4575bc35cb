using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Files;

/// <summary>Whether files of an agreement go into the consumer's folder.</summary>
/// <param name="On">True puts every file that comes into <c>inbox/</c> and the agreement's number, and confirms it; false leaves both to the consumer.</param>
/// <param name="Node">The department's front-end node whose folder it is: files given from then on are encrypted to it and open nowhere else. Null, the default, for the folder on the platform.</param>
public sealed record SetFileInboxRequest(bool On, Guid? Node = null);

internal static class SetFileInbox
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/agreements/{id:guid}/file-inbox", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Switch the inbox of an agreement on files on or off. Files that are kept, not yet confirmed and encrypted for that place follow at once.</summary>
    /// <response code="204">Set; ledger event exchange.file-inbox-set.</response>
    /// <response code="403">exchange.not-consumer</response>
    /// <response code="404">exchange.agreement-unknown, exchange.node-unknown</response>
    /// <response code="409">exchange.no-file-resource, kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, SetFileInboxRequest request, Actor actor, ZhengtongDb db, AgreementsLookup agreements, Reconcilers reconcilers, TimeProvider clock, CancellationToken ct)
    {
        if (await agreements.FindAsync(id, ct) is not { } terms) { return ExchangeProblems.AgreementUnknown.Because($"{id}"); }
        if (terms.Consumer != actor.Organisation) { return ExchangeProblems.NotConsumer.Because(terms.Number); }
        if (terms.Kind != DeliveryKind.File) { return ExchangeProblems.NoFileResource.Because(terms.Number); }
        var inbox = await db.FileInboxes.SingleOrDefaultAsync(i => i.AgreementId == id, ct);
        var node = request.On ? request.Node : null;
        if (node is not null && !await db.FrontEndNodes.AnyAsync(n => n.Id == node && n.OrganisationId == actor.Organisation && n.EnrolledAt != null && n.RevokedAt == null, ct)) { return ExchangeProblems.NodeUnknown.Because($"{node}"); }
        if (request.On == inbox is not null && node == inbox?.NodeId) { return TypedResults.NoContent(); }
        var now = clock.GetUtcNow();
        db.Ledger.Add(LedgerEntry.Of("exchange.file-inbox-set", id, actor, now, before: new { on = inbox is not null, node = inbox?.NodeId }, after: new { on = request.On, node }));
        if (inbox is null) { db.FileInboxes.Add(new FileInbox { AgreementId = id, OrganisationId = actor.Organisation, NodeId = node, SetAt = now }); }
        else if (request.On) { inbox.NodeId = node; }
        else { db.FileInboxes.Remove(inbox); }
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation() || e is DbUpdateConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because(terms.Number); }
        reconcilers.Wake<WatchFolders>();
        return TypedResults.NoContent();
    }
}
