using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Zhengtong.Exchange.Gateway;

/// <summary>Why a request target could be read in two ways.</summary>
internal enum TargetFault
{
    /// <summary>Not a path from a slash, or a character that RFC 3986 does not allow in one.</summary>
    Form,
    /// <summary>An escape that is none, or whose bytes are no UTF-8.</summary>
    Escape,
    /// <summary>An escape within an escape.</summary>
    DoubleEscape,
    /// <summary>A segment of dots.</summary>
    DotSegment,
    /// <summary>A slash or backslash that some read as the end of the segment.</summary>
    Separator,
    /// <summary>A semicolon: some cut the segment there.</summary>
    Parameter,
    /// <summary>A control character, or one that nobody sees.</summary>
    Control,
    /// <summary>A character that some turn into a dot, a slash, a backslash or a percent sign.</summary>
    Lookalike,
    /// <summary>An empty segment before the end.</summary>
    EmptySegment,
}

/// <summary>A request target, read once: what was checked here is what is forwarded, character for character, and nothing is ever put right.
/// After this no percent escape is left in the decoded segments, so that decoding them again changes nothing.</summary>
internal sealed class CallTarget
{
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@");
    private static readonly SearchValues<char> InQuery = SearchValues.Create(Enumerable.Range(0x21, 0x7E - 0x20).Select(c => (char)c).Where(c => c != '#').ToArray());

    /// <summary>Dots, slashes, backslashes, percent signs and semicolons of other scripts, which code pages and NFKC fold into ASCII's.</summary>
    private static readonly SearchValues<char> Lookalikes = SearchValues.Create(
    [
        '\u2024', '\u2025', '\u2026', '\u2044', '\u2215', '\u2216', '\u29F5', '\u29F8', '\u29F9', '\uFE52', '\uFE54', '\uFE68', '\uFE6A', '\uFF05', '\uFF0E', '\uFF0F', '\uFF1B', '\uFF3C', '\u3002', '\uFF61',
    ]);

    private readonly int[] starts;

    private CallTarget(string raw, int pathLength, string[] segments, int[] starts) => (Raw, PathLength, Segments, this.starts) = (raw, pathLength, segments, starts);

    /// <summary>As it came.</summary>
    internal string Raw { get; }

    /// <summary>How many characters of <see cref="Raw"/> are the path.</summary>
    internal int PathLength { get; }

    /// <summary>The path's segments, decoded; the last is empty behind a slash at the end.</summary>
    internal IReadOnlyList<string> Segments { get; }

    /// <summary>What stands behind the first segments, as it came: empty or from a slash, with the query.</summary>
    internal string After(int segments) => segments < starts.Length ? Raw[(starts[segments] - 1)..] : Raw[PathLength..];

    /// <summary>Reads a target; null with the fault when it could be read in two ways.</summary>
    internal static CallTarget? Read(string raw, out TargetFault fault)
    {
        fault = TargetFault.Form;
        if (raw is not ['/', ..]) { return null; }
        var query = raw.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? raw.AsSpan() : raw.AsSpan(0, query);
        if (query >= 0 && raw.AsSpan(query + 1).ContainsAnyExcept(InQuery)) { return null; }

        List<string> segments = [];
        List<int> starts = [];
        for (var start = 1; ;)
        {
            var length = path[start..].IndexOf('/');
            var last = length < 0;
            var part = last ? path[start..] : path.Slice(start, length);
            if (part.IsEmpty && !last)
            {
                fault = TargetFault.EmptySegment;
                return null;
            }

            if (Decode(part, out fault) is not { } segment) { return null; }
            segments.Add(segment);
            starts.Add(start);
            if (last) { break; }
            start += length + 1;
        }

        return new CallTarget(raw, path.Length, [.. segments], [.. starts]);
    }

    private static string? Decode(ReadOnlySpan<char> part, out TargetFault fault)
    {
        if (!part.ContainsAnyExcept(Plain)) { return IsDots(part, out fault) ? null : part.ToString(); }
        var bytes = new byte[part.Length];
        var count = 0;
        for (var n = 0; n < part.Length; n++)
        {
            var c = part[n];
            if (c == '%')
            {
                fault = TargetFault.Escape;
                if (n + 2 >= part.Length || !char.IsAsciiHexDigit(part[n + 1]) || !char.IsAsciiHexDigit(part[n + 2])) { return null; }
                bytes[count++] = (byte)((Convert.ToInt32(part[n + 1].ToString(), 16) << 4) | Convert.ToInt32(part[n + 2].ToString(), 16));
                n += 2;
            }
            else if (Plain.Contains(c)) { bytes[count++] = (byte)c; }
            else
            {
                fault = c switch { '\\' => TargetFault.Separator, ';' => TargetFault.Parameter, _ => TargetFault.Form };
                return null;
            }
        }

        fault = TargetFault.Escape;
        if (!Utf8.IsValid(bytes.AsSpan(0, count))) { return null; }
        var segment = Encoding.UTF8.GetString(bytes, 0, count);
        return IsAmbiguous(segment, out fault) || IsDots(segment, out fault) ? null : segment;
    }

    private static bool IsAmbiguous(string segment, out TargetFault fault)
    {
        fault = TargetFault.Separator;
        if (segment.AsSpan().ContainsAny('/', '\\')) { return true; }
        fault = TargetFault.Parameter;
        if (segment.Contains(';', StringComparison.Ordinal)) { return true; }
        fault = TargetFault.Lookalike;
        if (segment.AsSpan().ContainsAny(Lookalikes)) { return true; }
        fault = TargetFault.Control;
        foreach (var rune in segment.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format
                or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator) { return true; }
        }

        fault = TargetFault.DoubleEscape;
        for (var n = segment.IndexOf('%', StringComparison.Ordinal); n >= 0; n = segment.IndexOf('%', n + 1))
        {
            if (n + 1 < segment.Length && (segment[n + 1] is 'u' or 'U' || (n + 2 < segment.Length && char.IsAsciiHexDigit(segment[n + 1]) && char.IsAsciiHexDigit(segment[n + 2])))) { return true; }
        }

        return false;
    }

    /// <summary>Dots alone, with the spaces that some file systems strip.</summary>
    private static bool IsDots(ReadOnlySpan<char> segment, out TargetFault fault)
    {
        fault = TargetFault.DotSegment;
        return !segment.IsEmpty && segment.TrimEnd(". ").IsEmpty && segment.Contains('.');
    }
}
