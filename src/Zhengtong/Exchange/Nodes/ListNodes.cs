using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Nodes;

/// <summary>A front-end node in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="State">How it is seen.</param>
/// <param name="Version">The program's version, as it reported; null before its first report.</param>
/// <param name="LastSeenAt">Its last report; null before the first.</param>
/// <param name="LagSeconds">Age of its oldest batch that is not handed in yet; 0 when there is none.</param>
/// <param name="SpooledBatches">How many such batches.</param>
/// <param name="DiskFreeBytes">Free on its disk.</param>
/// <param name="ClockAhead">How far its clock is ahead of the platform's, in milliseconds.</param>
/// <param name="CertificateUntil">When its newest certificate ends; null without one.</param>
/// <param name="TokenUntil">When its outstanding token ends; null without one.</param>
/// <param name="Problems">Codes of what keeps its sources, deliveries and files.</param>
public sealed record NodeSummary(
    Guid Id, string Name, NodeState State, string? Version, DateTimeOffset? LastSeenAt, long LagSeconds, long SpooledBatches, long? DiskFreeBytes, long ClockAhead,
    DateTimeOffset? CertificateUntil, DateTimeOffset? TokenUntil, IReadOnlyList<string> Problems);

/// <summary>Front-end nodes, by name.</summary>
/// <param name="Items">At most 200.</param>
public sealed record ListNodesResponse(IReadOnlyList<NodeSummary> Items);

internal static class ListNodes
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/nodes", Handle).Requires(Right.OperateExchange).ProducesProblem(403);

    /// <summary>List the front-end nodes of the caller's department; at most 200.</summary>
    /// <response code="200">The nodes.</response>
    internal static async Task<Ok<ListNodesResponse>> Handle(Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var nodes = await db.FrontEndNodes.AsNoTracking().Where(n => n.OrganisationId == actor.Organisation).OrderBy(n => n.Name).Take(200).ToListAsync(ct);
        var ids = nodes.ConvertAll(n => n.Id);
        var until = await db.NodeCertificates.Where(c => ids.Contains(c.NodeId) && c.RevokedAt == null).GroupBy(c => c.NodeId)
            .Select(g => new { Node = g.Key, Until = g.Max(c => c.NotAfter) }).ToDictionaryAsync(g => g.Node, g => (DateTimeOffset?)g.Until, ct);
        return TypedResults.Ok(new ListNodesResponse([.. nodes.Select(n => new NodeSummary(
            n.Id, n.Name, n.State, n.Version, n.LastSeenAt, n.LagSeconds, n.SpooledBatches, n.DiskFreeBytes, n.ClockAhead, until.GetValueOrDefault(n.Id), n.TokenExpiresAt, ProblemsOf(n)))]));
    }

    internal static List<string> ProblemsOf(FrontEndNode node) => ReportNodeHeartbeat.Read(node.Report) is { } report
        ? [.. report.Sources.Select(s => s.Problem).Concat(report.Deliveries.Select(d => d.Problem)).Append(report.FilesProblem).OfType<string>().Distinct().Order(StringComparer.Ordinal)] : [];
}
