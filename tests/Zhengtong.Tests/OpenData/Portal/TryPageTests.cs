using System.Net;
using System.Text.RegularExpressions;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Portal;

/// <summary>The page on which a reader calls the interfaces: each form, sent as a browser without script sends it, is answered.</summary>
[OnDatabase]
public sealed partial class TryPageTests(PlatformFixture platform)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Forms_SentAsTheyStand_AreAnswered(bool hostile)
    {
        var made = hostile
            ? await platform.PublishAsync(await platform.Department(), MadeFile.Table("t.csv", [new("a\"b; DROP"), new("<b>"), new("数,值", ColumnType.Integer)], [["x", "y", "1"], [null, "z", "2"]]))
            : await Toilets.PublishAsync(platform);
        var page = await platform.Visitor().GetPage($"/dataset/{made.Name}/resource/{made[0].Id}/api");
        var forms = Forms().Matches(page).Select(f => (Action: WebUtility.HtmlDecode(f.Groups[1].Value), Body: f.Groups[2].Value)).ToList();
        forms.Select(f => f.Action.Split('/')[1]).ShouldBe(hostile ? ["api", "api", "odata", "dataset"] : ["api", "api", "odata", "ogc", "dataset"]);
        foreach (var (action, body) in forms)
        {
            var fields = Inputs().Matches(body).Select(m => (Name: ValueOf(m.Value, "name"), Value: ValueOf(m.Value, "value")))
                .Concat(Areas().Matches(body).Select(m => (Name: ValueOf(m.Groups[1].Value, "name"), Value: (string?)WebUtility.HtmlDecode(m.Groups[2].Value))));
            var address = $"{action}?{string.Join('&', fields.Select(f => $"{Uri.EscapeDataString(f.Name!)}={Uri.EscapeDataString(f.Value ?? "")}"))}";
            var answer = await platform.Visitor().GetAsync(address);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, $"{address}: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    [Fact]
    public async Task Page_OfRowsThatNobodyMayRead_IsNotThere()
    {
        var made = await Toilets.PublishAsync(platform, attribute: OpenAttribute.Conditional);
        foreach (var id in new[] { made[0].Id, Guid.CreateVersion7(TimeProvider.System.GetUtcNow()) })
        {
            (await platform.Visitor().GetAsync($"/dataset/{made.Name}/resource/{id}/api")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }
    }

    private static string? ValueOf(string element, string attribute) => Regex.Match(element, $"\\b{attribute}=\"([^\"]*)\"") is { Success: true } m ? WebUtility.HtmlDecode(m.Groups[1].Value) : null;

    [GeneratedRegex("<form action=\"([^\"]*)\"[^>]*data-try[^>]*>(.*?)</form>", RegexOptions.Singleline)]
    private static partial Regex Forms();

    [GeneratedRegex("<input [^>]*>")]
    private static partial Regex Inputs();

    [GeneratedRegex("<textarea ([^>]*)>(.*?)</textarea>", RegexOptions.Singleline)]
    private static partial Regex Areas();
}
