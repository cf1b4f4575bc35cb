using System.Net;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Publishing;

/// <summary>The whole way on the pages of the workbench, as a browser without script goes it.</summary>
[OnDatabase]
public sealed class PublishingPagesTests(PlatformFixture platform)
{
    [Fact]
    public async Task Pages_FromDraftToPublication_WithoutScript()
    {
        var openers = await Openers.Meet(platform);
        var name = Openers.NewName();
        var created = await openers.Officer.Submit("/work/open-data/new", "draft", Fields(name));
        created.StatusCode.ShouldBe(HttpStatusCode.Redirect, await created.Content.ReadAsStringAsync());
        var page = created.Headers.Location!.ToString().Split('?')[0];
        var id = Guid.Parse(page.Split('/')[^1]);

        var empty = await openers.Officer.Submit(page, "propose");
        empty.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await empty.Content.ReadAsStringAsync()).ShouldContain("Upload at least one file first");

        (await UploadAsync(openers.Officer, page, id, "parks.csv")).ShouldEndWith("?done=file-added");
        (await openers.Officer.GetPage(page)).ShouldContain("parks.csv");
        (await openers.Officer.Submit($"{page}/edit", "draft", [.. Fields(name).Where(f => f.Name != "description.title"), ("description.title", "Parks of the city"), ("resources[0].name", "Parks"), ("resources[0].place", "1")])).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await openers.Officer.GetPage(page)).ShouldContain("Parks of the city");

        (await openers.Officer.Submit(page, "propose")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        await openers.Check(id, ("identity-card", FindingSeverity.Blocks));
        var examination = $"{page}/examination";
        (await openers.Officer.GetPage(examination)).ShouldContain("You proposed this version");
        (await openers.Officer.GetPage(examination)).ShouldNotContain("value=\"examine\"");
        var refused = await openers.Colleague.Submit(examination, "examine");
        refused.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("A finding blocks the publication");
        var finding = await platform.WithDb(db => db.OpeningFindings.Where(f => db.DatasetVersions.Any(v => v.Id == f.VersionId && v.DatasetId == id)).Select(f => f.Id).SingleAsync());
        var blank = await openers.Colleague.Submit(examination, $"override-{finding:N}", ("ground", ""), ("legalBasis", "Act 3"));
        blank.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await blank.Content.ReadAsStringAsync()).ShouldContain("Act 3", Case.Sensitive, "Nothing typed is lost");
        (await openers.Colleague.Submit(examination, $"override-{finding:N}", ("ground", "Public by law"), ("legalBasis", "Act 3"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await openers.Colleague.GetPage(examination)).ShouldContain("Public by law");
        (await openers.Colleague.Submit(examination, "examine")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await openers.Leader.Submit(examination, "approve")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await openers.Read(id, platform.Visitor())).GetProperty("state").GetString().ShouldBe("published");

        (await openers.Officer.Submit(page, "begin")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var file = (await openers.Read(id)).GetProperty("underWay").GetProperty("resources")[0].GetProperty("id").GetGuid();
        (await openers.Officer.Submit(page, $"remove-{file:N}")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await openers.Leader.Submit(page, "withdraw", ("reason", ""))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await openers.Leader.Submit(page, "withdraw", ("reason", "Wrong numbers"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await openers.Officer.GetPage(page)).ShouldContain("Wrong numbers");
    }

    [Fact]
    public async Task DraftForm_Invalid_ComesBackFilledWithItsFaults()
    {
        var openers = await Openers.Meet(platform);
        var answer = await openers.Officer.Submit("/work/open-data/new", "draft", [.. Fields("Not A Name").Where(f => f.Name is not ("description.openAttribute" or "description.notes")), ("description.openAttribute", "Conditional"), ("description.notes", "<script>typed</script>")]);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var page = await answer.Content.ReadAsStringAsync();
        page.ShouldContain("href=\"/work/open-data/new#f-name\"");
        page.ShouldContain("f-description-openCondition");
        page.ShouldContain("Not A Name");
        page.ShouldContain("&lt;script&gt;typed");
    }

    [Fact]
    public async Task List_ShowsOwnOnly_FiltersAndExports()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Proposed();
        var other = await openers.Begun();
        var page = await openers.Officer.GetPage("/work/open-data?underWay=Proposed");
        page.ShouldContain($"/work/open-data/{id}");
        page.ShouldNotContain($"/work/open-data/{other}");
        page.ShouldContain("A second officer examines it");
        var csv = await openers.Officer.GetStringAsync("/work/open-data/export.csv");
        csv.ShouldContain("公园名录");
        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await stranger.GetPage("/work/open-data")).ShouldNotContain(id.ToString());
        (await stranger.GetAsync($"/work/open-data/{id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await stranger.GetAsync($"/work/open-data/{id}/examination")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await platform.Visitor().GetAsync($"/work/open-data/{id}")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Upload_WithoutTheToken_IsRefused()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Begun();
        using var form = new MultipartFormDataContent { { new StringContent("x"), "file", "a.csv" } };
        var answer = await openers.Officer.PostAsync($"/work/open-data/{id}/files", form);
        answer.Headers.Location!.ToString().ShouldContain("refused=kernel.form-expired");
        (await openers.Read(id)).GetProperty("underWay").GetProperty("resources").GetArrayLength().ShouldBe(0);
    }

    private static (string Name, string Value)[] Fields(string name) =>
    [
        ("name", name), ("description.title", "Parks"), ("description.notes", "All parks"), ("description.themes", "environment"), ("description.keywords", "park, green"), ("description.openAttribute", "Unconditional"),
        ("description.licence", "open-government-data"), ("description.updateCycle", "Yearly"), ("description.coordinateSystem", "None"), ("description.contactName", "Information office"), ("changeNote", "first"),
    ];

    private static async Task<string> UploadAsync(HttpClient client, string page, Guid id, string fileName)
    {
        var token = System.Text.RegularExpressions.Regex.Match(await client.GetPage(page), "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"").Groups[1].Value;
        using var form = new MultipartFormDataContent { { new StringContent(token), "__RequestVerificationToken" }, { new StringContent("a\r\n1\r\n"), "file", fileName } };
        var back = (await client.PostAsync($"/work/open-data/{id}/files", form)).Headers.Location!.ToString();
        // Its table changes the draft once more.
        for (var round = 0; (await client.GetStringAsync($"/api/v1/datasets/{id}/draft/imports")) is var said && (said.Contains("\"waiting\"") || said.Contains("\"running\"")); round++)
        {
            round.ShouldBeLessThan(300, said);
            await Task.Delay(100);
        }

        return back;
    }
}
