using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.OpenData.Publishing;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Reuse;

/// <summary>The app showcase: reviewed before it is shown, warned before what it uses changes.</summary>
[OnDatabase]
public sealed class AppsTests(PlatformFixture platform)
{
    private const string Hostile = "<script>alert('x')</script>\"onload=\"1";

    private static MadeFile Parks(params string[] columns) => MadeFile.Table("parks.csv", [.. columns.Select(c => new MadeColumn(c))], [.. Enumerable.Range(0, 1).Select(_ => columns.Select(c => (string?)"x").ToArray())]);

    [Fact]
    public async Task Submit_Reviewed_IsShownOnTheShowcaseAndOnTheDataset()
    {
        var department = await platform.Department();
        var made = await platform.PublishAsync(department, Parks("名称", "面积"));
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var token = await Key();
        var id = await Submitted(token, made.Name, $"Park finder {Hostile}", "名称");
        (await platform.Visitor().GetPage("/open/apps")).ShouldNotContain("Park finder");
        (await officer.GetPage("/work")).ShouldContain("/work/open-data/apps");
        (await (await Review(await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer), id, new { show = true, revision = 1 })).ReadProblemCode()).ShouldBe("open-data.app-not-found");
        (await (await Review(officer, id, new { show = false, revision = 1 })).ReadProblemCode()).ShouldBe("kernel.invalid");
        (await Review(officer, id, new { show = true, revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await Review(officer, id, new { show = true, revision = 1 })).ReadProblemCode()).ShouldBe("open-data.changed-meanwhile");
        foreach (var page in new[] { await platform.Visitor().GetPage("/open/apps"), await platform.Visitor().GetPage($"/dataset/{made.Name}") })
        {
            page.ShouldContain("Park finder &lt;script&gt;");
            page.ShouldNotContain("<script>alert");
            page.ShouldContain("rel=\"nofollow noopener ugc\"");
        }

        (await Notices(token)).ShouldContain(n => n.Contains("was reviewed"));
        (await Send(HttpMethod.Delete, $"/api/v1/apps/{id}", await Key())).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Send(HttpMethod.Delete, $"/api/v1/apps/{id}", token)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await platform.Visitor().GetPage($"/dataset/{made.Name}")).ShouldNotContain("Park finder");
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString()).OrderBy(e => e.At).Select(e => e.Event).ToListAsync())).ShouldBe(["open-data.app-submitted", "open-data.app-shown", "open-data.app-retracted"]);
    }

    [Fact]
    public async Task Submit_WhatIsNotThere_SaysEachFault()
    {
        var made = await platform.PublishAsync(await platform.Department(), Parks("名称"));
        var token = await Key();
        async Task<string> Faults(object body) => string.Join(' ', (await (await Send(HttpMethod.Post, "/api/v1/apps", token, body)).ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name));
        (await Faults(Body(made.Name, "javascript:alert(1)", "名称"))).ShouldBe("link");
        (await Faults(Body(made.Name, "https://user:secret@example.org/", "名称"))).ShouldBe("link");
        (await Faults(Body(made.Name, "https://example.org/", "none"))).ShouldBe("uses[0].columns");
        (await Faults(Body("no-such", "https://example.org/", "none"))).ShouldBe("uses[0].dataset");
        (await Faults(Body(made.Name, "/apps/none", "名称"))).ShouldBe("link");
        (await Faults(Body(made.Name, "/apps/tour", "none"))).ShouldBe("uses[0].columns", "The portal's own apps are named by their path");
        (await (await Send(HttpMethod.Post, "/api/v1/apps", null, Body(made.Name, "https://example.org/", "名称"))).ReadProblemCode()).ShouldBe("open-data.key-not-found");
    }

    [Fact]
    public async Task Propose_WithoutAColumnThatAnAppUses_WarnsItsMakerBeforePublication()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Published(await openers.WithFile("编号,名称\r\n1,兴庆宫公园\r\n"));
        var name = (await openers.Read(id)).GetProperty("name").GetString()!;
        // The file's table, as an import writes it.
        await WithColumns(id, published: true, "编号", "名称");
        var (touched, other) = (await Key(), await Key());
        await Submitted(touched, name, "Uses the name", "名称");
        await Submitted(other, name, "Uses the number", "编号");
        (await openers.Officer.PostAsync($"/api/v1/datasets/{id}/versions", null)).IsSuccessStatusCode.ShouldBeTrue();
        await WithColumns(id, published: false, "编号", "公园名称");
        var listed = await openers.Officer.GetFromJsonAsync<JsonElement>($"/api/v1/datasets/{id}/draft/touched-apps");
        var app = listed.EnumerateArray().ShouldHaveSingleItem();
        app.GetProperty("name").GetString().ShouldBe("Uses the name");
        app.GetProperty("columns").EnumerateArray().Single().GetString().ShouldBe("名称");
        (await openers.Officer.GetPage($"/work/open-data/{id}")).ShouldContain("Uses the name");
        (await Notices(touched)).ShouldBeEmpty();

        await openers.Proposed(id);
        (await Notices(touched)).ShouldHaveSingleItem().ShouldContain("名称");
        (await Notices(other)).ShouldBeEmpty();
        (await openers.Read(id)).GetProperty("version").GetProperty("number").GetInt32().ShouldBe(1, "Nothing is published yet");
        (await openers.Leader.PostAsJsonAsync($"/api/v1/datasets/{id}/withdrawal", new { reason = "Wrong", revision = (await openers.Read(id)).GetProperty("revision").GetInt32() })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Notices(other)).ShouldHaveSingleItem().ShouldContain("withdrawn");
    }

    [Fact]
    public async Task Pages_SubmitReviewAndNotices_WithoutScript()
    {
        var department = await platform.Department();
        var made = await platform.PublishAsync(department, Parks("名称", "面积"));
        var token = await Key();
        var visitor = platform.Visitor();
        (string, string)[] fields = [("token", token), ("name", "Green map"), ("link", "https://example.org/map"), ("maker", "Lin"), ("summary", "Shows every park on a map")];
        var faulty = await visitor.Submit("/open/apps", "submit-app", [.. fields, ("uses", $"{made.Name} none")]);
        faulty.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await faulty.Content.ReadAsStringAsync()).ShouldContain($"{made.Name} none");
        var sent = await visitor.Submit("/open/apps", "submit-app", [.. fields, ("uses", $"{made.Name} 名称，面积\r\n")]);
        sent.StatusCode.ShouldBe(HttpStatusCode.Redirect, await sent.Content.ReadAsStringAsync());
        var id = await platform.WithDb(db => db.AppUses.Where(u => u.DatasetId == made.Id).Select(u => u.AppId).SingleAsync());
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        (await officer.Submit("/work/open-data/apps", $"review-{id:N}", ("act", "refuse"), ("reason", ""))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await officer.Submit("/work/open-data/apps", $"review-{id:N}", ("act", "show"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await platform.Visitor("zh-CN").GetPage("/open/apps")).ShouldContain("Green map");
        var notices = await visitor.Submit("/open/apps", "key-notices", ("token", token));
        (await notices.Content.ReadAsStringAsync()).ShouldContain("was reviewed");
    }

    /// <summary>Gives the file of a version a table with these columns, as an import does.</summary>
    private async Task WithColumns(Guid dataset, bool published, params string[] columns)
    {
        var table = await platform.App.Services.GetRequiredService<TableWriter>().WriteAsync([.. columns.Select(c => new NewColumn(c, ColumnType.Text))], Rows(columns.Length), null, CancellationToken.None);
        await platform.WithDb(async db =>
        {
            var version = await db.DatasetVersions.SingleAsync(v => v.DatasetId == dataset && (v.State == VersionState.Published) == published);
            IReadOnlyList<DatasetResource> resources = [version.Resources[0] with { Table = table }];
            if (!published)
            {
                version.Draft(version.Description, resources, "Renamed");
                return await db.SaveChangesAsync();
            }

            version.Resources = resources;
            db.PublicResources.RemoveRange(await db.PublicResources.Where(r => r.DatasetId == dataset).ToListAsync());
            await db.SaveChangesAsync();
            db.PublicResources.AddRange(PublicResource.Of(version));
            return await db.SaveChangesAsync();
        });
    }

    private static async IAsyncEnumerable<object?[]> Rows(int columns)
    {
        yield return [.. Enumerable.Repeat("x", columns)];
        await Task.CompletedTask;
    }

    private async Task<Guid> Submitted(string token, string dataset, string name, string column)
    {
        var answer = await Send(HttpMethod.Post, "/api/v1/apps", token, Body(dataset, "https://example.org/app", column, name));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
    }

    private static object Body(string dataset, string link, string column, string name = "An app") =>
        new { name, summary = "Finds the next park", link, maker = "Lin", uses = new[] { new { dataset, columns = new[] { column } } } };

    private async Task<string> Key() =>
        (await (await platform.Visitor().PostAsJsonAsync("/api/v1/developer-keys", new { name = "An app", scopes = new[] { "rows" } })).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;

    private async Task<List<string>> Notices(string token) =>
        [.. (await (await Send(HttpMethod.Get, "/api/v1/developer-keys/current/notices", token)).Content.ReadFromJsonAsync<JsonElement>()).EnumerateArray().Select(n => n.GetProperty("sentence").GetString()!)];

    private static Task<HttpResponseMessage> Review(HttpClient client, Guid id, object body) => client.PostAsJsonAsync($"/api/v1/apps/{id}/review", body);

    private async Task<HttpResponseMessage> Send(HttpMethod method, string address, string? token, object? body = null)
    {
        using var request = new HttpRequestMessage(method, address) { Content = body is null ? null : JsonContent.Create(body) };
        if (token is not null) { request.Headers.Add("X-API-Key", token); }
        return await platform.Visitor().SendAsync(request);
    }
}
