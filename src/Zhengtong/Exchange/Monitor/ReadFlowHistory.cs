using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Metering;

namespace Zhengtong.Exchange.Monitor;

/// <summary>What flowed in one hour or day.</summary>
/// <param name="StartsAt">Beginning of the hour, or of the day in China.</param>
/// <param name="Rows">Rows that arrived.</param>
/// <param name="Files">Files that were confirmed.</param>
/// <param name="Calls">Calls that were answered.</param>
/// <param name="Bytes">Bytes of all three.</param>
/// <param name="Failures">Failed runs, calls and confirmations.</param>
public sealed record FlowPoint(DateTimeOffset StartsAt, long Rows, long Files, long Calls, long Bytes, long Failures);

/// <summary>What flowed.</summary>
/// <param name="Points">One for each hour or day, also for those in which nothing flowed; the earliest first.</param>
public sealed record ReadFlowHistoryResponse(IReadOnlyList<FlowPoint> Points);

internal static class ReadFlowHistory
{
    private const int Hours = 24;
    private const int Days = 30;

    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/exchange/history", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>Read what flowed in the last 24 hours or 30 days: of the caller's department; of all in its region for the authority; of all for the platform's operator.</summary>
    /// <param name="agreement">Only under this agreement, of which the caller may see how it goes.</param>
    /// <param name="by"><c>hour</c>, the default, for 24 hours; <c>day</c> for 30 days.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="agreements">Finds the agreement.</param>
    /// <param name="clock">The time.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">The history.</response>
    /// <response code="404">exchange.agreement-unknown</response>
    internal static async Task<Results<Ok<ReadFlowHistoryResponse>, ProblemHttpResult>> Handle(
        Guid? agreement, Choice<RollUpPeriod>? by, Actor actor, ZhengtongDb db, AgreementsLookup agreements, TimeProvider clock, CancellationToken ct)
    {
        var (period, now) = (by?.Value ?? RollUpPeriod.Hour, clock.GetUtcNow());
        var reach = await MonitorReach.OfAsync(actor, db, ct);
        List<DateTimeOffset> starts = period == RollUpPeriod.Hour
            ? [.. Enumerable.Range(0, Hours).Select(n => UsageRollUp.StartOf(period, now).AddHours(n - Hours + 1))]
            : [.. Enumerable.Range(0, Days).Select(n => ChinaTime.StartOf(ChinaTime.DateOf(now).AddDays(n - Days + 1)).ToUniversalTime())];
        var first = starts[0];
        var sums = db.UsageRollUps.AsNoTracking().Where(u => u.Period == period && u.StartsAt >= first && (FlowReading.UnitMeters.Contains(u.Meter) || FlowReading.ByteMeters.Contains(u.Meter) || u.Meter == FailureAccount.Failures));
        if (agreement is { } one)
        {
            if (await agreements.FindAsync(one, ct) is not { } terms || !(reach is null || reach.Contains(terms.Provider) || reach.Contains(terms.Consumer))) { return ExchangeProblems.AgreementUnknown.Because($"{one}"); }
            sums = sums.Where(u => u.AgreementId == one);
        }
        else if (reach is not null)
        {
            // Usage is the consumer's; what a provider gave is found by its agreements.
            var given = await agreements.OfProvidersAsync(reach, ct);
            sums = sums.Where(u => reach.Contains(u.OrganisationId) || given.Contains(u.AgreementId));
        }

        var read = (await sums.GroupBy(u => new { u.StartsAt, u.Meter }).Select(g => new { g.Key.StartsAt, g.Key.Meter, Sum = g.Sum(u => u.Quantity) }).ToListAsync(ct)).ToLookup(u => u.StartsAt.UtcTicks);
        return TypedResults.Ok(new ReadFlowHistoryResponse([.. starts.Select(start =>
        {
            var of = read[start.UtcTicks].ToLookup(u => u.Meter, u => u.Sum);
            return new FlowPoint(start, of[FlowReading.UnitMeters[0]].Sum(), of[FlowReading.UnitMeters[1]].Sum(), of[FlowReading.UnitMeters[2]].Sum(),
                FlowReading.ByteMeters.Sum(m => of[m].Sum()), of[FailureAccount.Failures].Sum());
        })]));
    }
}
