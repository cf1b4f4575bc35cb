using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Zhengtong.Bench;

/// <summary>The least a Kestrel server can do, each as a process of its own: the denominators of the benchmarks.</summary>
internal static class StaticPage
{
    /// <summary>One page of so many bytes from memory.</summary>
    internal static Task<int> ServeAsync(string url, int bytes) => ServeAsync(url, null, app => app.MapGet("/", () => TypedResults.Bytes(Filled(bytes), "text/html; charset=utf-8")));

    /// <summary>A department's service: so many bytes of JSON for whatever is asked.</summary>
    internal static Task<int> ServeServiceAsync(string url, int bytes)
    {
        var answer = Filled(bytes);
        "{\"name\":\""u8.CopyTo(answer);
        "\"}"u8.CopyTo(answer.AsSpan(bytes - 2));
        return ServeAsync(url, null, app => app.Run(http =>
        {
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = answer.Length;
            return http.Response.Body.WriteAsync(answer).AsTask();
        }));
    }

    /// <summary>YARP with nothing around it.</summary>
    internal static Task<int> ServeProxyAsync(string url, string destination) =>
        ServeAsync(url, services => services.AddHttpForwarder(), app => app.MapForwarder("/{**rest}", destination));

    /// <summary>Keeps what is PUT in one file of this folder, and gives it back.</summary>
    internal static Task<int> ServeFilesAsync(string url, string folder) => ServeAsync(url, null, app => app.Run(async http =>
    {
        var file = Path.Combine(folder, "kept");
        http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
        if (!HttpMethods.IsPut(http.Request.Method))
        {
            await http.Response.SendFileAsync(file);
            return;
        }

        await using var kept = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        await http.Request.Body.CopyToAsync(kept, 1 << 20);
        kept.Flush(flushToDisk: true);
    }));

    /// <summary>Rows of a PostgreSQL as the JSON text that it makes of them: /NAME?v=VALUE runs the page and the total of that name.</summary>
    /// <param name="url">Where it listens.</param>
    /// <param name="connection">The database.</param>
    /// <param name="file">JSON: by name the page's statement and the total's, or null.</param>
    internal static async Task<int> ServeDatastoreAsync(string url, string connection, string file)
    {
        var statements = JsonSerializer.Deserialize<Dictionary<string, string?[]>>(await File.ReadAllTextAsync(file))!;
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection) { MaxPoolSize = 16, Timeout = 600, CommandTimeout = 600 }.ConnectionString);
        return await ServeAsync(url, null, app => app.MapGet("/{name}", async (string name, string v, HttpContext http) =>
        {
            await using var open = await source.OpenConnectionAsync(http.RequestAborted);
            async Task<string?> TextAsync(string sql)
            {
                await using var command = new NpgsqlCommand(sql, open);
                command.Parameters.Add(new NpgsqlParameter { Value = v });
                return await command.ExecuteScalarAsync(http.RequestAborted) as string;
            }

            var total = statements[name][1] is { } counted ? await TextAsync(counted) : null;
            var rows = await TextAsync(statements[name][0]!);
            http.Response.ContentType = "application/json;charset=utf-8";
            await http.Response.WriteAsync($"{{\"success\":true,\"result\":{{\"records\":{rows ?? "[]"}{(total is null ? "" : $",\"total\":{total}")}}}}}", http.RequestAborted);
        }));
    }

    private static async Task<int> ServeAsync(string url, Action<IServiceCollection>? add, Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        add?.Invoke(builder.Services);
        await using var app = builder.Build();
        map(app);
        await app.StartAsync();
        Console.WriteLine($"Zhengtong is ready: {app.Urls.First()}");
        await app.WaitForShutdownAsync();
        return 0;
    }

    private static byte[] Filled(int bytes)
    {
        var page = new byte[bytes];
        Array.Fill(page, (byte)'x');
        return page;
    }
}
