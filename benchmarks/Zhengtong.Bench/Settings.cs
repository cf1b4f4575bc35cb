namespace Zhengtong.Bench;

/// <summary>One benchmark.</summary>
/// <param name="Letter">As asked for on the command line.</param>
/// <param name="Title">What is measured.</param>
/// <param name="RunAsync">Measures and returns Markdown: only facts of this run, ratios first.</param>
internal sealed record Benchmark(string Letter, string Title, Func<Settings, Task<string>> RunAsync);

/// <summary>What the command line asks for.</summary>
/// <param name="Chosen">The benchmarks to run, in order.</param>
/// <param name="Rows">Rows of the table exchange. Default 2,000,000.</param>
/// <param name="Postgres">Connection string of a private PostgreSQL server, or null where none was started.</param>
/// <param name="Report">The Markdown file whose sections are replaced; null prints only.</param>
internal sealed record Settings(IReadOnlyList<Benchmark> Chosen, int Rows, string? Postgres, string? Report)
{
    /// <summary>Every benchmark, a line each.</summary>
    private static readonly Benchmark[] All =
    [
        new("a", "Table exchange between two PostgreSQL databases", ExchangeAsync),
        new("b", "Ledger: appends and proofs", LedgerAsync),
        new("c", "Start to first page, and idle memory", StartBench.RunAsync),
        new("d", "Home and catalogue pages a second", PageBench.RunAsync),
    ];

    internal static string Repository { get; } = FindRepository();

    internal static string Program => Path.Combine(Repository, "src", "Zhengtong", "bin", "Release", "net10.0", "zhengtong.dll");

    internal static Settings Parse(string[] args)
    {
        string? Value(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
        var letters = args.TakeWhile(a => !a.StartsWith("--", StringComparison.Ordinal)).ToList();
        var chosen = letters.Count == 0 || letters.Contains("all") ? All : [.. All.Where(b => letters.Contains(b.Letter))];
        return new Settings(chosen, int.Parse(Value("--rows") ?? "2000000", System.Globalization.CultureInfo.InvariantCulture), Value("--postgres"), Value("--report"));
    }

    private static async Task<string> ExchangeAsync(Settings settings)
    {
        if (settings.Postgres is not { } server) { throw new InvalidOperationException("The table exchange needs --postgres; ./bench starts one"); }
        var found = await ExchangeBench.RunAsync(server, settings.Rows, Console.Out);
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"""
            | rows of ten columns | psql COPY to psql COPY (s) | exchanged, encrypted, signed, receipted (s) | ratio | peak memory (MB) |
            |---|---|---|---|---|
            | {found.Rows:N0} | {found.CopySeconds:0.00} | {found.ExchangeSeconds:0.00} | {found.Ratio:0.00} | {found.PeakMegabytes} |
            """);
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
