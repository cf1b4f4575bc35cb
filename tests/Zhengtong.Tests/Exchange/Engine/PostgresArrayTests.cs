using System.Text;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Engine;

/// <summary>Arrays of a real PostgreSQL: as JSON in a column of text, as arrays in a column of arrays.</summary>
public sealed class PostgresArrayTests
{
    private static readonly string[] Types = ["bool", "int2", "int4", "int8", "text", "varchar(40)", "float8", "numeric", "uuid", "date", "timestamp", "timestamptz"];

    private static readonly AgreedItem[] Items = [new("编号", "id", ItemType.Integer, null, true), .. Types.Select((_, n) => new AgreedItem($"数组{n}", $"a{n}", ItemType.Text, null, false))];

    private static string Table => $"CREATE TABLE t (id int PRIMARY KEY, {string.Join(", ", Types.Select((type, n) => $"a{n} {type}[]"))})";

    private const string Rows = """
        INSERT INTO t VALUES
        (1, '{t,f,NULL}', '{1,-32768}', '{2147483647}', '{-9223372036854775808,0}', '{"",NULL,"汉字 \"引号\" {括号}, 逗号","a\\b"}', '{x,NULL}', '{1.5,-0,NaN,Infinity,1e-300}',
         '{1.10,-0.000,12345678901234567890123456789.123456789,NaN}', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', '{2026-11-25,infinity,0001-01-01}', '{2026-11-25 08:00:00.000001}', '{2026-11-25 08:00:00.123456+08,-infinity}'),
        (2, '{}', NULL, '{{1,2,3},{4,NULL,6}}', '{{{1},{2}},{{3},{4}}}', '{{a,b},{c,d}}', '{NULL}', '{}', '{{1.0},{2.00}}', '{}', '{}', '{}', '{}'),
        (3, NULL, '{}', '{}', '{}', '{}', '{}', '{0.1}', '{0}', NULL, NULL, NULL, NULL)
        """;

    [Theory]
    [InlineData(CaptureKind.Replication)]
    [InlineData(CaptureKind.Comparison)]
    public async Task Run_ArraysIntoArrays_AreEqual(CaptureKind capture)
    {
        await using var table = await CapturedTable.PostgresAsync(Table, Items, capture: capture);
        foreach (var (n, type) in Types.Index()) { await table.ExecuteAsync($"ALTER TABLE received ALTER COLUMN a{n} TYPE {type}[] USING NULL"); }
        await table.ExecuteAsync(Rows);
        await table.SettleAsync();
        await table.ExecuteAsync("INSERT INTO t (id, a4) VALUES (4, ARRAY['新增'])");
        await table.ExecuteAsync("UPDATE t SET a2 = a2 || a2, a7 = '{7.70}' WHERE id IN (1, 3)");
        await table.ExecuteAsync("DELETE FROM t WHERE id = 2");
        await table.SettleAsync();
        (await table.RowsOfAsync("received", "true")).Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(CaptureKind.Replication)]
    [InlineData(CaptureKind.Comparison)]
    public async Task Run_ArraysIntoText_AreJsonTheSameFromLoadAndChange(CaptureKind capture)
    {
        await using var table = await CapturedTable.PostgresAsync(Table, Items, capture: capture);
        await table.ExecuteAsync(Rows);
        await table.RunAsync();
        var loaded = await ReadAsync();
        loaded[0].ShouldBe(
        [
            "[true,false,null]", "[1,-32768]", "[2147483647]", "[-9223372036854775808,0]", """["",null,"汉字 \"引号\" {括号}, 逗号","a\\b"]""", """["x",null]""", """[1.5,-0,"NaN","Infinity",1E-300]""",
            """[1.10,0.000,12345678901234567890123456789.123456789,"NaN"]""", """["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]""", """["2026-11-25","infinity","0001-01-01"]""",
            """["2026-11-25T08:00:00.000001Z"]""", """["2026-11-25T00:00:00.123456Z","-infinity"]""",
        ]);
        loaded[1][2].ShouldBe("[[1,2,3],[4,null,6]]");
        loaded[1][3].ShouldBe("[[[1],[2]],[[3],[4]]]");
        loaded[2][0].ShouldBe("∅");

        // Every row anew, by the way changes take.
        await table.ExecuteAsync("UPDATE t SET id = id + 10");
        await table.RunAsync();
        (await ReadAsync()).ShouldBe(loaded);

        async Task<List<string[]>> ReadAsync() =>
            [.. (await table.Department.QueryAsync($"SELECT {string.Join(", ", Types.Select((_, n) => $"a{n}"))} FROM received ORDER BY id")).Select(row => row.Split('|'))];
    }

