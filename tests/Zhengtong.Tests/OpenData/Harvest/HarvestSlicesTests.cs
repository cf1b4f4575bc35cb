using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Harvest;

/// <summary>Sources, runs and the report, over HTTP, on a platform that may lead into no private network.</summary>
[OnDatabase]
public sealed class HarvestSlicesTests(PlatformFixture platform)
{
    private static object Body(string address, string kind = "ckan", string name = "邻省数据平台") => new { name, kind, address, everyHours = 24 };

    private static string NewAddress() => $"http://127.0.0.1:9/{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";

    private async Task<HttpClient> Keeper() => await platform.SignedIn(await platform.Department(), Role.Authority);

    private async Task<(HttpClient Client, Guid Id, string Address)> Registered()
    {
        var (client, address) = (await Keeper(), NewAddress());
        var response = await client.PostAsJsonAsync("/api/v1/harvest-sources", Body(address));
        response.StatusCode.ShouldBe(HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
        return (client, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid(), address);
    }

    [Fact]
    public async Task Register_WithoutTheRight_IsRefused()
    {
        (await platform.Visitor().PostAsJsonAsync("/api/v1/harvest-sources", Body(NewAddress()))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var officer = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await officer.PostAsJsonAsync("/api/v1/harvest-sources", Body(NewAddress()))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await officer.GetAsync("/api/v1/harvest-conflicts")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await officer.GetAsync("/work/open-data/harvest")).StatusCode.ShouldNotBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("ftp://data.example/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("data.example/catalog")]
    [InlineData("https://user:secret@data.example/")]
    [InlineData("file:///etc/passwd")]
    public async Task Register_AddressThatIsNone_Is400(string address)
    {
        var response = await (await Keeper()).PostAsJsonAsync("/api/v1/harvest-sources", Body(address));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.ReadProblem()).GetProperty("errors").TryGetProperty("address", out _).ShouldBeTrue();
    }

    [Fact]
    public async Task Register_Twice_Is409AndOneOfManyAtOnceWins()
    {
        var (client, address) = (await Keeper(), NewAddress());
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => client.PostAsJsonAsync("/api/v1/harvest-sources", Body(address))));
        answers.Count(a => a.StatusCode == HttpStatusCode.Created).ShouldBe(1);
        foreach (var refused in answers.Where(a => a.StatusCode != HttpStatusCode.Created)) { (await refused.ReadProblemCode()).ShouldBe("open-data.source-exists"); }
        (await (await client.PostAsJsonAsync("/api/v1/harvest-sources", Body(address + "/"))).ReadProblemCode()).ShouldBe("open-data.source-exists");
    }

