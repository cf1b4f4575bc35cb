using Microsoft.EntityFrameworkCore;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Reuse;

/// <summary>What happened to a file of a dataset.</summary>
/// <param name="Name">The file's name, the later one.</param>
/// <param name="Change">What happened to it as a whole.</param>
/// <param name="Columns">Columns that differ.</param>
internal sealed record FileNews(string Name, ResourceChange Change, IReadOnlyList<ColumnDifference> Columns);

/// <summary>What a subscriber has not heard of a dataset.</summary>
/// <param name="Name">Last part of its address.</param>
/// <param name="Title">What it is called.</param>
/// <param name="Version">Number of the published version.</param>
/// <param name="At">When that was published, or the dataset taken back.</param>
/// <param name="Missed">How many versions were published since the one that was told of.</param>
/// <param name="IsWithdrawn">True when it was taken back.</param>
/// <param name="Because">Why it was taken back.</param>
/// <param name="ChangeNote">What the publisher says of the version; may be empty.</param>
/// <param name="Opened">How open it is now, where that has changed.</param>
/// <param name="Files">Files that came, went, or have other columns.</param>
internal sealed record DatasetNews(string Name, string Title, int Version, DateTimeOffset At, int Missed, bool IsWithdrawn, string? Because, string ChangeNote, OpenAttribute? Opened, IReadOnlyList<FileNews> Files)
{
    /// <summary>Files, and columns of a file, that are named; more are only counted on the dataset's page.</summary>
    internal const int MostNamed = 20;

    internal static async Task<DatasetNews> ReadAsync(ZhengtongDb db, Dataset dataset, int told, CancellationToken ct)
    {
        if (dataset.State == DatasetState.Withdrawn) { return new(dataset.Name, dataset.Title, dataset.Current, dataset.ModifiedAt, 0, true, dataset.WithdrawnBecause, "", null, []); }
        var versions = await db.DatasetVersions.AsNoTracking().Where(v => v.DatasetId == dataset.Id && v.State == VersionState.Published && (v.Number == told || v.Number == dataset.Current)).ToListAsync(ct);
        var (before, now) = (versions.Find(v => v.Number == told), versions.Find(v => v.Number == dataset.Current));
        OpenAttribute? opened = before is not null && now is not null && before.Description.OpenAttribute != now.Description.OpenAttribute ? now.Description.OpenAttribute : null;
        // Of a closed dataset only that it is there is public.
        var files = before is null || now is null || now.Description.OpenAttribute == OpenAttribute.NotOpen ? [] : Compare(before.Resources, now.Resources);
        return new(dataset.Name, dataset.Title, dataset.Current, now?.PublishedAt ?? dataset.ModifiedAt, Math.Max(1, dataset.Current - told), false, null, now?.ChangeNote ?? "", opened, files);
    }

    private static List<FileNews> Compare(IReadOnlyList<DatasetResource> before, IReadOnlyList<DatasetResource> now)
    {
        var files = new List<FileNews>();
        foreach (var file in now)
        {
            if (before.FirstOrDefault(r => r.Id == file.Id) is not { } earlier) { files.Add(new FileNews(file.Name, ResourceChange.Added, [])); continue; }
            if (earlier.Table is { } old && file.Table is { } table && ColumnDifferences.Of(old, table) is { Count: > 0 } columns) { files.Add(new FileNews(file.Name, ResourceChange.Changed, columns)); }
        }

        files.AddRange(before.Where(r => now.All(n => n.Id != r.Id)).Select(r => new FileNews(r.Name, ResourceChange.Removed, [])));
        return files;
    }
}
