using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Exchange.Slices;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.BackFills;

/// <summary>A back-fill.</summary>
/// <param name="Id">Its id.</param>
/// <param name="OrderedBy">The department that ordered it.</param>
/// <param name="OrderedAt">When.</param>
/// <param name="Column">Column of the range.</param>
/// <param name="From">First value, included; null for everybody but the two parties.</param>
/// <param name="Until">Last value, included; likewise.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Rows">Rows sealed so far.</param>
/// <param name="EstimatedRows">Rows it will be, as the provider's database estimates; null before it began.</param>
/// <param name="FirstBatch">Sequence of its first batch; null before it, and when there was no row.</param>
/// <param name="LastBatch">Sequence of its last batch so far.</param>
/// <param name="EndedAt">When it ended; null until then.</param>
/// <param name="Problem">Code of why it failed; null when it did not.</param>
/// <param name="ProblemTitle">What that means, in the reader's language.</param>
public sealed record BackFillSummary(
    Guid Id, string OrderedBy, DateTimeOffset OrderedAt, string Column, string? From, string? Until, BackFillState State, long Rows, long? EstimatedRows, long? FirstBatch, long? LastBatch,
    DateTimeOffset? EndedAt, string? Problem, string? ProblemTitle);

/// <summary>Back-fills of a delivery, the newest first.</summary>
/// <param name="Items">At most 100.</param>
public sealed record ListBackFillsResponse(IReadOnlyList<BackFillSummary> Items);

internal static class ListBackFills
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/deliveries/{id:guid}/back-fills", Handle).Requires(Right.ReadWork).ProducesProblem(403).ProducesProblem(404);

    /// <summary>List the back-fills of a delivery, the newest first; at most 100. Values of ranges are for the two parties alone.</summary>
    /// <response code="200">The back-fills.</response>
    /// <response code="404">exchange.delivery-unknown</response>
    internal static async Task<Results<Ok<ListBackFillsResponse>, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, Vault vault, CancellationToken ct)
    {
        var delivery = await db.Deliveries.AsNoTracking().VisibleTo(actor).SingleOrDefaultAsync(d => d.Id == id, ct);
        if (delivery is null) { return ExchangeProblems.DeliveryUnknown.Because($"{id}"); }

        var isParty = delivery.HasParty(actor.Organisation);
        var found = await (
            from b in db.BackFills.AsNoTracking()
            where b.DeliveryId == id
            orderby b.OrderedAt descending, b.Id descending
            join o in db.Organisations on b.OrderedBy equals o.Id
            select new { BackFill = b, By = o.Name }).Take(100).ToListAsync(ct);
        return TypedResults.Ok(new ListBackFillsResponse([.. found.Select(f =>
        {
            var (b, range) = (f.BackFill, isParty ? BackFilling.Open(vault, f.BackFill) : null);
            return new BackFillSummary(
                b.Id, f.By, b.OrderedAt, b.Column, range?.From, range?.Until, b.State, b.Rows, b.EstimatedRows, b.FirstBatch, b.LastBatch, b.EndedAt, b.Problem, b.Problem is { } code ? Text.Of(code) : null);
        })]));
    }
}
