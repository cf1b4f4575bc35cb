using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Reuse;

namespace Zhengtong.OpenData.Portal;

/// <summary>A dataset as the public finds it: published once at least, with one of its published versions.</summary>
/// <param name="Dataset">The dataset; published or withdrawn.</param>
/// <param name="Version">The version asked for; the current one when none was.</param>
/// <param name="Publisher">The department that answers for it.</param>
internal sealed record PublicDataset(Dataset Dataset, DatasetVersion Version, Organisation Publisher)
{
    /// <summary>True when the version is the one the public sees first.</summary>
    internal bool IsCurrent => Version.Id == Dataset.CurrentVersionId;

    /// <summary>True when the reader may read what is in it: it was granted, or the dataset stands open and the version was published as open. What was closed later is closed in its older versions too.</summary>
    internal bool GivesData => Dataset.State == DatasetState.Published
        && ((Dataset.OpenAttribute == OpenAttribute.Unconditional && Version.Description.OpenAttribute == OpenAttribute.Unconditional) || (IsGranted && !IsClosed));

    /// <summary>True when the conditionally open dataset was granted to the reader's key.</summary>
    internal bool IsGranted { get; private init; }

    /// <summary>True when only that it exists, and why it is closed, is public.</summary>
    internal bool IsClosed => Dataset.OpenAttribute == OpenAttribute.NotOpen || Version.Description.OpenAttribute == OpenAttribute.NotOpen;

    /// <summary>Path of its page.</summary>
    internal string Address => $"/dataset/{Dataset.Name}";

    /// <summary>The query that keeps to the version on pages below it; empty for the current one.</summary>
    internal string Keep => IsCurrent ? "" : $"?version={Version.Id}";

    /// <summary>The dataset of that name, or of that id; null when there is none that was ever published, or no such published version of it.</summary>
    internal static async Task<PublicDataset?> FindAsync(ZhengtongDb db, string nameOrId, Guid? version, CancellationToken ct)
    {
        var seen = db.Datasets.AsNoTracking().Where(d => d.State != DatasetState.Draft);
        var dataset = await seen.SingleOrDefaultAsync(d => d.Name == nameOrId, ct);
        if (dataset is null && Guid.TryParseExact(nameOrId, "D", out var id)) { dataset = await seen.SingleOrDefaultAsync(d => d.Id == id, ct); }
        if (dataset is null) { return null; }
        var wanted = version ?? dataset.CurrentVersionId;
        var found = await db.DatasetVersions.AsNoTracking().SingleOrDefaultAsync(v => v.Id == wanted && v.DatasetId == dataset.Id && v.State == VersionState.Published, ct);
        return found is null ? null : new PublicDataset(dataset, found, await db.Organisations.AsNoTracking().SingleAsync(o => o.Id == dataset.PublisherId, ct));
    }

    /// <summary>The same, with what was granted to the reader.</summary>
    internal static async Task<PublicDataset?> FindAsync(ZhengtongDb db, Readers readers, string nameOrId, Guid? version, CancellationToken ct) =>
        await FindAsync(db, nameOrId, version, ct) is not { } found ? null : found.Dataset.OpenAttribute == OpenAttribute.Unconditional && found.GivesData ? found
            : found with { IsGranted = (await readers.GrantedAsync(ct)).Contains(found.Dataset.Id) };

    /// <summary>The version's resource of that id; null when it has none.</summary>
    internal DatasetResource? Find(Guid resource) => Version.Resources.FirstOrDefault(r => r.Id == resource);
}
