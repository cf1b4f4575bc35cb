using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Zhengtong.Bench;

/// <summary>The least a Kestrel server can do: one page of so many bytes from memory. The denominator of the page benchmark.</summary>
internal static class StaticPage
{
    internal static async Task<int> ServeAsync(string url, int bytes)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        await using var app = builder.Build();
        var page = new byte[bytes];
        Array.Fill(page, (byte)'x');
        app.MapGet("/", () => TypedResults.Bytes(page, "text/html; charset=utf-8"));
        await app.StartAsync();
        Console.WriteLine($"Zhengtong is ready: {app.Urls.First()}");
        await app.WaitForShutdownAsync();
        return 0;
    }
}
