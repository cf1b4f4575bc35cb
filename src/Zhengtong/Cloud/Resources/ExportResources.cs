using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web;
using Zhengtong.Web.Components;

namespace Zhengtong.Cloud.Resources;

/// <summary>The list of resources as the page shows it.</summary>
internal static class ExportResources
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/work/cloud/resources/export.{format}", Handle).Requires(Right.ReadWork).ExcludeFromDescription();

    private static IResult Handle(string format, HttpContext http, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var list = Listing.Of(http.Request.Path + http.Request.QueryString);
        return TableExport.Of(format, "cloud-resources", ResourcesPage.Columns(actor), TableExport.AllPages(page => ResourcesPage.ReadAsync(list, page, actor, db, paging, ct)));
    }
}
