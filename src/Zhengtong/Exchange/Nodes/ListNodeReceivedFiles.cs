using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Exchange.Nodes;

internal static class ListNodeReceivedFiles
{
    private const int Most = 20;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/received-files", Handle);

    /// <summary>Files that are encrypted to the node and that it has not confirmed, while their agreements allow it.</summary>
    /// <param name="skip">So many of the oldest are left out: the node has trouble with them.</param>
    /// <param name="caller">The node.</param>
    /// <param name="files">What nodes may.</param>
    /// <param name="agreements">Which agreements allow it.</param>
    /// <param name="clock">Now.</param>
    /// <param name="ct">Stops reading.</param>
    /// <response code="200">At most 20, the oldest first.</response>
    internal static async Task<Ok<NodeReceivedFiles>> Handle(int? skip, NodeCaller caller, NodeFiles files, AgreementsLookup agreements, TimeProvider clock, CancellationToken ct)
    {
        var allowed = (await agreements.OfPartyAsync(caller.Organisation, DeliveryKind.File, clock.GetUtcNow(), ct)).Select(t => t.Id).ToList();
        return TypedResults.Ok(new NodeReceivedFiles(await files.Waiting(caller.Id).Where(r => allowed.Contains(r.AgreementId)).OrderBy(r => r.PublishedAt).ThenBy(r => r.Id)
            .Skip(Math.Max(0, skip ?? 0)).Take(Most).Select(r => new NodeReceivedFile(r.Id, r.Manifest, r.Signature, r.Wrap!)).ToListAsync(ct)));
    }
}
