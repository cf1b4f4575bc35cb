using CsCheck;
using Zhengtong.Kernel.Calendar;

namespace Zhengtong.Tests.Kernel.Calendar;

public sealed class WorkingDaysTests
{
    private static readonly (CalendarYear Year, IReadOnlyList<CalendarDay> Days)[] Data = [.. CalendarData.Years()];
    private static readonly WorkingDays Days = new(Data.SelectMany(y => y.Days), [.. Data.Select(y => y.Year)]);
    private static readonly Gen<DateOnly> AnyDay = Gen.Int[0, 365 * 17].Select(n => new DateOnly(2012, 1, 1).AddDays(n));

    [Fact]
    public void Data_TheYearsAsked_AreThere() =>
        Data.Select(y => (y.Year.Year, y.Year.State == CalendarYearState.Decreed)).ShouldBe([(2013, true), (2014, true), (2024, true), (2025, true), (2026, true), (2027, false)]);

    [Theory]
    [InlineData(2025, 248)]
    [InlineData(2026, 248)]
    public void In_Year_HasAsManyAsTheNoticeLeaves(int year, int expected) => Days.In(year).ShouldBe(expected);

    [Theory]
    [InlineData("2026-02-13", 5, "2026-02-27")]
    [InlineData("2026-02-13", 20, "2026-03-19")]
    [InlineData("2026-09-18", 20, "2026-10-22")]
    [InlineData("2025-09-26", 10, "2025-10-16")]
    [InlineData("2025-12-30", 5, "2026-01-07")]
    public void Add_OverHolidaysAndWorkedWeekends_EndsOnTheDayExpected(string from, int days, string expected) =>
        Days.Add(DateOnly.Parse(from), days).ShouldBe(DateOnly.Parse(expected));

    [Theory]
    [InlineData("2026-02-14", true)]
    [InlineData("2026-02-16", false)]
    [InlineData("2026-02-21", false)]
    [InlineData("2013-02-17", true)]
    [InlineData("2026-11-21", false)]
    [InlineData("2026-11-23", true)]
    public void IsWorkingDay_NamedOrNot_FollowsTheNoticeThenTheWeekday(string day, bool expected) => Days.IsWorkingDay(DateOnly.Parse(day)).ShouldBe(expected);

    [Fact]
    public void AddCalendarDays_EndingOnADayOff_MovesToTheNextWorkingDay() =>
        Days.AddCalendarDays(new DateOnly(2026, 9, 16), 15).ShouldBe(new DateOnly(2026, 10, 8));

    [Theory]
    [InlineData("2026-01-05", "2026-01-09", false)]
    [InlineData("2026-12-01", "2026-12-25", false)]
    [InlineData("2026-12-20", "2026-12-29", true)]
    [InlineData("2026-12-20", "2027-01-05", true)]
    [InlineData("2024-12-20", "2025-01-05", false)]
    [InlineData("2020-06-01", "2020-06-05", true)]
    public void IsProvisional_UntilTheNotice(string from, string to, bool expected) => Days.IsProvisional(DateOnly.Parse(from), DateOnly.Parse(to)).ShouldBe(expected);

    [Fact]
    public void Add_AnyDayAndNumber_EndsOnAWorkingDayThatManyAfter() =>
        Gen.Select(AnyDay, Gen.Int[1, 300]).Sample((day, n) =>
        {
            var end = Days.Add(day, n);
            return end > day && Days.IsWorkingDay(end) && Days.Between(day, end) == n && Days.Between(end, day) == -n;
        });

    [Fact]
    public void Add_InTwoSteps_IsTheSameAsInOne() =>
        Gen.Select(AnyDay, Gen.Int[1, 100], Gen.Int[0, 100]).Sample((day, a, b) => Days.Add(Days.Add(day, a), b) == Days.Add(day, a + b));

    [Fact]
    public void Add_ALaterEvent_NeverEndsEarlier() =>
        Gen.Select(AnyDay, Gen.Int[0, 100], Gen.Int[0, 60]).Sample((day, n, later) => Days.Add(day.AddDays(later), n) >= Days.Add(day, n));

    [Fact]
    public void Add_Negative_IsRefused() => Should.Throw<ArgumentOutOfRangeException>(() => Days.Add(new DateOnly(2026, 1, 1), -1));
}
