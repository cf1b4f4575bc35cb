using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

internal static class RemoveResource
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapDelete("/datasets/{id:guid}/draft/files/{resource:guid}", Handle)
        .Requires(Right.OpenData).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(428);

    /// <summary>Take a file out of the draft; published versions keep it. Name the revision of the version seen in If-Match.</summary>
    /// <response code="204">Removed; ledger event open-data.file-removed.</response>
    /// <response code="403">open-data.not-publisher</response>
    /// <response code="404">open-data.not-found, open-data.resource-not-found</response>
    /// <response code="409">open-data.wrong-state, open-data.import-under-way, open-data.changed-meanwhile</response>
    /// <response code="412">kernel.changed-meanwhile</response>
    /// <response code="428">kernel.precondition-needed</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, Guid resource, HttpContext http, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var (open, problem) = await OpenVersion.FindAsync(db, id, actor, ct);
        if (open is null) { return problem!; }
        if (http.PreconditionFails(open.Version.Revision) is { } failed) { return failed; }
        return await RemoveAsync(open, resource, actor, db, clock, ct) is { } refused ? refused : TypedResults.NoContent();
    }

    /// <summary>The same for a draft at hand; null when it is done.</summary>
    internal static async Task<ProblemHttpResult?> RemoveAsync(OpenVersion open, Guid resource, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var (dataset, version) = open;
        if (version.State != VersionState.Draft) { return OpenDataProblems.WrongState.Because(dataset.Title); }
        if (version.Resources.FirstOrDefault(r => r.Id == resource) is not { } gone) { return OpenDataProblems.ResourceNotFound.Because($"{resource}"); }
        // Its end would put the file back.
        if (await db.ImportJobs.AnyAsync(j => j.ActiveResourceId == resource, ct)) { return OpenDataProblems.ImportUnderWay.Because(gone.FileName); }

        var now = clock.GetUtcNow();
        version.Draft(version.Description, [.. version.Resources.Where(r => r.Id != resource)], version.ChangeNote);
        await VersionObjects.ReferAsync(db, version, now, ct);
        db.Ledger.Add(LedgerEntry.Of("open-data.file-removed", dataset.Id, actor, now, before: new { version.Number, resource, gone.FileName, sha256 = gone.Content.Value }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }
        return null;
    }
}
