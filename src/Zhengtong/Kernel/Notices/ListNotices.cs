using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Notices;

/// <summary>A notice as its reader sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="At">When it came.</param>
/// <param name="Tone">How pressing it is.</param>
/// <param name="Sentence">What it says, in the reader's language.</param>
/// <param name="Href">The page where more stands, from the root.</param>
/// <param name="IsRead">Whether the reader has read it.</param>
public sealed record NoticeSummary(Guid Id, DateTimeOffset At, NoticeTone Tone, string Sentence, string Href, bool IsRead);

internal static class ListNotices
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/notices", Handle).Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List the notices 消息 to the caller's organisation, the newest first, with what this reader has read. They are kept for 180 days.</summary>
    /// <param name="unread">True: only those this reader has not read.</param>
    /// <param name="page">Which part of the list.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="paging">Reads by cursor.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="200">A page of notices.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<NoticeSummary>>, ProblemHttpResult>> Handle(
        bool? unread, [AsParameters] PageQuery page, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var rows = unread == true ? Unread(db, actor) : db.Notices.AsNoTracking().Where(n => n.OrganisationId == actor.Organisation);
        var read = await paging.ReadAsync(rows, page, n => n.At, n => n.Id, n => new { Notice = n, IsRead = db.NoticeReads.Any(r => r.NoticeId == n.Id && r.ReaderId == actor.Id) }, descending: true, ct);
        return read is null ? KernelProblems.CursorUnknown.Because() : TypedResults.Ok(new Page<NoticeSummary>(
            [.. read.Items.Select(i => new NoticeSummary(i.Notice.Id, i.Notice.At, i.Notice.Tone, Notice.Sentence(i.Notice.TextKey, i.Notice.Arguments), i.Notice.Href, i.IsRead))], read.Next, read.Total));
    }

    /// <summary>What waits for this reader.</summary>
    internal static IQueryable<Notice> Unread(ZhengtongDb db, Actor actor) =>
        db.Notices.AsNoTracking().Where(n => n.OrganisationId == actor.Organisation && !db.NoticeReads.Any(r => r.NoticeId == n.Id && r.ReaderId == actor.Id));
}
