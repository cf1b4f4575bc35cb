using System.Text.RegularExpressions;

namespace Zhengtong.EndToEnd;

/// <summary>A developer takes a key, tries the interfaces, looks at what was used, applies for a dataset that is open on application and names an app: at a desk and on a phone, with script and without.</summary>
public sealed partial class DeveloperTests(Browser browser) : IClassFixture<Browser>
{
    [Theory]
    [InlineData("zh-CN", 1440, true)]
    [InlineData("en", 390, true)]
    [InlineData("en", 1440, false)]
    public async Task Developer_TakesAKey_TriesCallsAndAsksForMore(string language, int width, bool script)
    {
        var (name, marks) = ($"trees-{language.ToLowerInvariant()}-{width}-{(script ? "s" : "p")}", script ? "script" : "plain");
        var (_, version) = await OpenedData.PublishParksAsync(browser.App, name, $"古树名木（{language} {width}）", 60);
        await OpenedData.PublishParksAsync(browser.App, name + "-closed", "有条件开放的名录", 3, d => d with { OpenAttribute = Zhengtong.OpenData.Model.OpenAttribute.Conditional, OpenCondition = "仅限科研使用，须承诺不再转让。" });
        var page = await browser.Window(script, language, width);
        page.SetDefaultTimeout(15_000);
        var findings = new List<string>();

        await page.GotoAsync("/open/developers");
        await page.Locator("[name='name']").FillAsync("Trees on a map");
        await page.Locator("[name='mail']").FillAsync("developer@example.org");
        await page.Locator($"{Form("take-key")} button.btn-primary").ClickAsync();
        await page.Locator(".note .copy-code code").First.WaitForAsync();
        var token = await page.Locator(".note .copy-code code").First.InnerTextAsync();
        await LookAsync("key");

        await page.GotoAsync($"/dataset/{name}/resource/{version.Resources[0].Id}");
        await page.Locator(".page-head a[href$='/api']").ClickAsync();
        await page.Locator("section.try").First.WaitForAsync();
        await LookAsync("try");
        foreach (var (call, wanted) in new[] { ("search", "\"success\": ?true"), ("sql", "\"n\": ?\"?[0-9]+"), ("odata", "@odata.count"), ("ogc", "FeatureCollection"), ("dcat", "dcat:Dataset|ns/dcat#Dataset") })
        {
            var form = page.Locator($"form[aria-labelledby='try-{call}']");
            if (script)
            {
                await page.Locator("#try-key").FillAsync(token);
                await form.Locator("button").ClickAsync();
                var answer = page.Locator($"section:has(> #try-{call}) [data-try-answer]");
                await Assertions.Expect(answer.Locator("[role=status]")).ToContainTextAsync("200");
                await Assertions.Expect(answer.Locator("code")).ToContainTextAsync(new Regex(wanted));
            }
            else
            {
                var got = await page.RunAndWaitForResponseAsync(() => form.Locator("button").ClickAsync(), r => r.Request.IsNavigationRequest);
                got.Status.ShouldBe(200, got.Url);
                (await got.TextAsync()).ShouldMatch(wanted);
                await page.GoBackAsync();
            }
        }

        await LookAsync("tried");
        if (script)
        {
            // What a call gets wrong is answered in the interface's own words, under the form.
            await page.Locator("#sql-sql").FillAsync("DROP TABLE x");
            await page.Locator("form[aria-labelledby='try-sql'] button").ClickAsync();
            await Assertions.Expect(page.Locator("section:has(> #try-sql) [role=status]")).ToContainTextAsync("409");
        }

        for (var round = 0; ; round++)
        {
            await page.GotoAsync("/open/developers");
            await page.Locator("[name='token']").FillAsync(token);
            await page.Locator($"{Form("have-key")} button[value='usage']").ClickAsync();
            await page.Locator("#usage").WaitForAsync();
            // Calls are counted by the batch; without script no key was sent.
            if (!script || await page.Locator("figure.usage rect").CountAsync() > 0) { break; }
            round.ShouldBeLessThan(60, "No usage is shown");
            await Task.Delay(500);
        }

        await LookAsync("usage");
        await page.GotoAsync($"/dataset/{name}-closed");
        await page.Locator("a[href^='/open/access']").ClickAsync();
        foreach (var (field, text) in new[] { ("token", token), ("applicant", "某大学林学院"), ("contact", "010-00000000"), ("purpose", "研究城市古树名木的分布与保护状况"), ("safety", "内网存放，用后删除") })
        {
            await page.Locator($"{Form("apply")} [name='{field}']").FillAsync(text);
        }

        await page.Locator($"{Form("apply")} [name='until']").FillAsync(DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().DateTime).AddMonths(3).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
        await page.Locator("#f-promise").CheckAsync();
        await LookAsync("apply");
        await page.Locator($"{Form("apply")} button").ClickAsync();
        await page.Locator(".note.good").First.WaitForAsync();
        await LookAsync("applied");

        await page.GotoAsync("/open/apps");
        foreach (var (field, text) in new[] { ("token", token), ("name", "古树地图"), ("link", "https://example.org/trees"), ("maker", "某大学林学院"), ("summary", "在地图上按区县查看古树名木。"), ("uses", $"{name} 区县,面积") })
        {
            await page.Locator($"{Form("submit-app")} [name='{field}']").FillAsync(text);
        }

        await LookAsync("app");
        await page.Locator($"{Form("submit-app")} button").ClickAsync();
        await page.WaitForURLAsync(Submitted());
        findings.ShouldBeEmpty();

        async Task LookAsync(string what)
        {
            await page.ShootAsync($"developer-{what}-{language}-{marks}");
            (await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBe(0, $"{what} scrolls sideways at {width}");
            if (script) { findings.AddRange(await Accessibility.FindingsAsync(page)); }
        }
    }

    private static string Form(string name) => $"form:has(input[name='_handler'][value='{name}'])";

    [GeneratedRegex("said=submitted", RegexOptions.IgnoreCase)]
    private static partial Regex Submitted();
}
