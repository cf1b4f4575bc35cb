using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Search;

namespace Zhengtong.OpenData.Harvest;

/// <summary>A harvested dataset in a list.</summary>
/// <param name="Id">Permanent id on this platform.</param>
/// <param name="Identifier">As its source calls it.</param>
/// <param name="SourceId">The source.</param>
/// <param name="Source">Its name.</param>
/// <param name="Title">Its title.</param>
/// <param name="Licence">Id among our licences; empty when it is none of them.</param>
/// <param name="Themes">Ids of themes.</param>
/// <param name="Formats">Formats of its distributions.</param>
/// <param name="ModifiedAt">When its source changed it last.</param>
public sealed record HarvestedRow(Guid Id, string Identifier, Guid SourceId, string Source, string Title, string Licence, IReadOnlyList<string> Themes, IReadOnlyList<string> Formats, DateTimeOffset ModifiedAt);

internal static class ListHarvested
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/harvested-datasets", Handle).AllowAnonymous().ProducesProblem(400);

    /// <summary>List datasets of other portals, the latest changed first. They are kept apart from our own: their files stay where they are.</summary>
    /// <param name="q">Words, each found in title, notes, organisation, keywords, names of distributions or name of the source; at most 100 characters.</param>
    /// <param name="source">Only of this source.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<HarvestedRow>>, ProblemHttpResult>> Handle([StringLength(100)] string? q, Guid? source, [AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var wanted = db.HarvestedDatasets.AsNoTracking().Where(d => d.IsShown);
        if (source is not null) { wanted = wanted.Where(d => d.SourceId == source); }
        if (!string.IsNullOrWhiteSpace(q))
        {
            var terms = q.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SelectMany(Bigrams.ToFind).Distinct().ToList();
            if (terms.Count == 0) { wanted = wanted.Where(_ => false); }
            else
            {
                var hits = SearchIndex.WithAll(db, HarvestPortals.SearchKind, terms).Select(h => h.Subject);
                wanted = wanted.Where(d => hits.Contains(d.Id));
            }
        }

        var found = await paging.ReadAsync(wanted, page, d => d.ModifiedAt, d => d.Id, d => new
        {
            d.Id, d.Identifier, d.SourceId, Source = db.HarvestSources.Where(s => s.Id == d.SourceId).Select(s => s.Name).First(), d.Title, d.Licence, d.ThemeList, d.FormatList, d.ModifiedAt,
        }, descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(new Page<HarvestedRow>([.. found.Items.Select(d => new HarvestedRow(
            d.Id, d.Identifier, d.SourceId, d.Source, d.Title, d.Licence, Parts(d.ThemeList), Parts(d.FormatList), d.ModifiedAt))], found.Next, found.Total));
    }

    private static string[] Parts(string list) => list.Split('|', StringSplitOptions.RemoveEmptyEntries);
}
