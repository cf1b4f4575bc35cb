using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Calendar;

/// <summary>A limit in working days from a day on.</summary>
/// <param name="Name">As officials say it, 2 to 100 characters.</param>
/// <param name="Days">Working days, 1 to 1,000.</param>
/// <param name="StartEvent">The event that starts the clock: lower-case letters and hyphens, at most 40.</param>
/// <param name="Source">The law, regulation or notice, 2 to 200 characters.</param>
/// <param name="IsConfirmed">True when the number was read in the source's own text.</param>
public sealed record SetDeadlineRuleRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name, [Range(1, 1000)] int Days, [Required, RegularExpression("^[a-z][a-z-]{0,39}$")] string StartEvent,
    [Required, StringLength(200, MinimumLength = 2)] string Source, bool IsConfirmed);

internal static class SetDeadlineRule
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/calendar/deadline-rules/{code}/{inForceFrom}", Handle).Requires(Right.ManageCalendar).ProducesProblem(403).ProducesProblem(409);

    /// <summary>Set a limit in working days for events from a day on. Earlier events keep the rule of their day; deadlines already given are not touched.</summary>
    /// <param name="code">Module, dot, what must be done in time.</param>
    /// <param name="inForceFrom">The first day.</param>
    /// <response code="204">Set; ledger event kernel.deadline-rule-set.</response>
    /// <response code="409">kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        [RegularExpression("^[a-z][a-z-]*\\.[a-z-]{1,80}$")] string code, DateOnly inForceFrom, SetDeadlineRuleRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var rule = await db.DeadlineRules.SingleOrDefaultAsync(r => r.Code == code && r.InForceFrom == inForceFrom, ct);
        object? before = rule is null ? null : new { rule.Name, rule.Days, rule.StartEvent, rule.Source, rule.IsConfirmed };
        if (rule is null)
        {
            db.DeadlineRules.Add(new DeadlineRule
            {
                Code = code, InForceFrom = inForceFrom, Name = request.Name, Days = request.Days, StartEvent = request.StartEvent, Source = request.Source, IsConfirmed = request.IsConfirmed,
            });
        }
        else
        {
            (rule.Name, rule.Days, rule.StartEvent, rule.Source, rule.IsConfirmed) = (request.Name, request.Days, request.StartEvent, request.Source, request.IsConfirmed);
        }

        db.Ledger.Add(LedgerEntry.Of("kernel.deadline-rule-set", code, actor, clock.GetUtcNow(), request.Source, before, new { inForceFrom, request.Name, request.Days, request.StartEvent, request.Source, request.IsConfirmed }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { return KernelProblems.ChangedMeanwhile.Because(code); }
        return TypedResults.NoContent();
    }
}
