using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MimeKit;
using SmtpServer.Protocol;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Mail;
using Zhengtong.OpenData.Reuse;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Reuse;

/// <summary>A platform that sends mail to a server of the test; when letters are written and sent, the tests say.</summary>
public sealed class MailPlatform : IAsyncLifetime
{
    internal PlatformFixture Platform { get; private set; } = null!;

    internal MailServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await MailServer.StartAsync();
        Platform = new PlatformFixture
        {
            Configure = b =>
            {
                b.Configuration["Zhengtong:Mail:Host"] = "127.0.0.1";
                b.Configuration["Zhengtong:Mail:Port"] = $"{Server.Port}";
                b.Configuration["Zhengtong:Mail:Security"] = "None";
                b.Configuration["Zhengtong:Mail:From"] = "data@platform.example";
                b.Configuration["Zhengtong:Mail:PublicAddress"] = "https://data.example";
                foreach (var own in b.Services.Where(s => s.ImplementationInstance is ReconcilerType r && (r.Type == typeof(SendMail) || r.Type == typeof(WriteLetters))).ToList()) { b.Services.Remove(own); }
            },
        };
        await Platform.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Platform.DisposeAsync();
        await Server.DisposeAsync();
    }
}

/// <summary>Subscriptions by mail, from the form to the letter and its end.</summary>
[OnDatabase]
public sealed class MailSubscriptionsTests(MailPlatform mail, PlatformFixture without) : IClassFixture<MailPlatform>
{
    private static int serial;
    private readonly PlatformFixture platform = mail.Platform;

    private static MadeFile Parks(string column = "名称", string park = "a") => MadeFile.Table("parks.csv", [new(column)], [park]);

    [Fact]
    public async Task Subscribe_AtOnce_IsConfirmedByAButtonAndHearsOfVersionsColumnsAndTheWithdrawalUntilItEnds()
    {
        var (made, to) = (await platform.PublishAsync(await platform.Department(), Parks()), NewAddress());
        var visitor = platform.Visitor();
        var page = $"/open/subscriptions?dataset={made.Name}";
        var sent = await visitor.Submit(page, "subscribe-mail", ("mail", to), ("rhythm", "AtOnce"));
        sent.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await sent.Content.ReadAsStringAsync()).ShouldContain("A letter is on its way");
        var asking = (await Letters(to)).ShouldHaveSingleItem();
        asking.Headers.Contains(HeaderId.ListUnsubscribe).ShouldBeFalse();
        asking.Body!.Headers["Content-Language"].ShouldBe("en");
        var confirm = LinkIn(asking, "/open/mail/confirm/");

        // Nothing follows before the button is pressed, not even when a program has looked at the link.
        (await visitor.GetPage(confirm)).ShouldContain("Confirm mail");
        await platform.PublishNextAsync(made, Parks());
        (await Letters(to)).Count.ShouldBe(1);
        (await visitor.Submit(confirm, "confirm-mail")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await visitor.GetAsync(confirm)).StatusCode.ShouldBe(HttpStatusCode.NotFound, "It is good once");
        (await Letters(to)).Count.ShouldBe(1, "What was published before is known");

        await platform.PublishNextAsync(made, Parks("公园"));
        var news = (await Letters(to))[1];
        (await Letters(to)).Count.ShouldBe(2);
        news.Subject!.ShouldContain("version 3");
        news.TextBody!.ShouldContain("名称");
        news.TextBody!.ShouldContain("公园");
        news.TextBody!.ShouldContain($"https://data.example/dataset/{made.Name}");
        var end = LinkIn(news, "/open/mail/end/");

