using System.Net;
using System.Text.RegularExpressions;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Agreements.Reviews;

/// <summary>The desk and a review's page, as a browser without script uses them.</summary>
[OnDatabase]
public sealed class ReviewPagesTests(ReviewFixture reviews) : IClassFixture<ReviewFixture>
{
    [Fact]
    public async Task Page_FromDeskToGrant_IsDoneWithFormsAlone()
    {
        var desk = await reviews.Desk();
        var id = await desk.Opened();
        var page = $"/work/reviews/{id}";
        (await desk.Leader.GetPage("/work")).ShouldContain(page);
        (await desk.Leader.GetPage("/work/reviews")).ShouldContain($"href=\"{page}\"");
        (await desk.First.GetPage("/work/reviews")).ShouldNotContain(page);
        (await desk.Submitter.GetPage(page)).ShouldNotContain("value=\"decide\"");
        await Follow(desk.Leader, await desk.Leader.Submit(page, "decide", ("opinion", "用途<i>明确"), ("act", "approve")), "Agreed.");
        await Follow(desk.First, await desk.First.Submit(page, "decide", ("opinion", "缺少说明"), ("act", "return"), ("toStep", "0"), ("missing", "用途说明\r\n\r\n  法律依据 \r\n")), "Returned.");
        (await desk.Submitter.GetPage("/work")).ShouldContain(page);
        var asked = await desk.Submitter.GetPage(page);
        asked.ShouldContain("<li>法律依据</li>");
        asked.ShouldContain("用途&lt;i&gt;明确");
        await Follow(desk.Submitter, await desk.Submitter.Submit(page, "supplement", ("answer", "见附页")), "Supplemented;");
        await Follow(desk.First, await desk.First.Submit(page, "decide", ("opinion", "同意"), ("act", "approve")), "You have agreed;");
        await Follow(desk.Second, await desk.Second.Submit(page, "decide", ("opinion", "同意"), ("act", "approve")), "Agreed.");
        await Follow(desk.Authority, await desk.Authority.Submit(page, "decide", ("opinion", "请重新核实"), ("act", "return"), ("toStep", "2")), "Returned.");
        await Follow(desk.First, await desk.First.Submit(page, "decide", ("opinion", "已核实"), ("act", "approve")), "Agreed.");
        await Follow(desk.Second, await desk.Second.Submit(page, "decide", ("opinion", "已核实"), ("act", "approve")), "Agreed.");
        await Follow(desk.Authority, await desk.Authority.Submit(page, "decide", ("opinion", "同意"), ("act", "approve")), "Granted");
        (await desk.Authority.GetPage("/work/reviews")).ShouldNotContain(page);
    }

    [Fact]
    public async Task Page_FaultyForms_KeepWhatWasTypedAndSayWhatToDo()
    {
        var desk = await reviews.Desk();
        var page = $"/work/reviews/{await desk.Opened()}";
        var answer = await desk.Leader.Submit(page, "decide", ("opinion", "x"), ("act", "return"), ("toStep", "0"), ("missing", new string('长', 201)));
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var body = await answer.Content.ReadAsStringAsync();
        body.ShouldContain("id=\"f-opinion-fault\"");
        body.ShouldContain("id=\"f-missing-fault\"");
        body.ShouldContain(new string('长', 201));
        var nothing = await (await desk.Leader.Submit(page, "decide", ("opinion", "材料不全"), ("act", "return"), ("toStep", "0"), ("missing", " "))).Content.ReadAsStringAsync();
        nothing.ShouldContain("Say everything that is missing at once");
        nothing.ShouldContain("材料不全");
        (await (await desk.Leader.Submit(page, "decide", ("opinion", "不同意"), ("act", "refuse"), ("reason", "nonsense"))).Content.ReadAsStringAsync()).ShouldContain("id=\"f-reason-fault\"");
        (await (await desk.Submitter.Submit(page, "withdraw", ("why", ""))).Content.ReadAsStringAsync()).ShouldContain("id=\"f-why-fault\"");
        (await desk.Revision(Guid.Parse(page.Split('/')[^1]))).ShouldBe(1);
    }

