using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using Zhengtong.Kernel;

namespace Zhengtong.Cloud.Engines.Lxd;

/// <summary>LXD and Incus. An address is <c>unix:/path/of/the/socket</c>, without a secret, or <c>https://host:8443</c>, whose secret is a text with our certificate and its private key in PEM and the line
/// <c>fingerprint: </c> with the SHA-256 of the server's certificate. Either may end with <c>?storage-pool=name</c>, else it is <c>default</c>.</summary>
internal sealed partial class LxdDriver(TimeProvider clock) : IEngineDriver
{
    public string Name => "lxd";

    public IReadOnlyDictionary<string, string> Faults(string address, string? secret)
    {
        var (options, field, key) = Read("platform", address, secret);
        options?.ClientCertificate?.Dispose();
        return field.Length == 0 ? new Dictionary<string, string>() : new Dictionary<string, string> { [field] = Text.Of(key) };
    }

    public CloudEngine Open(string owner, string address, string? secret) =>
        Read(owner, address, secret) is { Options: { } options, Field: "" } ? new LxdEngine(options, clock) : throw new FormatException("No address of an LXD, or no secret for it");

    private static (LxdOptions? Options, string Field, string Key) Read(string owner, string address, string? secret)
    {
        if (Address().Match(address) is not { Success: true } match) { return (null, "address", "cloud.engine.lxd.address-form"); }
        var options = new LxdOptions(owner) { Pool = match.Groups["pool"] is { Success: true } pool ? pool.Value : "default" };
        if (match.Groups["socket"] is { Success: true } socket)
        {
            if (Encoding.UTF8.GetByteCount(socket.Value) > 107 || socket.Value.Split('/').Any(p => p is "." or "..")) { return (null, "address", "cloud.engine.lxd.address-form"); }
            return string.IsNullOrEmpty(secret) ? (options with { Socket = socket.Value }, "", "") : (null, "secret", "cloud.engine.lxd.secret-unused");
        }

        if (!Uri.TryCreate(match.Groups["server"].Value, UriKind.Absolute, out var server)) { return (null, "address", "cloud.engine.lxd.address-form"); }
        if (secret is null || Fingerprint().Match(secret) is not { Success: true } fingerprint || fingerprint.Groups[1].Value.Replace(":", "", StringComparison.Ordinal).ToLowerInvariant() is not { Length: 64 } pin
            || CertificateOf(secret) is not { } certificate) { return (null, "secret", "cloud.engine.lxd.secret-form"); }
        return (options with { Address = server, ServerFingerprint = pin, ClientCertificate = certificate }, "", "");
    }

    private static X509Certificate2? CertificateOf(string pem)
    {
        try { return X509Certificate2.CreateFromPem(pem, pem); }
        catch (Exception e) when (e is CryptographicException or ArgumentException) { return null; }
    }

    [GeneratedRegex(@"\A(?:unix:(?<socket>/[A-Za-z0-9._/-]{1,200})|(?<server>https://(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?)/?)(?:\?storage-pool=(?<pool>[A-Za-z0-9][A-Za-z0-9._-]{0,62}))?\z")]
    private static partial Regex Address();

    [GeneratedRegex(@"^fingerprint:[ \t]*([0-9A-Fa-f:]{64,95})[ \t]*\r?$", RegexOptions.Multiline)]
    private static partial Regex Fingerprint();
}
