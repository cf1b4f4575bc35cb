using System.Linq.Expressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Monitor;

/// <summary>Where an alarm stands.</summary>
public enum AlarmState
{
    /// <summary>Its reason holds and nobody took it on.</summary>
    Open,
    /// <summary>Its reason holds; somebody said what is done.</summary>
    Acknowledged,
    /// <summary>Its reason is over.</summary>
    Cleared,
}

/// <summary>An alarm in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="State">Where it stands.</param>
/// <param name="AgreementId">The agreement; null for keys, certificates and nodes.</param>
/// <param name="Name">Resource and number of the agreement, or the key.</param>
/// <param name="Provider">Whose it is.</param>
/// <param name="Consumer">The other side; of a key its holder again.</param>
/// <param name="Figure">The figure when it was raised: seconds of lag and silence, failures, calls, days left of a key; of a node seconds of silence, bytes free, seconds left of its certificate.</param>
/// <param name="Limit">What it must not pass, in the same unit; of a key, a disk and a certificate what it must not fall below.</param>
/// <param name="RaisedAt">When it was raised.</param>
/// <param name="ClearedAt">When it was over; null while it is not.</param>
/// <param name="AcknowledgedAt">When somebody took it on; null until then.</param>
/// <param name="AcknowledgedBy">Who.</param>
/// <param name="Ground">What that person found or does about it.</param>
/// <param name="Revision">From 1; grows with each change.</param>
public sealed record AlarmSummary(
    Guid Id, AlarmKind Kind, AlarmState State, Guid? AgreementId, string Name, string Provider, string Consumer, long Figure, long Limit,
    DateTimeOffset RaisedAt, DateTimeOffset? ClearedAt, DateTimeOffset? AcknowledgedAt, string? AcknowledgedBy, string? Ground, int Revision);

internal static class ListAlarms
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/alarms", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List alarms 告警 of exchanges, the newest first: of the caller's department; of all in its region for the authority; of all for the platform's operator.</summary>
    /// <param name="state">Only those that stand so.</param>
    /// <param name="kind">Only of this kind.</param>
    /// <param name="page">Which part of the list.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="paging">Reads by cursor.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">A page of alarms.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<AlarmSummary>>, ProblemHttpResult>> Handle(
        Choice<AlarmState>? state, Choice<AlarmKind>? kind, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var rows = db.Alarms.AsNoTracking().Within(await MonitorReach.OfAsync(actor, db, ct));
        if (kind is { Value: var one }) { rows = rows.Where(a => a.Kind == one); }
        rows = state?.Value switch
        {
            AlarmState.Open => rows.Where(a => a.ClearedAt == null && a.AcknowledgedAt == null),
            AlarmState.Acknowledged => rows.Where(a => a.ClearedAt == null && a.AcknowledgedAt != null),
            AlarmState.Cleared => rows.Where(a => a.ClearedAt != null),
            _ => rows,
        };
        return await paging.ReadAsync(rows, page, a => a.RaisedAt, a => a.Id, Shown(db), descending: true, ct) is { } read ? TypedResults.Ok(read) : KernelProblems.CursorUnknown.Because();
    }

    /// <summary>An alarm as it is shown.</summary>
    internal static Expression<Func<Alarm, AlarmSummary>> Shown(ZhengtongDb db) => a => new AlarmSummary(
        a.Id, a.Kind, a.ClearedAt != null ? AlarmState.Cleared : a.AcknowledgedAt != null ? AlarmState.Acknowledged : AlarmState.Open, a.AgreementId, a.Name,
        db.Organisations.Where(o => o.Id == a.ProviderId).Select(o => o.Name).Single(), db.Organisations.Where(o => o.Id == a.ConsumerId).Select(o => o.Name).Single(),
        a.Figure, a.Limit, a.RaisedAt, a.ClearedAt, a.AcknowledgedAt, a.AcknowledgedBy, a.Ground, a.Revision);
}
