using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Zhengtong.Kernel.Ledger;

/// <summary><c>zhengtong verify ledger FILE</c>: checks a proof bundle without the platform, the database or a network.</summary>
internal static class VerifyLedger
{
    internal static Command Command()
    {
        var file = new Argument<FileInfo>("FILE") { Description = Text.Of("kernel.ledger.verify.file") };
        var key = new Option<FileInfo?>("--key") { Description = Text.Of("kernel.ledger.verify.key") };
        var command = new Command("ledger", Text.Of("kernel.ledger.verify.command")) { file, key };
        command.SetAction(parsed => Run(parsed.GetValue(file)!, parsed.GetValue(key), parsed.InvocationConfiguration.Output));
        return command;
    }

    /// <summary>Says what holds and what does not; 0 when everything holds, 1 when anything does not or cannot be read.</summary>
    private static int Run(FileInfo file, FileInfo? key, TextWriter output)
    {
        ProofBundle bundle;
        try { bundle = ProofBundle.Read(File.ReadAllText(file.FullName)); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            output.WriteLine(Text.Of("kernel.ledger.verify.unreadable", file.FullName, e.Message));
            return 1;
        }

        var faults = FaultsOf(bundle, key is null ? null : File.ReadAllText(key.FullName)).ToList();
        foreach (var fault in faults) { output.WriteLine(Text.Of($"kernel.ledger.verify.{fault}")); }
        if (faults.Count > 0)
        {
            output.WriteLine(Text.Of("kernel.ledger.verify.refused"));
            return 1;
        }

        CheckpointNote.TryParse(bundle.Checkpoint, out var note);
        output.WriteLine(Text.Of("kernel.ledger.verify.holds", bundle.Index, note!.Size, note.Origin));
        if (bundle.Older is { } older && CheckpointNote.TryParse(older.Checkpoint, out var before)) { output.WriteLine(Text.Of("kernel.ledger.verify.consistent", before.Size, note.Size)); }
        if (key is null) { output.WriteLine(Text.Of("kernel.ledger.verify.key-inside")); }
        output.WriteLine(bundle.Leaf);
        return 0;
    }

    /// <summary>Everything that does not hold: text keys below kernel.ledger.verify.</summary>
    /// <param name="bundle">What was exported.</param>
    /// <param name="trustedKey">The log's public key from elsewhere, PEM; null trusts the one in the bundle.</param>
    internal static IEnumerable<string> FaultsOf(ProofBundle bundle, string? trustedKey)
    {
        LedgerVerifier verifier;
        var badKey = false;
        try { verifier = LedgerVerifier.OfPem(trustedKey ?? bundle.PublicKey); }
        catch (Exception e) when (e is CryptographicException or FormatException or ArgumentException) { badKey = true; verifier = null!; }
        if (badKey)
        {
            yield return "bad-key";
            yield break;
        }

        using var _ = verifier;
        if (!CheckpointNote.TryParse(bundle.Checkpoint, out var note))
        {
            yield return "bad-checkpoint";
            yield break;
        }

        if (!note.IsSignedBy(verifier)) { yield return "bad-signature"; }
        if (HashesOf(bundle.Inclusion) is not { } inclusion
            || MerkleTree.RootOfInclusion(bundle.Index, note.Size, MerkleTree.HashLeaf(Encoding.UTF8.GetBytes(bundle.Leaf)), inclusion) is not { } root || !root.AsSpan().SequenceEqual(note.Root))
        {
            yield return "not-included";
        }

        if (!DataFits(bundle)) { yield return "bad-data"; }
        if (bundle.Older is not { } older) { yield break; }
        if (!CheckpointNote.TryParse(older.Checkpoint, out var before) || before.Origin != note.Origin || !before.IsSignedBy(verifier)) { yield return "bad-older"; }
        else if (HashesOf(older.Consistency) is not { } consistency || !MerkleTree.IsConsistent(before.Size, note.Size, before.Root, note.Root, consistency)) { yield return "not-consistent"; }
    }

    private static bool DataFits(ProofBundle bundle)
    {
        try
        {
            using var leaf = JsonDocument.Parse(bundle.Leaf);
            return !leaf.RootElement.TryGetProperty("dataSha256", out var hash)
                || (bundle.Data is { } data && hash.GetString() == Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data))));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static List<byte[]>? HashesOf(IReadOnlyList<string> texts)
    {
        try { return [.. texts.Select(Convert.FromBase64String)]; }
        catch (FormatException) { return null; }
    }
}
