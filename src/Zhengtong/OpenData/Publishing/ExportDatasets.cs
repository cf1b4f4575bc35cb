using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Objects;
using Zhengtong.Web;
using Zhengtong.Web.Components;

namespace Zhengtong.OpenData.Publishing;

/// <summary>The list as the page shows it, and the files of a version under way for those who examine it.</summary>
internal static class ExportDatasets
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/work/open-data/export.{format}", Datasets).Requires(Right.ReadWork).ExcludeFromDescription();
        app.MapGet("/work/open-data/{id:guid}/files/{resource:guid}", FileAsync).Requires(Right.ReadWork).DisableRequestTimeout().ExcludeFromDescription();
    }

    private static IResult Datasets(string format, HttpContext http, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var list = Listing.Of(http.Request.Path + http.Request.QueryString);
        return TableExport.Of(format, "datasets", DatasetsPage.Columns(), TableExport.AllPages(page => DatasetsPage.ReadAsync(list, page, actor, db, paging, ct)));
    }

    /// <summary>The file byte for byte, as an attachment: a page of a stranger must not open as one of ours.</summary>
    private static async Task<IResult> FileAsync(Guid id, Guid resource, Actor actor, ZhengtongDb db, ObjectStore store, CancellationToken ct)
    {
        var (open, problem) = await OpenVersion.FindAsync(db, id, actor, ct);
        if (open is null) { return problem!; }
        if (open.Version.Resources.FirstOrDefault(r => r.Id == resource) is not { } file || await store.OpenAsync(file.Content, ct) is not { } bytes) { return OpenDataProblems.ResourceNotFound.Because($"{resource}"); }
        return TypedResults.Stream(bytes, "application/octet-stream", file.FileName);
    }
}
