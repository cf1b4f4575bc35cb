using System.Globalization;
using System.Text;

namespace Zhengtong.OpenData.Ckan;

/// <summary>Reads the part of Solr's query language that clients send (docs/ckan.md). Between clauses without an operator stands AND; boosts, fuzziness and nearness are read and have no effect.</summary>
internal sealed class SolrParser
{
    /// <summary>Most UTF-16 units of a query.</summary>
    private const int Longest = 20_000;

    /// <summary>Most clauses of a query, as Solr's maxBooleanClauses.</summary>
    internal const int MostClauses = 1024;

    private const int Deepest = 50;

    private readonly string text;
    private int at;
    private int depth;
    private int clauses;

    private SolrParser(string text) => this.text = text;

    /// <summary>The question. A text without a colon never fails: what cannot be read as a query is read as words.</summary>
    /// <exception cref="CkanFault">409 Search Error.</exception>
    internal static SolrQuery Parse(string text)
    {
        if (text.Length > Longest) { throw CkanFault.Search("The query is too long"); }
        if (text.Trim() is "" or "\"\"" or "''" or "*" or "*:*") { return new SolrQuery.Everything(); }
        if (text.Contains("{!", StringComparison.Ordinal) || text.Contains("_query_", StringComparison.Ordinal)) { throw CkanFault.Search("Local parameters are not supported."); }
        try { return new SolrParser(text).Whole(); }
        catch (CkanFault) when (!text.Contains(':', StringComparison.Ordinal))
        {
            var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Where(w => w.Any(char.IsLetterOrDigit) && w is not ("AND" or "OR" or "NOT")).Take(MostClauses);
            return SolrQuery.AllOf([.. words.Select(w => new SolrQuery.Term(null, [w]))]);
        }
    }

    private SolrQuery Whole()
    {
        var query = Or(null);
        return at == text.Length ? query : throw Unreadable();
    }

    private SolrQuery Or(string? field)
    {
        var parts = new List<SolrQuery> { And(field) };
        while (TakeOperator("OR", "||")) { parts.Add(And(field)); }
        return SolrQuery.AnyOf(parts);
    }

    private SolrQuery And(string? field)
    {
        var parts = new List<SolrQuery>();
        while (true)
        {
            SkipSpace();
            var joined = TakeOperator("AND", "&&");
            if (joined && parts.Count == 0) { throw Unreadable(); }
            SkipSpace();
            if (at == text.Length || text[at] == ')' || IsOperator("OR", "||"))
            {
                if (parts.Count == 0 || joined) { throw Unreadable(); }
                // A hyphen between words is found nowhere and asks for nothing.
                var words = parts.Where(p => p is not SolrQuery.Term { Field: null } term || term.Pieces.Any(x => x.Any(char.IsLetterOrDigit))).ToList();
                return SolrQuery.AllOf(words.Count > 0 ? words : parts);
            }

            parts.Add(Unary(field));
        }
    }

    private SolrQuery Unary(string? field)
    {
        var negated = false;
        while (true)
        {
            SkipSpace();
            if (TakeOperator("NOT", "!")) { negated = !negated; }
            else if (at + 1 < text.Length && text[at] is '-' or '+' && !char.IsWhiteSpace(text[at + 1]))
            {
                negated ^= text[at] == '-';
                at++;
            }
            else { break; }
        }

        var clause = Primary(field);
        return negated ? new SolrQuery.Not(clause) : clause;
    }

    private SolrQuery Primary(string? field)
    {
        SkipSpace();
        if (++clauses > MostClauses) { throw CkanFault.Search("too many boolean clauses"); }
        if (at == text.Length) { throw Unreadable(); }
        switch (text[at])
        {
            case '(':
                if (++depth > Deepest) { throw CkanFault.Search("The query is nested too deep"); }
                at++;
                var group = Or(field);
                SkipSpace();
                if (at == text.Length || text[at] != ')') { throw Unreadable(); }
                at++;
                depth--;
                Weight();
                return group;
            case '"':
                var phrase = Quoted();
                Weight();
                return phrase.Length == 0 ? new SolrQuery.Everything() : new SolrQuery.Phrase(field, phrase);
            case '[' or '{':
                var range = Between(field ?? throw Unreadable());
                Weight();
                return range;
            default: return Word(field);
        }
    }

