using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using Npgsql;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.Bench;

/// <summary>Open data beside a PostgreSQL that keeps the same rows as CKAN's datastore does: import, questions, dump, readers; then the catalogue, large files, and the public pages.</summary>
internal static class OpenDataBench
{
    private const int Rows = 13_000_000;
    private const int Datasets = 100_000;
    private const int FewestRounds = 3;
    private const int MostRounds = 25;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(30);

    internal static async Task<string> RunAsync(Settings settings)
    {
        var rows = settings.Rows ?? Rows;
        var report = new StringBuilder().Append(CultureInfo.InvariantCulture, $"Load of the machine when it began: {File.ReadAllText("/proc/loadavg").Split(' ')[0]}. Ratios say how many times PostgreSQL's figure ours is better.\n");
        var folder = Directory.CreateTempSubdirectory("zhengtong-bench-").FullName;
        try
        {
            var connection = await Postgres.CreateDatabaseAsync(settings.Server, "bench_datastore");
            var (data, tables) = (Path.Combine(folder, "data"), new List<(OpenDataRows Rows, DataTable Table, CkanDatastore Store)>());
            await using (var platform = await OpenPlatform.OpenAsync(data))
            {
                report.Append(await ImportAsync(platform, folder, connection, rows, tables));
                report.Append(await AskAsync(platform, tables));
            }

            report.Append(await ServeAsync(data, tables));
            report.Append(await CellsAsync(folder, rows));
            report.Append('\n').Append(Report.Section(Search, await CatalogueAsync(Path.Combine(folder, "catalogue"), Math.Min(Datasets, rows))));
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            NpgsqlConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }

        report.Append('\n').Append(Report.Section(OpenDataPages.Part, await OpenDataPages.Part.RunAsync(settings)));
        return report.ToString();
    }

