using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Zhengtong.OpenData.Keys;

namespace Zhengtong.OpenData.Reuse;

/// <summary>A subscription as its holder sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="DatasetName">Last part of the dataset's address.</param>
/// <param name="DatasetTitle">What the dataset is called.</param>
/// <param name="Address">Where it is sent.</param>
/// <param name="ToldVersion">The last version that the address knows of.</param>
/// <param name="Failures">Failures in a row.</param>
/// <param name="LastResult">What came of the last try.</param>
/// <param name="DeadSince">Since when nothing more is sent.</param>
public sealed record DatasetSubscriptionSummary(Guid Id, string DatasetName, string DatasetTitle, string Address, int ToldVersion, int Failures, string? LastResult, DateTimeOffset? DeadSince);

internal static class ListSubscriptions
{
    private const int Most = 200;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/developer-keys/current/subscriptions", Handle).AllowAnonymous().ProducesProblem(404);

    /// <summary>The subscriptions of the key that this call carries, the newest first.</summary>
    /// <param name="token">The key's token.</param>
    /// <param name="db">The database.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">The subscriptions.</response>
    /// <response code="404">open-data.key-not-found</response>
    internal static async Task<Results<Ok<IReadOnlyList<DatasetSubscriptionSummary>>, ProblemHttpResult>> Handle([FromHeader(Name = PublicLimits.Header)] string? token, ZhengtongDb db, CancellationToken ct)
    {
        if (await GetKey.FindAsync(token, db, ct) is not { } key) { return OpenDataProblems.KeyNotFound.Because(); }
        return TypedResults.Ok<IReadOnlyList<DatasetSubscriptionSummary>>(await db.DatasetSubscriptions.AsNoTracking().Where(s => s.KeyId == key.Id).OrderByDescending(s => s.At).ThenByDescending(s => s.Id).Take(Most)
            .Select(s => new DatasetSubscriptionSummary(s.Id, db.Datasets.Where(d => d.Id == s.DatasetId).Select(d => d.Name).First(), db.Datasets.Where(d => d.Id == s.DatasetId).Select(d => d.Title).First(),
                s.Address, s.ToldVersion, s.Failures, s.LastResult, s.DeadSince)).ToListAsync(ct));
    }
}