    private SolrQuery Word(string? field)
    {
        var pieces = new List<string>();
        var piece = new StringBuilder();
        var start = at;
        var escaped = false;
        while (at < text.Length)
        {
            var c = text[at];
            if (c == '\\')
            {
                if (++at == text.Length) { throw Unreadable(); }
                piece.Append(text[at++]);
                escaped = true;
                continue;
            }

            if (char.IsWhiteSpace(c) || c is '(' or ')' or '"' or '[' or ']' or '{' or '}' or '^' or '~') { break; }
            if (c == ':' && field is null && (pieces.Count == 0 || (pieces.Count == 1 && piece.Length == 0 && pieces[0].Length == 0)))
            {
                var name = pieces.Count == 0 ? piece.ToString() : "*";
                if (name.Length == 0) { throw Unreadable(); }
                at++;
                return Valued(name);
            }

            if (c is '*' or '?')
            {
                pieces.Add(piece.ToString());
                piece.Clear();
            }
            else { piece.Append(c); }
            at++;
        }

        if (at == start) { throw Unreadable(); }
        pieces.Add(piece.ToString());
        Weight();
        if (pieces.Count > 1 && pieces.All(p => p.Length == 0)) { return field is null or "*" ? new SolrQuery.Everything() : new SolrQuery.HasValue(field); }
        if (pieces is [{ } word] && !escaped && word is "AND" or "OR" or "NOT") { throw Unreadable(); }
        return new SolrQuery.Term(field, pieces);
    }

    /// <summary>What stands behind a field's colon.</summary>
    private SolrQuery Valued(string name)
    {
        SkipSpace();
        if (at == text.Length || text[at] == ')') { throw Unreadable(); }
        clauses--;
        return Primary(name);
    }

    private SolrQuery.Range Between(string field)
    {
        var withLow = text[at++] == '[';
        var low = Bound();
        SkipSpace();
        if (!text.AsSpan(at).StartsWith("TO", StringComparison.Ordinal) || at + 2 >= text.Length || !char.IsWhiteSpace(text[at + 2])) { throw Unreadable(); }
        at += 2;
        var high = Bound();
        SkipSpace();
        if (at == text.Length || text[at] is not (']' or '}')) { throw Unreadable(); }
        return new SolrQuery.Range(field, low, high, withLow, text[at++] == ']');
    }

    private string? Bound()
    {
        SkipSpace();
        if (at < text.Length && text[at] == '"') { return Quoted(); }
        var bound = new StringBuilder();
        while (at < text.Length && !char.IsWhiteSpace(text[at]) && text[at] is not (']' or '}'))
        {
            if (text[at] == '\\' && ++at == text.Length) { throw Unreadable(); }
            bound.Append(text[at++]);
        }

        return bound.ToString() switch { "" => throw Unreadable(), "*" => null, var value => value };
    }

    private string Quoted()
    {
        var quoted = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '"')
            {
                at++;
                return quoted.ToString();
            }

            if (text[at] == '\\' && ++at == text.Length) { break; }
            quoted.Append(text[at]);
        }

        throw Unreadable();
    }

    /// <summary>Boost, fuzziness, nearness: <c>^2</c>, <c>^=1.5</c>, <c>~</c>, <c>~2</c>.</summary>
    private void Weight()
    {
        while (at < text.Length && text[at] is '^' or '~')
        {
            var boost = text[at++] == '^';
            if (boost && at < text.Length && text[at] == '=') { at++; }
            var start = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.')) { at++; }
            if ((boost || at > start) && !double.TryParse(text.AsSpan(start, at - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _)) { throw Unreadable(); }
        }
    }

    private bool TakeOperator(string word, string sign)
    {
        SkipSpace();
        if (!IsOperator(word, sign)) { return false; }
        at += text.AsSpan(at).StartsWith(word, StringComparison.Ordinal) ? word.Length : sign.Length;
        return true;
    }

    private bool IsOperator(string word, string sign)
    {
        var rest = text.AsSpan(at);
        if (rest.StartsWith(sign, StringComparison.Ordinal)) { return true; }
        return rest.StartsWith(word, StringComparison.Ordinal) && (rest.Length == word.Length || char.IsWhiteSpace(rest[word.Length]) || rest[word.Length] is '(' or ')' or '"');
    }

    private void SkipSpace()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at])) { at++; }
    }

    private CkanFault Unreadable() => CkanFault.Search($"Cannot parse '{CkanFault.Shortened(text)}': at character {at.ToString(CultureInfo.InvariantCulture)}");
}