    [Fact]
    public async Task Run_OfAPrivateAddress_FailsAndIsTold()
    {
        var (client, id, address) = await Registered();
        JsonElement run = default;
        await Waiting.UntilAsync(async () =>
        {
            var runs = (await client.GetFromJsonAsync<JsonElement>($"/api/v1/harvest-sources/{id}/runs")).GetProperty("items");
            if (runs.GetArrayLength() == 0) { return false; }
            run = runs[0];
            return run.GetProperty("state").GetString() == "failed";
        });
        run.GetProperty("fault").GetString().ShouldBe("forbidden-address");
        var source = await client.GetFromJsonAsync<JsonElement>($"/api/v1/harvest-sources/{id}");
        source.GetProperty("lastFault").GetString().ShouldBe("forbidden-address");
        source.GetProperty("address").GetString().ShouldBe(address);
        (await client.GetPage($"/work/open-data/harvest/{id}")).ShouldContain("The address lies in a network where nothing may lead");
        (await platform.WithDb(db => db.Notices.CountAsync(n => n.Href == $"/work/open-data/harvest/{id}"))).ShouldBe(1);
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString()).OrderBy(e => e.At).Select(e => e.Event).ToListAsync())).ShouldBe(["open-data.source-registered", "open-data.harvest-failed"]);
    }

    [Fact]
    public async Task Revise_AsSeen_ChangesItAndAStaleOneIsRefused()
    {
        var (client, id, address) = await Registered();
        var body = new { name = "改名平台", address, everyHours = 12, isEnabled = false, revision = 1 };
        (await client.PutAsJsonAsync($"/api/v1/harvest-sources/{id}", body)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await client.PutAsJsonAsync($"/api/v1/harvest-sources/{id}", body)).ReadProblemCode()).ShouldBe("open-data.changed-meanwhile");
        var source = await client.GetFromJsonAsync<JsonElement>($"/api/v1/harvest-sources/{id}");
        (source.GetProperty("name").GetString(), source.GetProperty("everyHours").GetInt32(), source.GetProperty("isEnabled").GetBoolean()).ShouldBe(("改名平台", 12, false));
        (await (await client.PutAsJsonAsync($"/api/v1/harvest-sources/{Guid.Empty}", body)).ReadProblemCode()).ShouldBe("open-data.source-not-found");
    }

    [Fact]
    public async Task Revise_TheAddressWhileARunIsUnderWay_EndsTheRun()
    {
        var (client, id, address) = await Registered();
        await Waiting.UntilAsync(() => platform.WithDb(db => db.HarvestRuns.AnyAsync(r => r.SourceId == id && r.State == HarvestState.Failed)));
        var now = TimeProvider.System.GetUtcNow();
        var run = HarvestRun.Begin(id, now);
        run.Took(new HarvestCounts(100, 100, 0, 0, 0), "100", now);
        run.Stumble(now.AddDays(1), now);
        await platform.WithDb(db =>
        {
            db.HarvestRuns.Add(run);
            return db.SaveChangesAsync();
        });
        (await client.PutAsJsonAsync($"/api/v1/harvest-sources/{id}", new { name = "同址", address, everyHours = 12, isEnabled = true, revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await platform.WithDb(db => db.HarvestRuns.SingleAsync(r => r.Id == run.Id))).State.ShouldBe(HarvestState.Reading);
        (await client.PutAsJsonAsync($"/api/v1/harvest-sources/{id}", new { name = "改址", address = NewAddress(), everyHours = 12, isEnabled = true, revision = 2 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var ended = await platform.WithDb(db => db.HarvestRuns.SingleAsync(r => r.Id == run.Id));
        (ended.State, ended.Fault).ShouldBe((HarvestState.Failed, "address-changed"));
        // Another one follows at the new address.
        await Waiting.UntilAsync(() => platform.WithDb(db => db.HarvestRuns.AnyAsync(r => r.SourceId == id && r.StartedAt > ended.StartedAt)));
    }

    [Fact]
    public async Task Remove_ThenEverything_Is404()
    {
        var (client, id, address) = await Registered();
        (await client.DeleteAsync($"/api/v1/harvest-sources/{id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await client.DeleteAsync($"/api/v1/harvest-sources/{id}")).ReadProblemCode()).ShouldBe("open-data.source-not-found");
        (await (await client.GetAsync($"/api/v1/harvest-sources/{id}")).ReadProblemCode()).ShouldBe("open-data.source-not-found");
        (await (await client.GetAsync($"/api/v1/harvest-sources/{id}/runs")).ReadProblemCode()).ShouldBe("open-data.source-not-found");
        (await (await client.PostAsJsonAsync($"/api/v1/harvest-sources/{id}/runs", new { mayShrink = false })).ReadProblemCode()).ShouldBe("open-data.source-not-found");
        // The address is free again.
        (await client.PostAsJsonAsync("/api/v1/harvest-sources", Body(address))).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Correct_AHarvestedDataset_ChangesWhatIsShownAndFound()
    {
        var (client, id, _) = await Registered();
        var now = TimeProvider.System.GetUtcNow();
        var word = $"w{Guid.CreateVersion7(now):N}";
        var dataset = new HarvestedDataset { Id = Guid.CreateVersion7(now), SourceId = id, Identifier = "a", FirstSeenAt = now };
        dataset.Take(new HarvestedDescription { Title = "原名", Themes = ["health"] }, new string('0', 64), Guid.Empty, now);
        await platform.WithDb(db =>
        {
            db.HarvestedDatasets.Add(dataset);
            return db.SaveChangesAsync();
        });
        var address = $"/api/v1/harvested-datasets/{dataset.Id}";
        (await (await client.PutAsJsonAsync($"{address}/correction", new { title = word, themes = new[] { "nonsense" }, isHidden = false, revision = 1 })).ReadProblemCode()).ShouldBe("open-data.invalid");
        (await client.PutAsJsonAsync($"{address}/correction", new { title = word, themes = new string?[] { null }, isHidden = false, revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await client.PutAsJsonAsync($"{address}/correction", new { title = word, themes = new[] { "tourism" }, isHidden = false, revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await client.PutAsJsonAsync($"{address}/correction", new { isHidden = true, revision = 1 })).ReadProblemCode()).ShouldBe("open-data.changed-meanwhile");
        var shown = await platform.Visitor().GetFromJsonAsync<JsonElement>(address);
        (shown.GetProperty("title").GetString(), shown.GetProperty("themes")[0].GetString()).ShouldBe((word, "tourism"));
        (await platform.Visitor().GetFromJsonAsync<JsonElement>($"/api/v1/harvested-datasets?q={word}")).GetProperty("total").GetInt32().ShouldBe(1);
        (await client.PutAsJsonAsync($"{address}/correction", new { isHidden = true, revision = 2 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await platform.Visitor().GetAsync(address)).ReadProblemCode()).ShouldBe("open-data.harvested-not-found");
        (await client.GetAsync(address)).StatusCode.ShouldBe(HttpStatusCode.OK, "Who looks after the portal still sees it");
        (await platform.Visitor().GetFromJsonAsync<JsonElement>($"/api/v1/harvested-datasets?q={word}")).GetProperty("total").GetInt32().ShouldBe(0);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == dataset.Id.ToString() && e.Event == "open-data.harvested-corrected"))).ShouldBe(2);
    }

    [Theory]
    [InlineData("zh-CN", "采集源", "冲突报告")]
    [InlineData("en", "Harvest sources", "Conflict report")]
    public async Task Pages_InEachLanguage_RegisterAndReport(string language, string sources, string conflicts)
    {
        var client = await Keeper();
        client.DefaultRequestHeaders.AcceptLanguage.Clear();
        client.DefaultRequestHeaders.AcceptLanguage.ParseAdd(language);
        (await client.GetPage("/work/open-data/harvest")).ShouldContain($"<h1>{sources}</h1>");
        (await client.GetPage("/work/open-data/harvest/conflicts?kind=SameTitle")).ShouldContain($"<h1>{conflicts}</h1>");
        var address = NewAddress();
        var wrong = await client.Submit("/work/open-data/harvest", "register", ("name", "x"), ("kind", "Dcat"), ("address", "nonsense"), ("everyHours", "many"));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await wrong.Content.ReadAsStringAsync()).ShouldContain("value=\"nonsense\"");
        var made = await client.Submit("/work/open-data/harvest", "register", ("name", "页面登记"), ("kind", "Dcat"), ("address", address), ("everyHours", "6"));
        made.StatusCode.ShouldBe(HttpStatusCode.Redirect, await made.Content.ReadAsStringAsync());
        var page = made.Headers.Location!.ToString();
        (await client.GetPage(page)).ShouldContain(address);
        var revised = await client.Submit(page, "revise", ("name", "页面改名"), ("address", address), ("everyHours", "48"));
        revised.StatusCode.ShouldBe(HttpStatusCode.Redirect, await revised.Content.ReadAsStringAsync());
        (await client.GetPage(page)).ShouldContain("页面改名");
        (await client.Submit(page, "run", ("mayShrink", "true"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await client.Submit(page, "remove")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await client.GetAsync(page)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }
}
