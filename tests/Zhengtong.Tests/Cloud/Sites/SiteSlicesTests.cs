using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Sites;

/// <summary>What a department does with its sites, over HTTP, while the jobs run.</summary>
[OnDatabase]
public sealed class SiteSlicesTests(PlatformFixture platform)
{
    private const string Resources = "/api/v1/cloud/resources";

    [Fact]
    public async Task Department_UploadsAndNamesItsOwn_AnotherSeesNothingAndMayNothing()
    {
        var (owner, id, number) = await DeliveredAsync();
        var client = await platform.SignedIn(owner, Role.DepartmentOfficer);
        var other = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        var (site, files) = ($"{Resources}/{id}/site", $"{Resources}/{id}/site/files");
        var read = await client.GetFromJsonAsync<JsonElement>(site);
        (read.GetProperty("address").GetString(), read.GetProperty("server").GetString(), read.GetProperty("answers").GetBoolean(), read.GetProperty("revision").GetInt32()).ShouldBe(($"/sites/{number}/", "platform", false, 0));
        read.GetProperty("files").ValueKind.ShouldBe(JsonValueKind.Null);
        var name = $"site-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString("N")[^12..]}";
        var wish = new { name, server = "own", port = 8080, revision = 0 };

        (await (await other.GetAsync(site)).ReadProblemCode()).ShouldBe("cloud.resource-not-found");
        (await (await other.PutAsJsonAsync(site, wish)).ReadProblemCode()).ShouldBe("cloud.resource-not-found");
        (await (await other.PutAsync(files, Zip(("index.html", "x")))).ReadProblemCode()).ShouldBe("cloud.resource-not-found");
        (await platform.Visitor().PutAsJsonAsync(site, wish)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await platform.Visitor().PutAsync(files, Zip(("index.html", "x")))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        (await (await client.PutAsync(files, Zip(("a.html", "x")))).ReadProblemCode()).ShouldBe("cloud.site-archive");
        (await (await client.PutAsync(files, Zip(("index.html", "x"), ("../a", "x")))).ReadProblem()).GetProperty("errors").GetProperty("file")[0].GetString()!.ShouldContain("../a");
        var taken = await client.PutAsync(files, Zip(("index.html", "公示"), ("a.css", "a{}")));
        taken.StatusCode.ShouldBe(HttpStatusCode.OK);
        var digest = (await taken.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("digest").GetString();
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString() && e.Event == "cloud.site-uploaded").Select(e => e.Data).SingleAsync())).ShouldContain(digest!);
        await UntilAsync(id, r => r is { NextAt: null, Problem: null });
        (await client.GetFromJsonAsync<JsonElement>(site)).GetProperty("files").GetInt32().ShouldBe(2);

