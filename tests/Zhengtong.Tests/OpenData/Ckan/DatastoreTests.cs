using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Xml.Linq;
using Microsoft.EntityFrameworkCore;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Ckan;

[OnDatabase]
public sealed class DatastoreTests(PlatformFixture platform)
{
    private static readonly MadeColumn[] Columns =
    [
        new("站点") { Title = "监测站" }, new("time", ColumnType.Timestamp), new("pm25", ColumnType.Decimal) { Unit = "µg/m³" }, new("n", ColumnType.Integer), new("ok", ColumnType.Boolean), new("day", ColumnType.Date), new("$x"), new("a b"),
    ];

    private static readonly string?[][] Rows =
    [
        ["奥体中心", "2013-03-01T00:00:00", "4.00", "1", "true", "2013-03-01", "p", "x, \"y\""],
        ["奥体中心", "2013-03-01T01:00:00", "8.50", "2", "false", "2013-03-02", "q", null],
        ["昌平", "2013-03-01T02:00:00.5", null, "9007199254740993", null, "2013-03-03", "p", "z"],
        ["Dongsi", "2013-03-01T03:00:00", "12.25", "-4", "true", null, null, "z\nz"],
    ];

    [Fact]
    public async Task Search_Plain_AnswersAsDocumented()
    {
        var (client, id) = await Made();
        var result = await client.Result($"datastore_search?resource_id={id}&limit=2&include_next_page=true");
        result.EnumerateObject().Select(m => m.Name).ShouldBe(["include_total", "limit", "records_format", "resource_id", "fields", "records", "next_page", "_links", "total", "total_was_estimated"], ignoreOrder: true);
        result.GetProperty("fields").EnumerateArray().Select(f => $"{f.GetProperty("id")}:{f.GetProperty("type")}").ShouldBe(["_id:int", "站点:text", "time:timestamp", "pm25:numeric", "n:int", "ok:bool", "day:date", "$x:text", "a b:text"]);
        result.GetProperty("fields")[1].GetProperty("info").GetProperty("label").GetString().ShouldBe("监测站");
        result.GetProperty("records")[0].GetRawText().ShouldBe("{\"_id\":1,\"站点\":\"奥体中心\",\"time\":\"2013-03-01T00:00:00\",\"pm25\":4.00,\"n\":1,\"ok\":true,\"day\":\"2013-03-01\",\"$x\":\"p\",\"a b\":\"x, \\\"y\\\"\"}");
        result.GetProperty("total").GetInt64().ShouldBe(4);
        result.GetProperty("total_was_estimated").GetBoolean().ShouldBeFalse();
        result.GetProperty("next_page").GetRawText().ShouldBe("{\"_id\":{\"gt\":2}}");
        result.GetProperty("_links").GetProperty("start").GetString().ShouldBe($"/api/3/action/datastore_search?resource_id={id}&limit=2&include_next_page=true");
        var all = await client.Result($"datastore_search?resource_id={id}");
        all.GetProperty("records")[2].GetProperty("n").GetRawText().ShouldBe("9007199254740993");
        all.GetProperty("records")[2].GetProperty("time").GetString().ShouldBe("2013-03-01T02:00:00.500000");
        all.GetProperty("records")[2].GetProperty("pm25").ValueKind.ShouldBe(JsonValueKind.Null);
        (await client.Result($"datastore_search?id={id}&limit=0")).GetProperty("records").GetArrayLength().ShouldBe(0);
        (await client.Result($"datastore_search?resource_id={id}&limit=99999")).GetProperty("limit").GetInt32().ShouldBe(32000);
        (await client.Result($"datastore_search?resource_id={id}&include_total=false")).TryGetProperty("total", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Search_Links_LeadThroughAllRowsToAnEmptyPage()
    {
        var (client, id) = await Made();
        var seen = new List<long>();
        var address = $"/api/3/action/datastore_search?resource_id={id}&limit=3&filters={Uri.EscapeDataString("{\"n\":{\"gt\":-100}}")}";
        for (var page = 0; page < 5; page++)
        {
            var result = (await client.GetFromJsonAsync<JsonElement>(address)).GetProperty("result");
            if (result.GetProperty("records").GetArrayLength() == 0) { break; }
            seen.AddRange(result.GetProperty("records").EnumerateArray().Select(r => r.GetProperty("_id").GetInt64()));
            if (page > 0) { result.GetProperty("_links").GetProperty("prev").GetString().ShouldBe(result.GetProperty("_links").GetProperty("start").GetString()); }
            address = result.GetProperty("_links").GetProperty("next").GetString()!;
        }

        seen.ShouldBe([1, 2, 3, 4]);
    }

    [Theory]
    [InlineData("{\"filters\":{\"站点\":\"奥体中心\"}}", "1 2")]
    [InlineData("{\"filters\":{\"n\":1}}", "1")]
    [InlineData("{\"filters\":{\"n\":1.0}}", "1")]
    [InlineData("{\"filters\":{\"n\":1.5}}", "")]
    [InlineData("{\"filters\":{\"n\":\"1\"}}", "1")]
    [InlineData("{\"filters\":{\"n\":[1,2]}}", "1 2")]
    [InlineData("{\"filters\":{\"n\":[1,{\"gte\":3}]}}", "1 3")]
    [InlineData("{\"filters\":{\"n\":{\"gte\":1,\"lt\":9}}}", "1 2")]
    [InlineData("{\"filters\":{\"pm25\":{\"gt\":\"8\"}}}", "2 4")]
    [InlineData("{\"filters\":{\"pm25\":null}}", "3")]
    [InlineData("{\"filters\":{\"pm25\":[4,null]}}", "1 3")]
    [InlineData("{\"filters\":{\"pm25\":[]}}", "")]
    [InlineData("{\"filters\":{\"ok\":\"yes\"}}", "1 4")]
    [InlineData("{\"filters\":{\"ok\":false}}", "2")]
    [InlineData("{\"filters\":{\"day\":{\"lte\":\"2013-03-02\"}}}", "1 2")]
    [InlineData("{\"filters\":{\"time\":\"2013-03-01T01:00:00\"}}", "2")]
    [InlineData("{\"filters\":{\"$$x\":\"p\"}}", "1 3")]
    [InlineData("{\"filters\":{\"_id\":{\"gt\":2}}}", "3 4")]
    [InlineData("{\"filters\":{\"$or\":[{\"n\":1},{\"站点\":\"昌平\"}]}}", "1 3")]
    [InlineData("{\"filters\":{\"$and\":[{\"n\":{\"gt\":0}},{\"站点\":\"奥体中心\"}],\"ok\":true}}", "1")]
    [InlineData("{\"filters\":[{\"n\":1},{\"n\":2}]}", "1 2")]
    [InlineData("{\"filters\":\"{\\\"n\\\": 2}\"}", "2")]
    [InlineData("{\"filters\":{\"站点\":\"' OR 1=1 --\"}}", "")]
    [InlineData("{\"filters\":{}}", "1 2 3 4")]
    [InlineData("{\"q\":\"奥体\"}", "1 2")]
    [InlineData("{\"q\":\"dongsi\"}", "4")]
    [InlineData("{\"q\":{\"站点\":\"中心\"}}", "1 2")]
    [InlineData("{\"q\":\"{\\\"a b\\\":\\\"z\\\"}\"}", "3 4")]
    [InlineData("{\"q\":\"昌平 | dongsi\",\"plain\":false}", "3 4")]
    [InlineData("{\"q\":\"奥体:* & !q\",\"plain\":\"false\"}", "1")]
    [InlineData("{\"sort\":\"n desc\"}", "3 2 1 4")]
    [InlineData("{\"sort\":\"pm25 desc nulls last, \\\"a b\\\" asc\"}", "4 2 1 3")]
    [InlineData("{\"sort\":\"pm25 asc nulls first\"}", "3 1 2 4")]
    [InlineData("{\"sort\":[\"a b desc\"],\"filters\":{\"n\":[1,9007199254740993]}}", "3 1")]
    [InlineData("{\"offset\":\"3\"}", "4")]
    public async Task Search_Asked_FindsTheRows(string question, string rows)
    {
        var (client, id) = await Made();
        var body = System.Text.Json.Nodes.JsonNode.Parse(question)!.AsObject();
        body["resource_id"] = id.ToString();
        var result = await client.PostResult("datastore_search", body);
        string.Join(' ', result.GetProperty("records").EnumerateArray().Select(r => r.GetProperty("_id").GetInt64())).ShouldBe(rows);
        if (!body.ContainsKey("offset")) { result.GetProperty("total").GetInt64().ShouldBe(rows.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length); }
    }

    [Fact]
    public async Task Search_FieldsFormatsAndDistinct_AreKept()
    {
        var (client, id) = await Made();
        (await client.Result($"datastore_search?resource_id={id}&fields=n,站点&limit=1")).GetProperty("records")[0].GetRawText().ShouldBe("{\"n\":1,\"站点\":\"奥体中心\"}");
        (await client.PostResult("datastore_search", new { resource_id = id, fields = new[] { "a b" }, limit = 1, records_format = "lists" })).GetProperty("records").GetRawText().ShouldBe("[[\"x, \\\"y\\\"\"]]");
        (await client.Result($"datastore_search?resource_id={id}&fields=_id,a%20b&records_format=csv")).GetProperty("records").GetString().ShouldBe("1,\"x, \"\"y\"\"\"\n2,\n3,z\n4,\"z\nz\"\n");
        (await client.Result($"datastore_search?resource_id={id}&fields=n&records_format=tsv&limit=2")).GetProperty("records").GetString().ShouldBe("1\n2\n");
        var distinct = await client.Result($"datastore_search?resource_id={id}&fields=站点&distinct=true&sort=站点");
        distinct.GetProperty("records").GetArrayLength().ShouldBe(3);
        distinct.GetProperty("total").GetInt64().ShouldBe(3);
        var ranked = await client.Result($"datastore_search?resource_id={id}&q=昌平&sort=rank%20desc");
        ranked.GetProperty("fields").EnumerateArray().Last().GetRawText().ShouldBe("{\"id\":\"rank\",\"type\":\"float\"}");
        ranked.GetProperty("records")[0].GetProperty("rank").GetDouble().ShouldBeInRange(0.01, 1);
    }

    [Theory]
    [InlineData("fields=x", "fields", "invalid value \"x\"")]
    [InlineData("sort=x asc", "sort", "invalid value \"x asc\"")]
    [InlineData("sort=n sideways", "sort", "invalid value \"n sideways\"")]
    [InlineData("filters={\"x\":1}", "filters", "Unknown field: x")]
    [InlineData("filters={bad", "filters", "Could not parse as valid JSON")]
    [InlineData("filters={\"n\":\"a\"}", "filters", "invalid input syntax for type int: \"a\"")]
    [InlineData("filters={\"n\":{\"like\":1}}", "filters", "Unknown operator: like")]
    [InlineData("filters={\"day\":\"yesterday\"}", "filters", "invalid input syntax for type date")]
    [InlineData("limit=x", "limit", "Invalid integer")]
    [InlineData("records_format=xml", "records_format", "Value must be one of")]
    [InlineData("q={\"x\":\"a\"}", "q", "Unknown field: x")]
    [InlineData("plain=false&q=a %26", "q", "syntax error in tsquery")]
    public async Task Search_Wrong_SaysWhat(string parameters, string key, string message)
    {
        var (client, id) = await Made();
        var (status, error) = await client.Refused($"datastore_search?resource_id={id}&{parameters}");
        status.ShouldBe(409);
        error.GetProperty("__type").GetString().ShouldBe("Validation Error");
        error.GetProperty(key)[0].GetString()!.ShouldStartWith(message);
    }

    [Fact]
    public async Task Search_TooMuch_IsRefused()
    {
        var (client, id) = await Made();
        var many = Enumerable.Range(0, 101).Select(n => new Dictionary<string, int> { ["n"] = n });
        (await (await client.PostAsJsonAsync("/api/3/action/datastore_search", new { resource_id = id, filters = new Dictionary<string, object> { ["$or"] = many } })).Refusal()).Status.ShouldBe(409);
        object deep = new { n = 1 };
        for (var i = 0; i < 11; i++) { deep = new Dictionary<string, object[]> { ["$and"] = [deep] }; }
        (await (await client.PostAsJsonAsync("/api/3/action/datastore_search", new { resource_id = id, filters = deep })).Refusal()).Status.ShouldBe(409);
    }

    [Fact]
    public async Task Info_OfATable_AnswersAsDocumented()
    {
        var (client, id) = await Made();
        var info = await client.Result($"datastore_info?id={id}");
        info.GetProperty("meta").GetProperty("count").GetInt64().ShouldBe(4);
        info.GetProperty("meta").GetProperty("table_type").GetString().ShouldBe("BASE TABLE");
        info.GetProperty("fields").EnumerateArray().Select(f => f.GetProperty("id").GetString()).ShouldBe(Columns.Select(c => c.Name));
        info.GetProperty("fields")[0].GetProperty("schema").GetProperty("native_type").GetString().ShouldBe("text");
        (await client.Result($"datastore_info?resource_id={id}&include_meta=false&include_fields_schema=false")).GetRawText().ShouldNotContain("native_type");
        var tables = await client.Result("datastore_search?resource_id=_table_metadata&limit=32000");
        tables.GetProperty("records").EnumerateArray().Select(r => r.GetProperty("name").GetString()).ShouldContain(id.ToString());
    }

    [Fact]
    public async Task Search_ByWords_BestFirst()
    {
        var made = await platform.PublishAsync(await platform.Department(), MadeFile.Table("q.csv", [new MadeColumn("名称"), new MadeColumn("说明"), new MadeColumn("n", ColumnType.Integer)],
            ["北京市朝阳区公园管理处", null, "1"], ["公园", "北京", "2"], ["公园 北京", "很长很长很长的说明", "3"], ["动物园", "北京公园", "4"], ["别处", "没有", "5"]));
        var client = platform.Visitor();
        var id = made[0].Id;
        var found = await client.Result($"datastore_search?resource_id={id}&q=公园 北京");
        found.GetProperty("total").GetInt32().ShouldBe(4);
        found.GetProperty("records").EnumerateArray().Select(r => r.GetProperty("n").GetInt32()).ShouldBe([2, 4, 3, 1]);
        found.GetProperty("records").EnumerateArray().Select(r => r.GetProperty("rank").GetDouble()).ShouldBe([1, 0.5, 0.4, 0.181818]);
        (await client.Result($"datastore_search?resource_id={id}&q=公园 北京&limit=1&offset=1")).GetProperty("records")[0].GetProperty("n").GetInt32().ShouldBe(4);
        (await client.Result($"datastore_search?resource_id={id}&q=公园 北京&sort=rank asc")).GetProperty("records")[0].GetProperty("n").GetInt32().ShouldBe(1);
        (await client.Result($"datastore_search?resource_id={id}&q=公园 北京&sort=n desc")).GetProperty("records").EnumerateArray().Select(r => r.GetProperty("n").GetInt32()).ShouldBe([4, 3, 2, 1]);
        (await client.Result($"datastore_search?resource_id={id}&q=公园 北京&records_format=csv&fields=n,rank")).GetProperty("records").GetString().ShouldBe("2,1\n4,0.5\n3,0.4\n1,0.181818\n");
        (await client.Result($"datastore_search?resource_id={id}&q=2")).GetProperty("records")[0].GetProperty("rank").GetDouble().ShouldBe(1, "A number is found by its digits");
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("tsv")]
    [InlineData("json")]
    [InlineData("xml")]
    public async Task Dump_InRanges_IsTheSameBytes(string format)
    {
        var made = await Toilets.PublishAsync(platform);
        var address = $"/datastore/dump/{made[0].Id}?format={format}&sort={Uri.EscapeDataString("\"蹲位\" desc")}";
        using var client = platform.Visitor();
        using var whole = await client.GetAsync(address);
        var (bytes, tag) = (await whole.Content.ReadAsByteArrayAsync(), whole.Headers.ETag!);
        whole.Headers.AcceptRanges.ShouldContain("bytes");
        tag.IsWeak.ShouldBeFalse("Nobody asked to have it packed");
        var from = 0;
        var joined = new List<byte>();
        foreach (var length in (int[])[1, 100, 7_777, bytes.Length])
        {
            using var part = await Ranged(from, from + length - 1, tag.ToString());
            part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
            part.Content.Headers.ContentRange!.Length.ShouldBe(bytes.Length);
            joined.AddRange(await part.Content.ReadAsByteArrayAsync());
            from = joined.Count;
        }

