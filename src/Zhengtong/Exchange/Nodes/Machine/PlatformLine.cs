using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>The platform understood the request and says no.</summary>
internal sealed class PlatformRefusedException(string code, string? detail) : Exception($"{code}: {detail}")
{
    internal string Code => code;

    internal string? Detail => detail;
}

/// <summary>The platform cannot be reached, or is not well; later it may be.</summary>
internal sealed class PlatformAwayException(string what, Exception? cause = null) : Exception(what, cause);

/// <summary>The node's line to the platform. It only dials out. Each request is signed by the key of the node's certificate; nothing of what it says depends on the connection.</summary>
internal sealed partial class PlatformLine : IDisposable
{
    /// <summary>Longest answer that is kept in memory, but for ciphertexts.</summary>
    private const int MostBytes = 64 * 1024 * 1024;

    private const string Base = "/node/v1";

    /// <summary>So long an answer may pause in its middle: a line that was cut without a word must hold nothing up for ever.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(100);

    private static readonly JsonSerializerOptions Json = Wire();
    private readonly NodeFolder folder;
    private readonly TimeProvider clock;
    private readonly HttpClient http;
    private readonly ECDsa key;
    private readonly Lock signing = new();
    private HeldCertificate certificate;

    internal PlatformLine(NodeFolder folder, NodeIdentity identity, TimeProvider clock)
    {
        (this.folder, this.clock) = (folder, clock);
        certificate = folder.Certificate ?? throw new InvalidOperationException("The node has no certificate");
        key = folder.OpenRequestKey();
        http = Dial(identity.Platform);
    }

    /// <summary>When the platform answered last; null before it did.</summary>
    internal DateTimeOffset? LastContactAt { get; private set; }

    /// <summary>Code of what is in the way between node and platform; null when nothing is.</summary>
    internal string? Problem { get; private set; }

    /// <summary>True when the platform refuses this node itself: it was revoked, or its certificate has run out. Then nothing is read and nothing is handed in.</summary>
    internal bool IsRefused => Problem is not null && (Problem == ExchangeProblems.NodeRevoked.Code || Problem == ExchangeProblems.NodeCertificateExpired.Code || Problem == ExchangeProblems.NodeSignatureInvalid.Code);

    internal HeldCertificate Certificate => Volatile.Read(ref certificate);

    public void Dispose()
    {
        http.Dispose();
        key.Dispose();
    }

