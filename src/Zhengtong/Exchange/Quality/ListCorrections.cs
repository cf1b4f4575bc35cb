using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Quality;

/// <summary>A correction in a list, without the row it is about.</summary>
/// <param name="Id">Its id.</param>
/// <param name="DeliveryId">The delivery.</param>
/// <param name="ResourceName">The information resource.</param>
/// <param name="Item">Name of the doubted item.</param>
/// <param name="Provider">Short name of the provider, who answers.</param>
/// <param name="Consumer">Short name of the consumer, who doubts.</param>
/// <param name="State">Where it stands.</param>
/// <param name="OpenedAt">When it was opened.</param>
/// <param name="DueOn">The last day on which the provider answers in time.</param>
/// <param name="AnsweredAt">When the provider answered; null until then.</param>
/// <param name="Batch">Sequence of the batch that carried the row again; null until then.</param>
public sealed record CorrectionSummary(
    Guid Id, Guid DeliveryId, string ResourceName, string Item, string Provider, string Consumer, CorrectionState State, DateTimeOffset OpenedAt, DateOnly DueOn, DateTimeOffset? AnsweredAt, long? Batch);

internal static class ListCorrections
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/corrections", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List the corrections that the caller's department asked for or has to answer, the newest first.</summary>
    /// <param name="state">Only those in this state.</param>
    /// <param name="delivery">Only those of this delivery.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<CorrectionSummary>>, ProblemHttpResult>> Handle(
        Choice<CorrectionState>? state, Guid? delivery, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var wanted = db.Corrections.AsNoTracking().VisibleTo(actor);
        if (state is { Value: var only }) { wanted = wanted.Where(c => c.State == only); }
        if (delivery is { } one) { wanted = wanted.Where(c => c.DeliveryId == one); }
        var names = CatalogueLookup.Names(db);
        var found = await paging.ReadAsync(wanted, page, c => c.OpenedAt, c => c.Id, c => new CorrectionSummary(
            c.Id, c.DeliveryId, names.Where(r => r.Id == db.Deliveries.Where(d => d.Id == c.DeliveryId).Select(d => d.ResourceId).First()).Select(r => r.Name).First(), c.Item,
            db.Organisations.Where(o => o.Id == c.ProviderId).Select(o => o.ShortName).First(), db.Organisations.Where(o => o.Id == c.ConsumerId).Select(o => o.ShortName).First(),
            c.State, c.OpenedAt, c.DueOn, c.AnsweredAt, c.Batch), descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(found);
    }
}
