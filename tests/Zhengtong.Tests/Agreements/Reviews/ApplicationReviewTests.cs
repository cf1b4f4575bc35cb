using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Agreements.Reviews;

/// <summary>Applications for information resources: with a chain they are reviewed before the provider confirms, without one nothing is as it was not before.</summary>
[OnDatabase]
public sealed class ApplicationReviewTests(ReviewFixture reviews) : IClassFixture<ReviewFixture>
{
    private static readonly object Authority = new { name = "主管部门审批", seat = "authority", post = "authority", days = 5 };

    [Fact]
    public async Task Apply_NoChain_OpensNoReviewAndIsConfirmed()
    {
        var parties = await Parties.Meet(reviews.Platform);
        var id = await parties.Applied();
        (await reviews.Platform.WithDb(db => db.Reviews.AnyAsync(r => r.SubjectId == id))).ShouldBeFalse();
        (await parties.ProviderOfficer.GetPage($"/work/applications/{id}")).ShouldNotContain("/work/reviews/");
        await Parties.Created(await parties.ProviderOfficer.PostAsJsonAsync($"/api/v1/applications/{id}/confirmation", new { revision = 1 }));
    }

    [Fact]
    public async Task Confirm_UnderReview_WaitsUntilGranted()
    {
        var (parties, id, review) = await UnderReview();
        (await (await parties.ProviderOfficer.PostAsJsonAsync($"/api/v1/applications/{id}/confirmation", new { revision = 1 })).ReadProblemCode()).ShouldBe("agreements.review-not-granted");
        var page = await parties.ProviderOfficer.GetPage($"/work/applications/{id}");
        page.ShouldContain($"/work/reviews/{review}");
        page.ShouldNotContain("value=\"confirm\"");
        (await parties.ProviderOfficer.GetPage("/work")).ShouldNotContain($"/work/applications/{id}");
        (await reviews.ProvinceOfficer.PostAsJsonAsync($"/api/v1/reviews/{review}/approvals", new { opinion = "同意", revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await parties.ProviderOfficer.GetPage("/work")).ShouldContain($"/work/applications/{id}");
        (await parties.ProviderOfficer.Submit($"/work/applications/{id}", "confirm")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Read_ByTheReviewer_SaysWhatIsAskedWithoutTheApplication()
    {
        var (_, id, review) = await UnderReview();
        var seen = await reviews.ProvinceOfficer.GetFromJsonAsync<JsonElement>($"/api/v1/reviews/{review}");
        seen.GetProperty("asked").EnumerateArray().Select(a => a.GetProperty("words").GetString()).ShouldContain("食品经营许可核验企业登记信息");
        seen.GetProperty("facts").GetProperty("delivery").GetString().ShouldBe("table");
        (await (await reviews.ProvinceOfficer.GetAsync($"/api/v1/applications/{id}")).ReadProblemCode()).ShouldBe("agreements.application-not-found");
        (await reviews.ProvinceOfficer.GetPage($"/work/reviews/{review}")).ShouldNotContain($"/work/applications/{id}");
    }

    [Fact]
    public async Task Refuse_InReview_RefusesTheApplicationWithTheGround()
    {
        var (parties, id, review) = await UnderReview();
        (await reviews.ProvinceOfficer.PostAsJsonAsync($"/api/v1/reviews/{review}/refusal", new { reason = "sensitive", opinion = "涉及商业秘密", revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.OK);
        var seen = await parties.ConsumerOfficer.GetFromJsonAsync<JsonElement>($"/api/v1/applications/{id}");
        (seen.GetProperty("state").GetString(), seen.GetProperty("refusalGround").GetString(), seen.GetProperty("reason").GetString()).ShouldBe(("refused", "sensitive", "涉及商业秘密"));
        // Refused is over: it may be asked for again.
        await parties.Applied();
    }

    [Fact]
    public async Task Withdraw_InReview_WithdrawsTheApplication()
    {
        var (parties, id, review) = await UnderReview();
        (await parties.ConsumerOfficer.PostAsJsonAsync($"/api/v1/reviews/{review}/withdrawal", new { reason = "不再需要", revision = 1 })).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await parties.ConsumerOfficer.GetFromJsonAsync<JsonElement>($"/api/v1/applications/{id}")).GetProperty("state").GetString().ShouldBe("withdrawn");
    }

    [Theory]
    [InlineData("refusal", ReviewState.Refused)]
    [InlineData("withdrawal", ReviewState.Withdrawn)]
    public async Task Settle_TheApplicationItself_EndsItsReview(string act, ReviewState expected)
    {
        var (parties, id, review) = await UnderReview();
        (await (act == "refusal"
            ? parties.ProviderOfficer.PostAsJsonAsync($"/api/v1/applications/{id}/refusal", new { ground = "law", reason = "法律未规定", revision = 1 })
            : parties.ConsumerOfficer.PostAsJsonAsync($"/api/v1/applications/{id}/withdrawal", new { reason = "不再需要", revision = 1 }))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await reviews.Platform.WithDb(db => db.Reviews.Where(r => r.Id == review).Select(r => r.State).SingleAsync())).ShouldBe(expected);
        (await (await reviews.ProvinceOfficer.PostAsJsonAsync($"/api/v1/reviews/{review}/approvals", new { opinion = "同意", revision = 2 })).ReadProblemCode()).ShouldBe("agreements.review-not-running");
    }

    [Fact]
    public async Task Settle_FromBothSidesAtOnce_EndsOnce()
    {
        for (var round = 0; round < 4; round++)
        {
            var (parties, id, review) = await UnderReview();
            // The review and the application are saved in another order from each side: the database may end one of two that wait for one another.
            var answers = await Task.WhenAll(
                reviews.ProvinceOfficer.PostAsJsonAsync($"/api/v1/reviews/{review}/refusal", new { reason = "policy", opinion = "不符合规定", revision = 1 }),
                parties.ConsumerOfficer.PostAsJsonAsync($"/api/v1/applications/{id}/withdrawal", new { reason = "不再需要", revision = 1 }),
                parties.ProviderOfficer.PostAsJsonAsync($"/api/v1/applications/{id}/refusal", new { ground = "law", reason = "法律未规定", revision = 1 }));
            answers.Count(a => a.IsSuccessStatusCode).ShouldBe(1);
            foreach (var lost in answers.Where(a => !a.IsSuccessStatusCode)) { (await lost.ReadProblemCode()).ShouldBeOneOf("agreements.changed-meanwhile", "agreements.not-submitted", "agreements.review-not-running"); }
            var (application, state) = await reviews.Platform.WithDb(async db => (await db.Applications.Where(a => a.Id == id).Select(a => a.State).SingleAsync(), await db.Reviews.Where(r => r.Id == review).Select(r => r.State).SingleAsync()));
            (application, state).ShouldBeOneOf((ApplicationState.Withdrawn, ReviewState.Withdrawn), (ApplicationState.Refused, ReviewState.Refused));
        }
    }

    private async Task<(Parties Parties, Guid Application, Guid Review)> UnderReview()
    {
        var parties = await Parties.Meet(reviews.Platform);
        await reviews.Define(parties.Provider.Id, "agreements.application", Authority);
        var id = await parties.Applied();
        return (parties, id, await reviews.Platform.WithDb(db => db.Reviews.Where(r => r.SubjectId == id).Select(r => r.Id).SingleAsync()));
    }
}
