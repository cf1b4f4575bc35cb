using System.Collections.Concurrent;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Zhengtong.Tests.Cloud.Brokers;

/// <summary>What a broker of a test answers.</summary>
/// <param name="Status">HTTP status; 0 breaks the connection off, -1 never answers.</param>
/// <param name="Body">Sent as it is.</param>
internal sealed record Scripted(int Status, string Body = "{}");

/// <summary>A broker that answers as a test says, over real HTTP, and remembers what it was asked.</summary>
internal sealed class ScriptedBroker : IAsyncDisposable
{
    private readonly WebApplication app;

    private ScriptedBroker(WebApplication app) => this.app = app;

    /// <summary>Method and path with query, in their order.</summary>
    internal ConcurrentQueue<string> Asked { get; } = new();

    internal ConcurrentQueue<IHeaderDictionary> Heads { get; } = new();

    /// <summary>What was sent, with its method, in their order.</summary>
    internal ConcurrentQueue<(string Method, string Body)> Bodies { get; } = new();

    /// <summary>What to answer; the second parameter is the path without the instance's id: <c>PUT instance</c>, <c>GET instance/last_operation</c>, <c>PUT binding</c>.</summary>
    internal Func<string, string, Scripted> Answer { get; set; } = (_, _) => new Scripted(500);

    internal string Address => app.Urls.First();

    internal static async Task<ScriptedBroker> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var broker = new ScriptedBroker(app);
        app.Run(broker.AnswerAsync);
        await app.StartAsync();
        return broker;
    }

    internal int Count(string method) => Asked.Count(a => a.StartsWith(method, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        Asked.Enqueue($"{http.Request.Method} {path}{http.Request.QueryString}");
        // The server uses its own for the next request.
        Heads.Enqueue(new HeaderDictionary(http.Request.Headers.ToDictionary()));
        using (var reader = new StreamReader(http.Request.Body)) { Bodies.Enqueue((http.Request.Method, await reader.ReadToEndAsync())); }
        var parts = path.Split('/');
        var place = path == "/v2/catalog" ? "catalog" : $"{(parts.Length > 4 && parts[4] == "service_bindings" ? "binding" : "instance")}{(path.EndsWith("/last_operation", StringComparison.Ordinal) ? "/last_operation" : "")}";
        var answer = Answer(http.Request.Method, $"{http.Request.Method} {place}");
        switch (answer.Status)
        {
            case 0:
                http.Abort();
                return;
            case -1:
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                return;
            default:
                http.Response.StatusCode = answer.Status;
                http.Response.ContentType = "application/json";
                http.Response.Headers.RetryAfter = "0";
                await http.Response.WriteAsync(answer.Body);
                return;
        }
    }
}
