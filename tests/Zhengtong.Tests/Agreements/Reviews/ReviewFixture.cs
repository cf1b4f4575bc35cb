using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Agreements.Reviews;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Agreements.Reviews;

/// <summary>A platform with authorities, an operator and a kind of application that only these tests have; when the clocks of reviews are looked at, the tests say.</summary>
public sealed class ReviewFixture : IAsyncLifetime
{
    /// <summary>A department officer, a leader, two officers of the provider and one of the authority: the hands of <see cref="ThreeSteps"/>.</summary>
    internal static readonly object[] ThreeSteps =
    [
        new { name = "部门审核", seat = "applicant", post = "departmentLeader", days = 3 },
        new { name = "提供方审核", seat = "provider", post = "departmentOfficer", days = 5, officers = 2 },
        new { name = "主管部门审批", seat = "authority", post = "authority", days = 5, level = "province" },
    ];

    private int serial = 500;

    internal PlatformFixture Platform { get; } = new()
    {
        Configure = b =>
        {
            b.Services.AddScoped<IReviewedKind, LoanKind>();
            foreach (var own in b.Services.Where(s => s.ImplementationInstance is ReconcilerType r && r.Type == typeof(WatchReviews)).ToList()) { b.Services.Remove(own); }
        },
    };

    internal Organisation Province { get; private set; } = null!;

    internal Organisation City { get; private set; } = null!;

    internal Organisation Operator { get; private set; } = null!;

    internal HttpClient ProvinceOfficer { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Platform.InitializeAsync();
        await Platform.Department(region: "610000");
        await Platform.Department(region: "610100");
        await Platform.Department(region: "620000");
        Province = await Body(OrganisationKind.Authority, "610000");
        City = await Body(OrganisationKind.Authority, "610100");
        Operator = await Body(OrganisationKind.Operator, "610000");
        ProvinceOfficer = await Platform.SignedIn(Province, Role.Authority);
    }

    public ValueTask DisposeAsync() => Platform.DisposeAsync();

