using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;

namespace Zhengtong.OpenData.Keys;

/// <summary>A key, and what it used.</summary>
/// <param name="Id">The key's id.</param>
/// <param name="Name">What it is for.</param>
/// <param name="Scopes">What it may be used for.</param>
/// <param name="PerMinute">Calls a minute.</param>
/// <param name="PerDay">Calls a day.</param>
/// <param name="CreatedAt">When it was taken.</param>
/// <param name="Usage">The last 30 days, the newest first; days without calls are left out.</param>
public sealed record DeveloperKeyResponse(Guid Id, string Name, IReadOnlyList<KeyScope> Scopes, int PerMinute, long PerDay, DateTimeOffset CreatedAt, IReadOnlyList<KeyUsageResponse> Usage);

/// <summary>Calls of one day through one interface.</summary>
/// <param name="Day">Day in China.</param>
/// <param name="Interface">ckan, ogc, odata, mcp, download.</param>
/// <param name="Calls">Calls let in.</param>
/// <param name="Refused">Calls refused because of a limit.</param>
public sealed record KeyUsageResponse(DateOnly Day, string Interface, long Calls, long Refused);

internal static class GetKey
{
    internal const int Days = 30;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/developer-keys/current", Handle).AllowAnonymous().ProducesProblem(404);

    /// <summary>Read the key that this call carries, and what was used with it.</summary>
    /// <param name="token">The key's token.</param>
    /// <param name="db">The database.</param>
    /// <param name="clock">What day it is.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">The key.</response>
    /// <response code="404">open-data.key-not-found</response>
    internal static async Task<Results<Ok<DeveloperKeyResponse>, ProblemHttpResult>> Handle(
        [FromHeader(Name = PublicLimits.Header)] string? token, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (await FindAsync(token, db, ct) is not { } key) { return OpenDataProblems.KeyNotFound.Because(); }
        var since = ChinaTime.DateOf(clock.GetUtcNow()).AddDays(-Days);
        var usage = await db.KeyUsages.Where(u => u.KeyId == key.Id && u.Day > since).OrderByDescending(u => u.Day).ThenBy(u => u.Interface)
            .Select(u => new KeyUsageResponse(u.Day, u.Interface, u.Calls, u.Refused)).ToListAsync(ct);
        return TypedResults.Ok(new DeveloperKeyResponse(key.Id, key.Name, key.Scopes, key.PerMinute, key.PerDay, key.CreatedAt, usage));
    }

    /// <summary>The key of a token while it is good, tracked; else null.</summary>
    internal static async Task<DeveloperKey?> FindAsync(string? token, ZhengtongDb db, CancellationToken ct)
    {
        if (token is null || token.Length > 200) { return null; }
        var hash = DeveloperKey.HashOf(token);
        return await db.DeveloperKeys.SingleOrDefaultAsync(k => k.TokenHash == hash && k.RevokedAt == null, ct);
    }
}
