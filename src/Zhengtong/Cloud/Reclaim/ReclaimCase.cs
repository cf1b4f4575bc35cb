namespace Zhengtong.Cloud.Reclaim;

/// <summary>Where the reclaiming of an idle resource stands.</summary>
public enum ReclaimState
{
    /// <summary>发现: the evidence says idle; nobody was told yet.</summary>
    Found,
    /// <summary>已通知: the department was told and may object.</summary>
    Noticed,
    /// <summary>有异议: the operator decides.</summary>
    Objected,
    /// <summary>已停机: it is stopped and being kept; the department may still object.</summary>
    Stopped,
    /// <summary>正在回收: it is being removed. There is no way back.</summary>
    Removing,
    /// <summary>已回收: gone; what it held was given back. Another is granted by a new order only.</summary>
    Reclaimed,
    /// <summary>已撤销: it stays with its department.</summary>
    Withdrawn,
}

/// <summary>Why a reclaim ended without reclaiming.</summary>
public enum WithdrawalGround
{
    /// <summary>It is in use again.</summary>
    InUse,
    /// <summary>The operator upheld the objection.</summary>
    ObjectionUpheld,
    /// <summary>It is excluded.</summary>
    Excluded,
    /// <summary>Its department started it, or gave it back itself.</summary>
    Changed,
}

/// <summary>What a step of a reclaim asks to be done to the resource, in the same transaction.</summary>
internal enum ReclaimAct
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>Let it be stopped, and kept by a snapshot and a backup.</summary>
    Stop,
    /// <summary>Let it run again.</summary>
    Start,
    /// <summary>Let it be removed.</summary>
    Remove,
}

/// <summary>What the round sees of a resource.</summary>
/// <param name="IsIdle">What the evidence says now; null when there is too little of it.</param>
/// <param name="IsExcluded">True while an exclusion is in force.</param>
/// <param name="IsAsLeft">True while its wish is what the reclaim left it at: running before the stop, stopped after it.</param>
/// <param name="IsKept">True when it is stopped and every copy that was asked for is done.</param>
/// <param name="IsGone">True when it is removed.</param>
internal readonly record struct ReclaimSight(bool? IsIdle, bool IsExcluded, bool IsAsLeft, bool IsKept, bool IsGone);

/// <summary>The reclaiming 回收 of an idle resource, in two stages: told and stopped, then kept and removed. Every step is a method that says whether it may be taken now; nothing else changes it.</summary>
internal sealed class ReclaimCase
{
    internal required Guid Id { get; init; }

    internal required Guid ResourceId { get; init; }

    internal required Guid OrganisationId { get; init; }

    internal ReclaimState State { get; private set; } = ReclaimState.Found;

    /// <summary>Version of the rules that it was found by, and that it follows to its end.</summary>
    internal required int Rules { get; init; }

    internal required DateTimeOffset FoundAt { get; init; }

    /// <summary>The evidence: mean and highest daily peak of processor in thousandths of what it has, days, coverage in thousandths.</summary>
    internal required int CpuMean { get; set; }

    internal required int CpuPeak { get; set; }

    internal required int Days { get; set; }

    internal required int Coverage { get; set; }

    internal DateTimeOffset? NoticedAt { get; private set; }

    /// <summary>End of the time to object, exclusive.</summary>
    internal DateTimeOffset? ObjectUntil { get; private set; }

    /// <summary>The department's reason, 2 to 500 characters.</summary>
    internal string? Objection { get; private set; }

    /// <summary>The operator's answer to it.</summary>
    internal string? Answer { get; private set; }

    internal DateTimeOffset? StoppedAt { get; private set; }

    /// <summary>Not removed before this.</summary>
    internal DateTimeOffset? RemoveAfter { get; private set; }

    internal DateTimeOffset? EndedAt { get; private set; }

    internal WithdrawalGround? Ground { get; private set; }

    /// <summary>From 1; of two steps at once one is taken.</summary>
    internal int Revision { get; private set; } = 1;

    internal bool IsOver => State is ReclaimState.Reclaimed or ReclaimState.Withdrawn;

    /// <summary>True while the department may object: once, and not when it is being removed.</summary>
    internal bool MayObject(DateTimeOffset now) => Objection is null && ((State == ReclaimState.Noticed && now < ObjectUntil) || (State == ReclaimState.Stopped && now < RemoveAfter));

    internal bool Notice(DateTimeOffset now, DateTimeOffset objectUntil)
    {
        if (State != ReclaimState.Found) { return false; }
        (State, NoticedAt, ObjectUntil) = (ReclaimState.Noticed, now, objectUntil);
        Revision++;
        return true;
    }

