using System.Text.Json.Nodes;
using Zhengtong.Kernel;

namespace Zhengtong.OpenData.Ogc;

/// <summary>The interface's definition as OpenAPI 3.0.</summary>
internal static class OgcDefinition
{
    private const string MediaType = "application/vnd.oai.openapi+json;version=3.0";

    internal static IResult Handle(HttpContext http)
    {
        OgcAnswer.OnlyKnows(http);
        return OgcAnswer.Of(http, new JsonObject
        {
            ["openapi"] = "3.0.3",
            ["info"] = new JsonObject { ["title"] = Text.Of("open-data.ogc.title"), ["description"] = Text.Of("open-data.ogc.lead"), ["version"] = "1.0.0" },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = OgcAnswer.BaseOf(http) + OgcModule.Root }),
            ["paths"] = new JsonObject
            {
                ["/"] = Get("getLandingPage", OgcAnswer.Json, "landingPage"),
                ["/conformance"] = Get("getConformanceDeclaration", OgcAnswer.Json, "confClasses"),
                ["/api"] = Get("getDefinition", MediaType, null),
                ["/collections"] = Get("getCollections", OgcAnswer.Json, "collections", Query("offset", Whole(0, int.MaxValue - OgcCollections.PageSize, 0))),
                ["/collections/{collectionId}"] = Get("describeCollection", OgcAnswer.Json, "collection", Path("collectionId")),
                ["/collections/{collectionId}/items"] = Get("getFeatures", OgcAnswer.GeoJson, "featureCollectionGeoJSON", Path("collectionId"),
                    Query("limit", Whole(1, OgcItems.MostLimit, OgcItems.DefaultLimit)),
                    Query("bbox", new JsonObject { ["type"] = "array", ["minItems"] = 4, ["maxItems"] = 6, ["items"] = new JsonObject { ["type"] = "number" } }, explode: false),
                    Query("datetime", new JsonObject { ["type"] = "string" }),
                    Query("cursor", new JsonObject { ["type"] = "string" }),
                    Query("properties", new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" } }, explode: true)),
                ["/collections/{collectionId}/items/{featureId}"] = Get("getFeature", OgcAnswer.GeoJson, "featureGeoJSON", Path("collectionId"), Path("featureId")),
                ["/collections/{collectionId}/tiles"] = Get("getTilesets", OgcAnswer.Json, null, Path("collectionId")),
                ["/collections/{collectionId}/tiles/{tileMatrixSetId}"] = Get("getTileset", OgcAnswer.Json, null, Path("collectionId"), Path("tileMatrixSetId")),
                ["/collections/{collectionId}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}"] = Tile(),
            },
            ["components"] = new JsonObject
            {
                ["schemas"] = new JsonObject
                {
                    ["link"] = Members(["href", "rel"], ("href", Typed("string")), ("rel", Typed("string")), ("type", Typed("string")), ("title", Typed("string"))),
                    ["landingPage"] = Members(["links"], ("title", Typed("string")), ("description", Typed("string")), ("links", ListOf("link"))),
                    ["confClasses"] = Members(["conformsTo"], ("conformsTo", new JsonObject { ["type"] = "array", ["items"] = Typed("string") })),
                    ["collection"] = Members(["id", "links"], ("id", Typed("string")), ("title", Typed("string")), ("description", Typed("string")), ("itemType", Typed("string")),
                        ("crs", new JsonObject { ["type"] = "array", ["items"] = Typed("string") }), ("extent", Typed("object")), ("links", ListOf("link"))),
                    ["collections"] = Members(["links", "collections"], ("links", ListOf("link")), ("collections", ListOf("collection"))),
                    ["featureGeoJSON"] = Members(["type", "geometry", "properties"], ("type", One("Feature")), ("id", Typed("integer")), ("geometry", new JsonObject { ["type"] = "object", ["nullable"] = true }),
                        ("properties", Typed("object")), ("links", ListOf("link"))),
                    ["featureCollectionGeoJSON"] = Members(["type", "features"], ("type", One("FeatureCollection")), ("features", ListOf("featureGeoJSON")), ("links", ListOf("link")),
                        ("timeStamp", new JsonObject { ["type"] = "string", ["format"] = "date-time" }), ("numberMatched", Typed("integer")), ("numberReturned", Typed("integer"))),
                    ["problem"] = Members([], ("type", Typed("string")), ("title", Typed("string")), ("status", Typed("integer")), ("detail", Typed("string")), ("code", Typed("string"))),
                },
            },
        }, "OpenAPI", MediaType);
    }

