using System.Text;
using CsCheck;
using Zhengtong.Kernel;

namespace Zhengtong.Tests.Kernel;

public sealed class CanonicalJsonTests
{
    [Fact]
    public void Of_RareAndControlCharacters_EscapesWhatRfc8785Escapes() =>
        CanonicalJson.Of(new { b = "𠮷\u2028\uE000é/<>&'+", a = "\"\\\b\t\n\f\r\u0001\u001f\u007f", 名称 = "食药监局" })
            .ShouldBe("""{"a":"\"\\\b\t\n\f\r\u0001\u001f""" + "\u007f\",\"b\":\"𠮷\u2028\uE000é/<>&'+\",\"名称\":\"食药监局\"}");

    [Fact]
    public void Of_AnyText_ReadsBackAndHoldsNoOtherEscapes() => Gen.String[Gen.OneOf(Gen.Char['\0', '~'], Gen.Char['一', '龥'], Gen.Char['\u2000', '\u2fff'])].Sample(text =>
    {
        var json = CanonicalJson.Of(new { text });
        return System.Text.Json.JsonDocument.Parse(json).RootElement.GetProperty("text").GetString() == text
            && json == $"{{\"text\":\"{string.Concat(text.Select(c => c switch
            {
                '"' => "\\\"", '\\' => "\\\\", '\b' => "\\b", '\t' => "\\t", '\n' => "\\n", '\f' => "\\f", '\r' => "\\r", < ' ' => $"\\u{(int)c:x4}", _ => c.ToString(),
            }))}\"}}";
    });

    [Fact]
    public void Utf8Of_ARecord_IsTheSameBytes() => Gen.Select(Gen.String[Gen.OneOf(Gen.Char['\0', '~'], Gen.Char['一', '龥'])].Null(), Gen.Long, Gen.Bool, Gen.DateTimeOffset, Gen.Guid).Sample((text, number, flag, at, id) =>
    {
        var record = new { Zeta = text, Alpha = number, beta = flag, Moment = at.ToUniversalTime(), Id = id, Below = new[] { new { Second = text, First = DayOfWeek.Monday } } };
        return Encoding.UTF8.GetString(CanonicalJson.Utf8Of(record)) == CanonicalJson.Of(record);
    });

    [Fact]
    public void Utf8Of_WhatIsInNoKnownOrder_IsRefused()
    {
        Should.Throw<NotSupportedException>(() => CanonicalJson.Utf8Of(new { Share = 0.5m }));
        Should.Throw<NotSupportedException>(() => CanonicalJson.Utf8Of(new { Names = new Dictionary<string, string> { ["b"] = "", ["a"] = "" } }));
    }
}
