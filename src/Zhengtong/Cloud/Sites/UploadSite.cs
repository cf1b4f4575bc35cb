using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Sites;

/// <summary>Files that were taken.</summary>
/// <param name="Address">Where the site is, from the root of the platform.</param>
/// <param name="Files">How many files.</param>
/// <param name="Bytes">How many bytes in them.</param>
/// <param name="Digest">Lower-case hex SHA-256 of what the platform packed of them.</param>
public sealed record SiteUploaded(string Address, int Files, long Bytes, string Digest);

internal static class UploadSite
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/cloud/resources/{id:guid}/site/files", Handle)
        .Requires(Right.Apply).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(413).Accepts<Stream>("*/*").TakesUpTo(SiteArchive.MostZipBytes).DisableRequestTimeout();

    /// <summary>Put the files of a site of the own organisation in place of those there are. The body is a zip of at most 32 MiB with `index.html` at its top: at most 5,000 plain files and folders of together at most
    /// 128 MiB. It is served some seconds later; until then the files of before are.</summary>
    /// <response code="200">Taken; ledger event cloud.site-uploaded.</response>
    /// <response code="400">cloud.site-archive: errors say what is wrong with it</response>
    /// <response code="404">cloud.resource-not-found</response>
    /// <response code="409">cloud.not-a-site, cloud.resource-gone</response>
    /// <response code="413">kernel.too-large</response>
    internal static async Task<Results<Ok<SiteUploaded>, ProblemHttpResult>> Handle(Guid id, HttpRequest http, Actor actor, SiteUploads uploads, CancellationToken ct)
    {
        var (site, problem) = await uploads.TakeAsync(id, http.Body, actor, ct);
        return site is null ? problem! : TypedResults.Ok(new SiteUploaded($"{SiteTransformer.PrefixOf(site.Name)}/", site.FileCount, site.FileBytes, site.Files!.Value.Value));
    }
}
