using Zhengtong.Kernel.Regions;

namespace Zhengtong.Cloud.Bills;

/// <summary>How far a bill is.</summary>
public enum BillState
{
    /// <summary>草稿: counted again from time to time.</summary>
    Draft,
    /// <summary>已出账: never changed again; what was wrong is put right in a later one.</summary>
    Closed,
}

/// <summary>What a line of a bill is.</summary>
public enum ChargeCategory
{
    /// <summary>By time or amount used.</summary>
    Usage,
    /// <summary>Paid once.</summary>
    Purchase,
    /// <summary>What rounds the sum to whole fen.</summary>
    Adjustment,
}

/// <summary>The bill 账单 of a department, or of one of its projects, for a month.</summary>
internal sealed class Bill
{
    internal required Guid Id { get; init; }

    /// <summary>The first day of the month.</summary>
    internal required DateOnly Month { get; init; }

    internal required Guid OrganisationId { get; init; }

    /// <summary>Place of its resources in the tree of quotas: the department's own, or a project's.</summary>
    internal required Guid NodeId { get; init; }

    internal required RegionCode Region { get; init; }

    internal BillState State { get; set; } = BillState.Draft;

    /// <summary>Yuan, the sum of its lines; whole fen once closed.</summary>
    internal decimal Total { get; set; }

    /// <summary>How many resources it names.</summary>
    internal int Resources { get; set; }

    /// <summary>Stretches of time for which no price is set; a bill with any is not closed.</summary>
    internal int UnpricedCount { get; set; }

    internal required DateTimeOffset CountedAt { get; set; }

    internal DateTimeOffset? ClosedAt { get; set; }

    /// <summary>From 1; of two who close one acts.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Touch() => Revision++;

    /// <summary>The number on the invoice: month and the end of the id.</summary>
    internal string Number => FormattableString.Invariant($"ZD-{Month:yyyyMM}-{Id.ToString("N")[^8..].ToUpperInvariant()}");
}

/// <summary>A line of a closed bill, never changed.</summary>
internal sealed class BillLine
{
    internal required Guid Id { get; init; }

    internal required Guid BillId { get; init; }

    /// <summary>From 1, in the bill.</summary>
    internal required int Position { get; init; }

    internal required ChargeCategory Category { get; init; }

    /// <summary>The line of an earlier bill that it puts right; null when it puts none right.</summary>
    internal Guid? Corrects { get; init; }

    /// <summary>Null for what rounds.</summary>
    internal Guid? ResourceId { get; init; }

    internal string? ServiceCode { get; init; }

    internal string? PlanCode { get; init; }

    internal string? Meter { get; init; }

    internal Guid? PriceId { get; init; }

    /// <summary>Yuan a unit; null for what rounds.</summary>
    internal decimal? UnitPrice { get; init; }

    internal decimal? Quantity { get; init; }

    /// <summary>Yuan: unit price times quantity, exactly.</summary>
    internal required decimal Cost { get; init; }

    internal required DateTimeOffset From { get; init; }

    /// <summary>End, exclusive.</summary>
    internal required DateTimeOffset Until { get; init; }
}

/// <summary>A closed line was wrong: what its quantity should have been. Charged, or given back, by the next bill of the same department or project.</summary>
internal sealed class BillCorrection
{
    internal required Guid Id { get; init; }

    internal required Guid LineId { get; init; }

    internal required Guid OrganisationId { get; init; }

    internal required Guid NodeId { get; init; }

    /// <summary>The month of the bill that was wrong.</summary>
    internal required DateOnly Month { get; init; }

    /// <summary>What it should have been.</summary>
    internal required decimal Quantity { get; init; }

    /// <summary>What is added by this correction, those before it considered; may be negative.</summary>
    internal required decimal Difference { get; init; }

    /// <summary>2 to 500 characters.</summary>
    internal required string Reason { get; init; }

    internal required Guid AskedBy { get; init; }

    internal required DateTimeOffset AskedAt { get; init; }

    /// <summary>The closed bill that has it; null while it waits.</summary>
    internal Guid? BilledIn { get; set; }
}
