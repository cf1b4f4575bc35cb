using System.Text;

namespace Zhengtong.OpenData.Ckan;

/// <summary>What a dataset must satisfy, as clients write it in Solr's language; printed it reads as the same question.</summary>
internal abstract record SolrQuery
{
    /// <summary>Every dataset: <c>*:*</c>.</summary>
    internal sealed record Everything : SolrQuery
    {
        public override string ToString() => "*:*";
    }

    /// <summary>All of these, at least two.</summary>
    internal sealed record And(IReadOnlyList<SolrQuery> Parts) : SolrQuery
    {
        public override string ToString() => $"({string.Join(" AND ", Parts)})";
    }

    /// <summary>One of these, at least two.</summary>
    internal sealed record Or(IReadOnlyList<SolrQuery> Parts) : SolrQuery
    {
        public override string ToString() => $"({string.Join(" OR ", Parts)})";
    }

    /// <summary>Not this.</summary>
    internal sealed record Not(SolrQuery Part) : SolrQuery
    {
        public override string ToString() => $"NOT {Part}";
    }

    /// <summary>A field, or everything that is said when it is null, against a word. Between the pieces may stand anything: one piece is the word itself, <c>["a", ""]</c> a beginning.</summary>
    internal sealed record Term(string? Field, IReadOnlyList<string> Pieces) : SolrQuery
    {
        public override string ToString() => Prefix(Field) + string.Join('*', Pieces.Select(Escaped));
    }

    /// <summary>Words in their order.</summary>
    internal sealed record Phrase(string? Field, string Text) : SolrQuery
    {
        public override string ToString() => $"{Prefix(Field)}\"{Text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>A value between two bounds; null is no bound.</summary>
    internal sealed record Range(string Field, string? Low, string? High, bool WithLow, bool WithHigh) : SolrQuery
    {
        public override string ToString() => $"{Prefix(Field)}{(WithLow ? '[' : '{')}{Bound(Low)} TO {Bound(High)}{(WithHigh ? ']' : '}')}";

        private static string Bound(string? bound) => bound is null ? "*" : $"\"{bound.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>A field that has a value.</summary>
    internal sealed record HasValue(string Field) : SolrQuery
    {
        public override string ToString() => $"{Prefix(Field)}*";
    }

    internal static SolrQuery AllOf(IReadOnlyList<SolrQuery> parts) => parts.Count switch { 0 => new Everything(), 1 => parts[0], _ => new And(parts) };

    internal static SolrQuery AnyOf(IReadOnlyList<SolrQuery> parts) => parts.Count == 1 ? parts[0] : new Or(parts);

    private static string Prefix(string? field) => field is null ? "" : Escaped(field) + ":";

    private static string Escaped(string text)
    {
        if (text is "AND" or "OR" or "NOT" or "TO") { return "\\" + text; }
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (char.IsWhiteSpace(c) || "+-&|!(){}[]^\"~*?:\\/".Contains(c, StringComparison.Ordinal)) { escaped.Append('\\'); }
            escaped.Append(c);
        }

        return escaped.ToString();
    }
}
