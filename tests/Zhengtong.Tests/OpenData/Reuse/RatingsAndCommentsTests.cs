using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Reuse;

/// <summary>Ratings and comments on a dataset, over the API and on the page without script.</summary>
[OnDatabase]
public sealed class RatingsAndCommentsTests(PlatformFixture platform)
{
    private const string Hostile = "<script>alert('x')</script>\"onload=\"1";

    private static MadeFile Parks() => MadeFile.Table("parks.csv", [new("名称")], ["兴庆宫公园"]);

    [Fact]
    public async Task Rate_EachVoiceOnce_CountsAndChanges()
    {
        var made = await platform.PublishAsync(await platform.Department(), Parks());
        var (one, two) = (platform.Visitor(), platform.Visitor());
        var officer = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        await Rate(one, made.Name, 5);
        await Rate(one, made.Name, 2);
        await Rate(two, made.Name, 4);
        await Rate(officer, made.Id.ToString(), 5);
        var key = (await (await platform.Visitor().PostAsJsonAsync("/api/v1/developer-keys", new { name = "An app", scopes = new[] { "rows" } })).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
        var developer = platform.Visitor();
        developer.DefaultRequestHeaders.Add("X-API-Key", key);
        await Rate(developer, made.Name, 3);
        var summary = await Rate(developer, made.Name, 5);
        // 2 + 4 + 5 + 5 over four voices.
        summary.GetProperty("average").GetDecimal().ShouldBe(4.0m);
        summary.GetProperty("count").GetInt64().ShouldBe(4);
        summary.GetProperty("byStars").EnumerateArray().Select(s => s.GetInt64()).ShouldBe([0, 1, 0, 1, 2]);
        (await platform.Visitor().GetFromJsonAsync<JsonElement>($"/api/v1/datasets/{made.Name}/rating")).GetProperty("count").GetInt64().ShouldBe(4);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "open-data.rated" && e.Subject == made.Id.ToString()))).ShouldBe(6);
    }

    [Fact]
    public async Task Rate_WhatCannotBe_IsRefused()
    {
        var made = await platform.PublishAsync(await platform.Department(), Parks());
        var visitor = platform.Visitor();
        foreach (var stars in new[] { 0, 6, -1 })
        {
            var answer = await visitor.PutAsJsonAsync($"/api/v1/datasets/{made.Name}/rating", new { stars });
            (await answer.ReadProblemCode()).ShouldBe("kernel.invalid");
        }

        (await (await visitor.PutAsJsonAsync("/api/v1/datasets/no-such/rating", new { stars = 3 })).ReadProblemCode()).ShouldBe("open-data.not-found");
        await platform.WithDb(async db =>
        {
            (await db.Datasets.SingleAsync(d => d.Id == made.Id)).Withdraw("wrong", TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        (await (await visitor.PutAsJsonAsync($"/api/v1/datasets/{made.Name}/rating", new { stars = 3 })).ReadProblemCode()).ShouldBe("open-data.wrong-state");
        visitor.DefaultRequestHeaders.Add("X-API-Key", "ztk_unknown");
        var other = await platform.PublishAsync(await platform.Department(), Parks());
        (await (await visitor.PutAsJsonAsync($"/api/v1/datasets/{other.Name}/rating", new { stars = 3 })).ReadProblemCode()).ShouldBe("open-data.key-unknown");
    }

    [Fact]
    public async Task List_ByRating_PutsManyGoodBeforeOneVoice()
    {
        var department = await platform.Department();
        var (many, one, poor) = (await platform.PublishAsync(department, Parks()), await platform.PublishAsync(department, Parks()), await platform.PublishAsync(department, Parks()));
        for (var n = 0; n < 8; n++) { await Rate(platform.Visitor(), many.Name, n == 0 ? 4 : 5); }
        await Rate(platform.Visitor(), one.Name, 5);
        await Rate(platform.Visitor(), poor.Name, 1);
        var page = await platform.Visitor().GetPage($"/dataset?publisher={department.Id}&sort=rating");
        var places = new[] { many, one, poor }.Select(d => page.IndexOf($"href=\"/dataset/{d.Name}\"", StringComparison.Ordinal)).ToList();
        places.ShouldAllBe(p => p > 0);
        places.ShouldBeInOrder();
    }

    [Fact]
    public async Task Comment_OfAReader_WaitsUntilTheDepartmentShowsIt()
    {
        var department = await platform.Department();
        var made = await platform.PublishAsync(department, Parks());
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var visitor = platform.Visitor();
        var sent = await visitor.PostAsJsonAsync($"/api/v1/datasets/{made.Name}/comments", new { words = $"Good data {Hostile}", name = Hostile });
        sent.StatusCode.ShouldBe(HttpStatusCode.Created);
        var id = (await sent.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
        (await Shown(made.Name)).ShouldBeEmpty();
        (await visitor.GetPage($"/dataset/{made.Name}")).ShouldNotContain("Good data");
        (await officer.GetPage("/work")).ShouldContain("/work/open-data/comments");

        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await Decide(stranger, id, show: true, 1)).ReadProblemCode()).ShouldBe("open-data.comment-not-found");
        (await (await Decide(visitor, id, show: true, 1)).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        (await (await Decide(officer, id, show: false, 1)).ReadProblemCode()).ShouldBe("kernel.invalid");
        (await Decide(officer, id, show: true, 1, answer: $"Thank you {Hostile}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await Decide(officer, id, show: false, 1, reason: "spam")).ReadProblemCode()).ShouldBe("open-data.changed-meanwhile");
        var shown = (await Shown(made.Name)).ShouldHaveSingleItem();
        shown.GetProperty("answer").GetString().ShouldStartWith("Thank you");
        var page = await visitor.GetPage($"/dataset/{made.Name}");
        page.ShouldContain("Good data &lt;script&gt;");
        page.ShouldContain("Thank you &lt;script&gt;");
        page.ShouldNotContain("<script>alert");

        (await Decide(officer, id, show: false, 2, reason: "Names a person")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Shown(made.Name)).ShouldBeEmpty();
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == made.Id.ToString() && e.Event.StartsWith("open-data.comment")).OrderBy(e => e.At).Select(e => e.Event).ToListAsync()))
            .ShouldBe(["open-data.commented", "open-data.comment-shown", "open-data.comment-hidden"]);
    }

    [Fact]
    public async Task Comment_TooManyOfOneVoiceOrTooLong_IsRefused()
    {
        var made = await platform.PublishAsync(await platform.Department(), Parks());
        var visitor = platform.Visitor();
        (await (await visitor.PostAsJsonAsync($"/api/v1/datasets/{made.Name}/comments", new { words = new string('长', 2001) })).ReadProblemCode()).ShouldBe("kernel.invalid");
        for (var n = 0; n < 5; n++) { (await visitor.PostAsJsonAsync($"/api/v1/datasets/{made.Name}/comments", new { words = $"number {n}" })).StatusCode.ShouldBe(HttpStatusCode.Created); }
        (await (await visitor.PostAsJsonAsync($"/api/v1/datasets/{made.Name}/comments", new { words = "one more" })).ReadProblemCode()).ShouldBe("open-data.too-many-writings");
    }

    [Fact]
    public async Task Write_FromOneAddressTooOften_IsRefused()
    {
        await using var own = await OwnPlatform.StartAsync(b => (b.Configuration["OpenData:Reuse:WritingsPerAddress"], b.Configuration["OpenData:Reuse:SameThingPerAddress"]) = ("4", "2"));
        var department = await platform.Department();
        await own.WithDb(async db =>
        {
            if (!await db.Regions.AnyAsync(r => r.Code == department.Region)) { db.Regions.Add(new Zhengtong.Kernel.Regions.Region { Code = department.Region, Name = "陕西", Level = department.Region.Level, Parent = department.Region.Parent }); }
            db.Organisations.Add(new Organisation { Id = department.Id, CreditCode = department.CreditCode, Name = department.Name, ShortName = department.ShortName, Region = department.Region, Kind = department.Kind });
            return await db.SaveChangesAsync();
        });
        var made = await Published.PublishAsync(own.App.Services, department.Id, Published.Description(), Published.NewName(), [Parks()]);
        await Rate(own.Visitor(), made.Name, 5);
        await Rate(own.Visitor(), made.Name, 5);
        (await (await own.Visitor().PutAsJsonAsync($"/api/v1/datasets/{made.Name}/rating", new { stars = 5 })).ReadProblemCode()).ShouldBe("open-data.too-many-writings");
        (await own.Visitor().PostAsJsonAsync($"/api/v1/datasets/{made.Name}/comments", new { words = "The fourth" })).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await (await own.Visitor().PostAsJsonAsync($"/api/v1/datasets/{made.Name}/comments", new { words = "The fifth" })).ReadProblemCode()).ShouldBe("open-data.too-many-writings");
    }

    [Theory]
    [InlineData("en", "Your comment was sent")]
    [InlineData("zh-CN", "发布部门审核后公开")]
    public async Task Page_RatesAndComments_WithoutScript(string language, string thanks)
    {
        var department = await platform.Department();
        var made = await platform.PublishAsync(department, Parks());
        var visitor = platform.Visitor(language);
        var address = $"/dataset/{made.Name}";
        var rated = await visitor.Submit(address, "rate-dataset", ("stars", "4"));
        rated.StatusCode.ShouldBe(HttpStatusCode.Redirect, await rated.Content.ReadAsStringAsync());
        (await visitor.GetPage(rated.Headers.Location!.ToString().Split('#')[0])).ShouldContain("4.0");
        (await platform.WithDb(db => db.DatasetRatings.SingleAsync(r => r.DatasetId == made.Id))).Stars.ShouldBe(4);

        var faulty = await visitor.Submit(address, "comment-dataset", ("words", "x"), ("name", "Lin"));
        faulty.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await faulty.Content.ReadAsStringAsync()).ShouldContain("value=\"Lin\"");
        var sent = await visitor.Submit(address, "comment-dataset", ("words", "Useful rows"), ("name", "Lin"));
        sent.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await visitor.GetPage(sent.Headers.Location!.ToString().Split('#')[0])).ShouldContain(thanks);

        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var comment = await platform.WithDb(db => db.DatasetComments.AsNoTracking().SingleAsync(c => c.DatasetId == made.Id));
        var refused = await officer.Submit("/work/open-data/comments", $"decide-{comment.Id:N}", ("act", "hide"), ("reason", ""));
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await officer.Submit("/work/open-data/comments", $"decide-{comment.Id:N}", ("act", "show"), ("answer", "Thanks"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await visitor.GetPage(address)).ShouldContain("Useful rows");
        (await officer.GetPage("/work/open-data/comments?state=Shown")).ShouldContain("Useful rows");
        (await officer.GetPage("/work/open-data/comments")).ShouldNotContain("Useful rows");
    }

    private static async Task<JsonElement> Rate(HttpClient client, string dataset, int stars)
    {
        var answer = await client.PutAsJsonAsync($"/api/v1/datasets/{dataset}/rating", new { stars });
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<List<JsonElement>> Shown(string dataset) => [.. (await platform.Visitor().GetFromJsonAsync<JsonElement>($"/api/v1/datasets/{dataset}/comments")).GetProperty("items").EnumerateArray()];

    private static Task<HttpResponseMessage> Decide(HttpClient client, Guid id, bool show, int revision, string? reason = null, string? answer = null) =>
        client.PostAsJsonAsync($"/api/v1/dataset-comments/{id}/decision", new { show, reason, answer, revision });
}
