using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MimeKit;
using MimeKit.Text;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Notices;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.Kernel.Mail;

/// <summary>The mail server takes nothing at all now. The message is a word of ours, never the server's text.</summary>
/// <param name="fault"><c>no-connection</c>, <c>tls-refused</c>, <c>sign-in-refused</c>, <c>sender-refused 550</c>.</param>
internal sealed class MailServerException(string fault) : Exception($"Mail server: {fault}");

/// <summary>Sends what stands in the outbox: one connection a batch, the outcome of each letter saved before the next. A letter that was taken while we died is sent once more under the
/// same Message-ID: rather twice than never. While the server takes nothing, the job fails and is seen to; letters wait, and are given up after so many days.</summary>
internal sealed class SendMail(ZhengtongDb db, Mailing mailing, IOptions<MailOptions> options, TimeProvider clock) : IReconciler
{
    /// <summary>How many days a letter's row stays when it is sent or given up.</summary>
    internal const int KeepDays = 30;

    private const int AtOnce = 50;

    public string Name => "kernel.mail";

    public TimeSpan Every => TimeSpan.FromSeconds(5);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var old = now.AddDays(-KeepDays);
        await db.OutgoingMails.Where(m => m.EndedAt < old).ExecuteDeleteAsync(ct);
        var expired = await ExpireAsync(now, ct);
        if (!options.Value.IsOn) { return Pass.Settled(expired); }
        var waiting = await db.OutgoingMails.Where(m => m.State == MailState.Waiting && m.NextAt <= now).OrderBy(m => m.NextAt).ThenBy(m => m.Id).Take(AtOnce).ToListAsync(ct);
        if (waiting.Count == 0) { return Pass.Settled(expired); }

        using var client = new SmtpClient();
        await ConnectAsync(client, ct);
        long sent = 0;
        foreach (var mail in waiting)
        {
            ct.ThrowIfCancellationRequested();
            var (state, result, senderRefused) = await OfferAsync(client, mail, ct);
            if (senderRefused) { throw new MailServerException($"sender-refused {result}"); }
            if (state == MailState.Waiting) { mail.Failed(result, clock.GetUtcNow()); }
            else { mail.End(state, result, clock.GetUtcNow()); }
            if (state == MailState.Refused) { db.Ledger.Add(GivenUp(mail)); }
            // The server has answered: that is kept even when we are told to stop.
            await db.SaveChangesAsync(CancellationToken.None);
            sent += state == MailState.Sent ? 1 : 0;
            // A letter on which the connection broke has its pause now; the others go with the next connection.
            if (!client.IsConnected) { return Pass.Unfinished(sent); }
        }

