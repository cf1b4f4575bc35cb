using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Notices;
using Zhengtong.OpenData.Keys;

namespace Zhengtong.OpenData.Reuse;

/// <summary>A notice to the holder of a key.</summary>
/// <param name="At">When.</param>
/// <param name="Sentence">What it says, in the reader's language.</param>
/// <param name="Href">The page where more stands, from the root.</param>
public sealed record KeyNoticeSummary(DateTimeOffset At, string Sentence, string Href);

internal static class ListKeyNotices
{
    private const int Most = 100;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/developer-keys/current/notices", Handle).AllowAnonymous().ProducesProblem(404);

    /// <summary>The notices to the holder of the key that this call carries, the newest first, at most 100: columns that an app uses will change, an app was reviewed, an application for conditional access was decided.</summary>
    /// <param name="token">The key's token.</param>
    /// <param name="db">The database.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">The notices.</response>
    /// <response code="404">open-data.key-not-found</response>
    internal static async Task<Results<Ok<IReadOnlyList<KeyNoticeSummary>>, ProblemHttpResult>> Handle([FromHeader(Name = PublicLimits.Header)] string? token, ZhengtongDb db, CancellationToken ct)
    {
        if (await GetKey.FindAsync(token, db, ct) is not { } key) { return OpenDataProblems.KeyNotFound.Because(); }
        var found = await db.KeyNotices.AsNoTracking().Where(n => n.KeyId == key.Id).OrderByDescending(n => n.At).ThenByDescending(n => n.Id).Take(Most).ToListAsync(ct);
        return TypedResults.Ok<IReadOnlyList<KeyNoticeSummary>>([.. found.Select(n => new KeyNoticeSummary(n.At, Notice.Sentence(n.TextKey, n.Arguments), n.Href))]);
    }
}