    /// <summary>The part that asks the catalogue, by itself.</summary>
    internal static Benchmark Search { get; } = new("j-catalogue", "catalogue", "package_search over many datasets", async settings =>
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-bench-").FullName;
        try { return await CatalogueAsync(folder, settings.Rows ?? Datasets); }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    });

    /// <summary>Imports one file in a process of its own and prints seconds, rows and peak of memory.</summary>
    internal static async Task<int> ImportAloneAsync(string folder, string path)
    {
        await using var platform = await OpenPlatform.OpenAsync(folder);
        Measure.ForgetPeak();
        var rows = 0L;
        var seconds = await Measure.SecondsAsync(async () => rows = (await platform.ImportAsync(path)).Rows);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"IMPORTED {seconds} {rows} {Measure.PeakMegabytes()}"));
        return 0;
    }

    /// <summary>Publishes so many datasets in a data folder. By hand it fills one that two versions of the program are asked about with the verb <c>search</c>.</summary>
    internal static async Task<int> FillAsync(string folder, int datasets)
    {
        await using var platform = await OpenPlatform.OpenAsync(folder);
        await platform.FillCatalogueAsync(datasets);
        return 0;
    }

    private static async Task<string> ImportAsync(OpenPlatform platform, string folder, string connection, long rows, List<(OpenDataRows Rows, DataTable Table, CkanDatastore Store)> tables)
    {
        var text = new StringBuilder("\n### Import, until every question can be asked\n\n| rows | PostgreSQL, CKAN's layout (s) | ours (s) | rows/s | ratio | peak memory of the import (MB) |\n|---|---|---|---|---|---|\n");
        foreach (var make in (Func<string, long, Task<OpenDataRows>>[])[OpenDataRows.AirAsync, OpenDataRows.VillagesAsync])
        {
            var file = await make(folder, rows);
            Measure.ForgetPeak();
            DataTable table = null!;
            var ours = await Measure.SecondsAsync(async () => table = await platform.ImportAsync(file.Path));
            var peak = Measure.PeakMegabytes();
            if (table.Rows != file.Rows) { throw new InvalidOperationException($"{file.Name}: {table.Rows} of {file.Rows} rows were imported"); }
            Say($"import {file.Name}: ours {ours:0.0} s");
            var (store, theirs, _) = await CkanDatastore.ImportAsync(connection, file, table);
            Say($"import {file.Name}: PostgreSQL {theirs:0.0} s, ratio {theirs / ours:0.0}");
            text.Append(CultureInfo.InvariantCulture, $"| {file.Name}, {file.Rows:N0} of {table.Columns.Count} columns | {theirs:0.0} | {ours:0.0} | {file.Rows / ours:N0} | {theirs / ours:0.0} | {peak:N0} |\n");
            tables.Add((file, table, store));
            File.Delete(file.Path);
        }

        return text.Append(CultureInfo.InvariantCulture, $"\nOne run each. {string.Join("; ", tables.Select(t => $"{t.Rows.Name}: {t.Rows.Source}"))}. Ours finds the types out and profiles each column; PostgreSQL is told them.\n").ToString();
    }

    private static async Task<string> AskAsync(OpenPlatform platform, List<(OpenDataRows Rows, DataTable Table, CkanDatastore Store)> tables)
    {
        var text = new StringBuilder("\n### One question at a time\n\n| question | PostgreSQL, median (ms) | ours, median (ms) | ratio | rows, ours | rows, PostgreSQL | peak memory of the process that asks, ours; of PostgreSQL's (MB) |\n|---|---|---|---|---|---|---|\n");
        foreach (var (rows, table, store) in tables)
        {
            await using var peer = await Postgres.OpenAsync(store.Connection);
            var far = Math.Max(0, Math.Min(10_000_000, rows.Rows - 200));
            var turn = 0;
            string Of(IReadOnlyList<string> values) => values[turn % values.Count];
            Condition Narrowed() => new Condition.Compare(rows.FilterColumn, Comparison.Equal, Of(rows.FilterValues));
            var questions = new List<(string Title, Func<Task<string>> Ours, Func<Task<string>> Theirs)>
            {
                ("first page and total", () => platform.PageAsync(table, new TableQuery { Count = true }), () => PageAsync(peer, store.Page(), store.Total())),
                ("first page alone", () => platform.PageAsync(table, new TableQuery()), () => PageAsync(peer, store.Page(), null)),
                ($"narrowed by {rows.FilterColumn}, page and total", () => platform.PageAsync(table, new TableQuery { Where = Narrowed(), Count = true }), () => PageAsync(peer, store.Page(store.Filter), store.Total(store.Filter), Of(rows.FilterValues))),
                ($"page at row {far:N0} and total", () => platform.PageAsync(table, new TableQuery { Offset = far + turn, Count = true }), () => PageAsync(peer, store.Page(offset: $"{far + turn}"), store.Total())),
                ("groups", () => platform.SelectAsync(table, rows.Grouped), () => GroupsAsync(peer, rows.Grouped.Replace("{0}", store.Table, StringComparison.Ordinal))),
            };
            if (rows.TextColumn is not null)
            {
                questions.Add(("Chinese words inside cells, the same rows, page and total", () => platform.PageAsync(table, new TableQuery { Text = Of(rows.Part), Count = true }), () => PageAsync(peer, store.Page(store.Holds), store.Total(store.Holds), Of(rows.Part))));
                questions.Add(("Chinese words inside cells, as CKAN looks for them", () => platform.PageAsync(table, new TableQuery { Text = Of(rows.Part), Count = true }), () => PageAsync(peer, store.Page(store.IsFound, "\"rank\" DESC", store.Rank, CkanDatastore.FullText), store.Total(store.IsFound, CkanDatastore.FullText), Of(rows.Part))));
                questions.Add(("Chinese words that are whole cells, as CKAN looks for them", () => platform.PageAsync(table, new TableQuery { Text = Of(rows.Whole), Count = true }), () => PageAsync(peer, store.Page(store.IsFound, "\"rank\" DESC", store.Rank, CkanDatastore.FullText), store.Total(store.IsFound, CkanDatastore.FullText), Of(rows.Whole))));
            }

            foreach (var (title, ours, theirs) in questions)
            {
                turn = 0;
                Measure.ForgetPeak();
                Measure.ForgetPeak(peer.ProcessID);
                // The first time of both is warm-up and says whether both answer the same.
                var (one, two) = (await ours(), await theirs());
                List<double> mine = [], others = [];
                var watch = Stopwatch.StartNew();
                while (mine.Count < FewestRounds || (mine.Count < MostRounds && watch.Elapsed < (rows.Rows < 1_000_000 ? TimeSpan.FromSeconds(3) : MostTime)))
                {
                    turn++;
                    mine.Add(await Measure.SecondsAsync(ours));
                    others.Add(await Measure.SecondsAsync(theirs));
                }

                var (me, other) = (Measure.Median(mine) * 1000, Measure.Median(others) * 1000);
                Say($"{rows.Name}, {title}: ours {me:0.0} ms, PostgreSQL {other:0.0} ms, ratio {other / me:0.00} ({one} / {two})");
                text.Append(CultureInfo.InvariantCulture, $"| {rows.Name}, {title} | {other:0.0} | {me:0.0} | {other / me:0.00} | {one} | {two} | {Measure.PeakMegabytes():N0}; {Measure.PeakMegabytes(peer.ProcessID):N0} |\n");
            }
        }

        return text.Append(CultureInfo.InvariantCulture, $"\nPages of 100 rows written as JSON on both sides, {FewestRounds} to {MostRounds} rounds in turn behind one of warm-up, another value in each round. Ours in this process, PostgreSQL over its protocol on loopback; its peak counts the shared buffers it touched.\n").ToString();
    }

    private static async Task<string> ServeAsync(string data, List<(OpenDataRows Rows, DataTable Table, CkanDatastore Store)> tables)
    {
        var resources = new List<(string Dataset, Guid Resource)>();
        await using (var platform = await OpenPlatform.OpenAsync(data))
        {
            foreach (var (rows, table, _) in tables) { resources.Add(await platform.PublishAsync(rows.Name, table)); }
        }

        await using var served = await ServedPlatform.StartAsync([Settings.Program, "serve", "--data", data, "--urls", "http://127.0.0.1:0"], ("OpenData__Limits__VisitorPerMinute", "0"), ("Http__TimeoutSeconds", "600"));
        var text = new StringBuilder();
        text.Append("\n### Dump of all rows as CSV\n\n| table | PostgreSQL, one COPY (s) | PostgreSQL, CKAN's COPY for each 32,000 (s) | ours (s) | rows/s | ratio to one COPY | ratio to CKAN's | peak memory of the platform (MB) |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var ((rows, _, store), (_, resource)) in tables.Zip(resources))
        {
            List<double> ours = [], copies = [];
            Measure.ForgetPeak(served.ProcessId);
            for (var round = 0; round < (rows.Rows > 5_000_000 ? 1 : Measure.Rounds); round++)
            {
                copies.Add(await Measure.SecondsAsync(store.CopyAsync));
                // Rows end where their number says: a dump that broke off would be worth nothing.
                var lines = "";
                ours.Add(await Measure.SecondsAsync(async () => lines = await Measure.RunAsync("bash", "-o", "pipefail", "-c", $"curl -sf '{new Uri(served.Address, $"/datastore/dump/{resource}")}' | tail -c 2000 | tail -1")));
                if (!lines.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{rows.Rows},"), StringComparison.Ordinal)) { throw new InvalidOperationException($"The dump ends with {lines}"); }
            }

            var peak = served.PeakMegabytes;
            var paged = await Measure.SecondsAsync(store.CopyByPagesAsync);
            var (me, copy) = (Measure.Median(ours), Measure.Median(copies));
            Say($"dump {rows.Name}: ours {me:0.0} s, {rows.Rows / me:N0} rows/s, COPY {copy:0.0} s, by pages {paged:0.0} s");
            text.Append(CultureInfo.InvariantCulture, $"| {rows.Name}, {rows.Rows:N0} rows | {copy:0.0} | {paged:0.0} | {me:0.0} | {rows.Rows / me:N0} | {copy / me:0.00} | {paged / me:0.0} | {peak:N0} |\n");
        }

        text.Append("\nOurs over HTTP from the released program, PostgreSQL by psql; pages by offset are CKAN's own way, once.\n");
        text.Append(await OpenDataReaders.RunAsync(served, tables, resources));
        text.Append(await OpenDataPages.FirstBytesAsync(served.Address, $"pages of {tables[0].Rows.Rows:N0} rows", resources[0].Dataset, resources[0].Resource));
        return text.ToString();
    }

    private static async Task<string> CellsAsync(string folder, long rows)
    {
        var text = new StringBuilder("\n### Memory of an import\n\n| cells | rows of ten columns | import (s) | peak memory (MB) |\n|---|---|---|---|\n");
        foreach (var count in (long[])[Math.Min(1_000_000, rows), Math.Min(10_000_000, rows * 10)])
        {
            var (path, data) = (Path.Combine(folder, "cells.csv"), Path.Combine(folder, $"cells-{count}"));
            await OpenDataRows.CellsAsync(path, count);
            var said = (await Measure.RunAsync("dotnet", Settings.Own, "import", data, path)).Split('\n').First(l => l.StartsWith("IMPORTED ", StringComparison.Ordinal)).Split(' ');
            File.Delete(path);
            Directory.Delete(data, recursive: true);
            text.Append(CultureInfo.InvariantCulture, $"| {count * 10:N0} | {said[2]} | {double.Parse(said[1], CultureInfo.InvariantCulture):0.0} | {said[3]} |\n");
            Say($"{count * 10:N0} cells: {string.Join(' ', said)}");
        }

        return text.Append("\nEach in a process of its own, with everything the platform loads.\n").ToString();
    }

    /// <summary>Asks the catalogue each kind of question twice over: each time as nobody asked before - a licence of its own that none has is left out, which changes nothing but the question - and again
    /// and again the same forty, whose counts and order are kept. Both alone and 16 at once.</summary>
    internal static async Task<string> CatalogueAsync(string data, int datasets, bool filled = false)
    {
        if (!filled) { Say($"{datasets:N0} datasets published in {await Measure.SecondsAsync(() => FillAsync(data, datasets)):0} s"); }
        await using var served = await ServedPlatform.StartAsync([Settings.Program, "serve", "--data", data, "--urls", "http://127.0.0.1:0"], ("OpenData__Limits__VisitorPerMinute", "0"));
        string[] words = ["交通设施", "雁塔区", "教育统计", "卫生", "环境监测", "碑林区预算", "信用", "第9999号", "农业名录", "文化项目"];
        (string Title, Func<int, string> Query)[] searches =
        [
            ("newest first, all", n => $"rows=20&start={n * 20}"),
            ("words", n => $"rows=20&q={Uri.EscapeDataString(words[n % words.Length])}"),
            ("words, facets, one format", n => $"rows=20&q={Uri.EscapeDataString(words[n % words.Length])}&fq=res_format:CSV&facet.field=[\"organization\",\"tags\",\"groups\",\"res_format\"]"),
            ("all, facets", n => $"rows=20&start={n * 20}&facet.field=[\"organization\",\"tags\",\"groups\",\"res_format\"]"),
            ("1,000 rows", n => $"rows=1000&start={n * 1000}"),
        ];
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"Load of the machine when it began: {File.ReadAllText("/proc/loadavg").Split(' ')[0]}. {datasets:N0} datasets of three files in SQLite. ")
            .Append("New: as nobody asked before; again: as was asked within half a minute, when counts and the order of words are kept. Ratios say how many times sooner 95 % are answered again than new.\n\n")
            .Append("| search | new: 50 %, 95 % within (ms) | new, 16 at once: 95 % within (ms) | again: 50 %, 95 % within (ms) | again, 16 at once: 95 % within (ms) | ratio | ratio, 16 at once |\n|---|---|---|---|---|---|---|\n");
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = served.Address, Timeout = TimeSpan.FromMinutes(5) };
        async Task<double> AskAsync(string query) => await Measure.SecondsAsync(async () =>
        {
            using var answer = await client.GetAsync(new Uri($"/api/3/action/package_search?{query}", UriKind.Relative));
            var body = await answer.Content.ReadAsStringAsync();
            if (!answer.IsSuccessStatusCode) { throw new InvalidOperationException($"{query}: {body}"); }
        }) * 1000;
        var (time, asked) = (TimeSpan.FromSeconds(datasets < Datasets ? 2 : 10), 0);
        foreach (var (title, query) in searches)
        {
            var measured = new List<(List<double> Alone, List<double> Together)>();
            foreach (var question in (Func<int, string>[])[n => $"{query(n % 40)}&fq=-license_id:none-{Interlocked.Increment(ref asked)}", n => query(n % 40)])
            {
                for (var n = 0; n < 3; n++) { await AskAsync(question(n)); }
                List<double> alone = [];
                var watch = Stopwatch.StartNew();
                for (var n = 3; n < 203 && watch.Elapsed < time; n++) { alone.Add(await AskAsync(question(n))); }
                var next = 0;
                watch.Restart();
                var together = (await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
                {
                    List<double> own = [];
                    while (watch.Elapsed < time) { own.Add(await AskAsync(question(Interlocked.Increment(ref next)))); }
                    return own;
                }))).SelectMany(t => t).ToList();
                measured.Add((alone, together));
                Say($"package_search, {title}, {(measured.Count == 1 ? "new" : "again")}: p50 {Measure.Median(alone):0.0} ms, p95 {Measure.Percentile(alone, 95):0.0} ms, 16 at once p95 {Measure.Percentile(together, 95):0.0} ms");
            }

            var (fresh, again) = (measured[0], measured[1]);
            text.Append(CultureInfo.InvariantCulture, $"| {title} | {Measure.Median(fresh.Alone):0.0}, {Measure.Percentile(fresh.Alone, 95):0.0} | {Measure.Percentile(fresh.Together, 95):0.0} | {Measure.Median(again.Alone):0.0}, {Measure.Percentile(again.Alone, 95):0.0} | {Measure.Percentile(again.Together, 95):0.0} ")
                .Append(CultureInfo.InvariantCulture, $"| {Measure.Percentile(fresh.Alone, 95) / Measure.Percentile(again.Alone, 95):0.0} | {Measure.Percentile(fresh.Together, 95) / Measure.Percentile(again.Together, 95):0.0} |\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"\nPeak memory of the platform: {served.PeakMegabytes:N0} MB.\n").ToString();
    }

    private static async Task<string> PageAsync(NpgsqlConnection open, string page, string? total, params object[] values)
    {
        var count = total is null ? null : await TextAsync(open, total, values);
        var rows = await TextAsync(open, page, values);
        // Each row begins with its number.
        var found = rows is null ? 0 : rows.AsSpan().Count("{\"_id\":");
        return string.Create(CultureInfo.InvariantCulture, $"{found:N0} of {(count is null ? found : long.Parse(count, CultureInfo.InvariantCulture)):N0}");
    }

    private static async Task<string?> TextAsync(NpgsqlConnection open, string sql, object[] values)
    {
        await using var command = new NpgsqlCommand(sql, open);
        foreach (var value in values) { command.Parameters.Add(new NpgsqlParameter { Value = value }); }
        return await command.ExecuteScalarAsync() as string;
    }

    private static async Task<string> GroupsAsync(NpgsqlConnection open, string sql)
    {
        var rows = await TextAsync(open, $"SELECT array_to_json(array_agg(j))::text FROM ({sql}) AS j", []);
        var found = rows is null ? 0 : System.Text.Json.JsonDocument.Parse(rows).RootElement.GetArrayLength();
        return string.Create(CultureInfo.InvariantCulture, $"{found:N0} of {found:N0}");
    }

    internal static void Say(FormattableString what) => Console.WriteLine(what.ToString(CultureInfo.InvariantCulture));
}
