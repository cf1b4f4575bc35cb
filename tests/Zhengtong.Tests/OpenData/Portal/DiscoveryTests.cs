using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Portal;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Portal;

/// <summary>What search engines and programs find in the pages, and that the programs shown there run.</summary>
[OnDatabase]
public sealed partial class DiscoveryTests(PlatformFixture platform)
{
    [Fact]
    public async Task Dataset_Published_DescribesItselfInItsPage()
    {
        var made = await Toilets.PublishAsync(platform);
        var page = await platform.Visitor().GetPage($"/dataset/{made.Name}");
        var blocks = Blocks().Matches(page).Select(m => JsonDocument.Parse(m.Groups[1].Value).RootElement).ToList();
        blocks.Count.ShouldBe(2);
        var google = blocks[0];
        google.GetProperty("@type").GetString().ShouldBe("Dataset");
        google.GetProperty("name").GetString().ShouldBe("公共厕所");
        google.GetProperty("description").GetString()!.Length.ShouldBeGreaterThanOrEqualTo(50);
        var file = google.GetProperty("distribution")[0].GetProperty("contentUrl").GetString()!;
        (await platform.Visitor().GetAsync(file)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var croissant = blocks[1];
        croissant.GetProperty("conformsTo").GetString().ShouldBe("http://mlcommons.org/croissant/1.0");
        croissant.GetProperty("recordSet")[0].GetProperty("field").GetArrayLength().ShouldBe(Toilets.Columns.Count);
        var links = Links().Matches(page).Select(m => WebUtility.HtmlDecode(m.Groups[1].Value)).ToList();
        links.Count.ShouldBe(6);
        foreach (var link in links) { (await platform.Visitor().GetAsync(link)).StatusCode.ShouldBe(HttpStatusCode.OK, link); }
        page.ShouldContain($"@misc{{{made.Name}-1,");
        page.ShouldContain("data-copy=\"" + $"{platform.Address}dataset/{made.Id}/version/{made.Version.Id}");
        (await platform.Visitor().GetAsync($"/dataset/{made.Id}/version/{made.Version.Id}")).StatusCode.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Dataset_WithHostileWords_EndsNoBlock()
    {
        const string Hostile = "</script><script>alert(1)</script>";
        var made = await platform.PublishAsync(await platform.Department(), Published.Description($"<!-- {Hostile}") with { Notes = Hostile, Keywords = [Hostile] }, MadeFile.Table("a.csv", [new(Hostile)], ["x"]));
        var page = await platform.Visitor().GetPage($"/dataset/{made.Name}");
        page.ShouldNotContain("<script>alert(1)");
        foreach (Match block in Blocks().Matches(page)) { JsonDocument.Parse(block.Groups[1].Value).RootElement.GetProperty("name").GetString().ShouldBe($"<!-- {Hostile}"); }
    }

    [Fact]
    public async Task Dataset_Closed_GivesNothingAway()
    {
        var made = await platform.PublishAsync(await platform.Department(), Published.Description() with { OpenAttribute = OpenAttribute.NotOpen, OpenCondition = "依法不予公开" }, MadeFile.Table("secret.csv", [new("机密列")], ["x"]));
        var page = await platform.Visitor().GetPage($"/dataset/{made.Name}");
        Blocks().Count(page).ShouldBe(1);
        page.ShouldNotContain("secret.csv");
        page.ShouldNotContain("机密列");
    }

    [Theory]
    [InlineData("/open")]
    [InlineData("/dataset")]
    public async Task Catalogue_OfThePortal_LeadsToItsDescriptions(string path)
    {
        await Toilets.PublishAsync(platform);
        var page = await platform.Visitor().GetPage(path);
        JsonDocument.Parse(Blocks().Match(page).Groups[1].Value).RootElement.GetProperty("@type").GetString().ShouldBe("DataCatalog");
        var links = Links().Matches(page).Select(m => WebUtility.HtmlDecode(m.Groups[1].Value)).ToList();
        links.Count.ShouldBe(4);
        foreach (var link in links) { (await platform.Visitor().GetAsync(link)).StatusCode.ShouldBe(HttpStatusCode.OK, link); }
    }

    [Theory]
    [InlineData("curl", "bash", "-e")]
    [InlineData("Python", "python3", "-B")]
    [InlineData("JavaScript", "node", "--input-type=module")]
    public async Task Code_OnThePage_RunsAsItStands(string language, string program, string option)
    {
        var made = await Toilets.PublishAsync(platform);
        var code = CodeSamples.Of(platform.Address.ToString(), made.Name, made[0]).Single(s => s.Language == language).Code;
        (await platform.Visitor().GetPage($"/dataset/{made.Name}")).ShouldContain(WebUtility.HtmlEncode(code.Split('\n').First(l => l.Contains("http", StringComparison.Ordinal))).Replace("&#x27;", "'", StringComparison.Ordinal));
        var folder = Directory.CreateTempSubdirectory("zhengtong-code-");
        try
        {
            using var run = Process.Start(new ProcessStartInfo(program, [option]) { WorkingDirectory = folder.FullName, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8, Environment = { ["PYTHONIOENCODING"] = "utf-8" } })!;
            await run.StandardInput.WriteAsync(code + "\n");
            run.StandardInput.Close();
            var errors = run.StandardError.ReadToEndAsync();
            var output = await run.StandardOutput.ReadToEndAsync();
            await run.WaitForExitAsync();
            run.ExitCode.ShouldBe(0, await errors);
            output.ShouldContain("250");
            output.ShouldContain("公厕1号");
            if (language == "curl") { File.ReadAllLines(Path.Combine(folder.FullName, "rows.csv")).Length.ShouldBe(Toilets.Count + 1); }
        }
        finally { folder.Delete(recursive: true); }
    }

    [GeneratedRegex("<script type=\"application/ld\\+json\">(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex("<link rel=\"alternate\" type=\"[^\"]+\" href=\"([^\"]+)\"")]
    private static partial Regex Links();
}
