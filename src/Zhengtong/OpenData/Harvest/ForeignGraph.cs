using System.Xml;

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

    private const int MostStatements = 1_000_000;
    private readonly OrderedDictionary<string, List<(string Property, ForeignValue Value)>> things = new(StringComparer.Ordinal);
    private int statements;
    private int blanks;

    /// <summary>The things of which something is said, in order.</summary>
    internal IEnumerable<string> Things => things.Keys;

    /// <summary>A blank node that nobody else has.</summary>
    internal string NewBlank() => $"_:zt{++blanks}";

    /// <summary>Adds a statement.</summary>
    /// <exception cref="HarvestFault">There are too many.</exception>
    internal void Say(string thing, string property, ForeignValue value)
    {
        if (++statements > MostStatements) { throw new HarvestFault("page-too-large", $"{MostStatements}"); }
        if (!things.TryGetValue(thing, out var said)) { things.Add(thing, said = []); }
        said.Add((property, value));
    }

    /// <summary>True when something is said of it.</summary>
    internal bool Has(string thing) => things.ContainsKey(thing);

    /// <summary>What the property says of the thing.</summary>
    internal IEnumerable<ForeignValue> Values(string thing, string property) => things.TryGetValue(thing, out var said) ? said.Where(s => s.Property == property).Select(s => s.Value) : [];

    /// <summary>Every value of that property, of whatever thing.</summary>
    internal IEnumerable<ForeignValue> Everywhere(string property) => things.Values.SelectMany(s => s).Where(s => s.Property == property).Select(s => s.Value);

    /// <summary>The things of that type.</summary>
    internal IEnumerable<string> OfType(string type) => things.Where(t => t.Value.Any(s => s.Property == Type && s.Value.Text == type)).Select(t => t.Key);

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
        if (iri.Length > 0 && iri.Length <= 8000 && (Uri.TryCreate(iri, UriKind.Absolute, out _) || !Uri.TryCreate(@base, iri, out _))) { return iri; }
        return iri.Length <= 8000 && Uri.TryCreate(@base, iri, out var whole) ? whole.AbsoluteUri : iri;
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
