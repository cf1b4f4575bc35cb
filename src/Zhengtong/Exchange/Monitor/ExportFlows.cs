using Zhengtong.Kernel.Identity;
using Zhengtong.Web;

namespace Zhengtong.Exchange.Monitor;

/// <summary>The table of the monitor as the page shows it under the same filters, as a file.</summary>
internal static class ExportFlows
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/work/exchange/monitor/export.{format}", Handle).Requires(Right.ReadWork).ExcludeFromDescription();

    internal static async Task<IResult> Handle(string format, HttpContext http, Actor actor, ZhengtongDb db, FlowReading flows, TimeProvider clock, CancellationToken ct)
    {
        var asked = FlowFilter.Of(http.Request.Path + http.Request.QueryString);
        var (shown, _) = await asked.ReadAsync(actor, db, flows, clock, ct);
        return TableExport.Of(format, "exchange-monitor", FlowTable.Columns(), shown.ToAsyncEnumerable());
    }
}
