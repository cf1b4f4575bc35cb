using System.Text.Json.Nodes;
using Zhengtong.Kernel;

namespace Zhengtong.OpenData.Ogc;

/// <summary>Where a client begins, and what the interface conforms to.</summary>
internal static class OgcLanding
{
    private const string Core = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/";
    private const string Tiles = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/";

    internal static IResult Landing(HttpContext http)
    {
        OgcAnswer.OnlyKnows(http);
        var root = OgcAnswer.BaseOf(http) + OgcModule.Root;
        return OgcAnswer.Of(http, new JsonObject
        {
            ["title"] = Text.Of("open-data.ogc.title"),
            ["description"] = Text.Of("open-data.ogc.lead"),
            ["links"] = new JsonArray(
            [
                .. OgcAnswer.SelfLinks(http, OgcAnswer.WantsHtml(http)),
                OgcAnswer.Link($"{root}/api", "service-desc", "application/vnd.oai.openapi+json;version=3.0", "OpenAPI 3.0"),
                OgcAnswer.Link($"{root}/api?f=html", "service-doc", OgcAnswer.Html, "OpenAPI 3.0"),
                OgcAnswer.Link($"{root}/conformance", "conformance", OgcAnswer.Json, Text.Of("open-data.ogc.conformance")),
                OgcAnswer.Link($"{root}/collections", "data", OgcAnswer.Json, Text.Of("open-data.ogc.collections")),
            ]),
        }, Text.Of("open-data.ogc.title"));
    }

    internal static IResult Conformance(HttpContext http)
    {
        OgcAnswer.OnlyKnows(http);
        return OgcAnswer.Of(http, new JsonObject { ["conformsTo"] = new JsonArray(Core + "core", Core + "oas30", Core + "html", Core + "geojson", Tiles + "core", Tiles + "tileset", Tiles + "tilesets-list", Tiles + "geodata-tilesets", Tiles + "mvt") }, Text.Of("open-data.ogc.conformance"));
    }
}
