using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>Gives up a dataset that never was public.</summary>
internal static class DiscardDraft
{
    /// <summary>Removes the dataset with its draft; the ledger keeps that it was. Null when it is done, else open-data.wrong-state, open-data.import-under-way, open-data.changed-meanwhile.</summary>
    /// <param name="db">The database.</param>
    /// <param name="dataset">Of the actor's department, tracked.</param>
    /// <param name="actor">Who gives it up.</param>
    /// <param name="now">When.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<ProblemHttpResult?> DiscardAsync(ZhengtongDb db, Dataset dataset, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        var version = await db.DatasetVersions.SingleOrDefaultAsync(v => v.DatasetId == dataset.Id, ct);
        if (dataset.State != DatasetState.Draft || version is not { State: VersionState.Draft }) { return OpenDataProblems.WrongState.Because(dataset.Title); }
        var jobs = await db.ImportJobs.Where(j => j.DatasetId == dataset.Id).ToListAsync(ct);
        if (jobs.Any(j => j.State is ImportState.Waiting or ImportState.Running)) { return OpenDataProblems.ImportUnderWay.Because(dataset.Title); }

        List<string> owners = [VersionObjects.OwnerOf(version.Id), .. jobs.Select(j => j.Owner)];
        db.ObjectReferences.RemoveRange(await db.ObjectReferences.Where(r => owners.Contains(r.Owner)).ToListAsync(ct));
        db.ImportJobs.RemoveRange(jobs);
        db.OpeningFindings.RemoveRange(await db.OpeningFindings.Where(f => f.VersionId == version.Id).ToListAsync(ct));
        db.DatasetVersions.Remove(version);
        db.Datasets.Remove(dataset);
        db.Ledger.Add(LedgerEntry.Of("open-data.discarded", dataset.Id, actor, now, before: new { dataset.Name, dataset.Title, files = version.Resources.Select(r => new { r.FileName, sha256 = r.Content.Value }) }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.ChangedMeanwhile.Because(dataset.Title); }
        return null;
    }
}
