using Zhengtong.Catalogue.Model;

namespace Zhengtong.Exchange.Monitor;

/// <summary>How an agreement in force goes at one moment, whatever is delivered under it.</summary>
/// <param name="AgreementId">The agreement.</param>
/// <param name="Number">As people name it.</param>
/// <param name="ResourceName">The information resource when agreed.</param>
/// <param name="Kind">What is delivered: rows, files or calls.</param>
/// <param name="ProviderId">Who gives.</param>
/// <param name="ConsumerId">Who takes.</param>
internal sealed record Flow(Guid AgreementId, string Number, string ResourceName, DeliveryKind Kind, Guid ProviderId, Guid ConsumerId)
{
    /// <summary>Rows, files or calls that the consumer took within <see cref="FlowReading.Recent"/>.</summary>
    internal long Units { get; init; }

    /// <summary>Bytes of them.</summary>
    internal long Bytes { get; init; }

    /// <summary>The same since the day began in China.</summary>
    internal long UnitsToday { get; init; }

    internal long BytesToday { get; init; }

    internal long FailuresToday { get; init; }

    /// <summary>Failures within the last hour.</summary>
    internal long FailuresInHour { get; init; }

    /// <summary>Failed runs of the delivery since the last success; 0 for files and calls.</summary>
    internal int FailedRuns { get; init; }

    /// <summary>When something last arrived, or a run last found that all had; null when nothing ever did.</summary>
    internal DateTimeOffset? LastSuccessAt { get; init; }

    /// <summary>Since when the oldest of what is under way waits for its receipt; null when nothing is.</summary>
    internal DateTimeOffset? WaitingSince { get; init; }

    /// <summary>How often something is agreed to come: of tables the agreed interval, of files the resource's update cycle. Null for calls, and where there is no cycle.</summary>
    internal TimeSpan? Cycle { get; init; }

    /// <summary>The last sign of life, or since when one is due.</summary>
    internal DateTimeOffset AliveAt { get; init; }

    /// <summary>Most calls a day; null for tables and files.</summary>
    internal long? QuotaPerDay { get; init; }

    /// <summary>Calls of today that are given out.</summary>
    internal long QuotaUsed { get; init; }

    /// <summary>Calls that are left today; null without a quota.</summary>
    internal long? QuotaLeft => QuotaPerDay is { } all ? Math.Max(0, all - QuotaUsed) : null;

    /// <summary>The delivery of a table; null before it began, and for files and calls.</summary>
    internal Guid? DeliveryId { get; init; }

    internal bool HasParty(Guid organisation) => ProviderId == organisation || ConsumerId == organisation;
}
