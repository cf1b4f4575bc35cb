using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Monitor;

internal static class ListOperationalData
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/operational-data", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List operational data 运行数据, the newest first: every call, batch or file of which the caller's department is a party, when it was asked for and answered, how large it was and how
    /// it ended. Never what it said. The platform's operator reads those of all.</summary>
    /// <param name="kind">Batches of tables, files, or calls of APIs.</param>
    /// <param name="agreement">Only of this agreement.</param>
    /// <param name="from">Beginning, included; default a day before <paramref name="to"/>.</param>
    /// <param name="to">End, excluded; default now.</param>
    /// <param name="page">Which part of the list.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="paging">Reads by cursor.</param>
    /// <param name="clock">The time.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">A page of records.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<OperationalRecord>>, ProblemHttpResult>> Handle(
        Choice<DeliveryKind> kind, Guid? agreement, DateTimeOffset? from, DateTimeOffset? to, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, TimeProvider clock, CancellationToken ct) =>
        await OperationalRecords.ReadAsync(OperationalQuestion.Of(kind.Value, agreement, from, to, clock), page, actor, db, paging, ct) is { } read
            ? TypedResults.Ok(read) : KernelProblems.CursorUnknown.Because();
}
