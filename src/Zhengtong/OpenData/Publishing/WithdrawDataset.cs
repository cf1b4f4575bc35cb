using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Reuse;

namespace Zhengtong.OpenData.Publishing;

/// <summary>Why a dataset is taken back.</summary>
/// <param name="Reason">2 to 500 characters; the public reads it.</param>
/// <param name="Revision">The revision of the dataset that the caller saw.</param>
public sealed record WithdrawDatasetRequest([Required, StringLength(500, MinimumLength = 2)] string Reason, [Range(1, int.MaxValue)] int Revision);

internal static class WithdrawDataset
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets/{id:guid}/withdrawal", Handle)
        .Requires(Right.ApproveOpening).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Take a published dataset back: its page says so and why, its versions give no data any more. Publishing a new version brings it back.</summary>
    /// <response code="204">Withdrawn; ledger event open-data.withdrawn.</response>
    /// <response code="403">open-data.person-needed, open-data.not-publisher</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.wrong-state, open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, WithdrawDatasetRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (actor.IsProgram) { return OpenDataProblems.PersonNeeded.Because(actor.Name); }
        var (dataset, problem) = await OpenVersion.FindOwnAsync(db, id, actor, ct);
        if (dataset is null) { return problem!; }
        if (dataset.State != DatasetState.Published) { return OpenDataProblems.WrongState.Because(dataset.Title); }
        if (dataset.Revision != request.Revision) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }

        var now = clock.GetUtcNow();
        dataset.Withdraw(request.Reason, now);
        await TouchedApps.WarnAsync(db, dataset, null, now, ct);
        db.SearchEntries.RemoveRange(await db.SearchEntries.Where(e => e.Kind == DatasetSearch.Kind && e.Subject == id).ToListAsync(ct));
        db.Ledger.Add(LedgerEntry.Of("open-data.withdrawn", id, actor, now, request.Reason, before: new { number = dataset.Current }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }
        return TypedResults.NoContent();
    }
}
