using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.OpenData.Publishing;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Import;

/// <summary>A file that is brought by the page's form becomes a table, and is read again as a person decides.</summary>
[OnDatabase]
public sealed class ImportPageTests(PlatformFixture platform)
{
    [Fact]
    public async Task File_BroughtByTheForm_BecomesATableAndIsReadAgainAsDecided()
    {
        var department = await platform.Department();
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var name = Openers.NewName();
        var created = await officer.Submit("/work/open-data/new", "draft", ("name", name), ("description.title", "市场"), ("description.notes", ""), ("description.themes", Theme.All[0].Id), ("description.keywords", ""), ("description.openAttribute", "Unconditional"),
            ("description.licence", Licence.All[0].Id), ("description.updateCycle", "Yearly"), ("description.coordinateSystem", "None"), ("description.contactName", "数据处"));
        created.StatusCode.ShouldBe(HttpStatusCode.Redirect, await created.Content.ReadAsStringAsync());
        var id = Guid.Parse(created.Headers.Location!.ToString().Split('?')[0].Split('/')[^1]);

        var page = await officer.GetPage($"/work/open-data/{id}");
        using var form = new MultipartFormDataContent { { new StringContent(Regex.Match(page, "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"").Groups[1].Value), "__RequestVerificationToken" } };
        var file = new ByteArrayContent(Encoding.UTF8.GetBytes("编号,面积\n0007,1.5\n0012,2.5\n"));
        file.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        form.Add(file, "file", "市场.csv");
        (await officer.PostAsync($"/work/open-data/{id}/files", form)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var resource = await TableAsync(id, ColumnType.Text);

        var table = await officer.GetPage($"/work/open-data/{id}/files/{resource}/table");
        table.ShouldContain("Leading zeros; kept as text");
        (await officer.Submit($"/work/open-data/{id}/files/{resource}/table", "read", ("columns[0].position", "1"), ("columns[0].name", "编号"), ("columns[0].type", "Integer"), ("columns[0].isKey", "true"),
            ("columns[1].position", "2"), ("columns[1].name", "面积"), ("columns[1].type", ""), ("columns[1].unit", "平方米"), ("separator", ""), ("sheet", ""), ("headerRow", ""), ("absent", ""))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        await TableAsync(id, ColumnType.Integer);
        var columns = (await platform.WithDb(db => db.DatasetVersions.AsNoTracking().SingleAsync(v => v.DatasetId == id))).Resources.Single().Table!.Columns;
        (columns[0].IsKey, columns[1].Unit).ShouldBe((true, "平方米"));

        var wrong = await officer.Submit($"/work/open-data/{id}/files/{resource}/table", "read", ("separator", "x"), ("headerRow", "first"));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).GetAsync($"/work/open-data/{id}/files/{resource}/table")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private async Task<Guid> TableAsync(Guid dataset, ColumnType first)
    {
        for (var round = 0; ; round++)
        {
            var found = (await platform.WithDb(db => db.DatasetVersions.AsNoTracking().SingleAsync(v => v.DatasetId == dataset))).Resources.Single();
            if (found.Table?.Columns[0].Type == first) { return found.Id; }
            round.ShouldBeLessThan(300, "No table");
            await Task.Delay(200);
        }
    }
}