    internal bool Object(string reason, DateTimeOffset now)
    {
        if (!MayObject(now)) { return false; }
        (State, Objection) = (ReclaimState.Objected, reason);
        Revision++;
        return true;
    }

    /// <summary>Decides on an objection.</summary>
    /// <returns>What to do to the resource; null when there is nothing to decide.</returns>
    internal ReclaimAct? Decide(bool isUpheld, string answer, DateTimeOffset now)
    {
        if (State != ReclaimState.Objected) { return null; }
        Answer = answer;
        Revision++;
        if (isUpheld)
        {
            Withdraw(WithdrawalGround.ObjectionUpheld, now);
            return StoppedAt is null ? ReclaimAct.None : ReclaimAct.Start;
        }

        State = StoppedAt is null ? ReclaimState.Noticed : ReclaimState.Stopped;
        return ReclaimAct.None;
    }

    /// <summary>What the clock brings. A second look comes before the stop; while an objection is open nothing moves on.</summary>
    /// <returns>What to do to the resource; null when nothing changes.</returns>
    internal ReclaimAct? Advance(ReclaimSight seen, DateTimeOffset now, TimeSpan kept)
    {
        if (IsOver) { return null; }
        if (seen.IsGone)
        {
            Revision++;
            if (State == ReclaimState.Removing) { (State, EndedAt) = (ReclaimState.Reclaimed, now); } else { Withdraw(WithdrawalGround.Changed, now); }
            return ReclaimAct.None;
        }

        if (State == ReclaimState.Removing) { return null; }
        if (!seen.IsAsLeft) { return End(WithdrawalGround.Changed, now, ReclaimAct.None); }
        if (seen.IsExcluded) { return End(WithdrawalGround.Excluded, now, StoppedAt is null ? ReclaimAct.None : ReclaimAct.Start); }
        switch (State)
        {
            case ReclaimState.Found when seen.IsIdle == false:
                return End(WithdrawalGround.InUse, now, ReclaimAct.None);
            case ReclaimState.Noticed when now >= ObjectUntil && seen.IsIdle == false:
                return End(WithdrawalGround.InUse, now, ReclaimAct.None);
            case ReclaimState.Noticed when now >= ObjectUntil && seen.IsIdle == true:
                (State, StoppedAt, RemoveAfter) = (ReclaimState.Stopped, now, now + kept);
                Revision++;
                return ReclaimAct.Stop;
            case ReclaimState.Stopped when now >= RemoveAfter && seen.IsKept:
                State = ReclaimState.Removing;
                Revision++;
                return ReclaimAct.Remove;
            default:
                return null;
        }
    }

    private ReclaimAct End(WithdrawalGround ground, DateTimeOffset now, ReclaimAct act)
    {
        Revision++;
        Withdraw(ground, now);
        return act;
    }

    private void Withdraw(WithdrawalGround ground, DateTimeOffset now) => (State, Ground, EndedAt) = (ReclaimState.Withdrawn, ground, now);
}

/// <summary>By what resources are found idle, a version: never changed, a new one follows.</summary>
internal sealed class ReclaimRules
{
    /// <summary>From 1.</summary>
    internal required int Version { get; init; }

    /// <summary>Idle is a mean below so many thousandths of the processor.</summary>
    internal required int IdleCpu { get; init; }

    /// <summary>Under-used is a mean below so many.</summary>
    internal required int UnderusedCpu { get; init; }

    /// <summary>Days of evidence.</summary>
    internal required int Days { get; init; }

    /// <summary>How much of those days must be known, in thousandths.</summary>
    internal required int Coverage { get; init; }

    /// <summary>Working days in which a department may object.</summary>
    internal required int ObjectionDays { get; init; }

    /// <summary>Days for which a stopped resource is kept before it is removed.</summary>
    internal required int KeptDays { get; init; }

    internal required DateTimeOffset SetAt { get; init; }

    internal required Guid SetBy { get; init; }

    /// <summary>The ground, 2 to 500 characters.</summary>
    internal required string Reason { get; init; }
}

/// <summary>A resource that is not to be reclaimed until a day.</summary>
internal sealed class ReclaimExclusion
{
    internal required Guid Id { get; init; }

    internal required Guid ResourceId { get; init; }

    /// <summary>2 to 500 characters.</summary>
    internal required string Reason { get; init; }

    /// <summary>The last day that it holds.</summary>
    internal required DateOnly Until { get; init; }

    internal required DateTimeOffset SetAt { get; init; }

    internal required Guid SetBy { get; init; }
}
