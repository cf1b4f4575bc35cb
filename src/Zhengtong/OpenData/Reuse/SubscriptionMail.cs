using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Mail;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.OpenData.Reuse;

/// <summary>Subscriptions by mail: asking for a confirmation, and the links in letters that end them. A link that ends is a keyed mark of what it ends: nothing is kept of it, and it never expires.</summary>
internal sealed class SubscriptionMail(ZhengtongDb db, Mailing mailing, Vault vault)
{
    /// <summary>Kind of the letter that asks for a confirmation.</summary>
    internal const string Confirming = "open-data.confirm";

    /// <summary>Such letters to one address in 24 hours, whoever asks.</summary>
    internal const int LettersADay = 3;

    /// <summary>Subscriptions of one address.</summary>
    private const int MostOfOne = 200;

    internal bool IsOn => mailing.IsOn;

    /// <summary>Adds a subscription that waits for its confirmation, and the letter that asks for it, to the caller's save. What the caller may tell of it does not depend on what was there:
    /// an address that has the subscription gets the same letter, one that was asked often enough today gets none.</summary>
    /// <param name="topic">Of what kind.</param>
    /// <param name="topicId">The dataset, request or key.</param>
    /// <param name="what">What it is about, by the platform's own words and titles: nothing that the asker typed may be sent to an address that may not be theirs.</param>
    /// <param name="address">As <see cref="MailAddress.Parse"/> gave it.</param>
    /// <param name="rhythm">How often.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="now">When.</param>
    /// <param name="ct">Stops it.</param>
    internal async Task AskAsync(MailTopic topic, Guid topicId, string what, string address, MailRhythm rhythm, Actor actor, DateTimeOffset now, CancellationToken ct)
    {
        var (mark, dayBefore) = (mailing.MarkOf(address), now.AddDays(-1));
        if (await db.OutgoingMails.CountAsync(m => m.AddressMark == mark && m.Kind == Confirming && m.At > dayBefore, ct) >= LettersADay) { return; }
        var found = await db.MailSubscriptions.SingleOrDefaultAsync(s => s.AddressMark == mark && s.Topic == topic && s.TopicId == topicId, ct);
        var language = CultureInfo.CurrentUICulture.TwoLetterISOLanguageName == "en" ? "en" : "zh-CN";
        if (found is null)
        {
            if (await db.MailSubscriptions.CountAsync(s => s.AddressMark == mark, ct) >= MostOfOne) { return; }
            var id = Guid.CreateVersion7(now);
            found = new MailSubscription { Id = id, Topic = topic, TopicId = topicId, AddressMark = mark, Address = vault.Seal(Encoding.ASCII.GetBytes(address), PurposeOf(id)), Language = language, At = now };
            db.MailSubscriptions.Add(found);
        }

        var token = found.Ask(rhythm, language, now);
        db.Ledger.Add(LedgerEntry.Of("open-data.mail-asked", found.Id, actor, now, after: new { topic, about = topicId, rhythm }));
        mailing.Add(db, Confirming, address, language, Text.In(language, () => SubscriptionLetters.Confirm(what, mailing.AddressOf($"/open/mail/confirm/{token}"))), unsubscribe: null, now);
    }

    /// <summary>Adds a letter to a subscriber to the caller's save.</summary>
    /// <param name="kind">Module, dot, what it tells of.</param>
    /// <param name="to">The subscription.</param>
    /// <param name="token">What ends it; null for the last letter, behind which nothing is left to end.</param>
    /// <param name="write">Writes the letter, given the address of the page that ends it and how a path becomes an address.</param>
    /// <param name="now">When.</param>
    internal void Write(string kind, MailSubscription to, string? token, Func<string, Func<string, string>, Letter> write, DateTimeOffset now)
    {
        var address = Encoding.ASCII.GetString(vault.Open(to.Address, PurposeOf(to.Id)));
        mailing.Add(db, kind, address, to.Language, Text.In(to.Language, () => write(mailing.AddressOf($"/open/mail/end/{token}"), mailing.AddressOf)), token is null ? null : $"/api/v1/mail-subscriptions/{token}/end", now);
    }

    /// <summary>The token that ends one subscription.</summary>
    internal string TokenOf(MailSubscription subscription) => Signed('s', $"{subscription.Id:N}");

    /// <summary>The token that ends all daily subscriptions of an address.</summary>
    internal string DailyTokenOf(string addressMark) => Signed('d', addressMark);

    /// <summary>The subscriptions that the token ends, of which none may be left; null when we did not make it.</summary>
    internal IQueryable<MailSubscription>? Of(string? token)
    {
        if (token is not { Length: 65 } || token[0] is not ('s' or 'd') || token.AsSpan(1).ContainsAnyExcept("0123456789abcdef")) { return null; }
        var named = token[1..33];
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Signed(token[0], named)), Encoding.ASCII.GetBytes(token))) { return null; }
        if (token[0] == 'd') { return db.MailSubscriptions.Where(s => s.AddressMark == named && s.Topic == MailTopic.Dataset && s.Rhythm == MailRhythm.Daily && s.ConfirmedAt != null); }
        var id = Guid.ParseExact(named, "N");
        return db.MailSubscriptions.Where(s => s.Id == id);
    }

    private string Signed(char kind, string named) => $"{kind}{named}{vault.MarkOf($"{kind}{named}", "mail-end")[..32]}";

    private static string PurposeOf(Guid subscription) => $"mail-subscription:{subscription}";
}
