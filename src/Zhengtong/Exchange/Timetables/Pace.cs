using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel.Calendar;

namespace Zhengtong.Exchange.Timetables;

/// <summary>A delivery's timetable as its provider's half works by it, here or on a front-end node.</summary>
/// <param name="Windows">When the source may be read; none for always.</param>
/// <param name="RowsPerSecond">Most rows a second; null without a limit.</param>
/// <param name="BytesPerSecond">Most sealed bytes a second; null without a limit.</param>
/// <param name="Priority">Whose turn comes first.</param>
/// <param name="AskedAt">When somebody ordered a run that goes ahead of the hours; null when nobody did, or when that run is over.</param>
internal sealed record PaceTerms(IReadOnlyList<RunningWindow> Windows, int? RowsPerSecond, long? BytesPerSecond, DeliveryPriority Priority, DateTimeOffset? AskedAt)
{
    internal static readonly PaceTerms Free = new([], null, null, DeliveryPriority.Normal, null);

    internal bool IsFree => this is { Windows.Count: 0, RowsPerSecond: null, BytesPerSecond: null, Priority: DeliveryPriority.Normal, AskedAt: null };

    /// <summary>True when the windows cannot be told without the calendar.</summary>
    internal bool NeedsCalendar => Windows.Any(w => w.Days?.Any(d => d is RunningDay.WorkingDay or RunningDay.DayOff) == true);
}

/// <summary>When and how fast a delivery may be read from its source, as known at one moment.</summary>
internal sealed class Pace(PaceTerms terms, WorkingDays calendar)
{
    /// <summary>A batch takes about so long where the rate is limited: so rows leave evenly, and no database waits long for its reader.</summary>
    private static readonly TimeSpan Evenness = TimeSpan.FromSeconds(2);

    internal static readonly WorkingDays NoCalendar = new([], []);

    internal static readonly Pace Free = new(PaceTerms.Free, NoCalendar);

    internal PaceTerms Terms => terms;

    internal RunningHours Hours { get; } = new(terms.Windows, calendar);

    /// <summary>When it may run again; null when it may now: its hours are open, or an ordered run goes ahead of them.</summary>
    internal DateTimeOffset? ClosedUntil(DateTimeOffset now) => Hours.OpensAt(now) is var opens && opens > now && !IsAsked(opens) ? opens : null;

    /// <summary>True while an ordered run goes ahead of closed hours.</summary>
    internal bool GoesAhead(DateTimeOffset now) => Hours.OpensAt(now) is var opens && opens > now && IsAsked(opens);

    /// <summary>How long such a batch may take.</summary>
    internal TimeSpan CostOf(int rows, long bytes) => TimeSpan.FromSeconds(Math.Max(
        terms.RowsPerSecond is { } mostRows ? (double)rows / mostRows : 0, terms.BytesPerSecond is { } mostBytes ? (double)bytes / mostBytes : 0));

    /// <summary>True when the rates are the same.</summary>
    internal bool HasLimitsOf(Pace other) => (terms.RowsPerSecond, terms.BytesPerSecond) == (other.Terms.RowsPerSecond, other.Terms.BytesPerSecond);

    /// <summary>The reading with batches that a limited rate lets go evenly.</summary>
    internal Reading Evenly(Reading reading) => reading with
    {
        BatchRows = terms.RowsPerSecond is { } rows ? (int)Math.Clamp(rows * Evenness.TotalSeconds, 1, reading.BatchRows) : reading.BatchRows,
        BatchBytes = terms.BytesPerSecond is { } bytes ? (int)Math.Clamp(bytes * Evenness.TotalSeconds, 1, reading.BatchBytes) : reading.BatchBytes,
    };

    /// <summary>An order holds for the break in which it was given: once the hours have opened since, it has had its run.</summary>
    private bool IsAsked(DateTimeOffset opens) => terms.AskedAt is { } asked && Hours.OpensAt(asked) == opens;
}

/// <summary>How fast batches leave one delivery's provider; kept between its runs. A limited half rests before a batch until the time that the one before may take is over.</summary>
internal sealed class Pacer(TimeProvider clock)
{
    private (long At, int Rows, long Bytes)? last;
    private volatile bool rests;

    /// <summary>True while it rests: meanwhile it is not at work, and its turn is another's.</summary>
    internal bool Rests => rests;

    /// <summary>How long until the next batch may leave; zero when it may now.</summary>
    internal TimeSpan Left(Pace pace) =>
        last is { } sent && pace.CostOf(sent.Rows, sent.Bytes) - clock.GetElapsedTime(sent.At) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    /// <summary>Notes a batch that left.</summary>
    /// <param name="at">A timestamp of the clock, of the moment when it was let go.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="bytes">Its bytes as sealed.</param>
    internal void Sent(long at, int rows, long bytes) => last = (at, rows, bytes);

    internal async Task RestAsync(TimeSpan time, CancellationToken ct)
    {
        rests = true;
        try { await Task.Delay(time, clock, ct); }
        finally { rests = false; }
    }
}
