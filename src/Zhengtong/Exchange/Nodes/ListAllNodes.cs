using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Exchange.Monitor;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Nodes;

/// <summary>What of a node somebody should look at.</summary>
public enum NodeConcern
{
    /// <summary>Sealed batches wait on it to be handed in.</summary>
    Queue,
    /// <summary>Its disk is nearly full.</summary>
    Disk,
    /// <summary>Its certificate nears its end and was not renewed.</summary>
    Certificate,
}

/// <summary>A front-end node among those of all departments.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What its department calls it.</param>
/// <param name="OrganisationId">Its department.</param>
/// <param name="Organisation">That department's name.</param>
/// <param name="State">How it is seen.</param>
/// <param name="Version">The program's version, as it reported; null before its first report.</param>
/// <param name="LastSeenAt">Its last report; null before the first.</param>
/// <param name="LagSeconds">Age of its oldest batch that is not handed in yet; 0 when there is none.</param>
/// <param name="SpooledBatches">How many such batches.</param>
/// <param name="DiskFreeBytes">Free on its disk; null before its first report.</param>
/// <param name="ClockAhead">How far its clock is ahead of the platform's, in milliseconds.</param>
/// <param name="CertificateUntil">When its newest certificate ends; null without one.</param>
/// <param name="Deliveries">Halves of deliveries that it does.</param>
/// <param name="Concerns">What somebody should look at.</param>
/// <param name="Alarms">Its open alarms.</param>
/// <param name="Problems">Codes of what keeps its sources and deliveries.</param>
public sealed record NodeOverview(
    Guid Id, string Name, Guid OrganisationId, string Organisation, NodeState State, string? Version, DateTimeOffset? LastSeenAt, long LagSeconds, long SpooledBatches, long? DiskFreeBytes,
    long ClockAhead, DateTimeOffset? CertificateUntil, int Deliveries, IReadOnlyList<NodeConcern> Concerns, IReadOnlyList<NodeAlarm> Alarms, IReadOnlyList<string> Problems);

/// <summary>An open alarm of a node.</summary>
/// <param name="Id">The alarm.</param>
/// <param name="Kind">What it is about.</param>
public sealed record NodeAlarm(Guid Id, AlarmKind Kind);

/// <summary>Which nodes are asked for.</summary>
/// <param name="State">Only those seen so.</param>
/// <param name="Concern">Only those with this concern.</param>
/// <param name="Text">Only those whose own name or whose department's name holds this.</param>
internal sealed record NodeQuestion(NodeState? State, NodeConcern? Concern, string? Text);

