namespace Zhengtong.Exchange.Engine;

/// <summary>How long a run that has told all goes on with what is committed meanwhile. A stream that is begun anew reads much of the log again; one that is followed does not, and a table that changes all the
/// time waits no longer than its cycle. Batches lie a cycle apart, unless they are full.</summary>
/// <param name="cycle">Of the agreement.</param>
/// <param name="mustEnd">Asked once a cycle: true when somebody else waits for the turn or for the delivery.</param>
/// <param name="clock">Measures time.</param>
internal sealed class Following(TimeSpan cycle, Func<CancellationToken, Task<bool>> mustEnd, TimeProvider clock)
{
    /// <summary>Agreements of a longer cycle are not followed: most of the time nothing would be done.</summary>
    internal static readonly TimeSpan LongestCycle = TimeSpan.FromSeconds(10);

    /// <summary>After so long all is looked at anew: orders, terms, the table's shape.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);
    private readonly long begunAt = clock.GetTimestamp();
    private long cycleAt = clock.GetTimestamp();

    /// <summary>True when the cycle is over.</summary>
    internal bool IsDue => clock.GetElapsedTime(cycleAt) >= cycle;

    /// <summary>Begins the next cycle.</summary>
    internal void Begin() => cycleAt = clock.GetTimestamp();

    internal async Task<bool> MustEndAsync(CancellationToken ct) => clock.GetElapsedTime(begunAt) >= Longest || await mustEnd(ct);

    /// <summary>A pause before the next look at what was committed.</summary>
    internal Task RestAsync(CancellationToken ct) => Task.Delay(BetweenLooks, clock, ct);
}
