namespace Zhengtong.Kernel.Calendar;

/// <summary>A day that does not follow its weekday: a holiday on Monday to Friday, a worked Saturday or Sunday, or a weekend day that a notice names.</summary>
internal sealed class CalendarDay
{
    internal required DateOnly Date { get; init; }

    internal required bool IsWorkingDay { get; set; }

    /// <summary>The holiday it belongs to, 1 to 50 characters.</summary>
    internal required string Name { get; set; }

    /// <summary>True when an administrator said so: a newer program's data leaves it alone.</summary>
    internal bool IsOurs { get; set; }
}

/// <summary>How sure a year's days are.</summary>
public enum CalendarYearState
{
    /// <summary>No notice yet: weekdays only, deadlines are provisional.</summary>
    Provisional,
    /// <summary>The State Council's notice is taken in.</summary>
    Decreed,
}

/// <summary>A year of the calendar; a year without a row is provisional.</summary>
internal sealed class CalendarYear
{
    internal required int Year { get; init; }

    internal required CalendarYearState State { get; set; }

    /// <summary>Number or address of the notice, at most 500 characters; empty while provisional.</summary>
    internal required string Source { get; set; }

    /// <summary>From 1; grows with each change of the year or of one of its days.</summary>
    internal int Revision { get; set; } = 1;
}

/// <summary>A limit in working days: data, not a constant, because it differs by rule, place and year.</summary>
internal sealed class DeadlineRule
{
    /// <summary>Module, dot, what must be done in time: <c>agreements.answer-conditional</c>.</summary>
    internal required string Code { get; init; }

    /// <summary>Events from this day in China on; a later row of the same code takes over on its own day.</summary>
    internal required DateOnly InForceFrom { get; init; }

    /// <summary>As officials say it, 2 to 100 characters.</summary>
    internal required string Name { get; set; }

    /// <summary>Working days, 1 to 1,000.</summary>
    internal required int Days { get; set; }

    /// <summary>The event that starts the clock: <c>submitted</c>, <c>confirmed</c>, <c>reported</c>.</summary>
    internal required string StartEvent { get; set; }

    /// <summary>The law, regulation or notice, 2 to 200 characters.</summary>
    internal required string Source { get; set; }

    /// <summary>True when somebody read the number in the source's own text.</summary>
    internal required bool IsConfirmed { get; set; }
}
