using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;

namespace Zhengtong.OpenData.Keys;

/// <summary>How often the public may call the portal's interfaces; settings <c>OpenData:Limits</c>.</summary>
internal sealed class PublicLimitsOptions
{
    /// <summary>Calls a minute of one visitor, by address; 0 lifts both of the visitor's limits. Default 300.</summary>
    public int VisitorPerMinute { get; set; } = 300;

    /// <summary>Calls a day of one visitor. Default 20,000.</summary>
    public long VisitorPerDay { get; set; } = 20_000;

    /// <summary>Calls a minute of a new key. Default 1,500.</summary>
    public int KeyPerMinute { get; set; } = 1_500;

    /// <summary>Calls a day of a new key. Default 200,000.</summary>
    public long KeyPerDay { get; set; } = 200_000;

    /// <summary>Keys that one address may take a day; 0 lifts the limit. Default 10.</summary>
    public int KeysPerAddress { get; set; } = 10;
}

/// <summary>What became of a call.</summary>
/// <param name="Allowed">False when a limit is reached, the key is no longer good or has not the scope.</param>
/// <param name="Problem">Why not; null when allowed.</param>
/// <param name="RetryAfter">After how long it is worth trying again; null when it never is.</param>
internal readonly record struct Admission(bool Allowed, ProblemType? Problem, TimeSpan? RetryAfter);

/// <summary>Counts the calls of visitors and of keys, lets them in or not, and tells both how much is left (RateLimit and RateLimit-Policy, draft-ietf-httpapi-ratelimit-headers).
/// The minute is counted by each process for itself. The day's count of a key is shared: what this process let in is added to the database every few seconds, and what all processes together
/// let in is read back, so that a quota may be passed by what comes in such an interval, and a crash forgets no more than that.</summary>
internal sealed class PublicLimits(IOptions<PublicLimitsOptions> options, IServiceScopeFactory scopes, TimeProvider clock) : BackgroundService
{
    /// <summary>Where a key may stand.</summary>
    internal const string Header = "X-API-Key";

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KnownFor = TimeSpan.FromSeconds(30);
    private const int MostKnown = 10_000;

    private readonly ConcurrentDictionary<string, Known> known = new();
    private readonly ConcurrentDictionary<string, Caller> callers = new();
    private readonly ConcurrentDictionary<(Guid Key, DateOnly Day, string Interface), Tally> tallies = new();

