using Zhengtong.Cloud.Engines;
using Zhengtong.Tests.Cloud.Engines;

namespace Zhengtong.EndToEnd.Support;

/// <summary>Debian's Chromium before a platform of its own, on the embedded database.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Arguments =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-browser-").FullName;
    private IPlaywright? playwright;
    private IBrowser? browser;

    internal WebApplication App { get; private set; } = null!;

    /// <summary>By name, not by number: passkeys belong to a domain.</summary>
    internal string Address => $"http://localhost:{new Uri(App.Urls.First()).Port}";

    public async ValueTask InitializeAsync()
    {
        App = Platform.Build(new Deployment(folder, null, "http://127.0.0.1:0", Demo: false), b => b.Services.AddSingleton<IEngineDriver, PretendDriver>());
        await App.PrepareAsync(CancellationToken.None);
        await App.StartAsync();
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = "/usr/bin/chromium", Args = Arguments });
    }

    /// <summary>A window without cookies; in English and wide unless told otherwise.</summary>
    internal async Task<IPage> Window(bool script = true, string language = "en", int width = 1280) => await (await browser!.NewContextAsync(new BrowserNewContextOptions
    {
        BaseURL = Address,
        Locale = language,
        JavaScriptEnabled = script,
        ViewportSize = new() { Width = width, Height = width < 600 ? 844 : 900 },
        ReducedMotion = ReducedMotion.Reduce,
    })).NewPageAsync();

    public async ValueTask DisposeAsync()
    {
        if (browser is not null) { await browser.DisposeAsync(); }
        playwright?.Dispose();
        if (App is not null)
        {
            await App.StopAsync();
            await App.DisposeAsync();
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }
}
