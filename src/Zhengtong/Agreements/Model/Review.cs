using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;

namespace Zhengtong.Agreements.Model;

/// <summary>Where a review stands.</summary>
public enum ReviewState
{
    /// <summary>审核中: waits for the step's officers; the clock runs.</summary>
    Running,
    /// <summary>待补正: waits for the applicant; the clock stands.</summary>
    Stopped,
    /// <summary>已通过.</summary>
    Granted,
    /// <summary>不予通过.</summary>
    Refused,
    /// <summary>已撤回 by the applicant.</summary>
    Withdrawn,
}

/// <summary>What was done in a review.</summary>
public enum ReviewActKind
{
    /// <summary>受理.</summary>
    Opened,
    /// <summary>同意.</summary>
    Approved,
    /// <summary>退回 to an earlier step.</summary>
    Returned,
    /// <summary>退回补正: what is missing is asked of the applicant.</summary>
    Stopped,
    /// <summary>补正: the applicant answered.</summary>
    Supplemented,
    /// <summary>不予通过.</summary>
    Refused,
    /// <summary>撤回.</summary>
    Withdrawn,
    /// <summary>催办: a part of the limit has passed.</summary>
    Reminded,
    /// <summary>督办: the limit has passed; the level above sees it.</summary>
    Escalated,
}

/// <summary>A step as it is gone through: organisation, days and whether it is passed over were settled when the review was opened.</summary>
internal sealed record ReviewStepPlan(string Name, ReviewSeat Seat, Role Post, Guid? Organisation, int Days, string? Rule, string? Source, int Officers, bool Skipped);

/// <summary>Who acts, and for whom where a colleague's post is held as deputy.</summary>
internal sealed record ReviewHand(Guid By, string Name, Guid Organisation, Guid? For = null, string? ForName = null)
{
    internal static ReviewHand Of(Actor actor) => new(actor.Id, actor.Name, actor.Organisation);
}

/// <summary>审核: the way of one application through its chain. All its rules are here; the database guards <see cref="Revision"/>, <see cref="Warned"/>, <see cref="CalendarVersion"/> and the numbers of the acts.</summary>
internal sealed class Review
{
    internal required Guid Id { get; init; }

    /// <summary>Name of the <see cref="IReviewedKind"/>.</summary>
    internal required string Kind { get; init; }

    /// <summary>The application, in its owner's tables.</summary>
    internal required Guid SubjectId { get; init; }

    /// <summary>The application's number as people name it, at most 40 characters.</summary>
    internal required string Number { get; init; }

    /// <summary>What is applied for, at most 200 characters.</summary>
    internal required string Title { get; init; }

    internal required Guid ApplicantId { get; init; }

    internal required Guid? ProviderId { get; init; }

    /// <summary>Who submitted it; never its reviewer.</summary>
    internal required Guid SubmittedBy { get; init; }

    /// <summary>Region of the organisation whose chain it follows: authorities above it may read along.</summary>
    internal required RegionCode Region { get; init; }

    /// <summary>The version of the chain that it began with.</summary>
    internal required Guid ChainId { get; init; }

    internal required IReadOnlyList<ReviewStepPlan> Steps { get; init; }

    /// <summary>What the application said about itself, by which steps were passed over.</summary>
    internal required IReadOnlyDictionary<string, string> Facts { get; init; }

    internal required DateTimeOffset OpenedAt { get; init; }

    internal ReviewState State { get; private set; } = ReviewState.Running;

    /// <summary>Index of the present or last step, from 0.</summary>
    internal int Step { get; private set; }

    /// <summary>The present or last step's name, for lists.</summary>
    internal string StepName { get; private set; } = "";

    /// <summary>The present or last step's organisation.</summary>
    internal Guid ReviewerId { get; private set; }

    /// <summary>The present or last step's post.</summary>
    internal Role Post { get; private set; }

    /// <summary>Grows whenever approvals begin anew: with each step entered and each supplement.</summary>
    internal int Round { get; private set; }

    /// <summary>Round in which the present step was entered: its stops have this or a later one.</summary>
    internal int StepRound { get; private set; }

