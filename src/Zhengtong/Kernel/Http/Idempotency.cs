using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Kernel.Http;

/// <summary>A creating call that was answered: the same key brings the same answer for 24 hours.</summary>
internal sealed class IdempotencyKey
{
    /// <summary>Who called; keys of different callers never meet.</summary>
    internal required Guid ActorId { get; init; }

    /// <summary>What the caller sent in Idempotency-Key, 1 to 128 visible ASCII characters.</summary>
    internal required string Key { get; init; }

    /// <summary>Lower-case hex SHA-256 of method, address and body.</summary>
    internal required string Request { get; init; }

    /// <summary>The answer, sealed: it may hold a secret that is shown once. Null only inside the transaction that makes it.</summary>
    internal byte[]? Response { get; init; }

    internal required DateTimeOffset At { get; init; }
}

/// <summary>Marks an endpoint whose repetition under one Idempotency-Key acts once.</summary>
internal sealed record IdempotentMetadata;

/// <summary>Idempotency-Key on creating calls (draft-ietf-httpapi-idempotency-key-header-07). The handler runs inside one transaction with the row of its key:
/// key, change and stored answer commit together or not at all. The handler MUST NOT begin a transaction of its own, and acts outside the database only by what a
/// reconciler later reads from it.</summary>
internal static class Idempotency
{
    internal const string Header = "Idempotency-Key";

    /// <summary>How long an answer is kept.</summary>
    internal static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    private static readonly string[] KeptHeaders = ["Content-Type", "Location", "ETag"];

    /// <summary>Takes Idempotency-Key of signed-in callers; without the header, and for visitors, the call acts each time.
    /// A success is kept and repeated with <c>Idempotency-Replayed: true</c>; a refusal changed nothing, so it is not kept and the call may be sent again under the same key.
    /// 400 kernel.invalid for a key of another form, 409 kernel.idempotency-busy when the first call takes too long, 422 kernel.idempotency-mismatch for another request under the key.</summary>
    internal static RouteHandlerBuilder Idempotent(this RouteHandlerBuilder endpoint) => endpoint
        .WithMetadata(new IdempotentMetadata()).ProducesProblem(409).ProducesProblem(422).AddEndpointFilter(ActOnceAsync);

    /// <summary>The body is read twice, by the handler and for its digest: keeps it where a key was sent.</summary>
    internal static void UseIdempotency(this WebApplication app) => app.Use((http, next) =>
    {
        if (http.Request.Headers.ContainsKey(Header) && http.GetEndpoint()?.Metadata.GetMetadata<IdempotentMetadata>() is not null) { http.Request.EnableBuffering(); }
        return next(http);
    });

    private static async ValueTask<object?> ActOnceAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var services = http.RequestServices;
        var actor = services.GetRequiredService<Actor>();
        if (http.Request.Headers[Header].ToString() is not { Length: > 0 } key || !actor.IsSignedIn) { return await next(context); }
        if (key.Length > 128 || key.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return KernelProblems.Invalid.For(new Dictionary<string, string[]> { [Header] = [Text.Of("kernel.validation.idempotency-key")] });
        }

