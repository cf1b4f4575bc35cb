namespace Zhengtong.Exchange.Quality;

/// <summary>Where a row in quarantine stands.</summary>
public enum QuarantineState
{
    /// <summary>Waits: for the provider's officer, or for a mended version of the row from the source.</summary>
    Waiting,
    /// <summary>Released as it is; goes out with the next run.</summary>
    Releasing,
    /// <summary>Went out as it was.</summary>
    Released,
    /// <summary>A newer version of the row came from the source, or the row was deleted there.</summary>
    Superseded,
    /// <summary>Its provider decided, with a ground, that this version never goes out. Kept and counted until a newer version comes.</summary>
    Discarded,
}

/// <summary>A row that did not pass its checks, kept for its provider: never dropped in silence, never delivered by itself.</summary>
internal sealed class QuarantinedRow
{
    internal required Guid Id { get; init; }

    internal required Guid DeliveryId { get; init; }

    /// <summary>The provider: only its officers see the row.</summary>
    internal required Guid OrganisationId { get; init; }

    /// <summary>Digest of the row's key under a secret, 32 hex digits: which rows are versions of one, and nothing more.</summary>
    internal required string KeyDigest { get; init; }

    /// <summary>Every reason.</summary>
    internal required IReadOnlyList<QualityReason> Reasons { get; init; }

    /// <summary>The faults, each between commas: <c>,IdNumber,Phone,</c>. For filters.</summary>
    internal required string Faults { get; init; }

    /// <summary>The row as read, <see cref="RowBytes"/>, sealed in the vault. Null once it went out or a newer version came, and where the provider's front-end node keeps it.</summary>
    internal byte[]? Row { get; private set; }

    /// <summary>Sequence of the last batch before the row was read.</summary>
    internal required long AfterBatch { get; init; }

    internal required DateTimeOffset At { get; init; }

    internal QuarantineState State { get; private set; }

    internal DateTimeOffset? SettledAt { get; private set; }

    /// <summary>Sequence of the batch it went out in; null when it did not.</summary>
    internal long? Batch { get; private set; }

    /// <summary>From 1; of two officers at once, one loses here.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>True while the provider's front-end node alone has it, held back or discarded.</summary>
    internal bool IsOnNode => Row is null && State is (QuarantineState.Waiting or QuarantineState.Releasing or QuarantineState.Discarded);

    /// <summary>What the vault binds the sealed row to.</summary>
    internal string Purpose => PurposeOf(Id);

    internal static string PurposeOf(Guid id) => $"quarantine:{id}";

    internal static QuarantinedRow Of(Guid delivery, Guid provider, SetAsideRow row, long afterBatch, DateTimeOffset now) => new()
    {
        Id = row.Id, DeliveryId = delivery, OrganisationId = provider, KeyDigest = row.KeyDigest, Reasons = row.Reasons,
        Faults = $",{string.Join(',', row.Reasons.Select(r => r.Fault).Distinct())},", Row = row.Row, AfterBatch = afterBatch, At = now,
    };

    internal void Release()
    {
        State = QuarantineState.Releasing;
        Revision++;
    }

    /// <summary>Its batch is sealed.</summary>
    internal void Sent(long batch, DateTimeOffset now)
    {
        Batch = batch;
        Settle(QuarantineState.Released, now);
    }

    /// <summary>A newer version of the row came: this one is of no use any more.</summary>
    internal void Supersede(DateTimeOffset now) => Settle(QuarantineState.Superseded, now);

    /// <summary>It is not to go out. The row is kept: a reconciliation must know it, and its provider may look at it.</summary>
    internal void Discard(DateTimeOffset now)
    {
        State = QuarantineState.Discarded;
        SettledAt = now;
        Revision++;
    }

    private void Settle(QuarantineState state, DateTimeOffset now)
    {
        State = state;
        SettledAt = now;
        Row = null;
        Revision++;
    }
}
