using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Notices;

/// <summary>Which notices the caller has read.</summary>
/// <param name="Ids">Their ids, at most 200; none or nothing means all there are at this moment.</param>
public sealed record ReadNoticesRequest([MaxLength(200)] IReadOnlyList<Guid>? Ids);

internal static class ReadNotices
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/notices/read", Handle).Requires(Right.ReadWork).ProducesProblem(403);

    /// <summary>Mark notices as read by the caller. Ids of other organisations' notices are passed over, as those that are read already.</summary>
    /// <response code="204">They are read. A reader's own mark, of which the ledger keeps nothing.</response>
    internal static async Task<NoContent> Handle(ReadNoticesRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var (now, unread) = (clock.GetUtcNow(), ListNotices.Unread(db, actor));
        if (request.Ids is { Count: > 0 } ids) { unread = unread.Where(n => ids.Contains(n.Id)); }
        var found = await unread.Select(n => n.Id).ToListAsync(ct);
        db.NoticeReads.AddRange(found.Select(id => new NoticeRead { NoticeId = id, ReaderId = actor.Id, At = now }));
        // Another window of the same reader came first: they are read.
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e.IsUniqueViolation()) { db.ChangeTracker.Clear(); }
        return TypedResults.NoContent();
    }
}
