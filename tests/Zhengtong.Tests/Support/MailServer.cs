using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MimeKit;
using SmtpServer;
using SmtpServer.Authentication;
using SmtpServer.Mail;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace Zhengtong.Tests.Support;

/// <summary>A real mail server on a port of this machine: it speaks SMTP over TCP, with STARTTLS and sign-in when it has a certificate.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    internal const string User = "zhengtong";

    private readonly CancellationTokenSource stop = new();
    private readonly X509Certificate2? certificate;
    private Task running = Task.CompletedTask;

    private MailServer(int port, X509Certificate2? certificate) => (Port, this.certificate) = (port, certificate);

    internal int Port { get; }

    /// <summary>Letters taken, in order.</summary>
    internal ConcurrentQueue<(MimeMessage Message, bool Secure, string? User)> Got { get; } = new();

    /// <summary>Connections so far.</summary>
    internal int Sessions { get; private set; }

    /// <summary>What it says to a recipient; null takes it.</summary>
    internal Func<string, SmtpResponse?> OnRecipient { get; set; } = _ => null;

    /// <summary>What it says to a sender; null takes it.</summary>
    internal Func<string, SmtpResponse?> OnSender { get; set; } = _ => null;

    /// <summary>Runs when a letter is kept, before the server says so.</summary>
    internal Func<Task> OnTaken { get; set; } = () => Task.CompletedTask;

    /// <summary>The one good password, made anew for each run.</summary>
    internal static string Password { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));

    internal static async Task<MailServer> StartAsync(X509Certificate2? certificate = null, int port = 0)
    {
        var server = new MailServer(port == 0 ? FreePort() : port, certificate);
        var options = new SmtpServerOptionsBuilder().ServerName("mail.test").Endpoint(e =>
        {
            e.Endpoint(new IPEndPoint(IPAddress.Loopback, server.Port));
            if (certificate is not null) { e.Certificate(certificate).AuthenticationRequired(true); }
        }).Build();
        var services = new SmtpServer.ComponentModel.ServiceProvider();
        services.Add(new Store(server));
        services.Add(new Filter(server));
        services.Add(new SignIn());
        var smtp = new SmtpServer.SmtpServer(options, services);
        smtp.SessionCreated += (_, _) => server.Sessions++;
        server.running = smtp.StartAsync(server.stop.Token);
        await UntilAsync(async () =>
        {
            using var probe = new TcpClient();
            try { await probe.ConnectAsync(IPAddress.Loopback, server.Port); }
            catch (SocketException) { return false; }
            return true;
        }, seconds: 20);
        await UntilAsync(() => Task.FromResult(server.Sessions > 0), seconds: 20);
        server.Sessions = 0;
        return server;
    }

    /// <summary>An authority and a certificate of it for localhost; the authority's is written to the file.</summary>
    internal static X509Certificate2 Certificate(string authorityFile)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=Test authority", rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        root.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var authority = root.CreateSelfSigned(now.AddDays(-1), now.AddDays(10));
        File.WriteAllText(authorityFile, authority.ExportCertificatePem());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        using var signed = request.Create(authority, now.AddDays(-1), now.AddDays(9), RandomNumberGenerator.GetBytes(8));
        using var whole = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null);
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        try { await running; }
        catch (OperationCanceledException) { }
        stop.Dispose();
        certificate?.Dispose();
    }

    private sealed class Store(MailServer server) : MessageStore
    {
        public override async Task<SmtpResponse> SaveAsync(ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
        {
            using var bytes = new MemoryStream(buffer.ToArray());
            server.Got.Enqueue((await MimeMessage.LoadAsync(bytes, cancellationToken), context.Pipe.IsSecure, context.Authentication.IsAuthenticated ? context.Authentication.User : null));
            await server.OnTaken();
            return SmtpResponse.Ok;
        }
    }

    private sealed class Filter(MailServer server) : MailboxFilter
    {
        public override Task<bool> CanAcceptFromAsync(ISessionContext context, IMailbox from, int size, CancellationToken cancellationToken) =>
            server.OnSender(from.AsAddress()) is { } refusal ? throw new SmtpResponseException(refusal) : Task.FromResult(true);

        public override Task<bool> CanDeliverToAsync(ISessionContext context, IMailbox to, IMailbox from, CancellationToken cancellationToken) =>
            server.OnRecipient(to.AsAddress()) is { } refusal ? throw new SmtpResponseException(refusal) : Task.FromResult(true);
    }

    private sealed class SignIn : UserAuthenticator
    {
        public override Task<bool> AuthenticateAsync(ISessionContext context, string user, string password, CancellationToken cancellationToken) => Task.FromResult(user == User && password == Password);
    }
}
