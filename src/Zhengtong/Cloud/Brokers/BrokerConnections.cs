using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Http;

namespace Zhengtong.Cloud.Brokers;

/// <summary>How a call ended when there was no answer.</summary>
internal enum BrokerSilence
{
    /// <summary>There was an answer.</summary>
    None,
    /// <summary>No connection: the broker cannot have heard it.</summary>
    NotHeard,
    /// <summary>No answer in time, or it broke off: the broker may have acted.</summary>
    NotAnswered,
}

/// <summary>What a broker answered.</summary>
/// <param name="Status">HTTP status; 0 when there was no answer.</param>
/// <param name="Body">The JSON object; null when it sent none that can be read, or one that is too long.</param>
/// <param name="Silence">Whether there was an answer at all.</param>
/// <param name="Wait">What it said about when to ask again, at most 5 minutes.</param>
internal sealed record BrokerAnswer(int Status, JsonElement? Body, BrokerSilence Silence = BrokerSilence.None, TimeSpan? Wait = null)
{
    /// <summary>The word by which an error is told apart, such as <c>ConcurrencyError</c>.</summary>
    internal string? Error => Text("error");

    /// <summary>A member that is a text; null when it is missing, null or something else.</summary>
    internal string? Text(string member) => Body is { } body && body.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>True when the member is missing, null, or a text of at most so many characters.</summary>
    internal bool IsText(string member, int most) => Body is { } body && (!body.TryGetProperty(member, out var value) || value.ValueKind == JsonValueKind.Null
        || (value.ValueKind == JsonValueKind.String && value.GetString()!.Length <= most));
}

/// <summary>Calls to service brokers, Open Service Broker API 2.17. Every address is judged when it is connected to, no redirect is followed; an answer is bounded in length, and a call in time to its last byte.</summary>
internal sealed class BrokerConnections : IDisposable
{
    internal const string Version = "2.17";

    /// <summary>What is not said is left out.</summary>
    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);
    private readonly HttpMessageInvoker invoker;
    private readonly BrokersOptions options;
    private readonly TimeProvider clock;

    public BrokerConnections(IOptions<BrokersOptions> options, TimeProvider clock)
    {
        (this.options, this.clock) = (options.Value, clock);
        invoker = new HttpMessageInvoker(PlainHandler.Of(10, 2, new AddressGuard(options.Value.ForbiddenNetworks)));
    }

    /// <summary>True for what <c>/v2</c> may stand below: absolute, http or https, with a host and without a user's name, query or fragment.</summary>
    internal static bool IsAddress(string text) => text.Length <= 500 && Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.Host.Length > 0 && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0 && !text.Any(c => char.IsControl(c) || c is '?' or '#');

    /// <summary>One call; never throws but when it is stopped.</summary>
    /// <param name="address">What <c>/v2</c> stands below.</param>
    /// <param name="credentials">Account and password with a line end between.</param>
    /// <param name="method">HTTP method.</param>
    /// <param name="path">From <c>/v2</c> on, escaped.</param>
    /// <param name="body">JSON object; null for none.</param>
    /// <param name="identity">For whom it is: JSON object, for X-Broker-API-Originating-Identity; null for nobody.</param>
    /// <param name="ct">Stops it.</param>
    internal async Task<BrokerAnswer> SendAsync(string address, string credentials, HttpMethod method, string path, object? body, object? identity, CancellationToken ct)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var timer = clock.CreateTimer(_ => bound.Cancel(), null, TimeSpan.FromSeconds(options.CallSeconds), Timeout.InfiniteTimeSpan);
        using var request = new HttpRequestMessage(method, new Uri(address.TrimEnd('/') + path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials.Replace('\n', ':'))));
        request.Headers.TryAddWithoutValidation("X-Broker-API-Version", Version);
        request.Headers.TryAddWithoutValidation("X-Broker-API-Request-Identity", Guid.CreateVersion7(clock.GetUtcNow()).ToString());
        if (identity is not null) { request.Headers.TryAddWithoutValidation("X-Broker-API-Originating-Identity", $"egov {Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(identity))}"); }
        request.Headers.Accept.ParseAdd("application/json");
        if (body is not null) { request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, Json)) { Headers = { ContentType = new("application/json") } }; }
        try
        {
            using var response = await invoker.SendAsync(request, bound.Token);
            var most = path == "/v2/catalog" ? options.CatalogueBytes : options.AnswerBytes;
            return new BrokerAnswer((int)response.StatusCode, await ReadAsync(response, most, bound.Token), Wait: WaitOf(response.Headers.RetryAfter));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested) { return new BrokerAnswer(0, null, BrokerSilence.NotAnswered); }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError || e.InnerException is ForbiddenAddressException)
        {
            return new BrokerAnswer(0, null, BrokerSilence.NotHeard);
        }
        catch (Exception e) when (e is HttpRequestException or IOException) { return new BrokerAnswer(0, null, BrokerSilence.NotAnswered); }
    }

    public void Dispose() => invoker.Dispose();

    /// <summary>The JSON object of an answer; null when it is none, or too long.</summary>
    private static async Task<JsonElement?> ReadAsync(HttpResponseMessage response, int most, CancellationToken ct)
    {
        if (response.Content.Headers.ContentLength > most) { return null; }
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        using var kept = new MemoryStream();
        var block = new byte[16 * 1024];
        for (int read; (read = await stream.ReadAsync(block, ct)) > 0;)
        {
            if (kept.Length + read > most) { return null; }
            kept.Write(block, 0, read);
        }

        try
        {
            using var document = JsonDocument.Parse(kept.GetBuffer().AsMemory(0, (int)kept.Length), new JsonDocumentOptions { MaxDepth = 64 });
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException) { return null; }
    }

    private TimeSpan? WaitOf(RetryConditionHeaderValue? said)
    {
        var wait = said?.Delta ?? (said?.Date - clock.GetUtcNow());
        return wait is { } w && w >= TimeSpan.Zero ? (w < LongestWait ? w : LongestWait) : null;
    }
}
