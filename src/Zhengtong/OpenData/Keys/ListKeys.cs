using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.OpenData.Keys;

/// <summary>A key as the operator's list shows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What it is for.</param>
/// <param name="Mail">Where its holder is reached; null when not said.</param>
/// <param name="Beginning">The token's first characters.</param>
/// <param name="PerMinute">Calls a minute.</param>
/// <param name="PerDay">Calls a day.</param>
/// <param name="Calls">Calls of all days.</param>
/// <param name="Revision">For changes.</param>
/// <param name="CreatedAt">When it was taken.</param>
/// <param name="RevokedAt">When it was revoked; null while it is good.</param>
public sealed record DeveloperKeySummary(
    Guid Id, string Name, string? Mail, string Beginning, int PerMinute, long PerDay, long Calls, int Revision, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt);

internal static class ListKeys
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/developer-keys", Handle).Requires(Right.Operate).ProducesProblem(403);

    /// <summary>List the developers' keys, the newest first.</summary>
    /// <param name="page">Which part of the list.</param>
    /// <param name="db">The database.</param>
    /// <param name="paging">Reads by cursor.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">A page of keys.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<DeveloperKeySummary>>, ProblemHttpResult>> Handle([AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct) =>
        await paging.ReadAsync(db.DeveloperKeys, page, k => k.CreatedAt, k => k.Id, Shown(db), descending: true, ct) is { } read
            ? TypedResults.Ok(read) : Kernel.KernelProblems.CursorUnknown.Because();

    private static System.Linq.Expressions.Expression<Func<DeveloperKey, DeveloperKeySummary>> Shown(ZhengtongDb db) => k => new DeveloperKeySummary(
        k.Id, k.Name, k.Mail, k.Beginning, k.PerMinute, k.PerDay, db.KeyUsages.Where(u => u.KeyId == k.Id).Sum(u => u.Calls), k.Revision, k.CreatedAt, k.RevokedAt);
}
