using System.Globalization;
using System.Text;
using Zhengtong.OpenData.Descriptions;

namespace Zhengtong.OpenData.Harvest;

/// <summary>Reads Turtle, and of Notation 3 what is Turtle too.</summary>
internal sealed class TurtleReading(ForeignGraph graph, Uri @base)
{
    private readonly Dictionary<string, string> prefixes = new(RdfSyntax.Prefixes, StringComparer.Ordinal) { ["dcterms"] = RdfSyntax.Prefixes["dct"] };
    private Uri at = @base;
    private string text = "";
    private int place;

    internal void Read(byte[] body)
    {
        text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body);
        if (text is ['\uFEFF', ..]) { place = 1; }
        while (Skip()) { ReadStatement(); }
    }

    private void ReadStatement()
    {
        if (TryWord("@prefix")) { ReadPrefix(); Expect('.'); return; }
        if (TryWord("@base")) { ReadBase(); Expect('.'); return; }
        if (TryWord("PREFIX", ignoreCase: true)) { ReadPrefix(); return; }
        if (TryWord("BASE", ignoreCase: true)) { ReadBase(); return; }
        var isNode = text[place] == '[';
        var subject = ReadThing(0);
        // A node in brackets may stand alone.
        if (isNode && Skip() && text[place] == '.') { place++; return; }
        ReadPredicates(subject, 0);
        Expect('.');
    }

    private void ReadPrefix()
    {
        Skip();
        var colon = text.IndexOf(':', place);
        if (colon < 0 || colon - place > 100) { throw Broken("prefix"); }
        var name = text[place..colon].Trim();
        place = colon + 1;
        Skip();
        prefixes[name] = ReadIri();
    }

    private void ReadBase()
    {
        Skip();
        if (Uri.TryCreate(at, ReadIri(), out var next)) { at = next; }
    }

    private void ReadPredicates(string subject, int depth)
    {
        while (true)
        {
            if (!Skip()) { throw Broken("predicate"); }
            string property;
            if (text[place] == 'a' && (place + 1 == text.Length || !IsName(text[place + 1]))) { place++; property = ForeignGraph.Type; }
            else { property = text[place] == '<' ? ReadIri() : ReadName(); }
            do
            {
                graph.Say(subject, property, ReadObject(depth + 1));
            }
            while (TryMark(','));
            if (!TryMark(';')) { return; }
            while (TryMark(';')) { }
            if (!Skip() || text[place] is '.' or ']') { return; }
        }
    }

    private ForeignValue ReadObject(int depth)
    {
        if (!Skip()) { throw Broken("object"); }
        var c = text[place];
        if (c is '"' or '\'') { return ReadLiteral(); }
        if (char.IsAsciiDigit(c) || c is '+' or '-' or '.') { return ReadNumber(); }
        if (TryWord("true")) { return new("true", false, null); }
        if (TryWord("false")) { return new("false", false, null); }
        return new(ReadThing(depth), true, null);
    }

    private ForeignValue ReadNumber()
    {
        var number = ReadWhile(x => char.IsAsciiLetterOrDigit(x) || x is '+' or '-' || (x == '.' && place + 1 < text.Length && char.IsAsciiDigit(text[place + 1])));
        // A dot alone is none, and whoever took it for one would find it again and again.
        return number.Length > 0 ? new(number, false, null) : throw Broken("number");
    }

    /// <summary>An IRI, a blank node, a node in brackets, or a list, of which its first member stands for its beginning.</summary>
    private string ReadThing(int depth)
    {
        if (depth > ForeignGraph.Deepest) { throw Broken("depth"); }
        switch (text[place])
        {
            case '<': return ReadIri();
            case '_' when place + 1 < text.Length && text[place + 1] == ':':
                place += 2;
                return $"_:t{ReadWhile(IsNameOrDot)}";
            case '[':
                place++;
                var node = graph.NewBlank();
                if (TryMark(']')) { return node; }
                ReadPredicates(node, depth + 1);
                Expect(']');
                return node;
            case '(':
                place++;
                return ReadList(depth);
            default: return ReadName();
        }
    }

    private string ReadList(int depth)
    {
        var head = ForeignGraph.Nil;
        string? last = null;
        while (true)
        {
            if (!Skip()) { throw Broken("list"); }
            if (text[place] == ')') { place++; break; }
            var cell = graph.NewBlank();
            graph.Say(cell, ForeignGraph.First, ReadObject(depth + 1));
            if (last is null) { head = cell; } else { graph.Say(last, ForeignGraph.Rest, new(cell, true, null)); }
            last = cell;
        }

        return head;
    }

    private string ReadIri()
    {
        if (place >= text.Length || text[place] != '<') { throw Broken("<"); }
        var end = text.IndexOf('>', place);
        if (end < 0 || end - place > 8000) { throw Broken("IRI"); }
        var iri = text[(place + 1)..end];
        place = end + 1;
        if (iri.Contains('\\', StringComparison.Ordinal)) { iri = Unescaped(iri); }
        return ForeignGraph.Resolve(at, iri);
    }

    private string ReadName()
    {
        var start = place;
        var prefix = ReadWhile(IsNameOrDot);
        if (place >= text.Length || text[place] != ':') { place = start; throw Broken("name"); }
        place++;
        var local = new StringBuilder();
        while (place < text.Length)
        {
            var c = text[place];
            if (c == '\\' && place + 1 < text.Length) { local.Append(text[place + 1]); place += 2; }
            else if (IsName(c) || c is ':' or '%' || (c == '.' && place + 1 < text.Length && (IsName(text[place + 1]) || text[place + 1] is ':' or '%' or '.'))) { local.Append(c); place++; }
            else { break; }
        }

        return prefixes.TryGetValue(prefix, out var space) ? space + local : throw Broken($"{ForeignDataset.Line(prefix, 40)}:");
    }

    private ForeignValue ReadLiteral()
    {
        var quote = text[place];
        var isLong = string.CompareOrdinal(text, place, new string(quote, 3), 0, 3) == 0;
        place += isLong ? 3 : 1;
        var words = new StringBuilder();
        while (true)
        {
            if (place >= text.Length) { throw Broken("text"); }
            var c = text[place];
            if (c == quote && (!isLong || string.CompareOrdinal(text, place, new string(quote, 3), 0, 3) == 0))
            {
                // Of more than three quotes the last three end it.
                if (isLong && place + 3 < text.Length && text[place + 3] == quote) { words.Append(c); place++; continue; }
                place += isLong ? 3 : 1;
                break;
            }

            if (c == '\\') { ReadEscape(words); continue; }
            if (!isLong && c is '\n' or '\r' && !isLong) { throw Broken("text"); }
            words.Append(c);
            place++;
        }

        if (place < text.Length && text[place] == '@')
        {
            place++;
            return new(words.ToString(), false, ReadWhile(x => char.IsAsciiLetterOrDigit(x) || x == '-').ToLowerInvariant());
        }

        if (place + 1 < text.Length && text[place] == '^' && text[place + 1] == '^')
        {
            place += 2;
            Skip();
            if (place >= text.Length) { throw Broken("type"); }
            _ = text[place] == '<' ? ReadIri() : ReadName();
        }

        return new(words.ToString(), false, null);
    }

    private void ReadEscape(StringBuilder words)
    {
        if (place + 1 >= text.Length) { throw Broken("escape"); }
        var c = text[place + 1];
        place += 2;
        switch (c)
        {
            case 't': words.Append('\t'); break;
            case 'n': words.Append('\n'); break;
            case 'r': words.Append('\r'); break;
            case 'b': words.Append('\b'); break;
            case 'f': words.Append('\f'); break;
            case '"' or '\'' or '\\': words.Append(c); break;
            case 'u' or 'U':
                var digits = c == 'u' ? 4 : 8;
                if (place + digits > text.Length || !uint.TryParse(text.AsSpan(place, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)) { throw Broken("escape"); }
                words.Append(Rune.IsValid(code) ? new Rune(code).ToString() : "\ufffd");
                place += digits;
                break;
            default: throw Broken("escape");
        }
    }

    private static string Unescaped(string iri)
    {
        var reading = new TurtleReading(new ForeignGraph(), new Uri("http://localhost/")) { text = iri };
        var words = new StringBuilder();
        while (reading.place < iri.Length)
        {
            if (iri[reading.place] == '\\') { reading.ReadEscape(words); }
            else { words.Append(iri[reading.place++]); }
        }

        return words.ToString();
    }

    /// <summary>Passes white space and comments; false at the end.</summary>
    private bool Skip()
    {
        while (place < text.Length)
        {
            if (text[place] is ' ' or '\t' or '\r' or '\n') { place++; }
            else if (text[place] == '#')
            {
                var end = text.IndexOf('\n', place);
                place = end < 0 ? text.Length : end + 1;
            }
            else { return true; }
        }

        return false;
    }

    private bool TryMark(char mark)
    {
        if (!Skip() || text[place] != mark) { return false; }
        place++;
        return true;
    }

    private void Expect(char mark)
    {
        if (!TryMark(mark)) { throw Broken($"{mark}"); }
    }

    private bool TryWord(string word, bool ignoreCase = false)
    {
        if (string.Compare(text, place, word, 0, word.Length, ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal) != 0) { return false; }
        var end = place + word.Length;
        if (end < text.Length && (IsName(text[end]) || text[end] == ':')) { return false; }
        place = end;
        return true;
    }

    private string ReadWhile(Func<char, bool> belongs)
    {
        var start = place;
        while (place < text.Length && belongs(text[place])) { place++; }
        return text[start..place];
    }

    private bool IsNameOrDot(char c) => IsName(c) || (c == '.' && place + 1 < text.Length && (IsName(text[place + 1]) || text[place + 1] == ':'));

    private static bool IsName(char c) => char.IsLetterOrDigit(c) || c is '_' or '-' || c >= 0x00B7;

    private FormatException Broken(string what)
    {
        var line = text.AsSpan(0, Math.Min(place, text.Length)).Count('\n') + 1;
        return new FormatException(string.Create(CultureInfo.InvariantCulture, $"Turtle {line}: {what}"));
    }
}
