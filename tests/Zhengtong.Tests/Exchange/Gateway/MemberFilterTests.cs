using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Gateway;
using Zhengtong.Exchange.Quality;

namespace Zhengtong.Tests.Exchange.Gateway;

/// <summary>The filter lets through what a plain one would, masked as rows of tables are, however the text is cut into pieces.</summary>
public sealed class MemberFilterTests
{
    private static readonly byte[] Secret = [1, 2, 3];
    private static readonly string[] Names = ["a", "b", "c", "名", "d e", "x\"y"];

    private static readonly Gen<JsonNode?> Scalar = Gen.OneOf<JsonNode?>(
        Gen.Int.Select(n => (JsonNode?)JsonValue.Create(n)), Gen.Double[-1e6, 1e6].Select(n => (JsonNode?)JsonValue.Create(n)), Gen.Bool.Select(b => (JsonNode?)JsonValue.Create(b)),
        Gen.String[Gen.Char["ab\"\\\n企\u0001/"], 0, 8].Select(s => (JsonNode?)JsonValue.Create(s)), Gen.Const((JsonNode?)null));

    private static Gen<JsonNode?> Node(int depth) => depth == 0 ? Scalar : Gen.Frequency(
        (2, Scalar), (3, Gen.Select(Gen.Int[0, Names.Length - 1].Select(n => Names[n]), Node(depth - 1)).Array[0, 4].Select(members =>
        {
            var made = new JsonObject();
            foreach (var (name, value) in members) { made[name] = value?.DeepClone(); }
            return (JsonNode?)made;
        })),
        (2, Node(depth - 1).Array[0, 4].Select(items => (JsonNode?)new JsonArray([.. items.Select(i => i?.DeepClone())]))));

    private static readonly Gen<string[]> Paths = Gen.Int[0, Names.Length - 1].Select(n => Names[n]).Array[1, 3].Select(p => string.Join('.', p)).Array[1, 4];

    [Fact]
    public void Read_AnyText_KeepsWhatThePlainFilterKeeps() => Gen.Select(Node(4), Paths, Gen.Int[1, 40], Gen.Bool).Sample((node, paths, piece, indented) =>
    {
        var text = JsonSerializer.SerializeToUtf8Bytes(node, new JsonSerializerOptions { WriteIndented = indented });
        var filtered = JsonNode.Parse(Filter(text, piece, paths));
        return JsonNode.DeepEquals(filtered, Plain(node, [.. paths.Select(p => p.Split('.'))]));
    }, iter: 5000);

