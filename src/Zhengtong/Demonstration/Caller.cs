using System.Net;
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

    internal Task<JsonElement> GetAsync(string path, CancellationToken ct) => SendAsync(HttpMethod.Get, path, null, ct);

    internal Task<JsonElement> PostAsync(string path, object body, CancellationToken ct) => SendAsync(HttpMethod.Post, path, body, ct);

    internal Task<JsonElement> PutAsync(string path, object body, CancellationToken ct) => SendAsync(HttpMethod.Put, path, body, ct);

    internal async Task<byte[]> BytesAsync(string path, CancellationToken ct)
    {
        using var response = await client.GetAsync(path, ct);
        return response.IsSuccessStatusCode ? await response.Content.ReadAsByteArrayAsync(ct) : throw new OffException($"GET {path}: {(int)response.StatusCode}");
    }

    /// <summary>Null while the platform answers that it is not there yet (404, 409).</summary>
    internal async Task<byte[]?> FindBytesAsync(string path, CancellationToken ct)
    {
        using var response = await client.GetAsync(path, ct);
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict) { return null; }
        return response.IsSuccessStatusCode ? await response.Content.ReadAsByteArrayAsync(ct) : throw new OffException($"GET {path}: {(int)response.StatusCode}");
    }

    public void Dispose() => client.Dispose();

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await client.SendAsync(request, ct);
        var text = await response.Content.ReadAsStringAsync(ct);
        if (!response.IsSuccessStatusCode) { throw new OffException($"{method} /api/v1/{path}: {(int)response.StatusCode} {text}"); }
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }
}
