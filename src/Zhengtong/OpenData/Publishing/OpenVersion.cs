using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>A dataset and its version under way, of which there is at most one.</summary>
internal sealed record OpenVersion(Dataset Dataset, DatasetVersion Version)
{
    /// <summary>The dataset of the actor's department with its version under way, or why not: open-data.not-found, open-data.not-publisher, open-data.wrong-state.</summary>
    internal static async Task<(OpenVersion? Found, ProblemHttpResult? Problem)> FindAsync(ZhengtongDb db, Guid dataset, Actor actor, CancellationToken ct)
    {
        var (own, problem) = await FindOwnAsync(db, dataset, actor, ct);
        if (own is null) { return (null, problem); }
        var version = await db.DatasetVersions.SingleOrDefaultAsync(v => v.DatasetId == dataset && v.State != VersionState.Published, ct);
        return version is null ? (null, OpenDataProblems.WrongState.Because(own.Title)) : (new OpenVersion(own, version), null);
    }

    /// <summary>The same, in that state and as the caller saw it.</summary>
    internal static async Task<(OpenVersion? Found, ProblemHttpResult? Problem)> FindAsync(ZhengtongDb db, Guid dataset, Actor actor, VersionState state, int revision, CancellationToken ct)
    {
        var (found, problem) = await FindAsync(db, dataset, actor, ct);
        if (found is null) { return (null, problem); }
        if (found.Version.State != state) { return (null, OpenDataProblems.WrongState.Because(found.Dataset.Title)); }
        // While its content is being checked, its steps are nobody's change; once that is done there are findings that the caller must have seen.
        return found.Version.Revision == revision || (found.Version.Check != OpeningCheck.Done && found.Version.IsAsSeen(revision)) ? (found, null) : (null, OpenDataProblems.ChangedMeanwhile.Because(found.Dataset.Title));
    }

    /// <summary>The dataset of the actor's department; what others have not published is not there for it.</summary>
    internal static async Task<(Dataset? Found, ProblemHttpResult? Problem)> FindOwnAsync(ZhengtongDb db, Guid id, Actor actor, CancellationToken ct)
    {
        var dataset = await db.Datasets.SingleOrDefaultAsync(d => d.Id == id, ct);
        if (dataset is null || (dataset.State == DatasetState.Draft && dataset.PublisherId != actor.Organisation)) { return (null, OpenDataProblems.NotFound.Because($"{id}")); }
        return dataset.PublisherId == actor.Organisation ? (dataset, null) : (null, OpenDataProblems.NotPublisher.Because(dataset.Title));
    }

    /// <summary>Blocking findings that nobody has overridden.</summary>
    internal static Task<bool> IsBlockedAsync(ZhengtongDb db, Guid version, CancellationToken ct) =>
        db.OpeningFindings.AnyAsync(f => f.VersionId == version && f.Severity == FindingSeverity.Blocks && f.OverriddenBy == null, ct);
}