        foreach (var bad in new[] { "ab", "A-site", "-site", "site-", "a/b", "zy-2026-000001", $"a{new string('b', 40)}" }) { (await client.PutAsJsonAsync(site, wish with { name = bad, revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.BadRequest, bad); }
        (await (await client.PutAsJsonAsync(site, wish)).ReadProblemCode()).ShouldBe("cloud.changed-meanwhile");
        (await client.PutAsJsonAsync(site, wish with { revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "cloud.site-set"))).ShouldBe(1);
        read = await client.GetFromJsonAsync<JsonElement>(site);
        (read.GetProperty("name").GetString(), read.GetProperty("port").GetInt32(), read.GetProperty("revision").GetInt32()).ShouldBe((name, 8080, 2));

        // Its name is nobody else's, and its number leads nowhere any more.
        var (second, third, _) = await DeliveredAsync();
        var elsewhere = await platform.SignedIn(second, Role.DepartmentOfficer);
        (await (await elsewhere.PutAsJsonAsync($"{Resources}/{third}/site", wish)).ReadProblemCode()).ShouldBe("cloud.site-name-taken");
        await Eventually(async () => (await platform.Visitor().GetAsync($"/sites/{number}/")).StatusCode == HttpStatusCode.NotFound);
        (await (await platform.Visitor().GetAsync($"/sites/{name}/")).ReadProblemCode()).ShouldBe("cloud.site-closed");

        var page = await client.GetStringAsync($"/work/cloud/resources/{id}");
        page.ShouldContain($"/sites/{name}/");
        (await elsewhere.GetStringAsync($"/work/cloud/resources/{third}")).ShouldContain("multipart/form-data");
    }

    [Fact]
    public async Task Page_UploadsByForm_AndSaysWhatCameOfIt()
    {
        var (owner, id, _) = await DeliveredAsync();
        var client = await platform.SignedIn(owner, Role.DepartmentOfficer);
        (await PostAsync(client, id, Zip(("index.html", "公示")))).ShouldEndWith("done=site-uploaded");
        (await PostAsync(client, id, Zip(("a.html", "公示")))).ShouldEndWith("refused=cloud.site-archive");
        (await client.GetStringAsync($"/work/cloud/resources/{id}?refused=cloud.site-archive")).ShouldContain("index.html");
        using var untrusted = new MultipartFormDataContent { { Zip(("index.html", "x")), "file", "a.zip" } };
        (await client.PostAsync($"/work/cloud/resources/{id}/site", untrusted)).Headers.Location!.OriginalString.ShouldEndWith("refused=kernel.form-expired");
    }

    [Fact]
    public async Task AnotherForm_IsNoSite()
    {
        var (owner, id, _) = await DeliveredAsync(ResourceForm.Instance);
        var client = await platform.SignedIn(owner, Role.DepartmentOfficer);
        (await (await client.GetAsync($"{Resources}/{id}/site")).ReadProblemCode()).ShouldBe("cloud.not-a-site");
        (await (await client.PutAsync($"{Resources}/{id}/site/files", Zip(("index.html", "x")))).ReadProblemCode()).ShouldBe("cloud.not-a-site");
    }

    private static async Task<string> PostAsync(HttpClient client, Guid id, HttpContent zip)
    {
        var page = await client.GetStringAsync($"/work/cloud/resources/{id}");
        var token = System.Text.RegularExpressions.Regex.Match(page, "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"").Groups[1].Value;
        using var form = new MultipartFormDataContent { { new StringContent(token), "__RequestVerificationToken" }, { zip, "file", "a.zip" } };
        var answer = await client.PostAsync($"/work/cloud/resources/{id}/site", form);
        return answer.Headers.Location!.OriginalString;
    }

    private static StreamContent Zip(params (string Path, string Content)[] files)
    {
        var content = new StreamContent(SiteArchiveTests.Zip(files.Select(f => (f.Path, f.Content, 0))));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/zip");
        return content;
    }

    private async Task<(Organisation Owner, Guid Resource, string Name)> DeliveredAsync(ResourceForm form = ResourceForm.Site)
    {
        var owner = await platform.Department();
        var address = $"pretend:{CloudWorld.NewId()}";
        PretendDriver.Of(platform.App).At(address).Shell = PretendSite.Shell;
        var made = await platform.WithDb(db => SiteWorld.GrantAsync(db, owner, "pretend", address, form));
        platform.App.Services.GetRequiredService<Reconcilers>().Wake<DeliverResources>();
        await UntilAsync(made.Id, r => r is { State: CloudResourceState.Running, NextAt: null });
        return (owner, made.Id, made.Number.ToLowerInvariant());
    }

    private Task UntilAsync(Guid id, Func<CloudResource, bool> isSo) => Eventually(async () => isSo(await platform.WithDb(db => db.CloudResources.AsNoTracking().SingleAsync(r => r.Id == id))));

    private static async Task Eventually(Func<Task<bool>> isSo)
    {
        var until = TimeProvider.System.GetUtcNow().AddSeconds(30);
        while (!await isSo())
        {
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, "it did not come to that");
            await Task.Delay(50);
        }
    }
}
