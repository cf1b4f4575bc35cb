namespace Zhengtong.Kernel.Jobs;

/// <summary>What one pass of a reconciler came to.</summary>
/// <param name="Count">How many things were brought up to what is desired; 0 when all stood well already.</param>
/// <param name="More">True when the pass stopped at its bound and another should follow at once.</param>
internal readonly record struct Pass(long Count, bool More)
{
    /// <summary>Nothing is left to do.</summary>
    internal static Pass Settled(long count = 0) => new(count, More: false);

    /// <summary>More is left than one pass should do.</summary>
    internal static Pass Unfinished(long count) => new(count, More: true);
}

/// <summary>A job that looks at what is desired and what is, and brings the second nearer to the first. Level-triggered: it MUST find its work by looking,
/// never by being told, so that a lost signal, a crash or a second process costs time and nothing else. Each pass has its own scope.</summary>
internal interface IReconciler
{
    /// <summary>Module, dot, what it keeps true: <c>exchange.deliveries</c>. Unique; the name of its lease.</summary>
    string Name { get; }

    /// <summary>How often it looks without being woken, at least 100 milliseconds.</summary>
    TimeSpan Every { get; }

    /// <summary>A Quartz cron expression in China time, for what belongs to an hour of the day; when set, <see cref="Every"/> is not used.</summary>
    string? Cron => null;

    /// <summary>One bounded pass. The token is cancelled when the process stops and when the lease is lost; what was not saved then is found again by the next pass.</summary>
    Task<Pass> ReconcileAsync(CancellationToken ct);
}
