using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Reuse;

namespace Zhengtong.OpenData.Publishing;

internal static class ProposeVersion
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets/{id:guid}/draft/proposal", Handle)
        .Requires(Right.OpenData).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Propose the draft: every cell of its content is checked, then a colleague examines it. A dataset that is not opened holds no files, any other at least one; a version that
    /// follows another says what changed; a column that is an item of the information resource is opened no wider than the item is shared.</summary>
    /// <response code="204">Proposed; ledger event open-data.proposed.</response>
    /// <response code="400">open-data.invalid</response>
    /// <response code="403">open-data.person-needed, open-data.not-publisher</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.wrong-state, open-data.import-under-way, open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, DatasetVersionSeen request, Actor actor, ZhengtongDb db, CatalogueLookup catalogue, TimeProvider clock, CancellationToken ct)
    {
        if (actor.IsProgram) { return OpenDataProblems.PersonNeeded.Because(actor.Name); }
        var (open, problem) = await OpenVersion.FindAsync(db, id, actor, VersionState.Draft, request.Revision, ct);
        if (open is null) { return problem!; }
        var (dataset, version) = open;
        if (await FaultsOfAsync(open, catalogue, ct) is { Count: > 0 } faults) { return OpenDataProblems.Invalid.For(faults); }
        // The table would come too late to be in it.
        if (await db.ImportJobs.Where(j => j.VersionId == version.Id && j.ActiveResourceId != null).Select(j => j.FileName).FirstOrDefaultAsync(ct) is { } waiting) { return OpenDataProblems.ImportUnderWay.Because(waiting); }

        var now = clock.GetUtcNow();
        version.Propose(actor.Id, now);
        // Whoever builds on a column that goes hears of it before it is gone.
        await TouchedApps.WarnAsync(db, dataset, version, now, ct);
        // What was overridden stays overridden for the same bytes; everything else is looked for anew.
        var content = VersionObjects.Of(version.Resources);
        var findings = await db.OpeningFindings.Where(f => f.VersionId == version.Id).ToListAsync(ct);
        db.OpeningFindings.RemoveRange(findings.Where(f => f.OverriddenBy is null || f.Content is not { } digest || !content.Contains(digest)));
        db.Ledger.Add(LedgerEntry.Of("open-data.proposed", dataset.Id, actor, now, after: new { version.Number, files = version.Resources.Select(r => new { r.FileName, sha256 = r.Content.Value }) }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }
        return TypedResults.NoContent();
    }

    /// <summary>Why the draft may not be proposed, all at once.</summary>
    internal static async Task<Dictionary<string, string[]>> FaultsOfAsync(OpenVersion open, CatalogueLookup catalogue, CancellationToken ct)
    {
        var (dataset, version) = open;
        var resource = dataset.ResourceId is { } from ? await catalogue.FindAsync(from, ct) : null;
        var description = version.Description;
        var faults = DescriptionRules.FaultsOf(DatasetDescriptionBody.Of(description), resource);
        var isClosed = description.OpenAttribute == OpenAttribute.NotOpen;
        if (isClosed != (version.Resources.Count == 0)) { faults["resources"] = [Text.Of(isClosed ? "open-data.publishing.files-closed" : "open-data.publishing.files-missing")]; }
        if (version.Number > 1 && string.IsNullOrWhiteSpace(version.ChangeNote)) { faults["changeNote"] = [Text.Of("open-data.publishing.note-missing")]; }
        foreach (var (n, file) in version.Resources.Index())
        {
            foreach (var column in file.Table?.Columns ?? [])
            {
                var item = resource?.Items.FirstOrDefault(i => Same(i.Name, column.Name) || Same(i.Column, column.Name) || Same(i.Name, column.Title) || Same(i.Column, column.Title));
                if (item is not null && description.OpenAttribute < DescriptionRules.Widest(item.SharingType)) { faults[$"resources[{n}]"] = [Text.Of("open-data.publishing.item-wider", item.Name, file.Name)]; }
            }
        }

        return faults;
    }

    private static bool Same(string item, string? column) => string.Equals(item, column, StringComparison.OrdinalIgnoreCase);
}
