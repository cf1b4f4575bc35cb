using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Files;

namespace Zhengtong.Exchange.Nodes;

internal static class ListNodeUnpublishedFiles
{
    private const int Most = 100;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/files/unpublished", Handle);

    /// <summary>Files of the node that an agreement in force should have and that it has not signed for it.</summary>
    /// <param name="skip">So many of the first are left out: the node cannot sign them.</param>
    /// <param name="caller">The node.</param>
    /// <param name="db">Where files are.</param>
    /// <param name="agreements">Which agreements are in force.</param>
    /// <param name="clock">Now.</param>
    /// <param name="ct">Stops reading.</param>
    /// <response code="200">At most 100.</response>
    internal static async Task<Ok<NodeUnpublishedFiles>> Handle(int? skip, NodeCaller caller, ZhengtongDb db, AgreementsLookup agreements, TimeProvider clock, CancellationToken ct)
    {
        var last = Math.Clamp(skip ?? 0, 0, int.MaxValue - Most) + Most;
        List<NodeUnpublishedFile> found = [];
        foreach (var terms in (await agreements.OfPartyAsync(caller.Organisation, DeliveryKind.File, clock.GetUtcNow(), ct)).Where(t => t.Provider == caller.Organisation).OrderBy(t => t.Id))
        {
            found.AddRange(await db.ExchangedFiles.AsNoTracking()
                .Where(f => f.NodeId == caller.Id && f.ResourceId == terms.ResourceId && f.State == FileState.Published && !db.FileRecipients.Any(r => r.FileId == f.Id && r.AgreementId == terms.Id))
                .OrderBy(f => f.PublishedAt).ThenBy(f => f.Id).Take(last - found.Count).Select(f => new NodeUnpublishedFile(f.Id, terms.Id)).ToListAsync(ct));
            if (found.Count == last) { break; }
        }

        return TypedResults.Ok(new NodeUnpublishedFiles([.. found.Skip(last - Most)]));
    }
}
