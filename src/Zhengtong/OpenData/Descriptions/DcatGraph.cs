using System.Globalization;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.OpenData.Model;
using Zhengtong.Web;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>A page of the catalogue.</summary>
/// <param name="State">The whole catalogue.</param>
/// <param name="Authority">Who answers for it; null when nobody is registered.</param>
/// <param name="Datasets">The datasets of the page.</param>
/// <param name="Total">How many the question finds.</param>
/// <param name="Page">Number of the page, from 1.</param>
/// <param name="AddressOf">Address of a page by its number.</param>
internal sealed record CataloguePart(CatalogueState State, Organisation? Authority, IReadOnlyList<Described> Datasets, int Total, int Page, Func<int, string> AddressOf)
{
    /// <summary>Datasets on a page.</summary>
    internal const int PageSize = 100;

    /// <summary>Number of the last page, from 1.</summary>
    internal int Last => Math.Max(1, (Total + PageSize - 1) / PageSize);
}

/// <summary>Datasets in DCAT-AP 3. Whatever is named as an object is typed in the same document, as its ranges demand.</summary>
internal sealed class DcatGraph
{
    private readonly RdfGraph graph = new();
    private readonly PortalAddress at;

    private DcatGraph(PortalAddress at) => this.at = at;

    /// <summary>One dataset in its current version with the list of its versions, or one version of it.</summary>
    internal static RdfGraph Of(Described dataset, IReadOnlyList<VersionCard> versions, PortalAddress at)
    {
        var dcat = new DcatGraph(at);
        var node = dcat.AddDataset(dataset);
        if (dataset.IsCurrent)
        {
            foreach (var version in versions)
            {
                var card = dcat.graph.Node(at.Version(dataset.Dataset.Id, version.Id), "dcat:Dataset");
                node.Link("dcat:hasVersion", card);
                card.Text("dct:title", dataset.Says.Title).Text("dct:description", dataset.IsClosed || version.ChangeNote.Length == 0 ? dataset.Says.Title : version.ChangeNote)
                    .Value("dcat:version", PublicText.Number(version.Number)).Value("dct:issued", version.PublishedAt is { } published ? PublicText.Moment(published) : null, "xsd:dateTime");
            }
        }
        else
        {
            var whole = dcat.graph.Node(at.Dataset(dataset.Dataset.Id), "dcat:Dataset");
            whole.Text("dct:title", dataset.Dataset.Title).Text("dct:description", dataset.Dataset.Title);
            node.Link("dcat:isVersionOf", whole);
        }

        dcat.AddService([dataset], dataset.Publisher);
        return dcat.graph;
    }

    /// <summary>A page of the catalogue with its datasets in full.</summary>
    internal static RdfGraph Of(CataloguePart part, PortalAddress at)
    {
        var dcat = new DcatGraph(at);
        dcat.AddCatalogue(part);
        return dcat.graph;
    }

    private void AddCatalogue(CataloguePart part)
    {
        var catalogue = graph.Node(at.Home, "dcat:Catalog");
        catalogue.Words("dct:title", "open-data.describe.catalogue").Words("dct:description", "open-data.describe.catalogue.notes")
            .Link("dct:publisher", part.Authority is { } authority ? Agent(authority) : Platform())
            .Link("dct:language", Language("zh")).Link("dct:language", Language("en"))
            .Link("dct:license", LicenceNode(Licence.All[0]))
            .Value("dct:issued", part.State.Issued is { } issued ? PublicText.Moment(issued) : null, "xsd:dateTime")
            .Value("dct:modified", part.State.Modified is { } modified ? PublicText.Moment(modified) : null, "xsd:dateTime")
            .Link("dct:spatial", graph.Node("http://publications.europa.eu/resource/authority/country/CHN", "dct:Location").Value("dct:identifier", "CHN").Text("skos:prefLabel", "China", "en"))
            .Link("foaf:homepage", graph.Node(at.Search, "foaf:Document"))
            .Link("dcat:themeTaxonomy", EuropeanScheme()).Link("dcat:themeTaxonomy", OwnScheme());
        foreach (var dataset in part.Datasets) { catalogue.Link("dcat:dataset", AddDataset(dataset)); }
        if (AddService(part.Datasets, part.Authority) is { } service) { catalogue.Link("dcat:service", service); }

        var page = graph.Node(part.AddressOf(part.Page), "hydra:PagedCollection", "hydra:PartialCollectionView");
        page.Value("hydra:totalItems", PublicText.Number(part.Total), "xsd:integer").Value("hydra:itemsPerPage", PublicText.Number(CataloguePart.PageSize), "xsd:integer");
        Turn("first", 1);
        if (part.Page > 1) { Turn("previous", part.Page - 1); }
        if (part.Page < part.Last) { Turn("next", part.Page + 1); }
        Turn("last", part.Last);

        // Clients of before and after the vocabulary's change of names read them.
        void Turn(string name, int number) => page.Value($"hydra:{name}", part.AddressOf(number)).Value($"hydra:{name}Page", part.AddressOf(number));
    }

