using System.Security.Cryptography.X509Certificates;

namespace Zhengtong.Cloud.Engines.Lxd;

/// <summary>Where an LXD or Incus is, and who we are to it. Either a socket or an address.</summary>
/// <param name="Owner">This platform's own name in the marks of what it makes; other platforms on the same engine have others. As a mark's value.</param>
internal sealed record LxdOptions(string Owner)
{
    /// <summary>Path of its unix socket, at most 107 bytes. Whoever may open it is trusted in full.</summary>
    internal string? Socket { get; init; }

    /// <summary>Its address, such as <c>https://10.0.0.5:8443</c>. Then a client certificate and the server's fingerprint are needed.</summary>
    internal Uri? Address { get; init; }

    /// <summary>SHA-256 of the server's certificate, 64 hex digits; of a cluster, the cluster's. No other server is spoken to, whoever signed its certificate.</summary>
    internal string? ServerFingerprint { get; init; }

    /// <summary>Our certificate with its private key, which the engine was told to trust.</summary>
    internal X509Certificate2? ClientCertificate { get; init; }

    /// <summary>The storage pool of root disks and volumes.</summary>
    internal string Pool { get; init; } = "default";

    /// <summary>How long one answer may take. Not how long the work takes that it begins.</summary>
    internal TimeSpan AnswerTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long work may take: making an instance from a large image, an evacuation.</summary>
    internal TimeSpan WorkTime { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long the system inside an instance may take to end, in whole seconds; then it still runs.</summary>
    internal TimeSpan StopTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>So long a stream may pause in its middle, and so often a listener's line is looked at.</summary>
    internal TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest answer that is kept in memory, and longest single object of a list.</summary>
    internal int MostBytes { get; init; } = 8 * 1024 * 1024;
}
