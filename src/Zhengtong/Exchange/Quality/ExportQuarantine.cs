using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Agreements;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Web;
using Zhengtong.Web.Components;

namespace Zhengtong.Exchange.Quality;

/// <summary>The list of rows in quarantine as its page shows it under the same filters, and a row's values, as files; for the provider alone.</summary>
internal static class ExportQuarantine
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/work/exchange/{id:guid}/quarantine/export.{format}", ListAsync).Requires(Right.OperateExchange).ExcludeFromDescription();
        app.MapGet("/work/exchange/quarantine/{id:guid}/export.{format}", RowAsync).Requires(Right.OperateExchange).ExcludeFromDescription();
    }

    private static async Task<IResult> ListAsync(Guid id, string format, HttpContext http, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var asked = Listing.Of(http.Request.Path + http.Request.QueryString);
        var first = await QuarantinePage.ReadAsync(id, asked, new PageQuery { Limit = 1 }, actor, db, paging, ct);
        return first.Result is ProblemHttpResult refused ? refused : TableExport.Of(format, "quarantine", QuarantinePage.ListColumns(id),
            TableExport.AllPages(async page => (await QuarantinePage.ReadAsync(id, asked, page, actor, db, paging, ct)).Result is Ok<Page<QuarantineSummary>> { Value: { } found } ? found : null));
    }

    /// <summary>Taking the values away is looking at them: the ledger keeps it.</summary>
    private static async Task<IResult> RowAsync(Guid id, string format, Actor actor, ZhengtongDb db, AgreementsLookup agreements, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        if (format is not ("csv" or "xlsx")) { return TypedResults.NotFound(); }
        return (await GetQuarantinedRow.Handle(id, actor, db, agreements, vault, clock, ct)).Result switch
        {
            Ok<GetQuarantinedRowResponse> { Value: { } row } => TableExport.Of(format, $"quarantine-{id}", Columns(), row.Values.ToAsyncEnumerable()),
            var refused => refused,
        };
    }

    private static IReadOnlyList<Column<QuarantinedValue>> Columns() =>
    [
        new(Text.Of("exchange.quarantine.item"), v => v.Item), new(Text.Of("exchange.quarantine.column"), v => v.Column), new(Text.Of("exchange.quarantine.type"), v => Show.Word("catalogue", v.Type)),
        new(Text.Of("exchange.quarantine.value"), v => v.Value), new(Text.Of("exchange.quarantine.reasons"), v => string.Join(Text.Of("exchange.semicolon"), v.Faults.Select(f => Show.Word("exchange", f)))),
    ];
}
