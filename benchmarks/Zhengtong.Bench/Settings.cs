using System.Globalization;

namespace Zhengtong.Bench;

/// <summary>One benchmark.</summary>
/// <param name="Letter">As asked for on the command line, and as its section is marked.</param>
/// <param name="Word">The same as a word.</param>
/// <param name="Title">What is measured.</param>
/// <param name="RunAsync">Measures and returns Markdown: only facts of this run, ratios first.</param>
internal sealed record Benchmark(string Letter, string Word, string Title, Func<Settings, Task<string>> RunAsync);

/// <summary>What the command line asks for.</summary>
/// <param name="Chosen">The benchmarks to run, in order.</param>
/// <param name="Rows">Rows or changes; null for what the benchmark is published with.</param>
/// <param name="Gigabytes">Size of the large file; null for 10.</param>
/// <param name="Postgres">Connection string of a private PostgreSQL server, or null where none was started.</param>
/// <param name="Second">Of another, or null.</param>
/// <param name="Lxd">Socket of a private LXD, or null where none was started.</param>
/// <param name="Report">The Markdown file whose sections are replaced; null prints only.</param>
internal sealed record Settings(IReadOnlyList<Benchmark> Chosen, int? Rows, int? Gigabytes, string? Postgres, string? Second, string? Lxd, string? Report)
{
    /// <summary>Every benchmark, a line each. Behind a letter and a dash stands a part of another, which runs by itself only when it is named.</summary>
    private static readonly Benchmark[] All =
    [
        new("a", "snapshot", "Table exchange between two PostgreSQL databases", ExchangeBench.RunAsync),
        new("b", "ledger", "Ledger: appends and proofs", LedgerAsync),
        new("c", "start", "Start to first page, and idle memory", StartBench.RunAsync),
        new("d", "pages", "Home and catalogue pages a second", PageBench.RunAsync),
        new("e", "changes", "Change stream between two PostgreSQL clusters", ChangesBench.RunAsync),
        new("f", "calls", "API calls through the gateway", CallsBench.RunAsync),
        new("g", "suites", "National suite beside the international one", ExchangeBench.SuitesAsync),
        new("h", "files", "A large file", FilesBench.RunAsync),
        new("i", "many", "Many deliveries at once", ManyBench.RunAsync),
        new("j", "open-data", "Open data beside CKAN's datastore", OpenDataBench.RunAsync),
        new("k", "cloud-placement", "Cloud: holds and placements a second, and how well hosts are filled", CloudBench.RunAsync),
        new("m", "metering", "Cloud: a minute of samples, and lists at 100,000 resources", MeteringBench.RunAsync),
        new("n", "delivery", "Cloud: granted to running, beside lxc launch", DeliveryBench.RunAsync),
        OpenDataBench.Search,
        OpenDataPages.Part,
    ];

    internal static string Repository { get; } = FindRepository();

    internal static string Program { get; } = Environment.GetEnvironmentVariable("ZHENGTONG_PROGRAM") ?? Path.Combine(Repository, "src", "Zhengtong", "bin", "Release", "net10.0", "zhengtong.dll");

    /// <summary>This program, whose other verbs are what is measured against.</summary>
    internal static string Own => typeof(Settings).Assembly.Location;

    /// <exception cref="InvalidOperationException">None was given.</exception>
    internal string Server => Postgres ?? throw new InvalidOperationException("This needs --postgres; ./bench starts one");

    /// <inheritdoc cref="Server"/>
    internal string SecondServer => Second ?? throw new InvalidOperationException("This needs --second; ./bench starts one");

    internal static Settings Parse(string[] args)
    {
        string? Value(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
        int? Number(string name) => Value(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
        var names = args.TakeWhile(a => !a.StartsWith("--", StringComparison.Ordinal)).ToList();
        if (names.Find(n => n != "all" && !Array.Exists(All, b => b.Letter == n || b.Word == n)) is { } unknown) { throw new ArgumentException($"There is no benchmark {unknown}: {string.Join(", ", All.Select(b => $"{b.Letter} {b.Word}"))}"); }
        var chosen = All.Where(b => names.Count == 0 || names.Contains("all") ? b.Letter.Length == 1 : names.Contains(b.Letter) || names.Contains(b.Word)).ToList();
        return new Settings(chosen, Number("--rows"), Number("--gigabytes"), Value("--postgres"), Value("--second"), Value("--lxd"), Value("--report"));
    }

    private static async Task<string> LedgerAsync(Settings settings)
    {
        await using var table = new StringWriter();
        await LedgerBench.RunAsync(settings.Postgres, [10_000, 100_000, 1_000_000], table, CancellationToken.None);
        return table.ToString();
    }

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Zhengtong.slnx"))) { folder = folder.Parent ?? throw new DirectoryNotFoundException("Zhengtong.slnx"); }
        return folder.FullName;
    }
}
