namespace Zhengtong.OpenData.Descriptions;

/// <summary>What an RDF property says: another thing by its IRI, or a literal.</summary>
/// <param name="Text">The IRI, or the literal's text.</param>
/// <param name="IsIri">True for a thing.</param>
/// <param name="Language">The text's language; null where it has none.</param>
/// <param name="Datatype">Prefixed name of the literal's type, as <c>xsd:date</c>; null for text.</param>
internal readonly record struct RdfValue(string Text, bool IsIri, string? Language, string? Datatype);

/// <summary>Statements about things. Every thing has an IRI: without blank nodes two graphs are the same when their statements are, and readers can refer to each part.</summary>
internal sealed class RdfGraph
{
    private readonly OrderedDictionary<string, RdfNode> nodes = new(StringComparer.Ordinal);

    /// <summary>The things, in the order they came up.</summary>
    internal IEnumerable<RdfNode> Nodes => nodes.Values;

    /// <summary>The thing of that IRI, of these types too from now on.</summary>
    internal RdfNode Node(string iri, params ReadOnlySpan<string> types)
    {
        iri = PublicText.Iri(iri);
        if (!nodes.TryGetValue(iri, out var node)) { nodes.Add(iri, node = new RdfNode(iri)); }
        foreach (var type in types) { node.IsA(type); }
        return node;
    }
}

/// <summary>A thing and what is said of it.</summary>
/// <param name="iri">Its IRI.</param>
internal sealed class RdfNode(string iri)
{
    private readonly List<string> types = [];
    private readonly List<(string Property, RdfValue Value)> statements = [];
    private readonly HashSet<(string Property, RdfValue Value)> said = [];

    /// <summary>Its IRI.</summary>
    internal string Iri => iri;

    /// <summary>Prefixed names of its types; at least one.</summary>
    internal IReadOnlyList<string> Types => types;

    /// <summary>Properties by their prefixed names, each statement once.</summary>
    internal IReadOnlyList<(string Property, RdfValue Value)> Statements => statements;

    /// <summary>It is of that type.</summary>
    internal void IsA(string type)
    {
        if (!types.Contains(type)) { types.Add(type); }
    }

    /// <summary>Relates it to another thing of the same graph.</summary>
    internal RdfNode Link(string property, RdfNode other) => Say(property, new RdfValue(other.Iri, true, null, null));

    /// <summary>Relates it to an address that is not itself described; nothing for null.</summary>
    internal RdfNode Link(string property, string? iri) => iri is null ? this : Say(property, new RdfValue(PublicText.Iri(iri), true, null, null));

    /// <summary>Text for people, in its language; nothing for null or empty.</summary>
    internal RdfNode Text(string property, string? text) => string.IsNullOrWhiteSpace(text) ? this : Say(property, new RdfValue(PublicText.Clean(text), false, PublicText.LanguageOf(text), null));

    /// <summary>One of the platform's own sentences, in Chinese and English.</summary>
    internal RdfNode Words(string property, string key)
    {
        var (chinese, english) = Bilingual.Of(key);
        return Say(property, new RdfValue(chinese, false, "zh", null)).Say(property, new RdfValue(english, false, "en", null));
    }

    /// <summary>Text in a language that is known.</summary>
    internal RdfNode Text(string property, string text, string language) => Say(property, new RdfValue(PublicText.Clean(text), false, language, null));

    /// <summary>A code, number, day or other value; nothing for null.</summary>
    /// <param name="property">Its property.</param>
    /// <param name="text">In the type's lexical form.</param>
    /// <param name="datatype">Prefixed name of its type; null for plain text.</param>
    internal RdfNode Value(string property, string? text, string? datatype = null) => text is null ? this : Say(property, new RdfValue(PublicText.Clean(text), false, null, datatype));

    private RdfNode Say(string property, RdfValue value)
    {
        if (said.Add((property, value))) { statements.Add((property, value)); }
        return this;
    }
}
