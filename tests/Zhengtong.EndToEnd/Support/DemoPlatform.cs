using System.Text.Json;

[assembly: AssemblyFixture(typeof(Zhengtong.EndToEnd.Support.DemoPlatform))]
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Zhengtong.EndToEnd.Support;

/// <summary>The real program with the demonstration province as a child process, and one Chromium, for the whole run.</summary>
public sealed class DemoPlatform : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-browser-").FullName;
    private readonly Dictionary<string, string> passwords = [];
    private ProgramProcess? program;
    private IPlaywright? playwright;

    internal Uri Address { get; private set; } = null!;

    internal IBrowser Browser { get; private set; } = null!;

    internal long ReadyAfter => program!.ReadyAfter;

    internal string Folder => folder;

    public async ValueTask InitializeAsync()
    {
        program = ProgramProcess.Start("dotnet", Repository.Program, "demo", "--data", folder, "--urls", "http://127.0.0.1:0");
        playwright = await Playwright.CreateAsync();
        Browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        Address = await program.ReadyAsync(TimeSpan.FromSeconds(180));
        using var file = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder, "demo-credentials.json")));
        foreach (var account in file.RootElement.GetProperty("accounts").EnumerateArray())
        {
            passwords[account.GetProperty("userName").GetString()!] = account.GetProperty("password").GetString()!;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Browser is not null) { await Browser.DisposeAsync(); }
        playwright?.Dispose();
        if (program is not null)
        {
            var code = Address is null ? 0 : await program.InterruptAsync();
            await program.DisposeAsync();
            code.ShouldBe(0, "Ctrl-C ends the program cleanly");
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A browser window of its own, signed in when an account is named.</summary>
    internal async Task<IPage> OpenAsync(string? account = null, string language = "zh-CN", int width = 1440, bool script = true)
    {
        var context = await Browser.NewContextAsync(new()
        {
            BaseURL = Address.ToString(),
            Locale = language,
            TimezoneId = "Asia/Shanghai",
            JavaScriptEnabled = script,
            ViewportSize = new() { Width = width, Height = width < 600 ? 844 : 900 },
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(15_000);
        var page = await context.NewPageAsync();
        if (account is not null) { await page.SignInAsync(account, passwords[account]); }
        return page;
    }
}
