using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Monitor;
using Zhengtong.Kernel.Metering;

namespace Zhengtong.Exchange.Gateway;

/// <summary>The one place where calls become usage, and where a service's faults become known to its department: counted in memory, written once a second.</summary>
internal sealed partial class CallMeter(IServiceScopeFactory scopes, TimeProvider clock, ILogger<CallMeter> logger) : BackgroundService
{
    internal const string Calls = "exchange.calls";
    internal const string Bytes = "exchange.call-bytes";
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly Lock counting = new();
    private Dictionary<(Guid Agreement, Guid Consumer, Guid Service), (long Calls, long Bytes)> used = [];
    private Dictionary<(Guid Agreement, Guid Consumer, Guid Service), long> failed = [];
    private readonly ConcurrentDictionary<Guid, (string Code, DateTimeOffset At)> faults = new();

    /// <summary>A call that was answered: bytes of both bodies.</summary>
    internal void Count(Guid agreement, Guid consumer, Guid service, long bytes)
    {
        lock (counting)
        {
            var sum = used.GetValueOrDefault((agreement, consumer, service));
            used[(agreement, consumer, service)] = (sum.Calls + 1, sum.Bytes + bytes);
        }
    }

    /// <summary>A call that the service failed.</summary>
    internal void Fault(Guid agreement, Guid consumer, Guid service, string code)
    {
        faults[service] = (code, clock.GetUtcNow());
        lock (counting) { failed[(agreement, consumer, service)] = failed.GetValueOrDefault((agreement, consumer, service)) + 1; }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await WriteAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try { await WriteAsync(stoppingToken); }
            catch (Exception e) when (e is not OperationCanceledException) { Failed(e); }
        }
    }

    private async Task WriteAsync(CancellationToken ct)
    {
        Dictionary<(Guid Agreement, Guid Consumer, Guid Service), (long Calls, long Bytes)> taken;
        Dictionary<(Guid Agreement, Guid Consumer, Guid Service), long> missed;
        lock (counting) { (taken, used, missed, failed) = (used, [], failed, []); }
        if (taken.Count == 0 && missed.Count == 0 && faults.IsEmpty) { return; }
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
            var now = clock.GetUtcNow();
            foreach (var ((agreement, consumer, service), (calls, bytes)) in taken)
            {
                db.Usage.Add(UsageRecord.Of(Calls, "call", calls, service, consumer, now, agreement));
                db.Usage.Add(UsageRecord.Of(Bytes, "byte", bytes, service, consumer, now, agreement));
            }

            foreach (var ((agreement, consumer, service), calls) in missed) { FailureAccount.Record(db, agreement, consumer, service, now, calls); }
            await db.SaveChangesAsync(ct);
            taken.Clear();
            missed.Clear();
            foreach (var service in faults.Keys)
            {
                if (!faults.TryRemove(service, out var fault)) { continue; }
                await db.ApiServices.Where(s => s.Id == service).ExecuteUpdateAsync(s => s.SetProperty(x => x.LastFault, fault.Code).SetProperty(x => x.LastFaultAt, fault.At), ct);
            }
        }
        finally
        {
            // What could not be written is counted with what comes next.
            lock (counting)
            {
                foreach (var (key, sum) in taken)
                {
                    var later = used.GetValueOrDefault(key);
                    used[key] = (later.Calls + sum.Calls, later.Bytes + sum.Bytes);
                }

                foreach (var (key, calls) in missed) { failed[key] = failed.GetValueOrDefault(key) + calls; }
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The usage of API calls could not be written; it is kept and written later")]
    private partial void Failed(Exception e);
}