    /// <summary>Becomes a node: the keys are made here, only their public halves are sent.</summary>
    /// <returns>What the machine is; its certificate is kept in the folder already.</returns>
    /// <exception cref="PlatformRefusedException">The token is not good, or who answers is not who gave it out.</exception>
    internal static async Task<NodeIdentity> EnrolAsync(NodeFolder folder, Uri platform, string text, TimeProvider clock, CancellationToken ct)
    {
        if (NodeToken.Parse(text) is not { } token) { throw new PlatformRefusedException(ExchangeProblems.NodeTokenInvalid.Code, null); }
        using var key = folder.OpenRequestKey();
        List<NodePublicKey> keys = [];
        foreach (var suite in Enum.GetValues<Kernel.Secrets.SuiteName>())
        {
            foreach (var use in Enum.GetValues<Kernel.Secrets.KeyUse>()) { keys.Add(new NodePublicKey(suite, use, Convert.ToBase64String(folder.KeysOf(suite, use).PublicKey))); }
        }

        using var http = Dial(platform);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Base}/enrolments")
        {
            Content = Body(JsonSerializer.SerializeToUtf8Bytes(new EnrolNodeRequest(text, Convert.ToBase64String(SigningRequest(key)), NodeProgram.Version, keys), Json), "application/json"),
        };
        using var response = await SendAsync(http, request, ct);
        var answer = JsonSerializer.Deserialize<EnrolNodeResponse>(await BytesAsync(response, ct), Json)!;
        var authority = Convert.FromBase64String(answer.Authority);
        // The token says whom it is from: nobody in between can hand out a certificate, and later a configuration, of his own.
        if (!SHA256.HashData(authority).AsSpan().SequenceEqual(token.Authority)) { throw new PlatformRefusedException(ExchangeProblems.NodeSignatureInvalid.Code, "authority"); }
        folder.Keep(new HeldCertificate(Checked(Convert.FromBase64String(answer.Certificate), authority, key), clock.GetUtcNow()));
        var identity = new NodeIdentity(platform, answer.Node, answer.Name, answer.Organisation, answer.OrganisationName, authority);
        folder.Keep(identity);
        return identity;
    }

    /// <summary>The next certificate, for the same key; used from now on.</summary>
    internal async Task RenewAsync(NodeIdentity identity, CancellationToken ct)
    {
        byte[] request;
        lock (signing) { request = SigningRequest(key); }
        var answer = await AskAsync<RenewNodeCertificateResponse>(HttpMethod.Post, "/certificates", new RenewNodeCertificateRequest(Convert.ToBase64String(request)), ct);
        var next = new HeldCertificate(Checked(Convert.FromBase64String(answer.Certificate), identity.Authority, key), clock.GetUtcNow());
        folder.Keep(next);
        Volatile.Write(ref certificate, next);
    }

    /// <summary>The configuration with its proof, which is still to be checked.</summary>
    internal Task<SignedDocument> ConfigurationAsync(CancellationToken ct) => ProvableAsync("/configuration", ct);

    /// <summary>A back-fill, likewise.</summary>
    internal Task<SignedDocument> BackFillAsync(Guid delivery, Guid backFill, CancellationToken ct) => ProvableAsync($"/deliveries/{delivery:D}/back-fills/{backFill:D}", ct);

    internal Task TellAsync(Guid delivery, NodeBackFillRequest backFill, CancellationToken ct) => SendSignedAsync(HttpMethod.Post, $"/deliveries/{delivery:D}/back-fill", Bytes(backFill), ct);

    internal Task<NodeNews> NewsAsync(string? seen, int waitSeconds, CancellationToken ct) => AskAsync<NodeNews>(HttpMethod.Get, $"/news?seen={seen}&wait={waitSeconds}", null, ct);

    internal Task<NodeHeartbeatResponse> ReportAsync(NodeHeartbeat heartbeat, CancellationToken ct) => AskAsync<NodeHeartbeatResponse>(HttpMethod.Post, "/heartbeats", heartbeat, ct);

    internal Task<NodePlace> PlaceAsync(Guid delivery, CancellationToken ct) => AskAsync<NodePlace>(HttpMethod.Get, $"/deliveries/{delivery:D}/place", null, ct);

    internal Task TellAsync(Guid delivery, NodeSnapshotRequest snapshot, CancellationToken ct) => SendSignedAsync(HttpMethod.Post, $"/deliveries/{delivery:D}/snapshot", Bytes(snapshot), ct);

    internal Task SetAsideAsync(Guid delivery, NodeSetAsideRequest aside, CancellationToken ct) => SendSignedAsync(HttpMethod.Post, $"/deliveries/{delivery:D}/quarantine", Bytes(aside), ct);

    internal Task<NodeComparisonQuestion> QuestionAsync(Guid question, CancellationToken ct) => AskAsync<NodeComparisonQuestion>(HttpMethod.Get, $"/comparisons/{question:D}", null, ct);

    internal Task AnswerAsync(Guid question, Reconciliations.SideHead head, byte[] answer, CancellationToken ct) =>
        SendSignedAsync(HttpMethod.Post, $"/comparisons/{question:D}", Headed(head, answer), ct, "application/octet-stream");

    internal Task<NodeRepair> RepairAsync(Guid delivery, Guid reconciliation, CancellationToken ct) => AskAsync<NodeRepair>(HttpMethod.Get, $"/deliveries/{delivery:D}/repairs/{reconciliation:D}", null, ct);

    internal Task TellAsync(Guid delivery, NodeRepairedRequest repaired, CancellationToken ct) => SendSignedAsync(HttpMethod.Post, $"/deliveries/{delivery:D}/repaired", Bytes(repaired), ct);

    internal Task<NodeBatches> BatchesAsync(Guid delivery, CancellationToken ct) => AskAsync<NodeBatches>(HttpMethod.Get, $"/deliveries/{delivery:D}/batches", null, ct);

    internal Task GiveReceiptAsync(Guid delivery, long sequence, NodeReceiptRequest receipt, CancellationToken ct) =>
        SendSignedAsync(HttpMethod.Post, $"/deliveries/{delivery:D}/batches/{sequence}/receipt", Bytes(receipt), ct);

    internal Task GiveUpAsync(Guid delivery, NodeGiveUpRequest request, CancellationToken ct) => SendSignedAsync(HttpMethod.Post, $"/deliveries/{delivery:D}/restart", Bytes(request), ct);

    /// <summary>Hands a batch in. Safe to repeat.</summary>
    internal Task PublishAsync(Guid delivery, string manifest, string signature, byte[] ciphertext, CancellationToken ct) =>
        SendSignedAsync(HttpMethod.Post, $"/deliveries/{delivery:D}/batches", Headed(new NodeBatchHead(manifest, signature), ciphertext), ct, "application/octet-stream");

    /// <summary>Length of the head, 4 bytes, big-endian; the head, JSON; what follows it.</summary>
    private static byte[] Headed<T>(T what, byte[] rest)
    {
        var head = JsonSerializer.SerializeToUtf8Bytes(what, CanonicalJson.Options);
        var body = new byte[4 + head.Length + rest.Length];
        BinaryPrimitives.WriteInt32BigEndian(body, head.Length);
        head.CopyTo(body.AsSpan(4));
        rest.CopyTo(body.AsSpan(4 + head.Length));
        return body;
    }

    /// <summary>The ciphertext of a waiting batch, read into the buffer.</summary>
    /// <param name="delivery">The delivery.</param>
    /// <param name="sequence">Which batch.</param>
    /// <param name="length">As its manifest says; another length is a broken answer.</param>
    /// <param name="into">Takes it.</param>
    /// <param name="ct">Stops reading.</param>
    internal async Task<ReadOnlyMemory<byte>> FetchAsync(Guid delivery, long sequence, long length, Growing into, CancellationToken ct)
    {
        using var request = Signed(HttpMethod.Get, $"/deliveries/{delivery:D}/batches/{sequence}/ciphertext", null, "", out _);
        using var response = await SendAsync(request, ct);
        var bytes = into.Reset(checked((int)length));
        await FillAsync(response, bytes, ct);
        return bytes;
    }

    /// <summary>Fills the buffer from the answer's body.</summary>
    /// <exception cref="PlatformAwayException">The body ends, breaks off or falls silent before.</exception>
    private async Task FillAsync(HttpResponseMessage response, Memory<byte> into, CancellationToken ct)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            await using var stream = await response.Content.ReadAsStreamAsync(limit.Token);
            while (!into.IsEmpty)
            {
                limit.CancelAfter(Silence);
                var read = await stream.ReadAsync(into, limit.Token);
                if (read == 0) { throw new EndOfStreamException(); }
                into = into[read..];
            }
        }
        catch (Exception e) when (IsCut(e, ct)) { throw Away(e); }
    }

    private static bool IsCut(Exception e, CancellationToken ct) => e is IOException or HttpRequestException || (e is OperationCanceledException && !ct.IsCancellationRequested);

    /// <summary>What the authority signed as the answer to this very request.</summary>
    private async Task<SignedDocument> ProvableAsync(string path, CancellationToken ct)
    {
        var (bytes, nonce) = await SendSignedAsync(HttpMethod.Get, path, null, ct);
        var answer = JsonSerializer.Deserialize<NodeSignedAnswer>(bytes, Json)!;
        return new SignedDocument(nonce, answer.Document, answer.Signature);
    }

    private async Task<T> AskAsync<T>(HttpMethod method, string path, object? body, CancellationToken ct)
    {
        var (bytes, _) = await SendSignedAsync(method, path, body is null ? null : Bytes(body), ct);
        return JsonSerializer.Deserialize<T>(bytes, Json)!;
    }

    private async Task<(byte[] Answer, string Nonce)> SendSignedAsync(HttpMethod method, string path, byte[]? body, CancellationToken ct, string type = "application/json")
    {
        using var request = Signed(method, path, body, type, out var nonce);
        using var response = await SendAsync(request, ct);
        try { return (await BytesAsync(response, ct), nonce); }
        catch (Exception e) when (IsCut(e, ct)) { throw Away(e); }
    }

    private HttpRequestMessage Signed(HttpMethod method, string path, byte[]? body, string type, out string nonce)
    {
        var (target, digest) = ($"{Base}{path}", RequestSignature.DigestOf(SHA256.HashData(body ?? [])));
        var request = new HttpRequestMessage(method, target) { Content = body is null ? null : Body(body, type) };
        var signature = RequestSignature.Make(Certificate.Serial, clock);
        request.Headers.TryAddWithoutValidation(RequestSignature.DigestHeader, digest);
        request.Headers.TryAddWithoutValidation(RequestSignature.InputHeader, signature.Input);
        lock (signing) { request.Headers.TryAddWithoutValidation(RequestSignature.SignatureHeader, signature.Sign(key, method.Method, target, digest)); }
        nonce = signature.Nonce;
        return request;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        try
        {
            var response = await SendAsync(http, request, ct);
            (LastContactAt, Problem) = (clock.GetUtcNow(), null);
            return response;
        }
        catch (PlatformRefusedException refused)
        {
            LastContactAt = clock.GetUtcNow();
            // What the platform has against the node itself, not against this one request.
            Problem = refused.Code.StartsWith("exchange.node-", StringComparison.Ordinal) && refused.Code != ExchangeProblems.NodeNotServing.Code ? refused.Code : null;
            throw;
        }
        catch (PlatformAwayException)
        {
            Problem = ExchangeProblems.PlatformUnreachable.Code;
            throw;
        }
    }

    private PlatformAwayException Away(Exception cause)
    {
        Problem = ExchangeProblems.PlatformUnreachable.Code;
        return new PlatformAwayException(cause.GetType().Name, cause);
    }

    /// <summary>Sends and reads the head of the answer.</summary>
    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, HttpRequestMessage request, CancellationToken ct)
    {
        HttpResponseMessage response;
        try { response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct); }
        catch (HttpRequestException e) { throw new PlatformAwayException(e.HttpRequestError.ToString(), e); }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested) { throw new PlatformAwayException("Timeout", e); }
        if (response.IsSuccessStatusCode) { return response; }
        using (response)
        {
            var problem = await ProblemAsync(response, ct);
            throw response.StatusCode is >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || problem is null
                ? new PlatformAwayException($"{(int)response.StatusCode} {problem?.Code}") : problem;
        }
    }

    /// <summary>The refusal; null when the answer is not the platform's own, as from a proxy before it.</summary>
    private static async Task<PlatformRefusedException?> ProblemAsync(HttpResponseMessage response, CancellationToken ct)
    {
        try
        {
            using var problem = JsonDocument.Parse(await BytesAsync(response, ct));
            return problem.RootElement.TryGetProperty("code", out var code) && code.GetString() is { } known
                ? new PlatformRefusedException(known, problem.RootElement.TryGetProperty("detail", out var detail) ? detail.GetString() : null) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException || IsCut(e, ct)) { return null; }
    }

    private static async Task<byte[]> BytesAsync(HttpResponseMessage response, CancellationToken ct)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        var whole = new MemoryStream();
        var buffer = new byte[16 * 1024];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Silence);
        for (int read; (read = await stream.ReadAsync(buffer, limit.Token)) > 0;)
        {
            limit.CancelAfter(Silence);
            if (whole.Length + read > MostBytes) { throw new IOException("The answer is too long"); }
            whole.Write(buffer, 0, read);
        }

        return whole.ToArray();
    }

    /// <summary>A certificate of the authority for our own key, or nothing.</summary>
    private static byte[] Checked(byte[] certificate, byte[] authority, ECDsa key)
    {
        using var issued = X509CertificateLoader.LoadCertificate(certificate);
        using var issuer = X509CertificateLoader.LoadCertificate(authority);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(issuer);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        // Whether the clocks agree the platform says, at each request.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(issued) && issued.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo())
            ? certificate : throw new PlatformRefusedException(ExchangeProblems.NodeSignatureInvalid.Code, "certificate");
    }

    private static byte[] SigningRequest(ECDsa key) => new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256).CreateSigningRequest();

    private static HttpClient Dial(Uri platform) => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(10), PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        BaseAddress = platform,
        Timeout = TimeSpan.FromSeconds(100),
    };

    private static ByteArrayContent Body(byte[] bytes, string type) => new(bytes) { Headers = { ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue(type) } };

    private static byte[] Bytes(object body) => JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), Json);

    private static JsonSerializerOptions Wire()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        RequestJson.Configure(options);
        // A newer platform may say more than this node understands.
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip;
        return options;
    }
}