        var (db, clock, vault, ct) = (services.GetRequiredService<ZhengtongDb>(), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<Vault>(), http.RequestAborted);
        var request = await DigestAsync(http.Request, ct);
        var purpose = $"idempotency:{actor.Id}:{key}";
        try
        {
            // SQLite lets the second call wait here for the first one's commit, PostgreSQL at the insert below.
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            if (!await TakeAsync(db, new IdempotencyKey { ActorId = actor.Id, Key = key, Request = request, At = clock.GetUtcNow() }, ct))
            {
                var earlier = await db.IdempotencyKeys.AsNoTracking().SingleOrDefaultAsync(k => k.ActorId == actor.Id && k.Key == key, ct);
                if (earlier?.Response is null) { return KernelProblems.IdempotencyBusy.Because(); }
                if (earlier.Request != request) { return KernelProblems.IdempotencyMismatch.Because(); }
                await ReplayAsync(http, JsonSerializer.Deserialize<Answer>(vault.Open(earlier.Response, purpose))!, ct);
                return Results.Empty;
            }

            var answer = await AnswerAsync(http, await next(context));
            db.ChangeTracker.Clear();
            var row = db.IdempotencyKeys.Where(k => k.ActorId == actor.Id && k.Key == key);
            if (answer.Status < 300)
            {
                var kept = vault.Seal(JsonSerializer.SerializeToUtf8Bytes(answer), purpose);
                await row.ExecuteUpdateAsync(k => k.SetProperty(x => x.Response, kept), ct);
            }
            else
            {
                await row.ExecuteDeleteAsync(ct);
            }

            await transaction.CommitAsync(ct);
            await http.Response.Body.WriteAsync(answer.Body, ct);
            return Results.Empty;
        }
        catch (Exception e) when (IsBusy(e)) { return KernelProblems.IdempotencyBusy.Because(); }
    }

    /// <summary>True when the key is this call's now; false when another call had it first.</summary>
    private static async Task<bool> TakeAsync(ZhengtongDb db, IdempotencyKey mine, CancellationToken ct)
    {
        var expired = mine.At - Kept;
        await db.IdempotencyKeys.Where(k => k.ActorId == mine.ActorId && k.Key == mine.Key && k.At < expired).ExecuteDeleteAsync(ct);
        if (db.Database.IsNpgsql()) { await db.Database.ExecuteSqlAsync($"SET LOCAL lock_timeout = '10s'", ct); }
        db.IdempotencyKeys.Add(mine);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            db.ChangeTracker.Clear();
            return false;
        }

        if (db.Database.IsNpgsql()) { await db.Database.ExecuteSqlAsync($"SET LOCAL lock_timeout = DEFAULT", ct); }
        return true;
    }

    private static bool IsBusy(Exception failure) => (failure as DbException ?? failure.InnerException as DbException) switch
    {
        PostgresException e => e.SqlState == PostgresErrorCodes.LockNotAvailable,
        SqliteException e => e.SqliteErrorCode == 5,
        _ => false,
    };

    private static async Task<string> DigestAsync(HttpRequest request, CancellationToken ct)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path}{request.QueryString}\n"));
        request.Body.Position = 0;
        var buffer = new byte[8192];
        for (int read; (read = await request.Body.ReadAsync(buffer, ct)) > 0;) { digest.AppendData(buffer, 0, read); }
        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }

    /// <summary>Runs the result into memory: the answer goes out only after the commit.</summary>
    private static async Task<Answer> AnswerAsync(HttpContext http, object? result)
    {
        var wire = http.Response.Body;
        using var body = new MemoryStream();
        http.Response.Body = body;
        try { await (result as IResult ?? Results.Ok(result)).ExecuteAsync(http); }
        finally { http.Response.Body = wire; }

        var headers = KeptHeaders.Where(http.Response.Headers.ContainsKey).ToDictionary(h => h, h => http.Response.Headers[h].ToString());
        return new Answer(http.Response.StatusCode, headers, body.ToArray());
    }

    private static async Task ReplayAsync(HttpContext http, Answer answer, CancellationToken ct)
    {
        http.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers) { http.Response.Headers[name] = value; }
        http.Response.Headers["Idempotency-Replayed"] = "true";
        await http.Response.Body.WriteAsync(answer.Body, ct);
    }

    private sealed record Answer(int Status, Dictionary<string, string> Headers, byte[] Body);
}

/// <summary>Forgets kept answers that are older than promised.</summary>
internal sealed class IdempotencyPurge(ZhengtongDb db, TimeProvider clock) : IReconciler
{
    /// <inheritdoc/>
    public string Name => "kernel.idempotency-keys";

    /// <inheritdoc/>
    public TimeSpan Every => TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var oldest = clock.GetUtcNow() - Idempotency.Kept;
        return Pass.Settled(await db.IdempotencyKeys.Where(k => k.At < oldest).ExecuteDeleteAsync(ct));
    }
}
