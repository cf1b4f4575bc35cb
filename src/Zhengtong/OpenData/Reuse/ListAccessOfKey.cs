using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Zhengtong.OpenData.Keys;

namespace Zhengtong.OpenData.Reuse;

/// <summary>An application as its applicant sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="DatasetName">Last part of the dataset's address.</param>
/// <param name="DatasetTitle">What the dataset is called.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Until">The last day, asked for or granted.</param>
/// <param name="At">When it came.</param>
/// <param name="DueOn">The last day on which the decision is in time.</param>
/// <param name="Ground">Why it was refused or taken back.</param>
public sealed record AccessOfKey(Guid Id, string DatasetName, string DatasetTitle, AccessState State, DateOnly Until, DateTimeOffset At, DateOnly DueOn, string? Ground);

internal static class ListAccessOfKey
{
    private const int Most = 200;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/developer-keys/current/access-applications", Handle).AllowAnonymous().ProducesProblem(404);

    /// <summary>The applications of the key that this call carries, the newest first, at most 200.</summary>
    /// <param name="token">The key's token.</param>
    /// <param name="db">The database.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">The applications.</response>
    /// <response code="404">open-data.key-not-found</response>
    internal static async Task<Results<Ok<IReadOnlyList<AccessOfKey>>, ProblemHttpResult>> Handle([FromHeader(Name = PublicLimits.Header)] string? token, ZhengtongDb db, CancellationToken ct)
    {
        if (await GetKey.FindAsync(token, db, ct) is not { } key) { return OpenDataProblems.KeyNotFound.Because(); }
        return TypedResults.Ok<IReadOnlyList<AccessOfKey>>(await db.AccessApplications.AsNoTracking().Where(a => a.KeyId == key.Id).OrderByDescending(a => a.At).ThenByDescending(a => a.Id).Take(Most)
            .Select(a => new AccessOfKey(a.Id, db.Datasets.Where(d => d.Id == a.DatasetId).Select(d => d.Name).First(), db.Datasets.Where(d => d.Id == a.DatasetId).Select(d => d.Title).First(), a.State, a.Until, a.At, a.DueOn, a.Ground))
            .ToListAsync(ct));
    }
}
