using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web;
using Zhengtong.Web.Components;

namespace Zhengtong.Catalogue.Slices;

/// <summary>The catalogue as the page shows it under the same filters, as a file.</summary>
internal static class ExportCatalogue
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/work/catalogue/export.{format}", Handle).Requires(Right.ReadWork).ExcludeFromDescription();

    internal static IResult Handle(string format, HttpContext http, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var list = Listing.Of(http.Request.PathBase + http.Request.Path + http.Request.QueryString);
        return TableExport.Of(format, "catalogue", CataloguePage.Columns(), TableExport.AllPages(page => CataloguePage.ReadAsync(list, page, actor, db, paging, ct)));
    }
}
