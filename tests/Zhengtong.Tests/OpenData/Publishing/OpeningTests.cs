using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.Kernel.Identity.Slices;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Publishing;

/// <summary>Proposal, examination, approval: who may, when, and that nobody goes the way alone.</summary>
[OnDatabase]
public sealed class OpeningTests(PlatformFixture platform)
{
    [Theory]
    [InlineData("draft/proposal")]
    [InlineData("draft/examination")]
    [InlineData("draft/approval")]
    public async Task Acts_Visitor401_WrongPost403_Missing404_WrongState409_StaleRevision409(string act)
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.WithFile();
        (await openers.Post(platform.Visitor(), id, act)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var (right, wrong) = act == "draft/approval" ? (openers.Leader, openers.Officer) : (openers.Colleague, openers.Leader);
        (await (await openers.Post(wrong, id, act)).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await (await openers.Post(right, Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), act)).ReadProblemCode()).ShouldBe("open-data.not-found");
        (await right.PostAsJsonAsync($"/api/v1/datasets/{id}/{act}", new { revision = 0 })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        if (act == "draft/proposal") { (await (await right.PostAsJsonAsync($"/api/v1/datasets/{id}/{act}", new { revision = 99 })).ReadProblemCode()).ShouldBe("open-data.changed-meanwhile"); }
        else { (await (await openers.Post(right, id, act)).ReadProblemCode()).ShouldBe("open-data.wrong-state"); }
        var published = await platform.Department();
        var stranger = await platform.SignedIn(published, Role.DepartmentOfficer, Role.DepartmentLeader);
        (await (await openers.Post(stranger, id, act)).ReadProblemCode()).ShouldBe("open-data.not-found");
    }

    [Fact]
    public async Task Propose_WithoutFilesOrNote_SaysSo_AndAClosedOneHasNone()
    {
        var openers = await Openers.Meet(platform);
        var empty = await openers.Begun();
        (await (await openers.Post(openers.Officer, empty, "draft/proposal")).ReadProblem()).GetProperty("errors").TryGetProperty("resources", out _).ShouldBeTrue();
        var description = Openers.Description();
        (description["openAttribute"], description["openCondition"]) = ("notOpen", "保守国家秘密法");
        var closed = await openers.Begun(description);
        await Openers.Done(await openers.Post(openers.Officer, closed, "draft/proposal"));

        var next = await openers.Published();
        await Openers.Created(await openers.Officer.PostAsync($"/api/v1/datasets/{next}/versions", null));
        (await (await openers.Post(openers.Officer, next, "draft/proposal")).ReadProblem()).GetProperty("errors").TryGetProperty("changeNote", out _).ShouldBeTrue();
    }

