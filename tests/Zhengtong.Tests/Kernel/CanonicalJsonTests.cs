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
}
