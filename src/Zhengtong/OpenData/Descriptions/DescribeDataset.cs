using Microsoft.AspNetCore.Http.HttpResults;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>One dataset, or one version of it, as DCAT-AP.</summary>
internal static class DescribeDataset
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPublicGet($"/dataset/{{dataset}}.{{ending:{RdfSyntax.Endings}}}", (string dataset, string ending, HttpContext http, ZhengtongDb db, CancellationToken ct) =>
            HandleAsync(dataset, null, RdfSyntax.Find(ending)!, false, http, db, ct));
        app.MapPublicGet($"/dataset/{{dataset}}/version/{{version:guid}}.{{ending:{RdfSyntax.Endings}}}", (string dataset, Guid version, string ending, HttpContext http, ZhengtongDb db, CancellationToken ct) =>
            HandleAsync(dataset, version, RdfSyntax.Find(ending)!, false, http, db, ct));
    }

    /// <summary>Answers a description.</summary>
    /// <param name="dataset">Name or id.</param>
    /// <param name="version">Id of a version; null for the current one.</param>
    /// <param name="syntax">How it is written.</param>
    /// <param name="negotiated">True when the reader did not ask for this syntax's address.</param>
    /// <param name="http">The request.</param>
    /// <param name="db">The database.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<Results<PublicAnswer, ProblemHttpResult>> HandleAsync(string dataset, Guid? version, RdfSyntax syntax, bool negotiated, HttpContext http, ZhengtongDb db, CancellationToken ct)
    {
        if (await DescribedDatasets.FindAsync(db, dataset, version, ct) is not { } found) { return OpenDataProblems.NotFound.Because(dataset); }
        var at = PortalAddress.Of(http);
        return new PublicAnswer($"{syntax.MediaType}; charset=utf-8", $"{syntax.Extension} {found.Tag}", found.Dataset.ModifiedAt, async (body, stop) =>
            await syntax.WriteAsync(DcatGraph.Of(found, found.IsCurrent ? await DescribedDatasets.VersionsAsync(db, found.Dataset.Id, stop) : [], at), body, stop))
        { ContentLocation = negotiated ? PortalAddress.Description(found.Subject(at), syntax) : null };
    }
}
