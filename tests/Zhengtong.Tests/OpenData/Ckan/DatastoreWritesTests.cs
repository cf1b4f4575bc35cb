using System.Text.Json;
using Zhengtong.Tests.OpenData.Publishing;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Ckan;

[OnDatabase]
public sealed class DatastoreWritesTests(PlatformFixture platform)
{
    private static readonly object[] Fields =
    [
        new { id = "code", type = "text", info = new { label = "区划代码", notes = "六位" } }, new { id = "name", type = "text" }, new { id = "area", type = "numeric" }, new { id = "since", type = "date" }, new { id = "more", type = "json" },
    ];

    [Fact]
    public async Task Create_WithAResourceOfItsOwn_MakesATableInTheDraft()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var package = Openers.NewName();
        await client.Call("package_create", new { name = package });
        var made = await client.Call("datastore_create", new
        {
            resource = new { package_id = package, name = "区划" }, fields = Fields, primary_key = new[] { "code" }, include_records = true,
            records = new object[] { new { code = "0110", name = "东城区", area = 41.84, since = "1949-10-01", more = new { a = 1 } }, new { code = "110102", name = "西城区", area = (double?)null } },
        });
        made.GetProperty("method").GetString().ShouldBe("insert");
        made.GetProperty("primary_key")[0].GetString().ShouldBe("code");
        made.GetProperty("fields").EnumerateArray().Select(f => f.GetProperty("type").GetString()).ShouldBe(["text", "text", "numeric", "date", "json"]);
        made.GetProperty("fields")[0].GetProperty("info").GetProperty("label").GetString().ShouldBe("区划代码");
        made.GetProperty("records").EnumerateArray().Select(r => r.GetProperty("_id").GetInt32()).ShouldBe([1, 2]);
        var id = made.GetProperty("resource_id").GetString()!;

        var found = await client.Call("datastore_search", new { resource_id = id, sort = "_id" });
        found.GetProperty("records")[0].GetRawText().ShouldBe("""{"_id":1,"code":"0110","name":"东城区","area":41.84,"since":"1949-10-01","more":{"a":1}}""");
        found.GetProperty("records")[1].GetProperty("area").ValueKind.ShouldBe(JsonValueKind.Null);
        var resource = await client.Call("resource_show", new { id });
        resource.GetProperty("url_type").GetString().ShouldBe("datastore");
        resource.GetProperty("size").GetInt64().ShouldBeGreaterThan(0);
        var info = await client.Call("datastore_info", new { id });
        info.GetProperty("meta").GetProperty("count").GetInt32().ShouldBe(2);
        info.GetProperty("fields")[0].GetProperty("schema").GetProperty("uniquekey").GetBoolean().ShouldBeTrue();

