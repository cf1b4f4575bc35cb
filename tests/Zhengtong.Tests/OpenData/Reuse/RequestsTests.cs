using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Reuse;

/// <summary>Requests for data and corrections, with the clock that everybody sees.</summary>
[OnDatabase]
public sealed class RequestsTests(PlatformFixture platform)
{
    private const string Hostile = "<script>alert('x')</script>\"onload=\"1";

    private static MadeFile Parks() => MadeFile.Table("parks.csv", [new("名称"), new("面积")], ["兴庆宫公园", "49"], ["革命公园", "10"]);

    [Fact]
    public async Task Ask_ForData_IsShownWhenTakenUpAndAnsweredWithADataset()
    {
        var department = await platform.Department();
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var visitor = platform.Visitor();
        var taken = await Asked(visitor, "/api/v1/data-requests", new { title = $"Toilets {Hostile}", words = $"All of them {Hostile}", department = department.Id, name = "Lin" });
        var id = taken.GetProperty("id").GetGuid();
        var days = await WorkingDays();
        taken.GetProperty("dueOn").GetString().ShouldBe($"{days.Add(Today, 10):yyyy-MM-dd}");

        var unread = await Read(visitor, id);
        unread.GetProperty("words").ValueKind.ShouldBe(JsonValueKind.Null);
        unread.GetProperty("summary").GetProperty("title").ValueKind.ShouldBe(JsonValueKind.Null);
        unread.GetProperty("summary").GetProperty("clock").GetProperty("daysLeft").GetInt32().ShouldBe(10);
        (await visitor.GetPage($"/open/requests/{id}")).ShouldNotContain("Toilets");
        (await Read(officer, id)).GetProperty("words").GetString().ShouldStartWith("All of them");
        (await officer.GetPage("/work")).ShouldContain($"/work/open-data/requests/{id}");
        (await officer.GetFromJsonAsync<JsonElement>("/api/v1/notices")).ToString().ShouldContain($"/work/open-data/requests/{id}");

        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await Post(stranger, id, "taking-up", new { revision = 1 })).ReadProblemCode()).ShouldBe("open-data.request-not-found");
        (await Post(officer, id, "taking-up", new { revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await Post(officer, id, "taking-up", new { revision = 1 })).ReadProblemCode()).ShouldBe("open-data.changed-meanwhile");
        var shown = await visitor.GetPage($"/open/requests/{id}");
        shown.ShouldContain("Toilets &lt;script&gt;");
        shown.ShouldNotContain("<script>alert");

        var made = await platform.PublishAsync(department, Parks());
        (await (await Post(officer, id, "answer", new { outcome = "done", words = "Here", dataset = "no-such", revision = 2 })).ReadProblemCode()).ShouldBe("kernel.invalid");
        (await Post(officer, id, "answer", new { outcome = "done", words = $"Here {Hostile}", dataset = made.Name, revision = 2 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await Post(officer, id, "answer", new { outcome = "declined", words = "No", revision = 3 })).ReadProblemCode()).ShouldBe("open-data.request-settled");
        var answered = await Read(visitor, id);
        answered.GetProperty("answerDataset").GetString().ShouldBe(made.Name);
        answered.GetProperty("summary").GetProperty("clock").GetProperty("isLate").GetBoolean().ShouldBeFalse();
        (await visitor.GetPage($"/open/requests/{id}")).ShouldContain($"href=\"/dataset/{made.Name}\"");
        (await platform.WithDb(db => db.Ledger.Where(e => e.Subject == id.ToString()).OrderBy(e => e.At).Select(e => e.Event).ToListAsync()))
            .ShouldBe(["open-data.data-asked", "open-data.request-taken-up", "open-data.request-answered"]);
    }

    [Fact]
    public async Task Ask_Unanswered_IsLateForEverybodyAfterItsLastDay()
    {
        var department = await platform.Department();
        var id = (await Asked(platform.Visitor(), "/api/v1/data-requests", new { title = "Old", words = "Old one", department = department.Id })).GetProperty("id").GetGuid();
        var days = await WorkingDays();
        // Received so that the last day was yesterday, or the working day before it.
        var came = Today.AddDays(-40);
        await platform.WithDb(db => db.DataRequests.Where(r => r.Id == id).ExecuteUpdateAsync(s => s.SetProperty(r => r.At, ChinaTime.StartOf(came)).SetProperty(r => r.DueOn, days.Add(came, 10))));
        var clock = (await Read(platform.Visitor(), id)).GetProperty("summary").GetProperty("clock");
        clock.GetProperty("isLate").GetBoolean().ShouldBeTrue();
        clock.GetProperty("daysLeft").GetInt32().ShouldBe(0);
        clock.GetProperty("daysTaken").GetInt32().ShouldBe(days.Between(came, Today));
        (await platform.Visitor().GetPage($"/open/requests/{id}")).ShouldContain("overdue");
    }

    [Fact]
    public async Task Vote_EachVoiceOnce_AndMerging_KeepsEveryVoiceOnce()
    {
        var department = await platform.Department();
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var (one, two) = (platform.Visitor(), platform.Visitor());
        var first = (await Asked(one, "/api/v1/data-requests", new { title = "Bus lines", words = "All lines", department = department.Id })).GetProperty("id").GetGuid();
        var second = (await Asked(two, "/api/v1/data-requests", new { title = "Lines of buses", words = "All lines", department = department.Id })).GetProperty("id").GetGuid();
        (await Vote(two, first)).ShouldBe(2);
        (await Vote(two, first)).ShouldBe(2);
        (await Vote(one, first)).ShouldBe(2, "Who asks has voted");
        (await Vote(platform.Visitor(), second)).ShouldBe(2);
        (await (await Post(officer, second, "merging", new { into = second, revision = 1 })).ReadProblemCode()).ShouldBe("kernel.invalid");
        (await Post(officer, second, "merging", new { into = first, revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var kept = await Read(platform.Visitor(), first);
        kept.GetProperty("summary").GetProperty("votes").GetInt32().ShouldBe(3);
        (await (await Post(officer, first, "answer", new { outcome = "done", words = "Here", revision = 1 })).ReadProblemCode()).ShouldBe("open-data.changed-meanwhile", "Whoever saw it before has not seen who joined");
        (await Read(platform.Visitor(), second)).GetProperty("mergedInto").GetGuid().ShouldBe(first);
        (await (await platform.Visitor().PutAsync($"/api/v1/data-requests/{second}/vote", null)).ReadProblemCode()).ShouldBe("open-data.request-settled");
    }

    [Fact]
    public async Task Merge_OfTwoIntoEachOtherAtOnce_LeavesOneToAnswer()
    {
        var department = await platform.Department();
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        for (var round = 0; round < 6; round++)
        {
            var ids = new List<Guid>();
            for (var n = 0; n < 2; n++) { ids.Add((await Asked(platform.Visitor(), "/api/v1/data-requests", new { title = "Bus lines", words = "All lines", department = department.Id })).GetProperty("id").GetGuid()); }
            var answers = await Task.WhenAll(Post(officer, ids[0], "merging", new { into = ids[1], revision = 1 }), Post(officer, ids[1], "merging", new { into = ids[0], revision = 1 }));
            answers.Count(a => a.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
            (await platform.WithDb(db => db.DataRequests.CountAsync(r => ids.Contains(r.Id) && r.MergedInto == null))).ShouldBe(1);
        }
    }

    [Fact]
    public async Task Votes_AreWhatIsSaved()
    {
        var id = (await Asked(platform.Visitor(), "/api/v1/data-requests", new { title = "Wells", words = "All wells", department = (await platform.Department()).Id })).GetProperty("id").GetGuid();
        // A process that dies behind the save has counted all the same.
        await platform.WithDb(db =>
        {
            db.DataRequestVotes.Add(new Zhengtong.OpenData.Reuse.DataRequestVote { RequestId = id, Voice = "v1", At = TimeProvider.System.GetUtcNow() });
            return db.SaveChangesAsync();
        });
        (await Read(platform.Visitor(), id)).GetProperty("summary").GetProperty("votes").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task Correction_PointsAtColumnAndRows_OrSaysWhatIsWrong()
    {
        var department = await platform.Department();
        var made = await platform.PublishAsync(department, Parks());
        var visitor = platform.Visitor();
        var address = $"/api/v1/datasets/{made.Name}/corrections";
        async Task<string> Fault(object body) => string.Join(',', (await (await visitor.PostAsJsonAsync(address, body)).ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name));
        (await Fault(new { words = "Wrong", column = "面积" })).ShouldBe("resource");
        (await Fault(new { words = "Wrong", resource = Guid.Empty })).ShouldBe("resource");
        (await Fault(new { words = "Wrong", resource = made[0].Id, column = "none", rows = "1-3" })).ShouldBe("column,rows");
        (await Fault(new { words = "Wrong", resource = made[0].Id, rows = "1; DROP" })).ShouldBe("rows");
        var taken = await Asked(visitor, address, new { words = "It has 52", resource = made[0].Id, column = "面积", rows = "1, 2-2" });
        taken.GetProperty("dueOn").GetString().ShouldBe($"{(await WorkingDays()).Add(Today, 5):yyyy-MM-dd}");
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var read = await Read(officer, taken.GetProperty("id").GetGuid());
        read.GetProperty("column").GetString().ShouldBe("面积");
        read.GetProperty("version").GetInt32().ShouldBe(1);
        read.GetProperty("summary").GetProperty("datasetName").GetString().ShouldBe(made.Name);
        (await (await Post(officer, taken.GetProperty("id").GetGuid(), "passing-on", new { department = (await platform.Department()).Id, reason = "not ours", revision = 1 })).ReadProblemCode()).ShouldBe("kernel.invalid");
    }

    [Fact]
    public async Task Ask_WithoutADepartment_WaitsForTheAuthorityToPassItOn()
    {
        var department = await platform.Department();
        var made = new Organisation
        {
            Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), CreditCode = CreditCode.FromBody("11610000999999991"), Name = "数据局", ShortName = "数据局", Region = department.Region, Kind = OrganisationKind.Authority,
        };
        await platform.WithDb(db =>
        {
            db.Organisations.Add(made);
            return db.SaveChangesAsync();
        });
        var id = (await Asked(platform.Visitor(), "/api/v1/data-requests", new { title = "Springs", words = "All springs" })).GetProperty("id").GetGuid();
        var authority = await platform.WithDb(db => db.Organisations.AsNoTracking().SingleAsync(o => db.DataRequests.Any(r => r.Id == id && r.DepartmentId == o.Id)));
        authority.Kind.ShouldBe(OrganisationKind.Authority);
        var officer = await platform.SignedIn(authority, Role.Authority);
        var work = $"/work/open-data/requests/{id}";
        (await officer.GetPage("/work")).ShouldContain(work);
        (await officer.Submit(work, "pass-on", ("department", department.Id.ToString()), ("reason", "They keep the springs"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await officer.GetPage("/work")).ShouldNotContain(work);
        (await (await platform.SignedIn(department, Role.DepartmentOfficer)).GetPage("/work")).ShouldContain(work);
    }

    [Fact]
    public async Task PassOn_ToAnotherDepartment_KeepsTheClock()
    {
        var (from, to) = (await platform.Department(), await platform.Department());
        var (officer, other) = (await platform.SignedIn(from, Role.DepartmentOfficer), await platform.SignedIn(to, Role.DepartmentOfficer));
        var taken = await Asked(platform.Visitor(), "/api/v1/data-requests", new { title = "Wells", words = "All wells", department = from.Id });
        var id = taken.GetProperty("id").GetGuid();
        (await (await Post(officer, id, "passing-on", new { department = from.Id, reason = "Ours", revision = 1 })).ReadProblemCode()).ShouldBe("kernel.invalid");
        (await Post(officer, id, "passing-on", new { department = to.Id, reason = "They keep the wells", revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await Post(officer, id, "taking-up", new { revision = 2 })).ReadProblemCode()).ShouldBe("open-data.request-not-found");
        var mine = await other.GetFromJsonAsync<JsonElement>("/api/v1/data-requests?mine=true");
        mine.GetProperty("items").EnumerateArray().ShouldContain(r => r.GetProperty("id").GetGuid() == id && r.GetProperty("clock").GetProperty("dueOn").GetString() == taken.GetProperty("dueOn").GetString());
        (await (await platform.Visitor().GetAsync("/api/v1/data-requests?mine=true")).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await Post(other, id, "answer", new { outcome = "rejected", words = "Advertising", revision = 2 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await platform.Visitor().GetAsync($"/api/v1/data-requests/{id}")).ReadProblemCode()).ShouldBe("open-data.request-not-found");
        (await platform.Visitor().GetStringAsync($"/api/v1/data-requests?department={to.Id}")).ShouldNotContain(id.ToString());
    }

    [Fact]
    public async Task Close_AsUnsuitable_HidesItAndTellsTheDepartment()
    {
        var department = await platform.Department();
        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var keeper = await platform.SignedIn(await platform.Department(), Role.Authority);
        var visitor = platform.Visitor();
        var id = (await Asked(visitor, "/api/v1/data-requests", new { title = "Cheap loans", words = "Call now", department = department.Id })).GetProperty("id").GetGuid();
        (await Post(visitor, id, "closing", new { reason = "Advertising", revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await (await Post(officer, id, "closing", new { reason = "Advertising", revision = 1 })).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await (await Post(keeper, id, "closing", new { reason = "", revision = 1 })).ReadProblemCode()).ShouldBe("kernel.invalid");
        (await (await Post(keeper, Guid.Empty, "closing", new { reason = "Advertising", revision = 1 })).ReadProblemCode()).ShouldBe("open-data.request-not-found");
        (await (await Post(keeper, id, "closing", new { reason = "Advertising", revision = 9 })).ReadProblemCode()).ShouldBe("open-data.changed-meanwhile");

        (await Read(keeper, id)).GetProperty("words").GetString().ShouldBe("Call now", "Whoever closes it has read it");
        var work = $"/work/open-data/requests/{id}";
        (await keeper.GetPage($"/open/requests/{id}")).ShouldContain(work);
        (await visitor.GetPage($"/open/requests/{id}")).ShouldNotContain(work);
        (await keeper.GetPage(work)).ShouldNotContain("value=\"Declined\"");
        (await keeper.Submit(work, "close", ("unsuitable", " "))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await keeper.Submit(work, "close", ("unsuitable", "Advertising for loans"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);

        (await (await visitor.GetAsync($"/api/v1/data-requests/{id}")).ReadProblemCode()).ShouldBe("open-data.request-not-found");
        (await visitor.GetStringAsync($"/api/v1/data-requests?department={department.Id}")).ShouldNotContain(id.ToString());
        (await Read(officer, id)).GetProperty("answer").GetString().ShouldBe("Advertising for loans");
        (await officer.GetFromJsonAsync<JsonElement>("/api/v1/notices")).ToString().ShouldContain("Advertising for loans");
        (await officer.GetPage("/work")).ShouldNotContain(work);
        (await (await Post(keeper, id, "closing", new { reason = "Again", revision = 2 })).ReadProblemCode()).ShouldBe("open-data.request-settled");
        var entry = await platform.WithDb(db => db.Ledger.AsNoTracking().SingleAsync(e => e.Subject == id.ToString() && e.Event == "open-data.request-closed"));
        entry.Reason.ShouldBe("Advertising for loans");
    }

    [Theory]
    [InlineData("en", "Keep this page")]
    [InlineData("zh-CN", "请收藏本页")]
    public async Task Pages_FromQuestionToAnswer_WithoutScript(string language, string thanks)
    {
        var department = await platform.Department();
        var made = await platform.PublishAsync(department, Parks());
        var visitor = platform.Visitor(language);
        var faulty = await visitor.Submit("/open/requests/new", "ask", ("title", ""), ("words", "What I typed"), ("department", department.Id.ToString()));
        faulty.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await faulty.Content.ReadAsStringAsync()).ShouldContain("What I typed");
        var asked = await visitor.Submit("/open/requests/new", "ask", ("title", "Trees"), ("words", "All trees"), ("department", department.Id.ToString()));
        asked.StatusCode.ShouldBe(HttpStatusCode.Redirect, await asked.Content.ReadAsStringAsync());
        var address = asked.Headers.Location!.ToString();
        (await visitor.GetPage(address)).ShouldContain(thanks);
        var id = Guid.Parse(address.Split('?')[0].Split('/')[^1]);
        (await platform.Visitor().Submit($"/open/requests/{id}", "vote-request")).StatusCode.ShouldBe(HttpStatusCode.Redirect);

        var officer = await platform.SignedIn(department, Role.DepartmentOfficer);
        var work = $"/work/open-data/requests/{id}";
        (await officer.GetPage("/work/open-data/requests")).ShouldContain(work);
        (await officer.Submit(work, "take-up")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await officer.Submit(work, "answer", ("act", "Done"), ("words", ""))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await officer.Submit(work, "answer", ("act", "Declined"), ("words", "The trees are not counted"))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var page = await visitor.GetPage($"/open/requests/{id}");
        page.ShouldContain("The trees are not counted");
        (await visitor.GetPage("/open/requests?state=Declined&kind=Data")).ShouldContain("Trees");

        var correction = await visitor.Submit($"/open/requests/new?dataset={made.Name}", "ask", ("resource", made[0].Id.ToString()), ("column", "面积"), ("rows", "2"), ("words", "It is 11"));
        correction.StatusCode.ShouldBe(HttpStatusCode.Redirect, await correction.Content.ReadAsStringAsync());
        (await visitor.GetPage($"/dataset/{made.Name}")).ShouldContain($"/open/requests/new?dataset={made.Name}");
    }

    private static DateOnly Today => ChinaTime.DateOf(TimeProvider.System.GetUtcNow());

    private Task<WorkingDays> WorkingDays() => platform.WithDb(db => new WorkingCalendar(db).ReadAsync(default));

    private static async Task<JsonElement> Asked(HttpClient client, string address, object body)
    {
        var answer = await client.PostAsJsonAsync(address, body);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static Task<JsonElement> Read(HttpClient client, Guid id) => client.GetFromJsonAsync<JsonElement>($"/api/v1/data-requests/{id}");

    private static async Task<int> Vote(HttpClient client, Guid id)
    {
        var answer = await client.PutAsync($"/api/v1/data-requests/{id}/vote", null);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("votes").GetInt32();
    }

    private static Task<HttpResponseMessage> Post(HttpClient client, Guid id, string what, object body) => client.PostAsJsonAsync($"/api/v1/data-requests/{id}/{what}", body);
}
