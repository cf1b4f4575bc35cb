using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Zhengtong.Kernel.Http;

namespace Zhengtong.Cloud.Engines.Lxd;

/// <summary>The line to an engine's API: over its unix socket, or over TLS with a pinned server and our certificate. Answers are bounded in size and time; operations are waited for to their end.</summary>
internal sealed class LxdConnection : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);
    private readonly LxdOptions options;
    private readonly TimeProvider clock;
    private readonly SocketsHttpHandler handler;
    private readonly HttpMessageInvoker sockets;
    private readonly HttpClient http;

    /// <exception cref="ArgumentException">The options name no way, or no way that is safe.</exception>
    internal LxdConnection(LxdOptions options, TimeProvider clock)
    {
        (this.options, this.clock) = (options, clock);
        handler = PlainHandler.Of(10, 5);
        Uri address;
        if (options.Socket is { } path)
        {
            if (Encoding.UTF8.GetByteCount(path) > 107) { throw new ArgumentException("The path of a unix socket has at most 107 bytes", nameof(options)); }
            address = new Uri("http://lxd/");
            handler.ConnectCallback = (_, ct) => ConnectAsync(path, ct);
        }
        else
        {
            if (options.Address is not { Scheme: "https" } given || options.ClientCertificate is not { HasPrivateKey: true } certificate || options.ServerFingerprint is not { Length: 64 } pin)
            {
                throw new ArgumentException("An address needs https, a client certificate with its key, and the server's fingerprint", nameof(options));
            }

            address = given;
            var pinned = Convert.FromHexString(pin);
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate,
                // Who signed it says nothing: engines sign their own.
                RemoteCertificateValidationCallback = (_, server, _, _) => server is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(server.GetRawCertData()), pinned),
            };
        }

        http = new HttpClient(handler, disposeHandler: false) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        sockets = new HttpMessageInvoker(handler, disposeHandler: false);
    }

    public void Dispose()
    {
        http.Dispose();
        sockets.Dispose();
        handler.Dispose();
    }

    internal Task<LxdReply> GetAsync(string path, CancellationToken ct) => AskAsync(HttpMethod.Get, path, null, options.AnswerTime, null, ct);

    /// <summary>Asks for something and does not wait for the work it may have begun.</summary>
    internal Task<LxdReply> AskAsync(HttpMethod method, string path, JsonNode? body, CancellationToken ct) => AskAsync(method, path, Json(body), options.AnswerTime, null, ct);

    /// <summary>Asks for something and waits until the work is done.</summary>
    /// <param name="method">Method.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="body">What is sent; null for nothing.</param>
    /// <param name="ct">Stops it; work that can be stopped is.</param>
    /// <param name="etag">The version that is to be changed; another has the outcome <see cref="EngineOutcome.Busy"/>.</param>
    internal async Task<LxdReply> DoAsync(HttpMethod method, string path, JsonNode? body, CancellationToken ct, string? etag = null) =>
        await EndAsync(await AskAsync(method, path, Json(body), options.AnswerTime, etag is null ? null : h => h.TryAddWithoutValidation("If-Match", etag), ct), ct);

    /// <summary>Sends bytes of any size and waits until the work is done.</summary>
    internal async Task<LxdReply> UploadAsync(string path, Stream bytes, Action<HttpRequestHeaders> headers, CancellationToken ct)
    {
        using var content = new LentContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return await EndAsync(await AskAsync(HttpMethod.Post, path, content, options.WorkTime, headers, ct), ct);
    }

    /// <summary>Waits until an operation has ended. At its end the engine forgets it within seconds, so this is called at once.</summary>
    internal Task<LxdReply> EndAsync(LxdReply begun, CancellationToken ct) => begun.Operation is { } operation ? WaitAsync(operation, options.WorkTime, ct) : Task.FromResult(begun);

    /// <summary>Waits for an operation, in pieces: the engine sometimes answers at once that it still runs.</summary>
    /// <param name="operation">Which.</param>
    /// <param name="time">How long; then it is told to stop, if it can, and the outcome is unknown.</param>
    /// <param name="ct">Stops it, likewise.</param>
    internal async Task<LxdReply> WaitAsync(Guid operation, TimeSpan time, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(20);
        try
        {
            while (time - clock.GetElapsedTime(began) is { Ticks: > 0 } left)
            {
                var seconds = (int)Math.Ceiling(Math.Min(left.TotalSeconds, LongestWait.TotalSeconds));
                var path = LxdPath.Of(["operations", $"{operation}", "wait"], ("timeout", seconds.ToString(CultureInfo.InvariantCulture)));
                var reply = await AskAsync(HttpMethod.Get, path, null, TimeSpan.FromSeconds(seconds) + options.AnswerTime, null, ct);
                if (!reply.IsDone) { return new LxdReply(new EngineAnswer(EngineOutcome.Unknown, reply.Answer.Outcome == EngineOutcome.NotFound ? "operation-forgotten" : "line-lost", reply.Answer.Text)); }
                if (reply.Metadata.Number("status_code") >= 200) { return Ended(reply.Metadata); }
                await Task.Delay(pause, clock, ct);
                if (pause < TimeSpan.FromMilliseconds(500)) { pause *= 2; }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await StopAsync(operation);
            throw;
        }

        await StopAsync(operation);
        return new LxdReply(new EngineAnswer(EngineOutcome.Unknown, "still-at-work"));
    }

    /// <summary>Opens a body that streams.</summary>
    /// <returns>The stream, which the caller disposes of; it ends with an <see cref="IOException"/> when it pauses too long.</returns>
    internal async Task<EngineAnswer<Stream>> OpenAsync(string path, CancellationToken ct)
    {
        HttpResponseMessage? response = null;
        using var limit = new CancellationTokenSource(options.AnswerTime, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            response = await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                var answer = LxdReply.Read((int)response.StatusCode, await ReadAsync(response, either.Token), null).Answer;
                return (answer.IsDone ? new EngineAnswer(EngineOutcome.Unknown, "malformed") : answer).As<Stream>();
            }

            var body = await response.Content.ReadAsStreamAsync(either.Token);
            var stream = new LxdBody(response, body, options.Silence, clock);
            response = null;
            return new EngineAnswer<Stream>(stream);
        }
        catch (Exception e) when (Lost(e, HttpMethod.Get, ct) is { } lost)
        {
            return lost.As<Stream>();
        }
        finally
        {
            response?.Dispose();
        }
    }

    /// <summary>Opens a websocket.</summary>
    /// <exception cref="WebSocketException">It was not to be had.</exception>
    internal async Task<ClientWebSocket> ConnectAsync(string path, bool lookedAt, CancellationToken ct)
    {
        var socket = new ClientWebSocket();
        try
        {
            // A line that was cut without a word is noticed by pings that nobody answers.
            socket.Options.KeepAliveInterval = lookedAt ? options.Silence : TimeSpan.Zero;
            if (lookedAt) { socket.Options.KeepAliveTimeout = options.Silence; }
            using var limit = new CancellationTokenSource(options.AnswerTime, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
            var address = new UriBuilder(new Uri(http.BaseAddress!, path)) { Scheme = http.BaseAddress!.Scheme == "https" ? "wss" : "ws" };
            try { await socket.ConnectAsync(address.Uri, sockets, either.Token); }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested) { throw new WebSocketException(WebSocketError.Faulted, "It did not answer in time"); }
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A websocket of an operation.</summary>
    internal Task<ClientWebSocket> ConnectAsync(Guid operation, string secret, CancellationToken ct) =>
        ConnectAsync(LxdPath.Of(["operations", $"{operation}", "websocket"], ("secret", secret)), lookedAt: false, ct);

    /// <summary>What the failure of a call means, or null when it is none of the line.</summary>
    private static EngineAnswer? Lost(Exception failure, HttpMethod method, CancellationToken ct) => failure switch
    {
        OperationCanceledException when ct.IsCancellationRequested => null,
        HttpRequestException { InnerException: AuthenticationException } => new EngineAnswer(EngineOutcome.Unreachable, "strange-server"),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => new EngineAnswer(EngineOutcome.Unreachable, "no-connection"),
        // Whatever changes something may have done so before the line was lost.
        HttpRequestException or IOException => new EngineAnswer(method == HttpMethod.Get ? EngineOutcome.Unreachable : EngineOutcome.Unknown, "line-lost"),
        OperationCanceledException => new EngineAnswer(method == HttpMethod.Get ? EngineOutcome.Unreachable : EngineOutcome.Unknown, "silent"),
        _ => null,
    };

    private static ByteArrayContent? Json(JsonNode? body) => body is null ? null
        : new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    private static LxdReply Ended(JsonElement operation) => new(operation.Number("status_code") switch
    {
        200 => EngineAnswer.Done,
        401 => EngineAnswer.Refused("cancelled", operation.Text("err")),
        _ => LxdErrors.Of(400, operation.Text("err")),
    }, operation.Get("metadata"));

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<LxdReply> AskAsync(HttpMethod method, string path, HttpContent? content, TimeSpan time, Action<HttpRequestHeaders>? headers, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(time, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = content };
            headers?.Invoke(request.Headers);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var etag = response.Headers.TryGetValues("ETag", out var tags) ? tags.FirstOrDefault() : null;
            return LxdReply.Read((int)response.StatusCode, await ReadAsync(response, either.Token), etag);
        }
        catch (AnswerTooLongException)
        {
            return new LxdReply(new EngineAnswer(EngineOutcome.Unknown, "answer-too-long"));
        }
        catch (Exception e) when (Lost(e, method, ct) is { } lost)
        {
            return new LxdReply(lost);
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        if (response.Content.Headers.ContentLength > options.MostBytes) { throw new AnswerTooLongException(); }
        await using var body = await response.Content.ReadAsStreamAsync(ct);
        using var kept = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await body.ReadAsync(buffer, ct) is > 0 and var read)
        {
            if (kept.Length + read > options.MostBytes) { throw new AnswerTooLongException(); }
            kept.Write(buffer, 0, read);
        }

        return kept.GetBuffer().AsMemory(0, (int)kept.Length);
    }

    /// <summary>Most operations cannot be stopped, and then the engine says so: whoever asked looks at the object later.</summary>
    private Task StopAsync(Guid operation) => AskAsync(HttpMethod.Delete, LxdPath.Of(["operations", $"{operation}"]), null, TimeSpan.FromSeconds(5), null, CancellationToken.None);

    /// <summary>A stream that stays its owner's.</summary>
    private sealed class LentContent(Stream bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) => bytes.CopyToAsync(stream, 128 * 1024, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class AnswerTooLongException : IOException;
}
