using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;

namespace Zhengtong.Cloud.Resources;

/// <summary>Who has a terminal open, over all processes of the platform: so many of an account, and one console of a resource. A place is a row that its holder renews while the terminal is open, and that another may take once
/// it has expired.</summary>
internal sealed class TerminalSeats(IServiceScopeFactory scopes, IOptions<CloudOptions> options, TimeProvider clock)
{
    /// <summary>So long a place stays taken by one who died.</summary>
    internal static readonly TimeSpan Lasts = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan RenewedEvery = TimeSpan.FromSeconds(10);

    private readonly IServiceScopeFactory scopes = scopes;
    private readonly TimeProvider clock = clock;

    /// <summary>Most at once for an account.</summary>
    internal int Most => options.Value.TerminalsEach;

    /// <summary>One more terminal of the account, until it is disposed of; null when it has as many as it may.</summary>
    internal async Task<Seat?> TryTakeAsync(Guid account, CancellationToken ct)
    {
        for (var number = 1; number <= Most; number++)
        {
            if (await TakeAsync($"account:{account:N}:{number}", ct) is { } seat) { return seat; }
        }

        return null;
    }

    /// <summary>The console of a resource, until it is disposed of; null while somebody has it.</summary>
    internal Task<Seat?> TryTakeConsoleAsync(Guid resource, CancellationToken ct) => TakeAsync($"console:{resource:N}", ct);

    private async Task<Seat?> TakeAsync(string key, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var (now, holder) = (clock.GetUtcNow(), Guid.CreateVersion7(clock.GetUtcNow()));
        var until = now + Lasts;
        // Of two who take one that has expired the statement lets one; of two who make the row the key does.
        if (await db.TerminalLeases.Where(l => l.Key == key && l.Until <= now).ExecuteUpdateAsync(s => s.SetProperty(l => l.Holder, holder).SetProperty(l => l.Until, until), ct) > 0) { return new Seat(this, key, holder, now); }
        if (await db.TerminalLeases.AnyAsync(l => l.Key == key, ct)) { return null; }
        db.TerminalLeases.Add(new TerminalLease { Key = key, Holder = holder, Until = until });
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return null; }
        return new Seat(this, key, holder, now);
    }

    /// <summary>A place that somebody has.</summary>
    internal sealed class Seat(TerminalSeats seats, string key, Guid holder, DateTimeOffset takenAt) : IAsyncDisposable
    {
        private DateTimeOffset renewedAt = takenAt;

        /// <summary>True as long as it is still this holder's; asked each second, it is written every ten.</summary>
        internal async Task<bool> KeepAsync(CancellationToken ct)
        {
            var now = seats.clock.GetUtcNow();
            if (now - renewedAt < RenewedEvery) { return true; }
            await using var scope = seats.scopes.CreateAsyncScope();
            var until = now + Lasts;
            // One who slept too long has lost it only when another took it.
            if (await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().TerminalLeases.Where(l => l.Key == key && l.Holder == holder).ExecuteUpdateAsync(s => s.SetProperty(l => l.Until, until), ct) == 0) { return false; }
            renewedAt = now;
            return true;
        }

        public async ValueTask DisposeAsync()
        {
            await using var scope = seats.scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().TerminalLeases.Where(l => l.Key == key && l.Holder == holder).ExecuteDeleteAsync(CancellationToken.None);
        }
    }
}
