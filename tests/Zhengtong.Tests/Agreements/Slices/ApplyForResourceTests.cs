using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Slices;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Catalogue.Slices;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Agreements.Slices;

[OnDatabase]
public sealed class ApplyForResourceTests(PlatformFixture platform)
{
    [Fact]
    public async Task Post_LeaderWithoutTheRight_Is403()
    {
        var parties = await Parties.Meet(platform);
        (await (await parties.ConsumerLeader.PostAsJsonAsync("/api/v1/applications", parties.Wish())).ReadProblemCode()).ShouldBe("kernel.forbidden");
    }

    [Fact]
    public async Task Post_OwnResource_IsRefused()
    {
        var parties = await Parties.Meet(platform);
        var response = await parties.ProviderOfficer.PostAsJsonAsync("/api/v1/applications", parties.Wish());
        response.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await response.ReadProblemCode()).ShouldBe("agreements.own-resource");
    }

    [Fact]
    public async Task Post_DraftOfAnother_IsNotFound()
    {
        var parties = await Parties.Meet(platform);
        var draft = await Parties.Created(await parties.ProviderOfficer.PostAsJsonAsync("/api/v1/resources", new
        {
            name = "未发布", @abstract = "", sharingType = "unconditional", updateCycle = "daily",
            items = new[] { new { name = "编号", column = "id", type = "integer", isKey = true } },
        }));
        var response = await parties.ConsumerOfficer.PostAsJsonAsync("/api/v1/applications", new
        {
            resourceId = draft.GetProperty("id").GetGuid(), columns = new[] { "id" }, purpose = "核验企业信息", legalGround = "法律", everySeconds = 60, until = "2027-01-01",
        });
        (await response.ReadProblemCode()).ShouldBe("agreements.resource-not-found");
    }

    [Fact]
    public async Task Post_UnknownItemPastPeriodAndBadRows_AreAllNamedAtOnce()
    {
        var parties = await Parties.Meet(platform);
        var response = await parties.ConsumerOfficer.PostAsJsonAsync("/api/v1/applications", new
        {
            resourceId = parties.Resource,
            columns = new[] { "name", "salary" },
            rows = new object[]
            {
                new { column = "nothing", @operator = "equal", values = new[] { "1" } },
                new { column = "name", @operator = "equal", values = new[] { "1", "2" } },
            },
            purpose = "核验企业信息", legalGround = "法律", everySeconds = 60, until = "2020-01-01",
        });
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = await response.ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("agreements.invalid");
        problem.GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["until", "columns[1]", "rows[0]", "rows[1]"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("rot13")]
    [InlineData("")]
    [InlineData(1)]
    public async Task Post_UnknownSuite_IsRefused(object suite)
    {
        var parties = await Parties.Meet(platform);
        var response = await parties.ConsumerOfficer.PostAsJsonAsync("/api/v1/applications", new
        {
            resourceId = parties.Resource, columns = new[] { "name" }, purpose = "核验企业信息", legalGround = "法律", everySeconds = 60, until = parties.LastDay, suite,
        });
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await platform.WithDb(db => db.Applications.AnyAsync(a => a.ResourceId == parties.Resource))).ShouldBeFalse();
    }

    [Fact]
    public async Task Post_SaidNothing_IsInternational()
    {
        var parties = await Parties.Meet(platform);
        var application = await parties.ConsumerOfficer.GetFromJsonAsync<System.Text.Json.JsonElement>($"/api/v1/applications/{await parties.Applied()}");
        application.GetProperty("suite").GetString().ShouldBe("international");
    }

    [Fact]
    public async Task Post_ClosedItem_IsNotShared()
    {
        var parties = await Parties.Meet(platform, new
        {
            name = "人员信息", @abstract = "", sharingType = "unconditional", updateCycle = "daily",
            items = new object[]
            {
                new { name = "编号", column = "id", type = "integer", isKey = true },
                new { name = "住址", column = "address", type = "text", isKey = false, sharingType = "notShared" },
            },
        });
        var response = await parties.ConsumerOfficer.PostAsJsonAsync("/api/v1/applications", parties.Wish("address"));
        (await response.ReadProblemCode()).ShouldBe("agreements.not-shared");
    }

    [Fact]
    public async Task Post_Valid_AddsTheKeyAndWritesTheEvent()
    {
        var parties = await Parties.Meet(platform);
        var id = await parties.Applied();
        var columns = await platform.WithDb(async db => (await db.Applications.SingleAsync(a => a.Id == id)).Columns);
        columns.ShouldBe(["credit_code", "name"]);
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "agreements.applied"))).ShouldBe(1);
    }

    [Fact]
    public async Task Post_EightAtOnce_OneWaitsAndTheOthersAreRefused()
    {
        var parties = await Parties.Meet(platform);
        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => parties.ConsumerOfficer.PostAsJsonAsync("/api/v1/applications", parties.Wish())));
        responses.Count(r => r.StatusCode == HttpStatusCode.Created).ShouldBe(1);
        foreach (var refused in responses.Where(r => r.StatusCode != HttpStatusCode.Created)) { (await refused.ReadProblemCode()).ShouldBe("agreements.already-applied"); }
    }

    [Fact]
    public async Task Post_Api_AgreesOnlyTheChosenOperationsMembersAndLimits()
    {
        var parties = await Parties.Meet(platform, RegisterResourceTests.Firms());
        var applied = await Parties.Created(await parties.ConsumerOfficer.PostAsJsonAsync("/api/v1/applications", ApiWish(parties, ["GET /firms/{code}"], callsPerDay: 500)));
        var drawn = await Parties.Created(await parties.ProviderOfficer.PostAsJsonAsync($"/api/v1/applications/{applied.GetProperty("id").GetGuid()}/confirmation", new { revision = 1 }));
        var agreement = drawn.GetProperty("agreementId").GetGuid();
        var terms = (await platform.WithDb(db => new AgreementsLookup(db).FindAsync(agreement, CancellationToken.None)))!;
        terms.Kind.ShouldBe(DeliveryKind.Api);
        terms.Operations.ShouldBe([new AgreedOperation("GET", "/firms/{code}")]);
        terms.Limits.ShouldBe(new ApiLimits(500, 10, 10));
        terms.Items.Select(i => i.Column).ShouldBe(["data.name"]);
        var page = WebUtility.HtmlDecode(await parties.ConsumerLeader.GetPage($"/work/agreements/{agreement}"));
        page.ShouldContain("GET /firms/{code}");
        page.ShouldContain("At most 500 calls a day, 10 a second, 10 at once");
    }

    [Fact]
    public async Task Post_ApiWithoutOperationsWithRowsOrUnknownOnes_AreAllNamedAtOnce()
    {
        var parties = await Parties.Meet(platform, RegisterResourceTests.Firms());
        var none = await parties.ConsumerOfficer.PostAsJsonAsync("/api/v1/applications", ApiWish(parties, []));
        (await none.ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["operations"]);
        var wrong = await parties.ConsumerOfficer.PostAsJsonAsync("/api/v1/applications",
            ApiWish(parties, ["GET /firms/{code}", "DELETE /firms/{code}"], rows: [new { column = "data.name", @operator = "equal", values = new[] { "x" } }]));
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await wrong.ReadProblem()).GetProperty("errors").EnumerateObject().Select(e => e.Name).ShouldBe(["rows", "operations[1]"], ignoreOrder: true);
    }

    [Fact]
    public async Task Post_FileWithoutColumns_TakesItWhole()
    {
        var parties = await Parties.Meet(platform, new { name = "遥感影像", @abstract = "", kind = "file", sharingType = "unconditional", updateCycle = "monthly", items = Array.Empty<object>() });
        await Parties.Created(await parties.ConsumerOfficer.PostAsJsonAsync("/api/v1/applications", ApiWish(parties, null, columns: [])));
    }

    [Fact]
    public async Task Page_Api_OffersItsOperationsAndKeepsThoseChosen()
    {
        var parties = await Parties.Meet(platform, RegisterResourceTests.Firms());
        var address = $"/work/applications/new?resource={parties.Resource}";
        var page = WebUtility.HtmlDecode(await parties.ConsumerOfficer.GetPage(address));
        page.ShouldContain("GET /firms/{code}");
        page.ShouldNotContain("f-rows");
        var refused = await parties.ConsumerOfficer.Submit(address, "apply", ("operations", "POST /firms"), ("columns", "data.name"), ("purpose", "x"), ("legalGround", "Article 7"), ("everySeconds", "300"),
            ("until", "2027-01-01"), ("callsPerDay", "many"), ("callsPerSecond", "10"), ("concurrent", "10"), ("act", "apply"));
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var again = WebUtility.HtmlDecode(await refused.Content.ReadAsStringAsync());
        again.ShouldMatch("value=\"POST /firms\" checked");
        again.ShouldContain("id=\"f-callsPerDay-fault\"");
        again.ShouldContain("value=\"many\"");
    }

    private static object ApiWish(Parties parties, string[]? operations, int? callsPerDay = null, object[]? rows = null, string[]? columns = null) => new
    {
        resourceId = parties.Resource, columns = columns ?? ["data.name"], operations, rows, callsPerDay, purpose = "核验企业登记信息", legalGround = "食品安全法", everySeconds = 60, until = parties.LastDay,
    };

    [Fact]
    public async Task Get_ByAThirdDepartment_IsNotFound()
    {
        var parties = await Parties.Meet(platform);
        var id = await parties.Applied();
        var stranger = await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer);
        (await (await stranger.GetAsync($"/api/v1/applications/{id}")).ReadProblemCode()).ShouldBe("agreements.application-not-found");
        (await parties.ProviderOfficer.GetAsync($"/api/v1/applications/{id}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await parties.ConsumerOfficer.GetAsync($"/api/v1/applications/{id}")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("id", "2026-10-08", "agreements.answer-unconditional")]
    [InlineData("name", "2026-10-20", "agreements.answer-conditional")]
    public async Task Post_BeforeNationalDay_IsDueInWorkingDaysByTheStricterOfTheItems(string column, string due, string rule)
    {
        // The last afternoon before the holiday of seven days, after which a Saturday is worked.
        var application = await AppliedAt(new DateTimeOffset(2026, 9, 30, 8, 0, 0, TimeSpan.Zero), column);
        application.DueOn.ShouldBe(DateOnly.Parse(due, System.Globalization.CultureInfo.InvariantCulture));
        application.DueBy!.Rule.ShouldBe(rule);
        application.DueBy.Days.ShouldBe(rule.EndsWith("-conditional", StringComparison.Ordinal) ? 10 : 1);
        application.DueBy.Source.ShouldBe("政务数据共享条例");
        application.DueBy.CalendarVersion.ShouldBePositive();
    }

    [Fact]
    public async Task Post_BeforeAnyRule_IsStillDueInWorkingDays()
    {
        var application = await AppliedAt(new DateTimeOffset(2016, 1, 4, 4, 0, 0, TimeSpan.Zero), "name");
        application.DueOn.ShouldBe(new DateOnly(2016, 1, 18));
        application.DueBy.ShouldBeNull();
    }

    /// <summary>The application as it is when submitted at this moment, for a resource with a freely shared key and a conditional name.</summary>
    private async Task<Zhengtong.Agreements.Model.Application> AppliedAt(DateTimeOffset moment, string column)
    {
        var parties = await Parties.Meet(platform, new
        {
            name = "人员信息", @abstract = "", sharingType = "unconditional", updateCycle = "daily",
            items = new object[]
            {
                new { name = "编号", column = "id", type = "integer", isKey = true },
                new { name = "姓名", column = "name", type = "text", isKey = false, sharingType = "conditional" },
            },
        });
        var officer = await platform.Officer(parties.Consumer, Role.DepartmentOfficer);
        await using var scope = platform.App.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var clock = new MovableClock { Ahead = moment - TimeProvider.System.GetUtcNow() };
        var answer = await ApplyForResource.Handle(
            new ApplyForResourceRequest(parties.Resource, [column], null, "核验企业信息", "法律", 60, DateOnly.FromDateTime(moment.UtcDateTime).AddYears(1)),
            new Actor(officer.Id, officer.DisplayName, parties.Consumer.Id, parties.Consumer.Region, new HashSet<Role> { Role.DepartmentOfficer }), db, scope.ServiceProvider.GetRequiredService<CatalogueLookup>(),
            scope.ServiceProvider.GetRequiredService<WorkingCalendar>(), clock, CancellationToken.None);
        var made = answer.Result.ShouldBeOfType<Created<ApplyForResourceResponse>>().Value!;
        return await db.Applications.AsNoTracking().SingleAsync(a => a.Id == made.Id);
    }
}