    internal DateTimeOffset StepStartedAt { get; private set; }

    /// <summary>The last day of the present or last step in time; while the clock stands, as it was when it stopped.</summary>
    internal DateOnly DueOn { get; private set; }

    /// <summary>True while the calendar may still change the last day.</summary>
    internal bool IsProvisional { get; private set; }

    /// <summary>Version of the calendar that the days were counted on.</summary>
    internal int CalendarVersion { get; private set; }

    /// <summary>How much of the limit was reminded of: 0, 50, 80, and 100 once it was overdue.</summary>
    internal int Warned { get; private set; }

    /// <summary>The day of the next reminder; null when there is none.</summary>
    internal DateOnly? NextWarningOn { get; private set; }

    /// <summary>The organisation one level up that sees the overdue step.</summary>
    internal Guid? EscalatedTo { get; private set; }

    internal DateTimeOffset? EndedAt { get; private set; }

    internal int Revision { get; private set; } = 1;

    internal List<ReviewAct> Acts { get; } = [];

    internal List<ReviewStop> Stops { get; } = [];

    internal bool IsOpen => State is ReviewState.Running or ReviewState.Stopped;

    internal bool IsOverdue(DateOnly today) => State == ReviewState.Running && DueOn < today;

    /// <summary>Steps that the present one may go back to.</summary>
    internal IEnumerable<int> Earlier => Enumerable.Range(0, Step).Where(s => !Steps[s].Skipped);

    /// <summary>Who agreed to the present step already, those they stood in for among them.</summary>
    internal IReadOnlySet<Guid> Signed => Acts.Where(a => a.Kind == ReviewActKind.Approved && a.Round == Round).SelectMany(a => a.ForId is { } principal ? new[] { a.ById, principal } : [a.ById]).ToHashSet();

    /// <summary>Enters the first step that is not passed over; granted at once when there is none.</summary>
    internal void Begin(ReviewHand hand, WorkingDays calendar, DateTimeOffset now)
    {
        if (NextFrom(0) is { } first) { Enter(first, calendar, now); } else { End(ReviewState.Granted, now); }
        Write(ReviewActKind.Opened, hand, null, now);
    }

    /// <summary>An officer agrees. With the last of those needed the next step begins, or the review is granted.</summary>
    internal void Approve(ReviewHand hand, string opinion, WorkingDays calendar, DateTimeOffset now)
    {
        Write(ReviewActKind.Approved, hand, opinion, now);
        if (Acts.Count(a => a.Kind == ReviewActKind.Approved && a.Round == Round) >= Steps[Step].Officers)
        {
            if (NextFrom(Step + 1) is { } next) { Enter(next, calendar, now); } else { End(ReviewState.Granted, now); }
        }

        Revision++;
    }

    /// <summary>Back to one of <see cref="Earlier"/>, which begins anew with its whole limit.</summary>
    internal void ReturnTo(int step, ReviewHand hand, string opinion, WorkingDays calendar, DateTimeOffset now)
    {
        Write(ReviewActKind.Returned, hand, opinion, now).ToStep = step;
        Enter(step, calendar, now);
        Revision++;
    }

    /// <summary>Asks the applicant for everything that is missing; the clock stops.</summary>
    internal void Stop(IReadOnlyList<string> missing, ReviewHand hand, string opinion, DateTimeOffset now)
    {
        Write(ReviewActKind.Stopped, hand, opinion, now);
        Stops.Add(new ReviewStop { ReviewId = Id, Sequence = Stops.Count + 1, Round = Round, Step = Step, From = now, Reason = opinion, Missing = missing });
        (State, NextWarningOn) = (ReviewState.Stopped, null);
        Revision++;
    }

    /// <summary>The applicant answers; the clock goes on, and approvals of the step begin anew, for they were given to something else.</summary>
    internal void Supplement(ReviewHand hand, string answer, WorkingDays calendar, DateTimeOffset now)
    {
        var stop = Stops.Single(s => s.Until is null);
        (stop.Until, stop.Answer) = (now, answer);
        State = ReviewState.Running;
        // The stops of this step are found by its rounds.
        Round++;
        Count(calendar);
        Write(ReviewActKind.Supplemented, hand, null, now);
        Revision++;
    }

