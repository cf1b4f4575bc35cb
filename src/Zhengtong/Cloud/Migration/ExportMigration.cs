using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web;
using Zhengtong.Web.Components;

namespace Zhengtong.Cloud.Migration;

/// <summary>The list of existing systems as the page shows it.</summary>
internal static class ExportMigration
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/work/cloud/migration/export.{format}", Handle).Requires(Right.ReadWork).ExcludeFromDescription();

    private static IResult Handle(string format, HttpContext http, Actor actor, ZhengtongDb db, Paging paging, TimeProvider clock, CancellationToken ct)
    {
        var list = Listing.Of(http.Request.Path + http.Request.QueryString);
        return TableExport.Of(format, "cloud-migration", MigrationPage.Columns(actor), TableExport.AllPages(page => MigrationPage.ReadAsync(list, page, actor, db, paging, clock, ct)));
    }
}
