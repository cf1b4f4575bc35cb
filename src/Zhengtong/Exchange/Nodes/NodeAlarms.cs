using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Monitor;

namespace Zhengtong.Exchange.Nodes;

/// <summary>Reasons for alarms of front-end nodes: silence, a disk that is nearly full, a certificate that nears its end. A node that was revoked, or never enrolled, is no reason.</summary>
internal static class NodeAlarms
{
    internal static async Task<List<AlarmFinding>> FindAsync(ZhengtongDb db, NodeOptions nodes, MonitorOptions monitor, DateTimeOffset now, CancellationToken ct)
    {
        var known = await db.FrontEndNodes.AsNoTracking().Where(n => n.EnrolledAt != null && n.RevokedAt == null).Select(n => new
        {
            n.Id, n.OrganisationId, n.Name, n.LastSeenAt, n.DiskFreeBytes, Until = db.NodeCertificates.Where(c => c.NodeId == n.Id && c.RevokedAt == null).Max(c => (DateTimeOffset?)c.NotAfter),
        }).ToListAsync(ct);
        List<AlarmFinding> found = [];
        foreach (var node in known)
        {
            if (node.LastSeenAt is { } seen && (long)(now - seen).TotalSeconds is var silent && silent > monitor.SilentSeconds) { Add(AlarmKind.NodeSilence, silent, monitor.SilentSeconds); }
            if (node.DiskFreeBytes is { } free && free < nodes.DiskWarningMegabytes * 1_000_000) { Add(AlarmKind.NodeDisk, free, nodes.DiskWarningMegabytes * 1_000_000); }
            if (node.Until is { } until && (until - now).TotalHours is var left && left < nodes.CertificateWarningHours) { Add(AlarmKind.NodeCertificate, (long)(left * 3600), (long)(nodes.CertificateWarningHours * 3600)); }

            void Add(AlarmKind kind, long figure, long limit) => found.Add(new AlarmFinding(kind, SubjectOf(node.Id), null, node.OrganisationId, node.OrganisationId, node.Name, figure, limit));
        }

        return found;
    }

    /// <summary>What an alarm of a node is about.</summary>
    internal static string SubjectOf(Guid node) => $"node:{node:D}";
}
