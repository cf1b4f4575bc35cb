using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Cloud.Resources;

namespace Zhengtong.EndToEnd;

/// <summary>The terminal of an instance in a real browser; behind it the engine in memory, which says back what is typed.</summary>
public sealed class TerminalTests(Browser browser) : IClassFixture<Browser>
{
    private const string Password = "Kaifeng-lamp-7702-river";

    [Fact]
    public async Task Terminal_ByKeyboard_TypesPastesLeavesEndsAndConnectsAgain()
    {
        var (id, engine) = await DeliveredAsync("terminal.officer");
        var page = await browser.Window();
        List<string> faults = [];
        page.Console += (_, message) => { if (message.Type == "error") { faults.Add(message.Text); } };
        await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await page.SignInAsync("terminal.officer", Password);
        var hands = new Hands(keyboard: true);
        await page.GotoAsync($"/work/cloud/resources/{id}");
        await hands.PressAsync(page, $"a[href='/work/cloud/resources/{id}/terminal']");
        (await Accessibility.FindingsAsync(page)).ShouldBeEmpty();
        await page.Locator("[data-terminal-form] [type=submit]").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await ShownAsync(page, "shell ");
        await Assertions.Expect(page.Locator(".xterm-helper-textarea")).ToBeFocusedAsync();
        (await page.Locator("[data-terminal-status]").InnerTextAsync()).ShouldContain("Ctrl+Shift+X");

        // Nothing leaves the terminal but its own keys: Tab is the program's.
        await page.Keyboard.TypeAsync("uname -a");
        await ShownAsync(page, "uname -a");
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.Locator(".xterm-helper-textarea")).ToBeFocusedAsync();
        await page.EvaluateAsync("() => navigator.clipboard.writeText('粘贴的文字')");
        await page.Keyboard.PressAsync("Control+V");
        await ShownAsync(page, "粘贴的文字");
        (await Accessibility.FindingsAsync(page)).ShouldBeEmpty();
        await page.ScreenshotAsync(new() { Path = Path.Combine(Repository.Screenshots, "terminal-en-1280.png"), FullPage = true });

        await page.SetViewportSizeAsync(700, 900);
        await page.UntilAsync("() => document.querySelectorAll('.xterm-rows > div').length > 10 && /\\d+x\\d+[^]*\\d+x\\d+/.test(document.querySelector('.xterm-rows').textContent)");
        await page.Keyboard.PressAsync("Control+Shift+X");
        var leave = page.Locator("[data-terminal-leave] button");
        await Assertions.Expect(leave).ToBeFocusedAsync();
        await Assertions.Expect(page.Locator("[data-terminal-status]")).ToContainTextAsync("left the terminal");
        await page.Keyboard.PressAsync("Shift+Tab");
        await Assertions.Expect(page.Locator(".xterm-helper-textarea")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("exit");
        await Assertions.Expect(page.Locator("[data-terminal-status]")).ToContainTextAsync("the program inside ended");
        var again = page.Locator("[data-terminal-form] [type=submit]");
        await Assertions.Expect(again).ToHaveTextAsync("Connect again");
        await Assertions.Expect(again).ToBeFocusedAsync();
        (await Accessibility.FindingsAsync(page)).ShouldBeEmpty();

        // Again, the console now, read aloud.
        await page.Locator("#kind-Console").CheckAsync();
        await page.Locator("#aloud").CheckAsync();
        await page.Keyboard.PressAsync("Enter");
        await ShownAsync(page, "console ");
        (await Accessibility.FindingsAsync(page)).ShouldBeEmpty();
        await page.Keyboard.PressAsync("Control+Shift+X");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("[data-terminal-status]")).ToHaveTextAsync("Disconnected.");
        await page.UntilAsync("() => !document.querySelector('[data-terminal-form]').hidden");
        faults.ShouldBeEmpty();

        // The way out is a new page with the usual policy.
        await page.EvaluateAsync("() => { window.terminalWasHere = true }");
        await page.Locator("main a[href$='" + id + "']").First.ClickAsync();
        await page.WaitForURLAsync($"**/work/cloud/resources/{id}");
        (await page.EvaluateAsync<bool>("() => window.terminalWasHere === true")).ShouldBeFalse();
        (await WaitForNoneAsync(engine)).ShouldBe(0);
    }

    [Fact]
    public async Task Terminal_SignedOutElsewhereOrWithoutScript_SaysSoInASentence()
    {
        var (id, _) = await DeliveredAsync("terminal.second");
        var page = await browser.Window(width: 390);
        await page.SignInAsync("terminal.second", Password);
        await page.GotoAsync($"/work/cloud/resources/{id}/terminal");
        await page.Locator("[data-terminal-form] [type=submit]").ClickAsync();
        await ShownAsync(page, "shell ");
        (await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBe(0);
        await page.ScreenshotAsync(new() { Path = Path.Combine(Repository.Screenshots, "terminal-en-390.png"), FullPage = true });
        var other = await page.Context.NewPageAsync();
        await other.GotoAsync("/work");
        await other.EvaluateAsync("() => fetch('/api/v1/session', { method: 'DELETE' })");
        await Assertions.Expect(page.Locator("[data-terminal-status]")).ToContainTextAsync("signed out");

        var plain = await browser.Window(script: false);
        await plain.SignInAsync("terminal.second", Password);
        await plain.GotoAsync($"/work/cloud/resources/{id}/terminal");
        (await plain.Locator("[data-terminal]").IsVisibleAsync()).ShouldBeFalse();
        await plain.GetByRole(AriaRole.Link, new() { Name = "Run a command" }).ClickAsync();
        plain.Url.ShouldEndWith($"/work/cloud/resources/{id}#run-form");
    }

    private static Task ShownAsync(IPage page, string words) => page.UntilAsync("words => document.querySelector('.xterm-rows')?.textContent.replaceAll('\\u00a0', ' ').includes(words) ?? false", words);

    private static async Task<int> WaitForNoneAsync(PretendEngine engine)
    {
        for (var n = 0; n < 100 && engine.OpenTerminals > 0; n++) { await Task.Delay(50); }
        return engine.OpenTerminals;
    }

    /// <summary>A department with an officer of this name and a running instance.</summary>
    private async Task<(Guid Resource, PretendEngine Engine)> DeliveredAsync(string name)
    {
        var (now, address) = (TimeProvider.System.GetUtcNow(), $"pretend:{name}");
        Guid owner;
        await using (var scope = browser.App.Services.CreateAsyncScope())
        {
            var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
            var code = RegionCode.Parse("610000");
            if (!await db.Regions.AnyAsync(r => r.Code == code)) { db.Regions.Add(new Region { Code = code, Name = "Shaanxi", Level = code.Level }); }
            var organisation = new Organisation { Id = Guid.CreateVersion7(now), CreditCode = CreditCode.FromBody($"1161000009{await db.Organisations.CountAsync():D7}"), Name = $"Department of {name}", ShortName = name, Region = code, Kind = OrganisationKind.Department };
            db.Organisations.Add(organisation);
            await db.SaveChangesAsync();
            (await Accounts.CreateAsync(db, scope.ServiceProvider.GetRequiredService<UserManager<Officer>>(), Actor.Platform, name, name, organisation.Id, Password, [Role.DepartmentOfficer], now)).Result.Succeeded.ShouldBeTrue();
            owner = organisation.Id;
        }

        return (await RunningInstance.DeliverAsync(browser.App, owner, "pretend", address), PretendDriver.Of(browser.App).At(address));
    }
}
