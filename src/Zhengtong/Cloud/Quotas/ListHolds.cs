using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Quotas;

/// <summary>A hold on a quota.</summary>
/// <param name="Consumer">What holds.</param>
/// <param name="Node">The node at which, and at every node above which, it counts.</param>
/// <param name="MovingTo">While it moves: the node that it moves to, at which it counts too.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Amounts">How much, by kind.</param>
/// <param name="CreatedAt">When it was taken.</param>
/// <param name="ExpiresAt">When a reservation ends by itself; null when it does not.</param>
/// <param name="ReleasedAt">When it was given back.</param>
public sealed record HoldRow(Guid Consumer, Guid Node, Guid? MovingTo, HoldState State, IReadOnlyList<ResourceAmount> Amounts, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? ReleasedAt);

internal static class ListHolds
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/holds", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List holds on the quotas that the caller sees, the newest first.</summary>
    /// <param name="node">Only those at this node and below it.</param>
    /// <param name="consumer">Only that of this consumer.</param>
    /// <param name="state">Only those in this state.</param>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page of holds.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<HoldRow>>, ProblemHttpResult>> Handle(
        Guid? node, Guid? consumer, Choice<HoldState>? state, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var nodes = QuotaRows.Visible(db, actor);
        if (node is { } root)
        {
            var part = $"%{root:N}%";
            nodes = nodes.Where(n => EF.Functions.Like(n.Path, part));
        }

        var ids = nodes.Select(n => n.Id);
        var holds = db.Holds.AsNoTracking().Where(h => ids.Contains(h.NodeId));
        if (consumer is { } one) { holds = holds.Where(h => h.ConsumerId == one); }
        if (state is { } in_) { holds = holds.Where(h => h.State == in_.Value); }
        return await paging.ReadAsync(holds, page, h => h.CreatedAt, h => h.Id, h => new HoldRow(h.ConsumerId, h.NodeId, h.MovingTo, h.State, h.Amounts, h.CreatedAt, h.ExpiresAt, h.ReleasedAt), descending: true, ct) is { } read
            ? TypedResults.Ok(read) : KernelProblems.CursorUnknown.Because();
    }
}
