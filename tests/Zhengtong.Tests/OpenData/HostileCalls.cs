using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Zhengtong.Demonstration;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData;

/// <summary>Parameters as a careless or hostile client writes them: values out of range and of the wrong kind, half a structure, another language, good values with a few bytes changed.
/// The same seed gives the same calls.</summary>
internal sealed class HostileCalls
{
    private static readonly string[] Nasty =
    [
        "", " ", "0", "-1", "1.5", "1e999", "NaN", "99999999999999999999", "9223372036854775808", "-9223372036854775808", "2147483648", "true", "null", "undefined", "[]", "{}", "[null]", "[[[[]]]]", "{\"a\":{\"b\":[{}]}}", "[", "{", "\"",
        "'", "' OR 1=1 --", "\"; DROP TABLE x; --", "$1", "%", "%%%", "\\", "\\u0000", "\0", "\n\r\t", "\uFFFD", "é", "e\u0301", "😀", "\u202E反", "<script>alert(1)</script>", "{{7*7}}", "${jndi:x}", "../../etc/passwd", "file:///etc/passwd", "http://127.0.0.1:1/",
        "_id", "c1", "_west", "a,b,,c", "*", "*:*", "a:b:c", "(((((((((((((((((((((", "))))", "AND OR NOT", "2026-02-30", "0001-01-01", "9999-12-31T23:59:60", "00000000-0000-0000-0000-000000000000", "_table_metadata", "+", "&", "=", "#", "?",
    ];

    private readonly IReadOnlyList<string> changed;
    private Dice dice;

    /// <summary>Calls made of these good values and of bad ones.</summary>
    internal HostileCalls(ulong seed, params IReadOnlyList<string> good)
    {
        dice = new Dice(seed);
        changed = [.. new Mutations(seed, [.. good.Select(Encoding.UTF8.GetBytes)]).TakeText(400), .. good, .. good];
    }

    /// <summary>Any value.</summary>
    internal string Value() => dice.Below(20) switch
    {
        0 => new string((char)('a' + dice.Below(26)), 1 + dice.Below(700)),
        1 => string.Concat(Enumerable.Range(0, 1 + dice.Below(12)).Select(_ => (char)dice.Below(0xD800))),
        2 => dice.Between(-1000, 100_000).ToString(CultureInfo.InvariantCulture),
        < 10 => dice.Pick(Nasty),
        _ => dice.Pick(changed),
    };

    /// <summary>One of these.</summary>
    internal T Pick<T>(IReadOnlyList<T> of) => dice.Pick(of);

    /// <summary>A query of one to four parameters; now and then one comes twice, has no value, or is not encoded as it should be.</summary>
    internal string Query(IReadOnlyList<string> names)
    {
        var query = new StringBuilder();
        for (var n = 1 + dice.Below(4); n > 0; n--)
        {
            var name = dice.Below(25) == 0 ? Value() : dice.Pick(names);
            query.Append(query.Length == 0 ? "" : "&").Append(Uri.EscapeDataString(name));
            if (dice.Below(30) != 0) { query.Append('=').Append(dice.Below(30) == 0 ? "%zz%F" : Uri.EscapeDataString(Valid(Value()))); }
        }

        return query.ToString();
    }

    /// <summary>A JSON object of one to four members, their values of any kind.</summary>
    internal JsonObject Object(IReadOnlyList<string> names)
    {
        var made = new JsonObject();
        for (var n = 1 + dice.Below(4); n > 0; n--) { made[dice.Below(25) == 0 ? Valid(Value()) : dice.Pick(names)] = Node(0); }
        return made;
    }

    private JsonNode? Node(int depth)
    {
        switch (dice.Below(depth > 2 ? 5 : 8))
        {
            case 0: return null;
            case 1: return dice.Below(2) == 0;
            case 2: return dice.Between(-5, 1_000_000);
            case 3 or 4: return Valid(Value());
            case 5: return new JsonArray([.. Enumerable.Range(0, dice.Below(4)).Select(_ => Node(depth + 1))]);
            case 6: return JsonNode.Parse(TryJson(Value()) ?? "1.5e300");
            default:
                var members = new JsonObject();
                for (var n = dice.Below(4); n > 0; n--) { members[Valid(Value())] = Node(depth + 1); }
                return members;
        }
    }

    private static string? TryJson(string text)
    {
        try
        {
            using var read = JsonDocument.Parse(text);
            return text;
        }
        catch (JsonException) { return null; }
    }

    /// <summary>Without half pairs, which no client can send.</summary>
    private static string Valid(string text) => string.Concat(text.EnumerateRunes());
}
