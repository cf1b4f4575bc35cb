using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>Which datasets and versions a reader may see.</summary>
internal static class PublicDatasets
{
    /// <summary>True when the reader works for the publisher: drafts and what is under way are theirs to see.</summary>
    internal static bool IsOwn(this Dataset dataset, Actor actor) => actor.IsSignedIn && actor.Organisation == dataset.PublisherId && actor.May(Right.ReadWork);

    /// <summary>The dataset by its id or its name, when the reader may see it.</summary>
    internal static async Task<Dataset?> FindAsync(ZhengtongDb db, string dataset, Actor actor, CancellationToken ct)
    {
        var found = Guid.TryParse(dataset, out var id)
            ? await db.Datasets.AsNoTracking().SingleOrDefaultAsync(d => d.Id == id, ct)
            : await db.Datasets.AsNoTracking().SingleOrDefaultAsync(d => d.Name == dataset, ct);
        return found is null || (found.State == DatasetState.Draft && !found.IsOwn(actor)) ? null : found;
    }

    /// <summary>The published version of a dataset, or the one that was in force at the end of a day in China; null when there was none.</summary>
    internal static Task<DatasetVersion?> InForceAsync(ZhengtongDb db, Dataset dataset, DateOnly? asOf, CancellationToken ct)
    {
        if (asOf is not { } day) { return db.DatasetVersions.AsNoTracking().SingleOrDefaultAsync(v => v.Id == dataset.CurrentVersionId, ct); }
        if (day == DateOnly.MaxValue) { day = day.AddDays(-1); }
        var end = ChinaTime.StartOf(day.AddDays(1));
        return db.DatasetVersions.AsNoTracking().Where(v => v.DatasetId == dataset.Id && v.PublishedAt != null && v.PublishedAt < end).OrderByDescending(v => v.Number).FirstOrDefaultAsync(ct);
    }

    /// <summary>A version by its number, when the reader may see it.</summary>
    internal static async Task<DatasetVersion?> FindVersionAsync(ZhengtongDb db, Dataset dataset, int number, Actor actor, CancellationToken ct)
    {
        var found = await db.DatasetVersions.AsNoTracking().SingleOrDefaultAsync(v => v.DatasetId == dataset.Id && v.Number == number, ct);
        return found is null || (found.State != VersionState.Published && !dataset.IsOwn(actor)) ? null : found;
    }
}
