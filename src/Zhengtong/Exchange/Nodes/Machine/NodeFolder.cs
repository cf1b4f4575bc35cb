using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>What a machine is, since it enrolled.</summary>
/// <param name="Platform">Scheme, host and port.</param>
/// <param name="Node">Its id.</param>
/// <param name="Name">What its department calls it.</param>
/// <param name="Organisation">Whose it is.</param>
/// <param name="OrganisationName">Its department.</param>
/// <param name="Authority">X.509 of the platform's authority, DER; by it the node knows who gives it orders.</param>
internal sealed record NodeIdentity(Uri Platform, Guid Node, string Name, Guid Organisation, string OrganisationName, byte[] Authority);

/// <summary>The node's certificate.</summary>
/// <param name="Certificate">X.509, DER.</param>
/// <param name="ReceivedAt">When it came; its life is counted from here, for it is dated back a little.</param>
internal sealed record HeldCertificate(byte[] Certificate, DateTimeOffset ReceivedAt)
{
    /// <summary>Lower-case hex, as the platform knows it.</summary>
    internal string Serial { get { using var parsed = Parse(); return parsed.SerialNumber.ToLowerInvariant(); } }

    internal DateTimeOffset Until { get { using var parsed = Parse(); return parsed.NotAfter.ToUniversalTime(); } }

    /// <summary>From when on the next one is asked for: two thirds of its life.</summary>
    internal DateTimeOffset RenewAt => ReceivedAt + ((Until - ReceivedAt) * (2.0 / 3));

    private X509Certificate2 Parse() => X509CertificateLoader.LoadCertificate(Certificate);
}

/// <summary>A pair of keys that was made here. The private half never leaves.</summary>
internal sealed record NodeKeyPair(SuiteName Suite, KeyUse Use, byte[] PublicKey, byte[] PrivateKey)
{
    /// <summary>The pair as the engine takes keys.</summary>
    internal OrganisationKey AsKeyOf(NodeIdentity identity) => new()
    {
        KeyId = Kernel.Secrets.Suite.Of(Suite).KeyIdOf(PublicKey), OrganisationId = identity.Organisation, NodeId = identity.Node, Suite = Suite, Use = Use, Generation = 1,
        PublicKey = PublicKey, PrivateKey = null, CreatedAt = default,
    };
}

/// <summary>A database that the node reaches. Its connection is known here alone.</summary>
/// <param name="Name">2 to 60 characters, as the platform shows it.</param>
/// <param name="Kind">Which database.</param>
/// <param name="Connection">Connection string; for SQLite the file's absolute path.</param>
internal sealed record NodeConnection(string Name, DataSourceKind Kind, string Connection);

/// <summary>A document of the platform with its proof.</summary>
internal sealed record SignedDocument(string Nonce, string Document, string Signature);

/// <summary>How the node last saw itself, for <c>node status</c>.</summary>
internal sealed record NodeReport(
    DateTimeOffset At, string Version, DateTimeOffset? LastContactAt, string? Problem, long QueuedBatches, long QueuedBytes, long LagSeconds, long DiskFreeBytes,
    IReadOnlyList<NodeSource> Sources, IReadOnlyList<NodeHalfReport> Deliveries, IReadOnlyList<NodeFileReport>? Files = null, string? FilesProblem = null);

/// <summary>How one half goes.</summary>
internal sealed record NodeHalfReport(Guid Delivery, string Resource, NodeRole Role, bool Allowed, string? Problem, long? Sequence);

/// <summary>All that a node keeps, below one folder of mode 700: its keys, its certificate, its databases' connections, the last good configuration, its queue. Files are of mode 600
/// and are replaced whole, so that a crash leaves the old one or the new one.</summary>
internal sealed class NodeFolder
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly JsonSerializerOptions Readable = new(CanonicalJson.Options) { WriteIndented = true };
    private readonly Deployment deployment;

    internal NodeFolder(string path)
    {
        Root = Path.GetFullPath(path);
        Directory.CreateDirectory(Root, Private | UnixFileMode.UserExecute);
        Directory.CreateDirectory(Of("keys"), Private | UnixFileMode.UserExecute);
        deployment = new Deployment(Root, null, "", Demo: false);
    }

    internal string Root { get; }

    /// <summary>Seals what the queue keeps of the department's own: positions are values of keys and watermarks.</summary>
    internal Vault OpenVault() => new(deployment);

    internal string Of(string name) => Path.Combine(Root, name);

    internal NodeIdentity? Identity => Read<NodeIdentity>("node.json");

    internal HeldCertificate? Certificate => Read<HeldCertificate>("certificate.json");

    internal NodeReport? Report => Read<NodeReport>("report.json");

    internal IReadOnlyList<NodeConnection> Connections => Read<List<NodeConnection>>("sources.json") ?? [];

    internal SignedDocument? Configuration => Read<SignedDocument>("configuration.json");

    internal void Keep(NodeIdentity identity) => Write("node.json", identity);

    internal void Keep(HeldCertificate certificate) => Write("certificate.json", certificate);

    internal void Keep(NodeReport report) => Write("report.json", report);

    internal void Keep(SignedDocument configuration) => Write("configuration.json", configuration);

    /// <summary>Puts a connection in place of an earlier one of the name.</summary>
    internal void Keep(NodeConnection connection) => Write("sources.json", Connections.Where(c => c.Name != connection.Name).Append(connection).OrderBy(c => c.Name, StringComparer.Ordinal).ToList());

    /// <summary>The key that signs requests, P-256; made at first use.</summary>
    internal ECDsa OpenRequestKey()
    {
        var path = Of("keys/request.pk8");
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(path)) { key.ImportPkcs8PrivateKey(File.ReadAllBytes(path), out _); }
        else { Write("keys/request.pk8", key.ExportPkcs8PrivateKey()); }
        return key;
    }

    /// <summary>What values are masked with; made here at first use, like the keys, and known to nobody else.</summary>
    internal byte[] MaskSecret()
    {
        // Two deliveries that begin at once have the same.
        lock (deployment)
        {
            if (File.Exists(Of("keys/mask.key"))) { return File.ReadAllBytes(Of("keys/mask.key")); }
            var made = RandomNumberGenerator.GetBytes(Quality.DeliverySecrets.Size);
            Write("keys/mask.key", made);
            return made;
        }
    }

    /// <summary>A pair of keys; made at first use.</summary>
    internal NodeKeyPair KeysOf(SuiteName suite, KeyUse use)
    {
        var name = $"keys/{suite}-{use}.json".ToLowerInvariant();
        if (Read<NodeKeyPair>(name) is { } kept) { return kept; }
        var (publicKey, privateKey) = Suite.Of(suite).MakePair();
        var made = new NodeKeyPair(suite, use, publicKey, privateKey);
        Write(name, made);
        return made;
    }

    /// <summary>Keeps a second process out of the folder until it is disposed, or this process dies.</summary>
    /// <returns>Null when another one is in it.</returns>
    internal FileStream? TryLock()
    {
        try { return new FileStream(Of("node.lock"), new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = Private }); }
        catch (IOException) { return null; }
    }

    private T? Read<T>(string name) where T : class => File.Exists(Of(name)) ? JsonSerializer.Deserialize<T>(File.ReadAllBytes(Of(name)), Readable) : null;

    private void Write<T>(string name, T value) => Write(name, JsonSerializer.SerializeToUtf8Bytes(value, Readable));

    private void Write(string name, byte[] bytes)
    {
        var draft = $"{Of(name)}.draft";
        using (var file = new FileStream(draft, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = Private }))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, Of(name), overwrite: true);
    }
}