        await platform.WithDb(async db =>
        {
            (await db.Datasets.SingleAsync(d => d.Id == made.Id)).Withdraw("It held errors", TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        (await Letters(to)).Count.ShouldBe(2, "No more than one letter in a quarter of an hour");
        var gone = (await Letters(to, TimeSpan.FromMinutes(16)))[2];
        gone.Subject!.ShouldContain("taken back");
        gone.TextBody!.ShouldContain("It held errors");

        (await visitor.GetPage(end)).ShouldContain(made.Version.Description.Title);
        var ended = await visitor.Submit(end, "end-mail", ("end", "all"));
        (await ended.Content.ReadAsStringAsync()).ShouldContain("No more of these letters");
        (await visitor.GetPage(end)).ShouldContain("No more of these letters");
        var events = await platform.WithDb(db => db.Ledger.Where(e => e.Event.StartsWith("open-data.mail-") && e.Data.Contains(made.Id.ToString())).OrderBy(e => e.At).Select(e => e.Event).ToListAsync());
        events.ShouldBe(["open-data.mail-asked", "open-data.mail-confirmed", "open-data.mail-ended"]);
        (await platform.WithDb(db => db.Ledger.AnyAsync(e => e.Data.Contains(to)))).ShouldBeFalse();
        (await platform.WithDb(db => db.MailSubscriptions.AnyAsync(s => s.TopicId == made.Id))).ShouldBeFalse();
    }

    [Fact]
    public async Task OneClick_ByTheMailProgram_EndsItAndRepeatingChangesNothing()
    {
        var (made, to) = (await platform.PublishAsync(await platform.Department(), Parks()), NewAddress());
        await Subscribed(made.Name, to, "atOnce");
        await platform.PublishNextAsync(made, Parks());
        var news = (await Letters(to)).Last();
        news.Headers[HeaderId.ListUnsubscribePost].ShouldBe("List-Unsubscribe=One-Click");
        var end = new Uri(news.Headers[HeaderId.ListUnsubscribe]!.Trim('<', '>')).PathAndQuery;
        var opened = await platform.Visitor().GetAsync(end);
        opened.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await platform.Visitor().GetPage(opened.Headers.Location!.ToString())).ShouldContain("end-mail");
        for (var n = 0; n < 2; n++)
        {
            using var body = new FormUrlEncodedContent([new("List-Unsubscribe", "One-Click")]);
            (await platform.Visitor().PostAsync(end, body)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }

        await platform.PublishNextAsync(made, Parks());
        (await Letters(to, TimeSpan.FromHours(1))).Count.ShouldBe(2);
        var forged = end.Replace("/s", "/d", StringComparison.Ordinal);
        (await (await platform.Visitor().PostAsync(forged, null)).ReadProblemCode()).ShouldBe("open-data.mail-link-spent");
        (await (await platform.Visitor().PostAsync("/api/v1/mail-subscriptions/x/end", null)).ReadProblemCode()).ShouldBe("open-data.mail-link-spent");
    }

    [Fact]
    public async Task Subscribe_AgainAndAgain_AnswersTheSameAndSendsThreeLettersADay()
    {
        var (made, to) = (await platform.PublishAsync(await platform.Department(), Parks()), NewAddress());
        var first = await Subscribe(made.Name, to, "daily");
        var old = LinkIn((await Letters(to)).Single(), "/open/mail/confirm/");
        foreach (var n in Enumerable.Range(0, 4))
        {
            var again = await Subscribe(made.Name, to.ToUpperInvariant(), "daily");
            (again.StatusCode, await again.Content.ReadAsStringAsync()).ShouldBe((first.StatusCode, await first.Content.ReadAsStringAsync()));
        }

        (await Letters(to)).Count.ShouldBe(SubscriptionMail.LettersADay);
        (await platform.Visitor().GetAsync(old)).StatusCode.ShouldBe(HttpStatusCode.NotFound, "A newer letter is out");
        (await platform.Visitor().Submit(LinkIn((await Letters(to)).Last(), "/open/mail/confirm/"), "confirm-mail")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await platform.WithDb(db => db.MailSubscriptions.CountAsync(s => s.TopicId == made.Id))).ShouldBe(1);
    }

    [Fact]
    public async Task Confirmation_AfterThreeDays_IsTooLateAndTheAddressIsForgotten()
    {
        var (made, to) = (await platform.PublishAsync(await platform.Department(), Parks()), NewAddress());
        await Subscribe(made.Name, to, "daily");
        var token = LinkIn((await Letters(to)).Single(), "/open/mail/confirm/").Split('/')[^1];
        await platform.WithDb(db => db.MailSubscriptions.Where(s => s.TopicId == made.Id).ExecuteUpdateAsync(s => s.SetProperty(x => x.TokenUntil, TimeProvider.System.GetUtcNow().AddSeconds(-1))));
        (await (await platform.Visitor().PostAsJsonAsync("/api/v1/mail-subscriptions/confirmation", new { token })).ReadProblemCode()).ShouldBe("open-data.mail-link-spent");
        await Letters(to);
        (await platform.WithDb(db => db.MailSubscriptions.AnyAsync(s => s.TopicId == made.Id))).ShouldBeFalse();
    }

    [Fact]
    public async Task Daily_BringsOneLetterAboutAllThatWasPublishedBeforeTheHour()
    {
        var department = await platform.Department();
        var (parks, squares, quiet, to) = (await platform.PublishAsync(department, Parks()), await platform.PublishAsync(department, Parks()), await platform.PublishAsync(department, Parks()), NewAddress());
        foreach (var made in (PublishedDataset[])[parks, squares, quiet]) { await Subscribed(made.Name, to, "daily"); }
        var before = (await Letters(to)).Count;
        await platform.PublishNextAsync(parks, Parks());
        await platform.PublishNextAsync(squares, Parks("其他"));
        var now = TimeProvider.System.GetUtcNow();
        var hour = WriteLetters.HourBefore(now, 8).AddDays(1);
        (await Letters(to, hour - now - TimeSpan.FromMinutes(5))).Count.ShouldBe(before, "It is not morning yet");
        var letters = await Letters(to, hour - now + TimeSpan.FromMinutes(5));
        letters.Count.ShouldBe(before + 1);
        var digest = letters.Last();
        digest.Subject.ShouldBe("2 datasets have changed");
        digest.TextBody!.ShouldContain($"/dataset/{parks.Name}");
        digest.TextBody!.ShouldContain($"/dataset/{squares.Name}");
        digest.TextBody!.ShouldNotContain(quiet.Name);
        (await Letters(to, hour - now + TimeSpan.FromHours(30))).Count.ShouldBe(before + 1, "Nothing new");

        var end = LinkIn(digest, "/open/mail/end/");
        var visitor = platform.Visitor();
        Regex.Count(await visitor.GetPage(end), "name=\"end\"").ShouldBe(4);
        var one = await platform.WithDb(db => db.MailSubscriptions.Where(s => s.TopicId == quiet.Id).Select(s => s.Id).SingleAsync());
        (await visitor.Submit(end, "end-mail", ("end", one.ToString()))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await platform.WithDb(db => db.MailSubscriptions.CountAsync(s => s.TopicId == parks.Id || s.TopicId == squares.Id || s.TopicId == quiet.Id))).ShouldBe(2);
        await visitor.Submit(end, "end-mail", ("end", "all"));
        (await platform.WithDb(db => db.MailSubscriptions.CountAsync(s => s.TopicId == parks.Id || s.TopicId == squares.Id))).ShouldBe(0);
    }

    [Fact]
    public async Task Request_WithAnAddress_GetsItsAnswerOnceAndTheAddressIsForgotten()
    {
        var department = await platform.Department();
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var to = NewAddress();
        var asked = await platform.Visitor("zh-CN").PostAsJsonAsync("/api/v1/data-requests", new { title = "Buy at <b>evil</b>", words = "All of them", department = department.Id, mail = to });
        asked.StatusCode.ShouldBe(HttpStatusCode.Created, await asked.Content.ReadAsStringAsync());
        var id = (await asked.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        var asking = (await Letters(to)).Single();
        asking.Subject.ShouldBe("请确认邮件订阅");
        asking.TextBody!.ShouldNotContain("evil", customMessage: "What the asker typed is not sent to an address that may be somebody else's");
        (await platform.Visitor().Submit(LinkIn(asking, "/open/mail/confirm/"), "confirm-mail")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Letters(to)).Count.ShouldBe(1);
        (await officer.PostAsJsonAsync($"/api/v1/data-requests/{id}/answer", new { outcome = "declined", words = "We have none & never had", revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var answer = (await Letters(to))[1];
        answer.Subject.ShouldBe("答复：Buy at <b>evil</b>");
        answer.TextBody!.ShouldContain("We have none & never had");
        answer.HtmlBody!.ShouldContain("&lt;b&gt;evil&lt;/b&gt;");
        answer.TextBody!.ShouldContain($"https://data.example/open/requests/{id}");
        (await Letters(to)).Count.ShouldBe(2);
        (await platform.WithDb(db => db.MailSubscriptions.AnyAsync(s => s.TopicId == id))).ShouldBeFalse();
    }

    [Fact]
    public async Task Key_WithAConfirmedAddress_GetsItsNotices()
    {
        var to = NewAddress();
        var created = await platform.Visitor().PostAsJsonAsync("/api/v1/developer-keys", new { name = "Park finder", mail = to, scopes = new[] { "rows" } });
        var id = (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        await Warn(id, "first");
        (await Letters(to)).Count.ShouldBe(1, "Not confirmed");
        (await platform.Visitor().Submit(LinkIn((await Letters(to)).Single(), "/open/mail/confirm/"), "confirm-mail")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await Warn(id, "second");
        var letters = await Letters(to);
        letters.Count.ShouldBe(2);
        letters[1].Subject!.ShouldContain("Park finder");
        letters[1].TextBody!.ShouldContain("first");
        letters[1].TextBody!.ShouldContain("second");
        (await Letters(to)).Count.ShouldBe(2);
        await platform.WithDb(db => db.DeveloperKeys.Where(k => k.Id == id).ExecuteUpdateAsync(s => s.SetProperty(k => k.RevokedAt, TimeProvider.System.GetUtcNow())));
        await Warn(id, "third");
        (await Letters(to)).Count.ShouldBe(2);
        (await platform.WithDb(db => db.MailSubscriptions.AnyAsync(s => s.TopicId == id))).ShouldBeFalse();
    }

    [Fact]
    public async Task Address_ThatIsRefusedForGood_EndsItsSubscriptions()
    {
        var (made, to) = (await platform.PublishAsync(await platform.Department(), Parks()), NewAddress());
        mail.Server.OnRecipient = a => a == to ? new SmtpResponse(SmtpReplyCode.MailboxUnavailable, "5.1.1 nobody") : null;
        await Subscribe(made.Name, to, "daily");
        await Letters(to);
        await Letters(to);
        (await platform.WithDb(db => db.MailSubscriptions.AnyAsync(s => s.TopicId == made.Id))).ShouldBeFalse();
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "open-data.mail-dead" && e.Data.Contains(made.Id.ToString())))).ShouldBe(1);
        mail.Server.OnRecipient = _ => null;
    }

    [Theory]
    [InlineData("not an address")]
    [InlineData("a@example.org\r\nBcc: b@example.org")]
    [InlineData("a@example.org, b@example.org")]
    [InlineData("Li <a@example.org>")]
    public async Task Subscribe_WithNoAddressOfMail_IsRefusedAndPrefersNoLetter(string to)
    {
        var made = await platform.PublishAsync(await platform.Department(), Parks());
        (await (await Subscribe(made.Name, to, "daily")).ReadProblemCode()).ShouldBe("kernel.invalid");
        var page = await platform.Visitor().Submit($"/open/subscriptions?dataset={made.Name}", "subscribe-mail", ("mail", to), ("rhythm", "Daily"));
        page.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await platform.WithDb(db => db.MailSubscriptions.AnyAsync(s => s.TopicId == made.Id))).ShouldBeFalse();
    }

    [Fact]
    public void Network_ThatAsksTooOften_IsRefused()
    {
        var voices = new Voices(Options.Create(new ReuseOptions { MailsPerAddress = 2 }), TimeProvider.System);
        var (one, other) = (new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse("2001:db8::1") } }, new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse("2001:db8::2") } });
        (voices.MayAskForMail(one), voices.MayAskForMail(other), voices.MayAskForMail(one)).ShouldBe((true, true, false), "One household");
        voices.MayAskForMail(new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse("192.0.2.1") } }).ShouldBeTrue();
    }

    [Fact]
    public async Task WithoutAMailServer_PagesSayThatThereIsNoneAndOfferTheOtherWays()
    {
        var made = await without.PublishAsync(await without.Department(), Parks());
        var page = await without.Visitor().GetPage($"/open/subscriptions?dataset={made.Name}");
        page.ShouldContain("Mail is not set up");
        page.ShouldContain($"/feeds/dataset/{made.Id}.atom");
        page.ShouldContain("webhook");
        page.ShouldNotContain("subscribe-mail");
        (await without.Visitor().GetPage("/open/requests/new")).ShouldContain("Mail is not set up");
        (await (await without.Visitor().PostAsJsonAsync($"/api/v1/datasets/{made.Name}/mail-subscriptions", new { mail = "a@example.org", rhythm = "daily" })).ReadProblemCode()).ShouldBe("open-data.mail-off");
        (await (await without.Visitor().PostAsJsonAsync("/api/v1/data-requests", new { title = "Parks", words = "All", department = made.Dataset.PublisherId, mail = "a@example.org" })).ReadProblemCode()).ShouldBe("open-data.mail-off");
        (await without.Visitor().PostAsJsonAsync("/api/v1/developer-keys", new { name = "An app", mail = "a@example.org", scopes = new[] { "rows" } })).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await without.WithDb(db => db.MailSubscriptions.CountAsync())).ShouldBe(0);
    }

    private static string NewAddress() => $"reader{Interlocked.Increment(ref serial)}@example.org";

    private Task<HttpResponseMessage> Subscribe(string dataset, string to, string rhythm) => platform.Visitor().PostAsJsonAsync($"/api/v1/datasets/{dataset}/mail-subscriptions", new { mail = to, rhythm });

    /// <summary>Subscribes and confirms.</summary>
    private async Task Subscribed(string dataset, string to, string rhythm)
    {
        (await Subscribe(dataset, to, rhythm)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var token = LinkIn((await Letters(to)).Last(), "/open/mail/confirm/").Split('/')[^1];
        (await platform.Visitor().PostAsJsonAsync("/api/v1/mail-subscriptions/confirmation", new { token })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    private Task Warn(Guid key, string app) => platform.WithDb(db =>
    {
        db.KeyNotices.Add(KeyNotice.Of(key, "open-data.reuse.warn.withdrawn", "/dataset/parks", TimeProvider.System.GetUtcNow(), app, "Parks"));
        return db.SaveChangesAsync();
    });

    /// <summary>All letters that the address has got, after letters were written and sent as if so much time had gone by.</summary>
    private async Task<IReadOnlyList<MimeMessage>> Letters(string to, TimeSpan ahead = default)
    {
        var clock = new MovableClock { Ahead = ahead };
        await using var scope = platform.App.Services.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var (db, options) = (services.GetRequiredService<ZhengtongDb>(), services.GetRequiredService<IOptions<MailOptions>>());
        await new WriteLetters(db, services.GetRequiredService<SubscriptionMail>(), services.GetRequiredService<IOptions<ReuseOptions>>(), clock).ReconcileAsync(default);
        db.ChangeTracker.Clear();
        await new SendMail(db, services.GetRequiredService<Mailing>(), options, clock).ReconcileAsync(default);
        return [.. mail.Server.Got.Select(g => g.Message).Where(m => m.To.Mailboxes.Single().Address.Equals(to, StringComparison.OrdinalIgnoreCase))];
    }

    /// <summary>Path of the link in the letter, the same in both of its forms.</summary>
    private static string LinkIn(MimeMessage letter, string path)
    {
        var link = Regex.Match(letter.TextBody!, $"https://data\\.example({Regex.Escape(path)}\\S+)").Groups[1].Value;
        link.ShouldNotBeEmpty(letter.TextBody);
        letter.HtmlBody!.ShouldContain($"href=\"https://data.example{link}\"");
        return link;
    }
}
