using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Monitor;

/// <summary>That somebody takes an alarm on.</summary>
/// <param name="Ground">What was found or is done about it, 2 to 500 characters; both sides read it and the ledger keeps it.</param>
/// <param name="Revision">The revision the caller saw, from 1; any other than the current one is a conflict.</param>
public sealed record AcknowledgeAlarmRequest([Required, StringLength(500, MinimumLength = 2)] string Ground, [Range(1, int.MaxValue)] int Revision);

internal static class AcknowledgeAlarm
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/alarms/{id:guid}/acknowledgement", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Acknowledge an alarm: say what is done about it. It stays until its reason is over.</summary>
    /// <response code="204">Acknowledged; ledger event exchange.alarm-acknowledged.</response>
    /// <response code="404">exchange.alarm-unknown</response>
    /// <response code="409">exchange.alarm-over, exchange.alarm-acknowledged, kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, AcknowledgeAlarmRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var alarm = await db.Alarms.Within(await MonitorReach.OfAsync(actor, db, ct)).SingleOrDefaultAsync(a => a.Id == id, ct);
        if (alarm is null) { return ExchangeProblems.AlarmUnknown.Because($"{id}"); }
        if (alarm.ClearedAt is { } over) { return ExchangeProblems.AlarmOver.Because($"{over:O}"); }
        if (alarm.AcknowledgedBy is { } other) { return ExchangeProblems.AlarmAcknowledged.Because(other); }
        if (alarm.Revision != request.Revision) { return KernelProblems.ChangedMeanwhile.Because($"{alarm.Revision}"); }

        var now = clock.GetUtcNow();
        alarm.Acknowledge(actor.Name, request.Ground, now);
        db.Ledger.Add(LedgerEntry.Of("exchange.alarm-acknowledged", alarm.Id, actor, now, request.Ground, after: new { alarm.Kind, alarm.Subject, agreement = alarm.AgreementId }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return KernelProblems.ChangedMeanwhile.Because($"{id}"); }
        return TypedResults.NoContent();
    }
}
