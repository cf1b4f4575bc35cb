using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Zhengtong.Demonstration;

/// <summary>Something in the main job was not as it must be.</summary>
internal sealed class OffException(string message) : Exception(message);

/// <summary>An officer at the platform's API over HTTP, with a session of its own.</summary>
internal sealed class Caller : IDisposable
{
    private readonly HttpClient client;

    private Caller(Uri address) =>
        client = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer(), AllowAutoRedirect = false }) { BaseAddress = new Uri(address, "/api/v1/"), Timeout = TimeSpan.FromSeconds(60) };

    internal static async Task<Caller> SignInAsync(Uri address, DemonstrationAccount account, CancellationToken ct)
    {
        var caller = new Caller(address);
        await caller.PostAsync("session", new { account.UserName, account.Password }, ct);
        return caller;
    }

    /// <summary>As a program of the client's organisation, with a bearer token that is good for an hour.</summary>
    internal static async Task<Caller> AsProgramAsync(Uri address, DemonstrationClient client, CancellationToken ct)
    {
        var caller = new Caller(address);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials", ["client_id"] = client.ClientId, ["client_secret"] = client.ClientSecret, ["scope"] = string.Join(' ', client.Scopes),
        });
        using var response = await caller.client.PostAsync("/connect/token", form, ct);
        if (!response.IsSuccessStatusCode) { throw new OffException($"/connect/token: {(int)response.StatusCode}"); }
        var token = (await response.Content.ReadFromJsonAsync<JsonElement>(ct)).GetProperty("access_token").GetString();
        caller.client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return caller;
    }

    internal Task<JsonElement> GetAsync(string path, CancellationToken ct) => SendAsync(HttpMethod.Get, path, null, ct);

    internal Task<JsonElement> PostAsync(string path, object body, CancellationToken ct) => SendAsync(HttpMethod.Post, path, body, ct);

    internal Task<JsonElement> PutAsync(string path, object body, CancellationToken ct) => SendAsync(HttpMethod.Put, path, body, ct);

    internal async Task<byte[]> BytesAsync(string path, CancellationToken ct)
    {
        using var response = await client.GetAsync(path, ct);
        return response.IsSuccessStatusCode ? await response.Content.ReadAsByteArrayAsync(ct) : throw new OffException($"GET {path}: {(int)response.StatusCode}");
    }

    /// <summary>One request of tus with bytes; returns where the upload is, when the answer says so.</summary>
    internal async Task<string?> TusAsync(HttpMethod method, string path, ReadOnlyMemory<byte> bytes, CancellationToken ct, params IEnumerable<(string Name, string Value)> headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new ReadOnlyMemoryContent(bytes) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        request.Headers.Add("Tus-Resumable", "1.0.0");
        foreach (var (name, value) in headers) { request.Headers.Add(name, value); }
        using var response = await client.SendAsync(request, ct);
        if (!response.IsSuccessStatusCode) { throw new OffException($"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(ct)}"); }
        return response.Headers.Location?.OriginalString;
    }

    /// <summary>Null while the platform answers that it is not there yet (404, 409), or otherwise as expected.</summary>
    internal async Task<byte[]?> FindBytesAsync(string path, CancellationToken ct, params IEnumerable<HttpStatusCode> expected)
    {
        using var response = await client.GetAsync(path, ct);
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict || expected.Contains(response.StatusCode)) { return null; }
        return response.IsSuccessStatusCode ? await response.Content.ReadAsByteArrayAsync(ct) : throw new OffException($"GET {path}: {(int)response.StatusCode}");
    }

    public void Dispose() => client.Dispose();

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await client.SendAsync(request, ct);
        var text = await response.Content.ReadAsStringAsync(ct);
        if (!response.IsSuccessStatusCode) { throw new OffException($"{method} {path}: {(int)response.StatusCode} {text}"); }
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }
}
