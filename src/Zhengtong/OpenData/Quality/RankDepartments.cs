using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Quality;

/// <summary>A department among those that open data.</summary>
/// <param name="OrganisationId">The department.</param>
/// <param name="Organisation">Its name.</param>
/// <param name="Datasets">How many published datasets it has.</param>
/// <param name="Overall">Mean over them, 0 to 100.</param>
/// <param name="Metadata">Mean of their descriptions, 0 to 405.</param>
/// <param name="Content">Mean of their content, 0 to 100.</param>
public sealed record RankedDepartment(Guid OrganisationId, string Organisation, int Datasets, double Overall, double Metadata, double Content);

internal static class RankDepartments
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/open-data/ranking", Handle).AllowAnonymous().ProducesProblem(400);

    /// <summary>Rank the departments by the quality of what they have opened, the best first.</summary>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<RankedDepartment>>, ProblemHttpResult>> Handle([AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        // Whole hundredths of tenths, so that a place in the list is the same number each time it is computed.
        var ranked = db.QualityScores.Where(q => q.IsLatest && db.Datasets.Any(d => d.Id == q.DatasetId && d.State == DatasetState.Published)).GroupBy(q => q.PublisherId)
            .Select(g => new Rank
            {
                Organisation = g.Key,
                Datasets = g.Count(),
                Overall = g.Sum(q => (long)q.Overall) * 100 / g.Count(),
                Metadata = g.Sum(q => (long)q.Metadata) * 100 / g.Count(),
                Content = g.Sum(q => (long)q.Content) * 100 / g.Count(),
            });
        var found = await paging.ReadAsync(ranked, page, r => r.Overall, r => r.Organisation, r => new RankedDepartment(
            r.Organisation, db.Organisations.Where(o => o.Id == r.Organisation).Select(o => o.Name).First(), r.Datasets, r.Overall / 1000.0, r.Metadata / 1000.0, r.Content / 1000.0), descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(found);
    }

    /// <summary>Sums of a department in hundredths of tenths.</summary>
    private sealed class Rank
    {
        public Guid Organisation { get; init; }

        public int Datasets { get; init; }

        public long Overall { get; init; }

        public long Metadata { get; init; }

        public long Content { get; init; }
    }
}