internal static class ListAllNodes
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/nodes/all", Handle).Requires(Right.SeeNodes).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List the front-end nodes of all departments, by name, for the platform's operator and the auditor.</summary>
    /// <param name="state">Only those seen so.</param>
    /// <param name="concern">Only those with this concern.</param>
    /// <param name="q">Only those whose own name or whose department's name holds this text.</param>
    /// <param name="page">Which part of the list.</param>
    /// <param name="db">The database.</param>
    /// <param name="paging">Reads by cursor.</param>
    /// <param name="options">From when on something is a concern.</param>
    /// <param name="clock">Now.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">A page of nodes.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<NodeOverview>>, ProblemHttpResult>> Handle(
        Choice<NodeState>? state, Choice<NodeConcern>? concern, [StringLength(100)] string? q, [AsParameters] PageQuery page, ZhengtongDb db, Paging paging, IOptions<NodeOptions> options, TimeProvider clock,
        CancellationToken ct) =>
        await ReadAsync(new NodeQuestion(state?.Value, concern?.Value, q), page, db, paging, options.Value, clock, ct) is { } read ? TypedResults.Ok(read) : KernelProblems.CursorUnknown.Because();

    /// <summary>A page of nodes; null for a cursor that is none of this list's.</summary>
    internal static async Task<Page<NodeOverview>?> ReadAsync(NodeQuestion asked, PageQuery page, ZhengtongDb db, Paging paging, NodeOptions options, TimeProvider clock, CancellationToken ct)
    {
        var (full, ending) = (options.DiskWarningMegabytes * 1_000_000, clock.GetUtcNow().AddHours(options.CertificateWarningHours));
        var rows = db.FrontEndNodes.AsNoTracking();
        rows = asked.State switch
        {
            NodeState.Awaited => rows.Where(n => n.RevokedAt == null && n.EnrolledAt == null),
            NodeState.Healthy => rows.Where(n => n.RevokedAt == null && n.EnrolledAt != null && n.SilentSince == null),
            NodeState.Silent => rows.Where(n => n.RevokedAt == null && n.EnrolledAt != null && n.SilentSince != null),
            NodeState.Revoked => rows.Where(n => n.RevokedAt != null),
            _ => rows,
        };
        // A node that was given up concerns nobody.
        rows = asked.Concern switch
        {
            NodeConcern.Queue => rows.Where(n => n.RevokedAt == null && n.SpooledBatches > 0),
            NodeConcern.Disk => rows.Where(n => n.RevokedAt == null && n.DiskFreeBytes < full),
            NodeConcern.Certificate => rows.Where(n => n.RevokedAt == null && db.NodeCertificates.Any(c => c.NodeId == n.Id && c.RevokedAt == null)
                && !db.NodeCertificates.Any(c => c.NodeId == n.Id && c.RevokedAt == null && c.NotAfter >= ending)),
            _ => rows,
        };
        if (asked.Text is { Length: > 0 } text) { rows = rows.Where(n => n.Name.Contains(text) || db.Organisations.Any(o => o.Id == n.OrganisationId && (o.Name.Contains(text) || o.ShortName.Contains(text)))); }

        var found = await paging.ReadAsync(
            rows, page, n => n.Name, n => n.Id,
            n => new Found
            {
                Node = n, Organisation = db.Organisations.Where(o => o.Id == n.OrganisationId).Select(o => o.Name).Single(),
                Until = db.NodeCertificates.Where(c => c.NodeId == n.Id && c.RevokedAt == null).Max(c => (DateTimeOffset?)c.NotAfter),
            },
            descending: false, ct);
        if (found is null) { return null; }
        var subjects = found.Items.Select(f => NodeAlarms.SubjectOf(f.Node.Id)).ToList();
        var alarms = (await db.Alarms.AsNoTracking().Where(a => a.Open != null && subjects.Contains(a.Subject)).OrderBy(a => a.RaisedAt).Select(a => new { a.Id, a.Kind, a.Subject }).ToListAsync(ct)).ToLookup(a => a.Subject);
        return new Page<NodeOverview>([.. found.Items.Select(f => Of(f, full, ending, [.. alarms[NodeAlarms.SubjectOf(f.Node.Id)].Select(a => new NodeAlarm(a.Id, a.Kind))]))], found.Next, found.Total);
    }

    private static NodeOverview Of(Found found, long full, DateTimeOffset ending, IReadOnlyList<NodeAlarm> alarms)
    {
        var node = found.Node;
        List<NodeConcern> concerns = [];
        if (node.RevokedAt is null)
        {
            if (node.SpooledBatches > 0) { concerns.Add(NodeConcern.Queue); }
            if (node.DiskFreeBytes < full) { concerns.Add(NodeConcern.Disk); }
            if (found.Until < ending) { concerns.Add(NodeConcern.Certificate); }
        }

        return new NodeOverview(
            node.Id, node.Name, node.OrganisationId, found.Organisation, node.State, node.Version, node.LastSeenAt, node.LagSeconds, node.SpooledBatches, node.DiskFreeBytes, node.ClockAhead, found.Until,
            ReportNodeHeartbeat.Read(node.Report)?.Deliveries.Count ?? 0, concerns, alarms, ListNodes.ProblemsOf(node));
    }

    private sealed class Found
    {
        public required FrontEndNode Node { get; init; }

        public required string Organisation { get; init; }

        public DateTimeOffset? Until { get; init; }
    }
}