    /// <summary>Decides about one call and writes the headers.</summary>
    /// <param name="http">The call.</param>
    /// <param name="interface">What it is counted under.</param>
    /// <param name="scope">What a key needs for it.</param>
    /// <param name="ct">Stops the look for a key.</param>
    internal async ValueTask<Admission> AdmitAsync(HttpContext http, string @interface, KeyScope scope, CancellationToken ct)
    {
        DeveloperKey? key = null;
        if (TokenOf(http) is { } token)
        {
            key = await FindAsync(token, ct);
            if (key is null or { RevokedAt: not null }) { return new Admission(false, OpenDataProblems.KeyUnknown, null); }
            if (!key.Scopes.Contains(scope)) { return new Admission(false, OpenDataProblems.KeyScopeMissing, null); }
        }

        var o = options.Value;
        var (perMinute, perDay) = key is null ? (o.VisitorPerMinute, o.VisitorPerDay) : (key.PerMinute, key.PerDay);
        var now = clock.GetUtcNow();
        var day = ChinaTime.DateOf(now);
        var tally = tallies.GetOrAdd((key?.Id ?? Guid.Empty, day, @interface), _ => new Tally());
        if (perMinute <= 0)
        {
            Interlocked.Increment(ref tally.Calls);
            return new Admission(true, null, null);
        }

        var caller = callers.GetOrAdd(key is null ? "a" + RateLimits.AddressOf(http.Connection.RemoteIpAddress) : $"k{key.Id:N} {key.PerMinute}", _ => new Caller(perMinute));
        var (leftToday, untilTomorrow) = caller.Today(day, perDay, now);
        using var lease = leftToday > 0 ? caller.Minute.AttemptAcquire() : null;
        var allowed = lease is { IsAcquired: true };
        if (allowed) { leftToday = caller.Count(perDay); }
        caller.LastAt = now;
        Interlocked.Increment(ref allowed ? ref tally.Calls : ref tally.Refused);
        var leftMinute = caller.Minute.GetStatistics()?.CurrentAvailablePermits ?? 0;
        var headers = http.Response.Headers;
        headers["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"minute\";q={perMinute};w=60, \"day\";q={perDay};w=86400");
        headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"minute\";r={leftMinute};t={(leftMinute > 0 ? 0 : caller.Period.TotalSeconds):0}, \"day\";r={leftToday};t={untilTomorrow.TotalSeconds:0}");
        if (allowed) { return new Admission(true, null, null); }
        var wait = leftToday <= 0 ? untilTomorrow : caller.Period;
        headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return new Admission(false, OpenDataProblems.TooMany, wait);
    }

    /// <summary>Forgets what is known of a key, after it was changed.</summary>
    internal void Forget(DeveloperKey key)
    {
        foreach (var (hash, entry) in known)
        {
            if (entry.Key?.Id == key.Id) { known.TryRemove(hash, out _); }
        }
    }

    /// <summary>Adds what was counted since the last time to the database, and reads what the keys used today in all processes.</summary>
    internal async Task SaveAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        foreach (var (place, tally) in tallies)
        {
            var (calls, refused) = (Interlocked.Exchange(ref tally.Calls, 0), Interlocked.Exchange(ref tally.Refused, 0));
            if (calls == 0 && refused == 0)
            {
                if (place.Day < ChinaTime.DateOf(clock.GetUtcNow())) { tallies.TryRemove(place, out _); }
                continue;
            }

            try { await AddAsync(db, place, calls, refused, ct); }
            catch
            {
                // Counted, not written: for the next time.
                Interlocked.Add(ref tally.Calls, calls);
                Interlocked.Add(ref tally.Refused, refused);
                throw;
            }
        }

        await ReadBackAsync(db, ct);
        Sweep();
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await SaveAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try { await SaveAsync(stoppingToken); }
                // A database that is away for a while delays the counts; it does not end the counting.
                catch (Exception e) when (e is DbUpdateException or System.Data.Common.DbException or TimeoutException or InvalidOperationException) { }
            }
        }
        catch (OperationCanceledException) { }
    }

    /// <summary>The developer's key that the call carries; null for none.</summary>
    internal static string? TokenOf(HttpContext http)
    {
        if (http.Request.Headers.TryGetValue(Header, out var header) && header.ToString() is { Length: > 0 and < 200 } given) { return given; }
        var authorization = http.Request.Headers.Authorization.ToString();
        if (authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) { authorization = authorization[7..]; }
        // Others' tokens, of officers' programs, are none of ours.
        return authorization.StartsWith(DeveloperKey.Mark, StringComparison.Ordinal) && authorization.Length < 200 ? authorization : null;
    }

    private async ValueTask<DeveloperKey?> FindAsync(string token, CancellationToken ct)
    {
        var hash = DeveloperKey.HashOf(token);
        var now = clock.GetUtcNow();
        if (known.TryGetValue(hash, out var entry) && entry.Until > now) { return entry.Key; }
        await using var scope = scopes.CreateAsyncScope();
        var key = await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().DeveloperKeys.AsNoTracking().SingleOrDefaultAsync(k => k.TokenHash == hash, ct);
        // Guessed tokens must not fill the memory.
        if (known.Count > MostKnown) { known.Clear(); }
        known[hash] = new Known(key, now + KnownFor);
        return key;
    }

    private static async Task AddAsync(ZhengtongDb db, (Guid Key, DateOnly Day, string Interface) place, long calls, long refused, CancellationToken ct)
    {
        while (await db.KeyUsages.Where(u => u.KeyId == place.Key && u.Day == place.Day && u.Interface == place.Interface)
            .ExecuteUpdateAsync(s => s.SetProperty(u => u.Calls, u => u.Calls + calls).SetProperty(u => u.Refused, u => u.Refused + refused), ct) == 0)
        {
            db.KeyUsages.Add(new KeyUsage { KeyId = place.Key, Day = place.Day, Interface = place.Interface });
            try { await db.SaveChangesAsync(ct); }
            // Another process made the row in the same moment: add to it.
            catch (DbUpdateException e) when (e.IsUniqueViolation()) { }
            db.ChangeTracker.Clear();
        }
    }

    private async Task ReadBackAsync(ZhengtongDb db, CancellationToken ct)
    {
        var day = ChinaTime.DateOf(clock.GetUtcNow());
        var active = callers.Keys.Where(c => c[0] == 'k').Select(c => Guid.ParseExact(c.AsSpan(1, 32), "N")).Distinct().ToList();
        if (active.Count == 0) { return; }
        var used = await db.KeyUsages.Where(u => u.Day == day && active.Contains(u.KeyId)).GroupBy(u => u.KeyId).Select(g => new { g.Key, Calls = g.Sum(u => u.Calls) }).ToDictionaryAsync(u => u.Key, u => u.Calls, ct);
        foreach (var (name, caller) in callers)
        {
            if (name[0] == 'k' && used.TryGetValue(Guid.ParseExact(name.AsSpan(1, 32), "N"), out var calls)) { caller.AtLeast(day, calls); }
        }
    }

    private void Sweep()
    {
        var (now, day) = (clock.GetUtcNow(), ChinaTime.DateOf(clock.GetUtcNow()));
        foreach (var (name, caller) in callers)
        {
            // Who has not called for ten minutes has a full minute again; the day's count of visitors is kept until the day ends.
            if (now - caller.LastAt > TimeSpan.FromMinutes(10) && (name[0] == 'k' || caller.IsOf(day) is false) && callers.TryRemove(name, out var gone)) { gone.Minute.Dispose(); }
        }
    }

    private sealed record Known(DeveloperKey? Key, DateTimeOffset Until);

    private sealed class Tally
    {
        internal long Calls;
        internal long Refused;
    }

    private sealed class Caller(int perMinute)
    {
        private readonly Lock gate = new();
        private DateOnly day;
        private long calls;

        internal TimeSpan Period { get; } = TimeSpan.FromSeconds(Math.Max(1, 60.0 / perMinute));

        internal TokenBucketRateLimiter Minute { get; } = new(new TokenBucketRateLimiterOptions
        {
            TokenLimit = perMinute,
            TokensPerPeriod = Math.Max(1, perMinute / 60),
            ReplenishmentPeriod = TimeSpan.FromSeconds(Math.Max(1, 60.0 / perMinute)),
            AutoReplenishment = true,
        });

        internal DateTimeOffset LastAt { get; set; }

        /// <summary>How much of the day is left, and how long it still lasts.</summary>
        internal (long Left, TimeSpan Until) Today(DateOnly today, long perDay, DateTimeOffset now)
        {
            lock (gate)
            {
                if (day != today) { (day, calls) = (today, 0); }
                return (Math.Max(0, perDay - calls), ChinaTime.StartOf(today.AddDays(1)) - now);
            }
        }

        internal long Count(long perDay)
        {
            lock (gate) { return Math.Max(0, perDay - ++calls); }
        }

        internal void AtLeast(DateOnly today, long used)
        {
            lock (gate)
            {
                if (day == today) { calls = Math.Max(calls, used); }
            }
        }

        internal bool IsOf(DateOnly today)
        {
            lock (gate) { return day == today; }
        }
    }
}

