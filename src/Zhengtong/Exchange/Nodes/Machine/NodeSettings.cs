using Zhengtong.Exchange.Files;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>Settings of a front-end node, section <c>Node</c> of its configuration; on a machine of its own, environment variables <c>Node__HeartbeatSeconds</c> and so on.</summary>
internal sealed class NodeSettings
{
    /// <summary>How often the node reports itself, in seconds. Default 30; the platform calls it silent after three missed ones.</summary>
    public double HeartbeatSeconds { get; set; } = 30;

    /// <summary>How long a question for news waits at the platform, in seconds, 0 to 50. Default 25.</summary>
    public int NewsSeconds { get; set; } = 25;

    /// <summary>Longest wait between two attempts to reach a platform that is away, in seconds. Default 60; it begins with one second and doubles.</summary>
    public double MostBackoffSeconds { get; set; } = 60;

    /// <summary>How often the node looks at its deliveries, in milliseconds. Default 500.</summary>
    public int TickMilliseconds { get; set; } = 500;

    /// <summary>Most halves of deliveries at work at once. Default 4.</summary>
    public int Parallel { get; set; } = 4;

    /// <summary>Most megabytes of sealed batches that wait for the platform; then reading rests. Default 10,240.</summary>
    public long QueueMegabytes { get; set; } = 10_240;

    /// <summary>So many megabytes of the disk stay free; below it reading rests. Default 512.</summary>
    public long LeastDiskMegabytes { get; set; } = 512;

    /// <summary>How many seconds behind the clock changes of a MariaDB or MySQL table are read, as <c>Exchange:MySqlLagSeconds</c> of the platform. Default 300.</summary>
    public int MySqlLagSeconds { get; set; } = 300;

    /// <summary>How many seconds a database may say nothing before it counts as not there, as <c>Exchange:SilenceSeconds</c> of the platform. Default 600.</summary>
    public int SilenceSeconds { get; set; } = 600;

    /// <summary>The department's folder for files on this machine, an absolute path: <c>outbox/</c>, <c>inbox/</c> and the rest below it, as docs/files.md says. Null, the default, for no files.</summary>
    public string? FilesFolder { get; set; }

    /// <summary>For how long a file in the outbox must have stood still before it is taken, in seconds, from 0. Default 5.</summary>
    public int StillSeconds { get; set; } = 5;

    /// <summary>How often the outbox is looked at, in milliseconds, at least 100. Default 2,000.</summary>
    public int FolderMilliseconds { get; set; } = 2000;

    /// <summary>Where clamd listens: <c>host:port</c>, or the absolute path of its socket. Files are searched before they are encrypted: nobody else can. Null checks nothing, and the file says so.</summary>
    public string? Clamd { get; set; }

    /// <summary>How long clamd may be silent, in seconds, from 1. Default 60.</summary>
    public int ClamdSeconds { get; set; } = 60;

    /// <summary>What of these the checker takes.</summary>
    internal FilesOptions ForFiles() => new() { Clamd = Clamd, ClamdSeconds = ClamdSeconds };

    private bool FilesAreRight => this is { StillSeconds: >= 0, FolderMilliseconds: >= 100, ClamdSeconds: > 0 } && (FilesFolder is null || Path.IsPathFullyQualified(FilesFolder))
        && (Clamd is null || Files.Clamd.IsAddress(Clamd));

    internal bool AreRight => FilesAreRight && this is { HeartbeatSeconds: > 0, NewsSeconds: >= 0 and <= 50, MostBackoffSeconds: >= 1, TickMilliseconds: > 0, Parallel: > 0, QueueMegabytes: > 0, LeastDiskMegabytes: >= 0 };
}
