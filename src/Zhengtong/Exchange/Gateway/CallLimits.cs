using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Gateway;

/// <summary>A call that was let in, until it is over.</summary>
/// <param name="Limits">The agreed limits.</param>
/// <param name="LeftToday">Calls still free today, as far as this process knows.</param>
/// <param name="Gate">Where the call is given back.</param>
internal sealed record Admission(ApiLimits Limits, long LeftToday, AgreementGate Gate) : IDisposable
{
    public void Dispose() => Gate.Leave();
}

/// <summary>Keeps calls within what their agreements say: a day's quota over all processes, rate and concurrency in each process.</summary>
internal sealed class CallLimits(IServiceScopeFactory scopes, TimeProvider clock) : IHostedService
{
    private readonly ConcurrentDictionary<Guid, AgreementGate> gates = new();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Gives back what was reserved and not used.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var gate in gates.Values) { await gate.ReturnAsync(cancellationToken); }
    }

    /// <summary>Lets a call in, or says which limit is reached. What is let in counts, whatever becomes of it.</summary>
    internal async ValueTask<(Admission? Admission, Refusal? Refusal)> AdmitAsync(AgreementTerms terms, CancellationToken ct)
    {
        var gate = gates.GetOrAdd(terms.Id, id => new AgreementGate(id, terms.Limits!, scopes, clock));
        if (!gate.TryEnter(out var refusal)) { return (null, refusal); }
        try
        {
            if (await gate.TakeAsync(ct) is { } left) { return (new Admission(gate.Limits, left, gate), null); }
        }
        catch
        {
            gate.Leave();
            throw;
        }

        gate.Leave();
        return (null, Refusal.QuotaSpent(LeftOfDay(clock.GetUtcNow())));
    }

    /// <summary>Until the next day begins in China.</summary>
    internal static TimeSpan LeftOfDay(DateTimeOffset now) => ChinaTime.StartOf(ChinaTime.DateOf(now).AddDays(1)) - now;
}

/// <summary>One agreement's limits in this process.</summary>
internal sealed class AgreementGate(Guid agreement, ApiLimits limits, IServiceScopeFactory scopes, TimeProvider clock)
{
    /// <summary>A hundredth of the day's calls at a time, at most a thousand: so much a killed process may lose, and so rarely the database is asked.</summary>
    private readonly int block = Math.Clamp(limits.CallsPerDay / 100, 1, 1000);
    private readonly Lock state = new();
    private readonly SemaphoreSlim reserving = new(1);
    private readonly List<long> begun = [];
    private int oldest;
    private int running;
    private DateOnly day;
    private long free;
    private long others = limits.CallsPerDay;
    private long spentSince;

    internal ApiLimits Limits => limits;

    /// <summary>Takes a place among those running and a moment within the second: at any time at most the agreed number began during the second before it.</summary>
    internal bool TryEnter(out Refusal? refusal)
    {
        lock (state)
        {
            refusal = null;
            if (running >= limits.Concurrent)
            {
                refusal = Refusal.TooManyAtOnce;
                return false;
            }

            var now = clock.GetTimestamp();
            if (begun.Count < limits.CallsPerSecond) { begun.Add(now); }
            else
            {
                var since = clock.GetElapsedTime(begun[oldest], now);
                if (since < TimeSpan.FromSeconds(1))
                {
                    refusal = Refusal.TooFast(TimeSpan.FromSeconds(1) - since);
                    return false;
                }

                begun[oldest] = now;
                oldest = (oldest + 1) % begun.Count;
            }

            running++;
            return true;
        }
    }

    internal void Leave()
    {
        lock (state) { running--; }
    }

    /// <summary>Takes one call of today's quota; how many are left, or null when none was.</summary>
    internal async ValueTask<long?> TakeAsync(CancellationToken ct)
    {
        var today = ChinaTime.DateOf(clock.GetUtcNow());
        if (TakeReserved(today) is { } known) { return known; }
        await reserving.WaitAsync(ct);
        try
        {
            if (TakeReserved(today) is { } meanwhile) { return meanwhile; }
            // Another process may give some back, so that "spent" is not for ever; but it is not asked for at each refused call.
            if (day == today && spentSince != 0 && clock.GetElapsedTime(spentSince) < TimeSpan.FromSeconds(1)) { return null; }
            var (got, left) = await ReserveAsync(today, ct);
            lock (state)
            {
                (day, free, others) = (today, got, left);
                spentSince = got == 0 ? clock.GetTimestamp() : 0;
            }

            return TakeReserved(today);
        }
        finally { reserving.Release(); }
    }

    /// <summary>Gives back what this process has reserved of the day and not used.</summary>
    internal async Task ReturnAsync(CancellationToken ct)
    {
        long unused;
        lock (state) { (unused, free) = (free, 0); }
        if (unused == 0) { return; }
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        await db.ApiQuotas.Where(q => q.AgreementId == agreement && q.Day == day).ExecuteUpdateAsync(s => s.SetProperty(q => q.Reserved, q => q.Reserved - unused), ct);
    }

    private long? TakeReserved(DateOnly today)
    {
        lock (state)
        {
            if (day != today || free == 0) { return null; }
            free--;
            return free + others;
        }
    }

    /// <summary>Reserves the next block: how many came, and how many stay free for whoever asks next. Committed before any of them is used.</summary>
    private async Task<(long Got, long Left)> ReserveAsync(DateOnly today, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        while (true)
        {
            if (await db.ApiQuotas.Where(q => q.AgreementId == agreement && q.Day == today).Select(q => (long?)q.Reserved).SingleOrDefaultAsync(ct) is not { } reserved)
            {
                var made = new ApiQuota { AgreementId = agreement, Day = today, Reserved = 0 };
                db.ApiQuotas.Add(made);
                try { await db.SaveChangesAsync(ct); }
                catch (DbUpdateException e) when (e.IsUniqueViolation()) { /* Another process made it in the same moment. */ }
                db.Entry(made).State = EntityState.Detached;
                continue;
            }

            var got = Math.Min(block, limits.CallsPerDay - reserved);
            if (got <= 0) { return (0, 0); }
            if (await db.ApiQuotas.Where(q => q.AgreementId == agreement && q.Day == today && q.Reserved == reserved)
                .ExecuteUpdateAsync(s => s.SetProperty(q => q.Reserved, reserved + got), ct) == 1) { return (got, limits.CallsPerDay - reserved - got); }
        }
    }
}
