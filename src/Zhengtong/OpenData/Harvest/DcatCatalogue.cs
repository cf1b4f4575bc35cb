using System.Globalization;
using Zhengtong.OpenData.Descriptions;

namespace Zhengtong.OpenData.Harvest;

/// <summary>Reads a DCAT catalogue, in any of its syntaxes, and finds the page behind by Hydra's links under their old and new names.</summary>
internal sealed class DcatCatalogue(PortalConnections connections)
{
    /// <summary>UTF-16 units of all datasets of a page: many may name the same distributions, and each is kept with them.</summary>
    private const long MostCharacters = 64_000_000;

    private const int MostThemes = 100;

    private const string Accept = "text/turtle, application/rdf+xml;q=0.9, application/ld+json;q=0.8, application/xml;q=0.5, */*;q=0.1";

    /// <summary>The page at that address.</summary>
    /// <exception cref="HarvestFault">It cannot be had, or is none.</exception>
    internal async Task<ForeignPage> ReadAsync(string address, CancellationToken ct)
    {
        var answer = await connections.GetAsync(new Uri(address), Accept, ct);
        var graph = ForeignGraph.Read(answer.MediaType, answer.Body, answer.Address);
        var named = graph.Everywhere(Name("dcat:dataset")).Where(v => v.IsThing).Select(v => v.Text).Distinct(StringComparer.Ordinal).ToList();
        // Without a catalogue that names them, whatever is a dataset.
        var things = named.Count > 0 ? named : [.. graph.OfType(Name("dcat:Dataset"))];
        // A catalogue may be empty, and so may the last of its pages; anything else without a dataset is no catalogue, and nothing is withdrawn for it.
        if (things.Count == 0 && !graph.OfType(Name("dcat:Catalog")).Any() && !graph.Speaks(Name("hydra:"))) { throw new HarvestFault("unreadable", "DCAT"); }
        var next = new[] { "hydra:next", "hydra:nextPage" }.SelectMany(p => graph.Everywhere(Name(p))).Select(v => ForeignGraph.Resolve(answer.Address, v.Text.Trim())).FirstOrDefault();
        if (next is not null && !PortalConnections.IsAddress(next)) { throw new HarvestFault("bad-address", ForeignDataset.Line(next, 200)); }
        if (next is not null && (next == address || next == answer.Address.AbsoluteUri)) { throw new HarvestFault("loop", ForeignDataset.Line(next, 200)); }
        var datasets = new List<ForeignDataset>();
        var characters = 0L;
        foreach (var thing in things)
        {
            datasets.Add(DatasetOf(graph, thing));
            if ((characters += datasets[^1].Characters) > MostCharacters) { throw new HarvestFault("page-too-large", $"{characters}"); }
        }

        return new ForeignPage(datasets, next);
    }

    private static ForeignDataset DatasetOf(ForeignGraph graph, string thing)
    {
        var isAddress = PortalConnections.IsAddress(thing);
        return new ForeignDataset
        {
            Identifier = Best(graph, thing, "dct:identifier") is { Length: > 0 } said ? said : thing.StartsWith("_:", StringComparison.Ordinal) ? null : thing,
            Title = Best(graph, thing, "dct:title"),
            Notes = Best(graph, thing, "dct:description"),
            Organisation = Named(graph, thing, "dct:publisher", "foaf:name") ?? Named(graph, thing, "dct:creator", "foaf:name"),
            Licences = [.. Licences(graph, thing).Concat(Values(graph, thing, "dcat:distribution").Where(d => d.IsThing).SelectMany(d => Licences(graph, d.Text))).Distinct(StringComparer.Ordinal).Take(20)],
            Themes = [.. Values(graph, thing, "dcat:theme").SelectMany(t => t.IsThing ? Values(graph, t.Text, "skos:prefLabel").Select(l => l.Text).Prepend(t.Text) : [t.Text]).Take(MostThemes)],
            Keywords = [.. Values(graph, thing, "dcat:keyword").Where(k => !k.IsThing).Select(k => k.Text)],
            Page = Values(graph, thing, "dcat:landingPage").Select(v => v.Text).FirstOrDefault(PortalConnections.IsAddress) ?? (isAddress ? thing : null),
            Modified = Best(graph, thing, "dct:modified") ?? Best(graph, thing, "dct:issued"),
            Distributions = [.. Values(graph, thing, "dcat:distribution").Where(d => d.IsThing).Select(d => DistributionOf(graph, d.Text))],
        };
    }

    private static ForeignDistribution DistributionOf(ForeignGraph graph, string thing)
    {
        var address = Values(graph, thing, "dcat:downloadURL").Concat(Values(graph, thing, "dcat:accessURL")).Select(v => v.Text).FirstOrDefault();
        var bytes = Best(graph, thing, "dcat:byteSize") is { } size && decimal.TryParse(size, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is >= 0 and < 1e18m ? (long?)number : null;
        return new(Best(graph, thing, "dct:title"), address, Format(graph, thing), bytes, Best(graph, thing, "dct:description"));
    }

    private static string? Format(ForeignGraph graph, string distribution)
    {
        foreach (var value in Values(graph, distribution, "dct:format").Concat(Values(graph, distribution, "dcat:mediaType")))
        {
            if (!value.IsThing) { return value.Text; }
            if (Best(graph, value.Text, "rdfs:label") is { Length: > 0 } label) { return label; }
            if (!value.Text.StartsWith("_:", StringComparison.Ordinal)) { return value.Text; }
        }

        return null;
    }

    private static IEnumerable<string> Licences(ForeignGraph graph, string thing) => Values(graph, thing, "dct:license").SelectMany(l => !l.IsThing ? [l.Text]
        : new[] { l.Text.StartsWith("_:", StringComparison.Ordinal) ? null : l.Text, Best(graph, l.Text, "dct:title"), Best(graph, l.Text, "rdfs:label") }.OfType<string>());

    /// <summary>The name of what the property relates to, or its text.</summary>
    private static string? Named(ForeignGraph graph, string thing, string property, string name) =>
        Values(graph, thing, property).Select(v => v.IsThing ? Best(graph, v.Text, name) ?? Best(graph, v.Text, "vcard:fn") ?? Best(graph, v.Text, "rdfs:label") : v.Text).FirstOrDefault(n => !string.IsNullOrWhiteSpace(n));

    /// <summary>The text in Chinese, else in no language, else in English, else in any.</summary>
    private static string? Best(ForeignGraph graph, string thing, string property) =>
        Values(graph, thing, property).Where(v => v.Text.Length > 0).OrderBy(v => v.Language switch { null => 1, "zh" => 0, "en" => 2, var l when l.StartsWith("zh-", StringComparison.Ordinal) => 0, _ => 3 }).Select(v => v.Text).FirstOrDefault();

    private static IEnumerable<ForeignValue> Values(ForeignGraph graph, string thing, string property) => graph.Values(thing, Name(property));

    private static string Name(string prefixed)
    {
        var colon = prefixed.IndexOf(':', StringComparison.Ordinal);
        return RdfSyntax.Prefixes[prefixed[..colon]] + prefixed[(colon + 1)..];
    }
}