    [Fact]
    public async Task Proposed_IsFrozen()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Proposed();
        (await (await openers.Upload(id, "b.csv", "x")).ReadProblemCode()).ShouldBe("open-data.wrong-state");
        (await (await DraftTests.Put(openers.Officer, id, "*", new { description = Openers.Description(), changeNote = "" })).ReadProblemCode()).ShouldBe("open-data.wrong-state");
    }

    [Fact]
    public async Task Examine_ByTheProposer_IsRefused_AlsoWithEveryPost()
    {
        var openers = await Openers.Meet(platform);
        var both = await platform.SignedIn(openers.Department, Role.DepartmentOfficer, Role.DepartmentLeader);
        var id = await openers.WithFile();
        await Openers.Done(await openers.Post(both, id, "draft/proposal"));
        await openers.Check(id, ("identity-card", FindingSeverity.Blocks));
        (await (await openers.Post(both, id, "draft/examination")).ReadProblemCode()).ShouldBe("open-data.same-person");
        var finding = await Finding(id);
        (await (await openers.Post(both, id, $"draft/findings/{finding}/override", new { ground = "公开需要", legalBasis = "某法" })).ReadProblemCode()).ShouldBe("open-data.same-person");
        await Openers.Done(await openers.Post(openers.Colleague, id, $"draft/findings/{finding}/override", new { ground = "公开需要", legalBasis = "某法" }));
        await Openers.Done(await openers.Post(openers.Colleague, id, "draft/examination"));
        (await (await openers.Post(both, id, "draft/approval")).ReadProblemCode()).ShouldBe("open-data.same-person");
        await Openers.Done(await openers.Post(openers.Leader, id, "draft/approval"));
    }

    [Fact]
    public async Task Program_MayNotDecide()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Checked();
        var (client, secret) = await IssueTokenTests.Client(platform, openers.Department, "work", "catalogue", "confirm", "seal");
        var program = platform.Visitor();
        var answer = await program.PostAsync("/connect/token", new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = client, ["client_secret"] = secret }));
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString());
        (await (await openers.Post(program, id, "draft/return", new { reason = "不行" })).ReadProblemCode()).ShouldBe("open-data.person-needed");
        foreach (var act in new[] { "draft/proposal", "draft/examination", "draft/approval" })
        {
            (await openers.Post(program, id, act)).StatusCode.ShouldBe(HttpStatusCode.Forbidden, act);
        }

        // Even a program that some scope gave the right: the handlers refuse by themselves.
        await using var scope = platform.App.Services.CreateAsyncScope();
        var everything = new Actor(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "program", openers.Department.Id, openers.Department.Region, new HashSet<Role>()) { Scopes = Enum.GetValues<Right>().ToHashSet() };
        var examined = await Zhengtong.OpenData.Publishing.ExamineVersion.Handle(id, new(await openers.Revision(id)), everything, scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), TimeProvider.System, default);
        examined.Result.ShouldBeOfType<Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult>().ProblemDetails.Extensions["code"].ShouldBe("open-data.person-needed");
    }

    [Fact]
    public async Task Examine_BeforeTheCheck_OrWithAStandingFinding_IsRefused()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Proposed();
        (await (await openers.Post(openers.Colleague, id, "draft/examination")).ReadProblemCode()).ShouldBe("open-data.check-not-done");
        await openers.Check(id, ("identity-card", FindingSeverity.Blocks), ("office-phone", FindingSeverity.Informs));
        (await (await openers.Post(openers.Colleague, id, "draft/examination")).ReadProblemCode()).ShouldBe("open-data.finding-stands");
        var list = await openers.Colleague.GetFromJsonAsync<JsonElement>($"/api/v1/datasets/{id}/versions/1/findings");
        list.GetProperty("total").GetInt32().ShouldBe(2);

        var finding = await Finding(id);
        var path = $"draft/findings/{finding}/override";
        (await openers.Colleague.PostAsJsonAsync($"/api/v1/datasets/{id}/{path}", new { ground = "x", legalBasis = "", revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await (await openers.Post(openers.Leader, id, path, new { ground = "公开需要", legalBasis = "某法" })).ReadProblemCode()).ShouldBe("kernel.forbidden");
        (await (await openers.Post(openers.Colleague, id, $"draft/findings/{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}/override", new { ground = "公开需要", legalBasis = "某法" })).ReadProblemCode()).ShouldBe("open-data.finding-not-found");
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => openers.Post(openers.Colleague, id, path, new { ground = "公开需要", legalBasis = "某法第三条" })));
        answers.Count(a => a.IsSuccessStatusCode).ShouldBe(1, string.Join(' ', answers.Select(a => a.StatusCode)));
        (await (await openers.Post(openers.Colleague, id, path, new { ground = "公开需要", legalBasis = "某法" })).ReadProblemCode()).ShouldBe("open-data.finding-settled");
        var entry = await platform.WithDb(db => db.Ledger.SingleAsync(e => e.Subject == id.ToString() && e.Event == "open-data.finding-overridden"));
        entry.Reason.ShouldBe("公开需要");
        entry.Data.ShouldContain("某法第三条");
        entry.ActorId.ShouldBe(openers.ColleagueAccount.Id);
        await Openers.Done(await openers.Post(openers.Colleague, id, "draft/examination"));
        (await openers.Events(id))[^1].ShouldBe("open-data.examined");
    }

    [Fact]
    public async Task Return_GoesBackWithItsReason_AndIsCheckedAnew()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Checked(null, ("identity-card", FindingSeverity.Blocks), ("mobile", FindingSeverity.Blocks));
        var overridden = await Finding(id);
        await Openers.Done(await openers.Post(openers.Colleague, id, $"draft/findings/{overridden}/override", new { ground = "公开需要", legalBasis = "某法" }));
        (await openers.Post(openers.Colleague, id, "draft/return", new { reason = "" })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await (await openers.Post(openers.Leader, id, "draft/return", new { reason = "还没轮到" })).ReadProblemCode()).ShouldBe("kernel.forbidden");
        await Openers.Done(await openers.Post(openers.Colleague, id, "draft/return", new { reason = "请去掉电话" }));
        (await openers.Read(id)).GetProperty("underWay").GetProperty("returnedBecause").GetString().ShouldBe("请去掉电话");
        (await (await openers.Post(openers.Colleague, id, "draft/return", new { reason = "再来" })).ReadProblemCode()).ShouldBe("open-data.wrong-state");

        await openers.Proposed(id);
        var left = await platform.WithDb(db => db.OpeningFindings.Where(f => db.DatasetVersions.Any(v => v.Id == f.VersionId && v.DatasetId == id)).ToListAsync());
        left.Select(f => f.Id).ShouldBe([overridden], "What was passed for the same bytes stays passed; the rest is looked for anew");
        (await (await openers.Post(openers.Colleague, id, "draft/examination")).ReadProblemCode()).ShouldBe("open-data.check-not-done");
        await Openers.Done(await openers.Post(openers.Officer, id, "draft/return", new { reason = "我收回" }));
        var file = (await openers.Read(id)).GetProperty("underWay").GetProperty("resources")[0].GetProperty("id").GetGuid();
        await Openers.Created(await openers.Upload(id, "parks.csv", "other bytes", $"&replaces={file}"));
        await openers.Proposed(id);
        (await platform.WithDb(db => db.OpeningFindings.CountAsync(f => f.Id == overridden))).ShouldBe(0, "Other bytes need another override");
    }

    [Fact]
    public async Task Return_WhileTheCheckSaves_LooksAgain()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Checked();
        (await ReturnAsync(openers, id, between: v => v.BeginCheck())).ShouldBeNull();
        (await openers.Read(id)).GetProperty("underWay").GetProperty("returnedBecause").GetString().ShouldBe("请补充说明");
        (await openers.Events(id)).Count(e => e == "open-data.returned").ShouldBe(1);
    }

    [Fact]
    public async Task Return_OfWhatWasSeenBeforeItsCheck_IsDone()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.WithFile();
        var proposed = await openers.Revision(id) + 1;
        await openers.Proposed(id);
        await openers.Check(id);
        (await openers.Revision(id)).ShouldBe(proposed + 2);
        var seen = new { reason = "请补充说明", revision = proposed };
        // Nobody examines what was found after looking.
        (await (await openers.Colleague.PostAsJsonAsync($"/api/v1/datasets/{id}/draft/examination", new { revision = proposed })).ReadProblemCode()).ShouldBe("open-data.changed-meanwhile");
        (await (await openers.Colleague.PostAsJsonAsync($"/api/v1/datasets/{id}/draft/return", seen with { revision = proposed - 1 })).ReadProblemCode()).ShouldBe("open-data.changed-meanwhile");
        (await openers.Colleague.PostAsJsonAsync($"/api/v1/datasets/{id}/draft/return", seen)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Return_WhileAPersonWasFaster_IsRefused()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.Checked();
        (await ReturnAsync(openers, id, between: v => v.Return("我先退回"))).ShouldBe("open-data.wrong-state");
        id = await openers.Checked(id);
        (await ReturnAsync(openers, id, between: v =>
        {
            v.Return("再退回");
            v.Propose(openers.ColleagueAccount.Id, TimeProvider.System.GetUtcNow());
        })).ShouldBe("open-data.changed-meanwhile");
        (await openers.Events(id)).ShouldNotContain("open-data.returned");
    }

    /// <summary>Returns by the colleague, while somebody else saves between its look and its save; the code of the refusal.</summary>
    private async Task<string?> ReturnAsync(Openers openers, Guid id, Action<DatasetVersion> between)
    {
        await using var scope = platform.App.Services.CreateAsyncScope();
        var colleague = new Actor(openers.ColleagueAccount.Id, "colleague", openers.Department.Id, openers.Department.Region, new HashSet<Role> { Role.DepartmentOfficer });
        var clock = new Between(() =>
        {
            using var other = platform.App.Services.CreateScope();
            var db = other.ServiceProvider.GetRequiredService<ZhengtongDb>();
            between(db.DatasetVersions.Single(v => v.DatasetId == id && v.State != VersionState.Published));
            db.SaveChanges();
        });
        var request = new Zhengtong.OpenData.Publishing.ReturnVersionRequest("请补充说明", await openers.Revision(id));
        var answer = await Zhengtong.OpenData.Publishing.ReturnVersion.Handle(id, request, colleague, scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), clock, default);
        return (answer.Result as Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult)?.ProblemDetails.Extensions["code"] as string;
    }

    /// <summary>The slice asks for the time between its look and its save: there something happens, once.</summary>
    private sealed class Between(Action act) : TimeProvider
    {
        private Action? next = act;

        public override DateTimeOffset GetUtcNow()
        {
            Interlocked.Exchange(ref next, null)?.Invoke();
            return base.GetUtcNow();
        }
    }

    [Fact]
    public async Task Work_ShowsEachWhoseTurnItIs()
    {
        var openers = await Openers.Meet(platform);
        var id = await openers.WithFile();
        var href = $"/work/open-data/{id}/examination";
        await openers.Proposed(id);
        (await openers.Colleague.GetPage("/work")).ShouldNotContain(href, Case.Sensitive, "There is nothing to examine before the check");
        await openers.Check(id);
        (await openers.Colleague.GetPage("/work")).ShouldContain(href);
        (await openers.Officer.GetPage("/work")).ShouldNotContain(href, Case.Sensitive, "Not the proposer");
        (await openers.Leader.GetPage("/work")).ShouldNotContain(href);
        await Openers.Done(await openers.Post(openers.Colleague, id, "draft/examination"));
        (await openers.Leader.GetPage("/work")).ShouldContain(href);
        await Openers.Done(await openers.Post(openers.Leader, id, "draft/return", new { reason = "请补充说明" }));
        (await openers.Officer.GetPage("/work")).ShouldContain($"/work/open-data/{id}\"");
    }

    private Task<Guid> Finding(Guid id) => platform.WithDb(db => db.OpeningFindings.Where(f => f.Kind == "identity-card" && db.DatasetVersions.Any(v => v.Id == f.VersionId && v.DatasetId == id)).Select(f => f.Id).SingleAsync());
}
