using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web;
using Zhengtong.Web.Components;

namespace Zhengtong.Cloud.Attended;

/// <summary>The list of services of people as the page shows it.</summary>
internal static class ExportAttended
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/work/cloud/attended/export.{format}", Handle).Requires(Right.DraftCloudServices).ExcludeFromDescription();

    private static IResult Handle(string format, HttpContext http, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var list = Listing.Of(http.Request.Path + http.Request.QueryString);
        return TableExport.Of(format, "cloud-attended-services", AttendedPage.Columns, TableExport.AllPages(page => AttendedPage.ReadAsync(list, page, actor, db, paging, ct)));
    }
}
