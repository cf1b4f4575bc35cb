using System.Text;
using System.Xml;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>The site for search engines: robots.txt, an index of maps, and maps of 50,000 addresses.</summary>
internal static class MapSite
{
    /// <summary>Addresses of a map; the protocol's limit.</summary>
    internal const int PageSize = 50_000;

    private const string Space = "http://www.sitemaps.org/schemas/sitemap/0.9";

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPublicGet("/robots.txt", HandleRobots);
        app.MapPublicGet("/sitemap.xml", HandleAsync);
        app.MapPublicGet("/sitemap/{page:int:min(1)}.xml", HandlePageAsync);
    }

    /// <summary>How many maps there are for so many datasets.</summary>
    internal static int PagesOf(int datasets) => Math.Max(1, (datasets + PageSize - 1) / PageSize);

    private static PublicAnswer HandleRobots(HttpContext http)
    {
        var text = $"User-agent: *\nDisallow: /work\nDisallow: /admin\nDisallow: /cockpit\nDisallow: /api/\nDisallow: /dataset?\n\nSitemap: {PortalAddress.Of(http).Sitemap}\n";
        return new PublicAnswer("text/plain; charset=utf-8", text, null, async (body, ct) => await body.WriteAsync(Encoding.UTF8.GetBytes(text), ct));
    }

    private static async Task<PublicAnswer> HandleAsync(HttpContext http, ZhengtongDb db, CancellationToken ct)
    {
        var state = await DescribedDatasets.StateAsync(db, ct);
        var at = PortalAddress.Of(http);
        return Xml($"sitemap {state.Tag}", state.Modified, async (xml, stop) =>
        {
            await xml.WriteStartElementAsync(null, "sitemapindex", Space);
            for (var page = 1; page <= PagesOf(state.Datasets); page++)
            {
                // When anything of it changed: readers fetch only the maps that did.
                var latest = await Page(db, page).MaxAsync(d => (DateTimeOffset?)d.ModifiedAt, stop);
                await WriteAsync(xml, "sitemap", at.SitemapPage(page), latest);
            }

            await xml.WriteEndElementAsync();
        });
    }

    private static async Task<Results<PublicAnswer, ProblemHttpResult>> HandlePageAsync(int page, HttpContext http, ZhengtongDb db, CancellationToken ct)
    {
        var state = await DescribedDatasets.StateAsync(db, ct);
        if (page > PagesOf(state.Datasets)) { return OpenDataProblems.NotFound.Because(); }
        var at = PortalAddress.Of(http);
        return Xml($"sitemap {page} {state.Tag}", state.Modified, async (xml, stop) =>
        {
            await xml.WriteStartElementAsync(null, "urlset", Space);
            await foreach (var dataset in Page(db, page).Select(d => new { d.Name, d.ModifiedAt }).AsAsyncEnumerable().WithCancellation(stop))
            {
                await WriteAsync(xml, "url", $"{at.Search}/{dataset.Name}", dataset.ModifiedAt);
            }

            await xml.WriteEndElementAsync();
        });
    }

    private static IQueryable<Model.Dataset> Page(ZhengtongDb db, int page) => DescribedDatasets.Wanted(db).OrderBy(d => d.Id).Skip((page - 1) * PageSize).Take(PageSize);

    private static async Task WriteAsync(XmlWriter xml, string element, string address, DateTimeOffset? modified)
    {
        await xml.WriteStartElementAsync(null, element, Space);
        await xml.WriteElementStringAsync(null, "loc", Space, address);
        if (modified is { } at) { await xml.WriteElementStringAsync(null, "lastmod", Space, PublicText.Moment(at)); }
        await xml.WriteEndElementAsync();
    }

    private static PublicAnswer Xml(string state, DateTimeOffset? modified, Func<XmlWriter, CancellationToken, Task> write) => new("application/xml; charset=utf-8", state, modified, async (body, ct) =>
    {
        await using var xml = XmlWriter.Create(body, new XmlWriterSettings { Async = true, Encoding = new UTF8Encoding(false) });
        await xml.WriteStartDocumentAsync();
        await write(xml, ct);
        await xml.WriteEndDocumentAsync();
    });
}
