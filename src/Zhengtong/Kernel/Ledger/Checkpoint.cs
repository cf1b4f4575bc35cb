using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Zhengtong.Kernel.Ledger;

/// <summary>A signed statement of the tree's size and root: a C2SP checkpoint, that is a signed note. There is never more than one root for a size.</summary>
internal sealed class Checkpoint
{
    /// <summary>Leaves, from 0. The key of its row, so that the database holds the promise too.</summary>
    internal required long Size { get; init; }

    /// <summary>32 bytes.</summary>
    internal required byte[] Root { get; init; }

    /// <summary>The whole signed note.</summary>
    internal required string Note { get; init; }

    internal required DateTimeOffset SignedAt { get; init; }

    /// <summary>The text that is signed: origin, size, root, each with its line end.</summary>
    internal static string TextOf(string origin, long size, ReadOnlySpan<byte> root) =>
        string.Create(CultureInfo.InvariantCulture, $"{origin}\n{size}\n{Convert.ToBase64String(root)}\n");

    /// <summary>Text, blank line, signature line.</summary>
    internal static string NoteOf(string text, string keyName, ReadOnlySpan<byte> keyId, ReadOnlySpan<byte> signature) =>
        $"{text}\n— {keyName} {Convert.ToBase64String([.. keyId, .. signature])}\n";
}

/// <summary>A checkpoint's note taken apart; nothing is verified yet.</summary>
/// <param name="Origin">The log's name, which is also its key's.</param>
/// <param name="Size">Leaves, from 0.</param>
/// <param name="Root">32 bytes.</param>
/// <param name="Text">What the signatures are over.</param>
/// <param name="Signatures">Key name, four bytes of key id, signature.</param>
internal sealed record CheckpointNote(string Origin, long Size, byte[] Root, string Text, IReadOnlyList<(string KeyName, byte[] KeyId, byte[] Signature)> Signatures)
{
    private const int MostBytes = 100_000;

    /// <summary>Takes a note apart; false when it is no checkpoint.</summary>
    internal static bool TryParse(string? note, [NotNullWhen(true)] out CheckpointNote? checkpoint)
    {
        checkpoint = null;
        var blank = note is { Length: <= MostBytes } ? note.LastIndexOf("\n\n", StringComparison.Ordinal) : -1;
        if (blank < 0) { return false; }
        var text = note![..(blank + 1)];
        var lines = text.Split('\n');
        var root = new byte[MerkleTree.HashSize + 1];
        if (lines.Length < 4 || lines[0].Length == 0
            || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size.ToString(CultureInfo.InvariantCulture) != lines[1]
            || !Convert.TryFromBase64String(lines[2], root, out var rootLength) || rootLength != MerkleTree.HashSize)
        {
            return false;
        }

        var signatures = new List<(string, byte[], byte[])>();
        foreach (var line in note[(blank + 2)..].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var bytes = new byte[line.Length];
            if (line.Split(' ') is not ["—", var name, var signature] || !Convert.TryFromBase64String(signature, bytes, out var length) || length < 5) { return false; }
            signatures.Add((name, bytes[..4], bytes[4..length]));
        }

        checkpoint = new CheckpointNote(lines[0], size, root[..MerkleTree.HashSize], text, signatures);
        return signatures.Count > 0;
    }

    /// <summary>True when the key signed this text. Lines of other keys (witnesses, older keys) are passed over.</summary>
    internal bool IsSignedBy(LedgerVerifier verifier) =>
        Signatures.Any(s => s.KeyName == Origin && s.KeyId.AsSpan().SequenceEqual(verifier.KeyId) && verifier.Verifies(Encoding.UTF8.GetBytes(Text), s.Signature));

    /// <summary>The bare DER signature of the log's own line, for openssl; null when the key did not sign.</summary>
    internal byte[]? SignatureOf(LedgerVerifier verifier) => Signatures.FirstOrDefault(s => s.KeyName == Origin && s.KeyId.AsSpan().SequenceEqual(verifier.KeyId)).Signature;
}
