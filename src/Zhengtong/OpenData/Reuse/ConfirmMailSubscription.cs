using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Reuse;

/// <summary>The confirmation of a subscription by mail.</summary>
/// <param name="Token">What stood in the letter: 64 hex digits.</param>
public sealed record ConfirmMailSubscriptionRequest([Required, StringLength(64)] string Token);

internal static class ConfirmMailSubscription
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/mail-subscriptions/confirmation", Handle).AllowAnonymous().ProducesProblem(400).ProducesProblem(404);

    /// <summary>Confirm a subscription by mail with the token of the letter that asked; it is good once, for three days.</summary>
    /// <response code="204">Letters will follow; ledger event open-data.mail-confirmed.</response>
    /// <response code="404">open-data.mail-link-spent</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(ConfirmMailSubscriptionRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (await FindAsync(db, request.Token, now, ct) is not { } found) { return OpenDataProblems.MailLinkSpent.Because(); }

        var dataset = found.Topic == MailTopic.Dataset ? await db.Datasets.AsNoTracking().Where(d => d.Id == found.TopicId).Select(d => new { d.Current, d.State }).SingleOrDefaultAsync(ct) : null;
        found.Confirm(dataset?.Current ?? 0, dataset?.State == DatasetState.Withdrawn, now);
        db.Ledger.Add(LedgerEntry.Of("open-data.mail-confirmed", found.Id, actor, now, after: new { found.Topic, about = found.TopicId, found.Rhythm }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return OpenDataProblems.MailLinkSpent.Because(); }
        return TypedResults.NoContent();
    }

    /// <summary>The subscription whose confirmation the token is, while it is good; tracked.</summary>
    internal static async Task<MailSubscription?> FindAsync(ZhengtongDb db, string? token, DateTimeOffset now, CancellationToken ct)
    {
        if (token is not { Length: 64 }) { return null; }
        var hash = MailSubscription.HashOf(token);
        return await db.MailSubscriptions.SingleOrDefaultAsync(s => s.TokenHash == hash && s.TokenUntil > now, ct);
    }
}
