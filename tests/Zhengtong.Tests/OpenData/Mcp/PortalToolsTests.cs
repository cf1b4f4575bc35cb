using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Jobs;
using Zhengtong.OpenData.Mcp;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Quality;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Mcp;

[OnDatabase]
public sealed class PortalToolsTests(PlatformFixture platform)
{
    private int serial;

    [Fact]
    public async Task List_EveryTool_ReadsOnlyAndSaysWhatItTakes()
    {
        var initialised = await Call("initialize", new { protocolVersion = "2025-06-18", capabilities = new { }, clientInfo = new { name = "test", version = "1" } });
        initialised.GetProperty("serverInfo").GetProperty("name").GetString().ShouldBe("zhengtong-open-data");
        initialised.GetProperty("instructions").GetString()!.ShouldContain("zh-CN");
        var tools = (await Call("tools/list", new { })).GetProperty("tools").EnumerateArray().ToList();
        tools.Select(t => t.GetProperty("name").GetString()).Order().ShouldBe(["get_dataset", "get_quality", "get_schema", "list_changes", "list_organizations", "query_rows", "query_sql", "search_datasets"]);
        tools.ShouldAllBe(t => t.GetProperty("annotations").GetProperty("readOnlyHint").GetBoolean() && t.GetProperty("inputSchema").GetProperty("type").GetString() == "object" && t.GetProperty("description").GetString() != "");
    }

    [Fact]
    public async Task Ask_FromSearchToRows_Answers()
    {
        var made = await Toilets.PublishAsync(platform);
        // Others publish the same title meanwhile.
        var publisher = await platform.WithDb(db => db.Organisations.Where(o => o.Id == made.Dataset.PublisherId).Select(o => o.Name).SingleAsync());
        var found = await Tool("search_datasets", new { query = $"公共厕所 {publisher}", limit = 50 });
        found.GetProperty("datasets").EnumerateArray().ShouldContain(d => d.GetProperty("id").GetGuid() == made.Id);
        found.GetProperty("language").GetString().ShouldBe("zh-CN");

        var dataset = await Tool("get_dataset", new { id = made.Name });
        dataset.GetProperty("resources")[0].GetProperty("rows").GetInt32().ShouldBe(Toilets.Count);
        var resource = dataset.GetProperty("resources")[0].GetProperty("id").GetString();
        var schema = await Tool("get_schema", new { resource });
        schema.GetProperty("columns").EnumerateArray().Select(c => c.GetProperty("name").GetString()).ShouldBe(Toilets.Columns.Select(c => c.Name));
        schema.GetProperty("columns")[1].GetProperty("empty").GetInt32().ShouldBe(25);

        var rows = await Tool("query_rows", new { resource, columns = new[] { "名称" }, filters = new[] { new { column = "蹲位", @operator = "greater", value = "5" }, new { column = "无障碍", @operator = "equals", value = "true" } }, sort = "名称", descending = true, limit = 2 });
        var expected = Enumerable.Range(1, Toilets.Count).Select(Toilets.Row).Where(r => (long?)r[3] > 5 && (bool)r[7]!).Select(r => (string)r[0]!).OrderDescending(StringComparer.Ordinal).ToList();
        expected.Count.ShouldBeGreaterThan(4);
        rows.GetProperty("total").GetInt32().ShouldBe(expected.Count);
        rows.GetProperty("rows").EnumerateArray().Select(r => r[0].GetString()).ShouldBe(expected.Take(2));
        var next = await Tool("query_rows", new { resource, columns = new[] { "名称" }, filters = new[] { new { column = "蹲位", @operator = "greater", value = "5" }, new { column = "无障碍", @operator = "equals", value = "true" } }, sort = "名称", descending = true, limit = 2, after = rows.GetProperty("next").GetString() });
        next.GetProperty("rows").EnumerateArray().Select(r => r[0].GetString()).ShouldBe(expected.Skip(2).Take(2));

        var counted = await Tool("query_sql", new { sql = $"SELECT 无障碍, count(*) FROM \"{resource}\" WHERE 蹲位 >= 6 GROUP BY 无障碍 ORDER BY 2" });
        counted.GetProperty("rows").EnumerateArray().Sum(r => r[1].GetInt32()).ShouldBe(Enumerable.Range(1, Toilets.Count).Count(n => (long?)Toilets.Row(n)[3] >= 6));

        (await Tool("list_organizations", new { })).GetProperty("organizations").EnumerateArray().ShouldContain(o => o.GetProperty("id").GetGuid() == made.Dataset.PublisherId);
        (await Tool("list_changes", new { since = "2020-01-01", limit = 200 })).GetProperty("changes").EnumerateArray().ShouldContain(c => c.GetProperty("id").GetGuid() == made.Id);
    }

