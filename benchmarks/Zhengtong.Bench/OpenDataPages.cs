using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Zhengtong.Bench;

/// <summary>The public pages as a visitor's browser gets them: weight, time to the first byte, and what Lighthouse says.</summary>
internal static partial class OpenDataPages
{
    /// <summary>The last one that runs on Node 20.</summary>
    private const string Lighthouse = "12.8.2";

    /// <summary>How long nothing more was published when all is, and how long that may take.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(15), Patience = TimeSpan.FromMinutes(15);

    /// <summary>This part of the bench by itself.</summary>
    internal static Benchmark Part { get; } = new("j-pages", "portal-pages", "Pages of the portal, as browsers get them", _ => RunAsync());

    /// <summary>Weight, first bytes and Lighthouse over the demonstration province.</summary>
    private static async Task<string> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-bench-").FullName;
        try
        {
            await using var demo = await ServedPlatform.StartAsync([Settings.Program, "demo", "--data", folder, "--urls", "http://127.0.0.1:0"], ("OpenData__Limits__VisitorPerMinute", "0"));
            var (dataset, resource) = await FindAsync(demo.Address);
            var pages = PagesOf(demo.Address, dataset, resource);
            return await FirstBytesAsync(demo.Address, "pages of the demonstration province", dataset, resource) + await WeighAsync(pages) + await JudgeAsync(pages);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Time to the first byte of each page, one visitor at a time on a kept connection.</summary>
    internal static async Task<string> FirstBytesAsync(Uri address, string of, string dataset, Guid resource)
    {
        var text = new StringBuilder($"\n### First byte of {of}\n\n| page | first of all (ms) | 50 % within (ms) | 95 % within (ms) |\n|---|---|---|---|\n");
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AutomaticDecompression = DecompressionMethods.None }) { Timeout = TimeSpan.FromMinutes(2) };
        client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("br, gzip");
        foreach (var (name, page) in PagesOf(address, dataset, resource))
        {
            List<double> times = [];
            var watch = Stopwatch.StartNew();
            while (times.Count < 5 || (times.Count < 100 && watch.Elapsed < TimeSpan.FromSeconds(10)))
            {
                var start = Stopwatch.GetTimestamp();
                using var answer = await client.GetAsync(page, HttpCompletionOption.ResponseHeadersRead);
                await using var body = await answer.Content.ReadAsStreamAsync();
                await body.ReadExactlyAsync(new byte[1]);
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                await body.CopyToAsync(Stream.Null);
                answer.EnsureSuccessStatusCode();
            }

            text.Append(CultureInfo.InvariantCulture, $"| {name} | {times[0]:0} | {Measure.Median(times):0.0} | {Measure.Percentile(times, 95):0.0} |\n");
            OpenDataBench.Say($"first byte, {of}, {name}: {times[0]:0} ms at first, p50 {Measure.Median(times):0.0} ms, p95 {Measure.Percentile(times, 95):0.0} ms");
        }

