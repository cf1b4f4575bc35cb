using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Agreements.Reviews;

/// <summary>Chains: who defines them, which one holds, which steps are passed over, and where nobody sits.</summary>
[OnDatabase]
public sealed class DefineReviewChainTests(ReviewFixture reviews) : IClassFixture<ReviewFixture>
{
    private static readonly object One = new { name = "提供方审核", seat = "provider", post = "departmentOfficer", days = 5 };

    [Fact]
    public async Task Define_ByADepartment_IsRefused()
    {
        var department = await reviews.Platform.Department();
        var officer = await reviews.Platform.SignedIn(department, Role.DepartmentOfficer, Role.DepartmentLeader);
        (await (await DefineAsync(officer, department.Id, One)).ReadProblemCode()).ShouldBe("agreements.not-authority");
    }

    [Fact]
    public async Task Define_OutsideTheOwnRegion_IsRefused()
    {
        var city = await reviews.Platform.SignedIn(reviews.City, Role.Authority);
        (await Fault(await city.PostAsJsonAsync("/api/v1/review-chains", new { kind = LoanKind.Kind, validFrom = ReviewFixture.Today, steps = new[] { One }, source = "通知", region = "610000" }))).ShouldContain("region");
        (await Fault(await city.PostAsJsonAsync("/api/v1/review-chains", new { kind = LoanKind.Kind, validFrom = ReviewFixture.Today, steps = new[] { One }, source = "通知", organisation = (await reviews.Platform.Department()).Id }))).ShouldContain("organisation");
    }

    [Theory]
    [InlineData("""{"name":"审核","seat":"provider","post":"departmentOfficer"}""", "steps[0].days")]
    [InlineData("""{"name":"审核","seat":"provider","post":"departmentOfficer","days":5,"rule":"sharing.answer"}""", "steps[0].days")]
    [InlineData("""{"name":"审核","seat":"provider","post":"departmentOfficer","rule":"none.such"}""", "steps[0].rule")]
    [InlineData("""{"name":"审核","seat":"provider","post":"systemAdministrator","days":5}""", "steps[0].post")]
    [InlineData("""{"name":"审核","seat":"authority","post":"platformOperator","days":5}""", "steps[0].post")]
    [InlineData("""{"name":"审核","seat":"provider","post":"departmentOfficer","days":5,"level":"city"}""", "steps[0].level")]
    [InlineData("""{"name":"审核","seat":"authority","post":"authority","days":5,"level":"township"}""", "steps[0].level")]
    [InlineData("""{"name":"审核","seat":"named","post":"authority","days":5}""", "steps[0].organisation")]
    [InlineData("""{"name":"审核","seat":"named","post":"authority","days":5,"organisation":"019a0000-0000-7000-8000-000000000001"}""", "steps[0].organisation")]
    [InlineData("""{"name":"审核","seat":"operator","post":"platformOperator","days":5}""", "steps[0].seat")]
    [InlineData("""{"name":"审核","seat":"provider","post":"departmentOfficer","days":5,"skipWhen":[{"field":"colour","operator":"equal","value":"1"}]}""", "steps[0].skipWhen[0].field")]
    [InlineData("""{"name":"审核","seat":"provider","post":"departmentOfficer","days":5,"skipWhen":[{"field":"amount","operator":"less","value":"many"}]}""", "steps[0].skipWhen[0].value")]
    [InlineData("""{"name":"审核","seat":"provider","post":"departmentOfficer","days":5,"skipWhen":[{"field":"purpose","operator":"less","value":"x"}]}""", "steps[0].skipWhen[0].operator")]
    public async Task Define_StepThatDoesNotFit_IsNamed(string step, string field)
    {
        using var body = JsonDocument.Parse(step);
        (await Fault(await DefineAsync(reviews.ProvinceOfficer, (await reviews.Platform.Department()).Id, body.RootElement))).ShouldContain(field);
    }

    [Fact]
    public async Task Define_KindUnknownOrDayPast_IsNamed() =>
        (await Fault(await reviews.ProvinceOfficer.PostAsJsonAsync("/api/v1/review-chains", new { kind = "none.such", validFrom = "2020-01-01", steps = new[] { One }, source = "通知" }))).ShouldBe(["kind", "validFrom"], ignoreOrder: true);

