using System.Text.Json;

namespace Zhengtong.EndToEnd.Support;

/// <summary>axe-core on a page: the rules of WCAG 2.1 A and AA, and its best practices.</summary>
internal static class Accessibility
{
    private static readonly Lazy<string> Axe = new(() => File.ReadAllText(Repository.PathOf("node_modules", "axe-core", "axe.min.js")));

    /// <summary>What axe finds, one line a finding; empty is good.</summary>
    internal static async Task<IReadOnlyList<string>> FindingsAsync(IPage page)
    {
        // Evaluated, not inserted as an element: the page's content security policy forbids foreign scripts, and shall.
        await page.EvaluateAsync(Axe.Value);
        var result = await page.EvaluateAsync<JsonElement>("async () => (await axe.run(document, { resultTypes: ['violations'] })).violations.map(v => "
            + "({ id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + n.failureSummary.replace(/\\s+/g, ' ')) }))");
        return [.. result.EnumerateArray().Select(v =>
            $"{new Uri(page.Url).PathAndQuery}: {v.GetProperty("id").GetString()} ({v.GetProperty("impact").GetString()}) {v.GetProperty("help").GetString()}: "
            + string.Join(" | ", v.GetProperty("nodes").EnumerateArray().Select(n => n.GetString())))];
    }
}
