using System.Net;
using System.Text.Json;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Portal;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Portal;

/// <summary>How a version is cited, in each form.</summary>
[OnDatabase]
public sealed class CitationTests(PlatformFixture platform)
{
    private static readonly Citation Second = new("parks-2", "西安市城市管理局", "公园名录", 2, "陕西省西安市", new DateOnly(2026, 3, 1), new DateOnly(2026, 11, 27), "https://data.example/dataset/1/version/2");

    [Theory]
    [InlineData("zh-CN", "西安市城市管理局. 公园名录[DS/OL]. 第 2 版. 陕西省西安市: 政通 电子政务公共平台, 2026(2026-03-01)[2026-11-27]. https://data.example/dataset/1/version/2.")]
    [InlineData("en", "西安市城市管理局. 公园名录[DS/OL]. Version 2. 陕西省西安市: Zhengtong e-government public platform, 2026(2026-03-01)[2026-11-27]. https://data.example/dataset/1/version/2.")]
    public void ToGbT7714_InEachLanguage_HasItsPartsInOrder(string language, string expected) => Text.In(language, Second.ToGbT7714).ShouldBe(expected);

    [Fact]
    public void ToGbT7714_OfAFirstVersionWithoutAPlace_NamesNeither() =>
        Text.In("zh-CN", (Second with { Number = 1, Place = "" }).ToGbT7714).ShouldStartWith("西安市城市管理局. 公园名录[DS/OL]. 政通 电子政务公共平台, 2026(");

    [Fact]
    public void ToBibTex_OfHostileWords_IsNoCommand() => (Second with { Author = "A & B_{x}", Title = "\\input{/etc/passwd} 50 % #1 $" }).ToBibTex()
        .ShouldSatisfyAllConditions(
            tex => tex.ShouldContain("author = {{A \\& B\\_x}}"),
            tex => tex.ShouldContain("title = {{input/etc/passwd 50 \\% \\#1 \\$}}"),
            tex => tex.ShouldContain("url = {https://data.example/dataset/1/version/2}"),
            tex => tex.Count(c => c == '{').ShouldBe(tex.Count(c => c == '}')));

    [Fact]
    public async Task Citation_OfAVersion_IsAFileInEachForm()
    {
        var department = await platform.Department($"Parks{TimeProvider.System.GetUtcNow().Ticks}");
        var made = await platform.PublishAsync(department, Published.Description("名录\r\nUR  - http://evil.example"), MadeFile.Text("a.txt", "a"));
        var next = await platform.PublishNextAsync(made, MadeFile.Text("a.txt", "b"));
        var visitor = platform.Visitor();
        var address = $"/dataset/{made.Dataset.Id}/version/{next.Version.Id}";
        foreach (var (form, type, ending) in new[] { ("gbt7714", "text/plain", "txt"), ("bibtex", "application/x-bibtex", "bib"), ("ris", "application/x-research-info-systems", "ris"), ("csl", "application/vnd.citationstyles.csl+json", "json") })
        {
            var answer = await visitor.GetAsync($"/dataset/{made.Name}/citation?format={form}");
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, form);
            answer.Content.Headers.ContentType!.MediaType.ShouldBe(type);
            answer.Content.Headers.ContentDisposition!.FileName.ShouldBe($"{made.Name}-2.{ending}");
            (await answer.Content.ReadAsStringAsync()).ShouldContain(address);
        }

        var ris = (await visitor.GetStringAsync($"/dataset/{made.Name}/citation?format=ris")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        ris[0].ShouldBe("TY  - DATA");
        ris[^1].ShouldBe("ER  - ");
        ris.Count(l => l.StartsWith("UR  - ", StringComparison.Ordinal)).ShouldBe(1, "A line end in a title begins no field");
        ris.ShouldContain($"AU  - {department.Name}");
        var csl = JsonDocument.Parse(await visitor.GetStringAsync($"/dataset/{made.Name}/citation?format=csl&version={made.Version.Id}")).RootElement[0];
        csl.GetProperty("type").GetString().ShouldBe("dataset");
        csl.GetProperty("version").GetString().ShouldBe("1");
        csl.GetProperty("author")[0].GetProperty("literal").GetString().ShouldBe(department.Name);
        csl.GetProperty("issued").GetProperty("date-parts")[0].GetArrayLength().ShouldBe(3);
        csl.GetProperty("URL").GetString()!.ShouldEndWith($"/version/{made.Version.Id}");

        var page = await visitor.GetPage($"/dataset/{made.Name}");
        page.ShouldContain("[DS/OL]. Version 2. ");
        System.Net.WebUtility.HtmlDecode(page).ShouldContain("[DS/OL]. 第 2 版. ");
        page.ShouldContain("citation?format=csl");
        (await (await visitor.GetAsync($"/dataset/{made.Name}/citation?format=apa")).ReadProblemCode()).ShouldBe("open-data.not-found");
        (await (await visitor.GetAsync("/dataset/no-such/citation")).ReadProblemCode()).ShouldBe("open-data.not-found");
    }

    [Fact]
    public async Task Citation_OfAClosedDataset_IsNotGiven()
    {
        var made = await platform.PublishAsync(await platform.Department(), Published.Description() with { OpenAttribute = OpenAttribute.NotOpen, OpenCondition = "law" }, MadeFile.Text("a.txt", "a"));
        (await platform.Visitor().GetAsync($"/dataset/{made.Name}/citation")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }
}
