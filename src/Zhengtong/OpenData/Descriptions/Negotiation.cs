namespace Zhengtong.OpenData.Descriptions;

/// <summary>One address, several forms: who asks the front page, a dataset or a version for RDF by <c>Accept</c> gets the description, everybody else the page that stands there.</summary>
internal static class Negotiation
{
    /// <summary>To be called before the pages are mapped; it runs behind routing, rate limits and sign-in.</summary>
    internal static void UseDescriptions(this WebApplication app) => app.Use(async (http, next) =>
    {
        var segments = http.Request.Path.Value!.Split('/');
        var isVersion = segments is ["", "dataset", _, "version", _] && Guid.TryParseExact(segments[4], "D", out _);
        var isThing = segments is ["", ""] || (segments is ["", "dataset", { Length: > 0 } name] && !name.Contains('.', StringComparison.Ordinal)) || isVersion;
        if (!isThing || !(HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method))) { await next(http); return; }

        http.Response.Headers.AppendCommaSeparatedValues("Vary", "Accept");
        var db = http.RequestServices.GetRequiredService<ZhengtongDb>();
        if (RdfSyntax.Wanted(http.Request) is { } syntax)
        {
            PublicReads.Open(http);
            var query = http.Request.Query;
            IResult answer = segments is ["", ""]
                ? await DescribeCatalogue.HandleAsync(syntax, Given("page"), Given("modified_since"), Given("q"), true, http, db, http.RequestAborted)
                : await DescribeDataset.HandleAsync(segments[2], isVersion ? Guid.Parse(segments[4]) : Guid.TryParse(Given("version"), out var version) ? version : null, syntax, true, http, db, http.RequestAborted);
            await answer.ExecuteAsync(http);
            return;

            string? Given(string name) => query.TryGetValue(name, out var value) ? value.ToString() : null;
        }

        if (isVersion && http.GetEndpoint() is null && await DescribedDatasets.FindAsync(db, segments[2], Guid.Parse(segments[4]), http.RequestAborted) is { } found)
        {
            // A version has no page of its own: the dataset's page shows it.
            http.Response.Redirect(PortalAddress.Of(http).Page(found.Dataset, found.Version.Id));
            return;
        }

        await next(http);
    });
}
