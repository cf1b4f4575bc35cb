using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Evidence;

/// <summary>A call 调用 of a provider's service. Readable here is only who called what, when, and how it ended; all that may hold data of people lies in
/// <see cref="Sealed"/>, which opens with a receiving key of either party alone.</summary>
internal sealed class Call
{
    /// <summary>In the order of recording; grows, with gaps.</summary>
    internal long Number { get; private set; }

    internal required Guid Id { get; init; }

    /// <summary>The caller's id of the message, 1 to 255 characters; not unique.</summary>
    internal required string MessageId { get; init; }

    internal required Guid AgreementId { get; init; }

    internal required Guid ProviderId { get; init; }

    internal required Guid ConsumerId { get; init; }

    internal required SuiteName Suite { get; init; }

    internal required string Service { get; init; }

    internal required string Method { get; init; }

    internal required int Status { get; init; }

    internal required long RequestBytes { get; init; }

    internal required long ResponseBytes { get; init; }

    internal required DateTimeOffset ReceivedAt { get; init; }

    internal required DateTimeOffset AnsweredAt { get; init; }

    /// <summary>Hash of the <see cref="CallEvidence"/> as a leaf. The evidence holds a random salt, so that nobody can try out what was called.</summary>
    internal required byte[] LeafHash { get; init; }

    /// <summary>The <see cref="CallGroup"/> it was recorded in, in which it is sealed.</summary>
    internal Guid GroupId { get; private set; }

    /// <summary>The <see cref="CallKey"/> that opens it.</summary>
    internal required Guid KeyId { get; init; }

    /// <summary>Ciphertext of a <see cref="CallContent"/>; null when it is large and lies in the object store.</summary>
    internal byte[]? Sealed { get; init; }

    /// <summary>The stored object that holds the ciphertext; null when <see cref="Sealed"/> does.</summary>
    internal Digest? Object { get; init; }

    internal bool HasParty(Guid organisation) => ProviderId == organisation || ConsumerId == organisation;

    internal void Join(Guid group) => GroupId = group;
}

/// <summary>Calls of one pair and suite that were recorded in the same moment, and are sealed together: a seal is marked once for all of them, and the calls' rows are written once and never touched again.</summary>
internal sealed class CallGroup
{
    internal required Guid Id { get; init; }

    internal required Guid ProviderId { get; init; }

    internal required Guid ConsumerId { get; init; }

    internal required SuiteName Suite { get; init; }

    /// <summary>How many calls, from 1.</summary>
    internal required int Size { get; init; }

    internal required DateTimeOffset RecordedAt { get; init; }

    /// <summary>The provider's seal that covers its calls; null until sealed.</summary>
    internal Guid? ProviderSealId { get; private set; }

    /// <summary>The consumer's counter-receipt that covers them; null until sealed.</summary>
    internal Guid? ConsumerSealId { get; private set; }

    /// <summary>A group of calls of the same parties and suite, which become its members.</summary>
    internal static CallGroup Of(IReadOnlyList<Call> calls, DateTimeOffset now)
    {
        var group = new CallGroup { Id = Guid.CreateVersion7(now), ProviderId = calls[0].ProviderId, ConsumerId = calls[0].ConsumerId, Suite = calls[0].Suite, Size = calls.Count, RecordedAt = now };
        foreach (var call in calls) { call.Join(group.Id); }
        return group;
    }
}

/// <summary>The key that a pair's calls of about a minute are encrypted with, wrapped to a receiving key of each side.</summary>
internal sealed class CallKey
{
    internal required Guid Id { get; init; }

    internal required Guid ProviderId { get; init; }

    internal required Guid ConsumerId { get; init; }

    internal required SuiteName Suite { get; init; }

    /// <summary>Id of the provider's receiving key.</summary>
    internal required string ProviderKey { get; init; }

    /// <summary>That from which the provider's receiving key finds the wrapping secret.</summary>
    internal required byte[] ProviderExchange { get; init; }

    /// <summary>The content key, encrypted under it.</summary>
    internal required byte[] ProviderWrapped { get; init; }

    /// <summary>Id of the consumer's receiving key.</summary>
    internal required string ConsumerKey { get; init; }

    internal required byte[] ConsumerExchange { get; init; }

    internal required byte[] ConsumerWrapped { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Whose signature a seal bears.</summary>
public enum CallSide
{
    /// <summary>The provider's: it answered these calls.</summary>
    Provider,
    /// <summary>The consumer's: it took these answers.</summary>
    Consumer,
}

/// <summary>One signature over many calls: the root of a tree over their evidence.</summary>
internal sealed class CallSeal
{
    internal required Guid Id { get; init; }

    internal required CallSide Side { get; init; }

    internal required Guid OrganisationId { get; init; }

    internal required SuiteName Suite { get; init; }

    /// <summary>Id of the key that signed.</summary>
    internal required string KeyId { get; init; }

    /// <summary>From 1 for each key and side, without gaps; of two processes that seal the same calls, one loses here.</summary>
    internal required long Sequence { get; init; }

    /// <summary>How many calls, from 1.</summary>
    internal required int Size { get; init; }

    /// <summary>Canonical JSON of a <see cref="CallSealDocument"/>.</summary>
    internal required string Document { get; init; }

    /// <summary>Digest of the document, by the suite: lower-case hex.</summary>
    internal required string Digest { get; init; }

    /// <summary>Signature over the document, base64 DER.</summary>
    internal required string Signature { get; init; }

    internal required DateTimeOffset SealedAt { get; init; }

    /// <summary>Time stamp over the signature, DER of RFC 3161; null until stamped.</summary>
    internal byte[]? Stamp { get; private set; }

    /// <summary>When the stamp was fetched; null until stamped.</summary>
    internal DateTimeOffset? StampedAt { get; private set; }
}
