using Zhengtong.Kernel;
using Zhengtong.Kernel.Mail;

namespace Zhengtong.Tests.Kernel.Mail;

/// <summary>The same words as text and as HTML, whatever they are.</summary>
public sealed class LetterTests
{
    private static readonly Letter Hostile = new("Parks\r\nBcc: b@example.org\u2028<b>", [Letter.Heading("<script>alert(1)</script>"), Letter.Item("one\r\ntwo"), Letter.Item("&"), Letter.Link("Open", "https://example.org/?a=1&b=\"2\""), Letter.Paragraph("end")]);

    [Fact]
    public void SubjectLine_WithLineEnds_IsOneLine() => Hostile.SubjectLine().ShouldBe("Parks  Bcc: b@example.org <b>");

    [Fact]
    public void SubjectLine_TooLong_IsCutBetweenCharacters()
    {
        var line = new Letter(string.Concat(Enumerable.Repeat("😀", 300)), []).SubjectLine();
        line.Length.ShouldBeLessThanOrEqualTo(200);
        line[..^1].EnumerateRunes().ShouldAllBe(r => r.Value == 0x1F600);
    }

    [Fact]
    public void ToHtml_OfHostileWords_IsText()
    {
        var html = Hostile.ToHtml("en");
        html.ShouldNotContain("<script>");
        html.ShouldContain("<h2>&lt;script&gt;alert(1)&lt;/script&gt;</h2>");
        html.ShouldContain("<ul>\n<li>one<br>two</li>\n<li>&amp;</li>\n</ul>");
        html.ShouldContain("<a href=\"https://example.org/?a=1&amp;b=&quot;2&quot;\">Open</a>");
        html.ShouldContain("<html lang=\"en\">");
    }

    [Fact]
    public void ToText_HasTheAddressOfALinkBelowIt() => Hostile.ToText().ShouldBe("<script>alert(1)</script>\n\n- one\ntwo\n- &\n\nOpen\nhttps://example.org/?a=1&b=\"2\"\n\nend\n");

    [Fact]
    public void In_ALanguage_WritesInItAndLeavesTheCallersAlone()
    {
        var before = System.Globalization.CultureInfo.CurrentUICulture;
        var (chinese, english) = (Text.In("zh-CN", () => Text.Of("open-data.mail.confirm-link")), Text.In("en", () => Text.Of("open-data.mail.confirm-link")));
        (chinese, english).ShouldBe(("确认", "Confirm"));
        System.Globalization.CultureInfo.CurrentUICulture.ShouldBe(before);
    }
}
