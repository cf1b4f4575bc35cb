using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Quality;

/// <summary>A row in quarantine, without its values.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Reasons">Why it did not pass: what, and of which item.</param>
/// <param name="AfterBatch">Sequence of the last batch before the row was read.</param>
/// <param name="At">When.</param>
/// <param name="SettledAt">When it went out, was superseded or discarded; null until then.</param>
/// <param name="Batch">Sequence of the batch it went out in; null when it did not.</param>
/// <param name="Revision">Send it back with a decision.</param>
public sealed record QuarantineSummary(
    Guid Id, QuarantineState State, IReadOnlyList<QualityReason> Reasons, long AfterBatch, DateTimeOffset At, DateTimeOffset? SettledAt, long? Batch, int Revision);

internal static class ListQuarantine
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/deliveries/{id:guid}/quarantine", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404);

    /// <summary>List the rows of a delivery that did not pass their checks, the newest first; for the provider alone.</summary>
    /// <param name="id">The delivery.</param>
    /// <param name="state">Only rows in this state.</param>
    /// <param name="fault">Only rows with this fault among their reasons.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    /// <response code="403">exchange.not-provider</response>
    /// <response code="404">exchange.delivery-unknown</response>
    internal static async Task<Results<Ok<Page<QuarantineSummary>>, ProblemHttpResult>> Handle(
        Guid id, Choice<QuarantineState>? state, Choice<QualityFault>? fault, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        if (await db.Deliveries.AsNoTracking().VisibleTo(actor).SingleOrDefaultAsync(d => d.Id == id, ct) is not { } delivery) { return ExchangeProblems.DeliveryUnknown.Because($"{id}"); }
        if (delivery.ProviderId != actor.Organisation) { return ExchangeProblems.NotProvider.Because($"{id}"); }

        var rows = db.Quarantine.AsNoTracking().OfProvider(actor).Where(q => q.DeliveryId == id);
        if (state is { Value: var only }) { rows = rows.Where(q => q.State == only); }
        if (fault is { Value: var kind })
        {
            var part = $",{kind},";
            rows = rows.Where(q => q.Faults.Contains(part));
        }

        var found = await paging.ReadAsync(rows, page, q => q.At, q => q.Id, q => new QuarantineSummary(q.Id, q.State, q.Reasons, q.AfterBatch, q.At, q.SettledAt, q.Batch, q.Revision), descending: true, ct);
        return found is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(found);
    }
}
