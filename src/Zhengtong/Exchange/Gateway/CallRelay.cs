using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Zhengtong.Exchange.Evidence;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Gateway;

/// <summary>A call that may go through.</summary>
/// <param name="Service">Where to.</param>
/// <param name="Grant">Under what.</param>
/// <param name="Client">X-Road-Client.</param>
/// <param name="Target">As it came.</param>
/// <param name="Rest">What of the target goes to the provider.</param>
/// <param name="MessageId">X-Road-Id.</param>
/// <param name="HasOwnToken">True when Authorization holds a token of ours.</param>
/// <param name="ReceivedAt">When it came.</param>
internal sealed record CallOrder(ServedApi Service, Grant Grant, string Client, string Target, string Rest, string MessageId, bool HasOwnToken, DateTimeOffset ReceivedAt);

/// <summary>Brings a call to its provider and the answer back: streamed, hashed, limited to the agreed members, recorded before its last byte.</summary>
internal sealed partial class CallRelay(
    GatewayDirectory directory, ServiceConnections connections, ServiceRest rest, CallLog log, CallMeter meter, TimeProvider clock, IOptions<GatewayOptions> options, ILogger<CallRelay> logger)
{
    private const int Piece = 64 * 1024;
    private static readonly TimeSpan BeforeRetry = TimeSpan.FromMilliseconds(100);

    /// <summary>Does the call. Null when it was answered, or broken off so that the consumer sees it; else why there is no answer, with nothing sent yet.</summary>
    internal async Task<Refusal?> RelayAsync(HttpContext http, CallOrder order)
    {
        if (rest.Wait(order.Service.Id) is { } wait) { return Refusal.Resting(wait); }
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        using var requestBody = new BodyDigest(options.Value.KeepBodyBytes);
        void Moves() => silence.CancelAfter(order.Service.Timeout);
        Moves();
        var call = new Passage(http, order, Guid.CreateVersion7(order.ReceivedAt), requestBody, silence.Token, Moves);
        call.Headers = CallHead.OfRequest(http.Request.Headers, order.HasOwnToken,
            new("X-Road-Client", order.Client), new("X-Road-Id", order.MessageId), new("X-Road-Request-Id", call.Id.ToString()));
        try
        {
            using var answer = await SendAsync(call);
            rest.Answered(order.Service.Id);
            return await AnswerAsync(call, answer);
        }
        catch (Exception e) when (http.RequestAborted.IsCancellationRequested && e is OperationCanceledException or HttpRequestException or IOException)
        {
            // The consumer went away.
            http.Abort();
            return null;
        }
        catch (HttpRequestException e) when (IsConsumersFault(e)) { return Refusal.Malformed(Text.Of("exchange.body-unreadable")); }
        catch (OperationCanceledException) { return Fail(call, Refusal.Silent, null); }
        catch (HttpRequestException e)
        {
            return Fail(call, e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.Unknown
                ? Refusal.Unreachable : Refusal.AnswerUnfit, e);
        }
    }

    /// <summary>Sends, and once more where that can do no harm: the service refused the connection, and the call may be repeated and carries nothing.</summary>
    private async Task<HttpResponseMessage> SendAsync(Passage call)
    {
        try { return await connections.SendAsync(RequestOf(call), call.Silence); }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError && !call.HasBody
            && (HttpMethods.IsGet(call.Method) || HttpMethods.IsHead(call.Method) || HttpMethods.IsOptions(call.Method) || HttpMethods.IsPut(call.Method) || HttpMethods.IsDelete(call.Method)))
        {
            await Task.Delay(BeforeRetry, clock, call.Silence);
            return await connections.SendAsync(RequestOf(call), call.Silence);
        }
    }

    private static HttpRequestMessage RequestOf(Passage call)
    {
        var (http, order) = (call.Http, call.Order);
        var message = new HttpRequestMessage(HttpMethod.Parse(call.Method), ServiceConnections.AddressOf(order.Service.Door.Address, order.Rest))
        {
            Version = System.Net.HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var length = http.Request.ContentLength;
        if (call.HasBody) { message.Content = new RelayedBody(http.Request.Body, length, call.RequestBody, call.Moves); }
        else if (length == 0) { message.Content = new ByteArrayContent([]); }
        // An API key must not come back to the consumer, which is what TRACE is for.
        var own = HttpMethods.IsTrace(call.Method) ? [] : order.Service.Door.Headers;
        foreach (var (name, value) in call.Headers)
        {
            if (own.Any(o => o.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) || (order.Grant.Members is not null && IsForWholeAnswers(name))) { continue; }
            Add(message, name, value);
        }

        foreach (var (name, value) in own) { Add(message, name, value); }
        return message;
    }

    private static void Add(HttpRequestMessage message, string name, string value)
    {
        if (message.Headers.TryAddWithoutValidation(name, value)) { return; }
        message.Content ??= new ByteArrayContent([]);
        message.Content.Headers.TryAddWithoutValidation(name, value);
    }

    /// <summary>An answer of which members are left out can be neither packed nor cut.</summary>
    private static bool IsForWholeAnswers(string name) =>
        name.Equals("Accept-Encoding", StringComparison.OrdinalIgnoreCase) || name.Equals("Range", StringComparison.OrdinalIgnoreCase) || name.Equals("If-Range", StringComparison.OrdinalIgnoreCase);

    private async Task<Refusal?> AnswerAsync(Passage call, HttpResponseMessage answer)
    {
        var (http, order, status) = (call.Http, call.Order, (int)answer.StatusCode);
        // A provider's refusal is its own and passes whole; what brings data is limited.
        var isLimited = order.Grant.Members is not null && status < 400;
        var hasBody = !HttpMethods.IsHead(call.Method) && status is not (204 or 205 or 304) && !(isLimited && status >= 300) && answer.Content.Headers.ContentLength != 0;
        if (isLimited && hasBody && !IsPlainJson(answer.Content.Headers, status)) { return Fail(call, Refusal.AnswerUnfit, new JsonException($"{status} {answer.Content.Headers.ContentType?.MediaType}")); }

        var requestHead = CallHead.Bytes(call.Method, order.Target, call.Headers);
        var service = string.Join('/', directory.Instance, GatewayDirectory.MemberClass, order.Service.ProviderCode, order.Service.Subsystem, order.Service.Code);
        var headers = CallHead.OfAnswer(answer, isLimited,
            new("X-Road-Client", order.Client), new("X-Road-Id", order.MessageId), new("X-Road-Request-Hash", CallHead.Hash(requestHead, call.RequestBody.Value)),
            new("X-Road-Request-Id", call.Id.ToString()), new("X-Road-Service", service));
        http.Response.StatusCode = status;
        http.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = answer.ReasonPhrase;
        foreach (var (name, value) in headers) { http.Response.Headers.Append(name, value); }
        if (!isLimited && status is not (204 or 304) && (hasBody || HttpMethods.IsHead(call.Method) || answer.Content.Headers.ContentLength == 0)) { http.Response.ContentLength = answer.Content.Headers.ContentLength; }

        using var responseBody = new BodyDigest(options.Value.KeepBodyBytes);
        using var held = new HeldAnswer(http.Response, responseBody);
        CallRecord Recorded() => new(
            call.Id, order.MessageId, order.Grant.Terms.Id, order.Service.Provider, order.Grant.Terms.Consumer, order.Grant.Terms.Suite, service, call.Method,
            requestHead, call.RequestBody.Value, call.RequestBody.Bytes, status, CallHead.Bytes(status, answer.ReasonPhrase, headers), responseBody.Value, responseBody.Bytes,
            order.ReceivedAt, clock.GetUtcNow(), call.RequestBody.Kept, responseBody.Kept);
        if (hasBody && await StreamAsync(call, answer, isLimited, held) is { } fault)
        {
            if (!http.Response.HasStarted)
            {
                http.Response.Clear();
                return fault;
            }

            // What was handed out is recorded; that it was broken off the consumer sees by the missing end.
            await KeepAsync(Recorded());
            http.Abort();
            return null;
        }

        if (!await KeepAsync(Recorded()))
        {
            if (http.Response.HasStarted) { http.Abort(); }
            else { http.Response.Clear(); }
            return http.Response.HasStarted ? null : Refusal.Unrecorded;
        }

        if (isLimited && !http.Response.HasStarted && !HttpMethods.IsHead(call.Method) && status is not (204 or 304)) { http.Response.ContentLength = held.Count; }
        await held.SendAsync(http.RequestAborted);
        meter.Count(order.Grant.Terms.Id, order.Grant.Terms.Consumer, order.Service.Id, call.RequestBody.Bytes + responseBody.Bytes);
        return null;
    }

    /// <summary>Streams the body, all but its last piece. Null when it came to its end; else what was wrong with it.</summary>
    private async Task<Refusal?> StreamAsync(Passage call, HttpResponseMessage answer, bool isLimited, HeldAnswer held)
    {
        try
        {
            await using var source = await answer.Content.ReadAsStreamAsync(call.Silence);
            if (isLimited) { await FilterAsync(call, source, held); }
            else { await CopyAsync(call, source, held); }
            return null;
        }
        catch (OperationCanceledException) when (!call.Http.RequestAborted.IsCancellationRequested) { return Fail(call, Refusal.Silent, null); }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && call.Http.RequestAborted.IsCancellationRequested) { return Refusal.Silent; }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException) { return Fail(call, Refusal.AnswerUnfit, e); }
    }

    private static async Task CopyAsync(Passage call, Stream source, HeldAnswer held)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            while (await source.ReadAsync(buffer, call.Silence) is var count and > 0)
            {
                await held.WriteAsync(buffer.AsMemory(0, count), call.Silence);
                call.Moves();
            }
        }
        finally { ArrayPool<byte>.Shared.Return(buffer); }
    }

    private async Task FilterAsync(Passage call, Stream source, HeldAnswer held)
    {
        var filter = new MemberFilter(call.Order.Grant.Members!);
        var output = new ArrayBufferWriter<byte>(Piece);
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        var (length, isFirst) = (0, true);
        try
        {
            while (true)
            {
                if (length == buffer.Length) { buffer = Larger(buffer); }
                var count = await source.ReadAsync(buffer.AsMemory(length), call.Silence);
                call.Moves();
                length += count;
                if (isFirst && count == 0) { return; }
                // A byte order mark is no part of JSON (RFC 8259, 8.1), which allows to pass it over.
                var skipped = isFirst && buffer.AsSpan(0, length).StartsWith("\uFEFF"u8) ? 3 : 0;
                isFirst = false;
                var consumed = skipped + filter.Read(buffer.AsSpan(skipped, length - skipped), count == 0, output);
                buffer.AsSpan(consumed, length - consumed).CopyTo(buffer);
                length -= consumed;
                await held.WriteAsync(output.WrittenMemory, call.Silence);
                output.ResetWrittenCount();
                if (count == 0) { return; }
            }
        }
        finally { ArrayPool<byte>.Shared.Return(buffer); }
    }

    private byte[] Larger(byte[] buffer)
    {
        if (buffer.Length >= options.Value.LongestTokenBytes) { throw new JsonException($"A name or value is longer than {options.Value.LongestTokenBytes} bytes"); }
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    /// <summary>Keeps the record although the consumer may have gone: what was done was done.</summary>
    private async Task<bool> KeepAsync(CallRecord record)
    {
        try
        {
            await log.RecordAsync(record, CancellationToken.None);
            return true;
        }
        catch (Exception e)
        {
            NotRecorded(e, record.Id);
            return false;
        }
    }

    private Refusal Fail(Passage call, Refusal refusal, Exception? cause)
    {
        var service = call.Order.Service;
        if (refusal != Refusal.AnswerUnfit || cause is not JsonException) { rest.Failed(service.Id); }
        meter.Fault(call.Order.Grant.Terms.Id, call.Order.Grant.Terms.Consumer, service.Id, refusal.Problem.Code);
        // The message of a JSON fault may quote the answer; where it was is enough.
        Failed(service.Id, call.Id, refusal.Problem.Code, cause switch
        {
            JsonException { LineNumber: { } line, BytePositionInLine: { } position } => $"JSON, line {line + 1}, byte {position + 1}",
            JsonException own => own.Message,
            HttpRequestException http => http.HttpRequestError.ToString(),
            null => "",
            _ => cause.GetType().Name,
        });
        return refusal;
    }

    private static bool IsConsumersFault(Exception e)
    {
        for (var cause = e.InnerException; cause is not null; cause = cause.InnerException)
        {
            if (cause is BadHttpRequestException) { return true; }
        }

        return false;
    }

    private static bool IsPlainJson(HttpContentHeaders headers, int status) =>
        status != 206 && headers.ContentEncoding.All(e => e.Equals("identity", StringComparison.OrdinalIgnoreCase))
        && headers.ContentType is { MediaType: { } type } said && (type.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase))
        && (said.CharSet is null || said.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    [LoggerMessage(Level = LogLevel.Warning, Message = "API service {Service} failed call {Call}: {Code} {Detail}")]
    private partial void Failed(Guid service, Guid call, string code, string detail);

    [LoggerMessage(Level = LogLevel.Error, Message = "Call {Call} could not be recorded; its answer was withheld")]
    private partial void NotRecorded(Exception e, Guid call);

    /// <summary>One call on its way.</summary>
    private sealed record Passage(HttpContext Http, CallOrder Order, Guid Id, BodyDigest RequestBody, CancellationToken Silence, Action Moves)
    {
        internal string Method { get; } = Http.Request.Method;

        internal bool HasBody { get; } = Http.Request.ContentLength != 0 && Http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };

        internal IReadOnlyList<Header> Headers { get; set; } = [];
    }
}
