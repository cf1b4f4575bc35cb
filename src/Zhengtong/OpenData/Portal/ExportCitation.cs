using System.Text;
using Microsoft.Net.Http.Headers;
using Zhengtong.Kernel.Regions;
using Zhengtong.OpenData.Descriptions;
using Zhengtong.OpenData.Keys;

namespace Zhengtong.OpenData.Portal;

/// <summary>How a version is cited, as a file: GET /dataset/{name}/citation?format=gbt7714, bibtex, ris, csl; with <c>version</c> an older one.</summary>
internal static class ExportCitation
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/dataset/{name}/citation", Handle).AllowAnonymous().ExcludeFromDescription().WithPublicLimits("catalogue", KeyScope.Catalogue);

    internal static async Task<IResult> Handle(string name, string? format, Guid? version, HttpContext http, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (CitationForm.All.FirstOrDefault(f => f.Id == (format ?? CitationForm.GbT7714.Id)) is not { } form || await PublicDataset.FindAsync(db, name, version, ct) is not { IsClosed: false } found) { return OpenDataProblems.NotFound.Because(name); }
        var citation = await OfAsync(db, found, PortalAddress.Of(http), clock.GetUtcNow(), ct);
        http.Response.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileName = $"{citation.Key}.{form.Extension}" }.ToString();
        return TypedResults.Text(citation.In(form), form.MediaType, Encoding.UTF8);
    }

    /// <summary>The version as it is cited today.</summary>
    internal static async Task<Citation> OfAsync(ZhengtongDb db, PublicDataset found, PortalAddress at, DateTimeOffset now, CancellationToken ct) => Citation.Of(
        found, (await RegionNames.FullAsync(db, [found.Publisher.Region], ct)).GetValueOrDefault(found.Publisher.Region, ""), at.Version(found.Dataset.Id, found.Version.Id), now);
}
