using System.Text.RegularExpressions;

namespace Zhengtong.Tests.OpenData.Descriptions;

/// <summary>DCAT-AP 3.0.1 as a table, written by hand from the specification: what each class must and should have, at most one of, and what each property leads to.</summary>
internal static partial class DcatRules
{
    /// <summary>Class, mandatory properties, recommended properties, properties of which there is at most one.</summary>
    private static readonly (string Class, string Must, string Should, string AtMostOne)[] Classes =
    [
        ("dcat:Catalog", "dct:title dct:description dct:publisher", "dcat:dataset dcat:service dct:language dct:license dct:issued dct:modified dct:spatial foaf:homepage dcat:themeTaxonomy", "dct:publisher dct:license dct:issued dct:modified foaf:homepage"),
        ("dcat:Dataset", "dct:title dct:description", "", "dct:publisher dct:accessRights dct:accrualPeriodicity dct:issued dct:modified"),
        ("dcat:Distribution", "dcat:accessURL", "dct:description dct:format dct:license dcatap:availability", "dct:format dct:license dcatap:availability dcat:mediaType dcat:byteSize spdx:checksum dct:rights"),
        ("dcat:DataService", "dct:title dcat:endpointURL", "dcat:servesDataset dcat:endpointDescription dct:conformsTo dcat:contactPoint dcat:keyword dcat:theme dct:publisher", "dct:publisher"),
        ("foaf:Agent", "foaf:name", "dct:type", "dct:type"),
        ("spdx:Checksum", "spdx:algorithm spdx:checksumValue", "", "spdx:algorithm spdx:checksumValue"),
        ("vcard:Kind", "vcard:fn", "", ""),
        ("dct:Location", "skos:prefLabel", "", "dcat:bbox dcat:centroid"),
        ("skos:Concept", "skos:prefLabel", "", ""),
        ("skos:ConceptScheme", "dct:title", "", ""),
    ];

    /// <summary>What a dataset in full should have beside what every one must.</summary>
    internal const string FullDataset = "dcat:distribution dcat:keyword dcat:theme dct:publisher dcat:contactPoint dct:spatial dct:temporal dct:identifier dct:issued dct:modified dct:accrualPeriodicity dct:accessRights dct:language dcat:version dcat:landingPage";

    /// <summary>Property and the type of what it leads to.</summary>
    private static readonly Dictionary<string, string> Ranges = new()
    {
        ["dct:publisher"] = "foaf:Agent", ["dcat:contactPoint"] = "vcard:Kind", ["dct:spatial"] = "dct:Location", ["dct:temporal"] = "dct:PeriodOfTime", ["dct:license"] = "dct:LicenseDocument",
        ["dct:rights"] = "dct:RightsStatement", ["dct:accessRights"] = "dct:RightsStatement", ["dct:format"] = "dct:MediaTypeOrExtent", ["dcat:mediaType"] = "dct:MediaType",
        ["dct:language"] = "dct:LinguisticSystem", ["dct:accrualPeriodicity"] = "dct:Frequency", ["dct:conformsTo"] = "dct:Standard", ["dcat:theme"] = "skos:Concept", ["dct:type"] = "skos:Concept",
        ["dcat:landingPage"] = "foaf:Document", ["foaf:homepage"] = "foaf:Document", ["dcat:distribution"] = "dcat:Distribution", ["dcat:accessService"] = "dcat:DataService", ["dcat:service"] = "dcat:DataService",
        ["dcat:dataset"] = "dcat:Dataset", ["dcat:hasVersion"] = "dcat:Dataset", ["dcat:isVersionOf"] = "dcat:Dataset", ["dcat:servesDataset"] = "dcat:Dataset", ["spdx:checksum"] = "spdx:Checksum",
        ["dcatap:availability"] = "skos:Concept", ["adms:status"] = "skos:Concept", ["dcat:themeTaxonomy"] = "skos:ConceptScheme", ["skos:inScheme"] = "skos:ConceptScheme", ["spdx:algorithm"] = "spdx:ChecksumAlgorithm",
        ["dcat:accessURL"] = "rdfs:Resource", ["dcat:downloadURL"] = "rdfs:Resource", ["dcat:endpointURL"] = "rdfs:Resource", ["dcat:endpointDescription"] = "rdfs:Resource",
    };

    /// <summary>Property, type of the literal, its form.</summary>
    private static readonly Dictionary<string, (string Type, Regex Form)> Literals = new()
    {
        ["dct:issued"] = ("xsd:dateTime", Moment()), ["dct:modified"] = ("xsd:dateTime", Moment()), ["dcat:startDate"] = ("xsd:date", Day()), ["dcat:endDate"] = ("xsd:date", Day()),
        ["dcat:byteSize"] = ("xsd:nonNegativeInteger", Digits()), ["spdx:checksumValue"] = ("xsd:hexBinary", Hex()), ["dcat:bbox"] = ("geo:wktLiteral", Box()), ["dcat:centroid"] = ("geo:wktLiteral", Point()),
    };