    [Fact]
    public async Task Define_TwoVersions_ReviewsKeepTheOneTheyBeganWith()
    {
        var desk = await reviews.Desk(One);
        var before = await desk.Opened();
        var second = await reviews.Define(desk.Provider.Id, LoanKind.Kind, One, new { name = "主管部门审批", seat = "authority", post = "authority", days = 5 });
        (await (await reviews.ProvinceOfficer.GetAsync($"/api/v1/review-chains/{second}")).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("version").GetInt32().ShouldBe(2);
        (await reviews.ProvinceOfficer.GetStringAsync($"/api/v1/review-chains?kind={LoanKind.Kind}&limit=200")).ShouldContain(second.ToString());
        var after = await desk.Opened();
        (await Desk.Done(desk.Approve(desk.First, before))).GetProperty("state").GetString().ShouldBe("granted");
        (await Desk.Done(desk.Approve(desk.First, after))).GetProperty("step").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task Define_WithoutSteps_EndsTheReviewOfWhatFollows()
    {
        var desk = await reviews.Desk(One);
        await reviews.Define(desk.Provider.Id, LoanKind.Kind);
        (await OpenAsync(desk)).ShouldBe(default);
    }

    [Fact]
    public async Task Open_NoChain_OpensNoReview()
    {
        var desk = await reviews.Desk(One);
        await reviews.Platform.WithDb(db => db.ReviewChains.Where(c => c.OrganisationId == desk.Provider.Id).ExecuteDeleteAsync());
        (await OpenAsync(desk)).ShouldBe(default);
    }

    [Fact]
    public async Task Open_StepThatTheAmountPassesOver_SkipsIt()
    {
        var desk = await reviews.Desk(
            new { name = "部门审核", seat = "applicant", post = "departmentLeader", days = 3, skipWhen = new[] { new { field = "amount", @operator = "atMost", value = "10" } } }, One,
            new { name = "主管部门审批", seat = "authority", post = "authority", days = 5, skipWhen = new[] { new { field = "amount", @operator = "less", value = "9.5" } } });
        var small = await desk.Opened(amount: 9);
        (await desk.Seen(small)).GetProperty("stepName").GetString().ShouldBe("提供方审核");
        (await desk.Seen(small)).GetProperty("steps").EnumerateArray().Select(s => s.GetProperty("skipped").GetBoolean()).ShouldBe([true, false, true]);
        (await Desk.Done(desk.Approve(desk.First, small))).GetProperty("state").GetString().ShouldBe("granted");
        var middle = await desk.Opened(amount: 10);
        (await Desk.Done(desk.Approve(desk.First, middle))).GetProperty("stepName").GetString().ShouldBe("主管部门审批");
        (await desk.Seen(await desk.Opened(amount: 11))).GetProperty("step").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Open_EveryStepPassedOver_IsGrantedAtOnce()
    {
        var desk = await reviews.Desk(new { name = "提供方审核", seat = "provider", post = "departmentOfficer", days = 5, skipWhen = new[] { new { field = "amount", @operator = "less", value = "10" } } });
        var id = await desk.Opened();
        (await desk.Seen(id)).GetProperty("state").GetString().ShouldBe("granted");
        (await desk.Told(id, "tests.granted")).ShouldBe(0);
        (await desk.Submitter.GetPage($"/work/reviews/{id}")).ShouldContain("Passed over");
    }

    [Fact]
    public async Task Open_NobodySitsAtAStep_IsRefusedAndAddsNothing()
    {
        var desk = await reviews.Desk(One, new { name = "项目审批", seat = "projectApprover", post = "projectApprover", days = 5 });
        var opening = await OpenAsync(desk);
        opening.Refusal!.ProblemDetails.Extensions["code"].ShouldBe("agreements.review-seat-empty");
        opening.Review.ShouldBeNull();
    }

    [Fact]
    public async Task Open_OperatorWouldDecideOnItsOwnSupply_IsRefused()
    {
        var desk = await reviews.Desk(One, new { name = "运行机构审批", seat = "named", post = "platformOperator", days = 5, organisation = reviews.Operator.Id });
        (await OpenAsync(desk)).Refusal.ShouldBeNull();
        (await OpenAsync(desk, provider: reviews.Operator.Id)).Refusal!.ProblemDetails.Extensions["code"].ShouldBe("agreements.review-own-supply");
    }

    [Fact]
    public async Task ChainOf_NarrowerPlaces_StandBeforeWiderOnes()
    {
        var own = await reviews.Platform.Department(region: "610100");
        var wide = new { name = "全省", seat = "provider", post = "departmentOfficer", days = 5 };
        var city = await reviews.Platform.SignedIn(reviews.City, Role.Authority);
        async Task<string?> HoldsAsync(Organisation at) => (await reviews.Platform.WithDb(db => ReviewDesk.ChainOfAsync(db, "agreements.application", at, ChinaTime.DateOf(TimeProvider.System.GetUtcNow()), default)))?.Steps[0].Name;

        (await HoldsAsync(own)).ShouldBeNull();
        (await reviews.ProvinceOfficer.PostAsJsonAsync("/api/v1/review-chains", new { kind = "agreements.application", validFrom = ReviewFixture.Today, steps = new[] { wide }, source = "通知" })).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await HoldsAsync(own)).ShouldBe("全省");
        (await city.PostAsJsonAsync("/api/v1/review-chains", new { kind = "agreements.application", validFrom = ReviewFixture.Today, steps = new[] { new { name = "全市", seat = "provider", post = "departmentOfficer", days = 5 } }, source = "通知" })).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await HoldsAsync(own)).ShouldBe("全市");
        (await HoldsAsync(await reviews.Platform.Department())).ShouldBe("全省");
        await reviews.Define(own.Id, "agreements.application", new { name = "本单位", seat = "provider", post = "departmentOfficer", days = 5 });
        (await HoldsAsync(own)).ShouldBe("本单位");
        (await HoldsAsync(await reviews.Platform.Department(region: "620000"))).ShouldBeNull();
    }

    [Fact]
    public async Task Kinds_Listed_SayFactsAndReasons()
    {
        var kinds = await reviews.ProvinceOfficer.GetFromJsonAsync<JsonElement>("/api/v1/review-kinds");
        var loan = kinds.EnumerateArray().Single(k => k.GetProperty("name").GetString() == LoanKind.Kind);
        loan.GetProperty("facts").EnumerateArray().Select(f => (f.GetProperty("name").GetString(), f.GetProperty("isNumber").GetBoolean())).ShouldBe([("amount", true), ("purpose", false)]);
        loan.GetProperty("reasons").EnumerateArray().Select(r => r.GetProperty("code").GetString()).ShouldBe(["policy", "other"]);
    }

    [Theory]
    [InlineData("7", FactOperator.Equal, "7.0", true)]
    [InlineData("7", FactOperator.NotEqual, "7.00", false)]
    [InlineData("-1", FactOperator.Less, "0", true)]
    [InlineData("10", FactOperator.AtMost, "9.99", false)]
    [InlineData("10", FactOperator.More, "9", true)]
    [InlineData("10", FactOperator.AtLeast, "10", true)]
    [InlineData("table", FactOperator.Equal, "table", true)]
    [InlineData("table", FactOperator.NotEqual, "file", true)]
    [InlineData("table", FactOperator.More, "1", false)]
    [InlineData("1e3", FactOperator.More, "1", false)]
    public void Holds_FactAndValue_CompareAsNumbersWhereBothAre(string fact, FactOperator @operator, string value, bool expected)
    {
        new FactCondition("amount", @operator, value).Holds(new Dictionary<string, string> { ["amount"] = fact }).ShouldBe(expected);
        new FactCondition("other", @operator, value).Holds(new Dictionary<string, string> { ["amount"] = fact }).ShouldBeFalse();
    }

    private static async Task<HttpResponseMessage> DefineAsync(HttpClient by, Guid organisation, object step) =>
        await by.PostAsJsonAsync("/api/v1/review-chains", new { kind = LoanKind.Kind, validFrom = ReviewFixture.Today, steps = new[] { step }, source = "省政数局通知", organisation });

    private static async Task<IReadOnlyList<string>> Fault(HttpResponseMessage response)
    {
        var problem = await response.ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("agreements.review-chain-invalid");
        return [.. problem.GetProperty("errors").EnumerateObject().Select(e => e.Name)];
    }

    /// <summary>Opens and saves nothing.</summary>
    private Task<ReviewOpening> OpenAsync(Desk desk, Guid? provider = null) => reviews.Platform.WithDb(async db =>
    {
        var now = TimeProvider.System.GetUtcNow();
        var subject = new ReviewSubject(LoanKind.Kind, Guid.CreateVersion7(now), "JK-2026-000002", "移动工作站", desk.Applicant.Id, provider ?? desk.Provider.Id, desk.Provider.Id, new Dictionary<string, string> { ["amount"] = "1" });
        var opening = await ReviewDesk.OpenAsync(db, new Zhengtong.Kernel.Calendar.WorkingCalendar(db), subject, new Actor(desk.SubmitterOfficer.Id, "officer", desk.Applicant.Id, desk.Applicant.Region, new HashSet<Role>()), now, default);
        db.ChangeTracker.Entries().Count(e => e.Entity is Review).ShouldBe(opening.Review is null ? 0 : 1);
        return opening;
    });
}