    /// <summary>Refuses with a reason of the kind's list.</summary>
    internal void Refuse(string code, ReviewHand hand, string opinion, DateTimeOffset now)
    {
        Write(ReviewActKind.Refused, hand, opinion, now).ReasonCode = code;
        End(ReviewState.Refused, now);
        Revision++;
    }

    /// <summary>The applicant takes it back.</summary>
    internal void Withdraw(ReviewHand hand, string reason, DateTimeOffset now)
    {
        Write(ReviewActKind.Withdrawn, hand, reason, now);
        End(ReviewState.Withdrawn, now);
        Revision++;
    }

    /// <summary>The percentage to remind of on this day, once each: 50, 80, or 100 when it is overdue; null when there is nothing to say. Of several that came due together only the last is said.
    /// The revision stays: a form that somebody has open is as good as before; <see cref="Warned"/> itself guards the row.</summary>
    internal int? Remind(WorkingDays calendar, DateOnly today, DateTimeOffset now)
    {
        if (State != ReviewState.Running) { return null; }
        var reached = today > DueOn ? 100 : today >= DayOf(calendar, 80) ? 80 : today >= DayOf(calendar, 50) ? 50 : 0;
        if (reached <= Warned) { return null; }
        Warned = reached;
        NextWarningOn = NextWarning(calendar);
        Write(reached == 100 ? ReviewActKind.Escalated : ReviewActKind.Reminded, ReviewHand.Of(Actor.Platform), null, now).Percent = reached;
        return reached;
    }

    /// <summary>The level above sees the overdue step.</summary>
    internal void EscalateTo(Guid? above) => EscalatedTo = above;

    /// <summary>Counts the days again: a notice has changed the calendar.</summary>
    internal void Count(WorkingDays calendar)
    {
        DueOn = LastDay(calendar, Steps[Step].Days);
        IsProvisional = calendar.IsProvisional(ChinaTime.DateOf(StepStartedAt), DueOn);
        CalendarVersion = calendar.Version;
        NextWarningOn = NextWarning(calendar);
    }

    private void Enter(int step, WorkingDays calendar, DateTimeOffset now)
    {
        var plan = Steps[step];
        (Step, StepName, ReviewerId, Post, StepStartedAt) = (step, plan.Name, plan.Organisation!.Value, plan.Post, now);
        (Warned, EscalatedTo, State) = (0, null, ReviewState.Running);
        StepRound = ++Round;
        Count(calendar);
    }

    private void End(ReviewState outcome, DateTimeOffset now)
    {
        // A clock that stood when the review ended stands no longer.
        if (Stops.FirstOrDefault(s => s.Until is null) is { } stop) { stop.Until = now; }
        (State, EndedAt, NextWarningOn, EscalatedTo) = (outcome, now, null, null);
    }

    private int? NextFrom(int step) => Enumerable.Range(step, Steps.Count - step).Where(s => !Steps[s].Skipped).Cast<int?>().FirstOrDefault();

    private DateOnly DayOf(WorkingDays calendar, int percent) => LastDay(calendar, ((Steps[Step].Days * percent) + 99) / 100);

    private DateOnly? NextWarning(WorkingDays calendar) => State != ReviewState.Running ? null
        : Warned switch { 0 => DayOf(calendar, 50), 50 => DayOf(calendar, 80), 80 => DueOn.AddDays(1), _ => null };

    /// <summary>The day on which so many working days of the step are used. Neither the day it began nor the days on which the clock stopped and went on again are counted.</summary>
    private DateOnly LastDay(WorkingDays calendar, int days)
    {
        var (from, left) = (ChinaTime.DateOf(StepStartedAt), days);
        foreach (var stop in Stops.Where(s => s.Round >= StepRound && s.Until is not null).OrderBy(s => s.Sequence))
        {
            var stopped = ChinaTime.DateOf(stop.From);
            if (stopped > from) { left = Math.Max(0, left - calendar.Between(from, stopped.AddDays(-1))); }
            from = ChinaTime.DateOf(stop.Until!.Value);
        }

        return calendar.Add(from, left);
    }