        return text.ToString();
    }

    private static (string Name, Uri Page)[] PagesOf(Uri address, string dataset, Guid resource) =>
    [
        ("home", address), ("datasets", new Uri(address, "/dataset")), ("dataset", new Uri(address, $"/dataset/{dataset}")),
        ("rows", new Uri(address, $"/dataset/{dataset}/resource/{resource}")), ("chart", new Uri(address, $"/dataset/{dataset}/resource/{resource}/chart")),
    ];

    /// <summary>The published table with the most rows, once the demonstration has published all of its own.</summary>
    private static async Task<(string Dataset, Guid Resource)> FindAsync(Uri address)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var (count, since, whole) = (0, Stopwatch.StartNew(), Stopwatch.StartNew());
        while (count == 0 || since.Elapsed < Settled)
        {
            if (whole.Elapsed > Patience) { throw new InvalidOperationException($"After {Patience} the demonstration has published {count} datasets"); }
            await Task.Delay(1000);
            using var counted = await AskAsync("package_search?rows=0");
            var now = counted.RootElement.GetProperty("result").GetProperty("count").GetInt32();
            if (now != count) { (count, since) = (now, Stopwatch.StartNew()); }
        }

        var (best, most) = (default((string, Guid)?), -1L);
        for (var start = 0; start < count; start += 100)
        {
            using var found = await AskAsync($"package_search?rows=100&start={start}");
            foreach (var package in found.RootElement.GetProperty("result").GetProperty("results").EnumerateArray())
            {
                foreach (var resource in package.GetProperty("resources").EnumerateArray().Where(r => r.GetProperty("datastore_active").GetBoolean()))
                {
                    using var table = await AskAsync($"datastore_search?limit=0&resource_id={resource.GetProperty("id").GetString()}");
                    if (table.RootElement.GetProperty("result").GetProperty("total").GetInt64() is var rows && rows > most) { (best, most) = ((package.GetProperty("name").GetString()!, resource.GetProperty("id").GetGuid()), rows); }
                }
            }
        }

        return best ?? throw new InvalidOperationException($"None of the {count} datasets of the demonstration has a table");

        async Task<JsonDocument> AskAsync(string action) => JsonDocument.Parse(await client.GetStringAsync(new Uri(address, $"/api/3/action/{action}")));
    }

    private static async Task<string> WeighAsync((string Name, Uri Page)[] pages)
    {
        var text = new StringBuilder("\n### Weight of the pages, packed as browsers get them\n\n| page | document (KB) | styles (KB) | scripts (KB) | pictures and fonts (KB) | together, first visit (KB) | files |\n|---|---|---|---|---|---|---|\n");
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AutomaticDecompression = DecompressionMethods.None });
        client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("br, gzip");
        foreach (var (name, page) in pages)
        {
            var (document, html) = await GetAsync(client, page);
            var (styles, scripts, other, files) = (0L, 0L, 0L, 1);
            var parts = Sources().Matches(html).Select(m => (Tag: m.Groups[1].Value, Address: WebUtility.HtmlDecode(m.Groups[2].Value), Whole: m.Value)).ToList();
            foreach (var (tag, address, whole) in parts.Where(p => !p.Address.StartsWith("data:", StringComparison.Ordinal)).DistinctBy(p => p.Address))
            {
                // Of links only what a browser loads by itself.
                if (tag == "link" && !whole.Contains("stylesheet", StringComparison.Ordinal) && !whole.Contains("icon", StringComparison.Ordinal) && !whole.Contains("preload", StringComparison.Ordinal)) { continue; }
                var (bytes, _) = await GetAsync(client, new Uri(new Uri(page, "/"), address));   // As their base element says.
                files++;
                if (tag == "script") { scripts += bytes; }
                else if (tag == "link" && whole.Contains("stylesheet", StringComparison.Ordinal)) { styles += bytes; }
                else { other += bytes; }
            }

            text.Append(CultureInfo.InvariantCulture, $"| {name} | {document / 1024.0:0.0} | {styles / 1024.0:0.0} | {scripts / 1024.0:0.0} | {other / 1024.0:0.0} | {(document + styles + scripts + other) / 1024.0:0.0} | {files} |\n");
            OpenDataBench.Say($"weight, {name}: document {document}, styles {styles}, scripts {scripts}, other {other} bytes, {files} files");
        }

        return text.ToString();
    }

    private static async Task<(long Bytes, string Text)> GetAsync(HttpClient client, Uri address)
    {
        using var answer = await client.GetAsync(address);
        answer.EnsureSuccessStatusCode();
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        await using Stream plain = answer.Content.Headers.ContentEncoding.FirstOrDefault() switch
        {
            "br" => new BrotliStream(new MemoryStream(bytes), CompressionMode.Decompress),
            "gzip" => new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress),
            _ => new MemoryStream(bytes),
        };
        using var reader = new StreamReader(plain);
        return (bytes.Length, await reader.ReadToEndAsync());
    }

    private static async Task<string> JudgeAsync((string Name, Uri Page)[] pages)
    {
        var text = new StringBuilder($"\n### Lighthouse {Lighthouse}, its mobile defaults\n\n");
        var prefix = Path.Combine(Settings.Repository, "artifacts", "lighthouse");
        var program = Path.Combine(prefix, "node_modules", "lighthouse", "cli", "index.js");
        var chrome = Environment.GetEnvironmentVariable("CHROME_PATH") ?? "/usr/bin/chromium";
        try
        {
            Directory.CreateDirectory(prefix);
            if (!File.Exists(program)) { await Measure.RunAsync("npm", "install", "--prefix", prefix, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", $"lighthouse@{Lighthouse}"); }
            text.Append("| page | performance | accessibility | best practices | SEO | first contentful paint (ms) | largest contentful paint (ms) | blocked (ms) | layout shift | all bytes (KB) | audits below the mark |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
            foreach (var (name, page) in pages)
            {
                var file = Path.Combine(Path.GetTempPath(), $"zhengtong-lighthouse-{Environment.ProcessId}.json");
                try
                {
                    await Measure.RunAsync("env", $"CHROME_PATH={chrome}", "node", program, page.ToString(), "--output=json", $"--output-path={file}", "--quiet", "--chrome-flags=--headless=new --no-sandbox --disable-dev-shm-usage");
                    using var found = JsonDocument.Parse(await File.ReadAllTextAsync(file));
                    var (categories, audits) = (found.RootElement.GetProperty("categories"), found.RootElement.GetProperty("audits"));
                    double Score(string category) => categories.GetProperty(category).GetProperty("score") is { ValueKind: JsonValueKind.Number } score ? score.GetDouble() * 100 : 0;
                    double Number(string audit) => audits.TryGetProperty(audit, out var one) && one.TryGetProperty("numericValue", out var value) ? value.GetDouble() : 0;
                    var weak = audits.EnumerateObject().Where(a => a.Value.GetProperty("score") is { ValueKind: JsonValueKind.Number } score && score.GetDouble() < 0.9 && a.Value.GetProperty("scoreDisplayMode").GetString() is "binary" or "numeric" or "metricSavings").Select(a => a.Name).ToList();
                    text.Append(CultureInfo.InvariantCulture, $"| {name} | {Score("performance"):0} | {Score("accessibility"):0} | {Score("best-practices"):0} | {Score("seo"):0} | {Number("first-contentful-paint"):0} | {Number("largest-contentful-paint"):0} | {Number("total-blocking-time"):0} | {Number("cumulative-layout-shift"):0.000} | {Number("total-byte-weight") / 1024:0} | {string.Join(", ", weak)} |\n");
                    OpenDataBench.Say($"lighthouse, {name}: performance {Score("performance"):0}, accessibility {Score("accessibility"):0}, best practices {Score("best-practices"):0}, SEO {Score("seo"):0}; {string.Join(", ", weak)}");
                }
                finally
                {
                    File.Delete(file);
                }
            }
        }
        // Without a network or a browser there is nothing to say, and that is said.
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception or IOException or JsonException)
        {
            text.Append(CultureInfo.InvariantCulture, $"Not measured: Lighthouse could not be installed or run here ({e.Message.Split('\n')[0]}).\n");
        }

        return text.ToString();
    }

    [GeneratedRegex("<(script|link|img)\\b[^>]*?(?:src|href)=\"([^\"]+)\"[^>]*>")]
    private static partial Regex Sources();
}
