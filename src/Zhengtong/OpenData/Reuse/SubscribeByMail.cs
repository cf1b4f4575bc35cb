using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Mail;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Reuse;

/// <summary>Whom to write to about a dataset.</summary>
/// <param name="Mail">One bare mail address, at most 254 characters.</param>
/// <param name="Rhythm">How often.</param>
public sealed record SubscribeByMailRequest([Required, StringLength(MailAddress.Most)] string Mail, MailRhythm Rhythm);

internal static class SubscribeByMail
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets/{dataset}/mail-subscriptions", Handle).AllowAnonymous().ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(429);

    /// <summary>Have new versions of a dataset, changes of its columns and its withdrawal sent by mail. A letter asks whoever reads that mail to confirm within three days; without it nothing follows.
    /// The answer is the same whether or not the address is known.</summary>
    /// <response code="202">A letter is on its way, unless the address was asked often enough today; ledger event open-data.mail-asked.</response>
    /// <response code="400">kernel.invalid: no mail address.</response>
    /// <response code="404">open-data.not-found</response>
    /// <response code="409">open-data.mail-off, open-data.wrong-state: the dataset is not published.</response>
    /// <response code="429">open-data.too-many-writings</response>
    internal static async Task<Results<Accepted, ProblemHttpResult>> Handle(
        [StringLength(100)] string dataset, SubscribeByMailRequest request, HttpContext http, Actor actor, ZhengtongDb db, Voices voices, SubscriptionMail mail, TimeProvider clock, CancellationToken ct)
    {
        if (await PublicDatasets.FindAsync(db, dataset, Actor.Visitor, ct) is not { } found) { return OpenDataProblems.NotFound.Because(dataset); }
        if (!mail.IsOn) { return OpenDataProblems.MailOff.Because(); }
        if (found.State != DatasetState.Published) { return OpenDataProblems.WrongState.Because(found.Title); }
        if (MailAddress.Parse(request.Mail) is not { } address) { return KernelProblems.Invalid.For(new Dictionary<string, string[]> { ["mail"] = [Text.Of("open-data.mail.address-wrong")] }); }
        if (!voices.MayAskForMail(http)) { return OpenDataProblems.TooManyWritings.Because(); }

        await mail.AskAsync(MailTopic.Dataset, found.Id, Text.Of("open-data.mail.about-dataset", found.Title), address, request.Rhythm, actor, clock.GetUtcNow(), ct);
        try { await db.SaveChangesAsync(ct); }
        // Asked twice in the same moment: the other letter is on its way.
        catch (DbUpdateException e) when (e is DbUpdateConcurrencyException || e.IsUniqueViolation()) { db.ChangeTracker.Clear(); }
        return TypedResults.Accepted((string?)null);
    }
}
