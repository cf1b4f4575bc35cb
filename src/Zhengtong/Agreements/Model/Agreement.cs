using System.Text.Json;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Agreements.Model;

/// <summary>Where an agreement stands.</summary>
public enum AgreementState
{
    /// <summary>Drawn up; one seal or both are missing.</summary>
    AwaitingSeals,
    /// <summary>Both sides sealed: data may flow in the agreed period.</summary>
    InForce,
    /// <summary>Stopped for a while by one side.</summary>
    Suspended,
    /// <summary>Ended before its time by one side.</summary>
    Revoked,
    /// <summary>Its period is over.</summary>
    Expired,
}

/// <summary>How a row condition compares.</summary>
public enum RowOperator
{
    /// <summary>Equal to the one value.</summary>
    Equal,
    /// <summary>One of the values.</summary>
    In,
    /// <summary>Text that starts with the one value.</summary>
    StartsWith,
    /// <summary>Not below the one value.</summary>
    AtLeast,
    /// <summary>Not above the one value.</summary>
    AtMost,
}

/// <summary>A condition that every delivered row meets, checked at the provider's side. Never SQL: a column of the resource, an operator, values.</summary>
/// <param name="Column">Column of the resource; it need not be among the agreed ones.</param>
/// <param name="Operator">How to compare.</param>
/// <param name="Values">1 to 100 values in invariant text form.</param>
public sealed record RowCondition(string Column, RowOperator Operator, IReadOnlyList<string> Values);

/// <summary>A seal of one side on the canonical document.</summary>
/// <param name="Organisation">The sealing organisation.</param>
/// <param name="Officer">Who sealed for it.</param>
/// <param name="OfficerName">As shown.</param>
/// <param name="At">When.</param>
/// <param name="KeyId">Which key: first 16 hex digits of the suite's digest over the public key.</param>
/// <param name="Signature">Base64 DER signature over the document's bytes.</param>
internal sealed record Seal(Guid Organisation, Guid Officer, string OfficerName, DateTimeOffset At, string KeyId, string Signature);

/// <summary>An agreement 共享协议 between a provider and a consumer. Nothing is delivered without one in force.</summary>
internal sealed class Agreement
{
    internal required Guid Id { get; init; }

    /// <summary>XS-year-six digits.</summary>
    internal required string Number { get; init; }

    internal required Guid ApplicationId { get; init; }

    internal required Guid ResourceId { get; init; }

    internal required Guid ProviderId { get; init; }

    internal required Guid ConsumerId { get; init; }

    /// <summary>The canonical document (RFC 8785 JSON) that both sides sign; never changes.</summary>
    internal required string Document { get; init; }

    /// <summary>Lower-case hex digest of the document's UTF-8 bytes, by its suite.</summary>
    internal required string Digest { get; init; }

    internal required DateTimeOffset From { get; init; }

    internal required DateTimeOffset Until { get; init; }

    internal AgreementState State { get; private set; } = AgreementState.AwaitingSeals;

    internal Seal? ProviderSeal { get; private set; }

    internal Seal? ConsumerSeal { get; private set; }

    /// <summary>The side that suspended it, while it is suspended.</summary>
    internal Guid? SuspendedBy { get; private set; }

    /// <summary>When it last went on after a suspension; null when it never was suspended.</summary>
    internal DateTimeOffset? ResumedAt { get; private set; }

    internal required DateTimeOffset CreatedAt { get; init; }

    internal int Revision { get; private set; } = 1;

    /// <summary>Writes the document down in its one form and opens it for sealing.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">Its suite is unknown.</exception>
    internal static Agreement DrawUp(Guid application, AgreementDocument document, DateTimeOffset now)
    {
        var text = CanonicalJson.Of(document);
        return new Agreement
        {
            Id = document.Id,
            Number = document.Number,
            ApplicationId = application,
            ResourceId = document.Resource.Id,
            ProviderId = document.Provider.Id,
            ConsumerId = document.Consumer.Id,
            Document = text,
            Digest = Suite.Parse(document.Suite).DigestOf(text),
            From = document.From,
            Until = document.Until,
            CreatedAt = now,
        };
    }

    internal bool HasParty(Guid organisation) => organisation == ProviderId || organisation == ConsumerId;

    /// <summary>What the document says, for engines.</summary>
    internal AgreementTerms Terms()
    {
        var document = JsonSerializer.Deserialize<AgreementDocument>(Document, CanonicalJson.Options)!;
        return new AgreementTerms(Id, Number, ResourceId, document.Resource.Name, ProviderId, ConsumerId, State, From, Until,
            document.EverySeconds, document.Items, document.Rows, Digest, document.Suite, document.Kind, document.Operations, document.Limits)
        {
            FlowsFrom = new[] { From, ProviderSeal?.At ?? From, ConsumerSeal?.At ?? From, ResumedAt ?? From }.Max(),
        };
    }

    internal void Put(Seal seal)
    {
        if (seal.Organisation == ProviderId) { ProviderSeal = seal; } else { ConsumerSeal = seal; }
        if (ProviderSeal is not null && ConsumerSeal is not null) { State = AgreementState.InForce; }
        Revision++;
    }

    /// <summary>The seal of a side, or null.</summary>
    internal Seal? SealOf(Guid organisation) => organisation == ProviderId ? ProviderSeal : organisation == ConsumerId ? ConsumerSeal : null;

    /// <summary>No way back from here.</summary>
    internal bool HasEnded => State is AgreementState.Revoked or AgreementState.Expired;

    internal void Suspend(Guid organisation)
    {
        SuspendedBy = organisation;
        Become(AgreementState.Suspended);
    }

    internal void Resume(DateTimeOffset now)
    {
        (SuspendedBy, ResumedAt) = (null, now);
        Become(AgreementState.InForce);
    }

    internal void Revoke() => Become(AgreementState.Revoked);

    internal void Expire() => Become(AgreementState.Expired);

    private void Become(AgreementState state)
    {
        State = state;
        Revision++;
    }
}
