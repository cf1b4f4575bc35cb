using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>Reads what the platform's authority signed: configurations and back-fills. What is not signed by it for this node is none, wherever it comes from: from the platform, or from the node's own disk.</summary>
internal static class NodeConfigurations
{
    /// <summary>Null when the proof does not hold.</summary>
    internal static NodeConfiguration? Read(SignedDocument kept, NodeIdentity identity) =>
        Proved<NodeConfiguration>(kept, identity) is { Format: NodeConfiguration.FormatName } configuration && configuration.Node == identity.Node ? configuration : null;

    /// <summary>The back-fill that was asked for; null when it is another one, or the proof does not hold.</summary>
    internal static NodeBackFill? Read(SignedDocument answer, NodeIdentity identity, Guid delivery, Guid backFill) =>
        Proved<NodeBackFill>(answer, identity) is { Format: NodeBackFill.FormatName, Column: not null, Exchange: not null, Range: not null } known && known.Delivery == delivery && known.BackFill == backFill ? known : null;

    private static T? Proved<T>(SignedDocument answer, NodeIdentity identity) where T : class
    {
        using var authority = X509CertificateLoader.LoadCertificate(identity.Authority);
        using var key = authority.GetECDsaPublicKey();
        try
        {
            if (key?.VerifyData(RequestSignature.AnswerOf(answer.Nonce, answer.Document), Convert.FromBase64String(answer.Signature), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence) != true) { return null; }
            return JsonSerializer.Deserialize<T>(answer.Document, CanonicalJson.Options);
        }
        catch (Exception e) when (e is FormatException or JsonException or CryptographicException) { return null; }
    }
}
