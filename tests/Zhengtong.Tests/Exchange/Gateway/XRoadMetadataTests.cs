using System.Text.Json.Nodes;
using Zhengtong.Exchange.Gateway;

namespace Zhengtong.Tests.Exchange.Gateway;

/// <summary>What a description says of a service tells nobody where the provider's machine stands.</summary>
public sealed class XRoadMetadataTests
{
    [Fact]
    public void HideServers_AddressesInEveryPlace_NoneIsLeft()
    {
        var document = JsonNode.Parse("""
            {
              "paths": { "/a": {
                "servers": [{ "url": "http://10.0.0.1/" }],
                "get": {
                  "servers": [{ "url": "http://10.0.0.2/" }],
                  "responses": { "200": { "links": { "next": { "server": { "url": "http://10.0.0.3/" }, "operationId": "a" } } } },
                  "callbacks": { "told": { "{$request.body#/url}": { "servers": [{ "url": "http://10.0.0.4/" }], "post": { "servers": [{ "url": "http://10.0.0.5/" }] } } } }
                } } },
              "webhooks": { "new": { "servers": [{ "url": "http://10.0.0.6/" }] } },
              "components": { "pathItems": { "b": { "servers": [{ "url": "http://10.0.0.7/" }] } }, "links": { "l": { "server": { "url": "http://10.0.0.8/" } } } }
            }
            """);
        XRoadMetadata.HideServers(document);
        document!.ToJsonString().ShouldNotContain("10.0.0.");
        document["paths"]!["/a"]!["get"]!["responses"]!["200"]!["links"]!["next"]!["operationId"]!.GetValue<string>().ShouldBe("a");
    }

    [Fact]
    public void HideServers_DataOfThatName_Stays()
    {
        const string text = """{"components":{"schemas":{"farm":{"properties":{"servers":{"type":"array"}},"required":["servers"]}},"responses":{"servers":{"description":"x"}},"examples":{"e":{"value":{"servers":["a"]}}}}}""";
        var document = JsonNode.Parse(text);
        XRoadMetadata.HideServers(document);
        document!.ToJsonString().ShouldBe(text);
    }
}
