using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Quartz;

namespace Zhengtong.Kernel.Jobs;

/// <summary>A registered reconciler's type.</summary>
internal sealed record ReconcilerType(Type Type);

/// <summary>What a process knows of a job now.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rhythm">How often it looks: a duration in seconds, or a cron expression.</param>
/// <param name="RunningSince">When the run under way in this process began; null when none is.</param>
/// <param name="NextAt">When it next looks by itself; null while the process starts or stops.</param>
/// <param name="Failures">Failures in a row in this process.</param>
internal sealed record JobState(string Name, string Rhythm, DateTimeOffset? RunningSince, DateTimeOffset? NextAt, int Failures);

/// <summary>Runs every registered reconciler: at its rhythm (Quartz), when woken, again at once while more is left, later after a failure.
/// The same job never runs twice at once, here or in another process: each run holds the job's lease.</summary>
internal sealed partial class Reconcilers(
    IEnumerable<ReconcilerType> types, IServiceScopeFactory scopes, JobLeases leases, ISchedulerFactory quartz, TimeProvider clock, ILogger<Reconcilers> logger) : BackgroundService
{
    private static readonly TimeSpan LeasePatience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Unpunctual = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan IdleRecord = TimeSpan.FromMinutes(1);
    private static readonly TimeZoneInfo China = TimeZoneInfo.CreateCustomTimeZone("China", TimeSpan.FromHours(8), "China", "China");
    private static readonly string ThisProcess = $"{Environment.MachineName}:{Environment.ProcessId}";
    private readonly ConcurrentDictionary<Type, Loop> loops = new(types.DistinctBy(t => t.Type).Select(t => KeyValuePair.Create(t.Type, new Loop(t.Type))));

    /// <summary>Tells a reconciler that there may be work. Costs nothing, may be called after every save, and may be lost: the next look finds the work too.</summary>
    internal void Wake<T>() where T : IReconciler => loops[typeof(T)].Signal.Writer.TryWrite(true);

    /// <summary>Wakes a job by its name, also out of a back-off; false when there is none of that name.</summary>
    internal bool RunNow(string name)
    {
        if (loops.Values.FirstOrDefault(l => l.Name == name) is not { } loop) { return false; }
        loop.IsAsked = true;
        if (loop.Urgent.CurrentCount == 0) { loop.Urgent.Release(); }
        loop.Signal.Writer.TryWrite(true);
        return true;
    }

    /// <summary>Runs the reconciler in the caller until nothing is left, waiting for its lease; failures come out. For what must be true before going on.</summary>
    /// <returns>How many things were done.</returns>
    internal async Task<long> SettleAsync<T>(CancellationToken ct) where T : IReconciler
    {
        while (true)
        {
            var name = await NameAsync(typeof(T));
            await using (var lease = await leases.TryTakeAsync(name, ct))
            {
                if (lease is not null)
                {
                    using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct, lease.Lost);
                    return await PassesAsync(loops[typeof(T)], bound.Token);
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), clock, ct);
        }
    }

    /// <summary>Every job as this process sees it, by name.</summary>
    internal async Task<IReadOnlyList<JobState>> StatesAsync(CancellationToken ct)
    {
        var scheduler = await quartz.GetScheduler(ct);
        var states = new List<JobState>();
        foreach (var loop in loops.Values.Where(l => l.Name.Length > 0).OrderBy(l => l.Name, StringComparer.Ordinal))
        {
            var next = (await scheduler.GetTrigger(new TriggerKey(loop.Name), ct))?.NextFireTimeUtc;
            states.Add(new JobState(loop.Name, loop.Rhythm, loop.RunningSince, loop.NotBefore > next ? loop.NotBefore : next, loop.Failures));
        }

        return states;
    }

    /// <summary>Quartz's tick: the loop does the rest.</summary>
    internal void Tick(string name) => loops.Values.FirstOrDefault(l => l.Name == name)?.Signal.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var loop in loops.Values) { await ScheduleAsync(loop, stoppingToken); }
        await Task.WhenAll(loops.Values.Select(loop => Task.Run(() => LoopAsync(loop, stoppingToken), CancellationToken.None)));
    }

    private async Task ScheduleAsync(Loop loop, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var reconciler = (IReconciler)scope.ServiceProvider.GetRequiredService(loop.Type);
        loop.Name = reconciler.Name;
        if (reconciler.Cron is null) { loop.Patience = reconciler.Every + Unpunctual; }
        loop.Rhythm = reconciler.Cron ?? reconciler.Every.TotalSeconds.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture);
        var trigger = TriggerBuilder.Create().WithIdentity(loop.Name).StartNow();
        trigger = reconciler.Cron is { } cron
            ? trigger.WithCronSchedule(cron, c => c.InTimeZone(China))
            : trigger.WithSimpleSchedule(s => s.WithInterval(reconciler.Every).RepeatForever());
        var scheduler = await quartz.GetScheduler(ct);
        await scheduler.ScheduleJob(JobBuilder.Create<ReconcilerTick>().WithIdentity(loop.Name).Build(), trigger.Build(), cancellationToken: ct);
        // The first look comes at once, whatever the rhythm.
        loop.Signal.Writer.TryWrite(true);
    }

    private async Task<string> NameAsync(Type type)
    {
        await using var scope = scopes.CreateAsyncScope();
        return ((IReconciler)scope.ServiceProvider.GetRequiredService(type)).Name;
    }

    private async Task LoopAsync(Loop loop, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                await WaitAsync(loop, ct);
                // Taken before looking: whatever is signalled from here on leads to another look.
                loop.Signal.Reader.TryRead(out _);
                if (await RunAsync(loop, ct))
                {
                    loop.NotBefore = null;
                    continue;
                }

                var pause = loop.Failures == 0 ? LeasePatience : BackOff(loop.Failures);
                loop.NotBefore = clock.GetUtcNow() + pause;
                await loop.Urgent.WaitAsync(pause, ct);
                loop.Signal.Writer.TryWrite(true);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested) { }
    }

    /// <summary>Waits to be signalled, but not much longer than the rhythm: Quartz goes by the wall clock, and one that was set back by hours would silence the job for as long.</summary>
    private static async Task WaitAsync(Loop loop, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(loop.Patience);
        try { await loop.Signal.Reader.WaitToReadAsync(patience.Token); }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested) { }
    }

    private static TimeSpan BackOff(int failures) => TimeSpan.FromSeconds(Math.Min(Math.Pow(2, Math.Min(failures, 20) - 1), LongestBackOff.TotalSeconds));

    /// <summary>True when the run came to its end; false when it failed (the loop counts it) or another run holds the lease.</summary>
    private async Task<bool> RunAsync(Loop loop, CancellationToken ct)
    {
        var began = clock.GetUtcNow();
        try
        {
            await using var lease = await leases.TryTakeAsync(loop.Name, ct);
            if (lease is null) { return false; }
            // Read again under the lease: what another process did before is not this run's time.
            began = clock.GetUtcNow();
            loop.RunningSince = began;
            loop.Counted = 0;
            using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct, lease.Lost);
            try
            {
                await PassesAsync(loop, bound.Token);
            }
            catch (OperationCanceledException) when (lease.Lost.IsCancellationRequested || ct.IsCancellationRequested)
            {
                LogInterrupted(loop.Name);
                if (!ct.IsCancellationRequested) { await RecordAsync(loop, began, JobResult.Interrupted, null); }
                return true;
            }

            loop.Failures = 0;
            await RecordAsync(loop, began, JobResult.Done, null);
            return true;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            loop.Failures++;
            LogFailed(e, loop.Name, loop.Failures);
            await RecordFailureAsync(loop, began, e);
            return false;
        }
        finally
        {
            loop.RunningSince = null;
        }
    }

    private async Task<long> PassesAsync(Loop loop, CancellationToken ct)
    {
        long count = 0;
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            await using var scope = scopes.CreateAsyncScope();
            var pass = await ((IReconciler)scope.ServiceProvider.GetRequiredService(loop.Type)).ReconcileAsync(ct);
            loop.Counted = count += pass.Count;
            if (!pass.More) { return count; }
        }
    }

    private async Task RecordFailureAsync(Loop loop, DateTimeOffset began, Exception failure)
    {
        try { await RecordAsync(loop, began, JobResult.Failed, $"{failure.GetType().Name}: {failure.Message}"); }
        catch (Exception e) { LogUnrecorded(e, loop.Name); }
    }

    private async Task RecordAsync(Loop loop, DateTimeOffset began, JobResult result, string? error)
    {
        var now = clock.GetUtcNow();
        if (result == JobResult.Done && loop.Counted == 0 && !loop.IsAsked && now - loop.RecordedAt < IdleRecord) { return; }
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        db.JobRuns.Add(new JobRun
        {
            Id = Guid.CreateVersion7(now),
            Job = loop.Name,
            StartedAt = began,
            FinishedAt = now,
            Result = result,
            Count = loop.Counted,
            Error = error is { Length: > 1000 } ? error[..1000] : error,
            Process = ThisProcess,
        });
        await db.SaveChangesAsync(CancellationToken.None);
        loop.RecordedAt = now;
        loop.IsAsked = false;
        if (loop.Records++ % 20 == 0)
        {
            var oldest = await db.JobRuns.Where(r => r.Job == loop.Name).OrderByDescending(r => r.StartedAt).Skip(JobRun.Kept).Select(r => (DateTimeOffset?)r.StartedAt).FirstOrDefaultAsync(CancellationToken.None);
            if (oldest is not null) { await db.JobRuns.Where(r => r.Job == loop.Name && r.StartedAt <= oldest).ExecuteDeleteAsync(CancellationToken.None); }
        }
    }

    [LoggerMessage(LogLevel.Information, "Job {Job} was interrupted; the next run goes on")]
    private partial void LogInterrupted(string job);

    [LoggerMessage(LogLevel.Error, "Job {Job} failed {Failures} time(s) in a row")]
    private partial void LogFailed(Exception failure, string job, int failures);

    [LoggerMessage(LogLevel.Error, "The failure of job {Job} could not be recorded")]
    private partial void LogUnrecorded(Exception failure, string job);

    private sealed class Loop(Type type)
    {
        internal Type Type { get; } = type;

        internal string Name { get; set; } = "";

        internal string Rhythm { get; set; } = "";

        /// <summary>One place: many signals before a look are one.</summary>
        internal Channel<bool> Signal { get; } = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

        /// <summary>Ends a pause.</summary>
        internal SemaphoreSlim Urgent { get; } = new(0);

        /// <summary>How long it is waited for a signal; for ever where the rhythm is hours of the day.</summary>
        internal TimeSpan Patience { get; set; } = Timeout.InfiniteTimeSpan;

        internal bool IsAsked { get; set; }

        internal DateTimeOffset? RunningSince { get; set; }

        internal DateTimeOffset? NotBefore { get; set; }

        internal DateTimeOffset RecordedAt { get; set; }

        internal long Counted { get; set; }

        internal int Failures { get; set; }

        internal int Records { get; set; }
    }
}

/// <summary>What Quartz runs: it only wakes the reconciler of the same name.</summary>
internal sealed class ReconcilerTick(Reconcilers reconcilers) : IJob
{
    public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        reconcilers.Tick(context.JobDetail.Key.Name);
        return ValueTask.CompletedTask;
    }
}