        // Called again it alters: a column more, rows more, finer numbers.
        await client.Call("datastore_create", new { resource_id = id, fields = new object[] { new { id = "note" } }, records = new object[] { new { code = "110105", area = "470.8125", note = 7 } } });
        var altered = await client.Call("datastore_search", new { resource_id = id });
        altered.GetProperty("total").GetInt32().ShouldBe(3);
        altered.GetProperty("records")[2].GetProperty("note").GetString().ShouldBe("7", "A type that nobody named is text");
        altered.GetProperty("records")[2].GetProperty("area").GetDecimal().ShouldBe(470.8125m);
        altered.GetProperty("records")[0].GetProperty("area").GetDecimal().ShouldBe(41.84m);
        await client.Call("datastore_create", new { resource_id = id, fields = new object[] { new { id = "code" }, new { id = "name" } }, delete_fields = true });
        (await client.Call("datastore_search", new { resource_id = id, limit = 0 })).GetProperty("fields").EnumerateArray().Select(f => f.GetProperty("id").GetString()).ShouldBe(["_id", "code", "name"]);
        (await client.People.Events((await client.Call("package_show", new { id = package })).GetProperty("id").GetGuid())).ShouldContain("open-data.rows-written");
    }

    [Fact]
    public async Task Upsert_ByKey_ChangesAddsAndKeepsWhatIsNotSent()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var id = await Made(client);
        var upserted = await client.Call("datastore_upsert", new { resource_id = id, records = new object[] { new { code = "2", name = "乙二" }, new { code = "4", name = "丁", area = 4 } } });
        upserted.GetProperty("method").GetString().ShouldBe("upsert");
        upserted.GetProperty("records").EnumerateArray().Select(r => r.GetProperty("_id").GetInt32()).ShouldBe([2, 4]);
        (await Rows(client, id)).ShouldBe(["1 甲 1", "2 乙二 2", "3 丙 3", "4 丁 4"]);
        await client.Call("datastore_upsert", new { resource_id = id, method = "update", records = new object[] { new { code = "1", area = 10 } } });
        await client.Call("datastore_upsert", new { resource_id = id, method = "update", records = new object[] { new { _id = 3, name = "丙三" } } });
        await client.Call("datastore_upsert", new { resource_id = id, method = "insert", records = new object[] { new { code = "5", name = "戊" } } });
        (await Rows(client, id)).ShouldBe(["1 甲 10", "2 乙二 2", "3 丙三 3", "4 丁 4", "5 戊 "]);
        (await client.Call("datastore_upsert", new { resource_id = id, dry_run = true, records = new object[] { new { code = "9", name = "壬" } } })).GetProperty("dry_run").GetBoolean().ShouldBeTrue();
        (await Rows(client, id)).Count.ShouldBe(5, "A dry run writes nothing");

        // The file of the resource is what the rows were written out to.
        var size = (await client.Call("resource_show", new { id })).GetProperty("size").GetInt64();
        await client.Call("datastore_delete", new { resource_id = id, filters = new { code = new[] { "1", "2", "3", "4" } } });
        (await client.Call("resource_show", new { id })).GetProperty("size").GetInt64().ShouldBeLessThan(size);
    }

    [Fact]
    public async Task Upsert_OfOneRowByNumberAndByKey_IsOneRow()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var id = await Made(client);
        var upserted = await client.Call("datastore_upsert", new { resource_id = id, records = new object[] { new { _id = 2, name = "乙二" }, new { code = "2", area = 20 } } });
        upserted.GetProperty("records").GetArrayLength().ShouldBe(1);
        (await Rows(client, id)).ShouldBe(["1 甲 1", "2 乙二 20", "3 丙 3"]);
    }

    [Fact]
    public async Task Upsert_OfWhatCannotBe_IsRefusedWholeInCkansShapes()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var id = await Made(client);
        (object Body, string Field, string Message, int? Row)[] wrong =
        [
            (new { resource_id = id, records = new object[] { new { code = "1", area = 5 }, new { code = "6", area = "0164A" } } }, "records", "invalid input syntax for type numeric: \"0164A\"", 1),
            (new { resource_id = id, records = new object[] { new { code = "1", none = 1 } } }, "fields", "fields \"none\" do not exist", 0),
            (new { resource_id = id, records = new object[] { new { name = "无键" } } }, "key", "fields \"code\" are missing but needed as key", 0),
            (new { resource_id = id, method = "update", records = new object[] { new { code = "99", name = "无" } } }, "key", "key \"[\"99\"]\" not found", 0),
            (new { resource_id = id, method = "insert", records = new object[] { new { code = "1", name = "重" } } }, "constraints", "Cannot insert records or create index because of uniqueness constraint", 0),
            (new { resource_id = id, method = "insert", records = new object[] { new { code = "7" }, new { code = "7" } } }, "constraints", "Cannot insert records or create index because of uniqueness constraint", 1),
            (new { resource_id = id, method = "merge", records = Array.Empty<object>() }, "method", "Value must be one of upsert, insert, update", null),
            (new { records = Array.Empty<object>() }, "resource_id", "Missing value", null),
        ];
        foreach (var (body, field, message, row) in wrong)
        {
            var (status, error) = await client.Refused("datastore_upsert", body);
            status.ShouldBe(409, message);
            error.GetProperty("__type").GetString().ShouldBe("Validation Error");
            error.GetProperty(field)[0].GetString().ShouldBe(message);
            if (row is { } n) { error.GetProperty("records_row").GetInt32().ShouldBe(n); }
        }

        (await Rows(client, id)).ShouldBe(["1 甲 1", "2 乙 2", "3 丙 3"], "All or nothing");
        (await client.Refused("datastore_upsert", new { resource_id = Guid.Empty, records = Array.Empty<object>() })).Status.ShouldBe(404);
        (await client.Refused("datastore_upsert", new { resource_id = id, records = new object[] { "no object" } })).Status.ShouldBe(400);
        var package = Openers.NewName();
        await client.Call("package_create", new { name = package });
        (object Body, string Field)[] creates =
        [
            (new { resource_id = id, fields = new[] { new { id = "_hidden" } } }, "fields"), (new { resource_id = id, fields = new[] { new { id = "a\"b" } } }, "fields"), (new { resource_id = id, fields = new[] { new { id = " a" } } }, "fields"),
            (new { resource_id = id, fields = new[] { new { id = "x", type = "money" } } }, "fields"), (new { resource_id = id, fields = new[] { new { id = "CODE" } } }, "fields"), (new { resource_id = id, primary_key = new[] { "none" } }, "primary_key"),
            (new { resource = new { package_id = package, name = "x", description = new string('长', 2001) } }, "resource"), (new { resource_id = id, aliases = new[] { "a" } }, "aliases"), (new { fields = Array.Empty<object>() }, "resource_id"), (new { resource_id = id, resource = new { package_id = "x" } }, "resource"),
        ];
        foreach (var (body, field) in creates)
        {
            var (status, error) = await client.Refused("datastore_create", body);
            status.ShouldBe(409, field);
            error.TryGetProperty(field, out _).ShouldBeTrue(error.GetRawText());
        }
    }

    [Fact]
    public async Task Key_OverRowsThatAreThere_IsOneForEachRow()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var package = Openers.NewName();
        await client.Call("package_create", new { name = package });
        var twice = (await client.Call("datastore_create", new { resource = new { package_id = package }, records = new object[] { new { a = "1", b = "x" }, new { a = "1", b = "y" } } })).GetProperty("resource_id").GetString()!;
        (await client.Refused("datastore_create", new { resource_id = twice, primary_key = new[] { "a" } })).Error.GetProperty("constraints")[0].GetString().ShouldBe("Cannot insert records or create index because of uniqueness constraint");
        await client.Call("datastore_create", new { resource_id = twice, primary_key = new[] { "a", "b" } });
        var id = await Made(client);
        (await client.Refused("datastore_upsert", new { resource_id = id, records = new object[] { new { _id = 1, code = "2" } } })).Error.TryGetProperty("constraints", out _).ShouldBeTrue();
        (await Rows(client, id)).ShouldBe(["1 甲 1", "2 乙 2", "3 丙 3"]);
        await client.Call("datastore_upsert", new { resource_id = id, records = new object[] { new { _id = 1, code = "4" } } });
        (await Rows(client, id)).ShouldBe(["4 甲 1", "2 乙 2", "3 丙 3"]);
    }

    [Fact]
    public async Task Upsert_WithoutAKey_NeedsOne()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var package = Openers.NewName();
        await client.Call("package_create", new { name = package });
        var id = (await client.Call("datastore_create", new { resource = new { package_id = package }, records = new object[] { new { a = "1" } } })).GetProperty("resource_id").GetString()!;
        (await client.Refused("datastore_upsert", new { resource_id = id, records = new object[] { new { a = "2" } } })).Error.GetProperty("table")[0].GetString().ShouldBe("unique key must be passed for update/upsert");
        await client.Call("datastore_upsert", new { resource_id = id, method = "insert", records = new object[] { new { a = "2" } } });
        (await client.Call("datastore_search", new { resource_id = id })).GetProperty("total").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task Delete_ByFiltersAndWhole_TakesWhatASearchFinds()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var id = await Made(client);
        var deleted = await client.Call("datastore_delete", new { resource_id = id, filters = new { code = "2" }, include_deleted_records = true });
        deleted.GetProperty("deleted_records")[0].GetProperty("name").GetString().ShouldBe("乙");
        deleted.GetProperty("filters").GetProperty("code").GetString().ShouldBe("2");
        (await client.Call("datastore_records_delete", new { resource_id = id, filters = new { code = "none" } })).GetProperty("resource_id").GetString().ShouldBe(id);
        (await client.Call("datastore_search", new { resource_id = id })).GetProperty("total").GetInt32().ShouldBe(2);
        foreach (var none in new object?[] { "", null }) { (await client.Refused("datastore_records_delete", new { resource_id = id, filters = none })).Error.GetProperty("filters")[0].GetString().ShouldBe("Missing value", "It never takes the table"); }
        (await client.Refused("datastore_records_delete", new { resource_id = id })).Error.GetProperty("filters")[0].GetString().ShouldBe("Missing value");
        (await client.Refused("datastore_delete", new { resource_id = id, filters = new { none = 1 } })).Error.GetProperty("filters")[0].GetString().ShouldBe("Unknown field: none");
        await client.Call("datastore_delete", new { resource_id = id, filters = new { } });
        (await client.Call("datastore_search", new { resource_id = id })).GetProperty("total").GetInt32().ShouldBe(0, "No filter in the filters: every row, the table stays");
        await client.Call("datastore_delete", new { resource_id = id });
        (await client.Refused("datastore_search", new { resource_id = id })).Status.ShouldBe(404);
        (await client.Call("resource_show", new { id })).GetProperty("datastore_active").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task Write_OfATableFromAFile_NeedsForce()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var package = Openers.NewName();
        await client.Call("package_create", new { name = package });
        var id = (await client.Uploaded("resource_create", new Dictionary<string, string> { ["package_id"] = package }, "parks.csv", "编号,名称\n1,甲\n2,乙\n")).GetProperty("id").GetString()!;
        foreach (var action in (string[])["datastore_create", "datastore_upsert", "datastore_delete"])
        {
            var (status, error) = await client.Refused(action, new { resource_id = id, records = new object[] { new { 名称 = "丙" } }, method = "insert" });
            status.ShouldBe(409);
            error.GetProperty("read-only")[0].GetString()!.ShouldStartWith("Cannot edit read-only resource because changes made may be lost.");
        }

        await client.Call("datastore_upsert", new { resource_id = id, force = true, method = "insert", records = new object[] { new { 编号 = 3, 名称 = "丙" } } });
        (await client.Call("datastore_search", new { resource_id = id })).GetProperty("total").GetInt32().ShouldBe(3);
        (await client.Refused("datastore_upsert", new { resource_id = id, force = true, method = "insert", records = new object[] { new { 编号 = "三" } } })).Error.GetProperty("records")[0].GetString().ShouldBe("invalid input syntax for type int: \"三\"");
    }

    [Fact]
    public async Task Write_AsTextsOfAForm_IsReadToo()
    {
        using var client = await CkanClient.MeetAsync(platform);
        var id = await Made(client);
        await client.Call("datastore_upsert", new { resource_id = id, records = """[{"code": "8", "name": "辛"}]""", force = "false" });
        (await Rows(client, id)).Last().ShouldBe("8 辛 ");
    }

    private static async Task<string> Made(CkanClient client)
    {
        var package = Openers.NewName();
        await client.Call("package_create", new { name = package });
        return (await client.Call("datastore_create", new
        {
            resource = new { package_id = package, name = "区划" }, fields = Fields, primary_key = "code",
            records = new object[] { new { code = "1", name = "甲", area = 1 }, new { code = "2", name = "乙", area = 2 }, new { code = "3", name = "丙", area = 3 } },
        })).GetProperty("resource_id").GetString()!;
    }

    private static async Task<List<string>> Rows(CkanClient client, string id) =>
        [.. (await client.Call("datastore_search", new { resource_id = id })).GetProperty("records").EnumerateArray().Select(r => $"{r.GetProperty("code")} {r.GetProperty("name")} {r.GetProperty("area")}")];
}