    [Theory]
    [InlineData("""{"a":1.50e3,"b":"\u4f01\/","c":-0}""", "a,b,c", """{"a":1.50e3,"b":"\u4f01\/","c":-0}""")]
    [InlineData("""{"\u0061":1,"b":2}""", "a", """{"\u0061":1}""")]
    [InlineData("""{"a":{"b":1,"c":2},"d":[{"a":1}]}""", "a.b", """{"a":{"b":1}}""")]
    [InlineData("""[{"a":{"b":[[{"c":1,"x":2}]]}},{"a":5},7]""", "a.b.c", """[{"a":{"b":[[{"c":1}]]}},{}]""")]
    [InlineData("""{"a.b":1,"a":{"b":2}}""", "a.b", """{"a":{"b":2}}""")]
    [InlineData("""{"a":1,"a":2}""", "a", """{"a":1,"a":2}""")]
    [InlineData("""{"A":1,"a ":2}""", "a", "{}")]
    [InlineData("""{"a":{"x":{"y":[1,{"z":null}]}},"b":1}""", "a", """{"a":{"x":{"y":[1,{"z":null}]}}}""")]
    [InlineData("7", "a", "null")]
    public void Read_KnownTexts_AreSpeltAsTheProviderSpeltThem(string text, string paths, string kept)
    {
        foreach (var piece in new[] { 1, 3, 1000 }) { Filter(Encoding.UTF8.GetBytes(text), piece, paths.Split(',')).ShouldBe(kept); }
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"a":1""")]
    [InlineData("""{"a":1}{"a":2}""")]
    [InlineData("""{"a":1} x""")]
    [InlineData("""{a:1}""")]
    [InlineData("""{"a":1,}""")]
    [InlineData("""{"a":01}""")]
    [InlineData("""{"a":NaN}""")]
    [InlineData("/* c */ {}")]
    [InlineData("<html>")]
    [InlineData("""{"b":[1,}""")]
    [InlineData("{\"a\":\"\t\"}")]
    public void Read_NoJson_IsRefused(string text) => Should.Throw<JsonException>(() => Filter(Encoding.UTF8.GetBytes(text), 4, ["a"]));

    [Fact]
    public void Read_TooDeepOrNoUtf8_IsRefused()
    {
        Should.Throw<JsonException>(() => Filter(Encoding.UTF8.GetBytes(new string('[', 200) + new string(']', 200)), 64, ["a"]));
        Should.Throw<JsonException>(() => Filter([.. "{\"a\":\""u8, 0xFF, .. "\"}"u8], 64, ["a"]));
    }

    [Theory]
    [InlineData(ItemMask.Name, null, """{"v":"张三"}""", """{"v":"张*"}""")]
    [InlineData(ItemMask.Name, null, """{"v":"\u5f20\u4e09"}""", """{"v":"张*"}""")]
    [InlineData(ItemMask.Name, null, """{"v":"\"x"}""", """{"v":"\"*"}""")]
    [InlineData(ItemMask.Name, null, """{"v":null}""", """{"v":null}""")]
    [InlineData(ItemMask.Name, null, """{"v":true,"w":1}""", "{}")]
    [InlineData(ItemMask.Name, null, """{"v":{"given":"三","v":"张三"}}""", """{"v":{}}""")]
    [InlineData(ItemMask.IdNumber, null, """{"v":"11010519491231002X"}""", """{"v":"110105**********2X"}""")]
    [InlineData(ItemMask.IdNumber, null, """{"v":110105194912310021}""", """{"v":"110105**********21"}""")]
    [InlineData(ItemMask.Phone, null, """{"v":["13812345678",null,[13912345678,false],{"a":"13712345678"}]}""", """{"v":["138****5678",null,["139****5678"],{}]}""")]
    [InlineData(ItemMask.KeepLast, 4, """{"v":"6222021234567890"}""", """{"v":"************7890"}""")]
    [InlineData(ItemMask.KeepLast, 4, """{"v":"7890"}""", """{"v":"****"}""")]
    [InlineData(ItemMask.KeepLast, 4, """{"v":""}""", """{"v":""}""")]
    [InlineData(ItemMask.Generalise, 3, """{"v":"西安市雁塔区"}""", """{"v":"西安市"}""")]
    public void Read_MaskedText_IsMaskedAsInATable(ItemMask mask, int? keep, string text, string masked) => Masked(new("值", "v", ItemType.Text, null, false, mask, keep), text, masked);

    [Theory]
    [InlineData(ItemType.Integer, 3, "123456", "123000")]
    [InlineData(ItemType.Integer, 2, "-999", "-900")]
    [InlineData(ItemType.Integer, 2, "\"1234\"", "\"1200\"")]
    [InlineData(ItemType.Integer, 2, "1.5e3", "1500")]
    [InlineData(ItemType.Integer, 20, "123456789012345678901234567890", "123456789000000000000000000000")]
    [InlineData(ItemType.Decimal, 3, "12345678901234567890123.45", "12345678901234567890000")]
    [InlineData(ItemType.Decimal, 0, "0.99", "0")]
    [InlineData(ItemType.Decimal, 0, "1e400", null)]
    [InlineData(ItemType.Decimal, 2, "\"NaN\"", null)]
    [InlineData(ItemType.Decimal, 2, "\"张三\"", null)]
    [InlineData(ItemType.Integer, 2, "true", null)]
    [InlineData(ItemType.Date, 2, "\"2026-03-31\"", "\"2026-03-01\"")]
    [InlineData(ItemType.Date, 1, "\"0001-03-31\"", "\"0001-01-01\"")]
    [InlineData(ItemType.Date, 1, "\"31.3.2026\"", null)]
    [InlineData(ItemType.Date, 1, "20260331", null)]
    [InlineData(ItemType.Timestamp, 2, "\"2026-01-31T16:00:00Z\"", "\"2026-01-31T16:00:00Z\"")]
    [InlineData(ItemType.Timestamp, 2, "\"2026-01-31 23:59:59.123456+08:00\"", "\"2025-12-31T16:00:00Z\"")]
    [InlineData(ItemType.Timestamp, 1, "\"0001-01-01T00:00:00Z\"", null)]
    [InlineData(ItemType.Timestamp, 1, "\"16:00\"", null)]
    [InlineData(ItemType.Timestamp, 1, "null", "null")]
    public void Read_Generalised_IsRoundedOrLeftOut(ItemType type, int keep, string value, string? masked) =>
        Masked(new("值", "v", type, null, false, ItemMask.Generalise, keep), $$"""{"v":{{value}},"w":1}""", masked is null ? "{}" : $$"""{"v":{{masked}}}""");

    [Fact]
    public void Read_Hashed_IsTheHmacOfTheTextHoweverItIsSpelt()
    {
        AgreedItem item = new("值", "v", ItemType.Text, 64, false, ItemMask.Hash);
        var hash = Convert.ToHexStringLower(HMACSHA256.HashData(Secret, "张三"u8));
        Masked(item, """{"v":["张三","\u5f20\u4e09"]}""", $$"""{"v":["{{hash}}","{{hash}}"]}""");
        Masked(item, """{"v":12}""", $$"""{"v":"{{Convert.ToHexStringLower(HMACSHA256.HashData(Secret, "12"u8))}}"}""");
    }

    [Fact]
    public void Read_MaskedWithinWhole_TheNearerWordCounts()
    {
        AgreedItem[] items = [new("人", "person", ItemType.Text, null, false), new("姓名", "person.name", ItemType.Text, null, false, ItemMask.Name), new("住址", "address", ItemType.Text, null, false, ItemMask.KeepLast, 1), new("城市", "address.city", ItemType.Text, null, false)];
        const string text = """{"person":[{"name":"张三","age":7,"kin":{"name":"李四"}},"张三"],"address":{"city":"西安","street":"雁塔路"}}""";
        foreach (var order in new[] { items, [.. items.Reverse()] })
        {
            foreach (var piece in new[] { 1, 5, 1000 })
            {
                Filter(Encoding.UTF8.GetBytes(text), piece, order).ShouldBe("""{"person":[{"name":"张*","age":7,"kin":{"name":"李四"}},"张三"],"address":{"city":"西安"}}""");
            }
        }
    }

    /// <summary>What a table's row would hold is what the answer holds, whatever the text, its escapes and the pieces it comes in.</summary>
    [Fact]
    public void Read_AnyMaskedText_IsWhatTheSameMaskMakesOfARow() =>
        Gen.Select(Gen.Enum<ItemMask>().Where(m => m != ItemMask.None), Gen.Int[0, 6], Gen.String[Gen.Char["019-+ a企\"\\\n\u0001\u00e9"], 0, 24], Gen.Int[1, 20], Gen.Bool).Sample((mask, keep, value, piece, escaped) =>
        {
            AgreedItem item = new("值", "v", ItemType.Text, null, false, mask, keep);
            var column = new ColumnBuffer(ItemType.Text);
            column.AppendBytes(Encoding.UTF8.GetBytes(value));
            var row = Encoding.UTF8.GetString(new Masking([item], Secret).Mask([column], 1)[0].BytesAt(0));
            var options = new JsonSerializerOptions { Encoder = escaped ? JavaScriptEncoder.Default : JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
            var text = JsonSerializer.SerializeToUtf8Bytes(new { a = value, v = value }, options);
            return JsonNode.Parse(Filter(text, piece, [item]))!.AsObject() is var kept && kept.Count == 1 && kept["v"]!.GetValue<string>() == row;
        }, iter: 5000);

    [Theory]
    [InlineData("{\"v\":\"\\ud800\"}")]
    [InlineData("{\"v\":\"x\\udc00\\ud800y\"}")]
    public void Read_MaskedTextThatIsNoUnicode_IsRefused(string text) =>
        Should.Throw<JsonException>(() => Filter(Encoding.UTF8.GetBytes(text), 64, items: [new("值", "v", ItemType.Text, null, false, ItemMask.Name)]));

    private static void Masked(AgreedItem item, string text, string masked)
    {
        foreach (var piece in new[] { 1, 3, 1000 }) { Filter(Encoding.UTF8.GetBytes(text), piece, [item]).ShouldBe(masked); }
    }

    private static string Filter(byte[] text, int piece, IEnumerable<string> paths) => Filter(text, piece, SceneSettings.Members([.. paths]));

    private static string Filter(byte[] text, int piece, AgreedItem[] items)
    {
        var filter = new MemberFilter(MemberTree.Of(items, Secret)!);
        var output = new ArrayBufferWriter<byte>();
        var (from, to) = (0, 0);
        while (true)
        {
            to = Math.Min(text.Length, to + piece);
            from += filter.Read(text.AsSpan(from, to - from), to == text.Length, output);
            if (to == text.Length) { return Encoding.UTF8.GetString(output.WrittenSpan); }
        }
    }

    /// <summary>The same rule, said over whole trees.</summary>
    private static JsonNode? Plain(JsonNode? node, string[][] paths)
    {
        if (paths.Any(p => p.Length == 0)) { return node?.DeepClone(); }
        if (node is JsonArray items) { return new JsonArray([.. items.Where(i => i is JsonObject or JsonArray).Select(i => Plain(i, paths))]); }
        if (node is not JsonObject members) { return null; }
        var kept = new JsonObject();
        foreach (var (name, value) in members)
        {
            var below = paths.Where(p => p[0] == name).Select(p => p[1..]).ToArray();
            if (below.Length > 0 && (below.Any(p => p.Length == 0) || value is JsonObject or JsonArray)) { kept[name] = Plain(value, below); }
        }

        return kept;
    }
}
