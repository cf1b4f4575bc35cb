using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Zhengtong.OpenData.Ckan;
using Zhengtong.OpenData.OData;
using Zhengtong.Tests.OpenData.Ckan;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData;

/// <summary>A thousand wrong calls to each interface: each is answered, or refused in the interface's own shape, and none ends in a fault of ours.</summary>
[OnDatabase]
public sealed class HostileParametersTests(PlatformFixture platform)
{
    private const int Calls = 1_000;

    [Fact]
    public async Task Ckan_PackageSearchAndShow_RefuseInTheirShape()
    {
        var made = await Toilets.PublishAsync(platform);
        var hostile = new HostileCalls(11, made.Name, "title:公厕", "+organization:(a OR b) +res_format:CSV", "metadata_modified:[NOW-30DAYS TO *]", "score desc, metadata_modified desc", "[\"tags\",\"organization\"]", "公厕");
        var actions = CkanActions.All.Where(a => a.Reads && !a.Name.StartsWith("datastore", StringComparison.Ordinal)).ToList();
        await CountedAsync(async client =>
        {
            var action = hostile.Pick(actions);
            return await CkanShape(await client.GetAsync($"/api/3/action/{action.Name}?{hostile.Query(action.Parameters.Count == 0 ? ["id"] : action.Parameters)}"));
        });
    }

    [Fact]
    public async Task Ckan_Writes_RefuseInTheirShape()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var package = Publishing.Openers.NewName();
        await client.Call("package_create", new { name = package });
        var table = (await client.Call("datastore_create", new { resource = new { package_id = package }, fields = new[] { new { id = "a", type = "int" }, new { id = "b", type = "text" } }, primary_key = new[] { "a" }, records = new[] { new { a = 1, b = "x" } } })).GetProperty("resource_id").GetString()!;
        var hostile = new HostileCalls(12, package, table, "{\"a\":1}", "[{\"a\":1,\"b\":\"y\"}]", "[{\"id\":\"a\",\"type\":\"int\"}]", "[{\"key\":\"open_attribute\",\"value\":\"conditional\"}]", "upsert");
        // What would take away what the others are tried on is tried on what is not there.
        string[] ends = ["package_update", "resource_delete", "package_delete", "dataset_purge", "datastore_delete"];
        var actions = CkanActions.All.Where(a => !a.Reads).ToList();
        var refused = 0;
        for (var n = 0; n < Calls; n++)
        {
            var action = hostile.Pick(actions);
            var body = hostile.Object(action.Parameters.Count == 0 ? ["id"] : action.Parameters);
            if (!ends.Contains(action.Name) && n % 3 != 0)
            {
                if (action.Parameters.Contains("resource_id")) { body["resource_id"] = table; }
                if (action.Parameters.Contains("id")) { body["id"] = action.Name.StartsWith("package", StringComparison.Ordinal) ? package : table; }
            }

            if (ends.Contains(action.Name)) { body.Remove("name"); }
            if (await CkanShape(await client.Send(action.Name, body))) { refused++; }
        }

