using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Bills;

/// <summary>The bills as the page shows them under the same filters, as a file.</summary>
internal static class ExportBills
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/work/cloud/bills/export.{format}", Handle).Requires(Right.ReadWork).ExcludeFromDescription();

    internal static IResult Handle(string format, HttpContext http, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct) => BillsPage.Export(format, http.Request, actor, db, paging, ct);
}
