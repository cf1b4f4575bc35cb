using System.Text;
using System.Text.RegularExpressions;

namespace Zhengtong.OpenData.Import;

/// <summary>Makes names of columns of what a file's header says, and keeps what was changed.</summary>
internal static partial class HeaderNames
{
    private const int Longest = 300;

    /// <summary>Names for all headers in order, unique without regard to case.</summary>
    internal static IReadOnlyList<(string Source, string Name, IReadOnlyList<string> Changes)> Of(IReadOnlyList<string> headers)
    {
        var used = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var names = new List<(string, string, IReadOnlyList<string>)>(headers.Count);
        foreach (var (n, header) in headers.Index())
        {
            var changes = new List<string>();
            var name = Clean(header, changes);
            if (name.StartsWith('_'))
            {
                changes.Add("underscore");
                name = name.TrimStart('_').Trim();
            }

            if (name.Length == 0)
            {
                if (!changes.Contains("underscore")) { changes.Add("empty"); }
                name = $"列{n + 1}";
            }

            if (name.Length > Longest)
            {
                changes.Add("shortened");
                name = Cut(name, Longest);
            }

            if (!used.Add(name))
            {
                changes.Add("duplicate");
                var serial = 2;
                while (!used.Add($"{Cut(name, Longest - 8)}_{serial}")) { serial++; }
                name = $"{Cut(name, Longest - 8)}_{serial}";
            }

            names.Add((Cut(header, Longest), name, changes));
        }

        return names;
    }

    /// <summary>The unit of measure at a header's end, in brackets: 万元 of 产值（万元）; null when there is none.</summary>
    internal static string? UnitOf(string name) => UnitInBrackets().Match(name) is { Success: true } match ? match.Groups[1].Value : null;

    private static string Clean(string header, List<string> changes)
    {
        var text = header.TrimStart('\uFEFF').Trim();
        if (!text.Any(char.IsControl)) { return text; }
        var clean = new StringBuilder(text.Length);
        foreach (var (n, c) in text.Index())
        {
            if (!char.IsControl(c))
            {
                clean.Append(c);
                continue;
            }

            var change = c is '\r' or '\n' ? "line-break" : "control";
            if (!changes.Contains(change)) { changes.Add(change); }
            // Latin words stay apart, Chinese ones were one.
            if (c is '\r' or '\n' or '\t' && clean.Length > 0 && clean[^1] is > ' ' and < '\u2E80' && n + 1 < text.Length && text[n + 1] < '\u2E80') { clean.Append(' '); }
        }

        return clean.ToString().Trim();
    }

    internal static string Cut(string text, int length) => text.Length <= length ? text : char.IsHighSurrogate(text[length - 1]) ? text[..(length - 1)] : text[..length];

    [GeneratedRegex(@"[(（](元|万元|亿元|千元|美元|万美元|人|万人|户|万户|个|家|件|次|起|辆|艘|架|台|套|张|所|座|处|条|项|名|%|‰|℃|°C|公里|千米|km|米|m|厘米|cm|毫米|mm|平方米|㎡|m²|平方公里|平方千米|km²|亩|万亩|公顷|千公顷|hm²|吨|万吨|千克|公斤|kg|克|g|升|L|立方米|m³|万立方米|亿立方米|mg/L|mg/m³|µg/m³|μg/m³|ug/m3|千瓦|kW|千瓦时|kWh|万千瓦时|亿千瓦时|度|秒|分钟|小时|天|月|年|岁|dB|分)[)）]$")]
    private static partial Regex UnitInBrackets();
}
