using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>A dataset in a list.</summary>
/// <param name="Id">Permanent id.</param>
/// <param name="Name">Last part of its address.</param>
/// <param name="Title">Its title.</param>
/// <param name="Publisher">Short name of the department.</param>
/// <param name="State">Where it stands.</param>
/// <param name="OpenAttribute">开放属性.</param>
/// <param name="Licence">Id of its licence.</param>
/// <param name="Themes">Ids of its themes.</param>
/// <param name="Formats">Formats of its files.</param>
/// <param name="Number">Number of the published version; 0 before the first.</param>
/// <param name="UnderWay">State of the version under way, for those who work for the publisher; null when there is none.</param>
/// <param name="PublishedAt">First publication.</param>
/// <param name="ModifiedAt">Latest publication.</param>
public sealed record DatasetRow(
    Guid Id, string Name, string Title, string Publisher, DatasetState State, OpenAttribute OpenAttribute, string Licence, IReadOnlyList<string> Themes, IReadOnlyList<string> Formats, int Number,
    VersionState? UnderWay, DateTimeOffset? PublishedAt, DateTimeOffset ModifiedAt);

internal static class ListDatasets
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/datasets", Handle).AllowAnonymous().ProducesProblem(400).ProducesProblem(403);

    /// <summary>List datasets, the latest published first: those the public sees, or with <c>mine</c> all of the caller's department.</summary>
    /// <param name="q">Words in any order, each found in title, notes, keywords, publisher, or name or title of a column; at most 100 characters. Of one's own datasets those never published are found by their title.</param>
    /// <param name="publisher">Only datasets of this department.</param>
    /// <param name="theme">Only this theme.</param>
    /// <param name="attribute">Only this 开放属性.</param>
    /// <param name="state">Only those in this state; with <c>mine</c>.</param>
    /// <param name="underWay">Only those whose version under way is in this state; with <c>mine</c>.</param>
    /// <param name="mine">All datasets of the caller's department.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    /// <response code="403">kernel.forbidden: <c>mine</c>, asked by a visitor or without the right to read.</response>
    internal static async Task<Results<Ok<Page<DatasetRow>>, ProblemHttpResult>> Handle(
        [StringLength(100)] string? q, Guid? publisher, [StringLength(40)] string? theme, Choice<OpenAttribute>? attribute, Choice<DatasetState>? state, Choice<VersionState>? underWay, bool? mine,
        [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        if (mine == true && !actor.May(Right.ReadWork)) { return KernelProblems.Forbidden.Because(); }
        var own = mine == true;
        var wanted = own ? db.Datasets.AsNoTracking().Where(d => d.PublisherId == actor.Organisation) : db.Datasets.AsNoTracking().Where(d => d.State == DatasetState.Published);
        if (publisher is not null) { wanted = wanted.Where(d => d.PublisherId == publisher); }
        if (theme is { Length: > 0 } && Theme.Find(theme) is { } known)
        {
            var bar = $"|{known.Id}|";
            wanted = wanted.Where(d => d.ThemeList.Contains(bar));
        }
        else if (theme is { Length: > 0 }) { wanted = wanted.Where(_ => false); }

        if (attribute?.Value is { } open) { wanted = wanted.Where(d => d.OpenAttribute == open); }
        if (own && state?.Value is { } standing) { wanted = wanted.Where(d => d.State == standing); }
        if (own && underWay?.Value is { } way) { wanted = wanted.Where(d => db.DatasetVersions.Any(v => v.DatasetId == d.Id && v.State == way && v.State != VersionState.Published)); }
        if (!string.IsNullOrWhiteSpace(q))
        {
            var terms = q.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SelectMany(w => Bigrams.ToFind(Bigrams.Fold(w))).Distinct().ToList();
            // Signs alone are found nowhere.
            if (terms.Count == 0) { wanted = wanted.Where(_ => false); }
            else
            {
                var hits = SearchIndex.WithAll(db, DatasetSearch.Kind, terms).Select(h => h.Subject);
                var text = q.Trim();
                wanted = own ? wanted.Where(d => hits.Contains(d.Id) || d.Title.Contains(text)) : wanted.Where(d => hits.Contains(d.Id));
            }
        }

        var found = await paging.ReadAsync(wanted, page, d => d.ModifiedAt, d => d.Id, d => new Found(
            d.Id, d.Name, d.Title, db.Organisations.Where(o => o.Id == d.PublisherId).Select(o => o.ShortName).First(), d.State, d.OpenAttribute, d.Licence, d.ThemeList, d.FormatList, d.Current,
            own ? db.DatasetVersions.Where(v => v.DatasetId == d.Id && v.State != VersionState.Published).Select(v => (VersionState?)v.State).FirstOrDefault() : null, d.PublishedAt, d.ModifiedAt), descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(new Page<DatasetRow>([.. found.Items.Select(d => new DatasetRow(
            d.Id, d.Name, d.Title, d.Publisher, d.State, d.OpenAttribute, d.Licence, Parts(d.ThemeList), Parts(d.FormatList), d.Number, d.UnderWay, d.PublishedAt, d.ModifiedAt))], found.Next, found.Total));
    }

    private static string[] Parts(string list) => list.Split('|', StringSplitOptions.RemoveEmptyEntries);

    private sealed record Found(
        Guid Id, string Name, string Title, string Publisher, DatasetState State, OpenAttribute OpenAttribute, string Licence, string ThemeList, string FormatList, int Number,
        VersionState? UnderWay, DateTimeOffset? PublishedAt, DateTimeOffset ModifiedAt);
}
