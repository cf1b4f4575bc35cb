using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Ledger;

/// <summary>Everything that proves one entry without the platform: the file that <c>zhengtong verify ledger</c> reads.</summary>
/// <param name="Format">Always <see cref="ProofBundle.CurrentFormat"/>.</param>
/// <param name="PublicKey">The log's public key, PEM. Whoever verifies should have it from elsewhere too.</param>
/// <param name="Leaf">The entry as it was hashed: canonical JSON.</param>
/// <param name="Index">Place of the entry, from 0.</param>
/// <param name="Inclusion">Hashes from the leaf upwards, base64.</param>
/// <param name="Checkpoint">The signed note.</param>
/// <param name="Data">The entry's data where the leaf holds its hash only; else null.</param>
/// <param name="Older">An older checkpoint with the proof that nothing before it changed; null when none was asked for.</param>
public sealed record ProofBundle(
    string Format, string PublicKey, string Leaf, long Index, IReadOnlyList<string> Inclusion, string Checkpoint, string? Data = null, OlderCheckpoint? Older = null)
{
    internal const string CurrentFormat = "zhengtong-ledger-proof/1";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The bundle of an entry; null while the entry has no place in a signed tree.</summary>
    internal static async Task<ProofBundle?> OfAsync(Guid entry, long? olderSize, ZhengtongDb db, LedgerTree tree, LedgerKeys keys, CancellationToken ct)
    {
        var row = await db.Ledger.AsNoTracking().SingleOrDefaultAsync(e => e.Id == entry, ct);
        if (row?.Index is not { } index || await tree.HeadAsync(ct) is not { } head || index >= head.Size || await keys.FindAsync(ct) is not { } key) { return null; }
        using var verifier = new LedgerVerifier(key.PublicKey);
        var leaf = Encoding.UTF8.GetString(LedgerLeaf.Of(row));
        var inclusion = await tree.InclusionAsync(index, head.Size, ct);
        var older = olderSize is null ? null : await db.LedgerCheckpoints.AsNoTracking().SingleOrDefaultAsync(c => c.Size == olderSize && c.Size <= head.Size, ct);
        return new ProofBundle(CurrentFormat, verifier.Pem, leaf, index, [.. inclusion.Select(h => Convert.ToBase64String(h))], head.Note,
            leaf.Contains("\"dataSha256\":", StringComparison.Ordinal) ? row.Data : null,
            older is null ? null : new OlderCheckpoint(older.Note, [.. (await tree.ConsistencyAsync(older.Size, head.Size, ct)).Select(h => Convert.ToBase64String(h))]));
    }

    /// <summary>Reads a bundle.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    internal static ProofBundle Read(string json) =>
        JsonSerializer.Deserialize<ProofBundle>(json, Json) is { Format: CurrentFormat } bundle ? bundle : throw new JsonException(CurrentFormat);

    internal byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, Json);
}

/// <summary>A checkpoint somebody saw earlier, and the proof that it is the beginning of the newer tree.</summary>
/// <param name="Checkpoint">The signed note.</param>
/// <param name="Consistency">The proof's hashes, base64.</param>
public sealed record OlderCheckpoint(string Checkpoint, IReadOnlyList<string> Consistency);
