using System.Net;
using Microsoft.AspNetCore.Identity;

namespace Zhengtong.Tests.Support;

/// <summary>A platform of a test's own, for what the shared one cannot show: the first start, another clock, another setting.</summary>
internal sealed class OwnPlatform : IAsyncDisposable
{
    private bool serves;

    private OwnPlatform(string folder, WebApplication app) => (Folder, App) = (folder, app);

    internal string Folder { get; }

    internal WebApplication App { get; }

    internal static async Task<OwnPlatform> StartAsync(Action<WebApplicationBuilder>? configure = null)
    {
        var platform = await PrepareAsync(configure);
        await platform.App.StartAsync();
        platform.serves = true;
        return platform;
    }

    /// <summary>One that does not serve, and whose jobs do not run.</summary>
    internal static async Task<OwnPlatform> PrepareAsync(Action<WebApplicationBuilder>? configure = null)
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-own-").FullName;
        var database = PlatformFixture.PostgresServer is null ? null : await PlatformFixture.CreatePostgresDatabaseAsync();
        var app = Platform.Build(new Deployment(folder, database, "http://127.0.0.1:0", Demo: false), b =>
        {
            b.HashPasswordsQuickly();
            configure?.Invoke(b);
        });
        await app.PrepareOnCopyAsync();
        return new OwnPlatform(folder, app);
    }

    internal HttpClient Visitor()
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(App.Urls.First()) };
        client.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en");
        return client;
    }

    internal async Task<T> WithDb<T>(Func<ZhengtongDb, Task<T>> act)
    {
        await using var scope = App.Services.CreateAsyncScope();
        return await act(scope.ServiceProvider.GetRequiredService<ZhengtongDb>());
    }

    public async ValueTask DisposeAsync()
    {
        if (serves) { await App.StopAsync(); }
        await App.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>What costs the processor much and proves nothing about the platform.</summary>
internal static class Cheaply
{
    /// <summary>A password is drawn out over a twentieth of a second to be slow to guess; every sign-in of a test would pay that twice.</summary>
    internal static void HashPasswordsQuickly(this WebApplicationBuilder builder) => builder.Services.Configure<PasswordHasherOptions>(o => o.IterationCount = 1_000);
}

/// <summary>A clock that a test sets forward.</summary>
internal sealed class MovableClock : TimeProvider
{
    internal TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
}