/// <summary>Puts an interface under the public's limits.</summary>
internal static class PublicLimitsConventions
{
    /// <summary>Calls of these endpoints are counted under the interface's name; a call that is not let in is answered by <paramref name="refuse"/>, or as a problem document.</summary>
    internal static TBuilder WithPublicLimits<TBuilder>(this TBuilder endpoints, string @interface, KeyScope scope, Func<HttpContext, Admission, IResult>? refuse = null) where TBuilder : IEndpointConventionBuilder =>
        endpoints.WithPublicLimits(@interface, _ => scope, refuse);

    /// <summary>The same where the call decides what a key needs.</summary>
    internal static TBuilder WithPublicLimits<TBuilder>(this TBuilder endpoints, string @interface, Func<HttpContext, KeyScope> scope, Func<HttpContext, Admission, IResult>? refuse = null) where TBuilder : IEndpointConventionBuilder =>
        endpoints.WithMetadata(new OwnLimits()).AddEndpointFilter(async (context, next) =>
        {
            var http = context.HttpContext;
            var admission = await http.RequestServices.GetRequiredService<PublicLimits>().AdmitAsync(http, @interface, scope(http), http.RequestAborted);
            return admission.Allowed ? await next(context) : refuse?.Invoke(http, admission) ?? admission.Problem!.Because();
        });
}
