using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Live;

internal static class UnbindLive
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapDelete("/datasets/{id:guid}/live", Handle).Requires(Right.OpenData).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Let a dataset follow no longer: what is published stays, a version that was being checked becomes a draft for persons when they return it.</summary>
    /// <response code="204">Unbound; ledger event open-data.live-unbound.</response>
    /// <response code="403">open-data.not-publisher</response>
    /// <response code="404">open-data.not-found, open-data.not-live</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var (dataset, problem) = await OpenVersion.FindOwnAsync(db, id, actor, ct);
        if (dataset is null) { return problem!; }
        if (await db.LiveDatasets.SingleOrDefaultAsync(l => l.DatasetId == id, ct) is not { } live) { return OpenDataProblems.NotLive.Because(dataset.Title); }

        db.LiveDatasets.Remove(live);
        db.Ledger.Add(LedgerEntry.Of("open-data.live-unbound", id, actor, clock.GetUtcNow(), before: new { live.AgreementId, live.Name, live.State }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.NotLive.Because(dataset.Title); }
        return TypedResults.NoContent();
    }
}
