using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web;

namespace Zhengtong.Cloud.Pools;

/// <summary>The list of pools as the page shows it.</summary>
internal static class ExportPools
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/work/cloud/pools/export.{format}", Handle).Requires(Right.SeePools).ExcludeFromDescription();

    private static IResult Handle(string format, ZhengtongDb db, Paging paging, CancellationToken ct) =>
        TableExport.Of(format, "cloud-pools", PoolsPage.Columns, TableExport.AllPages(page => PoolsPage.ReadAsync(page, db, paging, ct)));
}