    private ReviewAct Write(ReviewActKind kind, ReviewHand hand, string? opinion, DateTimeOffset now)
    {
        var act = new ReviewAct
        {
            ReviewId = Id, Sequence = Acts.Count + 1, Kind = kind, Step = Step, StepName = StepName, Round = Round, At = now, ById = hand.By, ByName = hand.Name, ByOrganisation = hand.Organisation,
            ForId = hand.For, ForName = hand.ForName, Opinion = opinion, DueOn = DueOn, Late = IsOverdue(ChinaTime.DateOf(now)),
        };
        Acts.Add(act);
        return act;
    }
}

/// <summary>One act of a review: the process record, never changed.</summary>
internal sealed class ReviewAct
{
    internal required Guid ReviewId { get; init; }

    /// <summary>From 1 without gaps; of two acts at once only one has the next number.</summary>
    internal required int Sequence { get; init; }

    internal required ReviewActKind Kind { get; init; }

    /// <summary>Index of the step, from 0.</summary>
    internal required int Step { get; init; }

    internal required string StepName { get; init; }

    internal required int Round { get; init; }

    internal required DateTimeOffset At { get; init; }

    /// <summary>Who acted; empty for the platform.</summary>
    internal required Guid ById { get; init; }

    internal required string ByName { get; init; }

    internal required Guid ByOrganisation { get; init; }

    /// <summary>For whom, where a deputy acted.</summary>
    internal Guid? ForId { get; init; }

    internal string? ForName { get; init; }

    /// <summary>意见, 2 to 500 characters; null where none is asked.</summary>
    internal string? Opinion { get; init; }

    /// <summary>Of a refusal: a code of the kind's list.</summary>
    internal string? ReasonCode { get; set; }

    /// <summary>Of a return: index of the step it went back to.</summary>
    internal int? ToStep { get; set; }

    /// <summary>Of a reminder: the part of the limit that had passed.</summary>
    internal int? Percent { get; set; }

    /// <summary>The last day of the step as it stood.</summary>
    internal required DateOnly DueOn { get; init; }

    /// <summary>True when the act came after that day.</summary>
    internal required bool Late { get; init; }
}

/// <summary>A time in which the clock of a step stood, because the applicant had to add something.</summary>
internal sealed class ReviewStop
{
    internal required Guid ReviewId { get; init; }

    /// <summary>From 1.</summary>
    internal required int Sequence { get; init; }

    internal required int Round { get; init; }

    internal required int Step { get; init; }

    internal required DateTimeOffset From { get; init; }

    /// <summary>Null while it stands.</summary>
    internal DateTimeOffset? Until { get; set; }

    /// <summary>2 to 500 characters.</summary>
    internal required string Reason { get; init; }

    /// <summary>Everything that is missing, said at once: 1 to 50 things.</summary>
    internal required IReadOnlyList<string> Missing { get; init; }

    /// <summary>What the applicant answered, 2 to 2,000 characters.</summary>
    internal string? Answer { get; set; }
}

/// <summary>代办: an officer's posts are held by a deputy of the same organisation for some days.</summary>
internal sealed class ReviewDelegation
{
    internal required Guid Id { get; init; }

    internal required Guid OfficerId { get; init; }

    internal required Guid DeputyId { get; init; }

    internal required Guid OrganisationId { get; init; }

    /// <summary>The first day in China.</summary>
    internal required DateOnly From { get; init; }

    /// <summary>The last day in China.</summary>
    internal required DateOnly Until { get; init; }

    internal required string Reason { get; init; }

    internal required DateTimeOffset MadeAt { get; init; }

    internal DateTimeOffset? EndedAt { get; private set; }

    internal int Revision { get; private set; } = 1;

    internal void End(DateTimeOffset now) => (EndedAt, Revision) = (now, Revision + 1);
}
