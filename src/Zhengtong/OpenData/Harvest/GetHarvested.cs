using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.OpenData.Harvest;

/// <summary>A file, or another way to the data, at another portal.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Format">Upper case; empty when it is not known.</param>
/// <param name="Bytes">Its size; null when it is not known.</param>
/// <param name="Notes">What is said of it.</param>
public sealed record HarvestedDistributionDetail(string Name, string Address, string Format, long? Bytes, string Notes);

/// <summary>A harvested dataset.</summary>
/// <param name="Id">Permanent id on this platform.</param>
/// <param name="SourceId">The source.</param>
/// <param name="Source">Its name.</param>
/// <param name="SourceAddress">Its address.</param>
/// <param name="Identifier">As its source calls it.</param>
/// <param name="Title">Its title.</param>
/// <param name="Notes">What it holds.</param>
/// <param name="Organisation">Who publishes it there.</param>
/// <param name="Licence">The licence in its own words.</param>
/// <param name="LicenceId">The same among ours; null when it is none of them.</param>
/// <param name="Themes">Ids of themes.</param>
/// <param name="Keywords">Its keywords.</param>
/// <param name="Page">Its page at the source; null when it does not say.</param>
/// <param name="Distributions">Where its files are.</param>
/// <param name="FirstSeenAt">When it first came.</param>
/// <param name="ModifiedAt">When its source changed it last.</param>
/// <param name="Revision">Of what is shown here.</param>
public sealed record HarvestedDetail(
    Guid Id, Guid SourceId, string Source, string SourceAddress, string Identifier, string Title, string Notes, string Organisation, string Licence, string? LicenceId, IReadOnlyList<string> Themes, IReadOnlyList<string> Keywords,
    string? Page, IReadOnlyList<HarvestedDistributionDetail> Distributions, DateTimeOffset FirstSeenAt, DateTimeOffset ModifiedAt, int Revision) : IRevisioned;

internal static class GetHarvested
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/harvested-datasets/{id:guid}", Handle).AllowAnonymous().ProducesProblem(404);

    /// <summary>Read a dataset of another portal.</summary>
    /// <response code="200">The dataset, as it is shown.</response>
    /// <response code="404">open-data.harvested-not-found</response>
    internal static async Task<Results<Ok<HarvestedDetail>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var maySeeHidden = actor.May(Right.ManagePortal);
        var found = await db.HarvestedDatasets.AsNoTracking().Where(d => d.Id == id && (d.IsShown || (maySeeHidden && d.IsPresent)))
            .Join(db.HarvestSources.AsNoTracking(), d => d.SourceId, s => s.Id, (d, s) => new { Dataset = d, Source = s }).SingleOrDefaultAsync(ct);
        if (found is null) { return OpenDataProblems.HarvestedNotFound.Because($"{id}"); }
        var (dataset, d) = (found.Dataset, found.Dataset.Description);
        return TypedResults.Ok(new HarvestedDetail(
            dataset.Id, found.Source.Id, found.Source.Name, found.Source.Address, dataset.Identifier, dataset.Title, d.Notes, d.Organisation, d.LicenceText, d.LicenceId, dataset.ThemeList.Split('|', StringSplitOptions.RemoveEmptyEntries),
            d.Keywords, d.Page, [.. d.Distributions.Select(x => new HarvestedDistributionDetail(x.Name, x.Address, x.Format, x.Bytes, x.Notes))], dataset.FirstSeenAt, dataset.ModifiedAt, dataset.Revision));
    }
}
