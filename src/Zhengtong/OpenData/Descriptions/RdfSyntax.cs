using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>A way to write a graph down.</summary>
/// <param name="Extension">Ending of its addresses.</param>
/// <param name="MediaType">Its media type.</param>
internal sealed record RdfSyntax(string Extension, string MediaType)
{
    /// <summary>The endings, as a route's constraint.</summary>
    internal const string Endings = "regex(^(rdf|xml|ttl|n3|jsonld)$)";

    /// <summary>RDF/XML.</summary>
    internal static readonly RdfSyntax Xml = new("rdf", "application/rdf+xml");

    /// <summary>Turtle.</summary>
    internal static readonly RdfSyntax Turtle = new("ttl", "text/turtle");

    /// <summary>JSON-LD 1.1.</summary>
    internal static readonly RdfSyntax Json = new("jsonld", "application/ld+json");

    /// <summary>All of them; what is Turtle is Notation 3 too.</summary>
    internal static readonly IReadOnlyList<RdfSyntax> All = [Xml, Turtle, Json, new("xml", "application/rdf+xml"), new("n3", "text/n3")];

    /// <summary>Names of the vocabularies.</summary>
    internal static readonly IReadOnlyDictionary<string, string> Prefixes = new OrderedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["rdf"] = "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        ["rdfs"] = "http://www.w3.org/2000/01/rdf-schema#",
        ["xsd"] = "http://www.w3.org/2001/XMLSchema#",
        ["dcat"] = "http://www.w3.org/ns/dcat#",
        ["dcatap"] = "http://data.europa.eu/r5r/",
        ["dct"] = "http://purl.org/dc/terms/",
        ["foaf"] = "http://xmlns.com/foaf/0.1/",
        ["vcard"] = "http://www.w3.org/2006/vcard/ns#",
        ["skos"] = "http://www.w3.org/2004/02/skos/core#",
        ["adms"] = "http://www.w3.org/ns/adms#",
        ["spdx"] = "http://spdx.org/rdf/terms#",
        ["geo"] = "http://www.opengis.net/ont/geosparql#",
        ["hydra"] = "http://www.w3.org/ns/hydra/core#",
    };

    private const int Block = 32 * 1024;

    /// <summary>The syntax of that ending, or null.</summary>
    internal static RdfSyntax? Find(string extension) => All.FirstOrDefault(s => s.Extension == extension);

    /// <summary>The syntax that the request would rather have than a page; null when it wants the page. Only a syntax that is named counts, not <c>*/*</c>.</summary>
    internal static RdfSyntax? Wanted(HttpRequest request)
    {
        if (request.Headers.Accept.Count == 0) { return null; }
        var accepted = request.GetTypedHeaders().Accept;
        double Quality(string mediaType) => accepted.Where(a => a.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase)).Select(a => a.Quality ?? 1).DefaultIfEmpty(0).Max();
        var (best, quality) = All.Select(s => (Syntax: s, Quality: Quality(s.MediaType))).MaxBy(s => s.Quality);
        return quality > Math.Max(Quality("text/html"), Quality("application/xhtml+xml")) ? best : null;
    }

    /// <summary>Writes the graph in UTF-8, thing by thing.</summary>
    internal async Task WriteAsync(RdfGraph graph, Stream body, CancellationToken ct)
    {
        var text = new StringBuilder();
        Begin(text);
        var first = true;
        foreach (var node in graph.Nodes)
        {
            switch (Extension)
            {
                case "jsonld": AppendJson(text.Append(first ? "\n" : ",\n"), node); break;
                case "ttl" or "n3": AppendTurtle(text, node); break;
                default: AppendXml(text, node); break;
            }

            first = false;
            if (text.Length > Block) { await FlushAsync(); }
        }

        text.Append(Extension switch { "jsonld" => "\n]}\n", "ttl" or "n3" => "", _ => "</rdf:RDF>\n" });
        await FlushAsync();

        async Task FlushAsync()
        {
            await body.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), ct);
            text.Clear();
        }
    }

    private void Begin(StringBuilder text)
    {
        switch (Extension)
        {
            case "jsonld":
                text.Append("{\"@context\":{").AppendJoin(',', Prefixes.Select(p => $"\"{p.Key}\":\"{p.Value}\"")).Append("},\"@graph\":[");
                break;
            case "ttl" or "n3":
                foreach (var (prefix, space) in Prefixes) { text.Append(CultureInfo.InvariantCulture, $"@prefix {prefix}: <{space}> .\n"); }
                break;
            default:
                text.Append("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rdf:RDF");
                foreach (var (prefix, space) in Prefixes) { text.Append(CultureInfo.InvariantCulture, $" xmlns:{prefix}=\"{space}\""); }
                text.Append(">\n");
                break;
        }
    }

    private static string Full(string name)
    {
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        return Prefixes[name[..colon]] + name[(colon + 1)..];
    }

    private static void AppendTurtle(StringBuilder text, RdfNode node)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n<{node.Iri}> a ").AppendJoin(", ", node.Types);
        foreach (var (property, value) in node.Statements)
        {
            text.Append(CultureInfo.InvariantCulture, $" ;\n  {property} ");
            if (value.IsIri) { text.Append(CultureInfo.InvariantCulture, $"<{value.Text}>"); continue; }
            text.Append('"');
            foreach (var c in value.Text)
            {
                _ = c switch
                {
                    '"' => text.Append("\\\""),
                    '\\' => text.Append("\\\\"),
                    '\n' => text.Append("\\n"),
                    '\r' => text.Append("\\r"),
                    '\t' => text.Append("\\t"),
                    _ => text.Append(c),
                };
            }

            text.Append('"').Append(value.Language is { } language ? $"@{language}" : value.Datatype is { } type ? $"^^{type}" : "");
        }

        text.Append(" .\n");
    }

    private static void AppendJson(StringBuilder text, RdfNode node)
    {
        text.Append(CultureInfo.InvariantCulture, $"{{\"@id\":{Quoted(node.Iri)},\"@type\":[").AppendJoin(',', node.Types.Select(Quoted)).Append(']');
        foreach (var group in node.Statements.GroupBy(s => s.Property, s => s.Value))
        {
            text.Append(CultureInfo.InvariantCulture, $",{Quoted(group.Key)}:[").AppendJoin(',', group.Select(v =>
                v.IsIri ? $"{{\"@id\":{Quoted(v.Text)}}}"
                : v.Language is { } language ? $"{{\"@value\":{Quoted(v.Text)},\"@language\":\"{language}\"}}"
                : v.Datatype is { } type ? $"{{\"@value\":{Quoted(v.Text)},\"@type\":\"{type}\"}}"
                : $"{{\"@value\":{Quoted(v.Text)}}}")).Append(']');
        }

        text.Append('}');
    }

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, PublicText.Json)}\"";

    private static void AppendXml(StringBuilder text, RdfNode node)
    {
        text.Append(CultureInfo.InvariantCulture, $"<{node.Types[0]} rdf:about=\"{Escaped(node.Iri)}\">\n");
        foreach (var type in node.Types.Skip(1)) { text.Append(CultureInfo.InvariantCulture, $"  <rdf:type rdf:resource=\"{Escaped(Full(type))}\"/>\n"); }
        foreach (var (property, value) in node.Statements)
        {
            text.Append(CultureInfo.InvariantCulture, $"  <{property}");
            if (value.IsIri) { text.Append(CultureInfo.InvariantCulture, $" rdf:resource=\"{Escaped(value.Text)}\"/>\n"); continue; }
            text.Append(value.Language is { } language ? $" xml:lang=\"{language}\"" : value.Datatype is { } type ? $" rdf:datatype=\"{Escaped(Full(type))}\"" : "")
                .Append(CultureInfo.InvariantCulture, $">{Escaped(value.Text)}</{property}>\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"</{node.Types[0]}>\n");
    }

    private static string Escaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("\"", "&quot;", StringComparison.Ordinal).Replace("\r", "&#xD;", StringComparison.Ordinal);
}