        refused.ShouldBeGreaterThan(Calls / 2);
    }

    [Fact]
    public async Task Ckan_Datastore_RefusesInItsShape()
    {
        var made = await Toilets.PublishAsync(platform);
        var id = made[0].Id.ToString();
        var hostile = new HostileCalls(13, id, "{\"名称\":\"公厕1号\"}", "{\"蹲位\":{\"gte\":1,\"lt\":9}}", "{\"$or\":[{\"蹲位\":1}]}", "蹲位 desc nulls last, \"面积 m²\" asc", "_id,名称", "公厕 & !2:*", "objects", "csv");
        await CountedAsync(async client =>
        {
            var query = hostile.Query(DatastoreSearch.Parameters);
            return await CkanShape(await client.GetAsync($"/api/action/{hostile.Pick((string[])["datastore_search", "datastore_search", "datastore_info"])}?resource_id={id}&limit=5&{query}"));
        });
    }

    [Fact]
    public async Task Ckan_Sql_RefusesInItsShape()
    {
        var made = await Toilets.PublishAsync(platform);
        var t = $"\"{made[0].Id}\"";
        string[] good =
        [
            $"SELECT * FROM {t} LIMIT 3", $"SELECT 名称, count(*) AS n FROM {t} WHERE 蹲位 BETWEEN 1 AND 5 GROUP BY 名称 HAVING count(*) > 0 ORDER BY 2 DESC NULLS LAST LIMIT 5 OFFSET 1",
            $"SELECT DISTINCT upper(名称) || 'x', 蹲位::text FROM {t} WHERE 名称 ILIKE '%1%' AND NOT (lon IS NULL OR 无障碍) LIMIT 5", $"SELECT a.名称 FROM {t} AS a LEFT JOIN {t} b ON a._id = b._id WHERE a.建成 >= '2001-01-01' LIMIT 4",
            $"SELECT extract(year FROM 建成), sum(\"面积 m²\") / 0, round(avg(蹲位), 2), coalesce(min(lat), 1.5e3) FROM {t} GROUP BY 1", $"SELECT date_trunc('month', 更新), substring(名称 FROM 1 FOR 2) FROM {t}",
        ];
        var hostile = new HostileCalls(14, good);
        await CountedAsync(async client => await CkanShape(await client.PostAsync("/api/3/action/datastore_search_sql", JsonContent.Create(new { sql = hostile.Value() }))));
    }

    [Fact]
    public async Task Dump_RefusesInText()
    {
        var made = await Toilets.PublishAsync(platform);
        var hostile = new HostileCalls(15, "csv", "xml", "{\"蹲位\":{\"gte\":1,\"lt\":9}}", "名称,蹲位", "蹲位 desc", "公厕", made[0].Id.ToString());
        await CountedAsync(async client =>
        {
            var id = hostile.Pick((string[])[made[0].Id.ToString(), made[0].Id.ToString(), made[0].Id.ToString(), Uri.EscapeDataString("无"), "_table_metadata"]);
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/datastore/dump/{id}?{hostile.Query(["format", "bom", "limit", "offset", "filters", "q", "fields", "sort", "distinct", "plain", "language"])}");
            request.Headers.TryAddWithoutValidation("Range", hostile.Pick((string[])["bytes=0-9", "bytes=-5", "bytes=99999999-", "bytes=5-1", "bytes=0-1,3-4", "rows=1-2", "bytes=a-b", ""]));
            using var response = await client.SendAsync(request);
            var body = await response.Content.ReadAsByteArrayAsync();
            ((int)response.StatusCode).ShouldBeOneOf([200, 206, 400, 404, 416], request.RequestUri + Encoding.UTF8.GetString(body));
            if (response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound) { response.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain"); }
            return (int)response.StatusCode >= 400;
        }, Calls / 4);
    }

    [Fact]
    public async Task Ogc_RefusesAsProblems()
    {
        var made = await Toilets.PublishAsync(platform);
        var collections = await platform.Visitor().GetFromJsonAsync<JsonElement>("/ogc/collections?f=json");
        var collection = collections.GetProperty("collections").EnumerateArray().Select(c => c.GetProperty("id").GetString()!).First(c => c.Contains(made[0].Id.ToString("N"), StringComparison.OrdinalIgnoreCase) || c.Contains(made[0].Id.ToString(), StringComparison.OrdinalIgnoreCase));
        var hostile = new HostileCalls(16, "108,34,109,35", "2026-01-01T00:00:00Z/..", "json", "html", "10", "公厕1号", collection);
        await CountedAsync(client => ProblemShape(client, hostile.Pick((string[])
        [
            $"/ogc/collections/{collection}/items?{hostile.Query(["bbox", "limit", "offset", "datetime", "f", "名称", "蹲位", "crs", "bbox-crs", "after"])}", $"/ogc/collections/{collection}/items/{Uri.EscapeDataString(Segment(hostile.Value()))}",
            $"/ogc/collections/{Uri.EscapeDataString(Segment(hostile.Value()))}", $"/ogc/collections?{hostile.Query(["f", "limit", "offset", "bbox"])}", $"/ogc?{hostile.Query(["f"])}", $"/ogc/conformance?{hostile.Query(["f"])}",
        ])));
    }

    [Fact]
    public async Task OData_RefusesInItsShape()
    {
        var made = await Toilets.PublishAsync(platform);
        var set = ODataNames.SetOf(made[0].Id);
        var hostile = new HostileCalls(17, "蹲位 gt 3 and contains(名称,'1')", "not (lon eq null) or year(建成) le 2005", "名称 desc,蹲位", "名称,蹲位", "startswith(tolower(名称),'公') eq true", "建成 ge 2001-01-01", "10", "application/json;odata.metadata=full");
        await CountedAsync(async client =>
        {
            var address = hostile.Pick((string[])
            [
                $"/odata/{set}?{hostile.Query(["$filter", "$select", "$orderby", "$top", "$skip", "$count", "$format", "$expand", "$search", "$skiptoken", "$apply"])}", $"/odata/{set}?$top=3&$filter={Uri.EscapeDataString(hostile.Value())}",
                $"/odata/{set}({Uri.EscapeDataString(Segment(hostile.Value()))})", $"/odata/{Uri.EscapeDataString(Segment(hostile.Value()))}", $"/odata/{set}/$count?{hostile.Query(["$filter", "$search"])}", $"/odata?{hostile.Query(["$format"])}",
            ]);
            using var response = await client.GetAsync(address);
            var body = await response.Content.ReadAsStringAsync();
            ((int)response.StatusCode).ShouldBeOneOf([200, 400, 404, 501], $"{address} {body}");
            if (response.IsSuccessStatusCode) { return false; }
            // A path that no route of the interface takes is answered by the platform.
            if (response.Content.Headers.ContentType?.MediaType == "application/problem+json") { return true; }
            var error = JsonDocument.Parse(body).RootElement.GetProperty("error");
            error.GetProperty("code").GetString().ShouldNotBeNullOrEmpty();
            error.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
            return true;
        });
    }

    [Fact]
    public async Task Mcp_RefusesInItsShape()
    {
        var made = await Toilets.PublishAsync(platform);
        var id = made[0].Id.ToString();
        var hostile = new HostileCalls(18, id, made.Name, "公共厕所", "蹲位", "greater", $"SELECT count(*) FROM \"{id}\"", "2026-01-01", "environment");
        (string Name, string[] Arguments)[] tools =
        [
            ("search_datasets", ["query", "theme", "limit", "offset"]), ("get_dataset", ["id"]), ("get_quality", ["id"]), ("get_schema", ["resource"]), ("query_rows", ["resource", "columns", "filters", "text", "sort", "descending", "limit", "after"]),
            ("query_sql", ["sql"]), ("list_organizations", ["x"]), ("list_changes", ["since", "limit"]),
        ];
        await CountedAsync(async client =>
        {
            var (name, names) = hostile.Pick(tools);
            var arguments = hostile.Object(names);
            if (name == "query_rows") { arguments["resource"] = id; }
            using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = JsonContent.Create(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = "tools/call", ["params"] = new JsonObject { ["name"] = name, ["arguments"] = arguments } }) };
            request.Headers.Accept.ParseAdd("application/json");
            request.Headers.Accept.ParseAdd("text/event-stream");
            using var response = await client.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();
            ((int)response.StatusCode).ShouldBeLessThan(500, body);
            if (response.Content.Headers.ContentType!.MediaType == "text/event-stream") { body = body.Split('\n').First(l => l.StartsWith("data:", StringComparison.Ordinal))[5..]; }
            var answer = JsonDocument.Parse(body).RootElement;
            if (answer.TryGetProperty("error", out var error))
            {
                error.GetProperty("code").GetInt32().ShouldNotBe(-32603, $"{name} {arguments.ToJsonString()} {body}");
                error.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
                return true;
            }

            var result = answer.GetProperty("result");
            result.GetProperty("content")[0].GetProperty("text").GetString().ShouldNotBeNullOrEmpty();
            return result.TryGetProperty("isError", out var failed) && failed.GetBoolean();
        });
    }

    [Fact]
    public async Task Dcat_RefusesAsProblems()
    {
        var made = await Toilets.PublishAsync(platform);
        var hostile = new HostileCalls(19, made.Name, made.Id.ToString(), "ttl", "1", "2026-01-01", "jsonld");
        string[] forms = ["rdf", "ttl", "jsonld", "xml", "json", "x"];
        await CountedAsync(client => ProblemShape(client, hostile.Pick((string[])
        [
            $"/catalog.{hostile.Pick(forms)}?{hostile.Query(["page", "q", "modified_since", "profiles", "version"])}", $"/dataset/{made.Name}.{hostile.Pick(forms)}?{hostile.Query(["version", "profiles"])}",
            $"/dataset/{Uri.EscapeDataString(Segment(hostile.Value()))}.{hostile.Pick(forms)}", $"/data.json?{hostile.Query(["page"])}", $"/feeds/datasets.atom?{hostile.Query(["page"])}",
            $"/dataset/{made.Name}/datapackage.json?{hostile.Query(["version"])}", $"/dataset/{made.Name}/croissant.jsonld?{hostile.Query(["version"])}", $"/sitemap.xml?{hostile.Query(["page"])}",
        ])));
    }

    [Fact]
    public async Task Tiles_RefuseAsProblems()
    {
        var made = await Toilets.PublishAsync(platform);
        var path = $"/dataset/{made.Name}/resource/{made[0].Id}";
        var hostile = new HostileCalls(20, "11", "1639", "818", "gcj02", "蹲位", "greater", "3", made.Version.Id.ToString());
        string Part(string good) => hostile.Pick((string[])[good, good, Uri.EscapeDataString(Segment(hostile.Value()))]);
        await CountedAsync(client => ProblemShape(client, hostile.Pick((string[])
        [
            $"{path}/tiles/{Part("11")}/{Part("1638")}/{Part("815")}.mvt?{hostile.Query(["ground", "version", "q", "c1", "o1", "v1", "sort"])}", $"{path}/tiles.json?{hostile.Query(["version", "q"])}",
            $"/ogc/collections/{made[0].Id}/tiles/{Part("WebMercatorQuad")}/{Part("11")}/{Part("815")}/{Part("1638")}?{hostile.Query(["f", "limit"])}", $"/ogc/collections/{Part(made[0].Id.ToString())}/tiles/{Part("WebMercatorQuad")}",
        ])));
    }

    [Fact]
    public async Task Files_RefuseAsProblems()
    {
        var made = await Toilets.PublishAsync(platform);
        var path = $"/dataset/{made.Name}/resource/{made[0].Id}";
        var hostile = new HostileCalls(21, "蹲位", "equal", "contains", "3", "公厕1号", "desc", "declared", "true", made.Version.Id.ToString());
        string[] forms = ["csv", "tsv", "json", "jsonl", "geojson", "xml", "xlsx", "parquet", "exe", "x"];
        await CountedAsync(client => ProblemShape(client, $"{path}/rows.{hostile.Pick(forms)}?{hostile.Query(["q", "c1", "o1", "v1", "c2", "o2", "v2", "sort", "dir", "column", "version", "bom", "coordinates", "page", "after", "size"])}&c3={Uri.EscapeDataString(hostile.Pick((string[])["蹲位", "建成", "无障碍", "x"]))}&o3=equal&v3={Uri.EscapeDataString(Segment(hostile.Value()))}"));
    }

    [Fact]
    public async Task ApiV1_RefusesAsProblems()
    {
        var made = await Toilets.PublishAsync(platform);
        var hostile = new HostileCalls(22, made.Name, made.Id.ToString(), "2026-01-01", "1", "公共厕所", "environment");
        string Part() => hostile.Pick((string[])[made.Name, made.Id.ToString(), Uri.EscapeDataString(Segment(hostile.Value()))]);
        await CountedAsync(client => ProblemShape(client, hostile.Pick((string[])
        [
            $"/api/v1/datasets?{hostile.Query(["limit", "after", "words", "q", "state", "theme", "publisher"])}", $"/api/v1/datasets/{Part()}?{hostile.Query(["asOf", "version"])}", $"/api/v1/datasets/{Part()}/comparison?{hostile.Query(["from", "to"])}",
            $"/api/v1/datasets/{Part()}/versions?{hostile.Query(["limit", "after"])}", $"/api/v1/datasets/{Part()}/versions/{hostile.Pick((string[])["1", "0", Uri.EscapeDataString(Segment(hostile.Value()))])}", $"/api/v1/datasets/{Part()}/quality",
        ])));
    }

    /// <summary>Sends so many; some must have been wrong enough to be refused.</summary>
    private async Task CountedAsync(Func<HttpClient, Task<bool>> call, int least = 100)
    {
        using var client = platform.Visitor();
        var refused = 0;
        for (var n = 0; n < Calls; n++)
        {
            if (await call(client)) { refused++; }
        }

        refused.ShouldBeGreaterThan(least);
    }

    /// <summary>Not the dots that a client takes out of a path, nor an empty part.</summary>
    private static string Segment(string value) => value.Replace("\0", "", StringComparison.Ordinal).Trim('.', '/', '\\') is { Length: > 0 and < 700 } part ? part : "x";

    private static async Task<bool> CkanShape(HttpResponseMessage response)
    {
        using (response)
        {
            var body = await response.Content.ReadAsStringAsync();
            ((int)response.StatusCode).ShouldBeOneOf([200, 400, 403, 404, 409], $"{response.RequestMessage!.RequestUri} {body}");
            var answer = JsonDocument.Parse(body).RootElement;
            if (response.IsSuccessStatusCode)
            {
                answer.GetProperty("success").GetBoolean().ShouldBeTrue();
                return false;
            }

            if (answer.ValueKind == JsonValueKind.String) { answer.GetString()!.ShouldStartWith("Bad request: "); }
            else
            {
                answer.GetProperty("success").GetBoolean().ShouldBeFalse();
                answer.GetProperty("error").GetProperty("__type").GetString().ShouldNotBeNullOrEmpty();
            }

            return true;
        }
    }

    private static async Task<bool> ProblemShape(HttpClient client, string address)
    {
        using var response = await client.GetAsync(address);
        var body = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBeLessThan(500, $"{address} {body}");
        if ((int)response.StatusCode < 400) { return false; }
        ((int)response.StatusCode).ShouldBeOneOf([400, 404, 406], $"{address} {body}");
        if (response.Content.Headers.ContentType?.MediaType == "text/html") { return true; }
        var problem = JsonDocument.Parse(body).RootElement;
        problem.GetProperty("code").GetString().ShouldNotBeNullOrEmpty(address);
        problem.GetProperty("title").GetString().ShouldNotBeNullOrEmpty(address);
        return true;
    }
}
