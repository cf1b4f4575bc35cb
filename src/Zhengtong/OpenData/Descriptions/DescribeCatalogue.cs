using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>The whole catalogue as DCAT-AP, 100 datasets a page, in the order in which they were registered: whoever walks it meets each once.</summary>
internal static class DescribeCatalogue
{
    private const int LastPage = 1_000_000;
    private const int LongestSearch = 500;
    private static readonly string[] SinceForms = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK"];

    internal static void Map(IEndpointRouteBuilder app) => app.MapPublicGet($"/catalog.{{ending:{RdfSyntax.Endings}}}",
        (string ending, string? page, string? modified_since, string? q, HttpContext http, ZhengtongDb db, CancellationToken ct) => HandleAsync(RdfSyntax.Find(ending)!, page, modified_since, q, false, http, db, ct));

    /// <summary>Answers one page.</summary>
    /// <param name="syntax">How it is written.</param>
    /// <param name="page">From 1; null for 1.</param>
    /// <param name="modifiedSince">Day or moment (UTC unless it says otherwise) from which on datasets were published; null for all.</param>
    /// <param name="q">Words to find; null for all.</param>
    /// <param name="negotiated">True when the reader did not ask for this syntax's address.</param>
    /// <param name="http">The request; <c>profiles</c> is kept in the addresses of the pages, every profile is answered by DCAT-AP 3.</param>
    /// <param name="db">The database.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<Results<PublicAnswer, ProblemHttpResult>> HandleAsync(
        RdfSyntax syntax, string? page, string? modifiedSince, string? q, bool negotiated, HttpContext http, ZhengtongDb db, CancellationToken ct)
    {
        var number = 1;
        DateTimeOffset since = default;
        var faults = new Dictionary<string, string[]>();
        if (page is not null && (!int.TryParse(page, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number is < 1 or > LastPage)) { faults["page"] = [Text.Of("open-data.describe.page")]; }
        if (modifiedSince is not null && !DateTimeOffset.TryParseExact(modifiedSince, SinceForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out since)) { faults["modified_since"] = [Text.Of("open-data.describe.since")]; }
        if (q?.Length > LongestSearch) { faults["q"] = [Text.Of("open-data.describe.search")]; }
        if (faults.Count > 0) { return OpenDataProblems.Invalid.For(faults); }

        var state = await DescribedDatasets.StateAsync(db, ct);
        var wanted = DescribedDatasets.Wanted(db, q, modifiedSince is null ? null : since.ToUniversalTime());
        var total = await wanted.CountAsync(ct);
        var at = PortalAddress.Of(http);
        string AddressOf(int n) => QueryHelpers.AddQueryString(at.Catalogue(syntax), Kept(http.Request.Query).Append(new("page", PublicText.Number(n))));
        if (number > Math.Max(1, (total + CataloguePart.PageSize - 1) / CataloguePart.PageSize)) { return OpenDataProblems.NotFound.Because(); }

        return new PublicAnswer($"{syntax.MediaType}; charset=utf-8", $"{AddressOf(number)} {state.Tag}", state.Modified, async (body, stop) =>
        {
            var datasets = await DescribedDatasets.ReadAsync(db, wanted.OrderBy(d => d.Id).Skip((number - 1) * CataloguePart.PageSize).Take(CataloguePart.PageSize), stop);
            var part = new CataloguePart(state, await DescribedDatasets.AuthorityAsync(db, stop), [.. datasets.OrderBy(d => d.Dataset.Id)], total, number, AddressOf);
            await syntax.WriteAsync(DcatGraph.Of(part, at), body, stop);
        })
        { ContentLocation = negotiated ? AddressOf(number) : null };
    }

    /// <summary>The parameters that every page of a walk has to keep.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> Kept(IQueryCollection query) =>
        new[] { "q", "modified_since", "profiles" }.Where(query.ContainsKey).Select(name => KeyValuePair.Create(name, (string?)PublicText.Cut(query[name].ToString(), LongestSearch)));
}
