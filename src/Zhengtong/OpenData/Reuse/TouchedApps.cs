using Microsoft.EntityFrameworkCore;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Reuse;

/// <summary>An app that a version breaks.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Maker">Who made it.</param>
/// <param name="Columns">The columns that it uses and that the version has not; empty when the rows are no longer open to everybody.</param>
public sealed record TouchedApp(Guid Id, string Name, string Maker, IReadOnlyList<string> Columns);

/// <summary>Which apps a version, or a withdrawal, breaks, and the warning of their makers.</summary>
internal static class TouchedApps
{
    private const int Most = 1000;

    /// <summary>The shown apps whose columns the version drops or renames, or whose dataset it closes; all that use the dataset when the version is null: it is taken back.</summary>
    internal static async Task<IReadOnlyList<TouchedApp>> FindAsync(ZhengtongDb db, Guid dataset, DatasetVersion? version, CancellationToken ct) =>
        [.. (await ReadAsync(db, dataset, version, ct)).Select(t => new TouchedApp(t.App.Id, t.App.Name, t.App.Maker, t.Columns))];

    /// <summary>Adds a notice to each touched app's maker, to be saved with what touches it. Before the version is published: it has been proposed.</summary>
    internal static async Task WarnAsync(ZhengtongDb db, Dataset dataset, DatasetVersion? version, DateTimeOffset now, CancellationToken ct)
    {
        foreach (var (app, columns) in await ReadAsync(db, dataset.Id, version, ct))
        {
            db.KeyNotices.Add(version is null ? KeyNotice.Of(app.KeyId, "open-data.reuse.warn.withdrawn", $"/dataset/{dataset.Name}", now, app.Name, dataset.Title)
                : columns.Count == 0 ? KeyNotice.Of(app.KeyId, "open-data.reuse.warn.closed", $"/dataset/{dataset.Name}", now, app.Name, dataset.Title)
                : KeyNotice.Of(app.KeyId, "open-data.reuse.warn.columns", $"/dataset/{dataset.Name}", now, app.Name, dataset.Title, string.Join(", ", columns)));
        }
    }

    private static async Task<List<(ShowcaseApp App, IReadOnlyList<string> Columns)>> ReadAsync(ZhengtongDb db, Guid dataset, DatasetVersion? version, CancellationToken ct)
    {
        var uses = await db.AppUses.AsNoTracking().Where(u => u.DatasetId == dataset).Join(db.ShowcaseApps.AsNoTracking().Where(a => a.State == AppState.Shown || a.State == AppState.Waiting), u => u.AppId, a => a.Id, (u, a) => new { Use = u, App = a })
            .OrderBy(x => x.App.Name).ThenBy(x => x.App.Id).Take(Most).ToListAsync(ct);
        var closes = version is null || version.Description.OpenAttribute != OpenAttribute.Unconditional;
        var columns = version?.Resources.SelectMany(r => r.Table?.Columns ?? []).Select(c => c.Name).ToHashSet(StringComparer.Ordinal) ?? [];
        var touched = new List<(ShowcaseApp, IReadOnlyList<string>)>();
        foreach (var use in uses)
        {
            IReadOnlyList<string> gone = closes ? [] : [.. use.Use.Columns.Where(c => !columns.Contains(c))];
            if (closes || gone.Count > 0) { touched.Add((use.App, gone)); }
        }

        return touched;
    }
}