        joined.ShouldBe(bytes);
        using (var last = await Ranged(null, 10, null)) { (await last.Content.ReadAsByteArrayAsync()).ShouldBe(bytes[^10..]); }
        using (var beyond = await Ranged(bytes.Length, null, null))
        {
            beyond.StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
            beyond.Content.Headers.ContentRange!.Length.ShouldBe(bytes.Length);
        }

        using (var other = await Ranged(5, 9, "\"another\"")) { other.StatusCode.ShouldBe(HttpStatusCode.OK, "What was begun is another"); }
        using var packed = new HttpRequestMessage(HttpMethod.Get, address);
        packed.Headers.AcceptEncoding.ParseAdd("gzip");
        (await client.SendAsync(packed)).Headers.ETag!.IsWeak.ShouldBeTrue();

        Task<HttpResponseMessage> Ranged(long? first, long? to, string? ifRange)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Range = new System.Net.Http.Headers.RangeHeaderValue(first, to) } };
            if (ifRange is not null) { request.Headers.TryAddWithoutValidation("If-Range", ifRange); }
            return client.SendAsync(request);
        }
    }

    [Fact]
    public async Task Dump_EachFormat_IsWritten()
    {
        var (client, id) = await Made();
        using var csv = await client.GetAsync($"/datastore/dump/{id}?fields=_id,站点,a%20b");
        csv.Content.Headers.ContentType!.ToString().ShouldBe("text/csv; charset=utf-8");
        csv.Content.Headers.ContentDisposition!.FileName!.Trim('"').ShouldBe($"{id}.csv");
        (await csv.Content.ReadAsStringAsync()).ShouldBe("_id,站点,a b\r\n1,奥体中心,\"x, \"\"y\"\"\"\n2,奥体中心,\n3,昌平,z\n4,Dongsi,\"z\nz\"\n");
        var again = new HttpRequestMessage(HttpMethod.Get, $"/datastore/dump/{id}?fields=_id,站点,a%20b") { Headers = { IfNoneMatch = { csv.Headers.ETag! } } };
        (await client.SendAsync(again)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await client.GetByteArrayAsync($"/datastore/dump/{id}?bom=true&limit=1")).AsSpan(0, 3).ToArray().ShouldBe([0xEF, 0xBB, 0xBF]);
        (await client.GetStringAsync($"/datastore/dump/{id}?format=tsv&fields=n&sort=n&limit=2")).ShouldBe("n\r\n-4\n1\n");
        (await client.GetStringAsync($"/datastore/dump/{id}?format=json&fields=_id,n&filters={Uri.EscapeDataString("{\"n\":1}")}")).ShouldBe("{\"fields\":[{\"id\":\"_id\",\"type\":\"int\"},{\"id\":\"n\",\"type\":\"int\"}],\"records\":[[1,1]]}");
        var xml = XDocument.Parse(await client.GetStringAsync($"/datastore/dump/{id}?format=xml"));
        xml.Root!.Name.LocalName.ShouldBe("data");
        xml.Root.Elements("row").Count().ShouldBe(4);
        xml.Root.Element("row")!.Attribute("_id")!.Value.ShouldBe("1");
        xml.Root.Elements("row").ElementAt(2).Element("pm25")!.Attribute(XName.Get("nil", "http://www.w3.org/2001/XMLSchema-instance"))!.Value.ShouldBe("true");
        (await client.GetAsync($"/datastore/dump/{id}?format=pdf")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await client.GetAsync($"/datastore/dump/{id}?limit=-1")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await client.GetAsync("/datastore/dump/none-such")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Search_AskedAgain_IsTheSameUntilTheNextVersionOrWithdrawal()
    {
        var made = await platform.PublishAsync(await platform.Department(), MadeFile.Table("air.csv", Columns, Rows));
        var client = platform.Visitor();
        var address = $"/api/3/action/datastore_search?resource_id={made[0].Id}&fields=n&limit=3";
        using var first = await client.GetAsync(address);
        var body = await first.Content.ReadAsStringAsync();
        (await client.GetStringAsync(address)).ShouldBe(body);
        (await client.GetStringAsync(address + "&offset=1")).ShouldNotBe(body);
        (await Conditional()).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        await platform.PublishNextAsync(made, MadeFile.Table("air.csv", Columns, Rows[2..]));
        using var next = await Conditional();
        next.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await next.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("result").GetProperty("total").GetInt64().ShouldBe(2);
        await platform.WithDb(async db =>
        {
            (await db.Datasets.SingleAsync(d => d.Id == made.Id)).Withdraw("wrong", TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        (await Conditional()).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        Task<HttpResponseMessage> Conditional()
        {
            var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { IfNoneMatch = { first.Headers.ETag! } } };
            return client.SendAsync(request);
        }
    }

    private async Task<(HttpClient Client, Guid Table)> Made()
    {
        var dataset = await platform.PublishAsync(await platform.Department(), MadeFile.Table("air.csv", Columns, Rows));
        return (platform.Visitor(), dataset[0].Id);
    }

    [Fact]
    public async Task Sql_OverWhatIsGiven_IsAnsweredInTheApisForm()
    {
        var made = await Toilets.PublishAsync(platform);
        var client = platform.Visitor();
        var sql = $"SELECT 无障碍, count(*) AS 多少, sum(\"面积 m²\") FROM \"{made[0].Id}\" WHERE 蹲位 >= 6 GROUP BY 无障碍 ORDER BY 1";
        var result = await client.Result($"datastore_search_sql?sql={Uri.EscapeDataString(sql)}");
        result.GetProperty("sql").GetString().ShouldBe(sql);
        result.GetProperty("fields").EnumerateArray().Select(f => f.GetProperty("id").GetString()).ShouldBe(["无障碍", "多少", "sum"]);
        var expected = Enumerable.Range(1, Toilets.Count).Select(Toilets.Row).Where(r => (long?)r[3] >= 6).GroupBy(r => (bool)r[7]!).OrderBy(g => g.Key).ToList();
        result.GetProperty("records").EnumerateArray().Select(r => r.GetProperty("多少").GetInt32()).ShouldBe(expected.Select(g => g.Count()));
        result.GetProperty("records").EnumerateArray().Select(r => r.GetProperty("sum").GetDecimal()).ShouldBe(expected.Select(g => g.Sum(r => (decimal)r[6]!)));
        result.TryGetProperty("records_truncated", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("DROP TABLE x", 409)]
    [InlineData("SELECT * FROM \"none\"", 404)]
    [InlineData("SELECT * FROM pg_tables", 404)]
    [InlineData("SELECT 1; SELECT 2", 409)]
    [InlineData("", 409)]
    public async Task Sql_OverWhatIsNot_IsRefusedInTheApisForm(string sql, int status)
    {
        var refused = await platform.Visitor().Refused($"datastore_search_sql?sql={Uri.EscapeDataString(sql)}");
        refused.Status.ShouldBe(status);
        refused.Error.GetProperty("__type").GetString().ShouldBe(status == 404 ? "Not Found Error" : "Validation Error");
    }

    [Fact]
    public async Task Sql_OverWhatIsConditional_IsForbidden()
    {
        var made = await Toilets.PublishAsync(platform, attribute: OpenAttribute.Conditional);
        (await platform.Visitor().GetAsync($"/api/3/action/datastore_search_sql?sql={Uri.EscapeDataString($"SELECT * FROM \"{made[0].Id}\"")}")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }
}
