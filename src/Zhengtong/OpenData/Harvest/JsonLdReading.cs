using System.Text.Json;
using Zhengtong.OpenData.Descriptions;

namespace Zhengtong.OpenData.Harvest;

/// <summary>Reads JSON-LD as catalogues write it: prefixes, terms, types, languages, nested and named things. A context at an address is not fetched; the vocabularies' usual prefixes hold anyway.</summary>
internal sealed class JsonLdReading(ForeignGraph graph, Uri @base)
{
    private static readonly JsonDocumentOptions Bounds = new() { MaxDepth = ForeignGraph.Deepest };

    /// <summary>Words of all contexts together: each thing may have one, with the words of those around it.</summary>
    private const int MostWords = 1_000_000;

    /// <summary>UTF-16 units of the longest IRI that a word may stand for.</summary>
    private const int LongestIri = 2_000;

    private int contextWords;

    internal void Read(byte[] body)
    {
        using var document = JsonDocument.Parse(body.AsMemory(body.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0), Bounds);
        ReadTop(document.RootElement, new Context(@base));
    }

    private void ReadTop(JsonElement top, Context context)
    {
        if (top.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in top.EnumerateArray()) { ReadTop(item, context); }
        }
        else if (top.ValueKind == JsonValueKind.Object) { ReadNode(top, context); }
    }

    private string ReadNode(JsonElement node, Context outer)
    {
        var context = node.TryGetProperty("@context", out var own) ? outer.With(own) : outer;
        if (context != outer && (contextWords += context.Words) > MostWords) { throw new HarvestFault("page-too-large", $"@context {contextWords}"); }
        var id = node.EnumerateObject().Where(p => context.Keyword(p.Name) == "@id" && p.Value.ValueKind == JsonValueKind.String).Select(p => p.Value.GetString()).FirstOrDefault();
        var subject = id is null ? graph.NewBlank() : context.Iri(id, isTerm: false);
        foreach (var property in node.EnumerateObject())
        {
            switch (context.Keyword(property.Name))
            {
                case "@type":
                    foreach (var type in Each(property.Value).Where(t => t.ValueKind == JsonValueKind.String)) { graph.Say(subject, ForeignGraph.Type, new(context.Iri(type.GetString()!, isTerm: true), true, null)); }
                    break;
                case "@graph": ReadTop(property.Value, context); break;
                case "@included": ReadTop(property.Value, context); break;
                case "@reverse" when property.Value.ValueKind == JsonValueKind.Object:
                    foreach (var reverse in property.Value.EnumerateObject())
                    {
                        foreach (var other in Each(reverse.Value).Where(o => o.ValueKind == JsonValueKind.Object)) { graph.Say(ReadNode(other, context), context.Iri(reverse.Name, isTerm: true), new(subject, true, null)); }
                    }

                    break;
                case { } keyword when keyword.StartsWith('@'): break;
                default:
                    var name = context.Iri(property.Name, isTerm: true);
                    // A word that no vocabulary knows says nothing.
                    if (name.Contains(':', StringComparison.Ordinal)) { Say(subject, name, property.Value, context, context.Term(property.Name)); }
                    break;
            }
        }

        return subject;
    }

    private void Say(string subject, string property, JsonElement value, Context context, Term term)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray()) { Say(subject, property, item, context, term); }
                break;
            case JsonValueKind.String:
                var text = value.GetString()!;
                graph.Say(subject, property, term.IsLink ? new(context.Iri(text, isTerm: false), true, null) : new(text, false, term.HasType ? null : term.Language ?? context.Language));
                break;
            case JsonValueKind.Number: graph.Say(subject, property, new(value.GetRawText(), false, null)); break;
            case JsonValueKind.True or JsonValueKind.False: graph.Say(subject, property, new(value.ValueKind == JsonValueKind.True ? "true" : "false", false, null)); break;
            case JsonValueKind.Object when value.TryGetProperty("@value", out var literal):
                var language = value.TryGetProperty("@language", out var said) && said.ValueKind == JsonValueKind.String ? said.GetString()!.ToLowerInvariant() : null;
                if (literal.ValueKind == JsonValueKind.String) { graph.Say(subject, property, new(literal.GetString()!, false, language)); }
                else if (literal.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False) { graph.Say(subject, property, new(literal.GetRawText(), false, null)); }
                break;
            case JsonValueKind.Object when value.TryGetProperty("@list", out var list): Say(subject, property, list, context, term); break;
            case JsonValueKind.Object when value.TryGetProperty("@set", out var set): Say(subject, property, set, context, term); break;
            case JsonValueKind.Object when term.IsLanguageMap:
                foreach (var (tag, words) in value.EnumerateObject().SelectMany(p => Each(p.Value).Where(v => v.ValueKind == JsonValueKind.String).Select(v => (p.Name, v.GetString()!)))) { graph.Say(subject, property, new(words, false, tag.ToLowerInvariant())); }
                break;
            case JsonValueKind.Object: graph.Say(subject, property, new(ReadNode(value, context), true, null)); break;
        }
    }

    private static IEnumerable<JsonElement> Each(JsonElement value) => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value];

    /// <summary>What a context says of a word.</summary>
    private readonly record struct Term(string? Iri, bool IsLink, bool HasType, bool IsLanguageMap, string? Language);

    private sealed class Context(Uri @base)
    {
        private Dictionary<string, Term> terms = RdfSyntax.Prefixes.Append(new("dcterms", RdfSyntax.Prefixes["dct"])).ToDictionary(p => p.Key, p => new Term(p.Value, false, false, false, null), StringComparer.Ordinal);
        private string? vocabulary;

        private Uri Base { get; set; } = @base;

        internal string? Language { get; private set; }

        /// <summary>How many words it knows.</summary>
        internal int Words => terms.Count;

        /// <summary>The context with another one on top.</summary>
        internal Context With(JsonElement said)
        {
            var next = new Context(Base) { terms = new(terms, StringComparer.Ordinal), vocabulary = vocabulary, Language = Language };
            foreach (var part in Each(said).Where(p => p.ValueKind == JsonValueKind.Object))
            {
                foreach (var entry in part.EnumerateObject())
                {
                    var text = TextOf(entry.Value);
                    switch (entry.Name)
                    {
                        case "@base": next.Base = text is not null && Uri.TryCreate(next.Base, text, out var other) ? other : next.Base; break;
                        case "@vocab": next.vocabulary = text; break;
                        case "@language": next.Language = text?.ToLowerInvariant(); break;
                        case var keyword when keyword.StartsWith('@'): break;
                        default: next.terms[entry.Name] = TermOf(entry); break;
                    }
                }
            }

            return next;
        }

        /// <summary>The keyword that a key stands for; null when it stands for none.</summary>
        internal string? Keyword(string key) => key.StartsWith('@') ? key : terms.TryGetValue(key, out var term) && term.Iri?.StartsWith('@') == true ? term.Iri : null;

        internal Term Term(string key) => terms.GetValueOrDefault(key);

        /// <summary>The full IRI of a word, a shortened or a relative IRI.</summary>
        internal string Iri(string text, bool isTerm, int depth = 0)
        {
            if (depth > 8 || text.StartsWith("_:", StringComparison.Ordinal)) { return text; }
            if (isTerm && terms.TryGetValue(text, out var term) && term.Iri is { } iri) { return iri == text ? iri : Iri(iri, isTerm: true, depth + 1); }
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && !text.AsSpan(colon + 1).StartsWith("//") && terms.TryGetValue(text[..colon], out var prefix) && prefix.Iri is { } space) { return Iri(space, isTerm: true, depth + 1) + text[(colon + 1)..]; }
            if (colon > 0) { return text; }
            return isTerm ? vocabulary is null ? text : vocabulary + text : ForeignGraph.Resolve(Base, text);
        }

        /// <summary>Null for what is no text, or far too long for an IRI.</summary>
        private static string? TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString() is { Length: <= LongestIri } text ? text : null;

        private static Term TermOf(JsonProperty entry)
        {
            if (TextOf(entry.Value) is { } iri) { return new(iri, false, false, false, null); }
            if (entry.Value.ValueKind != JsonValueKind.Object) { return default; }
            string? Said(string name) => entry.Value.TryGetProperty(name, out var value) ? TextOf(value) : null;
            var type = Said("@type");
            return new(Said("@id") ?? (entry.Name.Contains(':', StringComparison.Ordinal) ? entry.Name : null), type is "@id" or "@vocab", type is not null, Said("@container") == "@language", Said("@language")?.ToLowerInvariant());
        }
    }
}
