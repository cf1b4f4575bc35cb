using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.OpenData.Reuse;

/// <summary>What an app uses of one dataset.</summary>
/// <param name="Dataset">Name in the dataset's address.</param>
/// <param name="Title">What the dataset is called.</param>
/// <param name="Columns">The columns; none for whole files.</param>
public sealed record AppUseSummary(string Dataset, string Title, IReadOnlyList<string> Columns);

/// <summary>An app of the showcase.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Summary">What it does: plain text.</param>
/// <param name="Link">Where it is.</param>
/// <param name="Maker">Who made it.</param>
/// <param name="At">When it was sent.</param>
/// <param name="State">Where it stands.</param>
/// <param name="RefusedBecause">Why it is not shown.</param>
/// <param name="Uses">What it uses.</param>
/// <param name="Revision">To be named when reviewing.</param>
public sealed record ShowcaseAppSummary(Guid Id, string Name, string Summary, string Link, string Maker, DateTimeOffset At, AppState State, string? RefusedBecause, IReadOnlyList<AppUseSummary> Uses, int Revision);

internal static class ListApps
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/apps", Handle).AllowAnonymous().ProducesProblem(400).ProducesProblem(403);

    /// <summary>The apps of the showcase, the newest first.</summary>
    /// <param name="dataset">Only those that use this dataset, by the name in its address.</param>
    /// <param name="mine">All that use data of the caller's department, those not yet reviewed among them.</param>
    /// <param name="state">Only those in this state; with <c>mine</c>.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    /// <response code="403">kernel.forbidden: <c>mine</c>, asked by a visitor or without the right to read.</response>
    internal static async Task<Results<Ok<Page<ShowcaseAppSummary>>, ProblemHttpResult>> Handle(
        [StringLength(100)] string? dataset, bool? mine, Choice<AppState>? state, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var own = mine == true;
        if (own && !actor.May(Right.ReadWork)) { return KernelProblems.Forbidden.Because(); }
        var rows = own ? OfDepartment(db, actor) : db.ShowcaseApps.AsNoTracking().Where(a => a.State == AppState.Shown);
        if (own && state?.Value is { } wanted) { rows = rows.Where(a => a.State == wanted); }
        if (dataset is { Length: > 0 }) { rows = rows.Where(a => db.AppUses.Any(u => u.AppId == a.Id && db.Datasets.Any(d => d.Id == u.DatasetId && d.Name == dataset))); }
        var found = await paging.ReadAsync(rows, page, a => a.At, a => a.Id, a => a, descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(new Page<ShowcaseAppSummary>(await WithUsesAsync(db, found.Items, ct), found.Next, found.Total));
    }

    /// <summary>The apps that use data of the actor's department.</summary>
    internal static IQueryable<ShowcaseApp> OfDepartment(ZhengtongDb db, Actor actor) =>
        db.ShowcaseApps.AsNoTracking().Where(a => db.AppUses.Any(u => u.AppId == a.Id && db.Datasets.Any(d => d.Id == u.DatasetId && d.PublisherId == actor.Organisation)));

    /// <summary>The apps with what they use; one more query.</summary>
    internal static async Task<IReadOnlyList<ShowcaseAppSummary>> WithUsesAsync(ZhengtongDb db, IReadOnlyList<ShowcaseApp> apps, CancellationToken ct)
    {
        var ids = apps.Select(a => a.Id).ToList();
        var uses = (await db.AppUses.AsNoTracking().Where(u => ids.Contains(u.AppId)).Join(db.Datasets, u => u.DatasetId, d => d.Id, (u, d) => new { u.AppId, d.Name, d.Title, u.Columns }).ToListAsync(ct))
            .ToLookup(u => u.AppId, u => new AppUseSummary(u.Name, u.Title, u.Columns));
        return [.. apps.Select(a => new ShowcaseAppSummary(a.Id, a.Name, a.Summary, a.Link, a.Maker, a.At, a.State, a.RefusedBecause, [.. uses[a.Id].OrderBy(u => u.Title, StringComparer.Ordinal)], a.Revision))];
    }
}