    [Fact]
    public async Task Ask_Wrongly_IsAnErrorOfTheTool()
    {
        var conditional = await Toilets.PublishAsync(platform, attribute: OpenAttribute.Conditional);
        var open = await Toilets.PublishAsync(platform);
        (string Tool, object Arguments)[] wrong =
        [
            ("get_dataset", new { id = "nothing" }), ("get_schema", new { resource = "x" }), ("query_rows", new { resource = conditional[0].Id.ToString() }), ("query_rows", new { resource = open[0].Id.ToString(), columns = new[] { "none" } }),
            ("query_rows", new { resource = open[0].Id.ToString(), limit = 5000 }), ("query_rows", new { resource = open[0].Id.ToString(), filters = new[] { new { column = "蹲位", @operator = "like", value = "1" } } }),
            ("search_datasets", new { query = "——" }), ("search_datasets", new { theme = "none" }), ("list_changes", new { since = "yesterday" }), ("query_sql", new { sql = "DROP TABLE x" }),
            ("query_sql", new { sql = $"SELECT * FROM \"{conditional[0].Id}\"" }),
        ];
        foreach (var (tool, arguments) in wrong)
        {
            var result = await Call("tools/call", new { name = tool, arguments });
            result.GetProperty("isError").GetBoolean().ShouldBeTrue(tool);
            result.GetProperty("content")[0].GetProperty("text").GetString().ShouldNotBeNullOrEmpty();
        }
    }

    [Fact]
    public async Task Ask_ForMoreThanFits_SaysThatItIsCut()
    {
        var long1 = new string('长', 20_000);
        var made = await platform.PublishAsync(await platform.Department(), MadeFile.Table("long.csv", [new MadeColumn("文")], [.. Enumerable.Range(0, 30).Select(_ => new string?[] { long1 })]));
        var rows = await Tool("query_rows", new { resource = made[0].Id.ToString() });
        rows.GetProperty("truncated").GetBoolean().ShouldBeTrue();
        rows.GetProperty("rows").GetArrayLength().ShouldBeInRange(1, 29);
        rows.TryGetProperty("next", out _).ShouldBeFalse();
        // As it came over the wire, escapes and all.
        System.Text.Encoding.UTF8.GetByteCount(rows.GetRawText()).ShouldBeInRange(PortalTools.MostBytes / 2, PortalTools.MostBytes + 1_000);
    }

    [Fact]
    public async Task Ask_ForARowThatAloneIsTooLong_SaysThatItIsCut()
    {
        var made = await platform.PublishAsync(await platform.Department(), MadeFile.Table("long.csv", [new MadeColumn("文")], [[new string('长', 50_000)], ["短"]]));
        var rows = await Tool("query_rows", new { resource = made[0].Id.ToString() });
        rows.GetProperty("truncated").GetBoolean().ShouldBeTrue();
        rows.GetProperty("total").GetInt32().ShouldBe(2);
        rows.GetProperty("rows").GetArrayLength().ShouldBe(0);
        (await Tool("query_sql", new { sql = $"SELECT count(*) FROM \"{made[0].Id}\"" })).GetProperty("truncated").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task GetQuality_OfAScoredDataset_SaysWhatToMend()
    {
        var made = await Toilets.PublishAsync(platform);
        (await Call("tools/call", new { name = "get_quality", arguments = new { id = "no-such-dataset" } })).GetProperty("isError").GetBoolean().ShouldBeTrue();
        await platform.App.Services.GetRequiredService<Reconcilers>().SettleAsync<ScoreDatasets>(default);
        var quality = await Tool("get_quality", new { id = made.Name });
        var api = await platform.Visitor().GetFromJsonAsync<JsonElement>($"/api/v1/datasets/{made.Id}/quality");
        foreach (var name in (string[])["overall", "metadata", "content", "completeness", "timeliness"]) { quality.GetProperty(name).GetDouble().ShouldBe(api.GetProperty(name).GetDouble(), name); }
        quality.GetProperty("metrics").GetArrayLength().ShouldBe(api.GetProperty("metrics").GetArrayLength());
        quality.GetProperty("metrics").EnumerateArray().ShouldContain(m => m.GetProperty("earned").GetDouble() < m.GetProperty("points").GetInt32() && m.GetProperty("mend").GetString() != "");
        quality.GetProperty("trend").GetArrayLength().ShouldBe(1);
    }

    private async Task<JsonElement> Tool(string name, object arguments)
    {
        var result = await Call("tools/call", new { name, arguments });
        (result.TryGetProperty("isError", out var failed) && failed.GetBoolean()).ShouldBeFalse(result.ToString());
        var structured = result.GetProperty("structuredContent");
        JsonElement.DeepEquals(JsonDocument.Parse(result.GetProperty("content")[0].GetProperty("text").GetString()!).RootElement, structured).ShouldBeTrue();
        return structured;
    }

    /// <summary>One JSON-RPC call over streamable HTTP: the answer comes as JSON or as the one event of a stream.</summary>
    private async Task<JsonElement> Call(string method, object @params)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = JsonContent.Create(new { jsonrpc = "2.0", id = Interlocked.Increment(ref serial), method, @params }) };
        request.Headers.Accept.ParseAdd("application/json");
        request.Headers.Accept.ParseAdd("text/event-stream");
        var response = await platform.Visitor().SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue($"{response.StatusCode} {body}");
        if (response.Content.Headers.ContentType!.MediaType == "text/event-stream") { body = body.Split('\n').First(l => l.StartsWith("data:", StringComparison.Ordinal))[5..]; }
        var answer = JsonDocument.Parse(body).RootElement;
        answer.TryGetProperty("result", out var result).ShouldBeTrue(body);
        return result;
    }
}