    private RdfNode AddDataset(Described dataset)
    {
        var (subject, says) = (dataset.Subject(at), dataset.Says);
        var node = graph.Node(subject, "dcat:Dataset");
        node.Text("dct:title", says.Title).Text("dct:description", string.IsNullOrWhiteSpace(dataset.Notes) ? says.Title : dataset.Notes)
            .Value("dct:identifier", dataset.IsCurrent ? dataset.Dataset.Id.ToString() : dataset.Version.Id.ToString())
            .Value("dct:issued", PublicText.Moment(dataset.IsCurrent ? dataset.Dataset.PublishedAt ?? dataset.PublishedAt : dataset.PublishedAt), "xsd:dateTime")
            .Value("dct:modified", PublicText.Moment(dataset.PublishedAt), "xsd:dateTime")
            .Value("dcat:version", PublicText.Number(dataset.Version.Number)).Text("adms:versionNotes", dataset.ChangeNote)
            .Link("dct:publisher", Agent(dataset.Publisher)).Link("dcat:contactPoint", Contact(dataset, subject))
            .Link("dct:accrualPeriodicity", Concept($"frequency/{Vocabularies.Frequency(says.UpdateCycle)}", "dct:Frequency"))
            .Link("dct:accessRights", Concept($"access-right/{Vocabularies.AccessRight(dataset.Attribute)}", "dct:RightsStatement"))
            .Link("dct:language", Language(PublicText.LanguageOf(says.Title + dataset.Notes)))
            .Link("dct:spatial", Place(dataset, subject))
            .Link("dcat:landingPage", graph.Node(dataset.IsCurrent ? at.Page(dataset.Dataset) : at.Page(dataset.Dataset, dataset.Version.Id), "foaf:Document"));
        foreach (var keyword in dataset.Keywords) { node.Text("dcat:keyword", keyword); }
        foreach (var theme in dataset.Themes) { node.Link("dcat:theme", EuropeanTheme(theme.European)).Link("dcat:theme", OwnTheme(theme)); }
        if (PublicText.Period(says.From, says.To) is not null)
        {
            node.Link("dct:temporal", graph.Node($"{subject}#period", "dct:PeriodOfTime")
                .Value("dcat:startDate", PublicText.Day(says.From), "xsd:date").Value("dcat:endDate", PublicText.Day(says.To), "xsd:date"));
        }

        foreach (var resource in dataset.Resources) { node.Link("dcat:distribution", AddDistribution(dataset, resource)); }
        return node;
    }

