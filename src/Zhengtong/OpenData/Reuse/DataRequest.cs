using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;

namespace Zhengtong.OpenData.Reuse;

/// <summary>What is asked for.</summary>
public enum DataRequestKind
{
    /// <summary>数据需求: data that is not there.</summary>
    Data,
    /// <summary>数据纠错: something in a published dataset is wrong.</summary>
    Correction,
}

/// <summary>Where a request stands.</summary>
public enum DataRequestState
{
    /// <summary>Nobody of the department has read it; the public sees that it is there and its clock, not what it says.</summary>
    Received,
    /// <summary>The department works on it; everybody reads it.</summary>
    TakenUp,
    /// <summary>Done: the answer says how.</summary>
    Answered,
    /// <summary>Not done, on a ground that everybody reads.</summary>
    Declined,
    /// <summary>The same as another, where it goes on.</summary>
    Merged,
    /// <summary>No request at all: not shown.</summary>
    Rejected,
}

/// <summary>A request of the public 数据需求 or a correction 数据纠错, answered by a department within working days that everybody can count.</summary>
internal sealed class DataRequest
{
    internal required Guid Id { get; init; }

    internal required DataRequestKind Kind { get; init; }

    /// <summary>2 to 200 characters.</summary>
    internal required string Title { get; init; }

    /// <summary>2 to 4,000 characters, plain text.</summary>
    internal required string Words { get; init; }

    /// <summary>Who asks, as <see cref="Voice.Mark"/>; never shown.</summary>
    internal required string Voice { get; init; }

    /// <summary>As what.</summary>
    internal required VoiceKind By { get; init; }

    /// <summary>What the asker wants to be called; null for none. At most 50 characters.</summary>
    internal string? Name { get; init; }

    /// <summary>The dataset that is to be corrected; null for a request.</summary>
    internal Guid? DatasetId { get; init; }

    /// <summary>Number of the dataset's version that was public then.</summary>
    internal int? Version { get; init; }

    /// <summary>The file of it; null when it concerns the whole.</summary>
    internal Guid? ResourceId { get; init; }

    /// <summary>The column of the file's table; null when it concerns no single one. At most 300 characters.</summary>
    internal string? Column { get; init; }

    /// <summary>Numbers of the rows, such as <c>12, 40-45</c>; null when it concerns all. At most 200 characters.</summary>
    internal string? Rows { get; init; }

    /// <summary>The department whose turn it is.</summary>
    internal required Guid DepartmentId { get; set; }

    internal required DateTimeOffset At { get; init; }

    /// <summary>The last day on which an answer is in time, in China; passing it on does not move it.</summary>
    internal required DateOnly DueOn { get; init; }

    /// <summary>The rule of that day and where it stands; null when none was in force. At most 300 characters.</summary>
    internal string? DueBy { get; init; }

    internal DataRequestState State { get; private set; } = DataRequestState.Received;

    /// <summary>What the department says; null before. At most 4,000 characters.</summary>
    internal string? Answer { get; private set; }

    /// <summary>The dataset that the answer leads to; null for none.</summary>
    internal Guid? AnsweredBy { get; private set; }

    internal Guid? DecidedBy { get; private set; }

    internal DateTimeOffset? DecidedAt { get; private set; }

    /// <summary>The day of the answer in China; null before.</summary>
    internal DateOnly? AnsweredOn { get; private set; }

    /// <summary>Where it goes on when it was merged.</summary>
    internal Guid? MergedInto { get; private set; }

    /// <summary>From 1; grows with each change of state and when another is merged into it; a vote does not count.</summary>
    internal int Revision { get; private set; } = 1;

    /// <summary>True while somebody must answer.</summary>
    internal bool IsOpen => State is DataRequestState.Received or DataRequestState.TakenUp;

    /// <summary>True when everybody reads what it says.</summary>
    internal bool IsPublic => State is not (DataRequestState.Received or DataRequestState.Rejected);

    /// <summary>The department has read it and works on it.</summary>
    internal void TakeUp()
    {
        State = DataRequestState.TakenUp;
        Revision++;
    }

    /// <summary>Gives it to the department that has the data.</summary>
    internal void PassOn(Guid department)
    {
        DepartmentId = department;
        Revision++;
    }

    /// <summary>Ends it with an answer.</summary>
    internal void Settle(DataRequestState state, string answer, Guid? dataset, Guid officer, DateTimeOffset now)
    {
        (State, Answer, AnsweredBy, DecidedBy, DecidedAt, AnsweredOn) = (state, answer, dataset, officer, now, ChinaTime.DateOf(now));
        Revision++;
    }

    /// <summary>Another goes on here. Of two that are merged into each other at once, or one that is settled meanwhile, one is refused.</summary>
    internal void Join() => Revision++;

    /// <summary>Ends it as the same as another.</summary>
    internal void Merge(Guid into, Guid officer, DateTimeOffset now)
    {
        (State, MergedInto, DecidedBy, DecidedAt, AnsweredOn) = (DataRequestState.Merged, into, officer, now, ChinaTime.DateOf(now));
        Revision++;
    }
}

/// <summary>A voice that wants what is asked for.</summary>
internal sealed class DataRequestVote
{
    internal required Guid RequestId { get; init; }

    /// <summary>Who, as <see cref="Voice.Mark"/>.</summary>
    internal required string Voice { get; init; }

    internal required DateTimeOffset At { get; init; }
}

/// <summary>The clock of an answer, in working days, as everybody sees it.</summary>
/// <param name="DueOn">The last day on which it is in time, in China.</param>
/// <param name="DaysLeft">Working days after today, that day among them; 0 on the day itself and when it is answered or late.</param>
/// <param name="DaysTaken">Working days from the day behind the request to the answer, or to today.</param>
/// <param name="IsLate">True when the answer came, or is still missing, after that day.</param>
public sealed record AnswerClock(DateOnly DueOn, int DaysLeft, int DaysTaken, bool IsLate)
{
    /// <summary>Working days to answer a request while no rule is in force.</summary>
    internal const int DaysWithoutRule = 10;

    internal static AnswerClock Of(WorkingDays days, DateTimeOffset at, DateOnly dueOn, DateOnly? answeredOn, DateTimeOffset now)
    {
        var end = answeredOn ?? ChinaTime.DateOf(now);
        return new AnswerClock(dueOn, answeredOn is null ? Math.Max(0, days.Between(end, dueOn)) : 0, Math.Max(0, days.Between(ChinaTime.DateOf(at), end)), end > dueOn);
    }

    /// <summary>The last day by the rule, and the rule as people read it.</summary>
    internal static async Task<(DateOnly DueOn, string? DueBy)> LimitAsync(WorkingCalendar calendar, string rule, int without, DateTimeOffset now, CancellationToken ct)
    {
        var limit = await calendar.DeadlineAsync(rule, now, ct);
        return limit is null ? ((await calendar.ReadAsync(ct)).Add(ChinaTime.DateOf(now), without), null) : (limit.LastDay, $"{limit.RuleName} {limit.Days} ({limit.Source})");
    }
}
