using System.Text.RegularExpressions;

namespace Zhengtong.EndToEnd;

/// <summary>Walks whatever can be reached by links, as a visitor and as each role: every kind of page once a role.</summary>
public sealed partial class EveryPageTests(DemoPlatform platform)
{
    private const int MostPages = 60;

    public static TheoryData<string, string?, string, int> Readers => new()
    {
        { "visitor", null, "zh-CN", 1440 }, { "visitor", null, "en", 390 },
        { "officer", "aic-officer", "zh-CN", 1440 }, { "officer", "fda-officer", "en", 390 },
        { "leader", "fda-leader", "zh-CN", 1440 },
        { "authority", "authority", "zh-CN", 1440 }, { "authority", "authority", "en", 390 },
        { "operator", "platform-operator", "zh-CN", 1440 },
        { "approver", "project-approver", "zh-CN", 390 },
        { "auditor", "auditor", "zh-CN", 1440 }, { "auditor", "auditor", "en", 390 },
        { "system-administrator", "system-administrator", "zh-CN", 1440 },
        { "security-administrator", "security-administrator", "zh-CN", 390 },
        { "audit-administrator", "audit-administrator", "en", 1440 },
    };

    [Theory]
    [MemberData(nameof(Readers))]
    public async Task Walk_AllPagesByLinks_AreAccessibleMarkedAsSyntheticAndWithoutErrors(string reader, string? account, string language, int width)
    {
        var page = await platform.OpenAsync(account, language, width);
        await using var context = page.Context;
        List<string> faults = [];
        // Where an address shows a program's file, the browser looks for the site's icon on its own; pages name theirs.
        page.Console += (_, message) => { if (message.Type == "error" && !message.Location.Contains("/favicon.ico", StringComparison.Ordinal)) { faults.Add($"{page.Url}: console: {message.Text}"); } };
        var queue = new Queue<string>(account is null ? ["/", "/account/sign-in"] : ["/work"]);
        // Pages that everybody sees are walked by visitors and one who is signed in; the others walk what is theirs.
        var everywhere = account is null or "aic-officer";
        HashSet<string> seen = [.. queue.Select(Kind)];
        var walked = 0;
        while (queue.TryDequeue(out var path) && walked < MostPages)
        {
            IResponse? response;
            try { response = await page.GotoAsync(path); }
            catch (PlaywrightException download) when (download.Message.Contains("Download is starting", StringComparison.Ordinal)) { continue; }

            if (response!.Headers.GetValueOrDefault("content-type")?.StartsWith("text/html", StringComparison.Ordinal) != true) { continue; }
            walked++;
            if (response.Status >= 400) { faults.Add($"{path}: status {response.Status}"); continue; }
            faults.AddRange(await Accessibility.FindingsAsync(page));
            if (await page.Locator(".demo-mark").CountAsync() == 0) { faults.Add($"{path}: not marked as demonstration data"); }
            if ((await page.TitleAsync()).Length == 0) { faults.Add($"{path}: no title"); }
            if (await page.Locator("html").GetAttributeAsync("lang") is var lang && lang != language) { faults.Add($"{path}: lang is {lang}, asked for {language}"); }
            var wide = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            if (wide > 0) { faults.Add($"{path}: {wide} pixels wider than the window"); }
            await page.ShootAsync($"{reader}-{Name(path)}-{language}");
            foreach (var href in await page.Locator("a[href]").EvaluateAllAsync<string[]>("links => links.filter(l => l.origin === location.origin && !l.hasAttribute('download')).map(l => l.pathname + l.search)"))
            {
                if (!Leaves().IsMatch(href) && (everywhere || Own().IsMatch(href)) && seen.Add(Kind(href))) { queue.Enqueue(href); }
            }
        }

        faults.ShouldBeEmpty($"{walked} pages\n{string.Join('\n', faults)}");
        walked.ShouldBeGreaterThan(1);
    }

    /// <summary>Pages of one kind differ only in ids, numbers and queries.</summary>
    private static string Kind(string path) => Varying().Replace(path.Split('?')[0].TrimEnd('/'), "*");

    private static string Name(string path) => Kind(path) is { Length: > 0 } kind ? NotInNames().Replace(kind, "-").Trim('-') : "home";

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|(?<=/work/cloud/services/)[^/]+|(?<=/)[0-9][0-9-]*(?=/|$)")]
    private static partial Regex Varying();

    [GeneratedRegex("^/(work|admin|account)(/|$|\\?)")]
    private static partial Regex Own();

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotInNames();

    /// <summary>Changing the language or leaving ends the walk; programs' addresses are no pages.</summary>
    [GeneratedRegex("^/(language|account/sign-out|api/|openapi|docs/api|connect|health|metrics|ledger/|feeds/)")]
    private static partial Regex Leaves();
}
