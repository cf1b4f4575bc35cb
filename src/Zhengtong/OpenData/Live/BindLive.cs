using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Live;

/// <summary>Which delivered table a file of a dataset follows.</summary>
/// <param name="AgreementId">An exchange agreement in force by which the caller's department gets a table.</param>
/// <param name="Name">Name of the file, 2 to 100 characters.</param>
/// <param name="QuietMinutes">So many minutes without a further batch end a change, 1 to 10,080; then it is published, or earlier when the promised cycle is over, but not sooner after the version before than the platform's shortest distance.</param>
/// <param name="Revision">The revision of the binding that the caller saw; 0 for none.</param>
public sealed record BindLiveRequest(Guid AgreementId, [Required, StringLength(100, MinimumLength = 2)] string Name, [Range(1, 10_080)] int QuietMinutes, [Range(0, int.MaxValue)] int Revision);

internal static class BindLive
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/datasets/{id:guid}/live", Handle).Requires(Right.OpenData).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Let a file of a dataset follow a delivered table. Its rows come into the draft; the version with them is proposed, examined and approved by persons as any other, and that allows the
    /// following ones without them. Another agreement asks for persons again. After it was halted this lets it go on: a file that persons have put in its place is taken over by the next delivered rows.</summary>
    /// <response code="204">Bound; ledger event open-data.live-bound.</response>
    /// <response code="400">open-data.invalid</response>
    /// <response code="403">open-data.person-needed, open-data.not-publisher</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, BindLiveRequest request, Actor actor, ZhengtongDb db, ExchangeLookup exchange, TimeProvider clock, CancellationToken ct)
    {
        if (actor.IsProgram) { return OpenDataProblems.PersonNeeded.Because(actor.Name); }
        var (dataset, problem) = await OpenVersion.FindOwnAsync(db, id, actor, ct);
        if (dataset is null) { return problem!; }
        var faults = new Dictionary<string, string[]>();
        if (DraftFiles.SafeName(request.Name) is null) { faults["name"] = [Text.Of("open-data.publishing.file-name-shape")]; }
        if (await exchange.FindAsync(request.AgreementId, ct) is not { Allows: true, IsHere: true } table || table.Consumer != actor.Organisation) { faults["agreementId"] = [Text.Of("open-data.live.agreement-unfit")]; }
        if (faults.Count > 0) { return OpenDataProblems.Invalid.For(faults); }
        var live = await db.LiveDatasets.SingleOrDefaultAsync(l => l.DatasetId == id, ct);
        if ((live?.Revision ?? 0) != request.Revision) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }

        var now = clock.GetUtcNow();
        var before = live is null ? null : new { live.AgreementId, live.Name, live.QuietMinutes, live.State };
        if (live is null)
        {
            db.LiveDatasets.Add(new LiveDataset
            {
                DatasetId = id, AgreementId = request.AgreementId, ResourceId = Guid.CreateVersion7(now), Name = request.Name.Trim(), QuietMinutes = request.QuietMinutes, BoundBy = actor.Id, BoundAt = now, NextAt = now,
            });
        }
        else { live.Bind(request.AgreementId, request.Name.Trim(), request.QuietMinutes, actor.Id, await PresentAsync(db, dataset, live, ct), now); }

        db.Ledger.Add(LedgerEntry.Of("open-data.live-bound", id, actor, now, before: before, after: new { request.AgreementId, request.Name, request.QuietMinutes }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }
        return TypedResults.NoContent();
    }

    /// <summary>What stands in the file that follows: in the draft before persons have approved one, in the published version after that.</summary>
    private static async Task<Digest?> PresentAsync(ZhengtongDb db, Dataset dataset, LiveDataset live, CancellationToken ct)
    {
        var draft = live.GrantedBy is null ? await db.DatasetVersions.AsNoTracking().Where(v => v.DatasetId == dataset.Id && v.State != VersionState.Published).Select(v => v.Resources).SingleOrDefaultAsync(ct) : null;
        var files = draft ?? await db.DatasetVersions.AsNoTracking().Where(v => v.Id == dataset.CurrentVersionId).Select(v => v.Resources).SingleOrDefaultAsync(ct);
        return files?.FirstOrDefault(r => r.Id == live.ResourceId)?.Content;
    }
}
