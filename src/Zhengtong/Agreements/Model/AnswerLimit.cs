using Zhengtong.Kernel.Calendar;

namespace Zhengtong.Agreements.Model;

/// <summary>The rule by which an application has its last day, as it stood when the application was submitted: a rule changed later changes no day given before.</summary>
/// <param name="Rule">Its code: <c>agreements.answer-conditional</c>.</param>
/// <param name="Name">As officials say it.</param>
/// <param name="Days">Working days allowed.</param>
/// <param name="Source">The law, regulation or notice it stands in.</param>
/// <param name="CalendarVersion">Version of the working-day calendar that the days were counted on.</param>
public sealed record AnswerLimit(string Rule, string Name, int Days, string Source, int CalendarVersion)
{
    internal static AnswerLimit Of(Deadline deadline) => new(deadline.Rule, deadline.RuleName, deadline.Days, deadline.Source, deadline.CalendarVersion);
}
