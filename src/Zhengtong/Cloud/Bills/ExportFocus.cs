using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Bills;

/// <summary>The bills of a month that somebody sees, as FOCUS 1.2 in CSV, streamed; under <c>month</c> and, where given, <c>organisation</c>.</summary>
internal static class ExportFocus
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/work/cloud/bills/focus.csv", Handle).Requires(Right.ReadWork).ExcludeFromDescription().DisableRequestTimeout();

    internal static async Task<IResult> Handle(string? month, Guid? organisation, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        if (BillMonth.Parse(month) is not { } asked) { return CloudProblems.BillNotFound.Because(month); }
        var bills = BillRows.Visible(db, actor).Where(b => b.Month == asked.First);
        if (organisation is { } owner) { bills = bills.Where(b => b.OrganisationId == owner); }
        var ids = await bills.OrderBy(b => b.Id).Select(b => b.Id).ToListAsync(ct);
        return TypedResults.Stream(stream => WriteAsync(stream, Focus.RowsAsync(db, ids, clock.GetUtcNow(), ct)), "text/csv; charset=utf-8", $"focus-1.2-{asked}.csv");
    }

    private static async Task WriteAsync(Stream stream, IAsyncEnumerable<FocusRow> rows)
    {
        await using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 16_384, leaveOpen: true) { NewLine = "\r\n" };
        await writer.WriteLineAsync(string.Join(',', Focus.Columns.Select(c => c.Name)));
        await foreach (var row in rows) { await writer.WriteLineAsync(string.Join(',', Focus.Columns.Select(c => Focus.Field(c, row)))); }
    }
}
