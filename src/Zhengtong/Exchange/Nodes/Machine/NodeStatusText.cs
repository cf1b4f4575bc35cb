using Zhengtong.Kernel;
using Zhengtong.Web;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>A node's state in words, the same on its page and at the console.</summary>
internal static class NodeStatusText
{
    internal static IEnumerable<(string Label, string Value)> FactsOf(NodeStatus status)
    {
        yield return (Text.Of("exchange.node-status.department"), status.Identity.OrganisationName);
        yield return (Text.Of("exchange.node-status.platform"), status.Identity.Platform.ToString());
        yield return (Text.Of("exchange.node-status.running"), Text.Of(status.IsRunning ? "web.yes" : "web.no"));
        yield return (Text.Of("exchange.node-status.certificate-until"), Show.Exactly(status.CertificateUntil));
        if (status.Report is not { } report) { yield break; }
        yield return (Text.Of("exchange.node-status.version"), report.Version);
        yield return (Text.Of("exchange.node-status.contact"), NodeStatus.TitleOf(report.Problem));
        yield return (Text.Of("exchange.node-status.last-contact"), report.LastContactAt is { } at ? Show.Exactly(at) : Text.Of("exchange.node-status.never"));
        yield return (Text.Of("exchange.node-status.queued"), Text.Of("exchange.node-status.queued-batches", report.QueuedBatches, Show.Bytes(report.QueuedBytes)));
        yield return (Text.Of("exchange.node-status.lag"), Show.Span(TimeSpan.FromSeconds(report.LagSeconds)));
        yield return (Text.Of("exchange.node-status.disk"), Show.Bytes(report.DiskFreeBytes));
    }

    /// <summary>Files out and in, a line each.</summary>
    internal static IEnumerable<string> FilesOf(NodeStatus status)
    {
        if (status.Report?.FilesProblem is { } problem) { yield return $"{Text.Of("exchange.node-status.files")}: {NodeStatus.TitleOf(problem)}"; }
        foreach (var file in status.Report?.Files ?? []) { yield return $"{Text.Of($"exchange.node-status.file-{(file.Role == NodeRole.Provider ? "out" : "in")}", file.Name, file.Of)}: {StateOf(file)}"; }
    }

    internal static string StateOf(NodeFileReport file) => file.Problem is not null ? NodeStatus.TitleOf(file.Problem)
        : file.DoneAt is { } at ? Text.Of("exchange.node-status.file-done", Show.Bytes(file.Length), Show.Exactly(at)) : Text.Of("exchange.node-status.file-under-way", Show.Bytes(file.Moved), Show.Bytes(file.Length));

    internal static string StateOf(NodeHalfReport half) =>
        half.Problem is not null ? NodeStatus.TitleOf(half.Problem) : half.Allowed ? NodeStatus.TitleOf(null) : Text.Of("exchange.node-status.paused");
}
