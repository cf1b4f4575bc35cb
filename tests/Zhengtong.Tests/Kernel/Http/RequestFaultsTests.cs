using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.RegularExpressions;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Http;

[OnDatabase]
public sealed partial class RequestFaultsTests(PlatformFixture platform)
{
    [Theory]
    [InlineData("en")]
    [InlineData("zh-CN")]
    public void Sentence_EveryRule_IsSaidInTheReadersLanguage(string language)
    {
        ValidationAttribute[] rules = [new RequiredAttribute(), new StringLengthAttribute(5), new StringLengthAttribute(5) { MinimumLength = 2 }, new LengthAttribute(1, 3),
            new MinLengthAttribute(1), new MaxLengthAttribute(9), new RangeAttribute(1, int.MaxValue), new RangeAttribute(1, 200), new RegularExpressionAttribute("^[a-z]$"),
            new EmailAddressAttribute(), new UrlAttribute(), new AllowedValuesAttribute("a", "b"), new CreditCodeAttribute(), new RegionCodeAttribute()];
        var before = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        try
        {
            CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(language);
            var sentences = rules.Select(RequestFaults.Sentence).ToArray();
            sentences.Distinct().Count().ShouldBe(rules.Length);
            sentences.ShouldAllBe(s => !s.StartsWith("kernel.", StringComparison.Ordinal) && !s.Contains("{0}"));
            sentences.ShouldAllBe(s => Chinese().IsMatch(s) == (language == "zh-CN"));
        }
        finally { (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = before; }
    }

    [Theory]
    [InlineData("en", "Enter 2 to 100 characters")]
    [InlineData("zh-CN", "请填写 2 至 100 个字符")]
    public async Task Post_ShortName_SaysTheRepairInTheReadersLanguage(string language, string sentence)
    {
        var client = await Officer(language);
        var problem = await (await client.PostAsJsonAsync("/api/v1/resources", Resource("x"))).ReadProblem();
        problem.GetProperty("errors").GetProperty("name")[0].GetString().ShouldBe(sentence);
    }

    [Theory]
    [InlineData("null", "items")]
    [InlineData("[null]", "items[0]")]
    [InlineData("[{\"name\":null,\"column\":\"a\",\"type\":\"text\"}]", "items[0].name")]
    [InlineData("[{\"name\":\"a\\u0000b\",\"column\":\"a\",\"type\":\"text\"}]", "items[0].name")]
    [InlineData("[{\"name\":\"a\\u001bb\",\"column\":\"a\",\"type\":\"text\"}]", "items[0].name")]
    public async Task Post_NullsAndControlCharacters_AreNamedByTheirPath(string items, string path)
    {
        var response = await Send(await Officer(), $$"""{"name":"名称","abstract":"","sharingType":"unconditional","updateCycle":"daily","items":{{items}}}""");
        var problem = await response.ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("kernel.invalid");
        problem.GetProperty("errors").TryGetProperty(path, out _).ShouldBeTrue(problem.ToString());
    }

    [Theory]
    [InlineData("{", "$")]
    [InlineData("", null)]
    [InlineData("null", null)]
    [InlineData("[]", "$")]
    [InlineData("{\"name\":5}", "$.name")]
    [InlineData("{\"name\":\"a\",\"name\":\"b\"}", "name")]
    [InlineData("{\"sharingType\":\"none-such\"}", "$.sharingType")]
    [InlineData("{\"sharingType\":1}", "$.sharingType")]
    [InlineData("{\"nmae\":\"a\"}", "nmae")]
    [InlineData("{\"name\":\"a\",\"abstract\":\"\",\"items\":[]}", "sharingType, updateCycle")]
    [InlineData("{\"name\":\"\\ud800\"}", "$.name")]
    public async Task Post_WhatCannotBeRead_IsMalformedAndSaysWhere(string body, string? where)
    {
        var response = await Send(await Officer(), body);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = await response.ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("kernel.malformed");
        if (where is not null) { problem.GetProperty("detail").GetString()!.ShouldContain(where); }
    }

    [Fact]
    public async Task Post_NestedTooDeep_IsMalformed()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"items\":[", 40)) + string.Concat(Enumerable.Repeat("]}", 40));
        (await (await Send(await Officer(), deep)).ReadProblemCode()).ShouldBe("kernel.malformed");
    }

    [Theory]
    [InlineData("a\tb\r\nc", true)]
    [InlineData("汉字𠮷😀", true)]
    [InlineData("a\0", false)]
    [InlineData("\u001f", false)]
    [InlineData("\u007f", false)]
    [InlineData("\u0085", false)]
    public void IsStorable_Text_IsWhatBothDatabasesKeep(string text, bool storable) => RequestFaults.IsStorable(text).ShouldBe(storable);

    [Fact]
    public void IsStorable_HalfASurrogatePair_IsNot()
    {
        RequestFaults.IsStorable("a" + (char)0xD800).ShouldBeFalse();
        RequestFaults.IsStorable((char)0xDC00 + "a").ShouldBeFalse();
    }

    private async Task<HttpClient> Officer(string language = "en")
    {
        var client = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        client.DefaultRequestHeaders.AcceptLanguage.Clear();
        client.DefaultRequestHeaders.AcceptLanguage.ParseAdd(language);
        return client;
    }

    private static Task<HttpResponseMessage> Send(HttpClient client, string json) =>
        client.PostAsync("/api/v1/resources", new StringContent(json, Encoding.UTF8, "application/json"));

    private static object Resource(string name) => new
    {
        name, @abstract = "", sharingType = "unconditional", updateCycle = "daily",
        items = new object[] { new { name = "编号", column = "id", type = "text", length = 18, isKey = true } },
    };

    [GeneratedRegex(@"\p{IsCJKUnifiedIdeographs}")]
    private static partial Regex Chinese();
}
