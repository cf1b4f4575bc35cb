using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>The version as published.</summary>
/// <param name="Number">Its number.</param>
/// <param name="PublishedAt">When.</param>
/// <param name="Manifest">SHA-256 of its manifest.</param>
public sealed record ApproveVersionResponse(int Number, DateTimeOffset PublishedAt, string Manifest);

internal static class ApproveVersion
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets/{id:guid}/draft/approval", Handle)
        .Requires(Right.ApproveOpening).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Approve an examined version: it is published at once and for good, with a manifest that the platform signs; another person than who proposed it.</summary>
    /// <response code="200">Published; ledger event open-data.published.</response>
    /// <response code="403">open-data.person-needed, open-data.same-person, open-data.not-publisher</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.wrong-state, open-data.check-not-done, open-data.finding-stands, open-data.changed-meanwhile</response>
    internal static async Task<Results<Ok<ApproveVersionResponse>, ProblemHttpResult>> Handle(
        Guid id, DatasetVersionSeen request, Actor actor, ZhengtongDb db, ObjectStore store, LedgerKeys keys, TimeProvider clock, CancellationToken ct)
    {
        if (actor.IsProgram) { return OpenDataProblems.PersonNeeded.Because(actor.Name); }
        var (open, problem) = await OpenVersion.FindAsync(db, id, actor, VersionState.Examined, request.Revision, ct);
        if (open is null) { return problem!; }
        var (dataset, version) = open;
        if (version.ProposedBy == actor.Id) { return OpenDataProblems.SamePerson.Because(actor.Name); }
        if (version.Check != OpeningCheck.Done) { return OpenDataProblems.CheckNotDone.Because(dataset.Title); }
        if (await OpenVersion.IsBlockedAsync(db, version.Id, ct)) { return OpenDataProblems.FindingStands.Because(dataset.Title); }

        var (at, manifest) = await PublishAsync(db, store, keys, dataset, version, actor, clock.GetUtcNow(), ct);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }
        // Of two at once the index entry of the first stands already.
        catch (DbUpdateException e) when (Kernel.DatabaseErrors.IsUniqueViolation(e)) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }
        return TypedResults.Ok(new ApproveVersionResponse(version.Number, at, manifest.Value));
    }

    /// <summary>Makes an examined version public, to be saved by the caller together with whatever else changes.</summary>
    internal static async Task<(DateTimeOffset At, Digest Manifest)> PublishAsync(
        ZhengtongDb db, ObjectStore store, LedgerKeys keys, Dataset dataset, DatasetVersion version, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        // Key and manifest come first, each in a save of its own: a process that dies behind them has published nothing, and the manifest is collected.
        var key = await keys.CurrentAsync(ct);
        var at = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
        var publisher = await db.Organisations.AsNoTracking().SingleAsync(o => o.Id == dataset.PublisherId, ct);
        var previous = await db.DatasetVersions.Where(v => v.DatasetId == dataset.Id && v.Number == version.Number - 1).Select(v => v.Manifest).SingleOrDefaultAsync(ct);
        var manifest = VersionManifest.BytesOf(key.Origin, dataset, version, previous?.Value, publisher, at);
        var put = await store.PutAsync(manifest, ct);

        version.Publish(actor.Id, put.Digest, Convert.ToBase64String(keys.SignDocument(key, manifest)), at);
        dataset.Publish(version, at);
        await VersionObjects.ReferAsync(db, version, at, ct);
        await PublicResources.PutAsync(db, version, ct);
        await DatasetSearch.PutAsync(db, dataset, version, ct);
        db.Ledger.Add(LedgerEntry.Of("open-data.published", dataset.Id, actor, at, after: new { version.Number, dataset.Name, version.Description.OpenAttribute, manifest = put.Digest.Value }));
        return (at, put.Digest);
    }
}
