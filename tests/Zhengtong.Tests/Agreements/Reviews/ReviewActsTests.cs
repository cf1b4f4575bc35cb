using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CsCheck;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Agreements.Reviews;

/// <summary>Every act from every state, by everyone.</summary>
[OnDatabase]
public sealed class ReviewActsTests(ReviewFixture reviews) : IClassFixture<ReviewFixture>
{
    private enum Act { Approve, Return, Ask, Supplement, Refuse, Withdraw }

    private enum Hand { Submitter, Leader, First, Second, Authority, Stranger }

    [Fact]
    public async Task Acts_AnySequenceByAnyone_DoWhatTheModelSays()
    {
        var desk = await reviews.Desk();
        // The right hand of the present step comes more often than chance would have it, so that the end is reached.
        var acts = Gen.Select(Pick.Of(Act.Approve, Act.Approve, Act.Approve, Act.Return, Act.Ask, Act.Supplement, Act.Refuse, Act.Withdraw), Pick.Of<Hand?>(null, null, null, Hand.Submitter, Hand.Leader, Hand.First, Hand.Second, Hand.Authority, Hand.Stranger),
            Gen.Int[1, 4], Gen.Int[0, 9].Select(n => n == 0));
        await acts.List[1, 12].SampleAsync(async sequence =>
        {
            var (id, model) = (await desk.Opened(), new Model());
            foreach (var (act, wanted, to, stale) in sequence)
            {
                var hand = wanted ?? model.Turn(act);
                var expected = model.Expect(act, hand, to, stale);
                var response = await SendAsync(ClientOf(desk, hand), id, act, to, stale ? model.Revision + 7 : model.Revision);
                (response.StatusCode == HttpStatusCode.OK ? null : await response.ReadProblemCode()).ShouldBe(expected, $"{act} by {hand} to {to} in {model.State} at {model.Step}");
                if (expected is null) { model.Do(act, hand, to); }
            }

            var seen = await desk.Seen(id);
            (Enum.Parse<ReviewState>(seen.GetProperty("state").GetString()!, ignoreCase: true), seen.GetProperty("step").GetInt32(), seen.GetProperty("revision").GetInt32()).ShouldBe((model.State, model.Step, model.Revision));
            // The record has no gaps, and whoever reads the ledger finds the same.
            seen.GetProperty("acts").EnumerateArray().Select(a => a.GetProperty("sequence").GetInt32()).ShouldBe(Enumerable.Range(1, model.Acts + 1));
            seen.GetProperty("stops").EnumerateArray().Count(s => s.GetProperty("until").ValueKind == JsonValueKind.Null).ShouldBe(model.State == ReviewState.Stopped ? 1 : 0);
            (await reviews.Platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString()))).ShouldBe(model.Acts + 1 + (model.State == ReviewState.Granted ? 1 : 0));
            (await desk.Told(id, "tests.granted"), await desk.Told(id, "tests.refused"), await desk.Told(id, "tests.withdrawn"))
                .ShouldBe((model.State == ReviewState.Granted ? 1 : 0, model.State == ReviewState.Refused ? 1 : 0, model.State == ReviewState.Withdrawn ? 1 : 0));
        }, iter: 40, threads: 1);
    }

    [Fact]
    public async Task Review_ThreeSteps_IsGrantedAndSaysWhoDidWhat()
    {
        var desk = await reviews.Desk();
        var id = await desk.AtTheAuthority();
        (await Desk.Done(desk.Approve(desk.Authority, id))).GetProperty("state").GetString().ShouldBe("granted");
        var seen = await desk.Seen(id);
        seen.GetProperty("acts").EnumerateArray().Select(a => (a.GetProperty("kind").GetString(), a.GetProperty("step").GetInt32())).ShouldBe([("opened", 1), ("approved", 1), ("approved", 2), ("approved", 2), ("approved", 3)]);
        seen.GetProperty("endedAt").ValueKind.ShouldBe(JsonValueKind.String);
        seen.GetProperty("steps").EnumerateArray().Select(s => s.GetProperty("reviewer").GetString()).ShouldBe([desk.Applicant.Name, desk.Provider.Name, reviews.Province.Name]);
        (await desk.Events(id, "agreements.review-granted"), await desk.Told(id, "tests.granted")).ShouldBe((1, 1));
        // Whose turn it was, was told at each step, and the applicant at the end.
        var notices = await reviews.Platform.WithDb(db => db.Notices.Where(n => n.Href == $"/work/reviews/{id}").OrderBy(n => n.Id).Select(n => new { n.OrganisationId, n.TextKey }).ToListAsync());
        notices.Count(n => n.TextKey == "agreements.review.notice.turn").ShouldBe(3);
        notices.ShouldContain(n => n.OrganisationId == desk.Applicant.Id && n.TextKey == "agreements.review.notice.granted");
    }

    [Fact]
    public async Task Approve_OwnerHasNoRoom_ChangesNothingAtAll()
    {
        var desk = await reviews.Desk();
        var id = await desk.AtTheAuthority(amount: 13);
        var before = await desk.Seen(id);
        (await desk.Approve(desk.Authority, id)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        JsonElement.DeepEquals(await desk.Seen(id), before).ShouldBeTrue();
        (await desk.Told(id, "tests.granted"), await desk.Events(id, "agreements.review-granted")).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Stop_ThenSupplement_StopsTheClockAndAsksTheStepAnew()
    {
        var desk = await reviews.Desk();
        var id = await desk.Opened();
        await Desk.Done(desk.Approve(desk.Leader, id));
        await Desk.Done(desk.Approve(desk.First, id));
        (await Desk.Done(desk.Ask(desk.Second, id, "用途说明", "法律依据"))).GetProperty("state").GetString().ShouldBe("stopped");
        (await Desk.Refused(desk.Approve(desk.Second, id))).ShouldBe("agreements.review-not-running");
        (await Waiting(desk.Second)).ShouldBeEmpty();
        (await Listed(desk.Submitter, "applied")).ShouldContain(id);
        await Desk.Done(desk.Supplement(desk.Submitter, id));
        var stop = (await desk.Seen(id)).GetProperty("stops")[0];
        stop.GetProperty("missing").EnumerateArray().Select(m => m.GetString()).ShouldBe(["用途说明", "法律依据"]);
        stop.GetProperty("answer").GetString().ShouldBe("已补充");
        // What the first officer agreed to has changed: both agree anew.
        await Desk.Done(desk.Approve(desk.Second, id));
        (await desk.Seen(id)).GetProperty("step").GetInt32().ShouldBe(2);
        await Desk.Done(desk.Approve(desk.First, id));
        (await desk.Seen(id)).GetProperty("step").GetInt32().ShouldBe(3);
    }

    [Fact]
    public async Task Return_ToTheFirstStep_GoesTheWholeWayAgain()
    {
        var desk = await reviews.Desk();
        var id = await desk.AtTheAuthority();
        (await Desk.Refused(desk.Return(desk.Authority, id, 3))).ShouldBe("agreements.review-invalid");
        (await Desk.Done(desk.Return(desk.Authority, id, 1))).GetProperty("step").GetInt32().ShouldBe(1);
        (await Waiting(desk.Leader)).ShouldContain(id);
        foreach (var hand in new[] { desk.Leader, desk.First, desk.Second, desk.Authority }) { await Desk.Done(desk.Approve(hand, id)); }
        var seen = await desk.Seen(id);
        seen.GetProperty("state").GetString().ShouldBe("granted");
        seen.GetProperty("acts").EnumerateArray().Single(a => a.GetProperty("kind").GetString() == "returned").GetProperty("toStep").GetInt32().ShouldBe(1);
        (await desk.Told(id, "tests.granted")).ShouldBe(1);
    }

    [Fact]
    public async Task Refuse_WithACodeOfTheKind_IsReadByTheApplicant()
    {
        var desk = await reviews.Desk();
        var id = await desk.Opened();
        var problem = await (await desk.Refuse(desk.Leader, id, "nonsense")).ReadProblem();
        problem.GetProperty("code").GetString().ShouldBe("agreements.review-invalid");
        problem.GetProperty("errors").GetProperty("reason")[0].GetString()!.ShouldContain("policy, other");
        (await Desk.Done(desk.Refuse(desk.Leader, id))).GetProperty("state").GetString().ShouldBe("refused");
        var act = (await desk.Seen(id)).GetProperty("acts").EnumerateArray().Last();
        (act.GetProperty("opinion").GetString(), act.GetProperty("reason").GetString()).ShouldBe(("不符合规定", "Policy document"));
    }

    [Fact]
    public async Task Decide_ManyAtOnce_OneWinsAndTheOthersAreToldWhy()
    {
        var desk = await reviews.Desk(new { name = "提供方审核", seat = "provider", post = "departmentOfficer", days = 5 });
        for (var round = 0; round < 3; round++)
        {
            var id = await desk.Opened();
            var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => SendAsync(n == 11 ? desk.Submitter : n % 2 == 0 ? desk.First : desk.Second, id, n == 11 ? Act.Withdraw : (n % 3) switch { 0 => Act.Approve, 1 => Act.Refuse, _ => Act.Ask }, 4, 1)));
            answers.Count(a => a.StatusCode == HttpStatusCode.OK).ShouldBe(1);
            foreach (var lost in answers.Where(a => a.StatusCode != HttpStatusCode.OK)) { (await lost.ReadProblemCode()).ShouldBeOneOf("agreements.changed-meanwhile", "agreements.review-not-running"); }
            (await desk.Seen(id)).GetProperty("acts").GetArrayLength().ShouldBe(2);
            (await desk.Told(id, "tests.granted") + await desk.Told(id, "tests.refused") + await desk.Told(id, "tests.withdrawn") + await desk.Events(id, "agreements.review-stopped")).ShouldBe(1);
        }
    }

    [Fact]
    public async Task Approve_BothOfTwoAtOnce_CountEach()
    {
        var desk = await reviews.Desk();
        var id = await desk.Opened();
        await Desk.Done(desk.Approve(desk.Leader, id));
        var answers = await Task.WhenAll(new[] { desk.First, desk.Second }.Select(c => SendAsync(c, id, Act.Approve, 0, 2)));
        // Whoever was too late reads again and repeats.
        foreach (var (answer, client) in answers.Zip([desk.First, desk.Second]))
        {
            if (answer.StatusCode == HttpStatusCode.OK) { continue; }
            (await answer.ReadProblemCode()).ShouldBe("agreements.changed-meanwhile");
            await Desk.Done(desk.Approve(client, id));
        }

        (await desk.Seen(id)).GetProperty("step").GetInt32().ShouldBe(3);
    }

    private static async Task<IReadOnlyList<Guid>> Waiting(HttpClient client) => await Listed(client, "waiting");

    private static async Task<IReadOnlyList<Guid>> Listed(HttpClient client, string list) =>
        [.. (await client.GetFromJsonAsync<JsonElement>($"/api/v1/reviews/to-do?list={list}&limit=200")).GetProperty("items").EnumerateArray().Select(r => r.GetProperty("id").GetGuid())];

    private static HttpClient ClientOf(Desk desk, Hand hand) => hand switch
    {
        Hand.Submitter => desk.Submitter, Hand.Leader => desk.Leader, Hand.First => desk.First, Hand.Second => desk.Second, Hand.Authority => desk.Authority, _ => desk.Stranger,
    };

    /// <param name="client">Who acts.</param>
    /// <param name="id">In which review.</param>
    /// <param name="act">What.</param>
    /// <param name="to">Of a return: the step, from 1.</param>
    /// <param name="revision">As the caller saw it.</param>
    private static Task<HttpResponseMessage> SendAsync(HttpClient client, Guid id, Act act, int to, int revision) => act switch
    {
        Act.Approve => client.PostAsJsonAsync($"/api/v1/reviews/{id}/approvals", new { opinion = "同意", revision }),
        Act.Return => client.PostAsJsonAsync($"/api/v1/reviews/{id}/returns", new { opinion = "请核实", revision, toStep = to }),
        Act.Ask => client.PostAsJsonAsync($"/api/v1/reviews/{id}/returns", new { opinion = "材料不全", revision, missing = new[] { "用途说明" } }),
        Act.Supplement => client.PostAsJsonAsync($"/api/v1/reviews/{id}/supplements", new { answer = "已补充", revision }),
        Act.Refuse => client.PostAsJsonAsync($"/api/v1/reviews/{id}/refusal", new { reason = "other", opinion = "不符合规定", revision }),
        _ => client.PostAsJsonAsync($"/api/v1/reviews/{id}/withdrawal", new { reason = "不再需要", revision }),
    };

    /// <summary>The chain of three steps in as few words as possible: what <c>docs/reviews.md</c> promises, written a second time.</summary>
    private sealed class Model
    {
        private readonly HashSet<Hand> signed = [];

        internal ReviewState State { get; private set; } = ReviewState.Running;

        internal int Step { get; private set; } = 1;

        internal int Revision { get; private set; } = 1;

        internal int Acts { get; private set; }

        private bool IsOpen => State is ReviewState.Running or ReviewState.Stopped;

        private static bool Sits(Hand hand, int step) => step switch { 1 => hand is Hand.Submitter or Hand.Leader, 2 => hand is Hand.First or Hand.Second, _ => hand == Hand.Authority };

        internal Hand Turn(Act act) => act is Act.Supplement or Act.Withdraw ? Hand.Submitter : Step switch { 1 => Hand.Leader, 2 => signed.Contains(Hand.First) ? Hand.Second : Hand.First, _ => Hand.Authority };

        internal string? Expect(Act act, Hand hand, int to, bool stale)
        {
            if (hand == Hand.Stranger) { return "agreements.review-not-found"; }
            if (act is Act.Supplement or Act.Withdraw)
            {
                return hand != Hand.Submitter ? "agreements.not-applicant"
                    : act == Act.Supplement && State != ReviewState.Stopped ? "agreements.review-not-stopped"
                    : act == Act.Withdraw && !IsOpen ? "agreements.review-not-running"
                    : stale ? "agreements.changed-meanwhile" : null;
            }

            if (IsOpen && stale) { return "agreements.changed-meanwhile"; }
            if (State != ReviewState.Running) { return "agreements.review-not-running"; }
            if (!Sits(hand, Step)) { return "agreements.not-reviewer"; }
            if (hand == Hand.Submitter) { return "agreements.review-own"; }
            return act switch
            {
                Act.Approve when signed.Contains(hand) => "agreements.review-signed-already",
                Act.Return when to >= Step => "agreements.review-invalid",
                _ => null,
            };
        }

        internal void Do(Act act, Hand hand, int to)
        {
            (Revision, Acts) = (Revision + 1, Acts + 1);
            switch (act)
            {
                case Act.Approve:
                    signed.Add(hand);
                    if (signed.Count < (Step == 2 ? 2 : 1)) { break; }
                    if (Step == 3) { State = ReviewState.Granted; } else { Enter(Step + 1); }
                    break;
                case Act.Return: Enter(to); break;
                case Act.Ask: State = ReviewState.Stopped; break;
                case Act.Supplement: (State, _) = (ReviewState.Running, signed.RemoveWhere(_ => true)); break;
                case Act.Refuse: State = ReviewState.Refused; break;
                default: State = ReviewState.Withdrawn; break;
            }
        }

        private void Enter(int step)
        {
            Step = step;
            signed.Clear();
        }
    }
}
