using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Monitor;

/// <summary>How an agreement in force goes.</summary>
public sealed record FlowSummary
{
    /// <summary>The agreement.</summary>
    public required Guid AgreementId { get; init; }

    /// <summary>Its number.</summary>
    public required string Number { get; init; }

    /// <summary>The information resource.</summary>
    public required string ResourceName { get; init; }

    /// <summary>What is delivered: rows of a table, files, calls of an API.</summary>
    public required DeliveryKind Kind { get; init; }

    /// <summary>Who gives.</summary>
    public required Guid ProviderId { get; init; }

    /// <summary>Its name.</summary>
    public required string Provider { get; init; }

    /// <summary>As officials call it.</summary>
    public required string ProviderShortName { get; init; }

    /// <summary>Who takes.</summary>
    public required Guid ConsumerId { get; init; }

    /// <summary>Its name.</summary>
    public required string Consumer { get; init; }

    /// <summary>As officials call it.</summary>
    public required string ConsumerShortName { get; init; }

    /// <summary>Rows, files or calls a minute, over the last five.</summary>
    public required decimal UnitsPerMinute { get; init; }

    /// <summary>Bytes a minute, over the last five.</summary>
    public required long BytesPerMinute { get; init; }

    /// <summary>Rows, files or calls since the day began in China.</summary>
    public required long UnitsToday { get; init; }

    /// <summary>Bytes of them.</summary>
    public required long BytesToday { get; init; }

    /// <summary>Seconds that the oldest batch or file without a receipt has been under way; 0 when nothing is; null for calls.</summary>
    public required long? LagSeconds { get; init; }

    /// <summary>When something last arrived, or a run last found that all had; null when nothing ever did.</summary>
    public required DateTimeOffset? LastSuccessAt { get; init; }

    /// <summary>Failed runs, calls and confirmations since the day began in China.</summary>
    public required long FailuresToday { get; init; }

    /// <summary>Calls left today; null where there is no quota.</summary>
    public required long? QuotaLeft { get; init; }

    /// <summary>Most calls a day; null where there is no quota.</summary>
    public required long? QuotaPerDay { get; init; }

    /// <summary>Open alarms about it.</summary>
    public required IReadOnlyList<AlarmKind> Alarms { get; init; }

    /// <summary>The delivery of a table; null before it began, and for files and calls.</summary>
    public required Guid? DeliveryId { get; init; }
}

/// <summary>How agreements go.</summary>
/// <param name="At">The moment.</param>
/// <param name="Items">The agreements in force, by number.</param>
public sealed record ListFlowsResponse(DateTimeOffset At, IReadOnlyList<FlowSummary> Items);

internal static class ListFlows
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/exchange/flows", Handle).Requires(Right.ReadWork).ProducesProblem(403);

    /// <summary>Read how the agreements in force go: rate, lag, failures, quota. Of the caller's department; of all in its region for the authority; of all for the platform's operator.</summary>
    /// <param name="kind">Only this kind of delivery.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="flows">Reads them.</param>
    /// <param name="clock">The time.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">The flows.</response>
    internal static async Task<Ok<ListFlowsResponse>> Handle(Choice<DeliveryKind>? kind, Actor actor, ZhengtongDb db, FlowReading flows, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var read = (await flows.ReadAsync(await MonitorReach.OfAsync(actor, db, ct), ct)).Where(f => kind is not { Value: var one } || f.Kind == one).ToList();
        var parties = read.SelectMany(f => new[] { f.ProviderId, f.ConsumerId }).Distinct().ToList();
        var names = await db.Organisations.Where(o => parties.Contains(o.Id)).Select(o => new { o.Id, o.Name, o.ShortName }).ToDictionaryAsync(o => o.Id, ct);
        var alarms = (await db.Alarms.AsNoTracking().Where(a => a.Open != null && a.AgreementId != null).Select(a => new { Agreement = a.AgreementId!.Value, a.Kind }).ToListAsync(ct)).ToLookup(a => a.Agreement, a => a.Kind);
        var minutes = (decimal)FlowReading.Recent.TotalMinutes;
        return TypedResults.Ok(new ListFlowsResponse(now, [.. read.Select(f => new FlowSummary
        {
            AgreementId = f.AgreementId, Number = f.Number, ResourceName = f.ResourceName, Kind = f.Kind, ProviderId = f.ProviderId, Provider = names[f.ProviderId].Name,
            ProviderShortName = names[f.ProviderId].ShortName, ConsumerId = f.ConsumerId, Consumer = names[f.ConsumerId].Name, ConsumerShortName = names[f.ConsumerId].ShortName,
            UnitsPerMinute = Math.Round(f.Units / minutes, 2), BytesPerMinute = (long)(f.Bytes / minutes), UnitsToday = f.UnitsToday, BytesToday = f.BytesToday,
            LagSeconds = f.Kind == DeliveryKind.Api ? null : f.WaitingSince is { } since ? Math.Max(0, (long)(now - since).TotalSeconds) : 0,
            LastSuccessAt = f.LastSuccessAt, FailuresToday = f.FailuresToday, QuotaLeft = f.QuotaLeft, QuotaPerDay = f.QuotaPerDay, Alarms = [.. alarms[f.AgreementId].Order()], DeliveryId = f.DeliveryId,
        })]));
    }
}
