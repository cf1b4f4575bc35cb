using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.EndToEnd;

/// <summary>Signing in as a person does: by password and one-time code without script, and by a passkey.</summary>
public sealed class AccountTests(Browser browser) : IClassFixture<Browser>
{
    private const string Password = "Kaifeng-lamp-7702-river";

    [Fact]
    public async Task SignIn_WithoutScript_TakesPasswordAndOneTimeCode()
    {
        var officer = await Officer("no.script", Role.DepartmentOfficer);
        var page = await browser.Window(script: false);
        await SignIn(page, officer, "Wrong-password-1");
        (await page.GetByRole(AriaRole.Alert).First.InnerTextAsync()).ShouldContain("Wrong user name or password");
        await SignIn(page, officer, Password);

        await page.GotoAsync("/account/security");
        await page.GetByRole(AriaRole.Button, new() { Name = "Set up" }).ClickAsync();
        (await page.Locator("svg.qr path").CountAsync()).ShouldBe(2);
        var key = FromBase32(await page.Locator(".copy-code code").First.InnerTextAsync());
        var step = OneTimeCode.StepOf(TimeProvider.System.GetUtcNow());
        await page.GetByLabel("One-time code", new() { Exact = true }).FillAsync(OneTimeCode.At(key, step));
        await page.GetByRole(AriaRole.Button, new() { Name = "Turn on" }).ClickAsync();
        var recovery = await page.Locator(".recovery-codes code").AllInnerTextsAsync();
        recovery.Count.ShouldBe(10);

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await SignIn(page, officer, Password);
        (await page.GetByRole(AriaRole.Alert).First.InnerTextAsync()).ShouldContain("Enter the code");
        await SignIn(page, officer, Password, recovery[0]);
        page.Url.ShouldEndWith("/work");
    }

    [Fact]
    public async Task Passkey_RegisteredWithAnAuthenticator_SignsInAndCanBeRemoved()
    {
        var officer = await Officer("pass.key", Role.DepartmentOfficer);
        var page = await browser.Window();
        await WithAuthenticator(page);
        await SignIn(page, officer, Password);
        await page.GotoAsync("/account/security");
        await page.Locator("#new-passkey").FillAsync("Blue key");
        await page.GetByRole(AriaRole.Button, new() { Name = "Register a passkey" }).ClickAsync();
        await Assertions.Expect(page.Locator("#passkey-0")).ToHaveValueAsync("Blue key");

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.GotoAsync("/account/sign-in");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();
        await page.WaitForURLAsync(new Regex("/work$"));
        (await Events(officer)).ShouldContain(e => e.Event == "kernel.signed-in" && e.Data.Contains("passkey"));

        await page.GotoAsync("/account/security");
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("Remove the passkey") }).ClickAsync();
        await Assertions.Expect(page.Locator("#passkey-0")).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.GotoAsync("/account/sign-in");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();
        await Assertions.Expect(page.Locator("#passkey-refused")).ToBeVisibleAsync();
        page.Url.ShouldContain("/account/sign-in");
    }

    private static async Task SignIn(IPage page, Officer officer, string password, string? code = null)
    {
        await page.GotoAsync("/account/sign-in");
        await page.GetByLabel("User name").FillAsync(officer.UserName!);
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(password);
        if (code is not null) { await page.Locator("#f-code").FillAsync(code); }
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
    }

    private static async Task WithAuthenticator(IPage page)
    {
        var tools = await page.Context.NewCDPSessionAsync(page);
        await tools.SendAsync("WebAuthn.enable");
        await tools.SendAsync("WebAuthn.addVirtualAuthenticator", new Dictionary<string, object>
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2", ["transport"] = "internal", ["hasResidentKey"] = true, ["hasUserVerification"] = true, ["isUserVerified"] = true, ["automaticPresenceSimulation"] = true,
            },
        });
    }

    private async Task<Officer> Officer(string name, Role role)
    {
        await using var scope = browser.App.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var now = TimeProvider.System.GetUtcNow();
        var code = RegionCode.Parse("610000");
        if (!await db.Regions.AnyAsync(r => r.Code == code)) { db.Regions.Add(new Region { Code = code, Name = "Shaanxi", Level = code.Level }); }
        var credit = CreditCode.FromBody($"1161000000{name.Length:D7}");
        var organisation = await db.Organisations.SingleOrDefaultAsync(o => o.CreditCode == credit);
        if (organisation is null)
        {
            db.Organisations.Add(organisation = new Organisation { Id = Guid.CreateVersion7(now), CreditCode = credit, Name = $"Department of {name}", ShortName = name, Region = code, Kind = OrganisationKind.Department });
            await db.SaveChangesAsync();
        }

        var (officer, result) = await Accounts.CreateAsync(db, scope.ServiceProvider.GetRequiredService<UserManager<Officer>>(), Actor.Platform, name, name, organisation.Id, Password, [role], now);
        result.Succeeded.ShouldBeTrue();
        return officer;
    }

    private async Task<List<Zhengtong.Kernel.Ledger.LedgerEntry>> Events(Officer officer)
    {
        await using var scope = browser.App.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().Ledger.Where(e => e.Subject == officer.Id.ToString()).ToListAsync();
    }

    private static byte[] FromBase32(string text)
    {
        var bits = string.Concat(text.Select(c => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c).ToString("b5", System.Globalization.CultureInfo.InvariantCulture)));
        return [.. bits.Chunk(8).Where(c => c.Length == 8).Select(c => Convert.ToByte(new string(c), 2))];
    }
}
