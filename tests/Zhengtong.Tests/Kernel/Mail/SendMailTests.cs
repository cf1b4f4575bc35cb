using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using MimeKit;
using SmtpServer.Protocol;
using Zhengtong.Kernel.Mail;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Mail;

/// <summary>The outbox against a mail server: what goes over the wire, and what becomes of what does not. The platform of the run sends nothing itself.</summary>
[OnDatabase]
public sealed class SendMailTests(PlatformFixture platform) : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-mail-").FullName;

    private string Authority => Path.Combine(folder, "authority.pem");

    public async ValueTask InitializeAsync() => await platform.WithDb(db => db.OutgoingMails.ExecuteDeleteAsync());

    public ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Send_WithStartTlsAndSignIn_ArrivesWholeAndIsForgottenHere()
    {
        await using var server = await MailServer.StartAsync(MailServer.Certificate(Authority));
        var options = Secure(server);
        await File.WriteAllTextAsync(options.PasswordFile!, MailServer.Password + "\n");
        var id = await Write(options, "li.ming@example.org", "/api/v1/mail-subscriptions/t/end", "公园：第 2 版已发布");
        (await Send(options)).ShouldBe(1);

        var (message, secure, user) = server.Got.ShouldHaveSingleItem();
        (secure, user).ShouldBe((true, MailServer.User));
        message.To.Mailboxes.ShouldHaveSingleItem().Address.ShouldBe("li.ming@example.org");
        message.From.Mailboxes.ShouldHaveSingleItem().Address.ShouldBe("data@platform.example");
        message.Subject.ShouldBe("公园：第 2 版已发布");
        message.MessageId.ShouldBe($"{id:N}@platform.example");
        (TimeProvider.System.GetUtcNow() - message.Date).ShouldBeLessThan(TimeSpan.FromMinutes(5));
        message.Headers["Auto-Submitted"].ShouldBe("auto-generated");
        message.Headers["List-Unsubscribe"].ShouldBe("<https://data.example/api/v1/mail-subscriptions/t/end>");
        message.Headers["List-Unsubscribe-Post"].ShouldBe("List-Unsubscribe=One-Click");
        message.TextBody!.ShouldContain("面积 & <行>");
        message.HtmlBody!.ShouldContain("面积 &amp; &lt;行&gt;");

        var mail = await Read(id);
        (mail.State, mail.Attempts, mail.Content.Length).ShouldBe((MailState.Sent, 1, 0));
        (await Send(options)).ShouldBe(0);
        server.Got.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Send_WithAWrongPassword_FailsWithoutASecretAndGoesOnWithTheRightOne()
    {
        await using var server = await MailServer.StartAsync(MailServer.Certificate(Authority));
        var options = Secure(server);
        await File.WriteAllTextAsync(options.PasswordFile!, "guessed-wrong");
        var id = await Write(options, "a@example.org");
        var fault = await Should.ThrowAsync<MailServerException>(() => Send(options));
        fault.ToString().ShouldContain("sign-in-refused");
        fault.ToString().ShouldNotContain("guessed-wrong");
        fault.Message.ShouldNotContain(MailServer.User);
        var mail = await Read(id);
        (mail.State, mail.Attempts).ShouldBe((MailState.Waiting, 0));

        await File.WriteAllTextAsync(options.PasswordFile!, MailServer.Password);
        (await Send(options)).ShouldBe(1);
    }

    [Fact]
    public async Task Send_ToAServerWithoutTls_SendsNothingInTheClear()
    {
        await using var server = await MailServer.StartAsync();
        var options = Plain(server);
        options.Security = MailSecurity.StartTls;
        await Write(options, "a@example.org");
        (await Should.ThrowAsync<MailServerException>(() => Send(options))).Message.ShouldContain("not-offered");
        server.Got.ShouldBeEmpty();
    }

    [Fact]
    public async Task Send_ToACertificateOfAnotherAuthority_IsRefused()
    {
        await using var server = await MailServer.StartAsync(MailServer.Certificate(Path.Combine(folder, "its.pem")));
        MailServer.Certificate(Authority).Dispose();
        var options = Secure(server);
        await File.WriteAllTextAsync(options.PasswordFile!, MailServer.Password);
        await Write(options, "a@example.org");
        (await Should.ThrowAsync<MailServerException>(() => Send(options))).Message.ShouldContain("tls-refused");
        options.CertificateAuthority = null;
        (await Should.ThrowAsync<MailServerException>(() => Send(options))).Message.ShouldContain("tls-refused");
        server.Got.ShouldBeEmpty();
    }

    [Fact]
    public async Task Refused_ForNow_IsOfferedAgainAfterItsPause()
    {
        await using var server = await MailServer.StartAsync();
        var isBusy = true;
        server.OnRecipient = to => isBusy && to.StartsWith("busy", StringComparison.Ordinal) ? new SmtpResponse((SmtpReplyCode)450, "4.2.1 busy@example.org is busy") : null;
        var options = Plain(server);
        var (busy, other) = (await Write(options, "busy@example.org"), await Write(options, "other@example.org"));
        (await Send(options)).ShouldBe(1);
        var mail = await Read(busy);
        (mail.State, mail.Attempts, mail.LastResult).ShouldBe((MailState.Waiting, 1, "450"));
        (await Read(other)).State.ShouldBe(MailState.Sent);
        (await Send(options)).ShouldBe(0, "The pause is not over");
        isBusy = false;
        (await Send(options, TimeSpan.FromSeconds(65))).ShouldBe(1);
        (await Read(busy)).State.ShouldBe(MailState.Sent);
    }

    [Fact]
    public async Task Refused_ForGood_IsGivenUpWithALedgerEntryThatNamesNobody()
    {
        await using var server = await MailServer.StartAsync();
        server.OnRecipient = to => to.StartsWith("gone", StringComparison.Ordinal) ? new SmtpResponse(SmtpReplyCode.MailboxUnavailable, "5.1.1 no gone@example.org here") : null;
        var options = Plain(server);
        var (gone, other) = (await Write(options, "gone@example.org"), await Write(options, "other@example.org"));
        (await Send(options)).ShouldBe(1);
        var mail = await Read(gone);
        (mail.State, mail.LastResult, mail.Content.Length).ShouldBe((MailState.Refused, "550", 0));
        (await Read(other)).State.ShouldBe(MailState.Sent);
        (await Send(options, TimeSpan.FromDays(1))).ShouldBe(0);
        var entry = await platform.WithDb(db => db.Ledger.SingleAsync(e => e.Subject == gone.ToString()));
        entry.Event.ShouldBe("kernel.mail-given-up");
        entry.Data.ShouldNotContain("example.org");
    }

    [Fact]
    public async Task Sender_Refused_IsNoFaultOfTheLetters()
    {
        await using var server = await MailServer.StartAsync();
        server.OnSender = _ => new SmtpResponse(SmtpReplyCode.MailboxUnavailable, "5.7.1 who are you");
        var options = Plain(server);
        var id = await Write(options, "a@example.org");
        (await Should.ThrowAsync<MailServerException>(() => Send(options))).Message.ShouldContain("sender-refused 550");
        var mail = await Read(id);
        (mail.State, mail.Attempts).ShouldBe((MailState.Waiting, 0));
    }

    [Fact]
    public async Task Server_AwayThenBack_LosesNothing()
    {
        var server = await MailServer.StartAsync();
        var options = Plain(server);
        await server.DisposeAsync();
        foreach (var n in Enumerable.Range(0, 3)) { await Write(options, $"a{n}@example.org"); }
        (await Should.ThrowAsync<MailServerException>(() => Send(options))).Message.ShouldContain("no-connection");
        await using var back = await MailServer.StartAsync(port: server.Port);
        (await Send(options)).ShouldBe(3);
        back.Got.Select(g => g.Message.To.Mailboxes.Single().Address).ShouldBe(["a0@example.org", "a1@example.org", "a2@example.org"], ignoreOrder: true);
    }

    [Fact]
    public async Task Taken_ByNobodyForDays_IsGivenUpAndTheOperatorIsTold()
    {
        var runsIt = await platform.Department();
        await platform.WithDb(db => db.Organisations.Where(o => o.Id == runsIt.Id).ExecuteUpdateAsync(s => s.SetProperty(o => o.Kind, OrganisationKind.Operator)));
        var options = new MailOptions { Host = "127.0.0.1", Port = MailServer.FreePort(), Security = MailSecurity.None, From = "data@platform.example", PublicAddress = "https://data.example" };
        var id = await Write(options, "a@example.org");
        await Should.ThrowAsync<MailServerException>(() => Send(options, TimeSpan.FromDays(4.9)));
        (await Read(id)).State.ShouldBe(MailState.Waiting);
        await Send(options, TimeSpan.FromDays(5.1));
        var mail = await Read(id);
        (mail.State, mail.Content.Length).ShouldBe((MailState.Expired, 0));
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "kernel.mail-given-up"))).ShouldBe(1);
        (await platform.WithDb(db => db.Notices.CountAsync(n => n.OrganisationId == runsIt.Id && n.TextKey == "kernel.mail.given-up"))).ShouldBe(1);
        await Send(options, TimeSpan.FromDays(5.1 + SendMail.KeepDays + 1));
        (await platform.WithDb(db => db.OutgoingMails.AnyAsync(m => m.Id == id))).ShouldBeFalse();
    }

    [Fact]
    public async Task Batch_OfMany_TakesOneConnection()
    {
        await using var server = await MailServer.StartAsync();
        var options = Plain(server);
        foreach (var n in Enumerable.Range(0, 60)) { await Write(options, $"a{n}@example.org"); }
        (await Send(options)).ShouldBe(50);
        server.Sessions.ShouldBe(1);
        (await Send(options)).ShouldBe(10);
        server.Sessions.ShouldBe(2);
        server.Got.Select(g => g.Message.MessageId).Distinct().Count().ShouldBe(60);
    }

    [Fact]
    public async Task Connection_BrokenOverALetter_DoesNotHoldUpTheOthers()
    {
        await using var server = await MailServer.StartAsync();
        // 421 ends the session.
        server.OnRecipient = to => to.StartsWith("bad", StringComparison.Ordinal) ? new SmtpResponse((SmtpReplyCode)421, "4.3.2 closing") : null;
        var options = Plain(server);
        var bad = await Write(options, "bad@example.org");
        await Write(options, "good@example.org");
        await Send(options);
        await Send(options);
        (await Read(bad)).State.ShouldBe(MailState.Waiting);
        server.Got.ShouldHaveSingleItem().Message.To.Mailboxes.Single().Address.ShouldBe("good@example.org");
    }

    [Theory]
    [InlineData("From", "nobody", "Zhengtong:Mail:From")]
    [InlineData("PublicAddress", "data.example", "Zhengtong:Mail:PublicAddress")]
    [InlineData("Port", "70000", "Zhengtong:Mail:Port")]
    [InlineData("User", "somebody", "in the clear")]
    [InlineData("PasswordFile", "/nowhere/password", "Zhengtong:Mail:PasswordFile")]
    public void Settings_ThatCannotBeRight_AreRefusedByName(string setting, string value, string named)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Host"] = "127.0.0.1", ["Security"] = "None", ["From"] = "data@platform.example", ["PublicAddress"] = "https://data.example" }).Build();
        var check = new MailOptionsCheck();
        check.Validate(null, configuration.Get<MailOptions>()!).Succeeded.ShouldBeTrue();
        configuration[setting] = value;
        check.Validate(null, configuration.Get<MailOptions>()!).FailureMessage!.ShouldContain(named);
        configuration["Host"] = "";
        check.Validate(null, configuration.Get<MailOptions>()!).Succeeded.ShouldBeTrue("Mail is off");
    }

    [Fact]
    public void MessageOf_HostileContent_HasOneRecipientAndNoHeaderOfItsOwn()
    {
        var now = TimeProvider.System.GetUtcNow();
        var mail = new OutgoingMail { Id = Guid.CreateVersion7(now), Kind = "test", AddressMark = "", Content = [], At = now, NextAt = now };
        using var message = SendMail.MessageOf(mail, new MailContent("a@example.org", "en", new Letter("x\r\nBcc: b@example.org", []).SubjectLine(), "t\r\n.\r\nBcc: c@example.org", "<p>h</p>", null), "data@platform.example");
        using var wire = new MemoryStream();
        message.WriteTo(wire);
        wire.Position = 0;
        using var read = MimeMessage.Load(wire);
        read.Bcc.ShouldBeEmpty();
        read.To.Count.ShouldBe(1);
        read.Headers.Contains(HeaderId.ListUnsubscribe).ShouldBeFalse();
        Should.Throw<FormatException>(() => SendMail.MessageOf(mail, new MailContent("a@example.org\r\nBcc: b@example.org", "en", "x", "t", "h", null), "data@platform.example"));
    }

    private MailOptions Secure(MailServer server) => new()
    {
        Host = "localhost", Port = server.Port, Security = MailSecurity.StartTls, User = MailServer.User, PasswordFile = Path.Combine(folder, "password"), From = "data@platform.example", PublicAddress = "https://data.example/",
        CertificateAuthority = Authority, Seconds = 10,
    };

    private static MailOptions Plain(MailServer server) => new() { Host = "127.0.0.1", Port = server.Port, Security = MailSecurity.None, From = "data@platform.example", PublicAddress = "https://data.example", Seconds = 10 };

    private Task<Guid> Write(MailOptions options, string to, string? unsubscribe = null, string subject = "Parks") => platform.WithDb(async db =>
    {
        var mailing = new Mailing(Options.Create(options), platform.App.Services.GetRequiredService<Vault>());
        mailing.Add(db, "kernel.test", to, "zh-CN", new Letter(subject, [Letter.Paragraph("面积 & <行>")]), unsubscribe, TimeProvider.System.GetUtcNow());
        var id = db.OutgoingMails.Local.Single().Id;
        await db.SaveChangesAsync();
        return id;
    });

    private Task<OutgoingMail> Read(Guid id) => platform.WithDb(db => db.OutgoingMails.AsNoTracking().SingleAsync(m => m.Id == id));

    /// <summary>One pass; how many letters were sent or given up.</summary>
    private Task<long> Send(MailOptions options, TimeSpan ahead = default) => platform.WithDb(async db =>
        (await new SendMail(db, new Mailing(Options.Create(options), platform.App.Services.GetRequiredService<Vault>()), Options.Create(options), new MovableClock { Ahead = ahead }).ReconcileAsync(default)).Count);
}
