using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Monitor;

internal static class GetAlarm
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/alarms/{id:guid}", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Get one alarm.</summary>
    /// <response code="200">The alarm.</response>
    /// <response code="404">exchange.alarm-unknown</response>
    internal static async Task<Results<Ok<AlarmSummary>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        var alarm = await db.Alarms.AsNoTracking().Within(await MonitorReach.OfAsync(actor, db, ct)).Where(a => a.Id == id).Select(ListAlarms.Shown(db)).SingleOrDefaultAsync(ct);
        return alarm is null ? ExchangeProblems.AlarmUnknown.Because($"{id}") : TypedResults.Ok(alarm);
    }
}
