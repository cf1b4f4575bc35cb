using System.Text;
using Zhengtong.OpenData.Harvest;

namespace Zhengtong.Tests.OpenData.Harvest;

/// <summary>The same statements in three syntaxes, as different writers write them.</summary>
public sealed class ForeignGraphTests
{
    private const string Dct = "http://purl.org/dc/terms/";
    private const string Dcat = "http://www.w3.org/ns/dcat#";
    private static readonly Uri Base = new("https://data.example/catalog");

    private const string Turtle = """
        # a comment
        @prefix dcat: <http://www.w3.org/ns/dcat#> .
        PREFIX dct: <http://purl.org/dc/terms/>
        @base <https://data.example/x/> .
        <set> a dcat:Dataset ; dct:title "空气"@zh, 'Air "x"'@en ; dct:description '''two
        lines \u4e2d''' ;
          dcat:keyword "a;b", "c,d" ; dct:issued "2026-01-05"^^<http://www.w3.org/2001/XMLSchema#date> ;
          dct:publisher [ a <http://xmlns.com/foaf/0.1/Agent> ; <http://xmlns.com/foaf/0.1/name> "局" ] ;
          dcat:byteSize 2835916 ; dct:list ( "one" <two> ) ;
          dcat:distribution _:d1 ; .
        _:d1 dcat:accessURL <../file.csv> .
        """;

    private const string Xml = """
        <?xml version="1.0" encoding="utf-8"?>
        <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dcat="http://www.w3.org/ns/dcat#" xmlns:dct="http://purl.org/dc/terms/" xmlns:foaf="http://xmlns.com/foaf/0.1/" xml:base="https://data.example/x/">
          <dcat:Dataset rdf:about="set" dcat:byteSize="2835916">
            <dct:title xml:lang="zh">空气</dct:title><dct:title xml:lang="en">Air "x"</dct:title>
            <dct:description>two
        lines &#x4e2d;</dct:description>
            <dcat:keyword>a;b</dcat:keyword><dcat:keyword><![CDATA[c,d]]></dcat:keyword>
            <dct:issued rdf:datatype="http://www.w3.org/2001/XMLSchema#date">2026-01-05</dct:issued>
            <dct:publisher><foaf:Agent><foaf:name>局</foaf:name></foaf:Agent></dct:publisher>
            <dcat:distribution rdf:parseType="Resource"><dcat:accessURL rdf:resource="../file.csv"/></dcat:distribution>
          </dcat:Dataset>
        </rdf:RDF>
        """;

    private const string Json = """
        {"@context": ["https://context.example/remote.jsonld", {"@base": "https://data.example/x/", "title": {"@id": "dct:title", "@container": "@language"}, "id": "@id", "type": "@type",
            "link": {"@id": "dcat:accessURL", "@type": "@id"}, "issued": {"@id": "dct:issued", "@type": "http://www.w3.org/2001/XMLSchema#date"}, "@vocab": "http://www.w3.org/ns/dcat#"}],
         "id": "set", "type": "Dataset", "title": {"zh": "空气", "en": "Air \"x\""}, "dct:description": "two\nlines \u4e2d", "keyword": ["a;b", {"@value": "c,d"}], "issued": "2026-01-05",
         "byteSize": 2835916, "dct:publisher": {"type": "foaf:Agent", "foaf:name": "局"}, "distribution": [{"link": "../file.csv"}]}
        """;

    [Fact]
    public void Read_AddressesFromTheRoot_AreOfThePortal()
    {
        var graph = ForeignGraph.Read("text/turtle", "</set> <http://www.w3.org/ns/hydra/core#next> </catalog?page=2>, <//other.example/x>, <?page=3>, <urn:a> ."u8.ToArray(), Base);
        graph.Values("https://data.example/set", "http://www.w3.org/ns/hydra/core#next").Select(v => v.Text).ShouldBe(["https://data.example/catalog?page=2", "https://other.example/x", "https://data.example/catalog?page=3", "urn:a"]);
    }

    [Theory]
    [InlineData("text/turtle", Turtle)]
    [InlineData("", Turtle)]
    [InlineData("application/rdf+xml", Xml)]
    [InlineData("text/plain", Xml)]
    [InlineData("application/ld+json", Json)]
    [InlineData("application/octet-stream", Json)]
    public void Read_EachSyntax_GivesTheSameStatements(string mediaType, string text)
    {
        var graph = ForeignGraph.Read(mediaType, Encoding.UTF8.GetBytes(text), Base);
        const string set = "https://data.example/x/set";
        graph.OfType(Dcat + "Dataset").ShouldBe([set]);
        graph.Values(set, Dct + "title").Select(v => (v.Language, v.Text)).ShouldBe([("zh", "空气"), ("en", "Air \"x\"")], ignoreOrder: true);
        graph.Values(set, Dct + "description").Single().Text.ReplaceLineEndings("\n").ShouldBe("two\nlines 中");
        graph.Values(set, Dcat + "keyword").Select(v => v.Text).ShouldBe(["a;b", "c,d"]);
        graph.Values(set, Dct + "issued").Single().ShouldBe(new ForeignValue("2026-01-05", false, null));
        graph.Values(set, Dcat + "byteSize").Single().Text.ShouldBe("2835916");
        var agent = graph.Values(set, Dct + "publisher").Single();
        agent.IsThing.ShouldBeTrue();
        graph.Values(agent.Text, "http://xmlns.com/foaf/0.1/name").Single().Text.ShouldBe("局");
        graph.Values(graph.Values(set, Dcat + "distribution").Single().Text, Dcat + "accessURL").Single().ShouldBe(new ForeignValue("https://data.example/file.csv", true, null));
    }
}
