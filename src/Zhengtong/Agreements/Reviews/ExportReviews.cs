using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web;
using Zhengtong.Web.Components;

namespace Zhengtong.Agreements.Reviews;

/// <summary>The desk's lists as the page shows them.</summary>
internal static class ExportReviews
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/work/reviews/export.{format}", Handle).Requires(Right.ReadWork).ExcludeFromDescription();

    private static IResult Handle(string format, HttpContext http, Actor actor, ReviewKinds kinds, ZhengtongDb db, Paging paging, TimeProvider clock, CancellationToken ct)
    {
        var list = Listing.Of(http.Request.Path + http.Request.QueryString);
        return TableExport.Of(format, "reviews", ReviewsPage.Columns(kinds), TableExport.AllPages(page => ReviewsPage.ReadAsync(list, page, actor, db, paging, clock, ct)));
    }
}
