using System.Xml;
using Zhengtong.OpenData.Descriptions;

namespace Zhengtong.OpenData.Harvest;

/// <summary>What a property of a read graph says.</summary>
/// <param name="Text">IRI, name of a blank node (<c>_:b1</c>), or the literal's text.</param>
/// <param name="IsThing">True for an IRI or a blank node.</param>
/// <param name="Language">The literal's language, lower case; null where it has none.</param>
internal readonly record struct ForeignValue(string Text, bool IsThing, string? Language);

/// <summary>Statements read from another portal, whatever they were written in. Full IRIs everywhere.</summary>
internal sealed class ForeignGraph
{
    internal const string Type = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
    internal const string First = "http://www.w3.org/1999/02/22-rdf-syntax-ns#first";
    internal const string Rest = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest";
    internal const string Nil = "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil";

    /// <summary>How deep things may stand in one another.</summary>
    internal const int Deepest = 64;

    /// <summary>Most values of a property of one thing that anybody looks at: many things may name one that has very many, and each look would cost as much as the page.</summary>
    private const int MostValues = ForeignDataset.MostDistributions + 1;

    private const int MostStatements = 1_000_000;

    /// <summary>UTF-16 units of all statements together: a short name may stand for a long one, a million times.</summary>
    private const long MostCharacters = 64_000_000;

    /// <summary>UTF-16 units of the longest text; nothing longer is kept of any.</summary>
    private const int LongestText = 40_000;

    private readonly OrderedDictionary<(string Thing, string Property), List<ForeignValue>> said = [];
    private int statements;
    private long characters;
    private int blanks;

    /// <summary>A blank node that nobody else has.</summary>
    internal string NewBlank() => $"_:zt{++blanks}";

    /// <summary>Adds a statement.</summary>
    /// <exception cref="HarvestFault">There are too many, or they are too long.</exception>
    internal void Say(string thing, string property, ForeignValue value)
    {
        value = value with { Text = PublicText.Cut(value.Text, LongestText) };
        characters += value.Text.Length;
        if (!said.TryGetValue((thing, property), out var values))
        {
            characters += thing.Length + property.Length;
            said.Add((thing, property), values = []);
        }

        if (++statements > MostStatements || characters > MostCharacters) { throw new HarvestFault("page-too-large", $"{statements} / {characters}"); }
        values.Add(value);
    }

    /// <summary>What the property says of the thing, as far as anybody looks.</summary>
    internal IEnumerable<ForeignValue> Values(string thing, string property) => said.TryGetValue((thing, property), out var values) ? values.Take(MostValues) : [];

    /// <summary>Every value of that property, of whatever thing.</summary>
    internal IEnumerable<ForeignValue> Everywhere(string property) => said.Where(s => s.Key.Property == property).SelectMany(s => s.Value);

    /// <summary>The things of that type.</summary>
    internal IEnumerable<string> OfType(string type) => said.Where(s => s.Key.Property == Type && s.Value.Exists(v => v.Text == type)).Select(s => s.Key.Thing);

    /// <summary>True when a property or a type is one of the vocabulary's.</summary>
    internal bool Speaks(string vocabulary) =>
        said.Any(s => s.Key.Property.StartsWith(vocabulary, StringComparison.Ordinal) || (s.Key.Property == Type && s.Value.Exists(v => v.Text.StartsWith(vocabulary, StringComparison.Ordinal))));

    /// <summary>Reads a document.</summary>
    /// <param name="mediaType">What it says it is; its beginning decides where that says nothing.</param>
    /// <param name="body">Its bytes.</param>
    /// <param name="base">Where it came from: relative addresses start there.</param>
    /// <exception cref="HarvestFault">It is none of the three syntaxes, or broken.</exception>
    internal static ForeignGraph Read(string mediaType, byte[] body, Uri @base)
    {
        try
        {
            var graph = new ForeignGraph();
            switch (SyntaxOf(mediaType, body))
            {
                case 'j': new JsonLdReading(graph, @base).Read(body); break;
                case 'x': new RdfXmlReading(graph, @base).Read(body); break;
                default: new TurtleReading(graph, @base).Read(body); break;
            }

            return graph;
        }
        catch (XmlException e) { throw new HarvestFault("unreadable", $"XML {e.LineNumber}:{e.LinePosition}"); }
        catch (System.Text.Json.JsonException e) { throw new HarvestFault("unreadable", $"JSON-LD {e.LineNumber}:{e.BytePositionInLine}"); }
        catch (Exception e) when (e is FormatException or InvalidOperationException or System.Text.DecoderFallbackException or UriFormatException) { throw new HarvestFault("unreadable", ForeignDataset.Line(e.Message, 200)); }
    }

    /// <summary>The IRI, made whole; as it was where that cannot be done.</summary>
    internal static string Resolve(Uri @base, string iri)
    {
        // Asked for an absolute one alone, the system takes "/page" for a file of this machine.
        if (iri.Length > 8000 || !Uri.TryCreate(iri, UriKind.RelativeOrAbsolute, out var said) || said.IsAbsoluteUri) { return iri; }
        return Uri.TryCreate(@base, said, out var whole) ? whole.AbsoluteUri : iri;
    }

    private static char SyntaxOf(string mediaType, byte[] body)
    {
        if (mediaType.Contains("json", StringComparison.Ordinal)) { return 'j'; }
        if (mediaType.Contains("turtle", StringComparison.Ordinal) || mediaType.Contains("n3", StringComparison.Ordinal) || mediaType.Contains("n-triples", StringComparison.Ordinal)) { return 't'; }
        var beginning = body.AsSpan();
        if (beginning.StartsWith("\uFEFF"u8)) { beginning = beginning[3..]; }
        beginning = beginning.TrimStart(" \t\r\n"u8);
        if (beginning.StartsWith("{"u8) || beginning.StartsWith("["u8)) { return 'j'; }
        if (beginning.StartsWith("<?xml"u8) || beginning.StartsWith("<rdf:"u8) || beginning.StartsWith("<!"u8)) { return 'x'; }
        return mediaType.Contains("xml", StringComparison.Ordinal) ? 'x' : 't';
    }
}