    [Theory]
    [InlineData("_int4", "{}")]
    [InlineData("_int4", "")]
    [InlineData("_int4", "[1]x")]
    [InlineData("_int4", "[1,\"2\"]")]
    [InlineData("_int4", "[2147483648]")]
    [InlineData("_int4", "[1.5]")]
    [InlineData("_int4", "[[1,2],[3]]")]
    [InlineData("_int4", "[[1],2]")]
    [InlineData("_int4", "[1,[2]]")]
    [InlineData("_int4", "[[]]")]
    [InlineData("_int4", "[[[[[[[1]]]]]]]")]
    [InlineData("_text", "[1]")]
    [InlineData("_bool", "[0]")]
    [InlineData("_numeric", "[1e5]")]
    [InlineData("_numeric", "[\"x\"]")]
    [InlineData("_float8", "[\"x\"]")]
    [InlineData("_uuid", "[\"x\"]")]
    [InlineData("_date", "[\"2026-02-30\"]")]
    [InlineData("_timestamptz", "[\"2026-01-01\"]")]
    public void BinaryOf_NoSuchArray_IsRefused(string type, string json) =>
        Should.Throw<OverflowException>(() => new PostgresArray().BinaryOf(type, Encoding.UTF8.GetBytes(json)).Length);

    [Fact]
    public void Arrays_Changed_AreRefusedOrRead()
    {
        var array = new PostgresArray();
        var column = new ColumnBuffer(ItemType.Text);
        foreach (var (type, json) in new[] { ("_text", """[["甲","b"],[null,"\"丁\""]]"""), ("_numeric", "[1.50,-3,null,\"NaN\"]"), ("_timestamptz", "[\"2026-11-25T00:00:00.123456Z\",\"infinity\"]") })
        {
            var text = Encoding.UTF8.GetBytes(json);
            var binary = array.BinaryOf(type, text).ToArray();
            column.Clear();
            array.Append(column, binary);
            Encoding.UTF8.GetString(column.BytesAt(0)).ShouldBe(json);
            var before = GC.GetTotalAllocatedBytes();
            foreach (var changed in new Mutations(20_261_126, binary).Take(5_000))
            {
                try
                {
                    column.Clear();
                    array.Append(column, changed);
                }
                catch (Exception e) when (e is InvalidDataException or OverflowException) { }
            }

            foreach (var changed in new Mutations(20_261_126, text).Take(5_000))
            {
                try { array.BinaryOf(type, changed).Length.ShouldBeGreaterThan(0); }
                catch (OverflowException) { }
            }

            // A few bytes that made the reader ask for gigabytes would show here.
            ((GC.GetTotalAllocatedBytes() - before) / 10_000).ShouldBeLessThan(100_000);
        }
    }

    [Fact]
    public async Task Mount_ArrayAsKey_IsRefused()
    {
        await using var table = await CapturedTable.PostgresAsync("CREATE TABLE t (id int[] PRIMARY KEY, name text)", [new("编号", "id", ItemType.Text, null, true), new("名称", "name", ItemType.Text, null, false)]);
        (await Should.ThrowAsync<ExchangeFault>(() => table.RunAsync())).Faults.ShouldContain(f => f.Key == "exchange.fault.key-array");
    }
}