        try { await client.DisconnectAsync(quit: true, ct); }
        catch (Exception e) when (IsConnectionFault(e)) { }
        return waiting.Count < AtOnce ? Pass.Settled(sent) : Pass.Unfinished(sent);
    }

    /// <summary>The letter as it goes over the wire.</summary>
    internal static MimeMessage MessageOf(OutgoingMail mail, MailContent content, string from)
    {
        var sender = MailAddress.Parse(from) ?? throw new FormatException("no sender");
        // Once more: whatever was sealed, only one bare address goes into a header.
        var to = MailAddress.Parse(content.To) ?? throw new FormatException("no address");
        var message = new MimeMessage
        {
            Subject = content.Subject,
            Date = mail.At,
            MessageId = $"{mail.Id:N}@{sender[(sender.LastIndexOf('@') + 1)..]}",
            Body = new MultipartAlternative(new TextPart(TextFormat.Plain) { Text = content.Text }, new TextPart(TextFormat.Html) { Text = content.Html }),
        };
        message.From.Add(new MailboxAddress(PlatformName(content.Language), sender));
        message.To.Add(new MailboxAddress("", to));
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Headers.Add("Content-Language", content.Language);
        if (content.Unsubscribe is { } end)
        {
            message.Headers.Add(HeaderId.ListUnsubscribe, $"<{end}>");
            message.Headers.Add(HeaderId.ListUnsubscribePost, "List-Unsubscribe=One-Click");
        }

        return message;
    }

    private static string PlatformName(string language) => Text.In(language, () => Text.Of("web.short-name"));

    private LedgerEntry GivenUp(OutgoingMail mail) => LedgerEntry.Of("kernel.mail-given-up", mail.Id, Actor.Platform, clock.GetUtcNow(), after: new { mail.Kind, mail.State, mail.Attempts, mail.LastResult });

    private async Task<long> ExpireAsync(DateTimeOffset now, CancellationToken ct)
    {
        var before = now.AddDays(-options.Value.Days);
        var expired = await db.OutgoingMails.Where(m => m.State == MailState.Waiting && m.At < before).OrderBy(m => m.At).Take(1000).ToListAsync(ct);
        if (expired.Count == 0) { return 0; }
        foreach (var mail in expired)
        {
            mail.End(MailState.Expired, "", now);
            db.Ledger.Add(GivenUp(mail));
        }

        var operators = await db.Organisations.Where(o => o.Kind == OrganisationKind.Operator).Select(o => o.Id).ToListAsync(ct);
        db.Notices.AddRange(operators.Select(o => Notice.Of(o, NoticeTone.Warning, "kernel.mail.given-up", "/admin/jobs", now, expired.Count.ToString(CultureInfo.InvariantCulture), options.Value.Days.ToString(CultureInfo.InvariantCulture))));
        await db.SaveChangesAsync(ct);
        return expired.Count;
    }

    private async Task ConnectAsync(SmtpClient client, CancellationToken ct)
    {
        var settings = options.Value;
        var from = MailAddress.Parse(settings.From)!;
        client.LocalDomain = from[(from.LastIndexOf('@') + 1)..];
        client.Timeout = settings.Seconds * 1000;
        if (!string.IsNullOrEmpty(settings.CertificateAuthority))
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(settings.CertificateAuthority);
            // An authority of the house's own seldom publishes lists of what it revoked.
            client.CheckCertificateRevocation = false;
            client.ServerCertificateValidationCallback = (_, certificate, sent, errors) => IsOf(authorities, certificate, sent, errors);
        }

        using var bound = BoundBy(ct);
        try
        {
            await client.ConnectAsync(settings.Host!.Trim(), settings.EffectivePort, settings.Security switch { MailSecurity.None => SecureSocketOptions.None, MailSecurity.Tls => SecureSocketOptions.SslOnConnect, _ => SecureSocketOptions.StartTls }, bound.Token);
            if (!string.IsNullOrEmpty(settings.User)) { await client.AuthenticateAsync(settings.User, await PasswordAsync(settings, bound.Token), bound.Token); }
        }
        // Whatever the server said may hold names: only what it comes to is told.
        catch (AuthenticationException) { throw new MailServerException("sign-in-refused"); }
        catch (SslHandshakeException) { throw new MailServerException("tls-refused"); }
        catch (NotSupportedException) { throw new MailServerException("tls-or-sign-in-not-offered"); }
        catch (SmtpCommandException e) { throw new MailServerException($"answered {(int)e.StatusCode}"); }
        catch (Exception e) when (IsConnectionFault(e) || IsOverdue(e, ct)) { throw new MailServerException("no-connection"); }
    }

    private async Task<(MailState State, string Result, bool SenderRefused)> OfferAsync(SmtpClient client, OutgoingMail mail, CancellationToken ct)
    {
        MimeMessage message;
        try { message = MessageOf(mail, mailing.Open(mail), options.Value.From!); }
        catch (Exception e) when (e is CryptographicException or FormatException or System.Text.Json.JsonException) { return (MailState.Refused, "unreadable", false); }

        using (message)
        {
            using var bound = BoundBy(ct);
            try
            {
                await client.SendAsync(message, bound.Token);
                return (MailState.Sent, "250", false);
            }
            catch (SmtpCommandException e)
            {
                var status = (int)e.StatusCode;
                var result = status.ToString(CultureInfo.InvariantCulture);
                // Nothing is wrong with the letter when it is the sender, or the missing sign-in, that the server minds.
                if (e.ErrorCode == SmtpErrorCode.SenderNotAccepted || status is 530 or 535 or 538) { return (MailState.Waiting, result, status >= 500); }
                return (status >= 500 ? MailState.Refused : MailState.Waiting, result, false);
            }
            catch (Exception e) when (IsConnectionFault(e) || IsOverdue(e, ct))
            {
                if (client.IsConnected) { await client.DisconnectAsync(quit: false, CancellationToken.None); }
                return (MailState.Waiting, "no-answer", false);
            }
            // Nothing that goes into a letter should bring this about; one that does may not hold up all others.
            catch (Exception e) when (e is InvalidOperationException or NotSupportedException or ArgumentException) { return (MailState.Refused, "unsendable", false); }
        }
    }

    private CancellationTokenSource BoundBy(CancellationToken ct)
    {
        var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(TimeSpan.FromSeconds(options.Value.Seconds));
        return bound;
    }

    private static bool IsOverdue(Exception e, CancellationToken ct) => e is OperationCanceledException && !ct.IsCancellationRequested;

    private static bool IsConnectionFault(Exception e) => e is SocketException or IOException or SmtpProtocolException or ServiceNotConnectedException or TimeoutException or ServiceNotAuthenticatedException;

    private static bool IsOf(X509Certificate2Collection authorities, X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        if (certificate is null || (errors & (SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateNotAvailable)) != 0) { return false; }
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        // What the server sent between its own certificate and the authority's.
        foreach (var element in sent?.ChainElements.Skip(1) ?? []) { chain.ChainPolicy.ExtraStore.Add(element.Certificate); }
        using var given = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return chain.Build(given);
    }

    private static async Task<string> PasswordAsync(MailOptions settings, CancellationToken ct)
    {
        if (string.IsNullOrEmpty(settings.PasswordFile)) { return settings.Password ?? ""; }
        try { return (await File.ReadAllTextAsync(settings.PasswordFile, ct)).Trim(); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw new MailServerException("password-file-unreadable"); }
    }
}
