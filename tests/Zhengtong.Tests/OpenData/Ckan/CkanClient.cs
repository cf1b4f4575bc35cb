using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Zhengtong.Kernel.Jobs;
using Zhengtong.OpenData.Import;
using Zhengtong.Tests.OpenData.Publishing;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Ckan;

/// <summary>An officer's program that speaks to a CKAN, request for request as the library ckanapi sends them: a JSON body with the token bare in Authorization and as X-CKAN-API-Key,
/// and where a file goes along a multipart form whose fields come before the file.</summary>
internal sealed class CkanClient : IDisposable
{
    private const string Boundary = "3e1f0a7c5b2d4e6f8091a2b3c4d5e6f7";

    private readonly HttpClient http;
    private readonly string token;

    private CkanClient(HttpClient http, string token, Openers people) => (this.http, this.token, People) = (http, token, people);

    /// <summary>The officer's department, colleague and leader.</summary>
    internal Openers People { get; }

    /// <summary>A department whose officer has made a token at the workbench.</summary>
    internal static async Task<CkanClient> MeetAsync(PlatformFixture platform)
    {
        var people = await Openers.Meet(platform);
        return new CkanClient(platform.Visitor(), await TokenOf(people.Officer), people);
    }

    /// <summary>A new token of whoever is signed in.</summary>
    internal static async Task<string> TokenOf(HttpClient signedIn)
    {
        var me = JsonDocument.Parse(await signedIn.GetStringAsync("/api/v1/me")).RootElement;
        return (await signedIn.PostResult("api_token_create", new { user = me.GetProperty("id").GetString(), name = "etl" })).GetProperty("token").GetString()!;
    }

    /// <summary>Another program with another token.</summary>
    internal CkanClient With(string other) => new(http, other, People);

    /// <summary>Result of an action that must succeed.</summary>
    internal async Task<JsonElement> Call(string action, object body)
    {
        using var response = await Send(action, body);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, $"{action}: {text}");
        return JsonDocument.Parse(text).RootElement.GetProperty("result");
    }

    /// <summary>Status and error of an action that must be refused.</summary>
    internal async Task<(int Status, JsonElement Error)> Refused(string action, object body)
    {
        using var response = await Send(action, body);
        return await response.Refusal();
    }

    internal Task<HttpResponseMessage> Send(string action, object body)
    {
        // ckanapi writes the JSON itself and names no charset.
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return SendAsync(action, content);
    }

    /// <summary>A file with its fields.</summary>
    internal Task<HttpResponseMessage> Upload(string action, IReadOnlyDictionary<string, string> fields, string fileName, byte[] content, string type = "text/csv")
    {
        var body = new List<byte>();
        foreach (var (name, value) in fields) { body.AddRange(Encoding.UTF8.GetBytes($"--{Boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")); }
        var disposition = fileName.All(char.IsAscii) ? $"filename=\"{fileName}\"" : $"filename*=utf-8''{Uri.EscapeDataString(fileName)}";
        body.AddRange(Encoding.UTF8.GetBytes($"--{Boundary}\r\nContent-Disposition: form-data; name=\"upload\"; {disposition}\r\nContent-Type: {type}\r\n\r\n"));
        body.AddRange(content);
        body.AddRange(Encoding.UTF8.GetBytes($"\r\n--{Boundary}--\r\n"));
        var form = new ByteArrayContent([.. body]);
        form.Headers.TryAddWithoutValidation("Content-Type", $"multipart/form-data; boundary={Boundary}");
        return SendAsync(action, form);
    }

    /// <summary>Result of an upload that must succeed, with its table read.</summary>
    internal async Task<JsonElement> Uploaded(string action, IReadOnlyDictionary<string, string> fields, string fileName, string content)
    {
        using var response = await Upload(action, fields, fileName, Encoding.UTF8.GetBytes(content));
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        await People.Platform.App.Services.GetRequiredService<Reconcilers>().SettleAsync<ImportFiles>(default);
        return JsonDocument.Parse(text).RootElement.GetProperty("result");
    }

    public void Dispose() => http.Dispose();

    private Task<HttpResponseMessage> SendAsync(string action, HttpContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/api/action/{action}") { Content = content };
        request.Headers.TryAddWithoutValidation("Authorization", token);
        request.Headers.TryAddWithoutValidation("X-CKAN-API-Key", token);
        request.Headers.TryAddWithoutValidation("User-Agent", "ckanapi/4.8");
        // What is refused for its size is refused before it is sent: else the answer may be lost with the connection.
        request.Headers.ExpectContinue = content.Headers.ContentLength > 1_000_000;
        return http.SendAsync(request);
    }
}
