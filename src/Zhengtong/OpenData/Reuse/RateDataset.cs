using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Reuse;

/// <summary>A rating.</summary>
/// <param name="Stars">1 to 5.</param>
public sealed record RateDatasetRequest([Range(1, 5)] int Stars);

internal static class RateDataset
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/datasets/{dataset}/rating", Handle).AllowAnonymous().ProducesProblem(401).ProducesProblem(404).ProducesProblem(409).ProducesProblem(429);

    /// <summary>Rate a published dataset. Everybody has one rating: an officer by the account, a developer by the key, a visitor by a cookie; rating again changes it.</summary>
    /// <response code="200">All ratings together; ledger event open-data.rated.</response>
    /// <response code="401">open-data.key-unknown</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.wrong-state, open-data.changed-meanwhile</response>
    /// <response code="429">open-data.too-many-writings</response>
    internal static async Task<Results<Ok<DatasetRatingSummary>, ProblemHttpResult>> Handle(
        [StringLength(100)] string dataset, RateDatasetRequest request, HttpContext http, Actor actor, ZhengtongDb db, Voices voices, TimeProvider clock, CancellationToken ct)
    {
        if (await PublicDatasets.FindAsync(db, dataset, Actor.Visitor, ct) is not { } found) { return OpenDataProblems.NotFound.Because(dataset); }
        if (found.State != DatasetState.Published) { return OpenDataProblems.WrongState.Because(found.Title); }
        var (voice, problem) = await Voices.OfAsync(http, actor, db, ct);
        if (voice is null) { return problem!.Because(); }
        if (!voices.MayWrite(http, voice, $"rating {found.Id:N}")) { return OpenDataProblems.TooManyWritings.Because(); }

        var now = clock.GetUtcNow();
        var rating = await db.DatasetRatings.SingleOrDefaultAsync(r => r.DatasetId == found.Id && r.Voice == voice.Mark, ct);
        var before = rating?.Stars;
        if (rating is null) { db.DatasetRatings.Add(new DatasetRating { DatasetId = found.Id, Voice = voice.Mark, Stars = request.Stars, At = now }); }
        else { (rating.Stars, rating.At) = (request.Stars, now); }

        db.Ledger.Add(LedgerEntry.Of("open-data.rated", found.Id, actor, now, before: new { stars = before }, after: new { request.Stars, voice.Kind }));
        try { await db.SaveChangesAsync(ct); }
        // The same voice twice at once: the first stands.
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return OpenDataProblems.ChangedMeanwhile.Because(found.Title); }
        return TypedResults.Ok(await DatasetRatingSummary.ReadAsync(db, found.Id, ct));
    }
}
