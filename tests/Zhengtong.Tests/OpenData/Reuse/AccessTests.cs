using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Reuse;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Reuse;

/// <summary>Conditionally open datasets: nothing serves their rows but to a key that was granted them, as long as it was.</summary>
[OnDatabase]
public sealed class AccessTests(PlatformFixture platform)
{
    private const string Secret = "兴庆宫公园秘密";

    private static MadeFile Parks() => MadeFile.Table("parks.csv", [new("名称")], ["革命公园"]);

    private static DateOnly Today => ChinaTime.DateOf(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task Rows_OfAConditionalDataset_AreGivenToTheGrantedKeyAloneByEveryInterface()
    {
        var department = await platform.Department();
        var made = await Conditional(department);
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var (token, other) = (await Key(), await Key());
        foreach (var address in Addresses(made)) { (await Get(platform.Visitor(), address, null)).ShouldNotContain(Secret, Case.Sensitive, address); }
        foreach (var address in Addresses(made)) { (await Get(platform.Visitor(), address, token)).ShouldNotContain(Secret, Case.Sensitive, address); }

        var id = await Applied(made, token);
        foreach (var address in Addresses(made)) { (await Get(platform.Visitor(), address, token)).ShouldNotContain(Secret, Case.Sensitive, address); }
        (await Decide(officer, id, new { grant = true, revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        foreach (var address in Addresses(made))
        {
            (await Get(platform.Visitor(), address, token)).ShouldContain(Secret, Case.Sensitive, address);
            (await Get(platform.Visitor(), address, other)).ShouldNotContain(Secret, Case.Sensitive, address);
            (await Get(platform.Visitor(), address, null)).ShouldNotContain(Secret, Case.Sensitive, address);
        }

        (await Send(platform.Visitor(), $"/dataset/{made.Name}/resource/{made[0].Id}/rows.csv", token)).Headers.CacheControl!.ToString().ShouldContain("no-store");
        (await officer.PostAsJsonAsync($"/api/v1/access-applications/{id}/revocation", new { ground = "Given to others", revision = 2 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        foreach (var address in Addresses(made)) { (await Get(platform.Visitor(), address, token)).ShouldNotContain(Secret, Case.Sensitive, address); }
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString()).OrderBy(e => e.At).Select(e => e.Event).ToListAsync())).ShouldBe(["open-data.access-applied", "open-data.access-granted", "open-data.access-revoked"]);
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString()).Select(e => e.Data).ToListAsync())).ShouldAllBe(d => !d.Contains("Weather Works"));
    }

    [Fact]
    public async Task DatastoreActive_OfAConditionalDataset_IsTrueForTheGrantedKeyAlone()
    {
        var department = await platform.Department();
        var made = await Conditional(department);
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var (token, other) = (await Key(), await Key());
        (await Decide(officer, await Applied(made, token), new { grant = true, revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        async Task<bool[]> Active(string? key)
        {
            async Task<JsonElement> Result(string call) => JsonDocument.Parse(await (await Send(platform.Visitor(), $"/api/3/action/{call}", key)).Content.ReadAsStringAsync()).RootElement.GetProperty("result");
            return
            [
                (await Result($"resource_show?id={made[0].Id}")).GetProperty("datastore_active").GetBoolean(),
                (await Result($"package_show?id={made.Name}")).GetProperty("resources")[0].GetProperty("datastore_active").GetBoolean(),
                (await Result($"package_search?fq=name:{made.Name}")).GetProperty("results")[0].GetProperty("resources")[0].GetProperty("datastore_active").GetBoolean(),
                (await Result($"resource_search?query=id:{made[0].Id}")).GetProperty("results")[0].GetProperty("datastore_active").GetBoolean(),
            ];
        }

        (await Active(token)).ShouldAllBe(active => active);
        (await Active(other)).ShouldAllBe(active => !active);
        (await Active(null)).ShouldAllBe(active => !active);
    }

    [Fact]
    public async Task Page_UnderAnotherRule_SaysItsWorkingDays()
    {
        await using var own = await OwnPlatform.StartAsync();
        (await own.Visitor().GetPage("/open/access")).ShouldContain("within 5 working days");
        await own.WithDb(db =>
        {
            db.DeadlineRules.Add(new DeadlineRule { Code = ApplyForAccess.Rule, InForceFrom = Today, Name = "有条件开放申请答复", Days = 8, StartEvent = "applied", Source = "本省实施细则", IsConfirmed = true });
            return db.SaveChangesAsync();
        });
        (await own.Visitor().GetPage("/open/access")).ShouldContain("within 8 working days");
    }

    [Fact]
    public async Task Comparison_AndFrames_OfAConditionalDataset_AreForTheGrantedKeyAndForNobody()
    {
        var department = await platform.Department();
        var made = await platform.PublishAsync(department, Published.Description() with { OpenAttribute = OpenAttribute.Conditional, OpenCondition = "For research", Licence = "conditional-use" }, MadeFile.Table("parks.csv", [new("名称") { IsKey = true }], ["a"]));
        await platform.PublishNextAsync(made, MadeFile.Table("parks.csv", [new("名称") { IsKey = true }], ["a"], [Secret]));
        var token = await Key();
        var comparison = $"/api/v1/datasets/{made.Name}/comparison?from=1&to=2";
        (await Get(platform.Visitor(), comparison, token)).ShouldNotContain(Secret);
        (await Decide(await platform.SignedIn(department, Role.DepartmentOfficer), await Applied(made, token), new { grant = true, revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Get(platform.Visitor(), comparison, token)).ShouldContain(Secret);
        (await Send(platform.Visitor(), comparison, token)).Headers.CacheControl!.ToString().ShouldContain("no-store");
        (await Get(platform.Visitor(), comparison, null)).ShouldNotContain(Secret);
        (await Get(platform.Visitor(), comparison, await Key())).ShouldNotContain(Secret);

        var chart = $"/dataset/{made.Name}/resource/{made[0].Id}/chart";
        var query = $"?kind=bar&x={Uri.EscapeDataString("名称")}&by=count";
        (await Get(platform.Visitor(), chart + query, token)).ShouldContain(Secret);
        (await Get(platform.Visitor(), chart + query, token)).ShouldNotContain("<iframe", Case.Sensitive, "Other sites' readers were granted nothing");
        (await Get(platform.Visitor(), $"{chart}/embed{query}", token)).ShouldNotContain(Secret);

        // Closed since: the older versions are closed too.
        await platform.WithDb(async db =>
        {
            var dataset = await db.Datasets.SingleAsync(d => d.Id == made.Id);
            dataset.Describe(dataset.Description with { OpenAttribute = OpenAttribute.NotOpen, OpenCondition = "law" });
            return await db.SaveChangesAsync();
        });
        (await Get(platform.Visitor(), comparison, token)).ShouldNotContain(Secret);
    }

    [Fact]
    public async Task Decision_IsToldToTheKeysHolder()
    {
        var department = await platform.Department();
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var (made, token) = (await Conditional(department), await Key());
        async Task<List<string>> Notices() => [.. JsonDocument.Parse(await (await Send(platform.Visitor(), "/api/v1/developer-keys/current/notices", token)).Content.ReadAsStringAsync()).RootElement.EnumerateArray().Select(n => n.GetProperty("sentence").GetString()!)];
        var refused = await Applied(made, token);
        (await Notices()).ShouldBeEmpty();
        await Decide(officer, refused, new { grant = false, ground = "The purpose is not clear", revision = 1 });
        (await Notices()).ShouldHaveSingleItem().ShouldContain("refused: The purpose is not clear");
        var granted = await Applied(made, token);
        await Decide(officer, granted, new { grant = true, until = Today.AddDays(9), revision = 1 });
        (await Notices())[0].ShouldContain($"granted until {Today.AddDays(9):yyyy-MM-dd}");
        await officer.PostAsJsonAsync($"/api/v1/access-applications/{granted}/revocation", new { ground = "Given to others", revision = 2 });
        (await Notices())[0].ShouldContain("taken back: Given to others");
        (await Notices()).Count.ShouldBe(3);
        var page = await (await platform.Visitor().Submit("/open/developers", "have-key", ("token", token), ("act", "usage"))).Content.ReadAsStringAsync();
        page.ShouldContain("Given to others");
        page.ShouldContain($"href=\"/dataset/{made.Name}\"");
    }

    [Fact]
    public async Task Tools_OfLanguageModels_ReadWithTheGrantedKeyAlone()
    {
        var department = await platform.Department();
        var made = await Conditional(department);
        var token = await Key();
        (await Tool(made, token)).ShouldNotContain(Secret);
        (await Decide(await platform.SignedIn(department, Role.DepartmentOfficer), await Applied(made, token), new { grant = true, revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Tool(made, token)).ShouldContain(Secret);
        (await Tool(made, null)).ShouldNotContain(Secret);
    }

    private async Task<string> Tool(PublishedDataset made, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp")
        {
            Content = JsonContent.Create(new { jsonrpc = "2.0", id = 1, method = "tools/call", @params = new { name = "query_rows", arguments = new { resource = made[0].Id } } }),
        };
        request.Headers.Accept.ParseAdd("application/json");
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (token is not null) { request.Headers.Add("X-API-Key", token); }
        var answer = await platform.Visitor().SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        // A text within JSON within an event.
        return Plain(Plain((await answer.Content.ReadAsStringAsync()).Replace("\\\\u", "\\u", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Rows_BehindTheLastDay_AreGivenNoMore()
    {
        var department = await platform.Department();
        var made = await Conditional(department);
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var token = await Key();
        var id = await Applied(made, token);
        (await Decide(officer, id, new { grant = true, until = Today, revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var rows = $"/dataset/{made.Name}/resource/{made[0].Id}/rows.csv";
        (await Get(platform.Visitor(), rows, token)).ShouldContain(Secret);
        await platform.WithDb(db => db.AccessApplications.Where(a => a.Id == id).ExecuteUpdateAsync(s => s.SetProperty(a => a.Until, Today.AddDays(-1))));
        (await Get(platform.Visitor(), rows, token)).ShouldNotContain(Secret);
        await platform.App.Services.GetRequiredService<Zhengtong.Kernel.Jobs.Reconcilers>().SettleAsync<ExpireAccess>(CancellationToken.None);
        (await platform.WithDb(db => db.AccessApplications.AsNoTracking().SingleAsync(a => a.Id == id))).State.ShouldBe(AccessState.Expired);
        (await platform.WithDb(db => db.Ledger.AnyAsync(e => e.Subject == id.ToString() && e.Event == "open-data.access-expired"))).ShouldBeTrue();
    }

    [Fact]
    public async Task Rows_OfAWithdrawnOrClosedDataset_AreGivenToNobody()
    {
        var department = await platform.Department();
        var made = await Conditional(department);
        var token = await Key();
        var id = await Applied(made, token);
        (await Decide(await platform.SignedIn(department, Role.DepartmentOfficer), id, new { grant = true, revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await platform.WithDb(async db =>
        {
            (await db.Datasets.SingleAsync(d => d.Id == made.Id)).Withdraw("wrong", TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        foreach (var address in Addresses(made)) { (await Get(platform.Visitor(), address, token)).ShouldNotContain(Secret, Case.Sensitive, address); }
    }

    [Fact]
    public async Task Apply_WhatCannotBe_IsRefused()
    {
        var department = await platform.Department();
        var made = await Conditional(department);
        var open = await platform.PublishAsync(department, Parks());
        var token = await Key();
        async Task<string> Code(string dataset, object body, string? key) => await (await Apply(dataset, body, key)).ReadProblemCode();
        (await Code(made.Name, Body(), null)).ShouldBe("open-data.key-not-found");
        (await Code(made.Name, Body(), await Key("catalogue"))).ShouldBe("open-data.key-scope-missing");
        (await Code(open.Name, Body(), token)).ShouldBe("open-data.wrong-state");
        (await Code("no-such", Body(), token)).ShouldBe("open-data.not-found");
        var errors = (await (await Apply(made.Name, Body(until: Today.AddDays(-1), promise: false), token)).ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name);
        errors.ShouldBe(["until", "promise"], ignoreOrder: true);
        var id = await Applied(made, token);
        (await Code(made.Name, Body(), token)).ShouldBe("open-data.access-applied-already");

        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await Decide(stranger, id, new { grant = true, revision = 1 })).ReadProblemCode()).ShouldBe("open-data.access-not-found");
        (await (await Decide(officer, id, new { grant = false, revision = 1 })).ReadProblemCode()).ShouldBe("kernel.invalid");
        (await (await Decide(officer, id, new { grant = true, until = Today.AddYears(3), revision = 1 })).ReadProblemCode()).ShouldBe("kernel.invalid");
        (await Decide(officer, id, new { grant = false, ground = "The purpose is not clear", revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await Decide(officer, id, new { grant = true, revision = 2 })).ReadProblemCode()).ShouldBe("open-data.access-decided");
        (await Send(platform.Visitor(), "/api/v1/developer-keys/current/access-applications", token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Get(platform.Visitor(), "/api/v1/developer-keys/current/access-applications", token)).ShouldContain("The purpose is not clear");
        (await Apply(made.Name, Body(), token)).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Apply_TwiceAtOnce_IsTakenOnce()
    {
        var made = await Conditional(await platform.Department());
        for (var round = 0; round < 5; round++)
        {
            var token = await Key();
            var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Apply(made.Name, Body(), token)));
            answers.Count(a => a.StatusCode == HttpStatusCode.Created).ShouldBe(1);
            foreach (var refused in answers.Where(a => a.StatusCode != HttpStatusCode.Created)) { (await refused.ReadProblemCode()).ShouldBe("open-data.access-applied-already"); }
        }

        // Whatever comes in between, no key has two that stand.
        var first = await platform.WithDb(db => db.AccessApplications.AsNoTracking().Where(a => a.DatasetId == made.Id).OrderBy(a => a.Id).FirstAsync());
        await Should.ThrowAsync<DbUpdateException>(() => platform.WithDb(db =>
        {
            db.AccessApplications.Add(new AccessApplication
            {
                Id = Guid.CreateVersion7(first.At), DatasetId = first.DatasetId, KeyId = first.KeyId, Applicant = first.Applicant, Contact = first.Contact, Purpose = first.Purpose, Safety = first.Safety,
                Until = first.Until, At = first.At, DueOn = first.DueOn,
            });
            return db.SaveChangesAsync();
        }));
    }

    [Theory]
    [InlineData("/open/access", HttpStatusCode.OK)]
    [InlineData("/open/subscriptions", HttpStatusCode.OK)]
    [InlineData("/open/requests/new", HttpStatusCode.NotFound)]
    public async Task Pages_AskedForWhatIsNoName_AnswerAsForAnUnknownOne(string page, HttpStatusCode unknown)
    {
        foreach (var name in (string[])["no-such", "a%00b", "%ED%A0%80", new string('a', 101)]) { (await platform.Visitor().GetAsync($"{page}?dataset={name}")).StatusCode.ShouldBe(unknown, name); }
    }

    [Fact]
    public async Task Pages_WhoseFormIsGoneMeanwhile_SayWhy()
    {
        var made = await Conditional(await platform.Department());
        var visitor = platform.Visitor();
        (string Address, string Form, (string, string)[] Fields)[] forms =
        [
            ($"/dataset/{made.Name}", "rate-dataset", [("stars", "4")]),
            ($"/dataset/{made.Name}", "comment-dataset", [("words", "Useful rows")]),
            ($"/open/access?dataset={made.Name}", "apply", [("token", await Key()), ("applicant", "Weather Works"), ("contact", "a@example.org"), ("purpose", "Shade in parks, for a study"), ("safety", "One machine"), ("until", $"{Today.AddDays(30):yyyy-MM-dd}"), ("promise", "true")]),
            ($"/open/subscriptions?dataset={made.Name}", "subscribe", [("token", await Key()), ("address", "https://example.org/hook")]),
        ];
        var filled = new List<KeyValuePair<string, string>[]>();
        foreach (var (address, form, fields) in forms) { filled.Add([.. Page.Filled(await visitor.GetPage(address), form, fields)]); }
        await platform.WithDb(async db =>
        {
            (await db.Datasets.SingleAsync(d => d.Id == made.Id)).Withdraw("wrong", TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        foreach (var (n, (address, form, _)) in forms.Index())
        {
            var answer = await visitor.PostAsync(address, new FormUrlEncodedContent(filled[n]));
            answer.StatusCode.ShouldBe(HttpStatusCode.Conflict, form);
            (await answer.Content.ReadAsStringAsync()).ShouldContain("<h1", Case.Insensitive, form);
        }
    }

    [Theory]
    [InlineData("en", "the decision is due by")]
    [InlineData("zh-CN", "申请已收到")]
    public async Task Pages_FromApplicationToRows_WithoutScript(string language, string thanks)
    {
        var department = await platform.Department();
        var made = await Conditional(department);
        var token = await Key();
        var visitor = platform.Visitor(language);
        (await visitor.GetPage($"/dataset/{made.Name}")).ShouldContain($"/open/access?dataset={made.Name}");
        var page = $"/open/access?dataset={made.Name}";
        (string, string)[] fields = [("token", token), ("applicant", "Weather Works"), ("contact", "a@example.org"), ("purpose", "Shade in parks, for a study"), ("safety", "One machine"), ("until", $"{Today.AddDays(30):yyyy-MM-dd}")];
        var faulty = await visitor.Submit(page, "apply", fields);
        faulty.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var body = await faulty.Content.ReadAsStringAsync();
        body.ShouldContain("value=\"Weather Works\"");
        body.ShouldNotContain(token);
        var applied = await visitor.Submit(page, "apply", [.. fields, ("promise", "true")]);
        applied.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await applied.Content.ReadAsStringAsync()).ShouldContain(thanks);

        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        (await officer.GetPage("/work")).ShouldContain("/work/open-data/access");
        var id = await platform.WithDb(db => db.AccessApplications.Where(a => a.DatasetId == made.Id).Select(a => a.Id).SingleAsync());
        (await officer.GetPage("/work/open-data/access")).ShouldContain("Weather Works");
        (await officer.Submit("/work/open-data/access", $"access-{id:N}", ("act", "refuse"), ("ground", ""))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await officer.Submit("/work/open-data/access", $"access-{id:N}", ("act", "grant"), ("until", $"{Today.AddDays(20):yyyy-MM-dd}"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        // The browser kept the key when it applied.
        (await visitor.GetPage($"/dataset/{made.Name}/resource/{made[0].Id}")).ShouldContain(Secret);
        (await visitor.Submit("/open/access", "use-key", ("act", "forget"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await visitor.GetAsync($"/dataset/{made.Name}/resource/{made[0].Id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await visitor.Submit("/open/access", "use-key", ("act", "use"), ("token", token))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await visitor.GetPage($"/dataset/{made.Name}/resource/{made[0].Id}")).ShouldContain(Secret);
    }

    [Fact]
    public async Task Apply_IsDueInFiveWorkingDays()
    {
        var made = await Conditional(await platform.Department());
        var taken = await (await Apply(made.Name, Body(), await Key())).Content.ReadFromJsonAsync<JsonElement>();
        var days = await platform.WithDb(db => new WorkingCalendar(db).ReadAsync(default));
        taken.GetProperty("dueOn").GetString().ShouldBe($"{days.Add(Today, 5):yyyy-MM-dd}");
    }

    /// <summary>Every way to the rows that is read with GET.</summary>
    private static IEnumerable<string> Addresses(PublishedDataset made) =>
    [
        $"/dataset/{made.Name}/resource/{made[0].Id}/rows.csv", $"/dataset/{made.Name}/resource/{made[0].Id}/download/parks.csv", $"/dataset/{made.Name}/resource/{made[0].Id}",
        $"/api/3/action/datastore_search?resource_id={made[0].Id}", $"/api/3/action/datastore_search_sql?sql={Uri.EscapeDataString($"SELECT * FROM \"{made[0].Id}\"")}", $"/datastore/dump/{made[0].Id}",
        $"/odata/T_{made[0].Id:N}", $"/ogc/collections/{made[0].Id}/items?f=json",
        $"/dataset/{made.Name}/resource/{made[0].Id}/chart?kind=bar&x={Uri.EscapeDataString("名称")}&by=count",
    ];

    private async Task<PublishedDataset> Conditional(Zhengtong.Kernel.Organisations.Organisation department)
    {
        var table = await platform.App.Services.GetRequiredService<TableWriter>().WriteAsync(
            [new("名称", ColumnType.Text), new("lon", ColumnType.Float), new("lat", ColumnType.Float)], Rows(), new NewPlaces(0, 2, 3, CoordinateSystem.Wgs84), CancellationToken.None);
        var description = Published.Description() with { OpenAttribute = OpenAttribute.Conditional, OpenCondition = "For research", Licence = "conditional-use", CoordinateSystem = CoordinateSystem.Wgs84 };
        return await platform.PublishAsync(department, description, MadeFile.Text("parks.csv", Secret) with { Written = table });
    }

    private static async IAsyncEnumerable<object?[]> Rows()
    {
        yield return [Secret, 108.98, 34.25];
        await Task.CompletedTask;
    }

    private async Task<string> Key(params string[] scopes)
    {
        var made = await platform.Visitor().PostAsJsonAsync("/api/v1/developer-keys", new { name = "A study", scopes = scopes.Length > 0 ? scopes : ["catalogue", "rows", "sql", "downloads"] });
        return (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }

    private static object Body(DateOnly? until = null, bool promise = true) =>
        new { applicant = "Weather Works", contact = "a@example.org", purpose = "Shade in parks, for a study", safety = "One machine", until = until ?? Today.AddDays(30), promise };

    private async Task<Guid> Applied(PublishedDataset made, string token)
    {
        var answer = await Apply(made.Name, Body(), token);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
    }

    private async Task<HttpResponseMessage> Apply(string dataset, object body, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/datasets/{dataset}/access-applications") { Content = JsonContent.Create(body) };
        if (token is not null) { request.Headers.Add("X-API-Key", token); }
        return await platform.Visitor().SendAsync(request);
    }

    private static Task<HttpResponseMessage> Decide(HttpClient client, Guid id, object body) => client.PostAsJsonAsync($"/api/v1/access-applications/{id}/decision", body);

    private static async Task<string> Get(HttpClient client, string address, string? token) => Plain(await (await Send(client, address, token)).Content.ReadAsStringAsync());

    /// <summary>Some interfaces escape Chinese in JSON, pages in HTML.</summary>
    private static string Plain(string text) => WebUtility.HtmlDecode(System.Text.RegularExpressions.Regex.Replace(text, @"\\u([0-9a-fA-F]{4})", m => ((char)Convert.ToInt32(m.Groups[1].Value, 16)).ToString()));

    private static async Task<HttpResponseMessage> Send(HttpClient client, string address, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (token is not null) { request.Headers.Add("X-API-Key", token); }
        return await client.SendAsync(request);
    }
}
