using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Harvest;

/// <summary>What is shown otherwise than its source says. With nothing in it the source's word holds again.</summary>
/// <param name="Title">Another title, 2 to 200 characters; nothing keeps the source's.</param>
/// <param name="Themes">Ids of other themes, at most 5; nothing keeps the source's.</param>
/// <param name="IsHidden">True hides it from the public.</param>
/// <param name="Revision">The revision of the harvested dataset that the caller saw.</param>
public sealed record CorrectHarvestedRequest([StringLength(200, MinimumLength = 2)] string? Title, [MaxLength(5)] IReadOnlyList<string>? Themes, bool IsHidden, [Range(1, int.MaxValue)] int Revision);

internal static class CorrectHarvested
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/harvested-datasets/{id:guid}/correction", Handle).Requires(Right.ManagePortal).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Correct a harvested dataset's title or themes, or hide it. The correction holds through later runs; when the source changes what it says, the conflict report tells.</summary>
    /// <response code="204">Corrected; ledger event open-data.harvested-corrected.</response>
    /// <response code="400">open-data.invalid</response>
    /// <response code="404">open-data.harvested-not-found</response>
    /// <response code="409">open-data.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, CorrectHarvestedRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var dataset = await db.HarvestedDatasets.SingleOrDefaultAsync(d => d.Id == id && d.IsPresent, ct);
        if (dataset is null) { return OpenDataProblems.HarvestedNotFound.Because($"{id}"); }
        var title = request.Title?.Trim();
        var faults = new Dictionary<string, string[]>();
        if (title is { Length: < 2 }) { faults["title"] = [Text.Of("open-data.harvest.title-form")]; }
        if (request.Themes?.Any(t => t is null || Theme.Find(t) is null) == true) { faults["themes"] = [Text.Of("open-data.harvest.themes-form")]; }
        if (faults.Count > 0) { return OpenDataProblems.Invalid.For(faults); }
        if (dataset.Revision != request.Revision) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }

        var now = clock.GetUtcNow();
        var before = dataset.Correction;
        var themes = request.Themes is { Count: > 0 } ? request.Themes.Distinct(StringComparer.Ordinal).ToList() : null;
        dataset.Correct(title is null && themes is null && !request.IsHidden ? null : new HarvestedCorrection(title, themes, request.IsHidden), now);
        var source = await db.HarvestSources.SingleAsync(s => s.Id == dataset.SourceId, ct);
        HarvestedSearch.Put(db, dataset, source, await db.SearchEntries.SingleOrDefaultAsync(e => e.Kind == HarvestPortals.SearchKind && e.Subject == id, ct));
        db.HarvestConflicts.RemoveRange(await db.HarvestConflicts.Where(c => c.Kind == HarvestConflictKind.ChangedLocally && c.HarvestedId == id).ToListAsync(ct));
        db.Ledger.Add(LedgerEntry.Of("open-data.harvested-corrected", id, actor, now, before: before, after: dataset.Correction));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }
        return TypedResults.NoContent();
    }
}
