using System.Xml;

namespace Zhengtong.OpenData.Harvest;

/// <summary>Reads RDF/XML: nodes in properties in nodes. No document type, no entity of its own, nothing is fetched.</summary>
internal sealed class RdfXmlReading(ForeignGraph graph, Uri @base)
{
    private const string Rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
    private const string Xml = "http://www.w3.org/XML/1998/namespace";

    internal void Read(byte[] body)
    {
        using var stream = new MemoryStream(body, writable: false);
        using var xml = XmlReader.Create(stream, new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersFromEntities = 1024, IgnoreComments = true, IgnoreProcessingInstructions = true,
        });
        xml.MoveToContent();
        var outer = new Scope(@base, null);
        if (xml.NamespaceURI != Rdf || xml.LocalName != "RDF")
        {
            ReadNode(xml, outer, 0);
            return;
        }

        var inner = Within(xml, outer);
        if (xml.IsEmptyElement) { return; }
        xml.Read();
        while (xml.MoveToContent() == XmlNodeType.Element) { ReadNode(xml, inner, 0); }
    }

    /// <summary>A node element: the reader stands on it, and behind it afterwards.</summary>
    private string ReadNode(XmlReader xml, Scope outer, int depth)
    {
        if (depth > ForeignGraph.Deepest) { throw new FormatException("too deep"); }
        var scope = Within(xml, outer);
        var subject = xml.GetAttribute("about", Rdf) is { } about ? ForeignGraph.Resolve(scope.Base, about)
            : xml.GetAttribute("ID", Rdf) is { } id ? ForeignGraph.Resolve(scope.Base, $"#{id}")
            : xml.GetAttribute("nodeID", Rdf) is { } node ? $"_:x{node}" : graph.NewBlank();
        if (xml.NamespaceURI != Rdf || xml.LocalName != "Description") { graph.Say(subject, ForeignGraph.Type, new(xml.NamespaceURI + xml.LocalName, true, null)); }
        SayAttributes(xml, scope, subject);
        var empty = xml.IsEmptyElement;
        xml.Read();
        if (empty) { return subject; }
        while (xml.MoveToContent() == XmlNodeType.Element) { ReadProperty(xml, scope, subject, depth + 1); }
        Close(xml);
        return subject;
    }

    private void ReadProperty(XmlReader xml, Scope outer, string subject, int depth)
    {
        if (depth > ForeignGraph.Deepest) { throw new FormatException("too deep"); }
        var scope = Within(xml, outer);
        var property = xml.NamespaceURI + xml.LocalName;
        var resource = xml.GetAttribute("resource", Rdf) is { } iri ? ForeignGraph.Resolve(scope.Base, iri) : xml.GetAttribute("nodeID", Rdf) is { } node ? $"_:x{node}" : null;
        var parse = xml.GetAttribute("parseType", Rdf);
        var typed = xml.GetAttribute("datatype", Rdf) is not null;
        var attributes = HasProperties(xml);
        if (resource is not null || (xml.IsEmptyElement && attributes))
        {
            resource ??= graph.NewBlank();
            graph.Say(subject, property, new(resource, true, null));
            SayAttributes(xml, scope, resource);
            Skip(xml);
            return;
        }

        if (parse == "Literal")
        {
            graph.Say(subject, property, new(xml.ReadInnerXml(), false, null));
            return;
        }

        if (xml.IsEmptyElement)
        {
            if (parse == "Resource") { graph.Say(subject, property, new(graph.NewBlank(), true, null)); }
            else if (parse == "Collection") { graph.Say(subject, property, new(ForeignGraph.Nil, true, null)); }
            else { graph.Say(subject, property, new("", false, typed ? null : scope.Language)); }
            xml.Read();
            return;
        }

        xml.Read();
        if (parse == "Resource")
        {
            var blank = graph.NewBlank();
            graph.Say(subject, property, new(blank, true, null));
            while (xml.MoveToContent() == XmlNodeType.Element) { ReadProperty(xml, scope, blank, depth + 1); }
            Close(xml);
            return;
        }

        if (parse == "Collection")
        {
            // Each member stands for itself: what is looked for is what is in the list, not its order.
            while (xml.MoveToContent() == XmlNodeType.Element) { graph.Say(subject, property, new(ReadNode(xml, scope, depth + 1), true, null)); }
            Close(xml);
            return;
        }

        var text = new System.Text.StringBuilder();
        string? thing = null;
        while (true)
        {
            if (xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace)
            {
                text.Append(xml.Value);
                xml.Read();
            }
            else if (xml.NodeType == XmlNodeType.Element) { thing = ReadNode(xml, scope, depth + 1); }
            else { break; }
        }

        graph.Say(subject, property, thing is null ? new(text.ToString(), false, typed ? null : scope.Language) : new(thing, true, null));
        Close(xml);
    }

    private void SayAttributes(XmlReader xml, Scope scope, string subject)
    {
        for (var more = xml.MoveToFirstAttribute(); more; more = xml.MoveToNextAttribute())
        {
            if (xml.NamespaceURI == Rdf && xml.LocalName == "type") { graph.Say(subject, ForeignGraph.Type, new(ForeignGraph.Resolve(scope.Base, xml.Value), true, null)); }
            else if (IsProperty(xml)) { graph.Say(subject, xml.NamespaceURI + xml.LocalName, new(xml.Value, false, scope.Language)); }
        }

        xml.MoveToElement();
    }

    private static bool HasProperties(XmlReader xml)
    {
        var found = false;
        for (var more = xml.MoveToFirstAttribute(); more && !found; more = xml.MoveToNextAttribute()) { found = IsProperty(xml) || (xml.NamespaceURI == Rdf && xml.LocalName == "type"); }
        xml.MoveToElement();
        return found;
    }

    private static bool IsProperty(XmlReader attribute) => attribute.NamespaceURI is not ("" or Rdf or Xml or "http://www.w3.org/2000/xmlns/");

    private static Scope Within(XmlReader xml, Scope outer) => new(
        xml.GetAttribute("base", Xml) is { } own && Uri.TryCreate(outer.Base, own, out var next) ? next : outer.Base,
        xml.GetAttribute("lang", Xml) is { } language ? language.Length == 0 ? null : language.ToLowerInvariant() : outer.Language);

    private static void Skip(XmlReader xml) => xml.Skip();

    private static void Close(XmlReader xml)
    {
        if (xml.MoveToContent() != XmlNodeType.EndElement) { throw new FormatException("unexpected text"); }
        xml.Read();
    }

    private readonly record struct Scope(Uri Base, string? Language);
}
