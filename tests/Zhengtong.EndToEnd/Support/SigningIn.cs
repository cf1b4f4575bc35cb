namespace Zhengtong.EndToEnd.Support;

/// <summary>Signing in as a person does.</summary>
internal static class SigningIn
{
    /// <summary>Signs in by the page; done when another page is on its way, which may take the place of this one without a load of its own.</summary>
    internal static async Task SignInAsync(this IPage page, string account, string password)
    {
        await page.GotoAsync("/account/sign-in");
        await page.Locator("main input[name$='userName' i]").FillAsync(account);
        await page.Locator("main input[type='password']").FillAsync(password);
        await page.Locator("main button[type='submit']").First.ClickAsync();
        await page.WaitForURLAsync(url => !url.Contains("/sign-in", StringComparison.Ordinal), new() { WaitUntil = WaitUntilState.Commit });
    }
}
