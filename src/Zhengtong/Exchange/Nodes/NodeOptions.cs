namespace Zhengtong.Exchange.Nodes;

/// <summary>Settings of the platform's side of front-end nodes, section <c>Exchange:Nodes</c> of the configuration.</summary>
internal sealed class NodeOptions
{
    /// <summary>Life of a node's certificate, in hours. Default 720; the node renews at two thirds.</summary>
    public double CertificateHours { get; set; } = 720;

    /// <summary>How long a token to enrol is good, in hours. Default 24.</summary>
    public double TokenHours { get; set; } = 24;

    /// <summary>How far a request's time may lie from the platform's, in seconds, either way. Default 300.</summary>
    public int SkewSeconds { get; set; } = 300;

    /// <summary>Without a report for so long a node counts as silent, in seconds. Default 90.</summary>
    public int SilentSeconds { get; set; } = 90;

    /// <summary>How often a node that waits for news is looked after, in milliseconds. Default 300.</summary>
    public int PollMilliseconds { get; set; } = 300;

    /// <summary>Largest batch a node may hand in, in megabytes. Default 256.</summary>
    public int BatchMegabytes { get; set; } = 256;

    /// <summary>Most batches of one delivery that wait for a node; then its provider is held back. Default 200.</summary>
    public int MostWaiting { get; set; } = 200;

    /// <summary>With less free on its disk a node is a concern of the operator's, in megabytes. Default 2,048.</summary>
    public long DiskWarningMegabytes { get; set; } = 2048;

    /// <summary>A certificate that ends within so many hours and was not renewed is a concern of the operator's. Default 120; nodes renew when a third of its life is left.</summary>
    public double CertificateWarningHours { get; set; } = 120;

    /// <summary>A reconciliation that waits for a node is given up when the node has been silent for so long, in minutes. Default 60.</summary>
    public double AnswerMinutes { get; set; } = 60;

    /// <summary>Longest wait for one answer of a node in a reconciliation, in hours; it reads its whole table for it. Default 24.</summary>
    public double ComparisonHours { get; set; } = 24;
}
