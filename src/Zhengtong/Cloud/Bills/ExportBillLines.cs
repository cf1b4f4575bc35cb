using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web;

namespace Zhengtong.Cloud.Bills;

/// <summary>All lines of a bill as a file.</summary>
internal static class ExportBillLines
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/work/cloud/bills/{id:guid}/export.{format}", Handle).Requires(Right.ReadWork).ExcludeFromDescription();

    internal static async Task<IResult> Handle(Guid id, string format, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var bill = await BillRows.Visible(db, actor).SingleOrDefaultAsync(b => b.Id == id, ct);
        if (bill is null) { return CloudProblems.BillNotFound.Because($"{id}"); }
        var lines = await GetBill.LinesAsync(db, (await Accounting.ReadAsync(db, bill, clock.GetUtcNow(), ct)).Lines, ct);
        return TableExport.Of(format, bill.Number, BillPage.Columns(), lines.ToAsyncEnumerable());
    }
}