    private RdfNode AddDistribution(Described dataset, DatasetResource resource)
    {
        var address = at.Resource(dataset.Dataset.Id, resource.Id);
        var iri = dataset.IsCurrent ? address : $"{dataset.Subject(at)}#{resource.Id}";
        var node = graph.Node(iri, "dcat:Distribution");
        node.Text("dct:title", resource.Name).Text("dct:description", resource.Description.Length > 0 ? resource.Description : resource.Name)
            .Link("dcat:accessURL", graph.Node(dataset.IsCurrent ? address : $"{address}?version={dataset.Version.Id}", "rdfs:Resource"))
            .Link("dct:format", Format(resource.Format)).Link("dct:license", LicenceNode(dataset.Licence)).Link("dct:rights", Rights(dataset))
            .Link("dcatap:availability", Concept("planned-availability/STABLE", "skos:Concept")).Link("adms:status", Concept("distribution-status/COMPLETED", "skos:Concept"))
            .Value("dct:issued", PublicText.Moment(dataset.PublishedAt), "xsd:dateTime").Value("dct:modified", PublicText.Moment(dataset.PublishedAt), "xsd:dateTime")
            .Value("dcat:byteSize", PublicText.Number(resource.Bytes), "xsd:nonNegativeInteger");
        if (Vocabularies.IanaMediaType(resource.MediaType) is { } mediaType)
        {
            node.Link("dcat:mediaType", graph.Node(mediaType, "dct:MediaType").Value("rdfs:label", resource.MediaType.ToLowerInvariant()));
        }

        if (dataset.Download(at, resource) is not { } download) { return node; }
        node.Link("dcat:downloadURL", graph.Node(download, "rdfs:Resource")).Link("spdx:checksum", graph.Node($"{iri}#checksum", "spdx:Checksum")
            .Link("spdx:algorithm", graph.Node("http://spdx.org/rdf/terms#checksumAlgorithm_sha256", "spdx:ChecksumAlgorithm")).Value("spdx:checksumValue", resource.Content.Value, "xsd:hexBinary"));
        if (dataset.IsCurrent && resource.Table is not null) { node.Link("dcat:accessService", $"{at.Ckan}/action/datastore_search"); }
        return node;
    }

    /// <summary>The interface through which tables are asked row by row, when one of the datasets has a table that is given.</summary>
    private RdfNode? AddService(IReadOnlyList<Described> datasets, Organisation? publisher)
    {
        var served = datasets.Where(d => d.IsCurrent && d.GivesData && d.Resources.Any(r => r.Table is not null)).ToList();
        if (served.Count == 0) { return null; }
        var service = graph.Node($"{at.Ckan}/action/datastore_search", "dcat:DataService");
        service.Words("dct:title", "open-data.describe.service").Words("dct:description", "open-data.describe.service.notes").Words("dcat:keyword", "open-data.describe.service.keyword")
            .Link("dcat:endpointURL", graph.Node(at.Ckan, "rdfs:Resource")).Link("dcat:endpointDescription", graph.Node($"{at.Ckan}/action/status_show", "rdfs:Resource"))
            .Link("dct:conformsTo", graph.Node("https://docs.ckan.org/en/2.11/api/", "dct:Standard").Text("dct:title", "CKAN Action API, version 3", "en"))
            .Link("dct:publisher", publisher is { } known ? Agent(known) : Platform())
            .Link("dcat:contactPoint", graph.Node($"{at.Home}#contact", "vcard:Organization", "vcard:Kind").Words("vcard:fn", "open-data.describe.catalogue").Link("vcard:hasURL", at.Home))
            .Link("dcat:theme", EuropeanTheme("GOVE"));
        foreach (var dataset in served) { service.Link("dcat:servesDataset", graph.Node(dataset.Subject(at), "dcat:Dataset")); }
        return service;
    }

    private RdfNode Agent(Organisation organisation)
    {
        var level = organisation.Region.Level == RegionLevel.Province ? "RegionalAuthority" : "LocalAuthority";
        return graph.Node(at.Organisation(organisation.Id), "foaf:Agent").Text("foaf:name", organisation.Name).Value("dct:identifier", organisation.CreditCode.Value)
            .Link("dct:type", graph.Node($"http://purl.org/adms/publishertype/{level}", "skos:Concept").Text("skos:prefLabel", level == "LocalAuthority" ? "Local Authority" : "Regional authority", "en"));
    }

    private RdfNode Platform() => graph.Node($"{at.Home}#platform", "foaf:Agent").Words("foaf:name", "open-data.describe.catalogue")
        .Link("dct:type", graph.Node("http://purl.org/adms/publishertype/LocalAuthority", "skos:Concept").Text("skos:prefLabel", "Local Authority", "en"));

