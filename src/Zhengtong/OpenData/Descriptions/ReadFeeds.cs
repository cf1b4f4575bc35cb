using System.Globalization;
using System.Text;
using System.Xml;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>What is new, as Atom feeds (RFC 4287) in pages (RFC 5005): all datasets, those of a department, those of a theme, the versions of a dataset.</summary>
internal static class ReadFeeds
{
    /// <summary>Entries of a page.</summary>
    internal const int PageSize = 50;

    private const int LastPage = 1_000_000;
    private const int LongestSummary = 500;
    private const string Atom = "http://www.w3.org/2005/Atom";

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPublicGet("/feeds/datasets.atom", HandleAllAsync);
        app.MapPublicGet("/feeds/organization/{organization:guid}.atom", HandleOrganisationAsync);
        app.MapPublicGet("/feeds/theme/{theme}.atom", HandleThemeAsync);
        app.MapPublicGet("/feeds/dataset/{dataset}.atom", HandleVersionsAsync);
    }

    private static Task<Results<PublicAnswer, ProblemHttpResult>> HandleAllAsync(string? page, HttpContext http, ZhengtongDb db, CancellationToken ct)
    {
        var at = PortalAddress.Of(http);
        return DatasetsAsync(DescribedDatasets.Wanted(db), at.Feed, Text.Of("open-data.describe.feed"), page, at, http, db, ct);
    }

    private static async Task<Results<PublicAnswer, ProblemHttpResult>> HandleOrganisationAsync(Guid organization, string? page, HttpContext http, ZhengtongDb db, CancellationToken ct)
    {
        var name = await db.Organisations.Where(o => o.Id == organization).Select(o => o.Name).SingleOrDefaultAsync(ct);
        if (name is null) { return OpenDataProblems.NotFound.Because(); }
        var at = PortalAddress.Of(http);
        return await DatasetsAsync(DescribedDatasets.Wanted(db).Where(d => d.PublisherId == organization), at.OrganisationFeed(organization), Text.Of("open-data.describe.feed.of", name), page, at, http, db, ct);
    }

    private static async Task<Results<PublicAnswer, ProblemHttpResult>> HandleThemeAsync(string theme, string? page, HttpContext http, ZhengtongDb db, CancellationToken ct)
    {
        if (Theme.Find(theme) is not { } found) { return OpenDataProblems.NotFound.Because(); }
        var (at, part) = (PortalAddress.Of(http), $"|{theme}|");
        return await DatasetsAsync(DescribedDatasets.Wanted(db).Where(d => d.ThemeList.Contains(part)), at.ThemeFeed(theme), Text.Of("open-data.describe.feed.of", found.Title), page, at, http, db, ct);
    }

    private static async Task<Results<PublicAnswer, ProblemHttpResult>> HandleVersionsAsync(string dataset, string? page, HttpContext http, ZhengtongDb db, CancellationToken ct)
    {
        if (await DescribedDatasets.FindAsync(db, dataset, null, ct) is not { } found) { return OpenDataProblems.NotFound.Because(dataset); }
        var versions = db.DatasetVersions.AsNoTracking().Where(v => v.DatasetId == found.Dataset.Id && v.State == VersionState.Published);
        var total = await versions.CountAsync(ct);
        if (PageOf(page, total) is not { } number) { return OpenDataProblems.NotFound.Because(); }
        var (at, title) = (PortalAddress.Of(http), Text.Of("open-data.describe.feed.versions", PublicText.Clean(found.Says.Title)));
        var address = at.DatasetFeed(found.Dataset.Id);
        return Answer(http, $"{found.Tag} {number} {total}", found.Dataset.ModifiedAt, address, at.Page(found.Dataset), title, number, total, async (xml, stop) =>
        {
            foreach (var v in await versions.OrderByDescending(v => v.Number).Skip((number - 1) * PageSize).Take(PageSize).Select(v => new VersionCard(v.Id, v.Number, v.ChangeNote, v.PublishedAt)).ToListAsync(stop))
            {
                await WriteEntryAsync(xml, at.Version(found.Dataset.Id, v.Id), at.Page(found.Dataset, v.Id), Text.Of("open-data.describe.version", PublicText.Clean(found.Says.Title), PublicText.Number(v.Number)),
                    v.PublishedAt ?? found.Dataset.ModifiedAt, v.PublishedAt, found.Publisher.Name, [], found.IsClosed ? "" : v.ChangeNote);
            }
        });
    }

    private static async Task<Results<PublicAnswer, ProblemHttpResult>> DatasetsAsync(
        IQueryable<Dataset> wanted, string address, string title, string? page, PortalAddress at, HttpContext http, ZhengtongDb db, CancellationToken ct)
    {
        var state = await DescribedDatasets.StateAsync(db, ct);
        var total = await wanted.CountAsync(ct);
        if (PageOf(page, total) is not { } number) { return OpenDataProblems.NotFound.Because(); }
        return Answer(http, $"{address} {number} {state.Tag} {title}", state.Modified, address, at.Search, title, number, total, async (xml, stop) =>
        {
            var datasets = await DescribedDatasets.ReadAsync(db, wanted.OrderByDescending(d => d.ModifiedAt).ThenBy(d => d.Id).Skip((number - 1) * PageSize).Take(PageSize), stop);
            foreach (var d in datasets.OrderByDescending(d => d.Dataset.ModifiedAt).ThenBy(d => d.Dataset.Id))
            {
                await WriteEntryAsync(xml, at.Dataset(d.Dataset.Id), at.Page(d.Dataset), d.Says.Title, d.Dataset.ModifiedAt, d.Dataset.PublishedAt, d.Publisher.Name,
                    d.Themes.Select(t => (t.Id, t.Title)), PublicText.Cut(d.Notes, LongestSummary));
            }
        });
    }

    /// <summary>The page asked for; null when there is none of that number.</summary>
    private static int? PageOf(string? page, int total) =>
        page is null ? 1 : int.TryParse(page, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= LastPage && number <= Last(total) ? number : null;

    private static int Last(int total) => Math.Max(1, (total + PageSize - 1) / PageSize);

    private static PublicAnswer Answer(
        HttpContext http, string state, DateTimeOffset? modified, string address, string page, string title, int number, int total, Func<XmlWriter, CancellationToken, Task> write)
    {
        http.Response.Headers.AppendCommaSeparatedValues("Vary", "Accept-Language", "Cookie");
        var language = CultureInfo.CurrentUICulture.Name;
        string AddressOf(int n) => n == 1 ? address : string.Create(CultureInfo.InvariantCulture, $"{address}?page={n}");
        return new PublicAnswer("application/atom+xml; charset=utf-8", $"{language} {state}", modified, async (body, ct) =>
        {
            await using var xml = XmlWriter.Create(body, new XmlWriterSettings { Async = true, Encoding = new UTF8Encoding(false) });
            await xml.WriteStartDocumentAsync();
            await xml.WriteStartElementAsync(null, "feed", Atom);
            await xml.WriteAttributeStringAsync("xml", "lang", null, language);
            await TextAsync(xml, "id", address);
            await TextAsync(xml, "title", title);
            await TextAsync(xml, "updated", PublicText.Moment(modified ?? DateTimeOffset.UnixEpoch));
            await LinkAsync(xml, "alternate", page, "text/html");
            await LinkAsync(xml, "self", AddressOf(number), "application/atom+xml");
            await LinkAsync(xml, "first", AddressOf(1), "application/atom+xml");
            if (number > 1) { await LinkAsync(xml, "previous", AddressOf(number - 1), "application/atom+xml"); }
            if (number < Last(total)) { await LinkAsync(xml, "next", AddressOf(number + 1), "application/atom+xml"); }
            await LinkAsync(xml, "last", AddressOf(Last(total)), "application/atom+xml");
            await write(xml, ct);
            await xml.WriteEndElementAsync();
            await xml.WriteEndDocumentAsync();
        });
    }

    private static async Task WriteEntryAsync(
        XmlWriter xml, string id, string page, string title, DateTimeOffset updated, DateTimeOffset? published, string author, IEnumerable<(string Id, string Title)> themes, string summary)
    {
        await xml.WriteStartElementAsync(null, "entry", Atom);
        await TextAsync(xml, "id", id);
        await TextAsync(xml, "title", title);
        await TextAsync(xml, "updated", PublicText.Moment(updated));
        if (published is { } first) { await TextAsync(xml, "published", PublicText.Moment(first)); }
        await LinkAsync(xml, "alternate", page, "text/html");
        await LinkAsync(xml, "alternate", $"{id}.{RdfSyntax.Turtle.Extension}", RdfSyntax.Turtle.MediaType);
        await xml.WriteStartElementAsync(null, "author", Atom);
        await TextAsync(xml, "name", author);
        await xml.WriteEndElementAsync();
        foreach (var (term, label) in themes)
        {
            await xml.WriteStartElementAsync(null, "category", Atom);
            await xml.WriteAttributeStringAsync(null, "term", null, term);
            await xml.WriteAttributeStringAsync(null, "label", null, label);
            await xml.WriteEndElementAsync();
        }

        await TextAsync(xml, "summary", summary);
        await xml.WriteEndElementAsync();
    }

    private static Task TextAsync(XmlWriter xml, string element, string text) => xml.WriteElementStringAsync(null, element, Atom, PublicText.Clean(text));

    private static async Task LinkAsync(XmlWriter xml, string relation, string address, string mediaType)
    {
        await xml.WriteStartElementAsync(null, "link", Atom);
        await xml.WriteAttributeStringAsync(null, "rel", null, relation);
        await xml.WriteAttributeStringAsync(null, "type", null, mediaType);
        await xml.WriteAttributeStringAsync(null, "href", null, address);
        await xml.WriteEndElementAsync();
    }
}