    /// <summary>Properties whose texts say their language.</summary>
    private static readonly string[] Tagged = ["dct:title", "dct:description", "dcat:keyword", "foaf:name", "vcard:fn", "skos:prefLabel", "adms:versionNotes"];

    /// <summary>Property and the vocabulary from which one of its values must be.</summary>
    private static readonly Dictionary<string, string> Tables = new()
    {
        ["dct:accrualPeriodicity"] = "frequency/", ["dct:language"] = "language/", ["dcatap:availability"] = "planned-availability/", ["adms:status"] = "distribution-status/", ["dct:accessRights"] = "access-right/", ["dcat:theme"] = "data-theme/",
    };

    /// <summary>Everything that is wrong with the graph.</summary>
    internal static IReadOnlyList<string> Faults(IReadOnlyCollection<ReadStatement> graph, params IReadOnlyList<string> fullDatasets)
    {
        var faults = new List<string>();
        var types = graph.Where(s => s.Property == RdfReader.Full("rdf:type")).ToLookup(s => s.Subject, s => s.Value.Text);
        var bySubject = graph.ToLookup(s => (s.Subject, s.Property), s => s.Value);
        IEnumerable<ReadValue> Values(string subject, string property) => bySubject[(subject, RdfReader.Full(property))];
        foreach (var (type, must, should, one) in Classes)
        {
            foreach (var subject in graph.Typed(type))
            {
                faults.AddRange(Names(must, should).Where(p => !Values(subject, p).Any()).Select(p => $"{type} {subject} lacks {p}"));
                faults.AddRange(Names(one).Where(p => Values(subject, p).Count() > 1).Select(p => $"{type} {subject} has more than one {p}"));
            }
        }

        foreach (var subject in fullDatasets) { faults.AddRange(Names(FullDataset).Where(p => !Values(subject, p).Any()).Select(p => $"{subject} lacks {p}")); }
        foreach (var (property, range) in Ranges)
        {
            faults.AddRange(graph.Where(s => s.Property == RdfReader.Full(property) && (!s.Value.IsIri || !types[s.Value.Text].Contains(RdfReader.Full(range)))).Select(s => $"{property} of {s.Subject} is no {range}: {s.Value.Text}"));
        }

        foreach (var (property, (type, form)) in Literals)
        {
            faults.AddRange(graph.Where(s => s.Property == RdfReader.Full(property) && (s.Value.Datatype != RdfReader.Full(type) || !form.IsMatch(s.Value.Text))).Select(s => $"{property} of {s.Subject} is no {type}: {s.Value.Text}"));
        }

        foreach (var property in Tagged)
        {
            faults.AddRange(graph.Where(s => s.Property == RdfReader.Full(property) && (s.Value.IsIri || s.Value.Language is not ("zh" or "en" or "und"))).Select(s => $"{property} of {s.Subject} says no language: {s.Value.Text}"));
        }

        foreach (var (property, table) in Tables)
        {
            foreach (var values in graph.Where(s => s.Property == RdfReader.Full(property)).GroupBy(s => s.Subject, s => s.Value.Text))
            {
                if (!values.Any(v => v.StartsWith("http://publications.europa.eu/resource/authority/" + table, StringComparison.Ordinal))) { faults.Add($"{property} of {values.Key} is not from {table}"); }
            }
        }

        // Whatever is named is typed here; mail, telephone and home page of a contact are addresses, not things.
        faults.AddRange(graph.Where(s => s.Value.IsIri && s.Property != RdfReader.Full("rdf:type") && !s.Property.StartsWith(RdfReader.Full("vcard:has"), StringComparison.Ordinal) && !types.Contains(s.Value.Text))
            .Select(s => $"{s.Value.Text} is not typed; {s.Property} of {s.Subject}"));
        return faults;
    }

    private static IEnumerable<string> Names(params IEnumerable<string> lists) => lists.SelectMany(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
    private static partial Regex Moment();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d$")]
    private static partial Regex Day();

    [GeneratedRegex(@"^\d+$")]
    private static partial Regex Digits();

    [GeneratedRegex("^[0-9a-f]{64}$")]
    private static partial Regex Hex();

    [GeneratedRegex(@"^POLYGON\(\((-?[\d.]+ -?[\d.]+,){4}-?[\d.]+ -?[\d.]+\)\)$")]
    private static partial Regex Box();

    [GeneratedRegex(@"^POINT\(-?[\d.]+ -?[\d.]+\)$")]
    private static partial Regex Point();
}
