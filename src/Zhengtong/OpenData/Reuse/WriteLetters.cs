using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Mail;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Reuse;

/// <summary>Writes letters to subscribers: what an address was told is compared with what is. The letter and that it was told are one save, so that none is lost and none written twice.</summary>
internal sealed class WriteLetters(ZhengtongDb db, SubscriptionMail mail, IOptions<ReuseOptions> options, TimeProvider clock) : IReconciler
{
    private const int AtOnce = 50;

    /// <summary>Datasets in one letter; the rest comes with the next.</summary>
    private const int MostInLetter = 50;

    /// <summary>Letters that the mail server refused for good, after which a confirmed subscription ends; one that waits for its confirmation ends with the first.</summary>
    private const int MostRefusals = 3;

    /// <summary>Notices older than this are not sent when an address is confirmed at last.</summary>
    private static readonly TimeSpan NoticesKept = TimeSpan.FromDays(30);

    private readonly Dictionary<(Guid Dataset, int Told), DatasetNews> read = [];

    public string Name => "open-data.letters";

    public TimeSpan Every => TimeSpan.FromSeconds(10);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await db.MailSubscriptions.Where(s => s.ConfirmedAt == null && s.TokenUntil < now).ExecuteDeleteAsync(ct);
        await db.MailSubscriptions.Where(s => s.Topic == MailTopic.Key && db.DeveloperKeys.Any(k => k.Id == s.TopicId && k.RevokedAt != null)).ExecuteDeleteAsync(ct);
        await EndRefusedAsync(now, ct);
        if (!mail.IsOn) { return Pass.Settled(); }
        int[] counts = [await AnswersAsync(now, ct), await NoticesAsync(now, ct), await NewsAtOnceAsync(now, ct), await NewsOfTheDayAsync(now, ct)];
        return counts.Max() < AtOnce ? Pass.Settled(counts.Sum()) : Pass.Unfinished(counts.Sum());
    }

    private async Task EndRefusedAsync(DateTimeOffset now, CancellationToken ct)
    {
        var refused = await db.MailSubscriptions.Where(s => db.OutgoingMails.Count(m => m.AddressMark == s.AddressMark && m.State == MailState.Refused && m.At >= s.At) >= (s.ConfirmedAt == null ? 1 : MostRefusals)).OrderBy(s => s.Id).Take(AtOnce).ToListAsync(ct);
        if (refused.Count == 0) { return; }
        db.MailSubscriptions.RemoveRange(refused);
        db.Ledger.AddRange(refused.Select(s => LedgerEntry.Of("open-data.mail-dead", s.Id, Actor.Platform, now, before: new { s.Topic, about = s.TopicId })));
        await SaveAsync(ct);
    }

    private async Task<int> AnswersAsync(DateTimeOffset now, CancellationToken ct)
    {
        var settled = await db.MailSubscriptions.Where(s => s.Topic == MailTopic.Request && s.ConfirmedAt != null)
            .Join(db.DataRequests.Where(r => r.State != DataRequestState.Received && r.State != DataRequestState.TakenUp), s => s.TopicId, r => r.Id, (s, r) => new { Subscription = s, Request = r, Dataset = db.Datasets.Where(d => d.Id == r.AnsweredBy).Select(d => d.Name).FirstOrDefault() })
            .OrderBy(x => x.Subscription.Id).Take(AtOnce).ToListAsync(ct);
        foreach (var x in settled)
        {
            // One letter, and the address is forgotten with it.
            if (Write("open-data.answer", x.Subscription, null, (_, addressOf) => SubscriptionLetters.Answer(x.Request, x.Dataset, addressOf), now)) { db.MailSubscriptions.Remove(x.Subscription); }
            await SaveAsync(ct);
        }

        return settled.Count;
    }

    private async Task<int> NoticesAsync(DateTimeOffset now, CancellationToken ct)
    {
        var since = now - NoticesKept;
        var waiting = await db.MailSubscriptions.Where(s => s.Topic == MailTopic.Key && s.ConfirmedAt != null && db.KeyNotices.Any(n => n.KeyId == s.TopicId && n.MailedAt == null && n.At > since))
            .Join(db.DeveloperKeys.Where(k => k.RevokedAt == null), s => s.TopicId, k => k.Id, (s, k) => new { Subscription = s, Key = k.Name }).OrderBy(x => x.Subscription.Id).Take(AtOnce).ToListAsync(ct);
        foreach (var x in waiting)
        {
            var notices = await db.KeyNotices.Where(n => n.KeyId == x.Subscription.TopicId && n.MailedAt == null && n.At > since).OrderBy(n => n.At).ThenBy(n => n.Id).Take(MostInLetter).ToListAsync(ct);
            if (Write("open-data.notices", x.Subscription, mail.TokenOf(x.Subscription), (end, addressOf) => SubscriptionLetters.Notices(x.Key, notices, end, addressOf), now))
            {
                foreach (var notice in notices) { notice.MailedAt = now; }
                x.Subscription.Told(now);
            }

            await SaveAsync(ct);
        }

        return waiting.Count;
    }

    private async Task<int> NewsAtOnceAsync(DateTimeOffset now, CancellationToken ct)
    {
        var waiting = await db.MailSubscriptions.Where(s => s.Topic == MailTopic.Dataset && s.ConfirmedAt != null && s.Rhythm == MailRhythm.AtOnce && s.NextAt <= now)
            .Join(db.Datasets, s => s.TopicId, d => d.Id, (s, d) => new { Subscription = s, Dataset = d })
            .Where(x => x.Dataset.Current > x.Subscription.ToldVersion || (x.Dataset.State == DatasetState.Withdrawn) != x.Subscription.ToldWithdrawn)
            .OrderBy(x => x.Subscription.NextAt).ThenBy(x => x.Subscription.Id).Take(AtOnce).ToListAsync(ct);
        foreach (var x in waiting)
        {
            var news = await NewsOfAsync(x.Dataset, x.Subscription, ct);
            if (Write("open-data.news", x.Subscription, mail.TokenOf(x.Subscription), (end, addressOf) => SubscriptionLetters.News([news], end, addressOf), now))
            {
                x.Subscription.Told(x.Dataset.Current, x.Dataset.State == DatasetState.Withdrawn, now);
            }

            await SaveAsync(ct);
        }

        return waiting.Count;
    }

    /// <summary>One letter to an address each morning that brings something: what was published before the hour. What comes later is told tomorrow.</summary>
    private async Task<int> NewsOfTheDayAsync(DateTimeOffset now, CancellationToken ct)
    {
        var hour = HourBefore(now, options.Value.DigestHour);
        var due = db.MailSubscriptions.Where(s => s.Topic == MailTopic.Dataset && s.ConfirmedAt != null && s.Rhythm == MailRhythm.Daily && s.ToldAt < hour)
            .Join(db.Datasets, s => s.TopicId, d => d.Id, (s, d) => new { Subscription = s, Dataset = d })
            .Where(x => db.DatasetVersions.Any(v => v.DatasetId == x.Dataset.Id && v.Number > x.Subscription.ToldVersion && v.PublishedAt <= hour)
                || ((x.Dataset.State == DatasetState.Withdrawn) != x.Subscription.ToldWithdrawn && x.Dataset.ModifiedAt <= hour));
        var addresses = await due.Select(x => x.Subscription.AddressMark).Distinct().OrderBy(m => m).Take(AtOnce).ToListAsync(ct);
        foreach (var address in addresses)
        {
            var news = new List<(MailSubscription Subscription, Dataset Dataset, DatasetNews News)>();
            foreach (var x in await due.Where(x => x.Subscription.AddressMark == address).OrderBy(x => x.Dataset.Title).ThenBy(x => x.Dataset.Id).Take(MostInLetter).ToListAsync(ct))
            {
                news.Add((x.Subscription, x.Dataset, await NewsOfAsync(x.Dataset, x.Subscription, ct)));
            }

            if (news.Count == 0) { continue; }
            if (Write("open-data.digest", news.MaxBy(n => n.Subscription.ConfirmedAt).Subscription, mail.DailyTokenOf(address), (end, addressOf) => SubscriptionLetters.News([.. news.Select(n => n.News)], end, addressOf), now))
            {
                foreach (var (subscription, dataset, _) in news) { subscription.Told(dataset.Current, dataset.State == DatasetState.Withdrawn, now); }
                // The others of the address had nothing to tell: they wait for tomorrow too, so that there is one letter a day.
                foreach (var quiet in await db.MailSubscriptions.Where(s => s.AddressMark == address && s.Topic == MailTopic.Dataset && s.Rhythm == MailRhythm.Daily && s.ConfirmedAt != null && s.ToldAt < hour).ToListAsync(ct))
                {
                    if (news.TrueForAll(n => n.Subscription.Id != quiet.Id)) { quiet.Told(now); }
                }
            }

            await SaveAsync(ct);
        }

        return addresses.Count;
    }

    /// <summary>The last time it was this hour in China.</summary>
    internal static DateTimeOffset HourBefore(DateTimeOffset now, int hour)
    {
        var today = ChinaTime.StartOf(ChinaTime.DateOf(now)).AddHours(hour);
        return today <= now ? today : today.AddDays(-1);
    }

    /// <summary>False when the address does not open: the subscription was sealed under another key and is of no use.</summary>
    private bool Write(string kind, MailSubscription to, string? token, Func<string, Func<string, string>, Letter> write, DateTimeOffset now)
    {
        try
        {
            mail.Write(kind, to, token, write, now);
            return true;
        }
        catch (CryptographicException)
        {
            db.MailSubscriptions.Remove(to);
            return false;
        }
    }

    private async Task<DatasetNews> NewsOfAsync(Dataset dataset, MailSubscription subscription, CancellationToken ct)
    {
        if (!read.TryGetValue((dataset.Id, subscription.ToldVersion), out var news)) { read[(dataset.Id, subscription.ToldVersion)] = news = await DatasetNews.ReadAsync(db, dataset, subscription.ToldVersion, ct); }
        return news;
    }

    private async Task SaveAsync(CancellationToken ct)
    {
        try { await db.SaveChangesAsync(ct); }
        // Its holder ended or changed it meanwhile: nothing of this letter is kept, and the next pass looks again.
        catch (DbUpdateConcurrencyException)
        {
            foreach (var entry in db.ChangeTracker.Entries().Where(e => e.State != EntityState.Unchanged).ToList()) { entry.State = EntityState.Detached; }
        }
    }
}
