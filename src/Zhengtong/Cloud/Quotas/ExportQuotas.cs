using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web;
using Zhengtong.Web.Components;

namespace Zhengtong.Cloud.Quotas;

/// <summary>The tree of quotas as the page shows it.</summary>
internal static class ExportQuotas
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/work/cloud/quotas/export.{format}", Handle).Requires(Right.ReadWork).ExcludeFromDescription();

    private static IResult Handle(string format, HttpContext http, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var list = Listing.Of(http.Request.Path + http.Request.QueryString);
        return TableExport.Of(format, "cloud-quotas", QuotasPage.Columns, TableExport.AllPages(page => QuotasPage.ReadAsync(list, page, actor, db, paging, ct)));
    }
}
