using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.OpenData.Reuse;

internal static class EndMailSubscription
{
    internal static void Map(IEndpointRouteBuilder group)
    {
        group.MapPost("/mail-subscriptions/{token}/end", Handle).AllowAnonymous().ProducesProblem(404);
        group.MapGet("/mail-subscriptions/{token}/end", HandleVisit).AllowAnonymous().Produces(StatusCodes.Status302Found);
    }

    /// <summary>End what a letter came from: the address of its List-Unsubscribe header (RFC 8058). The body is not read. Repeating it changes nothing.</summary>
    /// <param name="token">As in the letter.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="mail">Knows tokens.</param>
    /// <param name="clock">When.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="204">No letter follows; ledger event open-data.mail-ended for each subscription.</response>
    /// <response code="404">open-data.mail-link-spent: no token of this platform.</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle([StringLength(100)] string token, Actor actor, ZhengtongDb db, SubscriptionMail mail, TimeProvider clock, CancellationToken ct) =>
        mail.Of(token) is { } meant ? await EndAsync(meant, actor, db, clock, ct) : OpenDataProblems.MailLinkSpent.Because();

    /// <summary>The page with the button: to open the address ends nothing, since mail programs open addresses to look at them.</summary>
    /// <response code="302">To the page.</response>
    internal static RedirectHttpResult HandleVisit([StringLength(100)] string token) => TypedResults.LocalRedirect($"/open/mail/end/{Uri.EscapeDataString(token)}");

    /// <summary>Ends subscriptions, also those that a letter is just being written for.</summary>
    internal static async Task<NoContent> EndAsync(IQueryable<MailSubscription> meant, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        while (true)
        {
            var found = await meant.ToListAsync(ct);
            db.MailSubscriptions.RemoveRange(found);
            db.Ledger.AddRange(found.Select(s => LedgerEntry.Of("open-data.mail-ended", s.Id, actor, clock.GetUtcNow(), before: new { s.Topic, about = s.TopicId })));
            try
            {
                await db.SaveChangesAsync(ct);
                return TypedResults.NoContent();
            }
            catch (DbUpdateConcurrencyException) { db.ChangeTracker.Clear(); }
        }
    }
}
