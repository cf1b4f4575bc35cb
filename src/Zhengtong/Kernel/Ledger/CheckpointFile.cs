using System.Text;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.Kernel.Ledger;

/// <summary>The last checkpoint and the log's public key, kept beside the database: <c>ledger/checkpoint</c> and <c>ledger/key.pem</c> below the data directory.
/// A database that was rolled back, or whose key was exchanged, no longer fits them.</summary>
internal sealed class CheckpointFile(Deployment deployment)
{
    private string NotePath => deployment.PathOf("ledger", "checkpoint");

    private string KeyPath => deployment.PathOf("ledger", "key.pem");

    /// <summary>The note last written; null when there is none.</summary>
    internal string? Read() => File.Exists(NotePath) ? File.ReadAllText(NotePath) : null;

    /// <summary>The public key seen first, in PEM; null when there is none.</summary>
    internal string? ReadKey() => File.Exists(KeyPath) ? File.ReadAllText(KeyPath) : null;

    /// <summary>Replaces the note, durably; keeps the first key.</summary>
    internal void Write(string note, LedgerVerifier verifier)
    {
        if (!File.Exists(KeyPath)) { Durable.WriteAllBytes(KeyPath, Encoding.UTF8.GetBytes(verifier.Pem)); }
        Durable.WriteAllBytes(NotePath, Encoding.UTF8.GetBytes(note));
    }
}
