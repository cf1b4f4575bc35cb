using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Zhengtong.Tests.OpenData.Harvest;

/// <summary>A portal that answers as a test says.</summary>
internal sealed class FakePortal : IAsyncDisposable
{
    private readonly WebApplication app;

    private FakePortal(WebApplication app) => this.app = app;

    internal Func<HttpContext, Task> Answer { get; set; } = http => { http.Response.StatusCode = 404; return Task.CompletedTask; };

    /// <summary>Path and query of every call, in order.</summary>
    internal ConcurrentQueue<string> Calls { get; } = new();

    internal string Address => app.Urls.First();

    internal static async Task<FakePortal> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var portal = new FakePortal(builder.Build());
        portal.app.Run(http =>
        {
            portal.Calls.Enqueue(http.Request.Path + http.Request.QueryString);
            return portal.Answer(http);
        });
        await portal.app.StartAsync();
        return portal;
    }

    /// <summary>Answers <c>package_search</c> over these packages, as CKAN does.</summary>
    internal void Serve(Func<IReadOnlyList<object>> packages) => Answer = http =>
    {
        var (start, rows) = (int.Parse(http.Request.Query["start"]!), int.Parse(http.Request.Query["rows"]!));
        var all = packages();
        return http.Response.WriteAsJsonAsync(new { success = true, result = new { count = all.Count, results = all.Skip(start).Take(rows) } });
    };

    /// <summary>Answers everything with this text.</summary>
    internal void Say(string mediaType, string text) => Answer = http =>
    {
        http.Response.ContentType = mediaType;
        return http.Response.WriteAsync(text);
    };

    /// <summary>A package with everything that a good one has.</summary>
    internal static Dictionary<string, object?> Package(int n, string title = "公园名录") => new()
    {
        ["id"] = $"id-{n:D4}", ["name"] = $"set-{n}", ["title"] = $"{title} {n}", ["notes"] = "全市公园。", ["license_id"] = "cc-by", ["metadata_modified"] = "2026-03-01T08:00:00.5",
        ["organization"] = new { name = "parks", title = "园林局" }, ["groups"] = new[] { new { name = "environment", title = "环境" } }, ["tags"] = new[] { new { name = "公园", display_name = "公园" } },
        ["resources"] = new[] { new { name = "名录", url = $"https://data.example/{n}.csv", format = "csv", size = 12L, description = "一个文件" } },
    };

    internal static string Json(object value) => JsonSerializer.Serialize(value);

    public async ValueTask DisposeAsync() => await app.DisposeAsync();
}
