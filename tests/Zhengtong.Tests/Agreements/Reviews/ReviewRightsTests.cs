using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Agreements.Reviews;

/// <summary>Who may read a review, who may act in it, and deputies.</summary>
[OnDatabase]
public sealed class ReviewRightsTests(ReviewFixture reviews) : IClassFixture<ReviewFixture>
{
    [Fact]
    public async Task Read_ByOthers_IsNotFound()
    {
        var desk = await reviews.Desk();
        var id = await desk.Opened();
        var elsewhere = await reviews.Platform.SignedIn(await reviews.Body(OrganisationKind.Authority, "620000"), Role.Authority);
        var below = await reviews.Platform.SignedIn(reviews.City, Role.Authority);
        var body = await reviews.Platform.SignedIn(reviews.Operator, Role.PlatformOperator);
        foreach (var other in new[] { desk.Stranger, elsewhere, below, body })
        {
            (await (await other.GetAsync($"/api/v1/reviews/{id}")).ReadProblemCode()).ShouldBe("agreements.review-not-found");
            (await other.GetAsync($"/work/reviews/{id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
            foreach (var list in new[] { "waiting", "escalated", "applied" }) { (await other.GetStringAsync($"/api/v1/reviews/to-do?list={list}&limit=200")).ShouldNotContain(id.ToString()); }
        }

        (await (await reviews.Platform.Visitor().GetAsync($"/api/v1/reviews/{id}")).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
    }

    [Fact]
    public async Task Read_ByThoseWhoTakePart_IsAllowed()
    {
        var desk = await reviews.Desk();
        var id = await desk.Opened();
        foreach (var one in new[] { desk.Submitter, desk.Leader, desk.First, desk.Authority }) { (await one.GetAsync($"/api/v1/reviews/{id}")).StatusCode.ShouldBe(HttpStatusCode.OK); }
    }

    [Fact]
    public async Task Read_ByTheAuthorityAboveTheRegion_IsAllowed()
    {
        var (applicant, provider) = (await reviews.Platform.Department(region: "610100"), await reviews.Platform.Department(region: "610100"));
        await reviews.Define(provider.Id, LoanKind.Kind, new { name = "提供方审核", seat = "provider", post = "departmentOfficer", days = 5 });
        var (submitter, officer) = await reviews.Platform.SignedInAs(applicant, Role.DepartmentOfficer);
        var desk = new Desk(reviews) { Applicant = applicant, Provider = provider, Submitter = submitter, SubmitterOfficer = officer, Leader = submitter, First = submitter, Second = submitter, Authority = reviews.ProvinceOfficer, Stranger = submitter };
        var id = await desk.Opened();
        (await reviews.ProvinceOfficer.GetAsync($"/api/v1/reviews/{id}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await (await reviews.Platform.SignedIn(reviews.City, Role.Authority)).GetAsync($"/api/v1/reviews/{id}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        // Reading along is not deciding.
        (await Desk.Refused(desk.Approve(reviews.ProvinceOfficer, id))).ShouldBe("agreements.not-reviewer");
    }

    [Fact]
    public async Task Approve_ColleagueWithoutThePost_IsRefusedUntilNamedDeputy()
    {
        var desk = await reviews.Desk();
        var id = await desk.Opened();
        var (colleague, officer) = await reviews.Platform.SignedInAs(desk.Applicant, Role.DepartmentOfficer);
        (await Desk.Refused(desk.Approve(colleague, id))).ShouldBe("agreements.not-reviewer");
        (await List(colleague)).ShouldNotContain(id);
        var made = await Parties.Created(await desk.Leader.PostAsJsonAsync("/api/v1/review-delegations", new { deputy = officer.Id, from = ReviewFixture.Today, until = ReviewFixture.Today, reason = "出差" }));
        (await List(colleague)).ShouldContain(id);
        await Desk.Done(desk.Approve(colleague, id));
        var act = (await desk.Seen(id)).GetProperty("acts")[1];
        act.GetProperty("forOfficer").GetString().ShouldNotBeNullOrEmpty();
        (await Listed(desk.Leader)).ShouldContain(d => d.GetProperty("isMine").GetBoolean() && d.GetProperty("id").GetGuid() == made.GetProperty("id").GetGuid());
    }

    [Fact]
    public async Task Approve_DelegationEnded_IsRefused()
    {
        var desk = await reviews.Desk();
        var id = await desk.Opened();
        var (colleague, officer) = await reviews.Platform.SignedInAs(desk.Applicant, Role.DepartmentOfficer);
        var made = (await Parties.Created(await desk.Leader.PostAsJsonAsync("/api/v1/review-delegations", new { deputy = officer.Id, from = ReviewFixture.Today, until = ReviewFixture.Today, reason = "出差" }))).GetProperty("id").GetGuid();
        var address = $"/api/v1/review-delegations/{made}/end";
        (await (await colleague.PostAsJsonAsync(address, new { revision = 1 })).ReadProblemCode()).ShouldBe("agreements.delegation-not-found");
        (await (await desk.Leader.PostAsJsonAsync(address, new { revision = 2 })).ReadProblemCode()).ShouldBe("agreements.changed-meanwhile");
        (await desk.Leader.PostAsJsonAsync(address, new { revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await desk.Leader.PostAsJsonAsync(address, new { revision = 2 })).ReadProblemCode()).ShouldBe("agreements.delegation-ended");
        (await Desk.Refused(desk.Approve(colleague, id))).ShouldBe("agreements.not-reviewer");
    }

    [Fact]
    public async Task Approve_SubmitterAsDeputy_IsRefused()
    {
        var desk = await reviews.Desk();
        var id = await desk.Opened();
        (await desk.Leader.PostAsJsonAsync("/api/v1/review-delegations", new { deputy = desk.SubmitterOfficer.Id, from = ReviewFixture.Today, until = ReviewFixture.Today, reason = "出差" })).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Desk.Refused(desk.Approve(desk.Submitter, id))).ShouldBe("agreements.review-own");
    }

    [Fact]
    public async Task Approve_DeputyOfWhoeverAgreed_IsNotASecondOfficer()
    {
        var desk = await reviews.Desk();
        var (clerk, deputy) = await reviews.Platform.SignedInAs(desk.Provider, Role.DepartmentLeader);
        var (principal, _) = await reviews.Platform.SignedInAs(desk.Provider, Role.DepartmentOfficer);
        (await principal.PostAsJsonAsync("/api/v1/review-delegations", new { deputy = deputy.Id, from = ReviewFixture.Today, until = ReviewFixture.Today, reason = "出差" })).StatusCode.ShouldBe(HttpStatusCode.Created);
        var id = await desk.Opened();
        await Desk.Done(desk.Approve(desk.Leader, id));
        await Desk.Done(desk.Approve(principal, id));
        (await Desk.Refused(desk.Approve(clerk, id))).ShouldBe("agreements.not-reviewer");
        var other = await desk.Opened();
        await Desk.Done(desk.Approve(desk.Leader, other));
        await Desk.Done(desk.Approve(clerk, other));
        (await Desk.Refused(desk.Approve(principal, other))).ShouldBe("agreements.review-signed-already");
        (await Desk.Refused(desk.Approve(clerk, other))).ShouldBeOneOf("agreements.not-reviewer", "agreements.review-signed-already");
    }

    [Theory]
    [InlineData(-1, 0, "from")]
    [InlineData(1, 0, "until")]
    [InlineData(0, 400, "until")]
    public async Task Delegate_DaysThatDoNotFit_AreRefused(int from, int until, string field)
    {
        var department = await reviews.Platform.Department();
        var (leader, (_, officer)) = (await reviews.Platform.SignedIn(department, Role.DepartmentLeader), await reviews.Platform.SignedInAs(department, Role.DepartmentOfficer));
        var today = DateOnly.Parse(ReviewFixture.Today);
        var problem = await (await leader.PostAsJsonAsync("/api/v1/review-delegations", new { deputy = officer.Id, from = today.AddDays(from), until = today.AddDays(until), reason = "出差" })).ReadProblem();
        (problem.GetProperty("code").GetString(), problem.GetProperty("errors").TryGetProperty(field, out _)).ShouldBe(("agreements.delegation-invalid", true));
    }

    [Fact]
    public async Task Delegate_ToAnotherDepartmentOrOneself_IsRefused()
    {
        var department = await reviews.Platform.Department();
        var (leader, own) = await reviews.Platform.SignedInAs(department, Role.DepartmentLeader);
        var foreign = await reviews.Platform.Officer(await reviews.Platform.Department(), Role.DepartmentOfficer);
        foreach (var deputy in new[] { own.Id, foreign.Id, Guid.Empty })
        {
            (await (await leader.PostAsJsonAsync("/api/v1/review-delegations", new { deputy, from = ReviewFixture.Today, until = ReviewFixture.Today, reason = "出差" })).ReadProblemCode()).ShouldBe("agreements.delegation-invalid");
        }
    }

    private static async Task<IReadOnlyList<Guid>> List(HttpClient client) =>
        [.. (await client.GetFromJsonAsync<JsonElement>("/api/v1/reviews/to-do?limit=200")).GetProperty("items").EnumerateArray().Select(r => r.GetProperty("id").GetGuid())];

    private static async Task<IReadOnlyList<JsonElement>> Listed(HttpClient client) => [.. (await client.GetFromJsonAsync<JsonElement>("/api/v1/review-delegations")).GetProperty("items").EnumerateArray()];
}
