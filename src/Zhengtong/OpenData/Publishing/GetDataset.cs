using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>A dataset.</summary>
/// <param name="Id">Permanent id.</param>
/// <param name="Name">Last part of its address.</param>
/// <param name="State">Where it stands.</param>
/// <param name="WithdrawnBecause">Why it was taken back; null while it was not.</param>
/// <param name="PublisherId">The department.</param>
/// <param name="Publisher">Its name.</param>
/// <param name="ResourceId">The information resource it is opened from.</param>
/// <param name="CreatedAt">When it was begun.</param>
/// <param name="PublishedAt">First publication.</param>
/// <param name="ModifiedAt">Latest publication.</param>
/// <param name="Version">The published version, or the one in force on the day asked for; null before the first.</param>
/// <param name="UnderWay">The version under way, for those who work for the publisher.</param>
/// <param name="Revision">Of the dataset.</param>
public sealed record DatasetDetail(
    Guid Id, string Name, DatasetState State, string? WithdrawnBecause, Guid PublisherId, string Publisher, Guid? ResourceId, DateTimeOffset CreatedAt, DateTimeOffset? PublishedAt, DateTimeOffset ModifiedAt,
    DatasetVersionDetail? Version, DatasetVersionDetail? UnderWay, int Revision) : IRevisioned;

/// <summary>A version.</summary>
/// <param name="Id">Permanent id.</param>
/// <param name="DatasetId">Whose.</param>
/// <param name="Number">From 1.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Description">What the dataset says of itself.</param>
/// <param name="ChangeNote">What changed and why.</param>
/// <param name="Resources">Its files; none for the public when the dataset is withdrawn.</param>
/// <param name="CreatedAt">When it was begun.</param>
/// <param name="ProposedAt">When it was proposed.</param>
/// <param name="ExaminedAt">When it was examined.</param>
/// <param name="PublishedAt">When it was published.</param>
/// <param name="Check">How far the check of its content is.</param>
/// <param name="ReturnedBecause">Why it came back last; for those who work for the publisher.</param>
/// <param name="Manifest">SHA-256 of its manifest; null until published.</param>
/// <param name="ManifestSignature">The platform's signature over the manifest, DER in base64; null until published.</param>
/// <param name="Revision">Of the version.</param>
public sealed record DatasetVersionDetail(
    Guid Id, Guid DatasetId, int Number, VersionState State, DatasetDescriptionBody Description, string ChangeNote, IReadOnlyList<DatasetResourceDetail> Resources, DateTimeOffset CreatedAt,
    DateTimeOffset? ProposedAt, DateTimeOffset? ExaminedAt, DateTimeOffset? PublishedAt, OpeningCheck Check, string? ReturnedBecause, string? Manifest, string? ManifestSignature, int Revision) : IRevisioned
{
    internal static DatasetVersionDetail Of(Dataset dataset, DatasetVersion v, Actor reader) => new(
        v.Id, v.DatasetId, v.Number, v.State, DatasetDescriptionBody.Of(v.Description), v.ChangeNote,
        dataset.State == DatasetState.Withdrawn && !dataset.IsOwn(reader) ? [] : [.. v.Resources.Select(DatasetResourceDetail.Of)], v.CreatedAt, v.ProposedAt, v.ExaminedAt, v.PublishedAt, v.Check,
        dataset.IsOwn(reader) ? v.ReturnedBecause : null, v.Manifest?.Value, v.ManifestSignature, v.Revision);
}

internal static class GetDataset
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/datasets/{dataset}", Handle).AllowAnonymous().ProducesProblem(404);

    /// <summary>Read a dataset that is published, withdrawn, or the caller's own.</summary>
    /// <param name="dataset">Its id or its name.</param>
    /// <param name="asOf">The version that was in force at the end of that day in China, as 2026-01-01; nothing for the present one.</param>
    /// <response code="200">The dataset.</response>
    /// <response code="404">open-data.not-found, open-data.version-not-found</response>
    internal static async Task<Results<Ok<DatasetDetail>, ProblemHttpResult>> Handle(string dataset, DateOnly? asOf, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        if (await PublicDatasets.FindAsync(db, dataset, actor, ct) is not { } found) { return OpenDataProblems.NotFound.Because(dataset); }
        var version = await PublicDatasets.InForceAsync(db, found, asOf, ct);
        if (version is null && asOf is { } day) { return OpenDataProblems.VersionNotFound.Because($"{day:yyyy-MM-dd}"); }
        var underWay = found.IsOwn(actor) ? await db.DatasetVersions.AsNoTracking().SingleOrDefaultAsync(v => v.DatasetId == found.Id && v.State != VersionState.Published, ct) : null;
        var publisher = await db.Organisations.Where(o => o.Id == found.PublisherId).Select(o => o.Name).SingleAsync(ct);
        return TypedResults.Ok(new DatasetDetail(found.Id, found.Name, found.State, found.WithdrawnBecause, found.PublisherId, publisher, found.ResourceId, found.CreatedAt, found.PublishedAt, found.ModifiedAt,
            version is null ? null : DatasetVersionDetail.Of(found, version, actor), underWay is null ? null : DatasetVersionDetail.Of(found, underWay, actor), found.Revision));
    }
}