    private RdfNode Contact(Described dataset, string subject) => graph.Node($"{subject}#contact", "vcard:Organization", "vcard:Kind").Text("vcard:fn", dataset.Says.ContactName)
        .Link("vcard:hasEmail", PublicText.Mail(dataset.Says.ContactMail)).Link("vcard:hasTelephone", PublicText.Phone(dataset.Says.ContactPhone));

    private RdfNode Place(Described dataset, string subject)
    {
        var node = graph.Node($"{subject}#place", "dct:Location").Text("skos:prefLabel", dataset.Place).Value("dct:identifier", dataset.Region.ToString());
        return Extent.Of(dataset.Resources) is not { } e ? node : node
            .Value("dcat:bbox", string.Create(CultureInfo.InvariantCulture, $"POLYGON(({e.West} {e.South},{e.East} {e.South},{e.East} {e.North},{e.West} {e.North},{e.West} {e.South}))"), "geo:wktLiteral")
            .Value("dcat:centroid", string.Create(CultureInfo.InvariantCulture, $"POINT({(e.West + e.East) / 2} {(e.South + e.North) / 2})"), "geo:wktLiteral");
    }

    private RdfNode Format(string format) => Vocabularies.FileType(format) is { } type
        ? graph.Node($"{Vocabularies.European}file-type/{type}", "dct:MediaTypeOrExtent").Value("rdfs:label", type)
        : graph.Node($"{at.Search}?format={Uri.EscapeDataString(format)}", "dct:MediaTypeOrExtent").Value("rdfs:label", format);

    private RdfNode LicenceNode(Licence licence) => graph.Node(licence.European is { } known ? $"{Vocabularies.European}licence/{known}" : at.Licence(licence), "dct:LicenseDocument")
        .Words("dct:title", $"open-data.licence.{licence.Id}");

    private RdfNode Rights(Described dataset)
    {
        if (dataset.Condition is { Length: > 0 } condition) { return graph.Node($"{dataset.Subject(at)}#rights", "dct:RightsStatement").Text("rdfs:label", condition); }
        var attribute = Show.Kebab(dataset.Attribute.ToString());
        return graph.Node($"{at.Base}/open/terms#attribute-{attribute}", "dct:RightsStatement").Words("rdfs:label", $"open-data.attribute.{attribute}");
    }

    private RdfNode Concept(string name, string type) => graph.Node(Vocabularies.European + name, type).Text("skos:prefLabel", name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..], "en");

    private RdfNode Language(string language) => Concept(language == "en" ? "language/ENG" : "language/ZHO", "dct:LinguisticSystem");

    private RdfNode EuropeanTheme(string id) => graph.Node($"{Vocabularies.European}data-theme/{id}", "skos:Concept").Text("skos:prefLabel", Vocabularies.EuropeanThemes[id], "en").Link("skos:inScheme", EuropeanScheme());

    private RdfNode OwnTheme(Theme theme) => graph.Node(at.Theme(theme.Id), "skos:Concept").Words("skos:prefLabel", $"open-data.theme.{theme.Id}").Link("skos:inScheme", OwnScheme());

    private RdfNode EuropeanScheme() => graph.Node($"{Vocabularies.European}data-theme", "skos:ConceptScheme").Text("dct:title", "Data theme", "en");

    private RdfNode OwnScheme() => graph.Node(at.Themes, "skos:ConceptScheme").Words("dct:title", "open-data.describe.themes");
}

/// <summary>What ground places cover, in WGS 84.</summary>
internal sealed record Extent(double West, double South, double East, double North)
{
    /// <summary>The extent of all tables together; null when none has places.</summary>
    internal static Extent? Of(IEnumerable<DatasetResource> resources)
    {
        var boxes = resources.Select(r => r.Table?.Places?.Extent).Where(e => e is { Count: 4 }).Select(e => e!).ToList();
        return boxes.Count == 0 ? null : new Extent(boxes.Min(b => b[0]), boxes.Min(b => b[1]), boxes.Max(b => b[2]), boxes.Max(b => b[3]));
    }
}
