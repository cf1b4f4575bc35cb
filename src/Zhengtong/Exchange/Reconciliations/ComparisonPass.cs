using System.Text;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>What a side is asked.</summary>
internal enum PassKind
{
    /// <summary>Count and sum of every range of keys.</summary>
    Ranges,
    /// <summary>The rows of some ranges, as digests.</summary>
    Rows,
    /// <summary>The signature under the statement.</summary>
    Sign,
}

/// <summary>A question to one side of a reconciliation whose sides are not both on the platform, and its answer. They follow one another, provider and consumer in turn; kept until the reconciliation is
/// over, so that it goes on after a crash of anybody.</summary>
internal sealed class ComparisonPass
{
    internal required Guid Id { get; init; }

    internal required Guid ReconciliationId { get; init; }

    /// <summary>From 0.</summary>
    internal required int Number { get; init; }

    internal required NodeRole Role { get; init; }

    internal required PassKind Kind { get; init; }

    /// <summary>Who answers; null: the platform itself, for a side that it hosts.</summary>
    internal required Guid? NodeId { get; init; }

    /// <summary>One bit a range, the ranges asked for; null but for <see cref="PassKind.Rows"/>.</summary>
    internal byte[]? Leaves { get; init; }

    /// <summary>The statement to sign, canonical JSON; null but for <see cref="PassKind.Sign"/>.</summary>
    internal string? Document { get; init; }

    /// <summary>Of the first: the salt of all digests, sealed in the vault; null when only the two nodes know it.</summary>
    internal byte[]? Salt { get; init; }

    internal required DateTimeOffset AskedAt { get; init; }

    internal DateTimeOffset? AnsweredAt { get; private set; }

    /// <summary>A <see cref="SideHead"/> as JSON.</summary>
    internal string? Head { get; private set; }

    /// <summary>A <see cref="SideReading"/>; null for a signature, or where there is a problem.</summary>
    internal byte[]? Answer { get; private set; }

    /// <summary>What the vault binds the salt to.</summary>
    internal static string PurposeOf(Guid reconciliation) => $"comparison:{reconciliation}";

    internal void Take(string head, byte[]? answer, DateTimeOffset now) => (Head, Answer, AnsweredAt) = (head, answer, now);

    internal static byte[] BitsOf(IEnumerable<int> leaves)
    {
        var bits = new byte[KeyRanges.Leaves / 8];
        foreach (var leaf in leaves) { bits[leaf / 8] |= (byte)(1 << (leaf % 8)); }
        return bits;
    }

    internal static IReadOnlySet<int>? LeavesOf(byte[]? bits) =>
        bits is not { Length: KeyRanges.Leaves / 8 } ? null : Enumerable.Range(0, KeyRanges.Leaves).Where(n => (bits[n / 8] & (1 << (n % 8))) != 0).ToHashSet();
}

/// <summary>What a side says beside its digests.</summary>
/// <param name="Sequence">Of the last batch that it sealed, as provider; of the question's, as consumer.</param>
/// <param name="Read">Rows that were read.</param>
/// <param name="Changed">Rows left out because they changed since that batch.</param>
/// <param name="Held">Rows left out because they wait in quarantine.</param>
/// <param name="Salt">Of the provider's first answer, where both sides are nodes: the salt, for the consumer's node alone.</param>
/// <param name="Signature">Base64 DER, of the statement.</param>
/// <param name="Problem">Code of why there is no answer; null when there is one.</param>
internal sealed record SideHead(long Sequence, long Read, int Changed, int Held, SealedSalt? Salt, string? Signature, string? Problem)
{
    internal static SideHead Of(long sequence, SideReading reading, SealedSalt? salt = null) => new(sequence, reading.Read, reading.Changed, reading.Held, salt, null, null);

    internal static SideHead Signed(long sequence, string signature) => new(sequence, 0, 0, 0, null, signature, null);

    internal static SideHead Failed(string problem) => new(0, 0, 0, 0, null, null, problem);
}

/// <summary>The salt of a comparison on its way from the provider's node to the consumer's: encrypted to the consumer's receiving key, signed by the provider's sealing key. Who does not know the salt
/// learns nothing from the digests, not even of a table in which little varies.</summary>
/// <param name="Exchange">Base64: that from which the receiving key finds the secret.</param>
/// <param name="Cipher">Base64: the salt, encrypted.</param>
/// <param name="Signature">Base64 DER.</param>
internal sealed record SealedSalt(string Exchange, string Cipher, string Signature)
{
    private const string Use = "zhengtong-comparison-1";

    internal static SealedSalt Of(Suite suite, Guid reconciliation, byte[] salt, ReadOnlySpan<byte> consumerKey, SealingKey signer)
    {
        var (exchange, secret) = suite.MakeSecret(consumerKey);
        var cipher = new byte[salt.Length + Suite.TagSize];
        suite.Encrypt(secret, InfoOf(suite, reconciliation), BoundOf(reconciliation), salt, cipher);
        var made = new SealedSalt(Convert.ToBase64String(exchange), Convert.ToBase64String(cipher), "");
        return made with { Signature = Convert.ToBase64String(signer.Sign(made.SignedOf(reconciliation))) };
    }

    /// <summary>The salt; null when it is not from one of the provider's keys, or not for this one.</summary>
    internal byte[]? Open(Suite suite, Guid reconciliation, IReadOnlyList<OrganisationKey> providers, ReceivingKey key)
    {
        if (!providers.Any(p => OrganisationKeys.Verify(p, SignedOf(reconciliation), Signature))) { return null; }
        try
        {
            var cipher = Convert.FromBase64String(Cipher);
            if (cipher.Length != RowDigests.SaltSize + Suite.TagSize) { return null; }
            var salt = new byte[RowDigests.SaltSize];
            suite.Decrypt(key.FindSecret(Convert.FromBase64String(Exchange)), InfoOf(suite, reconciliation), BoundOf(reconciliation), cipher, salt);
            return salt;
        }
        catch (Exception e) when (e is FormatException or System.Security.Cryptography.CryptographicException) { return null; }
    }

    private byte[] SignedOf(Guid reconciliation) => Encoding.UTF8.GetBytes($"{Use}\n{reconciliation:D}\n{Exchange}\n{Cipher}");

    private static byte[] BoundOf(Guid reconciliation) => Encoding.UTF8.GetBytes($"{Use}\n{reconciliation:D}");

    private static byte[] InfoOf(Suite suite, Guid reconciliation) => [.. Encoding.UTF8.GetBytes(Use), .. suite.Hash(BoundOf(reconciliation))];
}