    private static JsonObject Get(string id, string type, string? schema, params JsonObject[] parameters)
    {
        var shape = schema is null ? Typed("object") : Reference(schema);
        return new JsonObject
        {
            ["get"] = new JsonObject
            {
                ["operationId"] = id,
                ["parameters"] = new JsonArray([.. parameters, Query("f", new JsonObject { ["type"] = "string", ["enum"] = new JsonArray("json", "html") })]),
                ["responses"] = new JsonObject
                {
                    ["200"] = new JsonObject
                    {
                        ["description"] = "OK",
                        ["content"] = new JsonObject { [type] = new JsonObject { ["schema"] = shape }, [OgcAnswer.Html] = new JsonObject { ["schema"] = Typed("string") } },
                    },
                    ["400"] = Problem("A parameter is unknown or cannot be read"),
                    ["404"] = Problem("There is no such thing"),
                },
            },
        };
    }

    private static JsonObject Tile() => new()
    {
        ["get"] = new JsonObject
        {
            ["operationId"] = "getTile",
            ["parameters"] = new JsonArray(Path("collectionId"), Path("tileMatrixSetId"), Path("tileMatrix"), Path("tileRow"), Path("tileCol"), Query("f", new JsonObject { ["type"] = "string", ["enum"] = new JsonArray("mvt") })),
            ["responses"] = new JsonObject
            {
                ["200"] = new JsonObject
                {
                    ["description"] = "OK",
                    ["content"] = new JsonObject { [Tiles.VectorTile.MediaType] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string", ["format"] = "binary" } } },
                },
                ["204"] = new JsonObject { ["description"] = "Nothing lies there" },
                ["400"] = Problem("A parameter is unknown or cannot be read"),
                ["404"] = Problem("There is no such thing"),
            },
        },
    };

    private static JsonObject Problem(string description) => new()
    {
        ["description"] = description,
        ["content"] = new JsonObject { ["application/problem+json"] = new JsonObject { ["schema"] = Reference("problem") } },
    };

    private static JsonObject Path(string name) => new() { ["name"] = name, ["in"] = "path", ["required"] = true, ["schema"] = Typed("string") };

    private static JsonObject Query(string name, JsonObject schema, bool? explode = null)
    {
        var parameter = new JsonObject { ["name"] = name, ["in"] = "query", ["required"] = false, ["schema"] = schema };
        if (explode is not null) { (parameter["style"], parameter["explode"]) = ("form", explode); }
        return parameter;
    }

    private static JsonObject Whole(int least, int most, int usual) => new() { ["type"] = "integer", ["minimum"] = least, ["maximum"] = most, ["default"] = usual };

    private static JsonObject Members(string[] required, params (string Name, JsonObject Schema)[] members)
    {
        var schema = new JsonObject { ["type"] = "object" };
        if (required.Length > 0) { schema["required"] = new JsonArray([.. required]); }
        schema["properties"] = new JsonObject(members.Select(m => KeyValuePair.Create<string, JsonNode?>(m.Name, m.Schema)));
        return schema;
    }

    private static JsonObject Typed(string type) => new() { ["type"] = type };

    private static JsonObject One(string value) => new() { ["type"] = "string", ["enum"] = new JsonArray(value) };

    private static JsonObject ListOf(string schema) => new() { ["type"] = "array", ["items"] = Reference(schema) };

    private static JsonObject Reference(string schema) => new() { ["$ref"] = $"#/components/schemas/{schema}" };
}