    /// <summary>A new organisation of another kind than a department.</summary>
    internal async Task<Organisation> Body(OrganisationKind kind, string region)
    {
        var n = Interlocked.Increment(ref serial);
        var made = new Organisation
        {
            Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), CreditCode = CreditCode.FromBody($"1261000000{n:D7}"), Name = $"{kind} {n}", ShortName = $"{kind} {n}", Region = RegionCode.Parse(region), Kind = kind,
        };
        await Platform.WithDb(db => { db.Organisations.Add(made); return db.SaveChangesAsync(); });
        return made;
    }

    /// <summary>Defines the next version of a chain for one organisation.</summary>
    internal async Task<Guid> Define(Guid organisation, string kind, params object[] steps)
    {
        var response = await ProvinceOfficer.PostAsJsonAsync("/api/v1/review-chains", new { kind, validFrom = Today, steps, source = "省政数局通知", organisation });
        response.StatusCode.ShouldBe(HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
    }

    /// <summary>Applicant and provider with their officers, and a chain of its own for the provider.</summary>
    internal async Task<Desk> Desk(params object[] steps)
    {
        var (applicant, provider) = (await Platform.Department(), await Platform.Department());
        await Define(provider.Id, LoanKind.Kind, steps.Length == 0 ? ThreeSteps : steps);
        var (submitter, officer) = await Platform.SignedInAs(applicant, Role.DepartmentOfficer);
        return new Desk(this)
        {
            Applicant = applicant, Provider = provider, Submitter = submitter, SubmitterOfficer = officer, Leader = await Platform.SignedIn(applicant, Role.DepartmentLeader),
            First = await Platform.SignedIn(provider, Role.DepartmentOfficer), Second = await Platform.SignedIn(provider, Role.DepartmentOfficer), Authority = ProvinceOfficer,
            Stranger = await Platform.SignedIn(await Platform.Department(), Role.DepartmentOfficer, Role.DepartmentLeader),
        };
    }

    internal static string Today => ChinaTime.DateOf(TimeProvider.System.GetUtcNow()).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

/// <summary>A loan of something, applied for by a department: a kind that only has what a kind must have. The amount <c>13</c> is refused by its owner when it is granted.</summary>
internal sealed class LoanKind(ZhengtongDb db) : IReviewedKind
{
    internal const string Kind = "tests.loan";

    public string Name => Kind;

    public string TextKey => "agreements.review.kind.application";

    public IReadOnlyList<ReviewFact> Facts => [new("amount", IsNumber: true, "agreements.review.fact.items"), new("purpose", IsNumber: false, "agreements.review.fact.delivery")];

    public IReadOnlyList<ReviewReason> Reasons => [new("policy", "agreements.refusal-ground.policy"), new("other", "agreements.refusal-ground.other")];

    public string PageOf(Guid subject) => $"/work/loans/{subject}";

    public Task<ProblemHttpResult?> GrantAsync(Review review, Actor actor, DateTimeOffset now, CancellationToken ct) =>
        Told(review, "tests.granted", actor, now, review.Facts["amount"] == "13" ? TypedResults.Problem(statusCode: 409, type: "tests.no-room") : null);

    public Task<ProblemHttpResult?> RefuseAsync(Review review, string code, string opinion, Actor actor, DateTimeOffset now, CancellationToken ct) => Told(review, "tests.refused", actor, now);

    public Task<ProblemHttpResult?> WithdrawAsync(Review review, string reason, Actor actor, DateTimeOffset now, CancellationToken ct) => Told(review, "tests.withdrawn", actor, now);

    private Task<ProblemHttpResult?> Told(Review review, string what, Actor actor, DateTimeOffset now, ProblemHttpResult? refusal = null)
    {
        db.Ledger.Add(LedgerEntry.Of(what, review.SubjectId, actor, now));
        return Task.FromResult(refusal);
    }
}

/// <summary>Who takes part in the reviews of one test.</summary>
internal sealed class Desk(ReviewFixture reviews)
{
    internal required Organisation Applicant { get; init; }

    internal required Organisation Provider { get; init; }

    internal required HttpClient Submitter { get; init; }

    internal required Officer SubmitterOfficer { get; init; }

    internal required HttpClient Leader { get; init; }

    internal required HttpClient First { get; init; }

    internal required HttpClient Second { get; init; }

    internal required HttpClient Authority { get; init; }

    internal required HttpClient Stranger { get; init; }

    /// <summary>Opens a review as the kind's owner does, in one save with nothing else.</summary>
    internal async Task<Guid> Opened(int amount = 1, DateTimeOffset? at = null)
    {
        var now = at ?? TimeProvider.System.GetUtcNow();
        var opened = await reviews.Platform.WithDb(async db =>
        {
            var subject = new ReviewSubject(LoanKind.Kind, Guid.CreateVersion7(now), "JK-2026-000001", "移动工作站", Applicant.Id, Provider.Id, Provider.Id, new Dictionary<string, string> { ["amount"] = amount.ToString(CultureInfo.InvariantCulture) });
            var actor = new Actor(SubmitterOfficer.Id, "officer", Applicant.Id, Applicant.Region, new HashSet<Role> { Role.DepartmentOfficer });
            var opening = await ReviewDesk.OpenAsync(db, new WorkingCalendar(db), subject, actor, now, default);
            await db.SaveChangesAsync();
            return opening;
        });
        opened.Refusal?.ProblemDetails.Title.ShouldBeNull();
        return opened.Review!.Id;
    }

    internal Task<JsonElement> Seen(Guid id) => Submitter.GetFromJsonAsync<JsonElement>($"/api/v1/reviews/{id}");

    internal async Task<int> Revision(Guid id) => (await Seen(id)).GetProperty("revision").GetInt32();

    internal async Task<HttpResponseMessage> Approve(HttpClient by, Guid id) => await by.PostAsJsonAsync($"/api/v1/reviews/{id}/approvals", new { opinion = "同意", revision = await Revision(id) });

    internal async Task<HttpResponseMessage> Return(HttpClient by, Guid id, int toStep) => await by.PostAsJsonAsync($"/api/v1/reviews/{id}/returns", new { opinion = "请核实", revision = await Revision(id), toStep });

    internal async Task<HttpResponseMessage> Ask(HttpClient by, Guid id, params string[] missing) => await by.PostAsJsonAsync($"/api/v1/reviews/{id}/returns", new { opinion = "材料不全", revision = await Revision(id), missing });

    internal async Task<HttpResponseMessage> Supplement(HttpClient by, Guid id) => await by.PostAsJsonAsync($"/api/v1/reviews/{id}/supplements", new { answer = "已补充", revision = await Revision(id) });

    internal async Task<HttpResponseMessage> Refuse(HttpClient by, Guid id, string reason = "policy") => await by.PostAsJsonAsync($"/api/v1/reviews/{id}/refusal", new { reason, opinion = "不符合规定", revision = await Revision(id) });

    internal async Task<HttpResponseMessage> Withdraw(HttpClient by, Guid id) => await by.PostAsJsonAsync($"/api/v1/reviews/{id}/withdrawal", new { reason = "不再需要", revision = await Revision(id) });

    /// <summary>The act is done; where the review stands then.</summary>
    internal static async Task<JsonElement> Done(Task<HttpResponseMessage> act)
    {
        var response = await act;
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    internal static async Task<string> Refused(Task<HttpResponseMessage> act) => await (await act).ReadProblemCode();

    /// <summary>Takes the review to its last step.</summary>
    internal async Task<Guid> AtTheAuthority(int amount = 1)
    {
        var id = await Opened(amount);
        foreach (var hand in new[] { Leader, First, Second }) { await Done(Approve(hand, id)); }
        return id;
    }

    internal Task<int> Events(Guid id, string name) => reviews.Platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == name));

    internal Task<int> Told(Guid id, string name) => reviews.Platform.WithDb(async db =>
    {
        var subject = (await db.Reviews.Where(r => r.Id == id).Select(r => r.SubjectId).SingleAsync()).ToString();
        return await db.Ledger.CountAsync(e => e.Subject == subject && e.Event == name);
    });
}
