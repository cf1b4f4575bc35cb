using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Cloud.Metering;

/// <summary>Where readings come from: registered by whoever knows engines, one a pool or one for all. What it cannot read now it leaves out; the minutes become gaps.</summary>
/// <param name="Name">For the log.</param>
/// <param name="ReadAsync">Reads all resources once, in the scope given, with the time of each reading.</param>
internal sealed record MeterSource(string Name, Func<IServiceProvider, CancellationToken, Task<IReadOnlyList<MeterReading>>> ReadAsync);

/// <summary>Each minute: reads the meters of every engine and writes down what they say; folds the hours and days that are over. An engine that does not answer keeps no other from being read.</summary>
internal sealed partial class ReadMeters(ZhengtongDb db, IEnumerable<MeterSource> sources, IServiceProvider scope, TimeProvider clock, ILogger<ReadMeters> logger) : IReconciler
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    public string Name => "cloud.metering";

    public TimeSpan Every => TimeSpan.FromMinutes(1);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var all = await Task.WhenAll(sources.Select(s => ReadAsync(s, ct)));
        var taken = all.Sum(r => r.Count) == 0 ? default : await TakeAsync([.. all.SelectMany(r => r)], ct);
        var (now, folded) = (clock.GetUtcNow(), 0L);
        while (await Folding.FoldHourAsync(db, now, ct) is { } resources) { folded += resources; }
        folded += await Folding.CloseDaysAsync(db, now, ct);
        folded += await Folding.LetGoAsync(db, now, ct);
        // More days are closed in the rounds that follow, so that a reading is never late for them.
        return Pass.Settled(taken.Taken + folded);
    }

    private async Task<SamplesTaken> TakeAsync(List<MeterReading> readings, CancellationToken ct)
    {
        // Engines may tell of what is not ours.
        var ours = (await db.CloudResources.AsNoTracking().Where(r => r.State != CloudResourceState.Removed && r.DeliveredAt != null).Select(r => r.Id).ToListAsync(ct)).ToHashSet();
        readings.RemoveAll(r => !ours.Contains(r.ResourceId));
        return await Samples.TakeAsync(db, readings, clock.GetUtcNow(), ct);
    }

    private async Task<IReadOnlyList<MeterReading>> ReadAsync(MeterSource source, CancellationToken ct)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(Patience);
        try
        {
            await using var own = scope.CreateAsyncScope();
            return await source.ReadAsync(own.ServiceProvider, bound.Token);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            LogUnread(e, source.Name);
            return [];
        }
    }

    [LoggerMessage(LogLevel.Warning, "The meters of {Source} could not be read; the minute is a gap")]
    private partial void LogUnread(Exception failure, string source);
}