    [Fact]
    public async Task Page_SomebodyWasFaster_SaysSo()
    {
        var desk = await reviews.Desk();
        var id = await desk.Opened();
        var page = $"/work/reviews/{id}";
        var open = await desk.Leader.GetPage(page);
        await Desk.Done(desk.Approve(desk.Leader, id));
        var late = await desk.Leader.PostAsync(page, new FormUrlEncodedContent(Page.Filled(open, "decide", ("opinion", "同意"), ("act", "approve"))));
        late.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await late.Content.ReadAsStringAsync()).ShouldContain("class=\"faults\"");
    }

    [Fact]
    public async Task Withdraw_ByTheApplicant_EndsIt()
    {
        var desk = await reviews.Desk();
        var page = $"/work/reviews/{await desk.Opened()}";
        await Follow(desk.Submitter, await desk.Submitter.Submit(page, "withdraw", ("why", "不再需要")), "Withdrawn.");
        (await desk.Leader.GetPage("/work/reviews")).ShouldNotContain(page);
    }

    [Fact]
    public async Task Export_OfWhatIsFiltered_HoldsTheRowsOfTheDesk()
    {
        var desk = await reviews.Desk();
        for (var n = 0; n < 3; n++) { await desk.Opened(); }
        var csv = await desk.Leader.GetStringAsync("/work/reviews/export.csv?overdue=false");
        csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(4);
        csv.ShouldContain("JK-2026-000001");
        (await desk.Leader.GetStringAsync("/work/reviews/export.csv?overdue=true")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(1);
        (await desk.Stranger.GetStringAsync("/work/reviews/export.csv")).ShouldNotContain("JK-2026-000001");
        (await desk.Leader.GetByteArrayAsync("/work/reviews/export.xlsx"))[..2].ShouldBe("PK"u8.ToArray());
        Regex.Count(await desk.Leader.GetPage("/work/reviews?kind=tests.loan&overdue=false"), "JK-2026-000001").ShouldBe(3);
        (await desk.Leader.GetPage("/work/reviews?kind=agreements.application")).ShouldNotContain("JK-2026-000001");
        Regex.Count(await desk.Submitter.GetPage("/work/reviews?list=Applied"), "JK-2026-000001").ShouldBe(3);
    }

    [Fact]
    public async Task Delegations_NamedAndEndedWithForms_HoldForTheDay()
    {
        var desk = await reviews.Desk();
        var id = await desk.Opened();
        var (colleague, officer) = await reviews.Platform.SignedInAs(desk.Applicant, Role.DepartmentOfficer);
        const string page = "/work/reviews/delegations";
        (await desk.Leader.GetPage("/work/reviews")).ShouldContain($"href=\"{page}\"");
        var faulty = await (await desk.Leader.Submit(page, "name", ("deputy", ""), ("from", "tomorrow"), ("until", ""), ("reason", "出差"))).Content.ReadAsStringAsync();
        foreach (var field in new[] { "deputy", "from", "until" }) { faulty.ShouldContain($"id=\"f-{field}-fault\""); }
        await Follow(desk.Leader, await desk.Leader.Submit(page, "name", ("deputy", $"{officer.Id}"), ("from", ReviewFixture.Today), ("until", ReviewFixture.Today), ("reason", "出差")), "Deputy named.");
        (await colleague.GetPage($"/work/reviews/{id}")).ShouldContain("You act for");
        var made = Regex.Match(await desk.Leader.GetPage(page), "<option value=\"([0-9a-f-]{36}/1)\"").Groups[1].Value;
        await Follow(desk.Leader, await desk.Leader.Submit(page, "end", ("delegation", made)), "Delegation ended.");
        (await colleague.GetPage($"/work/reviews/{id}")).ShouldNotContain("You act for");
        // What was ended once is not ended twice.
        (await colleague.GetPage(page)).ShouldNotContain("value=\"end\"");
    }

    private async Task Follow(HttpClient client, HttpResponseMessage response, string said)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect, await response.Content.ReadAsStringAsync());
        (await client.GetPage(new Uri(reviews.Platform.Address, response.Headers.Location!.OriginalString).PathAndQuery)).ShouldContain(said);
    }
}
