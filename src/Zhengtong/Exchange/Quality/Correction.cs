using System.Text.Json;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Quality;

/// <summary>Where a correction ticket stands.</summary>
public enum CorrectionState
{
    /// <summary>Waits for the provider's answer.</summary>
    Open,
    /// <summary>The provider mended the row; it is on its way.</summary>
    Corrected,
    /// <summary>A batch has carried the row again.</summary>
    Closed,
    /// <summary>The provider stands by the value, and says on what ground.</summary>
    Rejected,
    /// <summary>Taken back by the consumer.</summary>
    Withdrawn,
}

/// <summary>疑义数据校核: a consumer doubts a value of an exchanged row; its provider answers within working days.</summary>
internal sealed class Correction
{
    internal required Guid Id { get; init; }

    internal required Guid DeliveryId { get; init; }

    internal required Guid ProviderId { get; init; }

    internal required Guid ConsumerId { get; init; }

    /// <summary>Column of the doubted item.</summary>
    internal required string Column { get; init; }

    /// <summary>Its name as agreed.</summary>
    internal required string Item { get; init; }

    /// <summary>Digest of the row's key as the consumer has it, under a secret; 32 hex digits.</summary>
    internal required string KeyDigest { get; init; }

    /// <summary>Key and column while it waits, null afterwards; unique in the delivery, so that a value is doubted once at a time.</summary>
    internal required string? ActiveKey { get; set; }

    /// <summary>A <see cref="CorrectionContent"/>, sealed in the vault: keys and what people say about them are payload.</summary>
    internal required byte[] Content { get; set; }

    internal CorrectionState State { get; private set; }

    internal required DateTimeOffset OpenedAt { get; init; }

    /// <summary>The last day on which the provider answers in time.</summary>
    internal required DateOnly DueOn { get; init; }

    /// <summary>By which rule; null when none was in force.</summary>
    internal required AnswerLimit? DueBy { get; init; }

    internal DateTimeOffset? AnsweredAt { get; private set; }

    internal DateTimeOffset? SettledAt { get; private set; }

    /// <summary>Sequence of the last batch that carried the row since the doubt; null while none did.</summary>
    internal long? Batch { get; private set; }

    /// <summary>From 1; of two officers at once, one loses here.</summary>
    internal int Revision { get; private set; } = 1;

    internal static string PurposeOf(Guid id) => $"correction:{id}";

    internal static string ActiveKeyOf(string keyDigest, string column) => $"{keyDigest}:{column}";

    internal bool IsWaiting => State is CorrectionState.Open or CorrectionState.Corrected;

    /// <summary>The value was wrong. When the row flowed again since the doubt, that is all; else the ticket waits until it does.</summary>
    internal void Correct(DateTimeOffset now)
    {
        AnsweredAt = now;
        if (Batch is not null) { SettledAt = now; }
        Set(Batch is null ? CorrectionState.Corrected : CorrectionState.Closed);
    }

    internal void Reject(DateTimeOffset now)
    {
        AnsweredAt = SettledAt = now;
        Set(CorrectionState.Rejected);
    }

    internal void Withdraw(DateTimeOffset now)
    {
        SettledAt = now;
        Set(CorrectionState.Withdrawn);
    }

    /// <summary>A batch carries the row again: that closes the ticket, when the provider has said that it is mended.</summary>
    internal void Carry(long batch, DateTimeOffset now)
    {
        Batch = batch;
        if (State == CorrectionState.Corrected) { SettledAt = now; }
        Set(State == CorrectionState.Corrected ? CorrectionState.Closed : State);
    }

    private void Set(CorrectionState state)
    {
        State = state;
        if (!IsWaiting) { ActiveKey = null; }
        Revision++;
    }
}

/// <summary>What both sides of a correction read and nobody else.</summary>
/// <param name="Key">The row's key as the consumer has it, in the order of the agreed items.</param>
/// <param name="Why">Why the value is doubted.</param>
/// <param name="Answer">What the provider says; null until then.</param>
internal sealed record CorrectionContent(IReadOnlyList<string> Key, string Why, string? Answer)
{
    internal byte[] Seal(Vault vault, Guid correction) => vault.Seal(JsonSerializer.SerializeToUtf8Bytes(this, CanonicalJson.Options), Correction.PurposeOf(correction));

    internal static CorrectionContent Open(Vault vault, Correction correction) =>
        JsonSerializer.Deserialize<CorrectionContent>(vault.Open(correction.Content, Correction.PurposeOf(correction.Id)), CanonicalJson.Options)!;
}
