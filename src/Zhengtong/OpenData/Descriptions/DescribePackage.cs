using Microsoft.AspNetCore.Http.HttpResults;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>The Data Package descriptor of a dataset or a version; its files are named by their addresses. What has no files to give has none: a package must have one.</summary>
internal static class DescribePackage
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPublicGet("/dataset/{dataset}/datapackage.json", (string dataset, HttpContext http, ZhengtongDb db, CancellationToken ct) => HandleAsync(dataset, null, http, db, ct));
        app.MapPublicGet("/dataset/{dataset}/version/{version:guid}/datapackage.json", (string dataset, Guid version, HttpContext http, ZhengtongDb db, CancellationToken ct) => HandleAsync(dataset, version, http, db, ct));
    }

    private static async Task<Results<PublicAnswer, ProblemHttpResult>> HandleAsync(string dataset, Guid? version, HttpContext http, ZhengtongDb db, CancellationToken ct)
    {
        if (await DescribedDatasets.FindGrantedAsync(db, http, dataset, version, ct) is not { GivesData: true, Resources.Count: > 0 } found) { return OpenDataProblems.NotFound.Because(dataset); }
        var at = PortalAddress.Of(http);
        return new PublicAnswer("application/json; charset=utf-8", $"package {found.Tag}", found.Dataset.ModifiedAt,
            (body, stop) => JsonDocuments.WriteAsync(body, json => DataPackage.WriteAsync(json, found, at, false, stop), stop));
    }
}
