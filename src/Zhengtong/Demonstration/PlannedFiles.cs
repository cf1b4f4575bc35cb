using System.Globalization;
using System.Text;
using Zhengtong.OpenData.Import;

namespace Zhengtong.Demonstration;

/// <summary>The files of a planned dataset, byte by byte the same on every machine.</summary>
internal static class PlannedFiles
{
    /// <summary>The rows as CSV (RFC 4180) in UTF-8: names of the columns first, then exactly the table's rows, empty where there is no value.</summary>
    internal static byte[] Csv(IReadOnlyList<NewColumn> columns, IEnumerable<object?[]> rows)
    {
        var csv = new StringBuilder().AppendJoin(',', columns.Select(c => c.Name)).Append("\r\n");
        foreach (var row in rows) { csv.AppendJoin(',', row.Select(Cell)).Append("\r\n"); }
        return Encoding.UTF8.GetBytes(csv.ToString());
    }

    /// <summary>What the dataset is and what its columns mean, as Markdown.</summary>
    internal static byte[] Document(PlannedDataset planned, IReadOnlyList<NewColumn> columns)
    {
        var text = new StringBuilder($"# {planned.Title}\n\n{planned.Description().Notes}\n\n| 列名 | 名称 | 类型 | 单位 | 说明 |\n|---|---|---|---|---|\n");
        foreach (var column in columns) { text.Append(CultureInfo.InvariantCulture, $"| {column.Name} | {column.Title} | {column.Type} | {column.Unit} | {column.Description} |\n"); }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>A cell in its type's invariant form.</summary>
    internal static string Cell(object? cell) => cell switch
    {
        null => "",
        bool yes => yes ? "true" : "false",
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly time => time.ToString("HH:mm:ss", CultureInfo.InvariantCulture),
        DateTime moment => moment.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture),
        string text => text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text,
        _ => Convert.ToString(cell, CultureInfo.InvariantCulture)!,
    };
}
