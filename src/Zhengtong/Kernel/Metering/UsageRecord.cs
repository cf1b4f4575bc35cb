namespace Zhengtong.Kernel.Metering;

/// <summary>One thing used, added in the same save as the act that used it: <c>db.Usage.Add(UsageRecord.Of(...))</c>. Never changed, never deleted; a mistake is
/// put right by another record with the negative quantity.</summary>
internal sealed class UsageRecord
{
    internal required Guid Id { get; init; }

    /// <summary>When it was used; may lie in the past, the roll-ups of that hour take it in.</summary>
    internal required DateTimeOffset At { get; init; }

    /// <summary>Module, dot, what is counted: <c>exchange.rows</c>; at most 100 characters.</summary>
    internal required string Meter { get; init; }

    /// <summary>The base unit: <c>row</c>, <c>byte</c>, <c>vcpu-second</c>; at most 40 characters. One meter has one unit.</summary>
    internal required string Unit { get; init; }

    /// <summary>How many base units; whole, so that sums are exact.</summary>
    internal required long Quantity { get; init; }

    /// <summary>Id of what was used, at most 200 characters.</summary>
    internal required string Subject { get; init; }

    /// <summary>Who used it.</summary>
    internal required Guid OrganisationId { get; init; }

    /// <summary>The agreement under which; null where there is none.</summary>
    internal Guid? AgreementId { get; init; }

    /// <summary>True when the roll-ups hold it.</summary>
    internal bool IsRolledUp { get; private set; }

    /// <summary>A record for the use being saved.</summary>
    internal static UsageRecord Of(string meter, string unit, long quantity, object subject, Guid organisation, DateTimeOffset at, Guid? agreement = null) => new()
    {
        Id = Guid.CreateVersion7(at),
        At = at,
        Meter = meter,
        Unit = unit,
        Quantity = quantity,
        Subject = subject.ToString()!,
        OrganisationId = organisation,
        AgreementId = agreement,
    };
}

/// <summary>How long a roll-up is.</summary>
public enum RollUpPeriod
{
    /// <summary>A full hour.</summary>
    Hour,
    /// <summary>A day in China.</summary>
    Day,
}

/// <summary>The sum of an organisation's use of one meter under one agreement in one period.</summary>
internal sealed class UsageRollUp
{
    internal required RollUpPeriod Period { get; init; }

    internal required DateTimeOffset StartsAt { get; init; }

    internal required string Meter { get; init; }

    internal required string Unit { get; init; }

    internal required Guid OrganisationId { get; init; }

    /// <summary>Empty for use without an agreement.</summary>
    internal required Guid AgreementId { get; init; }

    /// <summary>Sum of the records' quantities.</summary>
    internal long Quantity { get; set; }

    /// <summary>How many records.</summary>
    internal long Records { get; set; }

    /// <summary>The hour, or the day in China, that a moment lies in.</summary>
    internal static DateTimeOffset StartOf(RollUpPeriod period, DateTimeOffset at) => period == RollUpPeriod.Day
        ? ChinaTime.StartOf(ChinaTime.DateOf(at)).ToUniversalTime()
        : new DateTimeOffset(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);
}
